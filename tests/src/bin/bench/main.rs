//! `cargo xtask bench` runs this against the released programs: measured values as Markdown, on the screen and in
//! `docs/MEASURED.md`.
//!
//! | module | what |
//! |---|---|
//! | `office` | a pretend company in this process, with Graph behind TLS, and an Offhook that is signed in to it |
//! | the others | one measurement each |
//!
//! The pretend company runs in this process, so that an event and the request it causes are timed by one clock.
#![expect(clippy::print_stdout, reason = "a console program")]

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod console;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod office;
#[cfg(target_os = "linux")]
mod sizes;
#[cfg(target_os = "linux")]
mod softphone;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod teams;
#[cfg(target_os = "linux")]
mod window;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::panic::catch_unwind;
    use std::process::ExitCode;

    use offhook_tests::report;

    let plan = match Plan::parse(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(complaint) => {
            println!("{complaint}\n{}", usage());
            return ExitCode::from(2);
        }
    };
    let machine = report::machine();
    println!("{machine}\n");
    let mut failed = Vec::new();
    for (name, _, measure) in MEASUREMENTS {
        if !plan.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let begun = std::time::Instant::now();
        // One that breaks down costs the others nothing.
        match catch_unwind(|| measure(&plan)) {
            Ok(section) => {
                let text = section.render(name, &machine);
                println!("{text}\n({:.0} s)\n", begun.elapsed().as_secs_f64());
                if plan.keep {
                    report::keep(name, &text);
                }
            }
            Err(_) => failed.push(*name),
        }
    }
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        println!("not measured: {}", failed.join(", "));
        ExitCode::FAILURE
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The measurements need Linux.");
}

/// Name, what it is, and what is measured of it.
#[cfg(target_os = "linux")]
type Measurement = (
    &'static str,
    &'static str,
    fn(&Plan) -> offhook_tests::report::Section,
);

/// In the order in which they run. `window` needs the web engine and is asked for by itself.
#[cfg(target_os = "linux")]
const MEASUREMENTS: &[Measurement] = &[
    ("sizes", "size of the programs", |plan| sizes::measure(plan.quick)),
    ("call", "call event to setPresence on the wire", |plan| {
        calls::measure(plan.quick)
    }),
    ("teams", "Teams change to the write at the phone system", |plan| {
        teams::measure(plan.quick)
    }),
    ("start", "start to the icon in the tray", |plan| {
        start::measure(plan.quick)
    }),
    ("ctl", "wall time of `offhookctl call`", |plan| {
        console::measure(plan.quick)
    }),
    (
        "idle",
        "memory, wake-ups and requests while nothing happens",
        |plan| idle::measure(plan.quick, plan.only.as_deref()),
    ),
    (
        "window",
        "menu click to painted page, memory with a window",
        |plan| window::measure(plan.quick),
    ),
];

#[cfg(target_os = "linux")]
fn usage() -> String {
    let names: Vec<String> = MEASUREMENTS
        .iter()
        .map(|(name, what, _)| format!("  {name:<8} {what}"))
        .collect();
    format!(
        "usage: cargo xtask bench [NAME…] [--window] [--quick] [--debug] [--only CASE]\n{}\n\
         Without a name: all but `window`. --quick measures less, --debug measures unoptimised programs, and --only \
         measures one case of `idle` ({}): none of them changes docs/MEASURED.md.",
        names.join("\n"),
        idle::NAMES.join(", ")
    )
}

#[cfg(target_os = "linux")]
struct Plan {
    names: Vec<String>,
    quick: bool,
    /// One case of `idle`.
    only: Option<String>,
    /// Into the document.
    keep: bool,
}

#[cfg(target_os = "linux")]
impl Plan {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut names, mut quick, mut debug, mut window) = (Vec::new(), false, false, false);
        let mut only = None;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => quick = true,
                "--debug" => debug = true,
                "--window" => window = true,
                "--only" => {
                    let case = words.next().unwrap_or_default();
                    if !idle::NAMES.contains(&case.as_str()) {
                        return Err(format!("`idle` has no case `{case}`"));
                    }
                    only = Some(case);
                }
                name if MEASUREMENTS.iter().any(|(known, ..)| *known == name) => names.push(word),
                _ => return Err(format!("there is no `{word}` to measure")),
            }
        }
        if only.is_some() && names.is_empty() {
            names.push("idle".to_owned());
        }
        if only.is_some() && names != ["idle"] {
            return Err("--only is for `idle`".to_owned());
        }
        if names.is_empty() {
            let all = MEASUREMENTS.iter().map(|(name, ..)| (*name).to_owned());
            names = all.filter(|name| name != "window").collect();
        }
        if window && !names.iter().any(|name| name == "window") {
            names.push("window".to_owned());
        }
        Ok(Self {
            names,
            quick,
            keep: !quick && !debug && only.is_none(),
            only,
        })
    }
}
