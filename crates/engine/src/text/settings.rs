//! What settings and call sources are called, and what the settings pages say about them.

use super::{Language, Text};
use crate::facts::calls::Heard;
use crate::line::CallState;

/// A setting's name in a sentence; a key that has none here is its own name.
pub fn setting_name(key: &str, language: Language) -> String {
    let (en, de) = match key {
        "role" => ("role of this desk", "Rolle dieses Arbeitsplatzes"),
        "person.language" => ("language", "Sprache"),
        "person.icon" => ("icon", "Symbol"),
        "person.autostart" => ("start at sign-in", "Start bei der Anmeldung"),
        "person.start_hidden" => ("start without a window", "Start ohne Fenster"),
        "person.pause_outside_hours" => ("pause outside working hours", "Pause außerhalb der Arbeitszeit"),
        "person.work_days" => ("working days", "Arbeitstage"),
        "person.work_from" => ("start of work", "Arbeitsbeginn"),
        "person.work_to" => ("end of work", "Arbeitsende"),
        "microsoft.cloud" => ("Microsoft cloud", "Microsoft-Cloud"),
        "microsoft.tenant" => ("tenant", "Mandant"),
        "microsoft.client_id" => ("application ID", "Anwendungs-ID"),
        "teams.poll_seconds_min" => ("pace of asking Teams", "Abfragetakt für Teams"),
        "teams.release_after_minutes" => ("release when Teams is away", "Loslassen ohne Teams"),
        "phone.kind" => ("kind of phone system", "Art der Telefonanlage"),
        "phone.host" => ("host of the phone system", "Server der Telefonanlage"),
        "phone.port" => ("port of the phone system", "Port der Telefonanlage"),
        "phone.tls" => ("encryption", "Verschlüsselung"),
        "phone.user" => ("user of the phone system", "Benutzer der Telefonanlage"),
        "phone.line" => ("telephone line", "Telefonleitung"),
        "phone.extension" => ("extension", "Nebenstelle"),
        "phone.transport" => ("transport", "Transport"),
        "phone.domain" => ("SIP domain", "SIP-Domäne"),
        "phone.calls_at" => ("where calls show", "Ort der Gesprächsanzeige"),
        "phone.dnd_state" => ("where do not disturb shows", "Ort der Anzeige von „Nicht stören“"),
        "phone.forward_on" | "phone.forward_off" => ("codes for forwarding", "Codes für die Umleitung"),
        "phone.unconfirmed" => ("codes without confirmation", "Codes ohne Bestätigung"),
        "phone.dnd_on" | "phone.dnd_off" | "phone.star_on" | "phone.star_off" => {
            ("codes for do not disturb", "Codes für „Nicht stören“")
        }
        "phone.chat" | "phone.chat_port" | "phone.chat_domain" => ("chat status", "Chatstatus"),
        "phone.listen" => ("where calls are reported", "wohin Gespräche gemeldet werden"),
        "calls.outgoing_counts" => ("outgoing calls", "abgehende Anrufe"),
        "rules.profile" => ("rules", "Regeln"),
        "rules.dnd_in_meetings" => ("do not disturb in meetings", "„Nicht stören“ in Besprechungen"),
        key if key.starts_with("calendar.") => ("calendar", "Kalender"),
        key if key.starts_with("update.") => ("updates", "Aktualisierungen"),
        key if key.starts_with("network.") => ("network", "Netzwerk"),
        "notify.sign_in" => ("notifications about signing in", "Hinweise zur Anmeldung"),
        "notify.phone" => (
            "notifications about the phone system",
            "Hinweise zur Telefonanlage",
        ),
        "notify.rule" => ("notifications about rules", "Hinweise zu Regeln"),
        "notify.teams_keeps" => (
            "notifications about your own Teams status",
            "Hinweise zu Ihrem eigenen Teams-Status",
        ),
        "notify.microsoft" => ("notifications about Microsoft", "Hinweise zu Microsoft"),
        "notify.others" => (
            "notifications about other desks",
            "Hinweise zu anderen Arbeitsplätzen",
        ),
        "store.secrets" => ("place of passwords", "Ablage der Kennwörter"),
        "log.level" => ("detail of the log", "Genauigkeit des Protokolls"),
        // A cell of the table.
        key if key.starts_with("rules.") => ("rules", "Regeln"),
        key => {
            return match key.strip_prefix("lines.").and_then(|rest| rest.split_once('.')) {
                Some((source, "enabled")) => source_name(source, language),
                Some((source, "numbers")) => match language {
                    Language::En => format!("own numbers of {}", source_name(source, language)),
                    Language::De => format!("eigene Nummern bei {}", source_name(source, language)),
                },
                Some((source, "extensions")) => match language {
                    Language::En => format!("own phones of {}", source_name(source, language)),
                    Language::De => format!("eigene Telefone bei {}", source_name(source, language)),
                },
                Some((source, "lines")) => match language {
                    Language::En => format!("lines of {}", source_name(source, language)),
                    Language::De => format!("Leitungen von {}", source_name(source, language)),
                },
                Some((source, "apps")) => match language {
                    Language::En => format!("programs of {}", source_name(source, language)),
                    Language::De => format!("Programme zu „{}“", source_name(source, language)),
                },
                Some((source, "phones")) => match language {
                    Language::En => format!("names of {}", source_name(source, language)),
                    Language::De => format!("Namen der {}", source_name(source, language)),
                },
                Some(("sip", _)) => {
                    choose(language, "SIP account for calls", "SIP-Konto für Gespräche").to_owned()
                }
                Some((source, "address")) => match language {
                    Language::En => format!("address of {}", source_name(source, language)),
                    Language::De => format!("Adresse von {}", source_name(source, language)),
                },
                Some(_) | None => key.to_owned(),
            };
        }
    };
    choose(language, en, de).to_owned()
}

/// A setting of the phone system or of the SIP account, in a sentence that has named that already.
pub(super) fn part_name(table: &str, key: &str, language: Language) -> String {
    let (en, de) = match key {
        "host" => ("host", "Server"),
        "port" => ("port", "Port"),
        "user" => ("user name", "Benutzername"),
        "login" => ("who checks the password", "wer das Kennwort prüft"),
        "domain" => ("domain", "Domäne"),
        "device" => ("device", "Gerät"),
        "app" => ("app", "App"),
        "line" => ("telephone line", "Telefonleitung"),
        key if key.starts_with("commands.") => ("commands", "Befehle"),
        key => {
            let full = format!("phone.{key}");
            let name = setting_name(&full, language);
            // One that no page shows is called as in the file, where alone it can be changed.
            return if name == full {
                format!("{table}.{key}")
            } else {
                name
            };
        }
    };
    choose(language, en, de).to_owned()
}

/// What a call source is called; a program that reports through the hook has its own name.
pub fn source_name(id: &str, language: Language) -> String {
    match id {
        "phone" => Text::LightPhone.text(language).to_owned(),
        "hook" => Text::LightHook.text(language).to_owned(),
        "microsip" => "MicroSIP".to_owned(),
        "jami" => "Jami".to_owned(),
        "linphone" => "Linphone (linphone-daemon)".to_owned(),
        "microphone" => choose(language, "Microphone in use", "Mikrofon in Benutzung").to_owned(),
        "fritzbox" => "FRITZ!Box".to_owned(),
        "tapi" => choose(language, "Windows telephony (TAPI)", "Windows-Telefonie (TAPI)").to_owned(),
        "deskphone" => choose(language, "Desk phones", "Tischtelefone").to_owned(),
        "sip" => choose(language, "SIP account", "SIP-Konto").to_owned(),
        id => id.to_owned(),
    }
}

/// What a call source is and needs; empty where there is nothing to say.
pub(crate) fn source_help(id: &str, by_hook: bool, language: Language) -> &'static str {
    match id {
        _ if by_hook => choose(
            language,
            "Reports its calls to Offhook by itself.",
            "Meldet seine Gespräche selbst an Offhook.",
        ),
        "phone" => choose(
            language,
            "The phone system itself reports the calls of your extension, if it can.",
            "Die Telefonanlage meldet die Gespräche Ihrer Nebenstelle selbst, wenn sie das kann.",
        ),
        "hook" => choose(
            language,
            "Any program may report its calls, by a command or a web request on this computer.",
            "Jedes Programm kann seine Gespräche melden: mit einem Befehl oder einer Web-Anfrage auf diesem Computer.",
        ),
        "baresip" => choose(
            language,
            "Needs baresip's ctrl_tcp module. Only one program at a time can be connected to it.",
            "Braucht in baresip das Modul ctrl_tcp. Mit ihm kann immer nur ein Programm verbunden sein.",
        ),
        "jami" => choose(
            language,
            "On Linux: Jami's daemon tells its calls on the session's bus.",
            "Unter Linux: Der Dienst von Jami meldet seine Gespräche auf dem Bus der Sitzung.",
        ),
        "linphone" => choose(
            language,
            "For linphone-daemon, the Linphone without a window: start it with “--pipe offhook-linphone”. It takes one program alone, and is asked every second, so a call shows up to a second late.",
            "Für linphone-daemon, das Linphone ohne Fenster: Starten Sie ihn mit „--pipe offhook-linphone“. Er nimmt nur ein Programm an und wird jede Sekunde gefragt; ein Gespräch zeigt sich daher bis zu eine Sekunde später.",
        ),
        "microphone" => choose(
            language,
            "For any softphone: a program that you choose below and that uses the microphone counts as a call. Offhook hears nothing; it asks the system which programs use it.",
            "Für jedes Softphone: Benutzt ein Programm, das Sie unten auswählen, das Mikrofon, zählt das als Gespräch. Offhook hört nicht mit; es fragt das System, welche Programme es benutzen.",
        ),
        "deskphone" => choose(
            language,
            "Phones of Snom, Yealink, Grandstream and Poly call an address on this computer when a call begins or ends. Your firewall must let the network in at the port below; Windows asks once, and private networks are enough.",
            "Telefone von Snom, Yealink, Grandstream und Poly rufen eine Adresse auf diesem Computer auf, wenn ein Gespräch beginnt oder endet. Ihre Firewall muss das Netz am unten genannten Port hereinlassen; Windows fragt einmal, und private Netze genügen.",
        ),
        "fritzbox" => choose(
            language,
            "Needs the box's call monitor: dial #96*5* once on a phone that is connected to it. It reports every call of the box, so say below which numbers and phones are yours.",
            "Braucht den Anrufmonitor der Box: Wählen Sie einmal #96*5* an einem Telefon, das an ihr angeschlossen ist. Er meldet alle Gespräche der Box; geben Sie deshalb unten an, welche Nummern und Telefone Ihre sind.",
        ),
        "sip" => choose(
            language,
            "For phone systems that report no calls in another way: Offhook signs in with the SIP account of your own extension, asks to be told of its calls, and never rings.",
            "Für Telefonanlagen, die Gespräche nicht anders melden: Offhook meldet sich mit dem SIP-Konto Ihrer Nebenstelle an, lässt sich deren Gespräche mitteilen und klingelt nie.",
        ),
        "tapi" => choose(
            language,
            "Needs the TAPI driver of your phone system or softphone, and a line of it that tells of calls: some drivers only dial.",
            "Braucht den TAPI-Treiber Ihrer Telefonanlage oder Ihres Softphones und darin eine Leitung, die Gespräche meldet: Manche Treiber können nur wählen.",
        ),
        _ => "",
    }
}

pub(crate) const fn call_text(state: CallState) -> Text {
    match state {
        CallState::Dialling => Text::CallDialling,
        CallState::Ringing => Text::CallRinging,
        CallState::Connected => Text::CallConnected,
        CallState::Held => Text::CallHeld,
        CallState::Conference => Text::CallConference,
    }
}

pub(crate) const fn heard_text(heard: Heard) -> Text {
    match heard {
        Heard::Up => Text::HeardUp,
        Heard::Down => Text::HeardDown,
        Heard::Call(state) => call_text(state),
        Heard::Ended => Text::HeardEnded,
        Heard::Reset => Text::HeardReset,
        Heard::Dnd { on: true } => Text::HeardDndOn,
        Heard::Dnd { on: false } => Text::HeardDndOff,
    }
}

const fn choose(language: Language, en: &'static str, de: &'static str) -> &'static str {
    match language {
        Language::En => en,
        Language::De => de,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_a_name_in_both_languages_and_others_are_their_own() {
        for (key, en, de) in [
            ("person.icon", "icon", "Symbol"),
            ("calendar.busy", "calendar", "Kalender"),
            ("update.check", "updates", "Aktualisierungen"),
            ("network.proxy", "network", "Netzwerk"),
            ("notify.rule", "notifications about rules", "Hinweise zu Regeln"),
            ("rules.states.Busy.dnd", "rules", "Regeln"),
            ("lines.jami.enabled", "Jami", "Jami"),
            (
                "lines.sip.user",
                "SIP account for calls",
                "SIP-Konto f\u{fc}r Gespr\u{e4}che",
            ),
            (
                "lines.baresip.address",
                "address of baresip",
                "Adresse von baresip",
            ),
            ("other.thing", "other.thing", "other.thing"),
        ] {
            assert_eq!(setting_name(key, Language::En), en);
            assert_eq!(setting_name(key, Language::De), de);
        }
    }

    #[test]
    fn call_sources_are_called_what_people_call_them() {
        for (id, name) in [
            ("microsip", "MicroSIP"),
            ("tapi", "Windows telephony (TAPI)"),
            ("deskphone", "Desk phones"),
            ("own-program", "own-program"),
        ] {
            assert_eq!(source_name(id, Language::En), name);
        }
    }
}
