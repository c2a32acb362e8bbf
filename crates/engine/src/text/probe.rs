//! The steps of a phone system's test, in words.

use super::Language;

/// What a step looks at, and what it found. `code` is the adapter's stable name of the step, `detail` its word.
pub fn probe_step(code: &str, detail: &str, language: Language) -> (String, String) {
    let (en_name, en, de_name, de) = match (code, detail) {
        ("reach", _) => ("Reach the phone system", "It answers.", "Telefonanlage erreichen", "Sie antwortet."),
        ("greeting", _) => ("Kind of system", "It is an Asterisk.", "Art der Anlage", "Es ist ein Asterisk."),
        ("sign-in", _) => ("Sign in", "User and password are right.", "Anmelden", "Benutzer und Kennwort stimmen."),
        ("extension", _) => ("Your extension", "It is known there.", "Ihre Nebenstelle", "Sie ist dort bekannt."),
        ("dnd-read", "on") => ("Read do not disturb", "It is on now.", "„Nicht stören“ lesen", "Es ist gerade an."),
        ("dnd-read", _) => ("Read do not disturb", "It is off now.", "„Nicht stören“ lesen", "Es ist gerade aus."),
        ("dnd-write", way) if way.starts_with("dbput") => (
            "Set do not disturb",
            "Possible, by writing it directly.",
            "„Nicht stören“ setzen",
            "Möglich, durch direktes Schreiben.",
        ),
        ("dnd-write", _) => (
            "Set do not disturb",
            "Possible, by dialling the feature code.",
            "„Nicht stören“ setzen",
            "Möglich, durch Wählen des Funktionscodes.",
        ),
        ("calls", "devices") => (
            "See your calls",
            "Yes, by the state of your device; ringing and talking may look alike.",
            "Ihre Gespräche sehen",
            "Ja, am Zustand Ihres Geräts; Klingeln und Sprechen können gleich aussehen.",
        ),
        ("calls", _) => ("See your calls", "Yes, each call.", "Ihre Gespräche sehen", "Ja, jedes Gespräch."),
        ("others", "everybody") => (
            "Other people's phones",
            "This account could change them, too. Ask for a narrower one if you can.",
            "Telefone anderer",
            "Dieses Konto könnte auch diese verändern. Bitten Sie möglichst um ein engeres.",
        ),
        ("others", _) => (
            "Other people's phones",
            "This account can't change them.",
            "Telefone anderer",
            "Dieses Konto kann sie nicht verändern.",
        ),
        (other, detail) => (other, detail, other, detail),
    };
    match language {
        Language::En => (en_name.to_owned(), en.to_owned()),
        Language::De => (de_name.to_owned(), de.to_owned()),
    }
}
