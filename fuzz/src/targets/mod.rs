//! Targets for parsers that are public.

pub mod ledger;
pub mod microphone;
pub mod pbxkey;
pub mod protocol;
