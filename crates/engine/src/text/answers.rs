//! Sentences for answers that come with a code of their own: the phone page's test, key files, the control socket.

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
        "calls" => ("Calls of your extension", "Gespräche Ihrer Nebenstelle"),
        "others" => ("Other people's phones", "Telefone anderer"),
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
        ("dnd-write", _) => choose(language, "Can be set.", "Kann gesetzt werden."),
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

/// Why a key file, or a key typed by hand, was not taken. `detail`: the member, or the date, that the fault names.
/// Codes and meanings: `facts/starface.md`, section 6.3.
pub fn key_fault(code: &str, detail: Option<&str>, language: Language) -> Problem {
    const NOT_OURS: [&str; 4] = [
        "This is not a key file of Offhook. The phone vendor's own key files can't be read.",
        "Ask your administrator for a .pbxkey file made for Offhook.",
        "Das ist keine Schlüsseldatei von Offhook. Schlüsseldateien des Anlagenherstellers lassen sich nicht lesen.",
        "Bitten Sie Ihre Administration um eine für Offhook erstellte .pbxkey-Datei.",
    ];
    const DAMAGED: [&str; 4] = [
        "The key file is damaged ({what}).",
        "Ask your administrator for a new one.",
        "Die Schlüsseldatei ist beschädigt ({what}).",
        "Bitten Sie Ihre Administration um eine neue.",
    ];
    const NOT_FROM: [&str; 4] = [
        "This key file is not from your administrator.",
        "Do not use it; ask your administrator.",
        "Diese Schlüsseldatei stammt nicht von Ihrer Administration.",
        "Verwenden Sie sie nicht; fragen Sie Ihre Administration.",
    ];
    let [en, en_mend, de, de_mend] = match code {
        "PBXKEY_NOT_A_FILE" => [
            "Only a file can be dropped here, and it must be readable.",
            "Drop the .pbxkey file itself, not a folder or a link.",
            "Hier kann nur eine lesbare Datei abgelegt werden.",
            "Legen Sie die .pbxkey-Datei selbst ab, keinen Ordner und keine Verknüpfung.",
        ],
        "PBXKEY_MULTIPLE_FILES" => [
            "More than one file was dropped.",
            "Drop one file.",
            "Es wurde mehr als eine Datei abgelegt.",
            "Legen Sie eine einzelne Datei ab.",
        ],
        "PBXKEY_TOO_LARGE" => [
            "The file is too large to be a key file.",
            "Choose the .pbxkey file of your administrator.",
            "Die Datei ist zu groß für eine Schlüsseldatei.",
            "Wählen Sie die .pbxkey-Datei Ihrer Administration.",
        ],
        "PBXKEY_NOT_UTF8" | "PBXKEY_NOT_JSON" | "PBXKEY_NOT_A_KEY_FILE" => NOT_OURS,
        "PBXKEY_DUPLICATE_FIELD" | "PBXKEY_MISSING_FIELD" | "PBXKEY_BAD_FIELD" => DAMAGED,
        "PBXKEY_UNSUPPORTED_VERSION" => [
            "The key file was made by a newer Offhook.",
            "Update Offhook.",
            "Die Schlüsseldatei stammt von einem neueren Offhook.",
            "Aktualisieren Sie Offhook.",
        ],
        "PBXKEY_CONTAINS_SECRET" => [
            "The key file carries a password or another secret ({what}), which it must not; it was not used.",
            "Tell your administrator, and delete the file.",
            "Die Schlüsseldatei enthält ein Kennwort oder ein anderes Geheimnis ({what}), was sie nicht darf; sie wurde nicht verwendet.",
            "Sagen Sie es Ihrer Administration, und löschen Sie die Datei.",
        ],
        "PBXKEY_NAME_KEY_MISMATCH" => [
            "Key and name of the phone system do not belong together.",
            "Check both for typing errors.",
            "Schlüssel und Name der Telefonanlage gehören nicht zusammen.",
            "Prüfen Sie beide auf Tippfehler.",
        ],
        "PBXKEY_INTEGRITY_FAILED" => [
            "The key file was changed after it was made.",
            "Ask your administrator for a new one.",
            "Die Schlüsseldatei wurde nach ihrer Erstellung verändert.",
            "Bitten Sie Ihre Administration um eine neue.",
        ],
        "PBXKEY_SIGNATURE_INVALID" | "PBXKEY_UNTRUSTED_SIGNER" => NOT_FROM,
        "PBXKEY_NOT_YET_VALID" => [
            "The key file is not valid yet ({what}).",
            "Check this computer's date, or ask your administrator for a new one.",
            "Die Schlüsseldatei gilt noch nicht ({what}).",
            "Prüfen Sie das Datum dieses Rechners, oder bitten Sie Ihre Administration um eine neue.",
        ],
        "PBXKEY_EXPIRED" => [
            "The key file is no longer valid ({what}).",
            "Ask your administrator for a new one.",
            "Die Schlüsseldatei gilt nicht mehr ({what}).",
            "Bitten Sie Ihre Administration um eine neue.",
        ],
        _ => [
            "The key file could not be used.",
            "Ask your administrator for a new one.",
            "Die Schlüsseldatei ließ sich nicht verwenden.",
            "Bitten Sie Ihre Administration um eine neue.",
        ],
    };
    problem(code, [en, en_mend, de, de_mend], detail, language)
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

fn problem(code: &str, texts: [&str; 4], detail: Option<&str>, language: Language) -> Problem {
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
            ("calls", "channels"),
            ("calls", "devices"),
            ("others", "nobody"),
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

    /// The list of `facts/starface.md`, section 6.3.
    #[test]
    fn every_code_of_a_key_file_has_a_sentence_of_its_own() {
        let codes = [
            "NOT_A_FILE",
            "MULTIPLE_FILES",
            "TOO_LARGE",
            "NOT_UTF8",
            "NOT_JSON",
            "NOT_A_KEY_FILE",
            "DUPLICATE_FIELD",
            "MISSING_FIELD",
            "BAD_FIELD",
            "UNSUPPORTED_VERSION",
            "CONTAINS_SECRET",
            "NAME_KEY_MISMATCH",
            "INTEGRITY_FAILED",
            "SIGNATURE_INVALID",
            "UNTRUSTED_SIGNER",
            "NOT_YET_VALID",
            "EXPIRED",
        ];
        for code in codes.map(|code| format!("PBXKEY_{code}")) {
            for language in BOTH {
                let problem = key_fault(&code, Some("pbx.port"), language);
                assert_eq!(problem.code, code);
                let unknown = key_fault("PBXKEY_OTHER", None, language).sentence;
                assert_ne!(problem.sentence, unknown, "{code}");
                assert!(
                    problem.sentence.ends_with('.') && problem.mend.ends_with('.'),
                    "{code}"
                );
            }
        }
        let fault = key_fault("PBXKEY_BAD_FIELD", Some("pbx.port"), Language::De);
        assert_eq!(fault.sentence, "Die Schlüsseldatei ist beschädigt (pbx.port).");
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
