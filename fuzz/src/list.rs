//! All targets. A new one is its function and a line here.

use crate::targets;
use offhook_client as client;
use offhook_connect::{
    autostart, calendar, control, doctor, entra, graph, keys, lines, phones, secrets, settings, update,
};
use offhook_tapi as tapi;

/// A parser of outside bytes with what must hold for it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
    /// Longer inputs than this many bytes show nothing new.
    pub longest: usize,
}

const fn target(name: &'static str, run: fn(&[u8]), longest: usize) -> Target {
    Target { name, run, longest }
}

pub const TARGETS: &[Target] = &[
    target("asterisk-settings", phones::asterisk::fuzzing::settings, 512),
    target("asterisk-stream", phones::asterisk::fuzzing::stream, 8192),
    target("autostart-agent", autostart::fuzzing::launch_agent, 1024),
    target("autostart-entry", autostart::fuzzing::desktop_entry, 1024),
    target("baresip-list", lines::baresip::fuzzing::list, 2048),
    target("baresip-stream", lines::baresip::fuzzing::stream, 4096),
    target("calendar-ews", calendar::ews::fuzzing::envelope, 4096),
    target("calendar-ews-settings", calendar::ews::fuzzing::settings, 256),
    target("calendar-ics", calendar::ics::fuzzing::calendar, 4096),
    target("calendar-ics-settings", calendar::ics::fuzzing::settings, 256),
    target("calendar-ntlm", calendar::ews::fuzzing::challenge, 512),
    target("client-lines", client::fuzzing::lines, 4096),
    target("client-run-file", client::fuzzing::run_file, 512),
    target("command-line", phones::command::fuzzing::line, 512),
    target("command-output", phones::command::fuzzing::output, 256),
    target("control-conversation", control::fuzzing::conversation, 4096),
    target("control-lines", control::fuzzing::lines, 4096),
    target("csta-messages", phones::csta::fuzzing::messages, 4096),
    target("csta-stream", phones::csta::fuzzing::stream, 4096),
    target("deskphone-key-file", lines::deskphone::fuzzing::key_file, 256),
    target("deskphone-requests", lines::deskphone::fuzzing::requests, 2048),
    target("doctor-answers", doctor::fuzzing::answers, 1024),
    target("doctor-proxy", doctor::fuzzing::proxy, 1024),
    target("entra-error", entra::fuzzing::error_answer, 1024),
    target("entra-identity", entra::fuzzing::identity, 1024),
    target("entra-redirect", entra::fuzzing::redirect, 2048),
    target("entra-settings", entra::fuzzing::settings, 512),
    target("entra-stored", entra::fuzzing::stored, 1024),
    target("entra-tokens", entra::fuzzing::tokens, 2048),
    target("freepbx-answers", phones::freepbx::fuzzing::answers, 1024),
    target("fritzbox-stream", lines::fritzbox::fuzzing::stream, 4096),
    target("graph-calendar", graph::fuzzing::calendar, 4096),
    target("graph-duration", graph::fuzzing::duration, 4),
    target("graph-presence", graph::fuzzing::presence, 1024),
    target("graph-refusal", graph::fuzzing::refusal, 1024),
    target("graph-wait", graph::fuzzing::wait, 64),
    target("hook-event", lines::hook::fuzzing::event, 1024),
    target("hook-http", lines::hook::fuzzing::http, 4096),
    target("hook-key-file", lines::hook::fuzzing::key_file, 256),
    target(
        "innovaphone-messages",
        phones::innovaphone::fuzzing::messages,
        4096,
    ),
    target("innovaphone-soap", phones::innovaphone::fuzzing::soap, 4096),
    target("innovaphone-stored", phones::innovaphone::fuzzing::stored, 1024),
    target("keys-remembered", keys::fuzzing::remembered, 1024),
    target("ledger", targets::ledger::file, 4096),
    target("linphone-answers", lines::linphone::fuzzing::answers, 2048),
    target("microphone-consent", targets::microphone::consent, 1024),
    target("microphone-pulse", targets::microphone::pulse, 2048),
    target("microsip-ini", lines::microsip::fuzzing::ini, 2048),
    target("pbxkey-contents", targets::pbxkey::contents, 1024),
    target("pbxkey-file", targets::pbxkey::file, 4096),
    target("pbxkey-signer", targets::pbxkey::signer, 512),
    target("pbxkey-typed", targets::pbxkey::typed, 256),
    target("procall-end", phones::procall::fuzzing::end, 8),
    target("procall-frame", phones::procall::fuzzing::frame, 4096),
    target("procall-session", phones::procall::fuzzing::session, 1024),
    target("protocol", targets::protocol::lines, 4096),
    target("secrets-entries", secrets::fuzzing::entries, 2048),
    target("secrets-file", secrets::fuzzing::contents, 1024),
    target("settings-file", settings::fuzzing::file, 2048),
    target("settings-forced", settings::fuzzing::forced, 1024),
    target("settings-policy", settings::fuzzing::policy, 1024),
    target("settings-value", settings::fuzzing::value, 128),
    target("sip-datagram", phones::sip::fuzzing::datagram, 4096),
    target("sip-dialogs", phones::sip::fuzzing::dialogs, 8192),
    target("sip-feature", phones::sip::fuzzing::feature, 2048),
    target("sip-stream", phones::sip::fuzzing::stream, 4096),
    target("starface-calls", phones::starface::fuzzing::calls, 1024),
    target("starface-chat", phones::starface::fuzzing::chat, 4096),
    target("starface-oauth", phones::starface::fuzzing::oauth, 1024),
    target("starface-rest", phones::starface::fuzzing::rest, 2048),
    target("starface-settings", phones::starface::fuzzing::settings, 512),
    target("starface-uci", phones::starface::fuzzing::uci, 4096),
    target("tapi-calls", tapi::fuzzing::calls, 2048),
    target("tapi-forwards", tapi::fuzzing::forwards, 1024),
    target("tapi-phone", tapi::fuzzing::phone, 1024),
    target("update-feed", update::fuzzing::feed, 512),
    target("update-noted", update::fuzzing::noted, 64),
    target("update-signed", update::fuzzing::signed, 512),
];

/// The target of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
