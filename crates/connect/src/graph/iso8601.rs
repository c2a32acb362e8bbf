//! ISO 8601 durations as Graph takes them.

use std::time::Duration;

/// `PT5M`, `PT8H`, `P1D`, `PT1H30M`. Whole seconds; whole days as days.
pub(super) fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds > 0 && seconds.is_multiple_of(86_400) {
        return format!("P{}D", seconds / 86_400);
    }
    let mut text = String::from("PT");
    for (count, unit) in [
        (seconds / 3600, 'H'),
        (seconds / 60 % 60, 'M'),
        (seconds % 60, 'S'),
    ] {
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(unit);
        }
    }
    if seconds == 0 { "PT0S".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_graph_writes_them() {
        let rows = [
            (300, "PT5M"),
            (14_400, "PT4H"),
            (28_800, "PT8H"),
            (86_400, "P1D"),
            (604_800, "P7D"),
            (5_400, "PT1H30M"),
            (90_061, "PT25H1M1S"),
            (0, "PT0S"),
        ];
        for (seconds, text) in rows {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }
}
