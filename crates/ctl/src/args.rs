//! The command line, parsed once into what is to be done.

use lexopt::prelude::*;
use offhook_protocol::command::{Command, Pause, SecretName, Situation};
use offhook_protocol::pages::Draft;
use offhook_protocol::{CallEvent, CallEventKind, Direction};
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
Usage: offhookctl [--data-dir DIR] [--json] COMMAND

  status [--watch]           what is the state, and why
  why                        every reason in sentences
  pause 15m|1h|tomorrow|on   stop writing; 'on' is until 'resume'
  resume                     go on
  call newCall|answer|hold|resume|hangup|heartbeat|reset --source NAME
       [--id ID] [--direction in|out] [--from NUMBER] [--to NUMBER]
                             report a call; without --id name its number each time
  sign-in [--device-code]    sign in to Microsoft
  sign-out
  consent-link               for your administrator: what to approve, and where
  secret set phone|phone-client|calendar|proxy|sip  store a password; reads standard input
  secret remove phone|phone-client|calendar|proxy|sip|all  take it out of the store
  key new --name PBX --out FILE [--kind KIND] [--host HOST] [--port N]
       [--issuer TEXT] [--valid-days N] [--pin-tls] [--pin-cert FILE]…
       [--tenant ID] [--client-id ID] [--sign PEM-FILE]
                             make a key file for the desks
  key show FILE              what a key file says
  key check FILE             whether a key file can be used
  rules list
  rules show [NAME]          a profile's rules, or your own
  rules compare [FROM] TO    what is otherwise in another profile
  rules set KEY=VALUE…       change cells, such as states.InAMeeting.dnd=on
  rules back KEY             a cell, a row or 'all' as in the profile
  rules preview [--profile NAME] [--availability WORD] [--activity WORD]
       [--out-of-office] [--calls N] [--conference] [--calls-on-phone]
       [--phone-dnd on|off] [--phone-presence WORD] [--paused]
       [--appointment KIND[:SUBJECT]]… [--at 2026-11-23T20:15]
  lines                      the call sources
  doctor                     look for trouble
  quit                       end Offhook
  version                    of the running Offhook; --version: of this program
  help

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 Offhook is not running.";

#[derive(Debug, PartialEq)]
pub(crate) struct Invocation {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq)]
pub(crate) enum What {
    Help,
    OwnVersion,
    /// One question, one answer.
    Ask(Command),
    WatchStatus,
    SignIn {
        device_code: bool,
    },
    SetSecret(SecretName),
    RemoveSecrets(Vec<SecretName>),
    Doctor,
    Quit,
    Key(KeyTask),
}

#[derive(Debug, PartialEq)]
pub(crate) enum KeyTask {
    New(Box<NewKey>),
    Show(PathBuf),
    Check(PathBuf),
}

#[derive(Debug, Default, PartialEq)]
pub(crate) struct NewKey {
    pub(crate) name: String,
    pub(crate) out: PathBuf,
    pub(crate) kind: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) port: Option<std::num::NonZeroU16>,
    pub(crate) days: Option<u16>,
    /// Pins the public key that the PBX shows now.
    pub(crate) pin_tls: bool,
    /// Pins the public keys of these certificates.
    pub(crate) pin_certificates: Vec<PathBuf>,
    pub(crate) tenant: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) sign: Option<PathBuf>,
}

const SECRETS: [(&str, SecretName); 5] = [
    ("phone", SecretName::Phone),
    ("phone-client", SecretName::PhoneClient),
    ("calendar", SecretName::Calendar),
    ("proxy", SecretName::Proxy),
    ("sip", SecretName::Sip),
];

fn secret_name(word: &str) -> Result<SecretName, lexopt::Error> {
    let known = SECRETS.iter().find(|(name, _)| *name == word);
    let (_, secret) = known.ok_or_else(|| format!("there is no secret '{word}'"))?;
    Ok(*secret)
}

/// What may come anywhere on the line.
#[derive(Debug, Default)]
struct Common {
    data_dir: Option<PathBuf>,
    json: bool,
}

pub(crate) fn parse(parser: lexopt::Parser) -> Result<Invocation, String> {
    let mut line = Line {
        parser,
        common: Common::default(),
    };
    let what = line.command().map_err(|error| error.to_string())?;
    let Common { data_dir, json } = line.common;
    Ok(Invocation { data_dir, json, what })
}

struct Line {
    parser: lexopt::Parser,
    common: Common,
}

impl Line {
    fn command(&mut self) -> Result<What, lexopt::Error> {
        let Some(word) = self.word("a command")? else {
            return Ok(What::Help);
        };
        let what = match word.as_str() {
            "help" => What::Help,
            "--version" => What::OwnVersion,
            "status" => return self.status(),
            "pause" => What::Ask(Command::Pause(self.pause()?)),
            "call" => What::Ask(Command::Call(self.call()?)),
            "sign-in" => return self.sign_in(),
            "secret" => self.secret()?,
            "key" => What::Key(self.key()?),
            "rules" => What::Ask(self.rules()?),
            "why" => What::Ask(Command::Why),
            "resume" => What::Ask(Command::Resume),
            "sign-out" => What::Ask(Command::SignOut),
            "consent-link" => What::Ask(Command::ConsentLink),
            "lines" => What::Ask(Command::Lines),
            "version" => What::Ask(Command::Version),
            "doctor" => What::Doctor,
            "quit" => What::Quit,
            other => return Err(format!("there is no command '{other}'").into()),
        };
        self.end()?;
        Ok(what)
    }

    fn status(&mut self) -> Result<What, lexopt::Error> {
        let mut what = What::Ask(Command::Status);
        while let Some(option) = self.option()? {
            match option.as_str() {
                "watch" => what = What::WatchStatus,
                other => return Err(no_option(other)),
            }
        }
        Ok(what)
    }

    fn sign_in(&mut self) -> Result<What, lexopt::Error> {
        let mut device_code = false;
        while let Some(option) = self.option()? {
            match option.as_str() {
                "device-code" => device_code = true,
                other => return Err(no_option(other)),
            }
        }
        Ok(What::SignIn { device_code })
    }

    fn pause(&mut self) -> Result<Pause, lexopt::Error> {
        let span = self.needed_word("15m, 1h, tomorrow or on")?;
        let minutes = |number: &str, each: u32| {
            let number = number.parse::<u32>().ok().filter(|number| *number > 0)?;
            number
                .checked_mul(each)
                .filter(|minutes| *minutes <= MAX_PAUSE_MINUTES)
        };
        let pause = match span.as_str() {
            "on" => Some(Pause::UntilResumed),
            "tomorrow" => Some(Pause::Tomorrow),
            other => (other.strip_suffix('m').and_then(|number| minutes(number, 1)))
                .or_else(|| other.strip_suffix('h').and_then(|number| minutes(number, 60)))
                .map(Pause::Minutes),
        };
        pause.ok_or_else(|| format!("'{span}' is no span: 15m, 1h (at most a week), tomorrow or on").into())
    }

    fn call(&mut self) -> Result<CallEvent, lexopt::Error> {
        let kind = self.needed_word("what the call did")?;
        let event = match kind.as_str() {
            "newCall" => CallEventKind::NewCall,
            "answer" => CallEventKind::Answer,
            "hold" => CallEventKind::Hold,
            "resume" => CallEventKind::Resume,
            "hangup" => CallEventKind::Hangup,
            "heartbeat" => CallEventKind::Heartbeat,
            "reset" => CallEventKind::Reset,
            other => return Err(format!("'{other}' is nothing a call does").into()),
        };
        let mut source = None;
        let mut event = CallEvent {
            v: 1,
            event,
            source: String::new(),
            call_id: None,
            direction: None,
            from: None,
            to: None,
            at: None,
        };
        while let Some(option) = self.option()? {
            match option.as_str() {
                "source" => source = Some(self.value()?),
                "id" => event.call_id = Some(self.value()?),
                "from" => event.from = self.number()?,
                "to" => event.to = self.number()?,
                "direction" => {
                    event.direction = Some(match self.value()?.as_str() {
                        "in" => Direction::In,
                        "out" => Direction::Out,
                        other => return Err(format!("'{other}' is no direction: in or out").into()),
                    });
                }
                other => return Err(no_option(other)),
            }
        }
        event.source = source.ok_or("--source NAME is missing: who reports the call?")?;
        Ok(event)
    }

    fn secret(&mut self) -> Result<What, lexopt::Error> {
        let task = self.needed_word("set or remove")?;
        let name = self.needed_word("the secret's name")?;
        match (task.as_str(), name.as_str()) {
            ("set", name) => Ok(What::SetSecret(secret_name(name)?)),
            ("remove", "all") => Ok(What::RemoveSecrets(SECRETS.map(|(_, secret)| secret).to_vec())),
            ("remove", name) => Ok(What::RemoveSecrets(vec![secret_name(name)?])),
            (other, _) => Err(format!("a secret can be set and removed, not '{other}'").into()),
        }
    }

    fn rules(&mut self) -> Result<Command, lexopt::Error> {
        match self
            .needed_word("list, show, compare, set, back or preview")?
            .as_str()
        {
            "list" => Ok(Command::RulesList),
            "show" => Ok(Command::RulesShow {
                profile: self.word("a profile")?,
            }),
            "preview" => Ok(Command::RulesPreview(self.situation()?)),
            "compare" => {
                let first = self.needed_word("a profile")?;
                Ok(match self.word("a profile")? {
                    Some(to) => Command::RulesCompare {
                        from: Some(first),
                        to,
                    },
                    None => Command::RulesCompare {
                        from: None,
                        to: first,
                    },
                })
            }
            "set" => Ok(Command::Apply(self.cells()?)),
            "back" => {
                let key = self.needed_word("a cell, a row or 'all'")?;
                Ok(Command::RulesBack {
                    under: if key == "all" {
                        "rules".into()
                    } else {
                        rules_key(&key)
                    },
                })
            }
            other => Err(format!("there is no command 'rules {other}'").into()),
        }
    }

    fn cells(&mut self) -> Result<Draft, lexopt::Error> {
        let mut draft = Draft::default();
        while let Some(entry) = self.word("KEY=VALUE")? {
            let (key, value) = entry
                .split_once('=')
                .ok_or_else(|| format!("'{entry}' is not KEY=VALUE"))?;
            draft.0.insert(rules_key(key), value.to_owned());
        }
        if draft.0.is_empty() {
            return Err("KEY=VALUE is missing".into());
        }
        Ok(draft)
    }

    fn situation(&mut self) -> Result<Situation, lexopt::Error> {
        let mut situation = Situation::default();
        while let Some(option) = self.option()? {
            match option.as_str() {
                "profile" => situation.profile = Some(self.value()?),
                "availability" => situation.availability = Some(self.value()?),
                "activity" => situation.activity = Some(self.value()?),
                "out-of-office" => situation.out_of_office = true,
                "calls" => situation.calls = self.parser.value()?.parse()?,
                "conference" => situation.conference = true,
                "calls-on-phone" => situation.calls_on_phone = true,
                "paused" => situation.paused = true,
                "at" => situation.at = Some(self.value()?),
                "appointment" => situation.appointments.push(self.value()?),
                "phone-presence" => situation.phone_presence = Some(self.value()?),
                "phone-dnd" => {
                    situation.phone_dnd = Some(match self.value()?.as_str() {
                        "on" => true,
                        "off" => false,
                        other => return Err(format!("'{other}' is neither on nor off").into()),
                    });
                }
                other => return Err(no_option(other)),
            }
        }
        Ok(situation)
    }

    fn key(&mut self) -> Result<KeyTask, lexopt::Error> {
        match self.needed_word("new, show or check")?.as_str() {
            "show" => Ok(KeyTask::Show(self.needed_word("a file")?.into())),
            "check" => Ok(KeyTask::Check(self.needed_word("a file")?.into())),
            "new" => {
                let mut new = NewKey::default();
                while let Some(option) = self.option()? {
                    match option.as_str() {
                        "name" => new.name = self.value()?,
                        "out" => new.out = self.parser.value()?.into(),
                        "kind" => new.kind = Some(self.value()?),
                        "host" => new.host = Some(self.value()?),
                        "issuer" => new.issuer = Some(self.value()?),
                        "port" => new.port = Some(self.parser.value()?.parse()?),
                        "days" | "valid-days" => new.days = Some(self.parser.value()?.parse()?),
                        "pin-tls" => new.pin_tls = true,
                        "pin-cert" => new.pin_certificates.push(self.parser.value()?.into()),
                        "tenant" => new.tenant = Some(self.value()?),
                        "client-id" => new.client_id = Some(self.value()?),
                        "sign" => new.sign = Some(self.parser.value()?.into()),
                        other => return Err(no_option(other)),
                    }
                }
                if new.name.is_empty() {
                    return Err("--name PBX is missing".into());
                }
                if new.out.as_os_str().is_empty() {
                    return Err("--out FILE is missing".into());
                }
                Ok(KeyTask::New(Box::new(new)))
            }
            other => Err(format!("there is no command 'key {other}'").into()),
        }
    }

    /// The next argument that is no common option: an option's name, or `None` at the end.
    fn option(&mut self) -> Result<Option<String>, lexopt::Error> {
        loop {
            let name = match self.parser.next()? {
                None => return Ok(None),
                Some(Long(name)) => name.to_owned(),
                Some(other @ (Short(_) | Value(_))) => return Err(other.unexpected()),
            };
            if !self.common_option(&name)? {
                return Ok(Some(name));
            }
        }
    }

    /// The next argument that is no option.
    fn word(&mut self, wanted: &str) -> Result<Option<String>, lexopt::Error> {
        loop {
            let name = match self.parser.next()? {
                None => return Ok(None),
                Some(Value(word)) => return Ok(Some(word.string()?)),
                Some(Short('h')) => return Ok(Some("help".into())),
                Some(other @ Short(_)) => return Err(other.unexpected()),
                Some(Long(name)) => name.to_owned(),
            };
            match name.as_str() {
                "help" => return Ok(Some(name)),
                "version" => return Ok(Some("--version".into())),
                _ if self.common_option(&name)? => {}
                other => return Err(format!("expected {wanted}, found --{other}").into()),
            }
        }
    }

    fn needed_word(&mut self, wanted: &str) -> Result<String, lexopt::Error> {
        self.word(wanted)?
            .ok_or_else(|| format!("{wanted} is missing").into())
    }

    fn end(&mut self) -> Result<(), lexopt::Error> {
        match self.option()? {
            None => Ok(()),
            Some(other) => Err(no_option(&other)),
        }
    }

    /// Softphones put the number behind the whole command, and nothing where there is none.
    fn number(&mut self) -> Result<Option<String>, lexopt::Error> {
        match self.parser.value() {
            Ok(number) => Ok(Some(number.string()?)),
            Err(lexopt::Error::MissingValue { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn value(&mut self) -> Result<String, lexopt::Error> {
        self.parser.value()?.string()
    }

    fn common_option(&mut self, name: &str) -> Result<bool, lexopt::Error> {
        match name {
            "json" => self.common.json = true,
            "data-dir" => self.common.data_dir = Some(self.parser.value()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The table's keys stand under `rules` in the settings; here nobody needs to say so.
fn rules_key(key: &str) -> String {
    if key.starts_with("rules.") {
        key.to_owned()
    } else {
        format!("rules.{key}")
    }
}

/// Longer is a mistyped number; 'on' has no end.
const MAX_PAUSE_MINUTES: u32 = 7 * 24 * 60;

fn no_option(name: &str) -> lexopt::Error {
    format!("there is no option --{name} here").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words that mean something in some place, and any others.
    fn word() -> impl Strategy<Value = std::ffi::OsString> {
        let known = USAGE
            .split(|sign: char| sign.is_whitespace() || "[]|…".contains(sign))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>();
        prop_oneof![
            6 => prop::sample::select(known).prop_map(Into::into),
            1 => ".{0,12}".prop_map(Into::into),
            1 => prop::collection::vec(any::<u8>(), 0..8)
                .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned().into()),
            1 => Just("--".into()),
            1 => ("-{1,2}[a-z-]{0,8}=?.{0,4}").prop_map(Into::into),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn any_words_are_understood_or_refused_with_a_sentence(
            words in prop::collection::vec(word(), 0..9)
        ) {
            if let Err(sentence) = parse(lexopt::Parser::from_args(words)) {
                prop_assert!(!sentence.is_empty());
            }
        }
    }

    fn parsed(line: &str) -> Result<Invocation, String> {
        parse(lexopt::Parser::from_args(line.split_whitespace()))
    }

    fn what(line: &str) -> What {
        parsed(line).unwrap().what
    }

    #[test]
    fn pauses() {
        for (span, pause) in [
            ("15m", Pause::Minutes(15)),
            ("1h", Pause::Minutes(60)),
            ("tomorrow", Pause::Tomorrow),
            ("on", Pause::UntilResumed),
        ] {
            assert_eq!(
                what(&format!("pause {span}")),
                What::Ask(Command::Pause(pause)),
                "{span}"
            );
        }
        for wrong in ["", "0m", "m", "-5m", "15", "15s", "99999h", "1h30m", "off"] {
            assert!(parsed(&format!("pause {wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn common_options_stand_anywhere() {
        for line in [
            "--data-dir /d --json why",
            "why --json --data-dir /d",
            "--json why --data-dir=/d",
        ] {
            let invocation = parsed(line).unwrap();
            let expected = Invocation {
                data_dir: Some("/d".into()),
                json: true,
                what: What::Ask(Command::Why),
            };
            assert_eq!(invocation, expected, "{line}");
        }
    }

    #[test]
    fn calls() {
        let What::Ask(Command::Call(event)) =
            what("call newCall --source microsip --id 7 --direction out --from 1 --to +49301 --json")
        else {
            panic!("no call")
        };
        assert_eq!(
            serde_json::to_value(event).unwrap(),
            serde_json::json!({"v": 1, "event": "newCall", "source": "microsip", "callId": "7",
                "direction": "out", "from": "1", "to": "+49301"})
        );
        for wrong in [
            "call",
            "call ring --source a",
            "call answer",
            "call answer --source a --direction up",
            "call answer --source a b",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_softphone_puts_the_number_last_or_none() {
        for (line, from) in [
            ("call answer --source microsip --from +49301", Some("+49301")),
            (
                "call answer --source microsip --from -anonymous",
                Some("-anonymous"),
            ),
            ("call answer --source microsip --from", None),
        ] {
            let What::Ask(Command::Call(event)) = what(line) else {
                panic!("no call")
            };
            assert_eq!(event.from.as_deref(), from, "{line}");
        }
    }

    #[test]
    fn wrong_usage_is_named() {
        for (line, part) in [
            ("dance", "dance"),
            ("why --loud", "--loud"),
            ("why not", "not"),
            ("secret set", "name"),
            ("secret set door", "door"),
            ("secret set all", "all"),
            ("secret show phone", "show"),
            ("rules", "list"),
            ("rules preview --calls many", "many"),
            ("key new --out f", "--name"),
            ("--nothing why", "--nothing"),
            ("why --data-dir", "--data-dir"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn help_in_every_usual_way() {
        for line in ["", "help", "--help", "-h", "--json"] {
            assert_eq!(what(line), What::Help, "{line}");
        }
        assert_eq!(what("--version"), What::OwnVersion);
        assert_eq!(what("version"), What::Ask(Command::Version));
    }
}
