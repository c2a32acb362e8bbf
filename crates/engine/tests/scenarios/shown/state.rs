//! What is done and why, on the page "Now", in the tray and for programs.

use super::*;

#[test]
fn r22_shown_of_every_field_on_its_way() {
    let mut shown = Shown::default();
    let rules = all_fields();
    let mut w = World::with(rules.clone());
    w.after(30.0);
    shown.state("at rest", &w);
    w.disk_silent = true;
    w.teams("Busy", "Busy");
    w.after(3.0);
    shown.state("intended", &w);
    w.disk_answers();
    w.after(20.0);
    shown.state("written", &w);
    w.disk_silent = true;
    w.teams("Away", "Away");
    w.after(3.0);
    shown.state("changing", &w);
    w.disk_answers();
    w.after(30.0);
    w.phone.mute = true;
    w.teams("Available", "Available");
    w.after(3.0);
    shown.state("releasing", &w);

    let mut w = World::with(rules.clone());
    w.phone.writes_fail = Some(throttled(Some(100.0)));
    w.teams("Busy", "Busy");
    w.after(60.0);
    shown.state("failing", &w);
    w.phone_down();
    shown.state("away", &w);

    let mut w = World::with(rules);
    w.by_hand(FieldValue::Note("Later".into()));
    w.by_hand(FieldValue::Forward(Some("100".into())));
    w.teams("Busy", "Busy");
    w.after(30.0);
    w.dnd_by_hand(false);
    w.after(3.0);
    shown.state("by hand", &w);
    w.input(Input::PutBack);
    w.after(5.0);
    shown.state("put back", &w);
    for (availability, activity) in [
        ("DoNotDisturb", "Presenting"),
        ("Busy", "InAMeeting"),
        ("Busy", "InACall"),
        ("Busy", "InAConferenceCall"),
    ] {
        let mut w = World::with(all_fields());
        w.teams(availability, activity);
        w.after(30.0);
        shown.state(activity, &w);
        w.input(Input::Line(
            offhook_engine::line::SourceId::phone(),
            LineEvent::Call {
                id: offhook_engine::line::CallId::new("1"),
                state: CallState::Connected,
            },
        ));
        w.after(30.0);
        shown.state("and a call", &w);
    }
    let mut w = contested(2);
    w.by_hand(FieldValue::Note("Mine".into()));
    w.dnd_by_hand(true);
    w.teams("Available", "Available");
    w.after(5.0);
    shown.state("contested", &w);

    let mut w = World::cold(all_fields(), Ledger::default());
    w.phone.abilities.unconfirmed.dnd = true;
    w.begin();
    w.after(30.0);
    shown.state("unconfirmed", &w);
    w.teams("Busy", "Busy");
    w.after(30.0);
    shown.state("unconfirmed, on", &w);
    shown.is("fields.txt");
}

#[test]
fn r22_shown_while_nothing_is_done() {
    let mut shown = Shown::default();
    let hours = |from: i8, to: i8| WorkingHours {
        days: vec![Weekday::Tuesday],
        from: Time::constant(from, 0, 0, 0),
        to: Time::constant(to, 0, 0, 0),
    };
    let rules = all_fields();
    let begun = || {
        let mut w = World::with(rules.clone());
        w.teams("Busy", "Busy");
        w.answer("1");
        w.after(30.0);
        w
    };
    let mut w = begun();
    w.pause(Pause::Minutes(15));
    w.after(5.0);
    shown.state("for a while", &w);
    w.pause(Pause::UntilResumed);
    w.after(5.0);
    shown.state("until resumed", &w);
    let mut w = begun();
    w.set_rules(|rules| rules.working_hours = Some(hours(7, 8)));
    w.after(5.0);
    shown.state("outside hours", &w);
    let mut w = begun();
    w.watch_only();
    w.after(5.0);
    shown.state("watching", &w);
    let mut w = begun();
    w.phone.mute = true;
    w.input(Input::Quit);
    shown.state("leaving", &w);
    shown.is("released.txt");
}

#[test]
fn r5_shown_of_what_teams_is_told() {
    let mut shown = Shown::default();
    let innovaphone = rules("innovaphone");
    let mut w = World::with(innovaphone.clone());
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.after(30.0);
    shown.state("preferred", &w);
    let disk = w.disk.clone();
    w.graph.writes_fail = Some(unreachable());
    w.presence_by_hand(None);
    w.after(5.0);
    shown.state("ending", &w);
    w.presence_by_hand(Some(PhonePresence::Dnd));
    w.after(2.0);
    shown.state("another is coming", &w);

    let mut w = World::cold(innovaphone.clone(), disk);
    w.phone.up = false;
    w.input(Input::PhoneConfigured(true));
    w.input(Input::SignIn(w.sign_in.clone()));
    w.after(5.0);
    shown.state("kept", &w);
    w.pause(Pause::UntilResumed);
    shown.state("kept, then paused", &w);

    let mut w = World::with(innovaphone.clone());
    w.graph.writes_fail = Some(fault(FaultKind::Rejected));
    w.presence_by_hand(Some(PhonePresence::Busy));
    w.answer("1");
    w.after(30.0);
    shown.state("refused", &w);

    let mut w = World::cold(innovaphone.clone(), Ledger::default());
    let mut person = account("oid.tid");
    person.rights = vec![Right::PresenceRead];
    w.sign_in = SignIn::SignedIn(person);
    w.begin();
    w.answer("1");
    w.after(30.0);
    shown.state("no right", &w);
    w.input(Input::SignIn(SignIn::Waiting(fault(FaultKind::Unreachable))));
    w.after(5.0);
    shown.state("waiting", &w);

    let mut w = World::with(innovaphone);
    w.answer("1");
    w.after(30.0);
    w.hang_up("1");
    w.after(0.5);
    shown.state("hung up", &w);
    let mut w = World::cold(rules("recommended"), Ledger::default());
    shown.state("starting", &w);
    w.input(Input::SignIn(SignIn::Waiting(fault(FaultKind::Unreachable))));
    shown.state("waiting", &w);
    let mut person = account("oid.tid");
    person.rights = Vec::new();
    w.input(Input::SignIn(SignIn::SignedIn(person)));
    shown.state("no rights", &w);
    w.graph.silent = true;
    w.input(Input::SignIn(SignIn::SignedIn(account("oid.tid"))));
    shown.state("signed in", &w);
    w.input(Input::TeamsRead(Err(unreachable())));
    shown.state("unreachable", &w);
    shown.is("told.txt");
}
