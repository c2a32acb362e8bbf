//! The suite.

use std::fs;
use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue};

use crate::desk::Desk;

/// What can be wrong with the phone system while its port is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Takes what it is sent and says nothing: a half-open connection.
    Silent,
    /// Answers late, but within the adapter's patience.
    Slow,
    /// Something else answers there.
    Garbage,
    /// Takes writes and does nothing.
    Ignores,
}

/// A phone system under test: a double, how to reach it, and what a person does there.
pub trait System {
    async fn start() -> Self;

    /// The adapter with its waits shortened: an answer within 2 s, everything polled several times a second.
    fn adapter(&self) -> PhoneSystem;

    fn secret(&self) -> String;

    /// For each field that can be written: the value it has at the start, and another.
    fn values(&self) -> Vec<(FieldValue, FieldValue)>;

    /// Whether the phone system itself has this value, asked past the adapter.
    fn has(&self, value: &FieldValue) -> bool;

    /// The person sets it on their phone; whether a phone can.
    fn person_sets(&self, value: &FieldValue) -> bool;

    /// Connections end, new ones are refused.
    async fn stop(&self);

    async fn go_on(&self);

    fn trouble(&self, trouble: Trouble, on: bool);

    /// How often somebody tried to sign in, with success or without.
    fn attempts(&self) -> usize;
}

/// Of a field that can be written: before and after.
fn first<S: System>(system: &S) -> (FieldValue, FieldValue) {
    system.values().swap_remove(0)
}

pub async fn reads_writes_and_puts_back<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::start(&system.adapter(), &system.secret());
    let abilities = desk.abilities().await;
    let values = system.values();
    for field in Field::ALL {
        let is_here = values.iter().any(|(before, _)| before.field() == field);
        assert_eq!(abilities.of(field).write, is_here, "{field:?} {abilities:?}");
    }
    for (before, _) in &values {
        assert!(
            abilities.of(before.field()).read,
            "what can't be read can't be put back"
        );
        desk.read();
        desk.sees(before).await;
    }
    for (before, wanted) in &values {
        assert!(system.has(before) && !system.has(wanted), "{before:?}");
        assert_eq!(desk.write(wanted.clone()).await, Ok(()), "{wanted:?}");
        assert!(system.has(wanted), "{wanted:?}");
        // Once more is no harm.
        assert_eq!(desk.write(wanted.clone()).await, Ok(()));
        desk.read();
        desk.sees(wanted).await;
        assert_eq!(desk.write(before.clone()).await, Ok(()));
        assert!(system.has(before), "{before:?}");
    }
}

pub async fn hears_of_the_persons_changes<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    for (before, wanted) in system.values() {
        if system.person_sets(&wanted) {
            desk.sees(&wanted).await;
            assert!(system.person_sets(&before));
            desk.sees(&before).await;
        }
    }
}

pub async fn a_write_without_effect_is_not_called_done<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    let (_, wanted) = first(&system);
    system.trouble(Trouble::Ignores, true);
    let fault = desk.write(wanted.clone()).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneNotConfirmed)
    );
    system.trouble(Trouble::Ignores, false);
    assert_eq!(desk.write(wanted).await, Ok(()));
}

pub async fn unreachable_and_back<S: System>() {
    let system = S::start().await;
    system.stop().await;
    let mut desk = Desk::start(&system.adapter(), &system.secret());
    let refused = Fault::new(FaultKind::Unreachable, Code::ConnectionRefused).about("127.0.0.1");
    assert_eq!(desk.down().await, refused);
    let (_, wanted) = first(&system);
    assert_eq!(desk.write(wanted.clone()).await, Err(refused));
    system.go_on().await;
    // By itself, by the one pace.
    desk.abilities().await;
    desk.any_reading().await;
    system.stop().await;
    assert_eq!(desk.down().await.kind, FaultKind::Unreachable);
    assert!(system.person_sets(&wanted));
    system.go_on().await;
    desk.back().await;
    desk.read();
    desk.sees(&wanted).await;
}

pub async fn a_wrong_password_is_tried_once<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::start(&system.adapter(), "not-the-password");
    let refused = Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1");
    assert_eq!(desk.down().await, refused);
    // Being asked does not make it try again: that would lock the account.
    for _ in 0..3 {
        desk.read();
        assert_eq!(desk.down().await, refused);
    }
    assert_eq!(desk.write(first(&system).1).await, Err(refused));
    assert_eq!(system.attempts(), 1);
}

pub async fn slowness_is_borne<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    system.trouble(Trouble::Slow, true);
    let (_, wanted) = first(&system);
    assert_eq!(desk.write(wanted.clone()).await, Ok(()));
    desk.read();
    desk.sees(&wanted).await;
    let told = desk.so_far();
    let fell = told.iter().any(|event| format!("{event:?}").starts_with("Down"));
    assert!(!fell, "{told:?}");
}

pub async fn garbage_is_named<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    system.trouble(Trouble::Garbage, true);
    system.stop().await;
    system.go_on().await;
    // A web page is told to be one, where the system itself shows none.
    let named = [Code::PhoneNotUnderstood, Code::NetworkPage]
        .map(|code| Fault::new(FaultKind::Unreachable, code).about("127.0.0.1"));
    // The end of the connection, and tries that meet the moment in which nobody listened.
    let passing = [Code::ConnectionRefused, Code::PhoneUnreachable, Code::TimedOut];
    loop {
        desk.read();
        let fault = desk.down().await;
        if named.contains(&fault) {
            break;
        }
        assert!(passing.contains(&fault.code), "{fault:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    system.trouble(Trouble::Garbage, false);
    desk.back().await;
}

pub async fn a_half_open_connection_is_noticed<S: System>() {
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    system.trouble(Trouble::Silent, true);
    // Nobody asks: it finds out by itself.
    let silent = Fault::new(FaultKind::Unreachable, Code::TimedOut).about("127.0.0.1");
    assert_eq!(desk.down().await, silent);
    system.trouble(Trouble::Silent, false);
    desk.back().await;
    assert_eq!(desk.write(first(&system).1).await, Ok(()));
}

/// Open files of this process and tasks of this runtime.
fn burden() -> (usize, usize) {
    let files = fs::read_dir("/proc/self/fd").unwrap().count();
    (
        files,
        tokio::runtime::Handle::current().metrics().num_alive_tasks(),
    )
}

pub async fn a_thousand_reconnects_leave_nothing_behind<S: System>() {
    const TIMES: usize = 1000;
    let system = S::start().await;
    let mut desk = Desk::up(&system.adapter(), &system.secret()).await;
    let mut after_few = (0, 0);
    for n in 0..TIMES {
        system.stop().await;
        desk.read();
        desk.down().await;
        system.go_on().await;
        desk.back().await;
        if n == 20 {
            after_few = burden();
        }
    }
    assert_eq!(desk.write(first(&system).1).await, Ok(()));
    // What is on its way out at this very moment may still be there; what stays behind would be there a thousand times.
    let room = 40;
    let is_light = |now: (usize, usize)| now.0 <= after_few.0 + room && now.1 <= after_few.1 + room;
    let settled = tokio::time::timeout(Duration::from_secs(10), async {
        while !is_light(burden()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(settled.await.is_ok(), "{after_few:?} became {:?}", burden());
}

macro_rules! conforms {
    ($name:ident, $system:ty) => {
        $crate::suite::conforms!($name, $system:
            reads_writes_and_puts_back
            hears_of_the_persons_changes
            a_write_without_effect_is_not_called_done
            unreachable_and_back
            a_wrong_password_is_tried_once
            slowness_is_borne
            garbage_is_named
            a_half_open_connection_is_noticed
            a_thousand_reconnects_leave_nothing_behind
        );
    };
    ($name:ident, $system:ty: $($test:ident)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $test() {
                    Box::pin($crate::suite::$test::<$system>()).await;
                }
            )*
        }
    };
}
pub(crate) use conforms;
