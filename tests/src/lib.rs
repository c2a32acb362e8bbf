//! The laboratory: real parts and doubles that the end-to-end tests run Offhook against.
//!
//! Every fixture is started by a plain function call, waits until it is ready and ends what it started when it is
//! dropped. Tests are plain `#[test]` functions: what is asynchronous inside a fixture runs on one runtime of its
//! own ([`runtime`]). A missing part stops the test with the command that installs it.
#![cfg(target_os = "linux")]

pub mod ami;
pub mod asterisk;
pub mod baresip;
pub mod browser;
pub mod desk;
pub mod front;
pub mod house;
pub mod http;
pub mod kamailio;
pub mod oidc;
pub mod places;
pub mod playground;
pub mod prism;
pub mod process;
pub mod product;
pub mod prosody;
pub mod proxy;
pub mod report;
pub mod runtime;
pub mod soak;
pub mod socket;
pub mod tap;
pub mod vitals;
pub mod wait;
pub mod webdriver;
pub mod wine;

pub use wait::{stays, try_wait_for, wait_for, wait_until};
