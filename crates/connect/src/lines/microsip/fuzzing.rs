//! What must hold for whatever stands in MicroSIP's settings file.

use super::EVENTS;
use super::ini::Ini;

/// The file comes back as it was; a line that is put in is there and in no other one's place, and goes again.
pub fn ini(input: &[u8]) {
    let Ok(mut ini) = Ini::parse(input) else { return };
    assert_eq!(ini.bytes(), input, "as it was");
    let (key, _) = EVENTS[0];
    let others: Vec<_> = EVENTS[1..]
        .iter()
        .map(|(other, _)| (*other, ini.value(other).map(str::to_owned)))
        .collect();
    let before = ini.value(key).map(str::to_owned);
    let command = r#""C:\\Program Files\\offhookctl.exe" call newCall"#;
    assert!(ini.set(key, command).is_ok(), "plain letters fit into every file");
    let Ok(mut again) = Ini::parse(&ini.bytes()) else {
        unreachable!("what is written can be read")
    };
    assert!(again == ini, "written and read again");
    assert_eq!(again.value(key), Some(command), "what was put in is there");
    for (other, value) in others {
        assert_eq!(again.value(other).map(str::to_owned), value, "{other} as it was");
    }
    let grown = again.bytes().len();
    assert!(again.set(key, "").is_ok());
    assert_eq!(again.value(key), None, "it goes again");
    assert!(again.bytes().len() < grown, "and leaves its line alone");
    if let Some(before) = before
        && again.set(key, &before).is_ok()
    {
        assert_eq!(
            again.value(key),
            Some(before.as_str()),
            "the person's own comes back"
        );
    }
}
