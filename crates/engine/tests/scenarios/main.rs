//! What the engine does, as scenarios on virtual time: one program, since each mutant (docs/MUTANTS.md) links it anew.

mod calendar;
#[path = "../common/mod.rs"]
mod common;
mod far_apart;
mod leaving;
mod mutants;
mod page_details;
mod phone_reads;
mod preferred;
mod r01_r06_phone_to_teams;
mod r06_r13_teams_to_phone;
mod r19_r24_person;
mod rules_table;
mod seeds;
mod seeds_calendar;
mod session;
mod shown;
mod told;
mod view;
