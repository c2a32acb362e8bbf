//! What the rules would want in an imagined situation (R22). Touches nothing.

use super::rules::{preferred_text, row_label, session_text};
use super::{field_text, shown_field, want_text};
use crate::appointment::{Answer, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use crate::clock::Now;
use crate::desired::{Desired, Want, desired};
use crate::facts::{CalendarLink, Facts, Link, PhoneFacts, Prepared};
use crate::fault::{Code, Fault, FaultKind};
use crate::ledger::{Ledger, Reason};
use crate::line::{CallId, CallState, LineEvent, SourceId};
use crate::phone::{Abilities, Field, FieldValue, PhonePresence};
use crate::rule_name;
use crate::rules::{Role, Rules};
use crate::table::{Cell, StateField, TeamsState};
use crate::teams::Presence;
use crate::text::{CalendarText, Language, Text};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use offhook_protocol::command::{Situation, Wished};
use offhook_protocol::pages::Choice;
use offhook_protocol::status::{Field as Shown, NotDoneReason};

/// Every field of the phone, then Teams. `phone`: the phone system in use, for what it can't do (R13).
///
/// # Errors
/// The time or the presence can't be understood.
pub fn preview(
    situation: &Situation,
    rules: &Rules,
    phone: Option<&PhoneFacts>,
    now: Now,
) -> Result<Vec<Wished>, Fault> {
    let wall = match &situation.at {
        Some(text) => moment(text, rules)?,
        None => now.wall,
    };
    let now = Now { wall, ..now };
    let facts = imagine(situation, rules, phone, now)?;
    let later = now.after(crate::facts::calls::DIALLING);
    let desired = desired(&facts, rules, &Ledger::default(), later);
    let view = View {
        rules,
        phone,
        facts: &facts,
        desired: &desired,
        idle: idle(situation, rules, wall),
    };
    let mut wishes: Vec<Wished> = Field::ALL.into_iter().map(|field| view.field(field)).collect();
    wishes.extend(view.teams());
    Ok(wishes)
}

/// Each state of the table with an availability that Graph reports beside it (`facts/graph.md`, section 1.4).
pub(super) fn imagined_teams(language: Language) -> Vec<Choice> {
    let choice = |state: TeamsState| Choice {
        value: format!("{}/{}", availability(state).word(), state.word()),
        label: row_label(Cell::State(state, StateField::Dnd), language),
        help: String::new(),
    };
    TeamsState::ALL.into_iter().map(choice).collect()
}

const fn availability(state: TeamsState) -> TeamsState {
    match state {
        TeamsState::Available
        | TeamsState::OutOfOffice
        | TeamsState::Inactive
        | TeamsState::AvailableInactive => TeamsState::Available,
        TeamsState::Busy | TeamsState::InACall | TeamsState::InAConferenceCall | TeamsState::InAMeeting => {
            TeamsState::Busy
        }
        TeamsState::DoNotDisturb
        | TeamsState::UrgentInterruptionsOnly
        | TeamsState::Presenting
        | TeamsState::Focusing => TeamsState::DoNotDisturb,
        TeamsState::Offline | TeamsState::OffWork => TeamsState::Offline,
        TeamsState::BeRightBack
        | TeamsState::Away
        | TeamsState::PresenceUnknown
        | TeamsState::AnythingElse => state,
    }
}

pub(super) fn imagined_presences(language: Language) -> Vec<Choice> {
    let choice = |presence: PhonePresence| Choice {
        value: presence.as_str().to_owned(),
        label: super::presence_text(presence).text(language).to_owned(),
        help: String::new(),
    };
    PhonePresence::ALL.into_iter().map(choice).collect()
}

/// A moment in the person's zone, or with an offset of its own.
fn moment(text: &str, rules: &Rules) -> Result<Timestamp, Fault> {
    let text = text.trim();
    let local = |text: &str| {
        let at: DateTime = text.parse().ok()?;
        Some(at.to_zoned(rules.zone.clone()).ok()?.timestamp())
    };
    text.parse()
        .ok()
        .or_else(|| local(text))
        .ok_or_else(|| Fault::new(FaultKind::Rejected, Code::EntryNotPossible).about("2026-11-23T20:15"))
}

/// Why nothing would be written at all.
fn idle(situation: &Situation, rules: &Rules, at: Timestamp) -> Option<Text> {
    if situation.paused {
        return Some(Text::PreviewPaused);
    }
    if rules.role == Role::Watch {
        return Some(Text::PreviewWatching);
    }
    let hours = rules.working_hours.as_ref()?;
    (!hours.at(at, &rules.zone).0).then_some(Text::PreviewOutsideHours)
}

struct View<'a> {
    rules: &'a Rules,
    phone: Option<&'a PhoneFacts>,
    facts: &'a Facts,
    desired: &'a Desired,
    idle: Option<Text>,
}

impl View<'_> {
    fn language(&self) -> Language {
        self.rules.language
    }

    fn field(&self, field: Field) -> Wished {
        let wished = self.wished(field);
        let Some(why) = self
            .desired
            .forward_missing
            .as_ref()
            .filter(|_| field == Field::Forward)
        else {
            return wished;
        };
        let language = self.language();
        let rule = rule_name::in_words(&why.rule, language);
        Wished {
            cause: Some(why.cause),
            rule: why.rule.clone(),
            sentence: CalendarText::ReasonForwardMissing.with(language, &[("rule", &rule)]),
            not_done: Some(NotDoneReason::Capability),
            ..wished
        }
    }

    fn wished(&self, field: Field) -> Wished {
        let language = self.language();
        let name = field_text(field).text(language);
        let Some(wish) = self.desired.of(field) else {
            return Wished {
                field: shown_field(field),
                wish: Text::ValueUnknown.text(language).to_owned(),
                cause: None,
                rule: String::new(),
                sentence: Text::PreviewUnknown.with(language, &[("field", name)]),
                not_done: None,
            };
        };
        let value = want_text(&wish.want, language);
        let rule = rule_name::in_words(&wish.why.rule, language);
        let values = [("field", name), ("value", &*value), ("rule", &*rule)];
        let text = match &wish.want {
            Want::Set(value) if self.facts.phone.value(field) == Some(value) => Text::PreviewMet,
            Want::Set(_) => Text::PreviewSet,
            Want::Leave => Text::PreviewLeave,
            Want::Unset => Text::PreviewUnset,
        };
        let mut sentence = text.with(language, &values);
        let not_done = self.not_done(field, &wish.want);
        if let Some((_, because)) = not_done {
            sentence = format!("{sentence} {}", because.text(language));
        }
        Wished {
            field: shown_field(field),
            wish: value,
            cause: Some(wish.why.cause),
            rule: wish.why.rule.clone(),
            sentence,
            not_done: not_done.map(|(reason, _)| reason),
        }
    }

    fn not_done(&self, field: Field, want: &Want) -> Option<(NotDoneReason, Text)> {
        if self.desired.echo_of_phone.contains(&field) {
            return Some((NotDoneReason::Echo, Text::PreviewEcho));
        }
        match want {
            Want::Set(_) => {}
            Want::Leave | Want::Unset => return None,
        }
        if let Some(idle) = self.idle {
            return Some((NotDoneReason::Paused, idle));
        }
        let link = self.phone?.link.as_ref().filter(|link| link.up)?;
        let can = link.abilities.of(field);
        (!(can.read && can.write)).then_some((NotDoneReason::Capability, Text::PreviewCannot))
    }

    fn teams(&self) -> Vec<Wished> {
        let language = self.language();
        let session = self.desired.session.as_ref().map(|wish| {
            let minutes = (wish.lifetime.as_secs() / 60).to_string();
            let words = session_text(wish.pair).text(language);
            self.told(
                Text::PreviewSession,
                &wish.pair.presence(),
                words,
                &minutes,
                &wish.why,
            )
        });
        let preferred = self.desired.preferred.as_ref().map(|wish| {
            let hours = (wish.lifetime.as_secs() / 60).to_string();
            let words = preferred_text(wish.pair).text(language);
            self.told(
                Text::PreviewPreferred,
                &wish.pair.presence(),
                words,
                &hours,
                &wish.why,
            )
        });
        let message = self.desired.message.as_ref().map(|wish| {
            let text = crate::view::quoted(&wish.message.text, language);
            let rule = rule_name::in_words(&wish.why.rule, language);
            let values = [("value", text.as_str()), ("rule", &rule)];
            self.told_so(
                CalendarText::PreviewMessage.with(language, &values),
                text.clone(),
                &wish.why,
            )
        });
        let told: Vec<Wished> = session.into_iter().chain(preferred).chain(message).collect();
        if !told.is_empty() {
            return told;
        }
        vec![Wished {
            field: Shown::Teams,
            wish: Text::ValueLeave.text(language).to_owned(),
            cause: None,
            rule: String::new(),
            sentence: Text::PreviewTeamsNothing.text(language).to_owned(),
            not_done: None,
        }]
    }

    fn told(&self, text: Text, pair: &Presence, words: &str, minutes: &str, why: &Reason) -> Wished {
        let language = self.language();
        let rule = rule_name::in_words(&why.rule, language);
        let values = [("value", words), ("minutes", minutes), ("rule", &rule)];
        self.told_so(text.with(language, &values), pair.to_string(), why)
    }

    fn told_so(&self, mut sentence: String, wish: String, why: &Reason) -> Wished {
        let language = self.language();
        if let Some(idle) = self.idle {
            sentence = format!("{sentence} {}", idle.text(language));
        }
        Wished {
            field: Shown::Teams,
            wish,
            cause: Some(why.cause),
            rule: why.rule.clone(),
            sentence,
            not_done: self.idle.map(|_| NotDoneReason::Paused),
        }
    }
}

fn imagine(
    situation: &Situation,
    rules: &Rules,
    phone: Option<&PhoneFacts>,
    now: Now,
) -> Result<Facts, Fault> {
    let mut facts = Facts::default();
    if situation.availability.is_some() || situation.activity.is_some() || situation.out_of_office {
        let availability = situation
            .availability
            .as_deref()
            .or(situation.activity.as_deref())
            .unwrap_or("Available");
        let activity = situation.activity.as_deref().unwrap_or(availability);
        let mut presence = Presence::new(availability, activity);
        presence.out_of_office = Some(situation.out_of_office);
        // As if it had been read often enough (R7).
        let _reading = facts.teams.on_read(presence, true, now);
    }
    let source = if situation.calls_on_phone {
        SourceId::phone()
    } else {
        SourceId::new("preview")
    };
    // More tell nothing more.
    for n in 0..situation.calls.min(2) {
        let state = if situation.conference {
            CallState::Conference
        } else {
            CallState::Connected
        };
        let id = CallId::new(n.to_string());
        facts.calls.handle(&source, LineEvent::Call { id, state }, now);
    }
    if let Some(on) = situation.phone_dnd {
        facts.phone.on_seen(FieldValue::Dnd(on), now);
    }
    if let Some(word) = situation.phone_presence.as_deref() {
        let words = || PhonePresence::ALL.map(PhonePresence::as_str).join(" | ");
        let presence = PhonePresence::parse(word)
            .ok_or_else(|| Fault::new(FaultKind::Rejected, Code::EntryNotPossible).about(words()))?;
        facts.phone.on_seen(FieldValue::Presence(Some(presence)), now);
    }
    if !situation.appointments.is_empty() {
        // Where a forward leads is the phone system's business.
        facts.phone.link = phone.and_then(|phone| phone.link.clone()).or(Some(Link {
            identity: None,
            abilities: Abilities::default(),
            up: true,
            since: now.wall,
            down_at: None,
            fault: None,
        }));
        facts.phone.prepared = phone.map_or(Prepared::Unknown, |phone| phone.prepared.clone());
        let numbered = situation.appointments.iter().enumerate();
        let appointments: Result<Vec<Appointment>, Fault> =
            numbered.map(|(n, text)| appointment(n, text, now)).collect();
        facts.calendar.configured(CalendarLink::Own, now);
        facts.calendar.on_read(Ok(appointments?), &rules.zone, now);
    }
    Ok(facts)
}

/// From `KIND` or `KIND:SUBJECT`, around now.
fn appointment(n: usize, text: &str, now: Now) -> Result<Appointment, Fault> {
    let (kind, subject) = text.split_once(':').unwrap_or((text, ""));
    let show_as = ShowAs::parse(kind.trim());
    if matches!(show_as, ShowAs::Unknown(_)) {
        let words = ShowAs::KNOWN.map(|kind| kind.name().to_owned()).join(" | ");
        return Err(Fault::new(FaultKind::Rejected, Code::EntryNotPossible).about(words));
    }
    let half = SignedDuration::from_mins(30);
    let shifted = |by: SignedDuration| now.wall.checked_add(by).unwrap_or(now.wall);
    Ok(Appointment {
        // The later one begins later.
        id: AppointmentId::new(format!("{n:06}")),
        subject: subject.to_owned(),
        show_as,
        sensitivity: Sensitivity::Normal,
        answer: Answer::None,
        cancelled: false,
        draft: false,
        span: Span::Timed {
            start: shifted(-half),
            end: shifted(half),
        },
    })
}
