//! The few sentences of this program's own; everything else comes from the running program in the person's
//! language.

use offhook_protocol::pages::Language;

#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) german: bool,
    pub(crate) not_running: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) open_this: &'static str,
    pub(crate) type_code: &'static str,
    pub(crate) signed_in: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) sign_in_ended: &'static str,
    pub(crate) secret_prompt: &'static str,
    pub(crate) secret_empty: &'static str,
    pub(crate) secret_no_text: &'static str,
    pub(crate) state: &'static str,
    pub(crate) attention: &'static str,
    pub(crate) problem: &'static str,
    pub(crate) paused_until: &'static str,
    pub(crate) session: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) call: &'static str,
    pub(crate) since: &'static str,
    pub(crate) until: &'static str,
    pub(crate) set: &'static str,
    pub(crate) not_done: &'static str,
    pub(crate) none: &'static str,
    pub(crate) ok: &'static str,
    pub(crate) not_ok: &'static str,
    pub(crate) doctor_found: &'static str,
    pub(crate) key_fits: &'static str,
    pub(crate) key_written: &'static str,
    pub(crate) differs: &'static str,
    pub(crate) inherited: &'static str,
    pub(crate) cannot: &'static str,
}

/// German where the environment says so, else English.
pub(crate) fn of_environment() -> Words {
    // The order in which the C library asks.
    let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    of_locale(language.as_deref().unwrap_or_default())
}

/// The same choice, as the string tables name it.
pub(crate) fn language() -> Language {
    if of_environment().german {
        Language::De
    } else {
        Language::En
    }
}

fn of_locale(locale: &str) -> Words {
    let language = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("de") {
        GERMAN
    } else {
        ENGLISH
    }
}

const ENGLISH: Words = Words {
    german: false,
    not_running: "Offhook is not running. Start it first.",
    lost: "Offhook does not answer. Perhaps it is just ending; try again in a moment.",
    open_this: "Open this address in a browser:",
    type_code: "Open this address in any browser and type the code:",
    signed_in: "Signed in as",
    cancelled: "The sign-in was cancelled.",
    sign_in_ended: "The sign-in ended without success.",
    secret_prompt: "Password (not shown): ",
    secret_empty: "Nothing was given on standard input; nothing was stored.",
    secret_no_text: "What was given on standard input is no text (UTF-8), or too long.",
    state: "State",
    attention: "needs attention",
    problem: "Problem",
    paused_until: "Paused until",
    session: "Own session",
    phone: "Phone",
    call: "Call",
    since: "since",
    until: "until",
    set: "Set",
    not_done: "Not done",
    none: "–",
    ok: "ok",
    not_ok: "not ok",
    doctor_found: "The doctor found trouble.",
    key_fits: "The key file is whole, in force, and its key belongs to the name.",
    key_written: "Written:",
    differs: "your own, otherwise than the profile",
    inherited: "no row of its own; as the other word's row, else as anything else",
    cannot: "left out: this phone system or this account can't do it",
};

const GERMAN: Words = Words {
    german: true,
    not_running: "Offhook läuft nicht. Bitte zuerst starten.",
    lost: "Offhook antwortet nicht. Vielleicht wird es gerade beendet; bitte gleich noch einmal versuchen.",
    open_this: "Diese Adresse in einem Browser öffnen:",
    type_code: "Diese Adresse in einem beliebigen Browser öffnen und den Code eingeben:",
    signed_in: "Angemeldet als",
    cancelled: "Die Anmeldung wurde abgebrochen.",
    sign_in_ended: "Die Anmeldung endete ohne Erfolg.",
    secret_prompt: "Passwort (wird nicht angezeigt): ",
    secret_empty: "Auf der Standardeingabe kam nichts; es wurde nichts gespeichert.",
    secret_no_text: "Was auf der Standardeingabe kam, ist kein Text (UTF-8) oder zu lang.",
    state: "Zustand",
    attention: "braucht Aufmerksamkeit",
    problem: "Störung",
    paused_until: "Pause bis",
    session: "Eigene Sitzung",
    phone: "Telefon",
    call: "Anruf",
    since: "seit",
    until: "bis",
    set: "Gesetzt",
    not_done: "Nicht getan",
    none: "–",
    ok: "in Ordnung",
    not_ok: "gestört",
    doctor_found: "Die Untersuchung hat Störungen gefunden.",
    key_fits: "Die Schlüsseldatei ist unbeschädigt und gültig, der Schlüssel gehört zum Namen.",
    key_written: "Geschrieben:",
    differs: "Ihre eigene Regel, anders als im Profil",
    inherited: "keine eigene Zeile; wie die Zeile des anderen Wortes, sonst wie alles andere",
    cannot: "entfällt: diese Telefonanlage oder dieses Konto kann das nicht",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_where_the_locale_says_so() {
        for german in ["de", "de_DE.UTF-8", "de_AT", "DE", "de@euro"] {
            assert_eq!(of_locale(german).not_running, GERMAN.not_running, "{german}");
        }
        for english in ["", "C", "C.UTF-8", "en_GB", "den_XX"] {
            assert_eq!(of_locale(english).not_running, ENGLISH.not_running, "{english}");
        }
    }
}
