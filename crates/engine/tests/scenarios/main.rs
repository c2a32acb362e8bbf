//! What the engine does, as scenarios on virtual time: one program, since each mutant (docs/MUTANTS.md) links it anew.

mod abilities;
mod calendar;
mod call_in_teams;
mod calls;
mod causes;
#[path = "../common/mod.rs"]
mod common;
mod cut_off;
mod echo;
mod far_apart;
mod holds;
mod late_writes;
mod leaving;
mod mutants;
mod other_desks;
mod other_program;
mod page_details;
mod pauses;
mod phone_reads;
mod phone_states;
mod preferred;
mod privacy;
mod reasons;
mod rights;
mod rules_table;
mod seeds;
mod seeds_calendar;
mod session;
mod shown;
mod starting;
mod taken_back;
mod teams_reads;
mod told;
mod unconfirmed;
mod view;
mod words;
