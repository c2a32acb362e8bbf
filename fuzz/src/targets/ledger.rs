//! `ledger.json`, as an earlier run, a newer Offhook or a broken disk left it.

use jiff::Timestamp;
use offhook_engine::ledger::Ledger;
use offhook_engine::phone::{Abilities, Can, FieldValue, PhoneIdentity};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Account, Presence, Right, SignIn};
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use std::time::Duration;

/// What was read reads the same when it is written again; and with any ledger the engine starts, goes through a day
/// and comes to rest.
pub fn file(input: &[u8]) {
    let Ok(ledger) = serde_json::from_slice::<Ledger>(input) else {
        return;
    };
    let text = serde_json::to_vec(&ledger).unwrap_or_default();
    assert_eq!(
        serde_json::from_slice::<Ledger>(&text).ok().as_ref(),
        Some(&ledger),
        "written and read again"
    );
    if ledger.version != 1 {
        return;
    }
    let mut time = Duration::ZERO;
    let now = |time: Duration| Now {
        mono: Instant::from_origin(time),
        wall: Timestamp::from_second(1_795_000_000).unwrap_or_default() + time,
    };
    // The system and the account of the ledger's first hold and session, so that they concern this desk.
    let phone = ledger
        .holds
        .first()
        .map_or_else(String::new, |hold| hold.phone.clone());
    let account = ledger
        .session
        .as_ref()
        .map_or_else(String::new, |session| session.account.clone());
    let mut engine = Engine::new(Rules::default(), ledger, 1, now(time));
    let can = Can {
        read: true,
        write: true,
    };
    let inputs = [
        Input::SignIn(SignIn::SignedIn(Account {
            key: account,
            name: String::new(),
            address: String::new(),
            rights: vec![Right::PresenceRead, Right::PresenceWrite],
        })),
        Input::PhoneConfigured(true),
        Input::PhoneUp {
            identity: PhoneIdentity {
                key: phone,
                system: String::new(),
                names: Vec::new(),
            },
            abilities: Abilities {
                dnd: can,
                forward: can,
                presence: can,
                note: can,
                ..Abilities::default()
            },
        },
        Input::PhoneSeen(vec![FieldValue::Dnd(true)]),
        Input::TeamsRead(Ok(Presence::new("Available", "Available"))),
    ];
    for input in inputs {
        engine.handle_input(input, now(time));
        settle(&mut engine, now(time));
    }
    for _ in 0..32 {
        let Some((at, _)) = engine.poll_timeout(now(time)) else {
            break;
        };
        time = time.max(at.since(Instant::from_origin(Duration::ZERO)));
        engine.handle_timeout(now(time));
        settle(&mut engine, now(time));
    }
}

/// Everything that is asked for is done at once.
fn settle(engine: &mut Engine, now: Now) {
    for _ in 0..256 {
        let Some(effect) = engine.poll_effect() else {
            return;
        };
        if let Some(outcome) = done(effect) {
            engine.handle_input(outcome, now);
        }
    }
    assert!(engine.poll_effect().is_none(), "comes to rest");
}

fn done(effect: Effect) -> Option<Input> {
    Some(match effect {
        Effect::ReadTeams => Input::TeamsRead(Ok(Presence::new("Busy", "Busy"))),
        Effect::SetSession { .. } => Input::SessionSet(Ok(())),
        Effect::ClearSession => Input::SessionCleared(Ok(())),
        Effect::SetPreferred { .. } => Input::PreferredSet(Ok(())),
        Effect::ClearPreferred => Input::PreferredCleared(Ok(())),
        Effect::SetMessage(_) => Input::MessageSet(Ok(())),
        Effect::ReadPhone => Input::PhoneSeen(vec![FieldValue::Dnd(true), FieldValue::Note(String::new())]),
        Effect::WritePhone(value) => Input::PhoneWritten {
            field: value.field(),
            outcome: Ok(()),
        },
        Effect::SaveLedger { revision, .. } => Input::LedgerSaved {
            revision,
            outcome: Ok(()),
        },
        Effect::ReadCalendar { .. } => Input::CalendarRead(Ok(Vec::new())),
        Effect::WarmUp | Effect::Resync(_) | Effect::Notify(_) | Effect::ForgetTokens | Effect::Finished => {
            return None;
        }
    })
}
