//! What the rules promise where refusals have driven the reads of Teams far apart (R6).

use crate::common::*;

#[test]
fn r7_offline_is_confirmed_at_the_pace_of_a_desk_in_use_however_far_apart_the_reads_are() {
    let mut w = World::new("recommended");
    w.after(60.0);
    refused(&mut w, 5);
    w.teams("DoNotDisturb", "DoNotDisturb");
    assert!(w.dnd());
    // Long enough for Away and Offline to be read seldom.
    w.after(600.0);
    w.teams("Offline", "Offline");
    w.after(2.0 * 78.0 * 1.1);
    assert!(!w.dnd(), "two more reads, 77 s apart");
    let from = w.now.mono;
    w.after(2000.0);
    let spans = w.poll_spans(from);
    assert!(
        spans.iter().all(|s| *s > 150.0),
        "and seldom after that: {spans:?}"
    );
}
