//! Situations that scenarios of several files begin with.

use super::values::throttled;
use super::world::World;

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
    let mut w = World::new("recommended");
    for _ in 0..times {
        w.teams("DoNotDisturb", "DoNotDisturb");
        w.after(3.0);
        w.dnd_by_hand(false);
        w.teams("Available", "Available");
        w.after(60.0);
    }
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.after(60.0);
    w
}
