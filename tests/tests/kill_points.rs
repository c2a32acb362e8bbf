//! `kill -9` at every step of a hold (R9, R21): after the next start the phone is as it should be.
//!
//! The program is built with the feature `kill-points`, which `cargo xtask test` switches on.
#![cfg(target_os = "linux")]

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::Duration;

use offhook_connect::kill_point::Point;
use offhook_tests::asterisk::Asterisk;
use offhook_tests::house::{Habits, House, PERSON, SOON, stages};
use serde_json::Value;

const SIGKILL: i32 = 9;

/// What the phone and the ledger show when the program has died at a point.
struct Left {
    dnd: bool,
    stage: Option<&'static str>,
}

const fn left(point: Point) -> Left {
    let (dnd, stage) = match point {
        Point::BeforeIntent => (false, None),
        Point::AfterIntent => (false, Some("intent")),
        Point::AfterWrite => (true, Some("intent")),
        Point::AfterReleasing => (true, Some("releasing")),
        Point::AfterRelease => (false, Some("releasing")),
    };
    Left { dnd, stage }
}

const fn is_of_release(point: Point) -> bool {
    match point {
        Point::AfterReleasing | Point::AfterRelease => true,
        Point::BeforeIntent | Point::AfterIntent | Point::AfterWrite => false,
    }
}

/// Teams' do not disturb as it is to be.
fn teams(house: &House, dnd: bool) {
    house.company.pick(PERSON, dnd.then_some("do-not-disturb"));
}

/// Lets the program die at that point and looks at what it left.
fn die_at(house: &mut House, point: Point) {
    let environment = [("OFFHOOK_KILL_POINT", point.name())];
    if is_of_release(point) {
        teams(house, true);
        house.product.start(&["--no-tray"], &environment);
        house.wait_dnd(true);
        wait_stages(house, &["written"]);
        teams(house, false);
    } else {
        teams(house, true);
        house.product.launch(&["--no-tray"], &environment);
    }
    let end = house.product.process().wait_end(SOON * 2);
    assert_eq!(
        end.signal(),
        Some(SIGKILL),
        "{end}; is the program built with the feature kill-points, as `cargo xtask test` does?"
    );
    let expected = left(point);
    assert_eq!(
        stages(&house.ledger()),
        expected.stage.into_iter().collect::<Vec<_>>(),
        "{:#}",
        house.ledger()
    );
    assert_eq!(house.dnd().is_some(), expected.dnd);
}

#[track_caller]
fn wait_stages(house: &House, wanted: &[&str]) {
    offhook_tests::wait_until(SOON, &format!("the ledger to hold {wanted:?}"), || {
        stages(&house.ledger()) == wanted
    });
}

/// Starts the program without any kill point: the phone comes to what Teams says.
fn comes_right(house: &mut House, dnd: bool) {
    house.product.start_headless();
    house.wait_ready();
    house.wait_dnd(dnd);
    if dnd {
        wait_stages(house, &["written"]);
        assert_eq!(
            house.ledger()["holds"][0]["before"],
            off(),
            "{:#}",
            house.ledger()
        );
    } else {
        house.wait_nothing_held();
    }
}

/// "Off", as the ledger writes it.
fn off() -> Value {
    let value = offhook_engine::phone::FieldValue::Dnd(false);
    serde_json::to_value(value).expect("a value")
}

fn at_rest() -> House {
    let mut house = House::in_use(Asterisk::start(), Habits::default());
    house.product.term();
    house
}

fn killed_at(point: Point) {
    let mut house = at_rest();
    // The cause is still there, or there again.
    die_at(&mut house, point);
    teams(&house, true);
    comes_right(&mut house, true);
    teams(&house, false);
    house.wait_dnd(false);
    house.wait_nothing_held();
    house.product.term();
    // The cause is gone.
    die_at(&mut house, point);
    teams(&house, false);
    comes_right(&mut house, false);
}

#[test]
fn killed_before_the_ledger_knows() {
    killed_at(Point::BeforeIntent);
}

#[test]
fn killed_before_the_phone_is_written() {
    killed_at(Point::AfterIntent);
}

#[test]
fn killed_after_the_phone_was_written() {
    killed_at(Point::AfterWrite);
}

#[test]
fn killed_before_the_phone_is_put_back() {
    killed_at(Point::AfterReleasing);
}

#[test]
fn killed_after_the_phone_was_put_back() {
    killed_at(Point::AfterRelease);
}

#[test]
fn every_point_has_its_test() {
    let tested = include_str!("kill_points.rs");
    for point in Point::ALL {
        assert!(
            tested.contains(&format!("killed_at(Point::{point:?});")),
            "{point:?}"
        );
    }
}

/// A generator whose whole state is its seed: a failed run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

/// Ten kills at moments that nobody chose, while Teams goes to and fro.
fn killed_at_random(seed: u64) {
    let mut house = at_rest();
    let mut dice = Dice(seed);
    for round in 0..10 {
        let dnd = dice.below(2) == 0;
        teams(&house, dnd);
        house.product.launch(&["--no-tray"], &[]);
        // The moment is what is tried out: from before the first line of the program to after the write.
        std::thread::sleep(Duration::from_millis(dice.below(2500)));
        house.product.kill9();
        // Whatever was cut off: what is set on the phone is known to the ledger.
        if house.dnd().is_some() {
            assert!(
                !stages(&house.ledger()).is_empty(),
                "seed {seed}, round {round}: do not disturb is on and nobody knows why"
            );
        }
    }
    for dnd in [true, false] {
        teams(&house, dnd);
        comes_right(&mut house, dnd);
        house.product.kill9();
    }
}

#[test]
fn killed_at_random_moments_one() {
    killed_at_random(1);
}

#[test]
fn killed_at_random_moments_two() {
    killed_at_random(20_260_801);
}

/// A release must not die because of a variable, nor be broken on purpose.
#[test]
fn no_build_but_that_of_the_tests_has_kill_points_or_breaks() {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(xtask::parts::workspace())
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("a description of the workspace");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 5);
    for (package, only) in packages
        .iter()
        .flat_map(|package| ["kill-points", "breaks"].map(|only| (package, only)))
    {
        let name = &package["name"];
        let features = package["features"].as_object().expect("features");
        for (feature, switched_on) in features.iter().filter(|(feature, _)| *feature != only) {
            let switched_on = switched_on.to_string();
            assert!(!switched_on.contains(only), "{name}: {feature} = {switched_on}");
        }
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let features = dependency["features"].to_string();
            assert!(!features.contains(only), "{name}: {dependency}");
        }
    }
    // Of the commands, only those that check, test and fuzz choose the features of tests.
    let commands = xtask::parts::workspace().join("xtask/src");
    let chooses = |file: &std::path::Path| {
        let text = std::fs::read_to_string(file).expect("a source");
        ["kill-points", "\"breaks\"", "everything_for_tests"]
            .iter()
            .any(|word| text.contains(word))
    };
    let mut choosing: Vec<String> = std::fs::read_dir(commands)
        .expect("the sources of the commands")
        .map(|entry| entry.expect("a source").path())
        .filter(|path| path.is_file() && chooses(path))
        .map(|path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    choosing.sort();
    assert_eq!(choosing, ["cross.rs", "fuzz.rs", "test.rs", "workspace.rs"]);
}
