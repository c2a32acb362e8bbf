//! Decides.
pub mod clock;
pub mod fault;
pub mod line;
pub mod phone;
pub mod teams;
