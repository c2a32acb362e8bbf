//! A short soak: what `cargo xtask soak` does in every round of its half hour, twice, without a window.
#![cfg(target_os = "linux")]

use offhook_tests::soak::{Often, Plan, STEPS, soak};

#[test]
fn after_two_rounds_of_a_day_nothing_is_left() {
    let outcome = soak(&Plan::brief());
    assert_eq!(outcome.troubles, Vec::<String>::new());
    for (name, often, _) in STEPS {
        let times = outcome.steps.iter().find(|(known, _)| *known == name);
        let wanted = if often == Often::Always { 2 } else { 0 };
        assert_eq!(times.map(|(_, times)| *times), Some(wanted), "{name}");
    }
}
