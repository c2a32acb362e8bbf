//! R23: nothing personal in what could be logged, in rule names and in the ledger.

use crate::common::*;
use offhook_engine::fault::Code;
use offhook_engine::phone::{FieldValue, PhoneIdentity};
use offhook_engine::profile::ForwardRule;
use offhook_engine::rules::Rules;
use offhook_engine::table::{Cell, StateField, TeamsState};
use offhook_engine::teams::{Presence, SignIn};
use offhook_engine::{Effect, Input};

/// A forward and a note of the person's own, in cells and in rows of the profile.
fn personal_rules() -> Rules {
    let mut rules = rules("recommended");
    for (field, text) in [
        (StateField::Forward, "0123456789"),
        (StateField::Note, "Zahnarzt"),
    ] {
        assert!(rules.own.set(Cell::State(TeamsState::Away, field), text));
    }
    for row in &mut rules.profile.rows {
        row.forward = ForwardRule::To("0123456789".into());
        row.note = Some("Zahnarzt".into());
    }
    rules
}

#[test]
fn r23_debug_of_what_is_logged_holds_nothing_personal() {
    let secret = ["Muster", "example.com", "0123456", "Zahnarzt", "code=", "ABC-123"];
    let forward = FieldValue::Forward(Some("0123456789".into()));
    let mut w = World::new("recommended");
    w.phone.names = vec!["Petra Muster".into()];
    let identity = PhoneIdentity {
        key: "k".into(),
        system: "Pretend".into(),
        names: vec!["Petra Muster".into()],
    };
    let mut texts = vec![
        format!("{:?}", account("a.b")),
        format!("{:?}", Input::SignIn(SignIn::SignedIn(account("a.b")))),
        format!(
            "{:?}",
            SignIn::Browser {
                url: "https://login.example.com/?code=1".into()
            }
        ),
        format!(
            "{:?}",
            SignIn::DeviceCode {
                user_code: "ABC-123".into(),
                url: "https://example.com".into()
            }
        ),
        format!("{:?}", Effect::WritePhone(forward.clone())),
        format!(
            "{:?}",
            Input::PhoneSeen(vec![forward, FieldValue::Note("Zahnarzt".into())])
        ),
        format!("{identity:?}"),
        format!("{:?}", Input::Rules(Box::new(personal_rules()))),
        format!("{:?}", personal_rules().doing(&Presence::new("Away", "Away"))),
        format!(
            "{:?}",
            Effect::Notify(offhook_engine::Notice {
                kind: offhook_engine::NoticeKind::SignIn,
                code: Code::AccountsDiffer,
                detail: Some("Anna Muster / Petra".into())
            })
        ),
    ];
    w.by_hand(FieldValue::Forward(Some("0123456".into())));
    texts.push(format!("{:?}", w.engine));
    texts.extend(w.log.iter().map(|(_, effect)| format!("{effect:?}")));
    for text in texts {
        for secret in secret {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn r23_rule_names_carry_no_numbers() {
    let mut w = World::new("recommended");
    w.set_rules(|rules| {
        for row in &mut rules.profile.rows {
            if row.when == "Busy" {
                row.forward = offhook_engine::profile::ForwardRule::To("0123456".into());
            }
        }
    });
    w.teams("Busy", "Busy");
    w.answer("1");
    w.after(2.0);
    for why in w.status().why {
        assert!(!why.rule.contains("0123456"), "{}", why.rule);
    }
    assert!(w.disk.holds.iter().all(|hold| !hold.why.rule.contains("0123456")));
}

#[test]
fn r23_the_ledger_names_the_account_by_its_key_alone() {
    let mut w = World::new("recommended");
    w.teams("DoNotDisturb", "DoNotDisturb");
    w.answer("1");
    w.after(5.0);
    let text = serde_json::to_string(&w.disk).unwrap();
    assert!(text.contains("oid.tid") && !text.contains("Muster"), "{text}");
}
