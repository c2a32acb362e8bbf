//! Key files: what is wrong with one, and what one says before the person agrees.

use super::answers::problem;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_protocol::pages::Language;
use offhook_protocol::problem::Problem;

texts! {
    /// What is said about a key file that may be used. `{…}` is filled in.
    KeyText {
        SignerNone: "Not signed: nothing proves who made this file." /
            "Nicht unterschrieben: Nichts belegt, wer diese Datei erstellt hat.";
        SignerNew: "Signed by somebody this computer does not know yet. When you agree, it takes only this signer's files for {name} from then on." /
            "Unterschrieben von jemandem, den dieser Rechner noch nicht kennt. Wenn Sie zustimmen, gelten für {name} künftig nur noch Dateien dieser Unterschrift.";
        SignerKnown: "Signed by your administrator, as expected." /
            "Von Ihrer Administration unterschrieben, wie erwartet.";
        SignerTyped: "Typed by hand: name and key belong together." /
            "Von Hand eingegeben: Name und Schlüssel gehören zusammen.";

        TlsSystem: "The connection is checked with the certificates this computer trusts." /
            "Die Verbindung wird mit den Zertifikaten geprüft, denen dieser Rechner vertraut.";
        TlsPin: "Only a phone system with the public key named in the file is accepted." /
            "Nur eine Telefonanlage mit dem in der Datei genannten öffentlichen Schlüssel wird angenommen.";
        TlsPins: "Only a phone system with one of the {count} public keys named in the file is accepted." /
            "Nur eine Telefonanlage mit einem der {count} in der Datei genannten öffentlichen Schlüssel wird angenommen.";
        TlsKept: "The connection is checked as it is set now." /
            "Die Verbindung wird geprüft, wie es jetzt eingestellt ist.";

        NoteNoKind: "The kind of phone system is not named. Choose it on the phone page afterwards." /
            "Die Art der Telefonanlage ist nicht genannt. Wählen Sie sie anschließend auf der Telefonseite.";
        NoteNoAdapter: "Offhook can't speak with {kind} yet. The entries are kept for the day it can." /
            "Mit {kind} kann Offhook noch nicht sprechen. Die Angaben werden für später aufgehoben.";
        NoteReplaces: "It takes the place of the phone system at {host}; the password stored for that one is deleted." /
            "Sie ersetzt die Telefonanlage unter {host}; deren gespeichertes Kennwort wird gelöscht.";
        NotePinGone: "The certificate pinned until now is no longer asked for." /
            "Das bisher festgelegte Zertifikat wird nicht mehr verlangt.";
        NotePresenceOnly: "Your administrator means it for presence only; Offhook makes no difference yet." /
            "Ihre Administration sieht nur die Präsenz vor; Offhook unterscheidet das noch nicht.";

        NextKind: "Choose the kind of phone system." / "Wählen Sie die Art der Telefonanlage.";
        NextUser: "Enter your user name and password for the phone system." /
            "Geben Sie Ihren Benutzernamen und Ihr Kennwort für die Telefonanlage ein.";
        NextTest: "Then test the connection." / "Prüfen Sie danach die Verbindung.";
    }
}

/// A day as the person reads it: `15 January 2028`, `15. Januar 2028`.
pub fn date(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    const MONTHS: [[&str; 2]; 12] = [
        ["January", "Januar"],
        ["February", "Februar"],
        ["March", "März"],
        ["April", "April"],
        ["May", "Mai"],
        ["June", "Juni"],
        ["July", "Juli"],
        ["August", "August"],
        ["September", "September"],
        ["October", "Oktober"],
        ["November", "November"],
        ["December", "Dezember"],
    ];
    let day = at.to_zoned(zone.clone()).date();
    let month = usize::try_from(day.month() - 1)
        .ok()
        .and_then(|month| MONTHS.get(month));
    let [english, german] = month.copied().unwrap_or_default();
    match language {
        Language::En => format!("{} {english} {}", day.day(), day.year()),
        Language::De => format!("{}. {german} {}", day.day(), day.year()),
    }
}

/// Why a key file was not taken. `detail`: the member, or the date, that the fault names.
/// Codes and meanings: `facts/starface.md`, section 6.3, and `PBXKEY_NOT_READABLE`.
pub fn key_fault(code: &str, detail: Option<&str>, language: Language) -> Problem {
    const NOT_OURS: [&str; 4] = [
        "This is not a key file of Offhook. The phone vendor's own key files can't be read.",
        "Ask your administrator for a .pbxkey file made for Offhook.",
        "Das ist keine Schlüsseldatei von Offhook. Schlüsseldateien des Anlagenherstellers lassen sich nicht lesen.",
        "Bitten Sie Ihre Administration um eine für Offhook erstellte .pbxkey-Datei.",
    ];
    const NEW_ONE: [&str; 2] = [
        "Ask your administrator for a new one.",
        "Bitten Sie Ihre Administration um eine neue.",
    ];
    const ASK_FIRST: [&str; 2] = [
        "Do not use it; ask your administrator.",
        "Verwenden Sie sie nicht; fragen Sie Ihre Administration.",
    ];
    let with = |[mend, abhilfe]: [&'static str; 2], en, de| [en, mend, de, abhilfe];
    let texts = match code {
        "PBXKEY_NOT_A_FILE" => [
            "Only a file can be dropped here.",
            "Drop the .pbxkey file itself, not a folder or a link.",
            "Hier kann nur eine Datei abgelegt werden.",
            "Legen Sie die .pbxkey-Datei selbst ab, keinen Ordner und keine Verknüpfung.",
        ],
        "PBXKEY_NOT_READABLE" => [
            "You are not allowed to read the key file.",
            "Ask your administrator to make it readable for everybody who is to use it.",
            "Sie dürfen die Schlüsseldatei nicht lesen.",
            "Bitten Sie Ihre Administration, sie für alle lesbar zu machen, die sie verwenden sollen.",
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
        "PBXKEY_DUPLICATE_FIELD" => with(
            NEW_ONE,
            "The key file is damaged ({what} stands in it twice).",
            "Die Schlüsseldatei ist beschädigt ({what} steht doppelt darin).",
        ),
        "PBXKEY_MISSING_FIELD" => with(
            NEW_ONE,
            "The key file is damaged ({what} is missing).",
            "Die Schlüsseldatei ist beschädigt ({what} fehlt).",
        ),
        "PBXKEY_BAD_FIELD" => with(
            NEW_ONE,
            "The key file is damaged ({what} has a value that is not possible).",
            "Die Schlüsseldatei ist beschädigt ({what} hat einen unmöglichen Wert).",
        ),
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
        "PBXKEY_NAME_KEY_MISMATCH" => with(
            NEW_ONE,
            "Key and name of the phone system in the file do not belong together.",
            "Schlüssel und Name der Telefonanlage in der Datei gehören nicht zusammen.",
        ),
        "PBXKEY_INTEGRITY_FAILED" => with(
            NEW_ONE,
            "The key file was changed after it was made.",
            "Die Schlüsseldatei wurde nach ihrer Erstellung verändert.",
        ),
        "PBXKEY_SIGNATURE_INVALID" => with(
            ASK_FIRST,
            "The key file is not from your administrator: its signature does not fit it.",
            "Die Schlüsseldatei stammt nicht von Ihrer Administration: Ihre Unterschrift passt nicht dazu.",
        ),
        "PBXKEY_UNTRUSTED_SIGNER" => with(
            ASK_FIRST,
            "The key file is not from your administrator: the signature expected for this phone system is missing.",
            "Die Schlüsseldatei stammt nicht von Ihrer Administration: Die für diese Telefonanlage erwartete Unterschrift fehlt.",
        ),
        "PBXKEY_NOT_YET_VALID" => [
            "The key file is not valid before {what}.",
            "Check this computer's date, or ask your administrator for a new one.",
            "Die Schlüsseldatei gilt erst ab {what}.",
            "Prüfen Sie das Datum dieses Rechners, oder bitten Sie Ihre Administration um eine neue.",
        ],
        "PBXKEY_EXPIRED" => with(
            NEW_ONE,
            "The key file was valid until {what}.",
            "Die Schlüsseldatei galt bis {what}.",
        ),
        _ => with(
            NEW_ONE,
            "The key file could not be used.",
            "Die Schlüsseldatei ließ sich nicht verwenden.",
        ),
    };
    problem(code, texts, detail, language)
}

/// Why a name and a key typed by hand were not taken: the same codes, about what was typed. `member` as in the file.
pub fn typed_key_fault(code: &str, member: Option<&str>, language: Language) -> Problem {
    let texts = match (code, member) {
        ("PBXKEY_BAD_FIELD", Some("pbx.name")) => [
            "That is no name of a phone system.",
            "Enter it as your administrator wrote it, for example pbx.example.com.",
            "Das ist kein Name einer Telefonanlage.",
            "Geben Sie ihn ein, wie Ihre Administration ihn geschrieben hat, zum Beispiel pbx.example.com.",
        ],
        ("PBXKEY_BAD_FIELD", _) => [
            "The key is not complete, or has a sign that no key has.",
            "It has 40 letters and digits in 8 groups of 5.",
            "Der Schlüssel ist nicht vollständig oder enthält ein Zeichen, das kein Schlüssel hat.",
            "Er hat 40 Buchstaben und Ziffern in 8 Gruppen zu 5.",
        ],
        ("PBXKEY_NAME_KEY_MISMATCH", _) => [
            "Key and name of the phone system do not belong together.",
            "Check both for typing errors.",
            "Schlüssel und Name der Telefonanlage gehören nicht zusammen.",
            "Prüfen Sie beide auf Tippfehler.",
        ],
        ("PBXKEY_UNTRUSTED_SIGNER", _) => [
            "For this phone system only signed key files of your administrator are taken.",
            "Ask your administrator for the file.",
            "Für diese Telefonanlage gelten nur unterschriebene Schlüsseldateien Ihrer Administration.",
            "Bitten Sie Ihre Administration um die Datei.",
        ],
        (_, member) => return key_fault(code, member, language),
    };
    problem(code, texts, member, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const BOTH: [Language; 2] = [Language::En, Language::De];

    /// The list of `facts/starface.md`, section 6.3, and what it does not tell apart.
    const CODES: [&str; 18] = [
        "PBXKEY_NOT_A_FILE",
        "PBXKEY_NOT_READABLE",
        "PBXKEY_MULTIPLE_FILES",
        "PBXKEY_TOO_LARGE",
        "PBXKEY_NOT_UTF8",
        "PBXKEY_NOT_JSON",
        "PBXKEY_NOT_A_KEY_FILE",
        "PBXKEY_DUPLICATE_FIELD",
        "PBXKEY_MISSING_FIELD",
        "PBXKEY_BAD_FIELD",
        "PBXKEY_UNSUPPORTED_VERSION",
        "PBXKEY_CONTAINS_SECRET",
        "PBXKEY_NAME_KEY_MISMATCH",
        "PBXKEY_INTEGRITY_FAILED",
        "PBXKEY_SIGNATURE_INVALID",
        "PBXKEY_UNTRUSTED_SIGNER",
        "PBXKEY_NOT_YET_VALID",
        "PBXKEY_EXPIRED",
    ];

    #[test]
    fn every_code_of_a_key_file_has_a_sentence_of_its_own() {
        for language in BOTH {
            let unknown = key_fault("PBXKEY_OTHER", None, language).sentence;
            let mut sentences = BTreeSet::from([unknown]);
            for code in CODES {
                let problem = key_fault(code, Some("pbx.port"), language);
                assert_eq!(problem.code, code);
                assert!(
                    problem.sentence.ends_with('.') && problem.mend.ends_with('.'),
                    "{code}"
                );
                assert!(!problem.to_string().contains('{'), "{code}");
                sentences.insert(problem.sentence);
            }
            // Three codes are one thing for a person: not a file of ours.
            assert_eq!(sentences.len(), CODES.len() + 1 - 2);
        }
        let fault = key_fault("PBXKEY_MISSING_FIELD", Some("pbx.port"), Language::De);
        assert_eq!(
            fault.sentence,
            "Die Schlüsseldatei ist beschädigt (pbx.port fehlt)."
        );
    }

    #[test]
    fn what_was_typed_is_not_called_a_file() {
        for (code, member) in [
            ("PBXKEY_BAD_FIELD", Some("pbx.name")),
            ("PBXKEY_BAD_FIELD", Some("key")),
            ("PBXKEY_NAME_KEY_MISMATCH", None),
        ] {
            for language in BOTH {
                let problem = typed_key_fault(code, member, language);
                assert_eq!(problem.code, code);
                let text = problem.to_string().to_lowercase();
                assert!(!text.contains("file") && !text.contains("datei"), "{text}");
            }
        }
    }

    #[test]
    fn a_day_in_both_languages() {
        let at: Timestamp = "2028-03-15T23:30:00Z".parse().unwrap();
        assert_eq!(date(at, &TimeZone::UTC, Language::En), "15 March 2028");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(date(at, &berlin, Language::De), "16. März 2028");
    }

    #[test]
    fn every_text_has_the_same_places_in_both_languages() {
        let places = |text: &str| {
            text.split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect::<BTreeSet<_>>()
        };
        for text in KeyText::ALL {
            let [en, de] = BOTH.map(|language| text.text(language));
            assert_eq!(places(en), places(de), "{en}");
            assert!(en.ends_with('.') && de.ends_with('.'), "{en}");
        }
    }
}
