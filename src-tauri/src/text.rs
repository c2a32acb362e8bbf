//! What the program itself says where no page can, in the language of the environment: on standard error, and on
//! Windows and macOS in a box of its own.

use offhook_protocol::pages::Language;

/// Each sentence in English and in German.
type Both = (&'static str, &'static str);

const NO_DESKTOP: Both = (
    "There is no desktop to show a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).",
    "Es ist kein Desktop da, auf dem sich ein Fenster zeigen ließe (weder DISPLAY noch WAYLAND_DISPLAY ist gesetzt).",
);
const ELSEWHERE: Both = (
    "A window of this data folder is open already, and Offhook does not answer. Close that window and try again.",
    "Ein Fenster dieses Datenordners ist schon offen, und Offhook antwortet nicht. Schließen Sie es, und versuchen Sie es noch einmal.",
);
const OTHER_VERSION: Both = (
    "The Offhook that is running is of another version than this window, as after an update. Quit it with “Quit Offhook” in the \
     menu of its icon beside the clock, then start it again here.",
    "Das laufende Offhook hat eine andere Version als dieses Fenster, wie nach einer Aktualisierung. Beenden Sie es mit \
     „Offhook beenden“ im Menü seines Symbols neben der Uhr, und starten Sie es dann hier neu.",
);
const NOT_SHOWN: Both = (
    "The window could not be shown",
    "Das Fenster ließ sich nicht zeigen",
);
const NO_ENGINE: Both = (
    "This computer has no web engine for the window",
    "Auf diesem Computer fehlt das Web-Modul für das Fenster",
);
const INSTALL: Both = if cfg!(windows) {
    (
        "Install the Microsoft Edge WebView2 Runtime (https://go.microsoft.com/fwlink/p/?LinkId=2124703). \
         The icon beside the clock works without it.",
        "Installieren Sie die Microsoft Edge WebView2 Runtime (https://go.microsoft.com/fwlink/p/?LinkId=2124703). \
         Das Symbol neben der Uhr funktioniert auch ohne sie.",
    )
} else if cfg!(target_os = "macos") {
    (
        "Install the updates of macOS.",
        "Installieren Sie die Aktualisierungen von macOS.",
    )
} else {
    (
        "Install WebKitGTK 4.1 (on Debian the package libwebkit2gtk-4.1-0).",
        "Installieren Sie WebKitGTK 4.1 (unter Debian das Paket libwebkit2gtk-4.1-0).",
    )
};

pub fn no_desktop() -> &'static str {
    said(NO_DESKTOP)
}

/// Another window has the data directory, but nobody can bring it to the front.
pub fn elsewhere() -> &'static str {
    said(ELSEWHERE)
}

/// What it says is not understood.
pub fn other_version() -> &'static str {
    said(OTHER_VERSION)
}

pub fn not_shown() -> &'static str {
    said(NOT_SHOWN)
}

pub fn no_engine(why: &impl std::fmt::Display) -> String {
    if cfg!(windows) {
        // There the reason is a bare number of the system's.
        format!("{}. {}", said(NO_ENGINE), said(INSTALL))
    } else {
        format!("{} ({why}). {}", said(NO_ENGINE), said(INSTALL))
    }
}

fn said((english, german): Both) -> &'static str {
    match language(variable) {
        Language::En => english,
        Language::De => german,
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().or_else(|| set_in_system(name))
}

/// There the person's choice stands in no variable.
#[cfg(not(target_os = "linux"))]
fn set_in_system(name: &str) -> Option<String> {
    (name == "LANG").then(sys_locale::get_locale).flatten()
}

#[cfg(target_os = "linux")]
fn set_in_system(_name: &str) -> Option<String> {
    None
}

/// Asked in the order of the C library.
fn language(variable: impl Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let locale = locale.unwrap_or_default();
    let name = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
    if name.eq_ignore_ascii_case("de") {
        Language::De
    } else {
        Language::En
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn german_where_the_environment_says_so() {
        let with = |wanted: &'static str, value: &'static str| {
            language(move |name| (name == wanted).then(|| value.to_owned()))
        };
        assert_eq!(with("LANG", "de_AT.UTF-8"), Language::De);
        assert_eq!(with("LC_ALL", "de"), Language::De);
        assert_eq!(with("LANG", "den_CA"), Language::En);
        assert_eq!(with("LC_MESSAGES", "C.UTF-8"), Language::En);
        assert_eq!(language(|_| None), Language::En);
    }
}
