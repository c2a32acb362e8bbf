//! Sentences for answers that come with a code of their own: the phone page's test, the control socket.

use super::{Language, fill};
use offhook_protocol::problem::Problem;

const fn choose(language: Language, en: &'static str, de: &'static str) -> &'static str {
    match language {
        Language::En => en,
        Language::De => de,
    }
}

/// One step of the phone page's test that went well: its name, and what was found. `code` and `detail` are the
/// adapter's words; an unknown code is shown as it is.
pub fn probe_step(code: &str, detail: &str, language: Language) -> (String, String) {
    let (en, de) = match code {
        "reach" => ("Connection", "Verbindung"),
        "greeting" => ("Phone system", "Telefonanlage"),
        "sign-in" => ("Sign-in", "Anmeldung"),
        "extension" => ("Extension", "Nebenstelle"),
        "dnd-read" => ("Read do not disturb", "„Nicht stören“ lesen"),
        "dnd-write" => ("Set do not disturb", "„Nicht stören“ setzen"),
        "forward" => ("Forwarding", "Umleitung"),
        "presence" => ("Presence", "Präsenz"),
        "note" => ("Status text", "Statustext"),
        "calls" => ("Calls of your extension", "Gespräche Ihrer Nebenstelle"),
        "others" => ("Other people's phones", "Telefone anderer"),
        "own-teams" => (
            "The phone system's own Teams integration",
            "Eigene Teams-Anbindung der Anlage",
        ),
        other => (other, other),
    };
    let label = match language {
        Language::En => en,
        Language::De => de,
    };
    let text = match (code, detail) {
        ("reach", _) => choose(language, "The host answers.", "Der Rechner antwortet."),
        ("greeting", "") => choose(language, "It is an Asterisk.", "Es ist ein Asterisk."),
        ("greeting", _) => choose(
            language,
            "It is an Asterisk (manager protocol {what}).",
            "Es ist ein Asterisk (Manager-Protokoll {what}).",
        ),
        ("sign-in", "") => choose(
            language,
            "User and password are right.",
            "Benutzer und Kennwort stimmen.",
        ),
        ("sign-in", _) => choose(
            language,
            "User and password are right: {what}.",
            "Benutzer und Kennwort stimmen: {what}.",
        ),
        ("extension", _) => choose(
            language,
            "The extension is known there.",
            "Die Nebenstelle ist dort bekannt.",
        ),
        ("dnd-read", "on") => choose(
            language,
            "Can be read; it is on now.",
            "Kann gelesen werden; es ist gerade an.",
        ),
        ("dnd-read", "off") => choose(
            language,
            "Can be read; it is off now.",
            "Kann gelesen werden; es ist gerade aus.",
        ),
        ("dnd-read", _) => choose(language, "Can be read.", "Kann gelesen werden."),
        ("dnd-write", "code") => choose(
            language,
            "Can be set, by the phone system's feature code.",
            "Kann gesetzt werden, mit dem Funktionscode der Anlage.",
        ),
        ("dnd-write", "dbput") => choose(
            language,
            "Can be set, by writing to the phone system's database.",
            "Kann gesetzt werden, durch Schreiben in die Datenbank der Anlage.",
        ),
        ("dnd-write", "code,dbput") => choose(
            language,
            "Can be set: by the phone system's feature code, else by writing to its database.",
            "Kann gesetzt werden: mit dem Funktionscode der Anlage, sonst durch Schreiben in ihre Datenbank.",
        ),
        ("dnd-write", "dbput,code") => choose(
            language,
            "Can be set: by writing to the phone system's database, else by its feature code.",
            "Kann gesetzt werden: durch Schreiben in die Datenbank der Anlage, sonst mit ihrem Funktionscode.",
        ),
        ("dnd-write", "rest") => choose(
            language,
            "Is set through the phone configuration, if your account may change its own; that shows at the first time.",
            "Wird über die Telefonkonfiguration gesetzt, sofern Ihr Konto die eigene ändern darf; das zeigt sich beim ersten Mal.",
        ),
        ("dnd-write", "rest,uci") => choose(
            language,
            "Is set through the phone configuration, or through UCI if your account may not change its own.",
            "Wird über die Telefonkonfiguration gesetzt, oder über UCI, falls Ihr Konto die eigene nicht ändern darf.",
        ),
        ("dnd-write", "presence") => choose(
            language,
            "Is set as the presence “do not disturb”, which colleagues see. Whether it also stops calls is decided on the phone system; ask your administrator.",
            "Wird als Präsenz „Nicht stören“ gesetzt, die andere sehen. Ob auch keine Anrufe mehr kommen, entscheidet die Anlage; fragen Sie Ihre Administration.",
        ),
        ("dnd-write", "offered") => choose(
            language,
            "The link offers it; whether it may be set shows at the first time.",
            "Die Anbindung bietet es an; ob es gesetzt werden darf, zeigt sich beim ersten Mal.",
        ),
        ("dnd-write", "portal") => choose(
            language,
            "Is set through the user portal, lamps included.",
            "Wird über das Benutzerportal gesetzt, samt den Lampen.",
        ),
        ("dnd-write", "command") => choose(
            language,
            "Is set by your command, and read back.",
            "Wird mit Ihrem Befehl gesetzt und danach gelesen.",
        ),
        ("dnd-write", "unconfirmed") => choose(
            language,
            "Is set by your command. Without one that reads it, nothing tells whether it had an effect.",
            "Wird mit Ihrem Befehl gesetzt. Ohne einen, der den Zustand liest, ist nicht zu sehen, ob es gewirkt hat.",
        ),
        ("dnd-write", "features") => choose(
            language,
            "Can be set, as your phone's own key does it (feature key synchronisation).",
            "Kann gesetzt werden, so wie es die Taste Ihres Telefons tut (Feature-Key-Synchronisation).",
        ),
        ("dnd-write", "code-unread") => choose(
            language,
            "Is not set: nothing on the phone system shows whether do not disturb is on. You can have the codes dialled all the same.",
            "Wird nicht gesetzt: Nichts in der Anlage zeigt, ob „Nicht stören“ an ist. Sie können die Codes trotzdem wählen lassen.",
        ),
        ("dnd-write" | "forward", "code-unconfirmed") => choose(
            language,
            "Is set by feature codes. Nothing on the phone system shows whether they had an effect.",
            "Wird mit Funktionscodes gesetzt. Nichts in der Anlage zeigt, ob sie gewirkt haben.",
        ),
        ("dnd-write", _) => choose(language, "Can be set.", "Kann gesetzt werden."),
        ("forward", "no-app") => choose(
            language,
            "Not available: forwarding needs firmware 14 and an app with PbxApi, which your administrator sets up.",
            "Nicht verfügbar: Die Umleitung braucht Firmware 14 und eine App mit PbxApi, die Ihre Administration einrichtet.",
        ),
        ("forward", "pbxapi-on") => choose(
            language,
            "The forwarding of all calls can be set; one is on now.",
            "Die Umleitung aller Anrufe kann gesetzt werden; gerade ist eine an.",
        ),
        ("forward", "pbxapi-off") => choose(
            language,
            "The forwarding of all calls can be set; none is on now.",
            "Die Umleitung aller Anrufe kann gesetzt werden; gerade ist keine an.",
        ),
        ("forward", "command-on") => choose(
            language,
            "Is set by your command, and read back; one is on now.",
            "Wird mit Ihrem Befehl gesetzt und danach gelesen; gerade ist eine Umleitung an.",
        ),
        ("forward", "command-off") => choose(
            language,
            "Is set by your command, and read back; none is on now.",
            "Wird mit Ihrem Befehl gesetzt und danach gelesen; gerade ist keine Umleitung an.",
        ),
        ("forward", "unconfirmed") => choose(
            language,
            "Is set by your command. Without one that reads it, nothing tells whether it had an effect.",
            "Wird mit Ihrem Befehl gesetzt. Ohne einen, der den Zustand liest, ist nicht zu sehen, ob es gewirkt hat.",
        ),
        ("calls", "none") => choose(
            language,
            "Nothing is told of calls in this way; switch a call source on for them.",
            "Gespräche werden auf diesem Weg nicht gemeldet; schalten Sie dafür eine Gesprächsquelle ein.",
        ),
        ("forward", "line-on") => choose(
            language,
            "All calls of your line can be forwarded; a forward is set now.",
            "Alle Anrufe Ihrer Leitung lassen sich umleiten; eine Umleitung ist gerade gesetzt.",
        ),
        ("forward", "line-off") => choose(
            language,
            "All calls of your line can be forwarded; none is set now.",
            "Alle Anrufe Ihrer Leitung lassen sich umleiten; gerade ist keine Umleitung gesetzt.",
        ),
        ("presence", "published") => choose(
            language,
            "Can be published beside that of your phones. It ends by itself when Offhook is gone.",
            "Kann neben der Ihrer Telefone veröffentlicht werden. Sie endet von selbst, wenn Offhook nicht mehr da ist.",
        ),
        ("presence", "chat") => choose(
            language,
            "The chat status can be shown beside that of your STARFACE app. It ends by itself when Offhook is gone.",
            "Der Chatstatus kann neben dem Ihrer STARFACE-App gezeigt werden. Er endet von selbst, wenn Offhook nicht mehr da ist.",
        ),
        ("presence", "ends") => choose(
            language,
            "Can be read and set. What Offhook sets there ends by itself within ten minutes if Offhook is not running.",
            "Kann gelesen und gesetzt werden. Was Offhook dort setzt, endet binnen zehn Minuten von selbst, wenn Offhook nicht läuft.",
        ),
        ("own-teams", _) => choose(
            language,
            "None shows for you, so Offhook does the work.",
            "Für Sie ist keine zu sehen, also arbeitet Offhook.",
        ),
        ("forward", "on") => choose(
            language,
            "The forwarding that you have prepared can be switched; it is on now.",
            "Die von Ihnen vorbereitete Umleitung lässt sich schalten; sie ist gerade an.",
        ),
        ("forward", _) => choose(
            language,
            "The forwarding that you have prepared can be switched; it is off now.",
            "Die von Ihnen vorbereitete Umleitung lässt sich schalten; sie ist gerade aus.",
        ),
        ("note", _) => choose(
            language,
            "The text beside your status can be read and set.",
            "Der Text neben Ihrem Status kann gelesen und gesetzt werden.",
        ),
        ("calls", "v30" | "v22" | "v20") => choose(
            language,
            "The phone system is asked every second or two (UCI {what}).",
            "Die Anlage wird alle ein bis zwei Sekunden gefragt (UCI {what}).",
        ),
        ("calls", "devices") => choose(
            language,
            "Reported by the state of your phone, which tells less than a list of calls.",
            "Gemeldet über den Zustand Ihres Telefons, der weniger sagt als eine Liste der Gespräche.",
        ),
        ("calls", _) => choose(
            language,
            "Reported by the phone system, call by call.",
            "Meldet die Anlage, Gespräch für Gespräch.",
        ),
        ("others", "everybody") => choose(
            language,
            "This account could also change other people's phones. Ask your administrator for a narrower one.",
            "Dieses Konto könnte auch die Telefone anderer verändern. Bitten Sie Ihre Administration um ein engeres.",
        ),
        ("others", "nobody") => choose(
            language,
            "This account can't change other people's phones.",
            "Dieses Konto kann die Telefone anderer nicht verändern.",
        ),
        (_, "") => choose(language, "Fine.", "In Ordnung."),
        (_, _) => "{what}",
    };
    (label.to_owned(), fill(text, &[("what", detail)]))
}

/// What the control socket itself has to say to a client, by its complaint's code.
pub fn complaint(code: &str, detail: Option<&str>, language: Language) -> Problem {
    let texts = match code {
        "protocol-newer" => [
            "This program and the running Offhook speak different versions ({what}).",
            "Install both from the same release, then restart Offhook.",
            "Dieses Programm und das laufende Offhook sprechen verschiedene Versionen ({what}).",
            "Installieren Sie beide aus derselben Ausgabe, und starten Sie Offhook neu.",
        ],
        "not-understood" => [
            "The request was not understood ({what}).",
            "",
            "Die Anfrage wurde nicht verstanden ({what}).",
            "",
        ],
        "line-too-long" => [
            "A message may be at most 64 KiB long.",
            "",
            "Eine Nachricht darf höchstens 64 KiB lang sein.",
            "",
        ],
        "busy" => [
            "Too many programs ask Offhook at once.",
            "Try again in a moment.",
            "Zu viele Programme fragen Offhook gleichzeitig.",
            "Versuchen Sie es gleich noch einmal.",
        ],
        "stopping" => [
            "Offhook is ending and did not answer.",
            "Start Offhook again.",
            "Offhook wird gerade beendet und hat nicht geantwortet.",
            "Starten Sie Offhook neu.",
        ],
        _ => [
            "Offhook refused the request ({what}).",
            "",
            "Offhook hat die Anfrage abgelehnt ({what}).",
            "",
        ],
    };
    problem(code, texts, detail, language)
}

pub(super) fn problem(code: &str, texts: [&str; 4], detail: Option<&str>, language: Language) -> Problem {
    let [en, en_mend, de, de_mend] = texts;
    let (sentence, mend, unnamed) = match language {
        Language::En => (en, en_mend, "not named"),
        Language::De => (de, de_mend, "nicht genannt"),
    };
    Problem {
        code: code.to_owned(),
        sentence: fill(sentence, &[("what", detail.unwrap_or(unnamed))]),
        mend: mend.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Language; 2] = [Language::En, Language::De];

    #[test]
    fn every_step_of_the_test_has_a_sentence() {
        let found = [
            ("reach", ""),
            ("greeting", "7.0.3"),
            ("sign-in", "Asterisk 20.6.0"),
            ("extension", ""),
            ("dnd-read", "on"),
            ("dnd-read", "off"),
            ("dnd-write", "code"),
            ("dnd-write", "dbput"),
            ("dnd-write", "code,dbput"),
            ("dnd-write", "dbput,code"),
            ("dnd-write", "presence"),
            ("dnd-write", "offered"),
            ("dnd-write", "portal"),
            ("dnd-write", "command"),
            ("dnd-write", "unconfirmed"),
            ("forward", "command-on"),
            ("forward", "command-off"),
            ("forward", "unconfirmed"),
            ("calls", "none"),
            ("dnd-write", "rest"),
            ("dnd-write", "rest,uci"),
            ("forward", "on"),
            ("forward", "no-app"),
            ("forward", "pbxapi-on"),
            ("forward", "pbxapi-off"),
            ("forward", "off"),
            ("note", "yes"),
            ("calls", "v20"),
            ("calls", "channels"),
            ("calls", "devices"),
            ("others", "nobody"),
            ("forward", "line-on"),
            ("forward", "line-off"),
            ("presence", "ends"),
            ("presence", "chat"),
            ("presence", "published"),
            ("dnd-write", "features"),
            ("dnd-write", "code-unread"),
            ("dnd-write", "code-unconfirmed"),
            ("own-teams", "none"),
            ("others", "everybody"),
        ];
        for (code, detail) in found {
            let [(label, text), (etikett, satz)] = BOTH.map(|l| probe_step(code, detail, l));
            assert!(label != code && etikett != code, "{code}");
            assert!(text.ends_with('.') && satz.ends_with('.'), "{code} {detail}");
            assert_ne!(text, satz);
            assert!(!text.contains('{') && !satz.contains('{'));
        }
        assert_eq!(
            probe_step("new", "thing", Language::De),
            ("new".into(), "thing".into())
        );
    }

    #[test]
    fn every_complaint_has_a_sentence() {
        for code in [
            "protocol-newer",
            "not-understood",
            "line-too-long",
            "busy",
            "stopping",
        ] {
            for language in BOTH {
                let unknown = complaint("other", None, language).sentence;
                assert_ne!(complaint(code, None, language).sentence, unknown, "{code}");
            }
        }
    }
}
