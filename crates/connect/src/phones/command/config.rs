//! Settings of the adapter, parsed once into valid values.

use super::action::Action;
use crate::phones::ConfigError;
use crate::phones::tls::Tls;
use std::time::Duration;

/// The settings as they are written in the file; [`CommandConfig::parse`] makes them valid. Commands are words: a program
/// and its arguments, or a method, an address, headers, and after `--body` a body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CommandSettings {
    pub dnd_on: Vec<String>,
    pub dnd_off: Vec<String>,
    pub dnd_read: Vec<String>,
    /// What stands in the answer of `dnd_read` when it is on. Empty: the answer is a word such as `on` or `off`.
    pub dnd_shows: String,
    /// With `{target}`.
    pub forward_on: Vec<String>,
    pub forward_off: Vec<String>,
    /// Its answer is the target, or nothing.
    pub forward_read: Vec<String>,
    /// For web requests: `system` or `pin:` and fingerprints.
    pub tls: String,
    pub read_seconds: u64,
    pub limit_seconds: u64,
}

/// Commands may name whatever the person likes.
impl std::fmt::Debug for CommandSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandSettings")
            .field("tls", &self.tls)
            .field("read_seconds", &self.read_seconds)
            .field("limit_seconds", &self.limit_seconds)
            .finish_non_exhaustive()
    }
}

/// How long things take. Tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For one command.
    pub limit: Duration,
    /// Between readings.
    pub read: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between readings while a written value is waited for.
    pub look: Duration,
}

/// Switches it on and off, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub on: Action,
    pub off: Action,
}

/// Valid settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandConfig {
    pub dnd: Option<Switch>,
    pub dnd_read: Option<Action>,
    pub dnd_shows: String,
    pub forward: Option<Switch>,
    pub forward_read: Option<Action>,
    pub tls: Tls,
    pub timing: Timing,
}

impl CommandConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &CommandSettings) -> Result<Self, ConfigError> {
        let action = |key, words: &[String]| Action::parse(words).map_err(|why| ConfigError::new(key, why));
        let without_target = |key, words: &[String]| match action(key, words)? {
            Some(action) if action.has_target() => {
                Err(ConfigError::new(key, "{target} has no meaning there"))
            }
            action => Ok(action),
        };
        let switch = |on: Option<Action>, off: Option<Action>, on_key, off_key| match (on, off) {
            (Some(on), Some(off)) => Ok(Some(Switch { on, off })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(ConfigError::new(
                off_key,
                "what is switched on must be switched off",
            )),
            (None, Some(_)) => Err(ConfigError::new(on_key, "it is missing")),
        };
        let (on_key, off_key) = ("commands.dnd_on", "commands.dnd_off");
        let on = without_target(on_key, &settings.dnd_on)?;
        let dnd = switch(on, without_target(off_key, &settings.dnd_off)?, on_key, off_key)?;
        let dnd_read = without_target("commands.dnd_read", &settings.dnd_read)?;
        let (on_key, off_key) = ("commands.forward_on", "commands.forward_off");
        let on = action(on_key, &settings.forward_on)?;
        if on.as_ref().is_some_and(|on| !on.has_target()) {
            return Err(ConfigError::new(on_key, "it has no {target}"));
        }
        let forward = switch(
            on,
            without_target(off_key, &settings.forward_off)?,
            on_key,
            off_key,
        )?;
        let forward_read = without_target("commands.forward_read", &settings.forward_read)?;
        if dnd.is_none() && forward.is_none() && dnd_read.is_none() && forward_read.is_none() {
            return Err(ConfigError::new("commands.dnd_on", "no command is given"));
        }
        // Without encryption an address says so itself.
        let tls = match Tls::parse(&settings.tls) {
            Some(Tls::Off) => Tls::System,
            Some(tls) => tls,
            None => return Err(ConfigError::new("tls", "it is neither system nor pin:SHA256")),
        };
        Ok(Self {
            dnd,
            dnd_read,
            dnd_shows: settings.dnd_shows.trim().to_owned(),
            forward,
            forward_read,
            tls,
            timing: Timing {
                limit: Duration::from_secs(settings.limit_seconds.max(1)),
                read: Duration::from_secs(settings.read_seconds.max(1)),
                confirm: Duration::from_secs(5),
                look: Duration::from_millis(500),
            },
        })
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        let switches = self.dnd.iter().chain(&self.forward);
        let reads = self.dnd_read.iter().chain(&self.forward_read);
        switches.flat_map(|switch| [&switch.on, &switch.off]).chain(reads)
    }

    /// Whether a command can't do without the stored secret.
    pub fn needs_secret(&self) -> bool {
        self.actions().any(Action::has_secret)
    }

    /// The first host, where one is asked over the network.
    pub fn place(&self) -> String {
        let host = self.actions().find_map(|action| match action {
            Action::Web(request) => Some(request.host.clone()),
            Action::Program(_) => None,
        });
        host.unwrap_or_else(|| "localhost".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(change: impl FnOnce(&mut CommandSettings)) -> Result<CommandConfig, &'static str> {
        let words = |text: &str| crate::settings::split_command(text).unwrap();
        let mut settings = CommandSettings {
            dnd_on: words("pbx dnd on"),
            dnd_off: words("pbx dnd off"),
            read_seconds: 30,
            limit_seconds: 10,
            ..CommandSettings::default()
        };
        change(&mut settings);
        CommandConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn what_goes_together_must_be_there_together() {
        let words = |text: &str| crate::settings::split_command(text).unwrap();
        let config = parsed(|_| {}).unwrap();
        assert!(config.dnd.is_some() && config.forward.is_none() && !config.needs_secret());
        assert_eq!(config.place(), "localhost");
        assert_eq!(parsed(|s| s.dnd_off.clear()).unwrap_err(), "commands.dnd_off");
        assert_eq!(parsed(|s| s.dnd_on.clear()).unwrap_err(), "commands.dnd_on");
        let nothing = parsed(|s| {
            s.dnd_on.clear();
            s.dnd_off.clear();
        });
        assert_eq!(nothing.unwrap_err(), "commands.dnd_on");
        let no_target = parsed(|s| (s.forward_on, s.forward_off) = (words("pbx cf"), words("pbx cfoff")));
        assert_eq!(no_target.unwrap_err(), "commands.forward_on");
        assert_eq!(
            parsed(|s| s.dnd_read = words("pbx {target}")).unwrap_err(),
            "commands.dnd_read"
        );
        assert_eq!(
            parsed(|s| s.dnd_read = words("pbx {secret}")).unwrap_err(),
            "commands.dnd_read"
        );
        assert_eq!(parsed(|s| s.tls = "any".into()).unwrap_err(), "tls");
        let web = parsed(|s| s.dnd_read = words("GET https://pbx.example/ 'X-Key: {secret}'")).unwrap();
        assert!(web.needs_secret());
        assert_eq!(web.place(), "pbx.example");
    }
}
