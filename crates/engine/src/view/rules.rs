//! Rule tables as people read them, and previews of imagined situations (R22).

use super::{shown_field, want_text};
use crate::clock::Now;
use crate::desired::desired;
use crate::facts::Facts;
use crate::ledger::Ledger;
use crate::line::{CallId, CallState, LineEvent, SourceId};
use crate::phone::{Field, FieldValue, PhonePresence};
use crate::profile::{DndRule, ForwardRule, NAMES, PresenceRule, Profile};
use crate::rules::Rules;
use crate::teams::{Account, Presence, Right, SignIn};
use crate::text::{Language, Text};
use offhook_protocol::command::{RuleRow, Situation, Wished};
use offhook_protocol::pages::Choice;
use offhook_protocol::status::Field as Shown;

/// The rule table of a profile, with its last row "anything else".
pub fn table(profile: &Profile, language: Language) -> Vec<RuleRow> {
    let leave = || Text::ValueLeave.text(language).to_owned();
    let mut rows: Vec<RuleRow> = profile
        .rows
        .iter()
        .map(|row| RuleRow {
            when: row.when.clone(),
            dnd: match row.dnd {
                DndRule::On => Text::ValueOn.text(language).to_owned(),
                DndRule::Off => Text::ValueOff.text(language).to_owned(),
                DndRule::Leave if row.meeting => Text::ValueInMeetings.text(language).to_owned(),
                DndRule::Leave => leave(),
            },
            forward: match &row.forward {
                ForwardRule::Leave => leave(),
                ForwardRule::To(target) => target.clone(),
            },
            presence: match row.presence {
                PresenceRule::Leave => leave(),
                PresenceRule::Unset => Text::ValueUnset.text(language).to_owned(),
                PresenceRule::Set(presence) => presence.as_str().to_owned(),
            },
            note: row.note.clone().unwrap_or_else(leave),
            icon: row.says.text(language).to_owned(),
        })
        .collect();
    rows.push(RuleRow {
        when: Text::RuleAnythingElse.text(language).to_owned(),
        dnd: leave(),
        forward: leave(),
        presence: leave(),
        note: leave(),
        icon: String::new(),
    });
    rows
}

/// The profiles to choose from, each with what it does.
pub fn choices(language: Language) -> Vec<Choice> {
    let texts = [
        (Text::ProfileRecommended, Text::ProfileRecommendedHelp),
        (Text::ProfileStarface, Text::ProfileStarfaceHelp),
        (Text::ProfileInnovaphone, Text::ProfileInnovaphoneHelp),
        (Text::ProfileProcall, Text::ProfileProcallHelp),
    ];
    NAMES
        .iter()
        .zip(texts)
        .map(|(name, (label, help))| Choice {
            value: (*name).to_owned(),
            label: label.text(language).to_owned(),
            help: help.text(language).to_owned(),
        })
        .collect()
}

/// What the rules would want in an imagined situation. Touches nothing.
pub fn preview(situation: &Situation, rules: &Rules, now: Now) -> Vec<Wished> {
    let language = rules.language;
    let facts = imagine(situation, now);
    let desired = desired(
        &facts,
        rules,
        &Ledger::default(),
        now.after(crate::facts::calls::DIALLING),
    );
    let mut wishes: Vec<Wished> = Field::ALL
        .into_iter()
        .map(|field| match desired.of(field) {
            Some(wish) => Wished {
                field: shown_field(field),
                wish: want_text(&wish.want, language),
                cause: Some(wish.why.cause),
                rule: wish.why.rule.clone(),
            },
            None => Wished {
                field: shown_field(field),
                wish: Text::ValueUnknown.text(language).to_owned(),
                cause: None,
                rule: String::new(),
            },
        })
        .collect();
    let session = desired.session.map(|wish| (wish.pair.presence(), wish.why));
    let preferred = desired.preferred.map(|wish| (wish.pair.presence(), wish.why));
    wishes.push(match session.or(preferred) {
        Some((presence, why)) => Wished {
            field: Shown::Teams,
            wish: presence.to_string(),
            cause: Some(why.cause),
            rule: why.rule,
        },
        None => Wished {
            field: Shown::Teams,
            wish: Text::ValueLeave.text(language).to_owned(),
            cause: None,
            rule: String::new(),
        },
    });
    wishes
}

fn imagine(situation: &Situation, now: Now) -> Facts {
    let rights = vec![Right::PresenceRead, Right::PresenceWrite];
    let account = Account {
        key: String::new(),
        name: String::new(),
        address: String::new(),
        rights,
    };
    let mut facts = Facts {
        sign_in: SignIn::SignedIn(account),
        ..Facts::default()
    };
    if situation.availability.is_some() || situation.activity.is_some() {
        let availability = situation
            .availability
            .as_deref()
            .or(situation.activity.as_deref())
            .unwrap_or_default();
        let activity = situation.activity.as_deref().unwrap_or(availability);
        let mut presence = Presence::new(availability, activity);
        presence.out_of_office = Some(situation.out_of_office);
        let _reading = facts.teams.on_read(presence, true, now);
    }
    let source = SourceId::new("preview");
    for n in 0..situation.calls {
        let state = if situation.conference {
            CallState::Conference
        } else {
            CallState::Connected
        };
        facts.calls.handle(
            &source,
            LineEvent::Call {
                id: CallId::new(n.to_string()),
                state,
            },
            now,
        );
    }
    if let Some(on) = situation.phone_dnd {
        facts.phone.on_seen(FieldValue::Dnd(on), now);
    }
    if let Some(presence) = situation.phone_presence.as_deref() {
        facts
            .phone
            .on_seen(FieldValue::Presence(PhonePresence::parse(presence)), now);
    }
    facts
}
