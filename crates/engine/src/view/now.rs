//! The page "Now": one large state, and everything behind it.

use super::pages::Desk;
use super::tray::state_text;
use super::why::is_set;
use super::{clock_time, field_text, value_text};
use crate::clock::Now;
use crate::desired::Want;
use crate::engine::Engine;
use crate::facts::Past;
use crate::ledger::Stage;
use crate::line::SourceId;
use crate::phone::{Field, FieldValue};
use crate::teams::SessionPair;
use crate::text::settings::call_text;
use crate::text::{CalendarText, Says, Text};
use crate::trouble;
use offhook_protocol::pages::{CallLine, FieldLine, NamedLight, NowPage, PutBack, Question, TeamsLine};
use offhook_protocol::status::{Cause, Light, Owner};

impl Engine {
    pub(super) fn now_page(&self, desk: &Desk, now: Now) -> NowPage {
        let language = self.rules.language;
        let state = self.state(now);
        let attention = trouble::problems(self, now)
            .into_iter()
            .next()
            .map(|t| crate::text::problem(t.code, t.detail.as_deref(), language))
            .or_else(|| desk.settings.first().cloned());
        NowPage {
            state,
            waiting: self.waits(now).is_some(),
            title: self
                .waits(now)
                .unwrap_or_else(|| state_text(state))
                .text(language)
                .to_owned(),
            why: self.why_state(now),
            attention,
            paused: self.paused(now).map(|(_, until)| match until {
                Some(until) => clock_time(until, now.wall, &self.rules),
                None => String::new(),
            }),
            question: self.question(),
            put_back: self.put_back_offer(),
            can_set_again: self.can_set_again(),
            fields: self.field_lines(now),
            reasons: self.not_done_sentences(now),
            teams: self.teams_says().map(|(says, colour)| TeamsLine {
                text: Text::MenuTeamsSays.with(language, &[("says", &says)]),
                colour,
                ours: self.ours_in_teams(now),
            }),
            calls: self.call_lines(now),
            lights: self.named_lights(now),
        }
    }

    fn call_lines(&self, now: Now) -> Vec<CallLine> {
        let language = self.rules.language;
        let calls = self
            .facts
            .calls
            .sources()
            .flat_map(|(id, source)| source.calls.values().map(move |c| (id, c)));
        calls
            .map(|(id, call)| {
                let word = call_text(call.state);
                let since = clock_time(call.since, now.wall, &self.rules);
                CallLine {
                    source: id.to_string(),
                    state: super::status::shown_call(call.state),
                    text: format!("{} · {since}", word.text(language)),
                }
            })
            .collect()
    }

    pub(super) fn named_lights(&self, now: Now) -> Vec<NamedLight> {
        let language = self.rules.language;
        let health = self.health();
        let named = |name: &str, light: Light, past: &Past| NamedLight {
            name: name.to_owned(),
            last: self.last_of(past, light.ok, now),
            light,
        };
        let microsoft = health.microsoft.map(|light| {
            named(
                Text::LightMicrosoft.text(language),
                light,
                &self.facts.microsoft.past,
            )
        });
        let phone = health
            .phone
            .map(|light| named(Text::LightPhone.text(language), light, &self.facts.phone.past));
        let calendar = health.calendar.map(|light| {
            let past = &self.facts.calendar.health.past;
            named(CalendarText::LightName.text(language), light, past)
        });
        // The phone system's calls share its light.
        let sources = self
            .facts
            .calls
            .sources()
            .filter(|(id, _)| **id != SourceId::phone());
        let lines = sources.filter_map(|(id, source)| {
            let light = health.lines.get(id.as_str())?.clone();
            Some(match id.as_str() {
                "hook" => named(Text::LightHook.text(language), light, &source.past),
                name => named(name, light, &source.past),
            })
        });
        let services = microsoft.into_iter().chain(phone).chain(calendar);
        services.chain(lines).collect()
    }

    fn last_of(&self, past: &Past, ok: bool, now: Now) -> Option<String> {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules);
        if ok {
            let (at, fault) = past.failed.as_ref()?;
            let sentence = fault.problem(language).sentence;
            Some(Text::LastFailed.with(language, &[("time", &time(*at)), ("what", &sentence)]))
        } else {
            let at = past.worked?;
            Some(Text::LastWorked.with(language, &[("time", &time(at))]))
        }
    }

    /// Both accounts by name, until the person has said that they belong together.
    fn question(&self) -> Option<Question> {
        let (account, phone) = self.facts.differing_accounts()?;
        let pair = Some((account.key.clone(), phone.key.clone()));
        (self.ledger.one_person != pair).then(|| Question {
            microsoft: format!("{} ({})", account.name, account.address),
            phone: phone.names.join(", "),
        })
    }

    /// Our session, in the words that Teams has for it; and a preferred presence of ours.
    fn ours_in_teams(&self, now: Now) -> Vec<String> {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules);
        let session = self
            .session
            .up()
            .zip(self.desired.session.as_ref())
            .map(|(up, wish)| {
                let says = match up.pair {
                    SessionPair::Available => Says::Available,
                    SessionPair::Away => Says::Away,
                    SessionPair::DoNotDisturbPresenting => Says::Presenting,
                    SessionPair::BusyInACall => Says::InACall,
                    SessionPair::BusyInAConferenceCall => Says::InAConference,
                };
                let (since, until) = (time(wish.why.since), time(up.ends_wall));
                let values = [
                    ("says", says.text(language)),
                    ("since", &since),
                    ("until", &until),
                ];
                Text::TeamsOurs.with(language, &values)
            });
        let preferred = self.preferred_sentence(now);
        let told = session.into_iter().chain(preferred);
        told.chain(self.message_sentence(now)).collect()
    }

    pub(super) fn put_back_offer(&self) -> Option<PutBack> {
        let language = self.rules.language;
        let mut fields = self.held_on_wish();
        fields.retain(|field| !self.ledger.yielded.contains(field));
        let wish = fields.first().and_then(|field| self.desired.of(*field));
        let message = (!self.ledger.message_yielded && self.ledger.message.is_some())
            .then_some(self.desired.message.as_ref())
            .flatten();
        let why = wish.map(|wish| &wish.why).or(message.map(|wish| &wish.why))?;
        let label = match why.cause {
            Cause::Calendar => Text::PutBackAppointment,
            Cause::Call => Text::PutBackCall,
            Cause::Teams | Cause::Person | Cause::OtherProgram => {
                let ruling = self
                    .facts
                    .teams
                    .in_force
                    .as_ref()
                    .map(|in_force| &in_force.presence);
                let says = |word: &str| ruling.is_some_and(|presence| presence.says(word));
                if says("InAMeeting") {
                    Text::PutBackMeeting
                } else if says("InACall") || says("InAConferenceCall") {
                    Text::PutBackCall
                } else if says("Presenting") {
                    Text::PutBackPresenting
                } else {
                    Text::PutBackNow
                }
            }
        };
        Some(PutBack {
            label: label.text(language).to_owned(),
            help: Text::PutBackHelp.text(language).to_owned(),
        })
    }

    pub(super) fn can_set_again(&self) -> bool {
        let wanted = |field: &Field| {
            let wish = self.desired.of(*field);
            wish.is_some_and(|wish| matches!(wish.want, Want::Set(_)))
        };
        let message = self.ledger.message_yielded && self.desired.message.is_some();
        message || self.ledger.yielded.iter().any(wanted)
    }

    fn field_lines(&self, now: Now) -> Vec<FieldLine> {
        if !self.facts.phone.is_up() {
            return Vec::new();
        }
        let lines = Field::ALL.into_iter().filter_map(|field| {
            let value = self.facts.phone.value(field)?;
            Some(self.field_line(field, value, now))
        });
        lines.collect()
    }

    fn field_line(&self, field: Field, value: &FieldValue, now: Now) -> FieldLine {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules);
        let (owner, text) = match self.hold(field) {
            Some(hold) => {
                let (owner, text) = match hold.stage {
                    Stage::Intent if hold.earlier.is_none() => (Owner::Unknown, Text::FieldBeingSet),
                    Stage::Intent | Stage::Written => (Owner::Offhook, Text::FieldOurs),
                    Stage::Releasing => (Owner::Offhook, Text::FieldGoingBack),
                };
                let values = [
                    ("since", time(hold.since)),
                    ("why", self.cause_words(hold.why.cause)),
                    ("before", value_text(&hold.before, language)),
                ];
                let values: Vec<(&str, &str)> = values
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect();
                (Some(owner), text.with(language, &values))
            }
            None if is_set(value) && self.is_contested(field) => (
                Some(Owner::Unknown),
                Text::FieldOtherProgram.text(language).to_owned(),
            ),
            None if is_set(value) => (Some(Owner::Person), Text::FieldPersons.text(language).to_owned()),
            None => (None, String::new()),
        };
        FieldLine {
            name: field_text(field).text(language).to_owned(),
            value: value_text(value, language),
            set: is_set(value),
            owner,
            text,
        }
    }

    fn cause_words(&self, cause: Cause) -> String {
        let language = self.rules.language;
        match cause {
            Cause::Teams => Text::BecauseTeams.with(language, &[("says", &self.ruling_says())]),
            Cause::Calendar => Text::BecauseCalendar.text(language).to_owned(),
            Cause::Call => Text::BecauseCall.text(language).to_owned(),
            Cause::Person | Cause::OtherProgram => Text::BecausePerson.text(language).to_owned(),
        }
    }
}
