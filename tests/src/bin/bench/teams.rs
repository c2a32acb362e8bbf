//! From a change in Teams to the write at the phone system.

use std::thread;
use std::time::Duration;

use offhook_playground::{Pick, Request, Service};
use offhook_tests::desk::Desk;

use crate::office::{LIMIT, Office, wait_healthy};
use offhook_tests::report::{Row, Section, Spread};

/// What changes the phone system; everything else only reads.
const WRITES: [&str; 4] = ["Originate", "DBPut", "DBDel", "Setvar"];
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// After this long without a change presence is read every 10 s again.
const QUIET: Duration = Duration::from_secs(31);
const USUAL: Duration = Duration::from_secs(10);
const FAST: Duration = Duration::from_secs(3);

pub fn measure(quick: bool) -> Section {
    let rounds = if quick { 2 } else { 10 };
    let office = Office::open();
    let took: Vec<(Vec<Duration>, Vec<Duration>)> = thread::scope(|scope| {
        let works: Vec<_> = PEOPLE
            .into_iter()
            .zip(1..)
            .map(|(person, seed)| {
                let office = &office;
                scope.spawn(move || one_person(office, person, rounds, seed))
            })
            .collect();
        works
            .into_iter()
            .map(|work| work.join().expect("a person's rounds"))
            .collect()
    });
    let (slow, fast): (Vec<_>, Vec<_>) = took.into_iter().unzip();
    let (slow, fast) = (Spread::of(slow.concat()), Spread::of(fast.concat()));
    // Jitter of 10 %, and one second for request, answer and write on a busy machine.
    let within = |spread: &Spread, pace: Duration| spread.max() < pace.mul_f64(1.1) + Duration::from_secs(1);
    Section {
        title: "Teams change to the write at the phone system",
        how: format!(
            "{} desks at one pretend company, each with {rounds} times do not disturb on and off at random moments: \
             on after at least {} s without a change (read every 10 s ±10 %), off while it is read every 3 s. From \
             the change in Graph to the arrival of the action that writes. An even spread over the pace, half of it \
             as the median, is what polling can give.",
            PEOPLE.len(),
            QUIET.as_secs(),
        ),
        rows: vec![
            Row::new("at the usual pace of 10 s", slow.seconds())
                .goal("within 11 s + the write", within(&slow, USUAL)),
            Row::new("within 30 s of another change, every 3 s", fast.seconds())
                .goal("within 3.3 s + the write", within(&fast, FAST)),
        ],
        more: String::new(),
    }
}

/// How long do not disturb on (at the usual pace) and off (at the fast one) took, each time.
fn one_person(office: &Office, person: &str, rounds: usize, seed: u64) -> (Vec<Duration>, Vec<Duration>) {
    let people = office.company.people();
    let extension = people
        .iter()
        .find(|one| one.key == person)
        .map(|one| one.extension.clone());
    let extension = extension.expect("somebody who works here");
    let mut dice = Dice(seed);
    office.company.pick(person, Some(Pick::Available));
    let desk = Desk::headless();
    let mut offhook = office.offhook(&desk, person, "");
    office.start(&mut offhook, &["--no-tray"]);
    wait_healthy(&offhook);
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        // What is waited for is a moment that has nothing to do with the pace.
        thread::sleep(QUIET + dice.below(USUAL));
        slow.push(change(office, person, &extension, Pick::DoNotDisturb));
        thread::sleep(Duration::from_secs(1) + dice.below(FAST * 2));
        fast.push(change(office, person, &extension, Pick::Available));
    }
    offhook.term();
    (slow, fast)
}

fn change(office: &Office, person: &str, extension: &str, pick: Pick) -> Duration {
    let (mark, at) = (office.company.mark(), office.company.micros());
    assert!(office.company.pick(person, Some(pick)), "nobody is {person}");
    let wanted = |request: &Request| {
        request.service == Service::Ami
            && WRITES.contains(&request.method.as_str())
            && request.body.contains(extension)
    };
    let write = office.wait(mark, LIMIT, "the write", wanted);
    Duration::from_micros(write.at_us - at)
}

/// Numbers without a pattern (xorshift), the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, span: Duration) -> Duration {
        for shift in 0..8 {
            self.0 = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31 + shift) ^ (self.0 >> 7);
        }
        span.mul_f64((self.0 >> 11) as f64 / (1u64 << 53) as f64)
    }
}
