//! Situations that scenarios of several files begin with.

use super::values::{rules, throttled};
use super::world::World;
use offhook_engine::phone::Field;
use offhook_engine::rules::Rules;

/// So many reads are refused, each of them once.
pub fn refused(w: &mut World, times: u32) {
    for _ in 0..times {
        w.graph.fails = Some(throttled(Some(1.0)));
        w.poll();
        w.graph.fails = None;
        w.poll();
    }
}

/// Another program takes back what we set, seconds after it, `times` times.
pub fn contested(times: u32) -> World {
    contested_field(Field::Dnd, rules("recommended"), times)
}

/// As `contested`, of a field that `rules` set in do not disturb.
pub fn contested_field(field: Field, rules: Rules, times: u32) -> World {
    let mut w = World::with(rules);
    for _ in 0..times {
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(3.0);
        assert_ne!(w.phone.fields[&field], field.at_rest(), "not set");
        w.by_hand(field.at_rest());
        w.teams("Available", "Available");
        w.after(60.0);
    }
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w
}
