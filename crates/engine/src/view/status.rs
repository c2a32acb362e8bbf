//! `status --json`, version 1.

use super::{rfc3339, shown_field};
use crate::clock::Now;
use crate::desired::Want;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::ledger::Stage;
use crate::line::{CallState, SourceId};
use crate::phone::{Field, FieldValue};
use crate::teams::SignIn;
use crate::text::Text;
use crate::trouble;
use jiff::Timestamp;
use offhook_protocol::command::LineReport;
use offhook_protocol::status::{
    self, Health, Light, NotDone, Owner, Phone, PhoneField, Seen, Session, Status, Teams, Why,
};

impl Engine {
    pub fn status(&self, now: Now) -> Status {
        let language = self.rules.language;
        let problems: Vec<_> = trouble::problems(self, now)
            .into_iter()
            .map(|trouble| crate::text::problem(trouble.code, trouble.detail.as_deref(), language))
            .collect();
        let not_done = self
            .not_done(now)
            .into_iter()
            .map(|(field, reason)| NotDone { field, reason })
            .collect();
        Status {
            v: 1,
            state: self.state(now),
            attention: !problems.is_empty(),
            problems,
            paused_until: self.paused(now).and_then(|(_, until)| until).map(rfc3339),
            why: self.whys(now),
            not_done,
            teams: Teams {
                seen: self.facts.teams.seen.as_ref().map(|seen| Seen {
                    availability: seen.presence.availability.to_string(),
                    activity: seen.presence.activity.to_string(),
                    at: rfc3339(seen.at),
                }),
                session: self.session.up().map(|up| {
                    let (availability, activity) = up.pair.words();
                    Session {
                        availability: availability.into(),
                        activity: activity.into(),
                        until: rfc3339(up.ends_wall),
                    }
                }),
            },
            phone: self.phone_status(),
            calls: self.call_list(),
            health: self.health(),
        }
    }

    /// The codes of what needs the person, the gravest first.
    pub fn problem_codes(&self, now: Now) -> Vec<&'static str> {
        let problems = trouble::problems(self, now);
        problems.iter().map(|problem| problem.code.name()).collect()
    }

    /// The call sources and what each reports now.
    pub fn lines(&self) -> Vec<LineReport> {
        let mut lights = self.health().lines;
        let report = |(id, _): (&SourceId, _)| {
            let light = lights.remove(id.as_str())?;
            Some(LineReport {
                source: id.to_string(),
                light,
                calls: self.calls_of(id),
            })
        };
        self.facts.calls.sources().filter_map(report).collect()
    }

    fn whys(&self, now: Now) -> Vec<Why> {
        let mut list = Vec::new();
        for field in Field::ALL {
            let Some(hold) = self.hold(field) else {
                continue;
            };
            list.push(Why {
                field: shown_field(field),
                value: json(&hold.wrote),
                cause: hold.why.cause,
                rule: hold.why.rule.clone(),
                since: rfc3339(hold.why.since),
                until: hold.why.until.map(rfc3339),
            });
        }
        // A wish that is met without us is still the reason for what is there.
        for field in Field::ALL {
            let Some(wish) = self.desired.of(field).filter(|_| self.released(now).is_none()) else {
                continue;
            };
            let Want::Set(value) = &wish.want else { continue };
            if self.hold(field).is_none() && self.facts.phone.value(field) == Some(value) {
                list.push(Why {
                    field: shown_field(field),
                    value: json(value),
                    cause: wish.why.cause,
                    rule: wish.why.rule.clone(),
                    since: rfc3339(wish.why.since),
                    until: wish.why.until.map(rfc3339),
                });
            }
        }
        if let (Some(up), Some(wish)) = (self.session.up(), &self.desired.session) {
            list.push(Why {
                field: status::Field::Teams,
                value: up.pair.presence().to_string().into(),
                cause: wish.why.cause,
                rule: wish.why.rule.clone(),
                since: rfc3339(wish.why.since),
                until: None,
            });
        }
        list
    }

    fn phone_status(&self) -> Phone {
        let up = self.facts.phone.is_up();
        let unconfirmed = self.facts.phone.abilities().unconfirmed;
        // Of what nothing tells, only what we have set is known.
        let is_told = |field: Field| up && (!unconfirmed.has(field) || self.hold(field).is_some());
        let value = |field: Field| self.facts.phone.value(field).filter(|_| is_told(field));
        let owner = |field: Field, set: bool| -> Option<Owner> {
            value(field)?;
            match self.hold(field) {
                Some(hold) if hold.stage == Stage::Intent && hold.earlier.is_none() => Some(Owner::Unknown),
                Some(_) => Some(Owner::Offhook),
                // It may be the person or the other program.
                None if set && self.is_contested(field) => Some(Owner::Unknown),
                None => set.then_some(Owner::Person),
            }
        };
        let dnd = value(Field::Dnd).and_then(|v| match v {
            FieldValue::Dnd(on) => Some(*on),
            FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_) => None,
        });
        let text = |field: Field| {
            value(field).and_then(|v| match v {
                FieldValue::Forward(target) => target.clone(),
                FieldValue::Presence(presence) => presence.map(|p| p.as_str().to_owned()),
                FieldValue::Note(note) => (!note.is_empty()).then(|| note.clone()),
                FieldValue::Dnd(_) => None,
            })
        };
        let field = |field: Field| {
            let value = text(field);
            PhoneField {
                owner: owner(field, value.is_some()),
                value,
            }
        };
        // A key on the phone itself rings no less silent than the phone system's.
        let pressed = dnd != Some(true) && self.facts.calls.dnd_by_hand().is_some();
        Phone {
            dnd: PhoneField {
                value: if pressed { Some(true) } else { dnd },
                owner: if pressed {
                    Some(Owner::Person)
                } else {
                    owner(Field::Dnd, dnd == Some(true))
                },
            },
            forward: field(Field::Forward),
            presence: field(Field::Presence),
            note: field(Field::Note),
        }
    }

    pub(crate) fn call_list(&self) -> Vec<status::Call> {
        self.facts
            .calls
            .sources()
            .flat_map(|(id, _)| self.calls_of(id))
            .collect()
    }

    pub(crate) fn calls_of(&self, id: &SourceId) -> Vec<status::Call> {
        let Some((_, source)) = self.facts.calls.sources().find(|(other, _)| *other == id) else {
            return Vec::new();
        };
        source
            .calls
            .iter()
            .map(|(call_id, call)| status::Call {
                source: id.to_string(),
                id: call_id.as_str().to_owned(),
                state: shown_call(call.state),
                since: rfc3339(call.since),
            })
            .collect()
    }

    pub(crate) fn health(&self) -> Health {
        let language = self.rules.language;
        let facts = &self.facts;
        let ok = |text: Text| text.text(language).to_owned();
        let light = |fault: Option<&Fault>, since: Timestamp, fine: Text| Light {
            ok: fault.is_none(),
            since: rfc3339(since),
            text: fault.map_or_else(|| ok(fine), |fault| fault.problem(language).to_string()),
        };
        let microsoft = match &facts.sign_in {
            SignIn::SignedOut | SignIn::Browser { .. } | SignIn::DeviceCode { .. } => None,
            SignIn::Waiting(fault) | SignIn::Expired { fault, .. } => facts
                .microsoft
                .since
                .map(|since| light(Some(fault), since, Text::LightOk)),
            SignIn::SignedIn(_) => facts.microsoft.since.map(|since| {
                let mut light = light(facts.microsoft.fault.as_ref(), since, Text::LightOk);
                if let Some(sentence) = self.seldom().filter(|_| light.ok) {
                    light.text = sentence;
                }
                light
            }),
        };
        let phone = facts
            .phone
            .link
            .as_ref()
            .map(|link| match (&link.fault, link.up) {
                (None, false) => Light {
                    ok: false,
                    since: rfc3339(link.since),
                    text: ok(Text::LightTrying),
                },
                (fault, _) => light(fault.as_ref(), link.since, Text::LightOk),
            });
        let lines = facts
            .calls
            .sources()
            .map(|(id, source)| {
                let mut light = light(source.fault.as_ref(), source.since, Text::LightListening);
                light.ok = source.up;
                (id.to_string(), light)
            })
            .collect();
        Health {
            microsoft,
            phone,
            calendar: self.calendar_light(),
            lines,
        }
    }

    /// Why Teams is read seldom, where refusals have driven the reads well apart (R6).
    fn seldom(&self) -> Option<String> {
        let percent = self.ledger.reads_apart.filter(|percent| *percent >= SELDOM)?;
        let seconds = (percent / 10).to_string();
        Some(Text::LightSeldom.with(self.rules.language, &[("seconds", &seconds)]))
    }
}

/// In percent of the usual span: from 15 s on.
const SELDOM: u32 = 150;

pub(crate) const fn shown_call(state: CallState) -> status::CallState {
    match state {
        CallState::Dialling => status::CallState::Dialling,
        CallState::Ringing => status::CallState::Ringing,
        CallState::Connected => status::CallState::Connected,
        CallState::Held => status::CallState::Held,
        CallState::Conference => status::CallState::Conference,
    }
}

fn json(value: &FieldValue) -> serde_json::Value {
    match value {
        FieldValue::Dnd(on) => (*on).into(),
        FieldValue::Forward(target) => target.clone().into(),
        FieldValue::Presence(presence) => presence.map(|p| p.as_str().to_owned()).into(),
        FieldValue::Note(note) => note.clone().into(),
    }
}
