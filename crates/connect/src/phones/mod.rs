//! Phone systems, one folder each.

pub mod asterisk;
