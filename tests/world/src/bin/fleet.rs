//! `cargo xtask fleet`: the desks of one tenant on a morning, against Graph's limit.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console program")]

use lexopt::prelude::*;
use offhook_world::fleet::chart::{self, Panel};
use offhook_world::fleet::limit::{After, Window};
use offhook_world::fleet::{self, Case, Outcome, quantile};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: cargo xtask fleet [--desks N] [--seed S] [--out FOLDER]
  --desks N     desks of the tenant, 10000 unless told; the limit goes with them, so that fewer show the same, only rougher
  --seed S      1 unless told
  --out FOLDER  where FLEET.md is, and fleet.svg goes; docs unless told";

const BEGIN: &str = "<!-- fleet: begin -->\n";
const END: &str = "<!-- fleet: end -->";

const HEAD: &str = "| desks, limit | most in 30 s | refused | last half hour | steady from | of the limit used | call or “do not disturb” in Teams seen | change at an appointment's border seen | away and back seen | call on the phone shown in Teams |
|---|---|---|---|---|---|---|---|---|---|
";

/// Few enough that nobody notices.
const CALM: f64 = 0.05;

fn main() -> ExitCode {
    let (mut desks, mut seed, mut out) = (10_000_u32, 1_u64, "docs".to_owned());
    let mut arguments = lexopt::Parser::from_env();
    loop {
        let outcome: Result<(), lexopt::Error> = match arguments.next() {
            Ok(None) => break,
            Ok(Some(Long("desks"))) => arguments.value().and_then(|v| v.parse()).map(|n| desks = n),
            Ok(Some(Long("seed"))) => arguments.value().and_then(|v| v.parse()).map(|n| seed = n),
            Ok(Some(Long("out"))) => arguments.value().and_then(|v| v.parse()).map(|n| out = n),
            Ok(Some(Long("help") | Short('h'))) => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            Ok(Some(other)) => Err(other.unexpected()),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    }
    let begun = Instant::now();
    let mut report = Report::default();
    report.all(desks.max(100), seed);
    let took = begun.elapsed().as_secs();
    let command = format!("`cargo xtask fleet --desks {desks} --seed {seed}`, {took} s on one thread.\n\n");
    match write(
        Path::new(&out),
        &format!("{command}{HEAD}{}", report.rows),
        &report.panels,
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path, table: &str, panels: &[Panel]) -> Result<(), String> {
    let (page, picture) = (folder.join("FLEET.md"), folder.join("fleet.svg"));
    let failed = |path: &Path, why: std::io::Error| format!("{}: {why}", path.display());
    std::fs::write(&picture, chart::svg(panels)).map_err(|why| failed(&picture, why))?;
    let text = std::fs::read_to_string(&page).map_err(|why| failed(&page, why))?;
    let parts = text
        .split_once(BEGIN)
        .and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let (head, tail) = parts.ok_or_else(|| format!("{} lacks the place for the table", page.display()))?;
    std::fs::write(&page, format!("{head}{BEGIN}{table}{END}{tail}")).map_err(|why| failed(&page, why))
}

#[derive(Default)]
struct Report {
    rows: String,
    panels: Vec<Panel>,
}

impl Report {
    fn all(&mut self, desks: u32, seed: u64) {
        print!("{HEAD}");
        let tenth = desks / 10;
        let whole = Case {
            seed,
            ..Case::morning(desks, desks)
        };
        let small = Case {
            seed,
            ..Case::morning(tenth, tenth)
        };
        let old = Case {
            limit: tenth * 15 / 100,
            ..small
        };
        let name = |what: &str| format!("{desks} desks, {desks} requests, {what}");
        let (first, next) = (name("nothing learned yet"), name("the next morning"));
        self.mornings(&whole, &first, &next, true);
        let name = |what: &str| format!("{tenth} desks, {tenth} requests, {what}");
        let again = name("the next morning");
        self.mornings(&small, &name("nothing learned yet"), &again, false);
        let variants = [
            (
                "each half minute anew",
                Case {
                    window: Window::Fixed,
                    ..small
                },
            ),
            (
                "refusals not counted",
                Case {
                    window: Window::Answered,
                    ..small
                },
            ),
            (
                "no `Retry-After`",
                Case {
                    after: After::Silent,
                    ..small
                },
            ),
            (
                "`Retry-After` always 10 s",
                Case {
                    after: After::Always(Duration::from_secs(10)),
                    ..small
                },
            ),
            (
                "all start within a minute",
                Case {
                    at_once: true,
                    ..small
                },
            ),
        ];
        for (what, case) in variants {
            let (first, next) = (name(what), name(&format!("{what}, the next morning")));
            self.mornings(&case, &first, &next, false);
        }
        let name = |what: &str| format!("{tenth} desks, {} requests{what}", old.limit);
        let (first, next) = (name(", nothing learned yet"), name(", the next morning"));
        self.mornings(&old, &first, &next, true);
        let fixed = Case {
            window: Window::Fixed,
            ..old
        };
        let half = ", each half minute anew";
        self.mornings(
            &fixed,
            &name(half),
            &name(&format!("{half}, the next morning")),
            false,
        );
        let third = Case {
            desks: tenth * 3 / 10,
            ..small
        };
        let name = |what: &str| format!("{} desks, {tenth} requests{what}", third.desks);
        self.mornings(&third, &name(""), &name(", the next morning"), false);
        let few = Case {
            desks: tenth / 10,
            ..small
        };
        let title = format!("{} desks, {tenth} requests: as one alone", few.desks);
        self.case(&few, &[], title, false);
        let day = Case { hours: 11.0, ..small };
        let learned = fleet::run(&small, &[]).ledgers;
        let title = format!("{tenth} desks, {tenth} requests, a whole day, the second");
        self.case(
            &Case {
                seed: seed + 1,
                ..day
            },
            &learned,
            title,
            true,
        );
    }

    /// The first one, and the next with what the desks have learned.
    fn mornings(&mut self, case: &Case, first: &str, next: &str, drawn: bool) {
        let learned = self.case(case, &[], first.to_owned(), drawn);
        let seed = case.seed + 1;
        self.case(&Case { seed, ..*case }, &learned, next.to_owned(), drawn);
    }

    fn case(
        &mut self,
        case: &Case,
        before: &[offhook_engine::ledger::Ledger],
        title: String,
        drawn: bool,
    ) -> Vec<offhook_engine::ledger::Ledger> {
        let mut outcome = fleet::run(case, before);
        let row = row(&title, case, &mut outcome);
        print!("{row}");
        self.rows.push_str(&row);
        if drawn {
            self.panels.push(Panel {
                title,
                limit: case.limit,
                slices: outcome.slices,
            });
        }
        outcome.ledgers
    }
}

/// From when on no five minutes have more than [`CALM`] refused.
fn steady(outcome: &Outcome) -> String {
    let Some(slice) = outcome.steady_from(CALM) else {
        return "–".to_owned();
    };
    let minutes = 7 * 60 + 30 + slice as u64 * fleet::SLICE.as_secs() / 60;
    if slice == 0 {
        return "the first".to_owned();
    }
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn row(title: &str, case: &Case, outcome: &mut Outcome) -> String {
    let all = outcome.slices.len();
    let late = all.saturating_sub(60)..all;
    let most = outcome.slices.iter().map(|slice| slice.asked).max().unwrap_or(0);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let two = |values: &mut Vec<f64>, high: f64| {
        format!("{:.1} s, {:.0} s", quantile(values, 0.5), quantile(values, high))
    };
    format!(
        "| {title} | {:.2} × | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        f64::from(most) / f64::from(case.limit),
        percent(outcome.refused_share(0..all)),
        percent(outcome.refused_share(late.clone())),
        steady(outcome),
        percent(outcome.used(case.limit, late)),
        two(&mut outcome.sudden, 0.95),
        two(&mut outcome.at_borders, 0.95),
        two(&mut outcome.away, 0.95),
        two(&mut outcome.calls, 0.99),
    )
}
