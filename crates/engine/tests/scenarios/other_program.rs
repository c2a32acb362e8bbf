//! R10: a field that another program writes is left to it.

use crate::common::*;
use crate::rules_table::with_own;
use offhook_engine::Input;
use offhook_engine::fault::Code;
use offhook_engine::phone::Field;
use offhook_protocol::status::{NotDoneReason, Owner};

#[test]
fn r10_a_value_taken_back_at_once_twice_is_another_programs_work() {
    let w = contested(2);
    assert!(!w.dnd());
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::OtherWriter);
    assert_eq!(w.notices(), [Code::OtherWriter]);
}

#[test]
fn r10_once_is_a_persons() {
    let w = contested(1);
    assert!(w.dnd());
    assert_eq!(w.notices(), []);
}

#[test]
fn r10_a_field_left_to_another_program_is_tried_again_when_the_person_says_so() {
    for told in [true, false] {
        let mut w = contested(2);
        // Another language is nothing that the person says about this.
        w.set_rules(|rules| rules.language = offhook_engine::text::Language::De);
        if told {
            w.set_rules(|rules| rules.dnd_in_meetings = true);
        }
        w.teams("Available", "Available");
        w.after(60.0);
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(60.0);
        assert_eq!(w.dnd(), told);
    }
}

#[test]
fn r10_a_field_left_to_another_program_is_tried_again_after_a_resume() {
    let mut w = contested(2);
    w.pause(offhook_protocol::command::Pause::UntilResumed);
    w.input(Input::Resume);
    w.teams("Available", "Available");
    w.after(60.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(w.dnd());
}

#[test]
fn r10_a_field_left_to_another_program_stays_so_over_a_restart() {
    let mut w = contested(2);
    w.restart();
    w.teams("Available", "Available");
    w.after(60.0);
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(!w.dnd());
    assert_eq!(w.status().not_done[0].reason, NotDoneReason::OtherWriter);
}

#[test]
fn r10_another_program_is_named_in_tray_status_and_why() {
    let mut w = contested(2);
    w.dnd_by_hand(true);
    assert!(w.why().contains("another program writes it"), "{}", w.why());
    assert_eq!(w.status().phone.dnd.owner, Some(Owner::Unknown));
    w.set_rules(|rules| rules.language = offhook_engine::text::Language::De);
    let tray = w.engine.tray(w.now);
    assert!(
        tray.attention && tray.tooltip.contains("„Nicht stören“"),
        "{}",
        tray.tooltip
    );
    w.teams("Available", "Available");
    w.after(5.0);
    assert!(
        w.why().contains("vielleicht von einem anderen Programm"),
        "{}",
        w.why()
    );
}

#[test]
fn r10_a_write_that_stood_is_no_part_of_another_programs_count() {
    let mut w = World::new("recommended");
    for undone in [true, false, true] {
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(3.0);
        if undone {
            w.dnd_by_hand(false);
        } else {
            // Read again later: it still stands.
            w.after(20.0);
            w.dnd_by_hand(true);
        }
        w.teams("Available", "Available");
        w.after(60.0);
    }
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    assert!(w.dnd());
}

#[test]
fn r10_each_field_that_another_program_takes_back_twice_is_left_to_it_alone() {
    let own = [
        ("states.DoNotDisturb.forward", "+49 30 5550100"),
        ("states.DoNotDisturb.presence", "dnd"),
        ("states.DoNotDisturb.note", "not now"),
    ];
    for field in Field::ALL {
        let w = contested_field(field, with_own("recommended", &own), 2);
        assert_eq!(w.engine.ledger().contested, [field]);
        for other in Field::ALL {
            let set = w.phone.fields[&other] != other.at_rest();
            assert_eq!(set, other != field, "{other:?} where {field:?} is contested");
        }
        let reasons: Vec<_> = w.status().not_done.iter().map(|one| one.reason).collect();
        assert_eq!(reasons, [NotDoneReason::OtherWriter], "{field:?}");
        assert_eq!(w.notices(), [Code::OtherWriter], "{field:?}");
    }
}
