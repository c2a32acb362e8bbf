//! What the account may do. `ListCommands` names exactly the actions that the account's write classes allow (seen
//! on a real Asterisk 16.28 with six accounts), so nothing has to be tried out. The read classes, which decide
//! what events come, can't be asked for.

use super::config::{AsteriskConfig, How};
use super::wire::Message;
use offhook_engine::phone::{Abilities, Can};

/// The allowed actions that matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// `DBGet`: system or reporting.
    pub db_get: bool,
    /// `DBPut` and `DBDel`: system.
    pub db_put: bool,
    /// `Setvar`: call.
    pub set_var: bool,
    /// `Getvar`: call or reporting.
    pub get_var: bool,
    pub originate: bool,
    pub presence_state: bool,
    pub extension_state: bool,
    /// `CoreShowChannels`: system or reporting.
    pub channels: bool,
    pub core_settings: bool,
    /// `Hangup`, `Redirect`: anybody's calls.
    pub hang_up: bool,
}

impl Rights {
    /// From the answer to `ListCommands`: one header per action.
    pub fn from_list(answer: &Message) -> Self {
        let may = |name: &str| answer.value(name).is_some();
        Self {
            db_get: may("DBGet"),
            db_put: may("DBPut") && may("DBDel"),
            set_var: may("Setvar"),
            get_var: may("Getvar"),
            originate: may("Originate"),
            presence_state: may("PresenceState"),
            extension_state: may("ExtensionState"),
            channels: may("CoreShowChannels"),
            core_settings: may("CoreSettings"),
            hang_up: may("Hangup") || may("Redirect"),
        }
    }

    /// AMI has no limit per extension: what may be written here may be written for everybody.
    pub const fn could_change_others(&self) -> bool {
        self.originate || self.db_put || self.set_var || self.hang_up
    }

    /// The ways to write do not disturb and forward, the first one first.
    pub fn ways(&self, how: How, has_codes: bool) -> Vec<Way> {
        let code = (self.originate && has_codes).then_some(Way::Code);
        let put = self.db_put.then_some(Way::DbPut);
        match how {
            How::Auto => code.into_iter().chain(put).collect(),
            How::Code => code.into_iter().collect(),
            How::DbPut => put.into_iter().collect(),
        }
    }

    /// `lamp_known`: `Custom:DND<ext>` has a state, so that do not disturb can be read without the database.
    /// `heard`: events of calls do come.
    pub fn abilities(&self, config: &AsteriskConfig, lamp_known: bool, heard: bool) -> Abilities {
        let codes = &config.codes;
        let writable = |on: &Option<String>, off: &Option<String>| {
            !self.ways(config.how, on.is_some() && off.is_some()).is_empty()
        };
        let dnd_read = self.db_get || lamp_known;
        let forward_read = self.db_get;
        // Presence and note share one write, and the other half of it is read first.
        let presence = Can {
            read: self.presence_state,
            write: self.presence_state && self.set_var,
        };
        Abilities {
            dnd: Can {
                read: dnd_read,
                write: dnd_read && writable(&codes.dnd_on, &codes.dnd_off),
            },
            forward: Can {
                read: forward_read,
                write: forward_read && writable(&codes.forward_on, &codes.forward_off),
            },
            presence,
            note: presence,
            calls: self.channels || self.get_var || heard,
            could_change_others: self.could_change_others(),
            ..Abilities::default()
        }
    }
}

/// The action whose right is missing where nothing can be written that way.
pub const fn needed_right(how: How) -> &'static str {
    match how {
        How::Auto | How::Code => "Originate",
        How::DbPut => "DBPut",
    }
}

/// A way to write do not disturb and forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Dial the feature code in the extension's name.
    Code,
    /// Write the database and the lamp.
    DbPut,
}

#[cfg(test)]
mod tests {
    use super::super::config::AsteriskSettings;
    use super::*;

    fn rights(actions: &[&str]) -> Rights {
        let pairs = actions
            .iter()
            .map(|name| ((*name).to_owned(), "…  (Priv: …)".to_owned()));
        Rights::from_list(&Message::from_pairs(pairs.collect()))
    }

    fn config(how: &str) -> AsteriskConfig {
        let settings = AsteriskSettings {
            host: "h".into(),
            user: "u".into(),
            extension: "1001".into(),
            how: how.into(),
            ..AsteriskSettings::default()
        };
        AsteriskConfig::parse(&settings).unwrap()
    }

    // The lists are those of a real Asterisk 16.28, without what does not matter here.
    const DESK: &[&str] = &[
        "CoreSettings",
        "CoreShowChannels",
        "DBGet",
        "ExtensionState",
        "Getvar",
        "Hangup",
        "Originate",
        "PresenceState",
        "Setvar",
    ];
    const WATCH: &[&str] = &[
        "CoreSettings",
        "CoreShowChannels",
        "DBGet",
        "ExtensionState",
        "Getvar",
        "PresenceState",
    ];
    const CALL: &[&str] = &[
        "ExtensionState",
        "Getvar",
        "Hangup",
        "PresenceState",
        "Redirect",
        "Setvar",
    ];
    const SYSTEM: &[&str] = &["CoreShowChannels", "DBDel", "DBGet", "DBPut", "Hangup"];

    #[test]
    fn a_desk_account_writes_by_code() {
        let rights = rights(DESK);
        assert_eq!(rights.ways(How::Auto, true), [Way::Code]);
        assert_eq!(rights.ways(How::DbPut, true), []);
        let abilities = rights.abilities(&config("auto"), false, false);
        assert_eq!(
            abilities.dnd,
            Can {
                read: true,
                write: true
            }
        );
        assert_eq!(
            abilities.note,
            Can {
                read: true,
                write: true
            }
        );
        assert!(abilities.calls && abilities.could_change_others);
        assert!(!rights.abilities(&config("dbput"), false, false).dnd.write);
    }

    #[test]
    fn a_watching_account_changes_nobody() {
        let abilities = rights(WATCH).abilities(&config("auto"), false, false);
        let looks = Can {
            read: true,
            write: false,
        };
        assert_eq!(
            [
                abilities.dnd,
                abilities.forward,
                abilities.presence,
                abilities.note
            ],
            [looks; 4]
        );
        assert!(abilities.calls && !abilities.could_change_others);
    }

    #[test]
    fn a_system_account_writes_the_database() {
        let abilities = rights(SYSTEM).abilities(&config("auto"), false, false);
        assert_eq!((abilities.dnd.write, abilities.forward.write), (true, true));
        assert_eq!(abilities.presence, Can::default());
        assert!(abilities.could_change_others);
        assert_eq!(
            rights(&[SYSTEM, DESK].concat()).ways(How::Auto, true),
            [Way::Code, Way::DbPut]
        );
    }

    #[test]
    fn without_the_database_do_not_disturb_is_read_from_its_lamp_if_that_is_known() {
        let call = rights(CALL);
        assert_eq!(call.abilities(&config("auto"), false, false).dnd, Can::default());
        assert_eq!(
            call.abilities(&config("auto"), true, false).dnd,
            Can {
                read: true,
                write: false
            }
        );
        assert_eq!(
            call.abilities(&config("auto"), true, false).forward,
            Can::default()
        );
    }

    #[test]
    fn without_any_right_calls_are_known_once_they_are_heard_of() {
        assert_eq!(
            rights(&[]).abilities(&config("auto"), false, false),
            Abilities::default()
        );
        assert!(rights(&[]).abilities(&config("auto"), false, true).calls);
    }
}
