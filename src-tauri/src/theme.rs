//! Light or dark, as the desktop portal tells it and while it changes (XDG Desktop Portal, Settings:
//! `org.freedesktop.appearance color-scheme`, 1 prefers dark, 2 prefers light, 0 nothing). GTK 3, in which the web
//! engine draws, does not ask for it by itself; where nothing is preferred, what GTK was told otherwise stays.

use gtk::gio::{self, BusType, Cancellable, DBusCallFlags, DBusConnection, DBusSignalFlags};
use gtk::glib::{Variant, VariantTy};
use gtk::prelude::*;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const APPEARANCE: &str = "org.freedesktop.appearance";
const SCHEME: &str = "color-scheme";

/// The window is there already: without an answer it stays as it is.
const PATIENCE_MS: i32 = 5_000;

/// The person waits for a window.
const BRIEF_PATIENCE_MS: i32 = 100;

/// Whether the desktop is dark, asked before there is a window. A portal that does not run yet is not waited for:
/// [`follow`] starts it.
pub fn is_dark() -> bool {
    if let Ok(bus) = gio::bus_get_sync(BusType::Session, Cancellable::NONE) {
        let answer = bus.call_sync(
            Some(PORTAL),
            PATH,
            SETTINGS,
            "Read",
            Some(&question()),
            None,
            DBusCallFlags::NO_AUTO_START,
            BRIEF_PATIENCE_MS,
            Cancellable::NONE,
        );
        if let Ok(answer) = answer {
            take(answer.try_child_value(0));
        }
    }
    gtk::Settings::default().is_some_and(|settings| {
        let name = settings.gtk_theme_name();
        // Themes of GTK 3 that are dark in themselves are called so.
        settings.is_gtk_application_prefer_dark_theme() || name.is_some_and(|name| name.ends_with("-dark"))
    })
}

/// From GTK's own thread, as long as the program runs.
pub fn follow() {
    gio::bus_get(BusType::Session, Cancellable::NONE, |bus| {
        // No bus, no portal, no preference.
        if let Ok(bus) = bus {
            listen(&bus);
        }
    });
}

fn listen(bus: &DBusConnection) {
    bus.signal_subscribe(
        Some(PORTAL),
        Some(SETTINGS),
        Some("SettingChanged"),
        Some(PATH),
        Some(APPEARANCE),
        DBusSignalFlags::NONE,
        |_, _, _, _, _, told| {
            let key = told.try_child_value(1);
            if key.is_some_and(|key| key.str() == Some(SCHEME)) {
                take(told.try_child_value(2));
            }
        },
    );
    bus.call(
        Some(PORTAL),
        PATH,
        SETTINGS,
        "Read",
        Some(&question()),
        None,
        DBusCallFlags::NONE,
        PATIENCE_MS,
        Cancellable::NONE,
        |answer| {
            if let Ok(answer) = answer {
                take(answer.try_child_value(0));
            }
        },
    );
}

fn question() -> Variant {
    (APPEARANCE, SCHEME).to_variant()
}

fn take(value: Option<Variant>) {
    if let (Some(dark), Some(settings)) = (value.as_ref().and_then(prefers_dark), gtk::Settings::default()) {
        settings.set_gtk_application_prefer_dark_theme(dark);
    }
}

/// Some portals wrap the number once more.
fn prefers_dark(value: &Variant) -> Option<bool> {
    if value.type_() == VariantTy::VARIANT
        && let Some(inner) = value.as_variant()
    {
        return prefers_dark(&inner);
    }
    match value.get::<u32>()? {
        1 => Some(true),
        2 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_is_understood_however_it_is_wrapped() {
        for (scheme, dark) in [(0u32, None), (1, Some(true)), (2, Some(false)), (3, None)] {
            let number = scheme.to_variant();
            assert_eq!(prefers_dark(&number), dark);
            assert_eq!(prefers_dark(&number.to_variant().to_variant()), dark);
        }
        assert_eq!(prefers_dark(&"dark".to_variant()), None);
    }
}
