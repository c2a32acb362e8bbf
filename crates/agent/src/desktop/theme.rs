//! Whether the desktop is dark, as `org.freedesktop.appearance color-scheme` of the desktop portal tells it
//! (XDG Desktop Portal, Settings: 1 prefers dark, 2 prefers light, 0 nothing). Panels without a portal are
//! mostly dark, so that is what is assumed there; the person can choose.

use futures_util::StreamExt as _;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, Proxy};

const SCHEME: (&str, &str) = ("org.freedesktop.appearance", "color-scheme");

/// Tells whether the desktop is dark, first and whenever it changes, for as long as the bus lives.
pub async fn watch(tell: impl Fn(bool)) {
    if let Err(error) = follow(tell).await {
        tracing::debug!(%error, "the desktop does not tell its colours");
    }
}

async fn follow(tell: impl Fn(bool)) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let portal = Proxy::new(
        &bus,
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Settings",
    )
    .await?;
    // Before the question, so that no change is missed in between.
    let mut changes = portal.receive_signal("SettingChanged").await?;
    match portal.call::<_, _, OwnedValue>("Read", &SCHEME).await {
        Ok(value) => tell(is_dark(&value)),
        // One that starts later says so itself.
        Err(error) => tracing::debug!(%error, "no colours yet"),
    }
    while let Some(change) = changes.next().await {
        let body = change.body();
        let (namespace, key, value): (String, String, Value<'_>) = body.deserialize()?;
        if (namespace.as_str(), key.as_str()) == SCHEME {
            tell(is_dark(&value));
        }
    }
    Ok(())
}

/// Some portals wrap the number once more.
fn is_dark(value: &Value<'_>) -> bool {
    if let Value::Value(inner) = value {
        return is_dark(inner);
    }
    *value != Value::U32(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_desktop_that_says_light_is_light() {
        let wrapped = |scheme: u32| Value::Value(Box::new(Value::U32(scheme)));
        for (value, dark) in [
            (Value::U32(0), true),
            (Value::U32(1), true),
            (Value::U32(2), false),
            (wrapped(2), false),
            (Value::from("light"), true),
        ] {
            assert_eq!(is_dark(&value), dark, "{value:?}");
        }
    }
}
