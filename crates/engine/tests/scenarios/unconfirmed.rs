//! R9 for a field of which nothing tells how it stands.

use crate::common::*;
use offhook_engine::phone::Field;
use offhook_protocol::status::Owner;

/// A world whose phone does not tell whether it is on do not disturb.
fn unconfirmed() -> World {
    let mut w = World::new("recommended");
    w.phone.abilities.unconfirmed.dnd = true;
    w.phone_up();
    w.after(60.0);
    w
}

#[test]
fn r9_what_nothing_reads_is_set_and_put_back_by_what_was_set() {
    let mut w = unconfirmed();
    assert_eq!(w.engine.status(w.now).phone.dnd.value, None, "nobody knows");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(w.dnd());
    let shown = w.engine.status(w.now).phone.dnd;
    assert_eq!((shown.value, shown.owner), (Some(true), Some(Owner::Offhook)));
    // Nobody can see what the person does there meanwhile.
    w.by_hand(OFF);
    w.after(60.0);
    assert_eq!(w.disk.holds.len(), 1);
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!((w.dnd(), w.disk.holds.len()), (false, 0));
    assert_eq!(w.writes(), [ON, OFF]);
}

#[test]
fn r9_what_nothing_reads_comes_right_after_a_crash_at_every_step() {
    for crash in [Crash::BeforeLedger, Crash::AfterLedger, Crash::AfterWrite] {
        for still in [true, false] {
            let mut w = unconfirmed();
            w.crash = Some(crash);
            w.teams("DoNotDisturb", "DoNotDisturb");
            w.after(1.0);
            assert!(w.dead, "{crash:?}");
            if !still {
                w.teams_is("Available", "Available");
            }
            w.restart();
            w.after(10.0);
            assert_eq!(w.dnd(), still, "{crash:?}, Teams still says so: {still}");
            w.teams_is("Available", "Available");
            w.after(60.0);
            assert!(!w.dnd(), "{crash:?}");
            assert_eq!(w.disk.holds, []);
        }
        // While it is put back.
        let mut w = unconfirmed();
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(10.0);
        w.crash = Some(crash);
        w.teams("Available", "Available");
        w.after(2.0);
        w.restart();
        w.after(60.0);
        assert!(!w.dnd(), "{crash:?} while it is put back");
        assert_eq!(w.disk.holds, []);
    }
}

#[test]
fn r9_what_nothing_reads_is_tried_again_where_nobody_answered() {
    let mut w = unconfirmed();
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    assert!(!w.dnd());
    w.phone.writes_fail = None;
    w.after(60.0);
    assert!(w.dnd());
    // And may have had an effect when it is no longer wanted.
    let mut w = unconfirmed();
    w.phone.writes_fail = Some(unreachable());
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(5.0);
    w.phone.fields.insert(Field::Dnd, ON);
    w.phone.writes_fail = None;
    w.teams("Available", "Available");
    w.after(60.0);
    assert_eq!((w.dnd(), w.disk.holds.len()), (false, 0));
}
