//! What every phone system's adapter does, whichever it is: reading, writing, reading back, putting back, hearing of the
//! person's own changes, and coming through every kind of trouble. One suite, each adapter against its double.
//!
//! A new adapter: a file beside `manager.rs` that implements [`System`], and one line with [`conforms`]; its row in
//! docs/ADMIN.md is held against it by `table.rs`.
#![cfg(target_os = "linux")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and lets the others pass"
)]

#[path = "conformance/account.rs"]
mod account;
#[path = "conformance/around.rs"]
mod around;
#[path = "conformance/chat.rs"]
mod chat;
#[path = "conformance/csta.rs"]
mod csta_alone;
#[path = "conformance/desk.rs"]
mod desk;
#[path = "conformance/heard.rs"]
mod heard;
#[path = "conformance/innovaphone.rs"]
mod innovaphone_alone;
#[path = "conformance/link.rs"]
mod link;
#[path = "conformance/manager.rs"]
mod manager;
#[path = "conformance/myapps.rs"]
mod myapps;
#[path = "conformance/oauth.rs"]
mod oauth;
#[path = "conformance/portal.rs"]
mod portal;
#[path = "conformance/procall.rs"]
mod procall_alone;
#[path = "conformance/settings.rs"]
mod settings;
#[path = "conformance/sip.rs"]
mod sip_alone;
#[path = "conformance/sip_source.rs"]
mod sip_source;
#[path = "conformance/soap.rs"]
mod soap;
#[path = "conformance/starface.rs"]
mod starface_alone;
#[path = "conformance/suite.rs"]
mod suite;
#[path = "conformance/table.rs"]
mod table;
#[path = "conformance/tls.rs"]
mod tls;
#[path = "conformance/ucserver.rs"]
mod ucserver;
#[path = "conformance/web.rs"]
mod web;

use suite::conforms;

conforms!(asterisk, crate::manager::Manager);
conforms!(innovaphone, crate::myapps::MyApps);
conforms!(command, crate::portal::Gateway);
conforms!(csta, crate::link::Link);
conforms!(freepbx, crate::portal::Ucp);
conforms!(procall, crate::ucserver::UcServer);
conforms!(innovaphone_soap, crate::soap::Soap);
conforms!(sip, crate::account::Tcp);
conforms!(sip_features, crate::account::Features);
conforms!(sip_udp, crate::account::Udp);
conforms!(starface, crate::web::Web);
