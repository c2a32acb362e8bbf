//! Every row of every mapping table of the documents the product was asked for, one test per row. The calendar's
//! document has a file of its own; the STARFACE Teams integration's has no mapping of states.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use crate::common::World;
use offhook_engine::line::CallState;
use offhook_engine::phone::PhonePresence;
use offhook_engine::profile::Profile;
use offhook_engine::teams::{PreferredPair, SessionPair};
use offhook_engine::text::Language;
use offhook_protocol::pages::Colour;

/// What Teams says, and what the phone then shows: do not disturb and presence, each as it was before when the
/// document leaves it alone.
fn teams_to_phone(profile: &str, teams: (&str, &str), dnd: bool, presence: Option<PhonePresence>) {
    let mut w = World::new(profile);
    w.teams(teams.0, teams.1);
    w.after(5.0);
    assert_eq!((w.dnd(), w.presence()), (dnd, presence), "{profile}: {teams:?}");
    assert_eq!(w.sets(), 0, "nothing comes back to Teams");
    w.teams("Available", "Available");
    w.after(5.0);
    assert_eq!(
        (w.dnd(), w.presence()),
        (false, None),
        "and it ends with Available"
    );
}

fn leaves_alone(profile: &str, teams: (&str, &str)) {
    for before in [false, true] {
        let mut w = World::new(profile);
        w.dnd_by_hand(before);
        w.log.clear();
        w.teams(teams.0, teams.1);
        w.after(120.0);
        assert_eq!(w.writes(), [], "{profile}: {teams:?}");
    }
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident => $body:expr;)*) => {
        $($(#[$doc])* #[test] fn $name() { $body })*
    };
}

// STARFACE 9, "Aktuelle Festlegungen zwischen Microsoft und STARFACE"

rows! {
    /// "Verfügbar <-> Verfügbar"
    starface_9_available_ends_what_we_set_and_never_what_the_person_set => {
        leaves_alone("starface-9", ("Available", "Available"));
    };
    /// "BUSY (Beschäftigt) / Phone > DND (Do not disturb)"
    starface_9_busy_phone_sets_dnd => teams_to_phone("starface-9", ("Busy", "InACall"), true, None);
    /// "BUSY (Beschäftigt) / Phone > DND": a conference is a call on the phone, too.
    starface_9_busy_conference_sets_dnd => teams_to_phone("starface-9", ("Busy", "InAConferenceCall"), true, None);
    /// "BUSY (Beschäftigt) / Meeting > DND (Do not disturb)"
    starface_9_busy_meeting_sets_dnd => teams_to_phone("starface-9", ("Busy", "InAMeeting"), true, None);
    /// "BUSY (Beschäftigt) / BUSY > DND (Do not disturb)"
    starface_9_busy_busy_sets_dnd => teams_to_phone("starface-9", ("Busy", "Busy"), true, None);
    /// "BUSY (Beschäftigt) / PHONE < DND (Do not disturb)"
    starface_9_dnd_on_the_phone_sets_busy_phone => {
        let mut w = World::new("starface-9");
        w.dnd_by_hand(true);
        assert_eq!(w.session(), Some(SessionPair::BusyInACall));
    };
    /// "Verfügbar <-> Verfügbar", from the phone: the session is cleared, Available is never set.
    starface_9_dnd_off_on_the_phone_makes_available => {
        let mut w = World::new("starface-9");
        w.dnd_by_hand(true);
        w.after(10.0);
        w.dnd_by_hand(false);
        w.after(3.0);
        assert_eq!((w.session(), w.clears()), (None, 1));
    };
    /// The table has no row for DoNotDisturb, and the choice says so.
    starface_9_do_not_disturb_has_no_row => {
        leaves_alone("starface-9", ("DoNotDisturb", "DoNotDisturb"));
        let choices = offhook_engine::view::rules::choices(Language::De);
        assert!(choices[1].help.contains("eigenes „Nicht stören“"), "{}", choices[1].help);
    };
    /// Nor one for Away.
    starface_9_away_has_no_row => leaves_alone("starface-9", ("Away", "Away"));
}

// innovaphone, "Mapping Table"

rows! {
    /// "Away / away"
    innovaphone_away_sets_away =>
        teams_to_phone("innovaphone", ("Away", "Away"), false, Some(PhonePresence::Away));
    /// "BeRightBack / away"
    innovaphone_be_right_back_sets_away =>
        teams_to_phone("innovaphone", ("BeRightBack", "BeRightBack"), false, Some(PhonePresence::Away));
    /// "Busy / busy"
    innovaphone_busy_sets_busy =>
        teams_to_phone("innovaphone", ("Busy", "Busy"), false, Some(PhonePresence::Busy));
    /// "DoNotDisturb / dnd"
    innovaphone_do_not_disturb_sets_dnd =>
        teams_to_phone("innovaphone", ("DoNotDisturb", "DoNotDisturb"), false, Some(PhonePresence::Dnd));
    /// "InACall / on-the-phone"
    innovaphone_in_a_call_sets_on_the_phone =>
        teams_to_phone("innovaphone", ("Busy", "InACall"), false, Some(PhonePresence::OnThePhone));
    /// "InAMeeting / meeting"
    innovaphone_in_a_meeting_sets_meeting =>
        teams_to_phone("innovaphone", ("Busy", "InAMeeting"), false, Some(PhonePresence::Meeting));
    /// "Inactive / online"
    innovaphone_inactive_unsets => unsets(("Available", "Inactive"));
    /// "PresenceUnknown / online"
    innovaphone_presence_unknown_unsets => unsets(("PresenceUnknown", "PresenceUnknown"));
    /// "Available / online"
    innovaphone_available_unsets => unsets(("Available", "Available"));
    /// "Offline / online"
    innovaphone_offline_unsets => unsets(("Offline", "Offline"));
    /// "Offwork / online"
    innovaphone_off_work_unsets => unsets(("Offline", "OffWork"));
    /// "OutOfOffice / away"
    innovaphone_out_of_office_sets_away =>
        teams_to_phone("innovaphone", ("Away", "OutOfOffice"), false, Some(PhonePresence::Away));
    /// "UrgentInterruptionsOnly / dnd"
    innovaphone_urgent_interruptions_only_sets_dnd => teams_to_phone(
        "innovaphone", ("DoNotDisturb", "UrgentInterruptionsOnly"), false, Some(PhonePresence::Dnd));
    /// "Presenting / on-the-phone"
    innovaphone_presenting_sets_on_the_phone =>
        teams_to_phone("innovaphone", ("DoNotDisturb", "Presenting"), false, Some(PhonePresence::OnThePhone));
    /// "InAConferenceCall / on-the-phone"
    innovaphone_in_a_conference_call_sets_on_the_phone =>
        teams_to_phone("innovaphone", ("Busy", "InAConferenceCall"), false, Some(PhonePresence::OnThePhone));
    /// "The app synchronises the PBX presence with Teams": on-the-phone is renewed, so it is a session.
    innovaphone_on_the_phone_becomes_a_session => {
        let mut w = World::new("innovaphone");
        w.presence_by_hand(Some(PhonePresence::OnThePhone));
        assert_eq!(w.session(), Some(SessionPair::BusyInACall));
        w.after(600.0);
        assert!(w.sets() >= 4, "\"will be renewed every 5 minutes\"");
    };
    /// "The other presences have a lifetime of 1 day"
    innovaphone_busy_on_the_phone_lasts_a_day => prefers(PhonePresence::Busy, PreferredPair::Busy, 1);
    innovaphone_meeting_on_the_phone_lasts_a_day => prefers(PhonePresence::Meeting, PreferredPair::Busy, 1);
    innovaphone_dnd_on_the_phone_lasts_a_day => prefers(PhonePresence::Dnd, PreferredPair::DoNotDisturb, 1);
    /// "but the away has a lifetime of 7 days"
    innovaphone_away_on_the_phone_lasts_seven_days => prefers(PhonePresence::Away, PreferredPair::Away, 7);
}

/// "The value "online" unsets the Teams presence in the PBX."
fn unsets(teams: (&str, &str)) {
    let mut w = World::new("innovaphone");
    w.teams("Busy", "InAMeeting");
    assert_eq!(w.presence(), Some(PhonePresence::Meeting));
    w.teams(teams.0, teams.1);
    w.after(2.0);
    assert_eq!(w.presence(), None, "{teams:?}");
    // Never one that the person set.
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(PhonePresence::Meeting));
    w.teams(teams.0, teams.1);
    w.after(5.0);
    assert_eq!(w.presence(), Some(PhonePresence::Meeting), "{teams:?}");
}

fn prefers(presence: PhonePresence, pair: PreferredPair, days: i64) {
    let mut w = World::new("innovaphone");
    w.presence_by_hand(Some(presence));
    assert_eq!(w.graph.preferred, Some(pair));
    let until = w.disk.preferred.as_ref().unwrap().until;
    assert_eq!(until.duration_since(w.now.wall).as_hours(), days * 24);
}

// ProCall, "Microsoft Teams → ProCall Enterprise"

/// The row's icon colour and tooltip words, German as in the document.
fn shows(teams: (&str, &str), colour: Colour, words: &str) {
    let mut w = World::new("procall");
    w.set_rules(|rules| rules.language = Language::De);
    w.teams(teams.0, teams.1);
    let pages = w
        .engine
        .pages(&offhook_engine::view::pages::Desk::default(), w.now);
    let line = pages.now.teams.unwrap();
    assert_eq!(
        (line.colour, line.text.to_lowercase()),
        (colour, format!("teams meldet: {}", words.to_lowercase()))
    );
}

rows! {
    /// "Verfügbar: keine Präsenzänderung; Icon neutral mit Tooltip Anwesend"
    procall_available_changes_nothing_neutral_anwesend => {
        leaves_alone("procall", ("Available", "Available"));
        shows(("Available", "Available"), Colour::Neutral, "Anwesend");
    };
    /// "Beschäftigt: keine Präsenzänderung; Icon rot mit Tooltip Beschäftigt"
    procall_busy_changes_nothing_red_beschaeftigt => {
        leaves_alone("procall", ("Busy", "Busy"));
        shows(("Busy", "Busy"), Colour::Red, "Beschäftigt");
    };
    /// "Nicht stören: Präsenz nicht stören; Icon rot mit Tooltip Nicht stören"
    procall_do_not_disturb_sets_it_red_nicht_stoeren => {
        teams_to_phone("procall", ("DoNotDisturb", "DoNotDisturb"), true, Some(PhonePresence::Dnd));
        shows(("DoNotDisturb", "DoNotDisturb"), Colour::Red, "Nicht stören");
    };
    /// "Bin gleich zurück: keine Präsenzänderung; Icon gelb mit Tooltip Abwesend"
    procall_be_right_back_changes_nothing_yellow_abwesend => {
        leaves_alone("procall", ("BeRightBack", "BeRightBack"));
        shows(("BeRightBack", "BeRightBack"), Colour::Yellow, "Abwesend");
    };
    /// "Als abwesend anzeigen: keine Präsenzänderung; Icon gelb mit Tooltip Abwesend"
    procall_away_changes_nothing_yellow_abwesend => {
        leaves_alone("procall", ("Away", "Away"));
        shows(("Away", "Away"), Colour::Yellow, "Abwesend");
    };
    /// "Als offline anzeigen: keine Präsenzänderung; Icon neutral mit Tooltip offline/nicht bekannt"
    procall_offline_changes_nothing_neutral_offline_nicht_bekannt => {
        leaves_alone("procall", ("Offline", "OffWork"));
        shows(("Offline", "OffWork"), Colour::Neutral, "offline/nicht bekannt");
    };
    /// "In einer Besprechung (Busy, InACall): Beschäftigt, im Gespräch; Icon rot mit Tooltip im Gespräch"
    procall_meeting_joined_sets_on_the_phone_red_im_gespraech => {
        teams_to_phone("procall", ("Busy", "InACall"), false, Some(PhonePresence::OnThePhone));
        shows(("Busy", "InACall"), Colour::Red, "im Gespräch");
    };
    /// "Bildschirmfreigabe (DoNotDisturb, Presenting): Nicht stören; Icon rot mit Tooltip Nicht stören"
    procall_presenting_sets_do_not_disturb_red_nicht_stoeren => {
        teams_to_phone("procall", ("DoNotDisturb", "Presenting"), true, Some(PhonePresence::Dnd));
        shows(("DoNotDisturb", "Presenting"), Colour::Red, "Nicht stören");
    };
    /// "Termin (beschäftigt): keine direkte Auswirkung; Icon rot mit Tooltip Beschäftigt"
    procall_appointment_busy_changes_nothing_red_beschaeftigt => {
        leaves_alone("procall", ("Busy", "Busy"));
        shows(("Busy", "Busy"), Colour::Red, "Beschäftigt");
    };
    /// "Termin (Besprechung; Busy, InAMeeting): keine direkte Auswirkung; Icon rot mit Tooltip Besprechung"
    procall_appointment_meeting_changes_nothing_red_besprechung => {
        leaves_alone("procall", ("Busy", "InAMeeting"));
        shows(("Busy", "InAMeeting"), Colour::Red, "Besprechung");
    };
    /// "1:1 Anruf oder Videochat (Busy, InACall): Beschäftigt, im Gespräch; Icon rot mit Tooltip im Gespräch"
    procall_call_or_video_chat_sets_on_the_phone_red_im_gespraech => {
        teams_to_phone("procall", ("Busy", "InACall"), false, Some(PhonePresence::OnThePhone));
        shows(("Busy", "InACall"), Colour::Red, "im Gespräch");
    };
}

// ProCall, "ProCall Enterprise → Microsoft Teams"

rows! {
    /// "manueller Wechsel: anwesend, beschäftigt, abwesend, nicht stören: -"
    procall_manual_changes_send_nothing => {
        use PhonePresence as P;
        let mut w = World::new("procall");
        for presence in [P::Available, P::Busy, P::Away, P::Dnd] {
            w.presence_by_hand(Some(presence));
            w.after(5.0);
        }
        w.dnd_by_hand(true);
        w.after(60.0);
        assert_eq!(w.changes(), []);
    };
    /// "Präsenzwechsel durch Echtzeitkommunikation (TAPI, Softphone, Audio-/VideoChat): Busy, InACall"
    procall_a_call_sets_busy_in_a_call => {
        let mut w = World::new("procall");
        w.answer("1");
        assert_eq!(w.session(), Some(SessionPair::BusyInACall));
    };
    /// "Präsenzwechsel durch Echtzeitkommunikation (ProCall Meetings): Busy, InAConferenceCall"
    procall_a_meeting_sets_busy_in_a_conference_call => {
        let mut w = World::new("procall");
        w.call_on("phone", "1", CallState::Conference);
        assert_eq!(w.session(), Some(SessionPair::BusyInAConferenceCall));
    };
    /// "Der UCServer wird … immer die minimale Dauer von 5 Minuten … erneuern": five minutes at most too long.
    procall_sessions_last_five_minutes_and_are_renewed => {
        let mut w = World::new("procall");
        w.answer("1");
        w.after(1000.0);
        assert_eq!(w.session(), Some(SessionPair::BusyInACall));
        assert!(w.sets() >= 6);
    };
    /// "Präsenzwechsel durch Termin: -"
    procall_appointments_send_nothing => {
        let mut w = World::new("procall");
        w.calendar(vec![crate::common::appointment("busy", "Termin", "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        // As Teams itself shows an appointment of the Outlook calendar.
        w.teams("Busy", "InAMeeting");
        w.after(60.0);
        assert!(w.dnd(), "the appointment counts");
        assert_eq!((w.session(), w.sets()), (None, 0));
    };
    /// "Präsenzwechsel durch Termin (nicht Microsoft 365, z. B. Google Kalender): -"
    procall_appointments_of_another_calendar_send_nothing => {
        let mut w = World::new("procall");
        w.calendar(vec![crate::common::appointment("busy", "Termin", "10:00", "11:00")]);
        w.until("2026-03-10T10:30:00Z");
        assert!(w.dnd(), "the appointment counts");
        assert_eq!((w.session(), w.sets()), (None, 0));
    };
    /// "bei jeder manuell in Teams gesetzten Präsenz … nicht mehr überschrieben werden kann"
    procall_a_presence_picked_by_hand_in_teams_is_not_fought => {
        let mut w = World::new("procall");
        w.teams("Away", "Away");
        w.graph.by_hand = true;
        w.answer("1");
        w.after(300.0);
        assert!(w.sets() <= 3 && w.graph.preferred.is_none());
    };
}

// The design's own profile

rows! {
    recommended_sets_do_not_disturb_for_six_states => {
        for (availability, activity) in [
            ("DoNotDisturb", "DoNotDisturb"),
            ("DoNotDisturb", "UrgentInterruptionsOnly"),
            ("DoNotDisturb", "Presenting"),
            ("DoNotDisturb", "Focusing"),
            ("Busy", "InACall"),
            ("Busy", "InAConferenceCall"),
        ] {
            teams_to_phone("recommended", (availability, activity), true, None);
        }
    };
    recommended_leaves_the_others_alone => {
        for (availability, activity) in [
            ("Busy", "Busy"),
            ("Busy", "InAMeeting"),
            ("Away", "Away"),
            ("BeRightBack", "BeRightBack"),
            ("Available", "Available"),
            ("Available", "Inactive"),
            ("Available", "AvailableInactive"),
            ("Offline", "Offline"),
            ("Away", "OutOfOffice"),
        ] {
            leaves_alone("recommended", (availability, activity));
        }
    };
    no_profile_forwards => {
        for name in offhook_engine::profile::NAMES {
            let profile = Profile::named(name).unwrap();
            let leaves = |row: &offhook_engine::profile::Row| row.forward == offhook_engine::profile::ForwardRule::Leave;
            assert!(profile.rows.iter().all(leaves), "{name}");
        }
    };
}
