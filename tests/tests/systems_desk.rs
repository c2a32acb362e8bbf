//! The main job with the real program at every phone system that Offhook speaks with: a call there shows in Teams while it
//! lasts, Teams' presenting silences the phone and gives it back, and what a killed program has set is put back at the
//! next start. One body for all; where a system has something of its own, a file such as `starface_desk.rs` shows it.
//!
//! A new phone system: a [`body::System`], and one line with [`main_job`].
#![cfg(target_os = "linux")]

#[path = "systems_desk/body.rs"]
mod body;
#[path = "systems_desk/commands.rs"]
mod commands;
#[path = "systems_desk/doubles.rs"]
mod doubles;
#[path = "systems_desk/portal.rs"]
mod portal;
#[path = "systems_desk/sip.rs"]
mod sip;

macro_rules! main_job {
    ($test:ident, $system:expr) => {
        #[test]
        fn $test() {
            $crate::body::the_main_job($system);
        }
    };
}

// Against real servers.
main_job!(a_real_asterisk_by_sip, |_| crate::sip::Exchange::start());
main_job!(a_real_kamailio_by_sip, |_| crate::sip::Registrar::start());
// Against the pretend company's phone system.
main_job!(csta, crate::doubles::csta);
main_job!(innovaphone, crate::doubles::innovaphone);
main_job!(procall, crate::doubles::procall);
main_job!(starface, crate::doubles::starface);
// Two that tell of no calls: a real softphone or the SIP account beside the one, the hook beside the other.
main_job!(freepbx_by_its_portal_with_a_softphone, crate::portal::Ucp::start);
main_job!(
    freepbx_by_its_portal_with_a_real_asterisk_by_sip,
    crate::portal::UcpAndSip::start
);
main_job!(own_commands_with_the_hook, |_| crate::commands::Commands::start());

macro_rules! over_ipv6 {
    ($test:ident, $system:expr) => {
        #[test]
        fn $test() {
            $crate::body::the_main_job_over_ipv6($system);
        }
    };
}

// One for each way in which a connection is made: own TCP, web requests, web sockets, datagrams.
over_ipv6!(asterisk_over_ipv6, crate::doubles::asterisk);
over_ipv6!(innovaphone_over_ipv6, crate::doubles::innovaphone);
over_ipv6!(sip_over_ipv6, crate::doubles::sip);
over_ipv6!(starface_over_ipv6, crate::doubles::starface);
