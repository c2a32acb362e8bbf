//! `offhook` while nothing happens: memory, CPU, wake-ups, threads, and the requests it makes; and the requests of a
//! busy hour.

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use offhook_playground::{CallState, Pick, Service, TeamsClient};
use offhook_tests::desk::{Desk, TrayHost};
use offhook_tests::product::Product;

use crate::office::{Office, wait_healthy};
use offhook_tests::report::{Row, Section, mib};
use offhook_tests::vitals::{Watched, watch};

/// After a change, and at the start, presence is read every 3 s for 30 s.
const SETTLES: Duration = Duration::from_secs(45);
/// Away for 10 minutes, after which it is read every 30 s.
const AWAY: Duration = Duration::from_secs(10 * 60 + 45);

/// Of each call of the busy hour.
const TALKS: Duration = Duration::from_secs(180);
const RINGS: Duration = Duration::from_secs(5);

/// Requests that arrived in a span of time.
#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    span: Duration,
    graph: usize,
    entra: usize,
    ami: usize,
}

impl Requests {
    fn of(office: &Office, mark: u64, span: Duration) -> Self {
        let all = office.company.requests_since(mark);
        let count = |service| all.iter().filter(|request| request.service == service).count();
        Self {
            span,
            graph: count(Service::Graph),
            entra: count(Service::Entra),
            ami: count(Service::Ami),
        }
    }

    fn text(&self) -> String {
        let hourly = |count: usize| count as f64 * 3600.0 / self.span.as_secs_f64();
        format!(
            "{:.0} to Graph, {:.0} to Entra, {:.0} actions at the phone system ({} + {} + {} in {:.1} min)",
            hourly(self.graph),
            hourly(self.entra),
            hourly(self.ami),
            self.graph,
            self.entra,
            self.ami,
            self.span.as_secs_f64() / 60.0
        )
    }
}

/// What is watched at once, each on a desk and in a company of its own.
#[derive(Clone, Copy)]
struct Case {
    /// For `--only`.
    name: &'static str,
    title: &'static str,
    tray: bool,
    away: bool,
    /// Somebody has phoned since the sign-in at the phone system. Until then the account may be one that is sent no
    /// events, so calls are listed every 30 s in place of a sign of life, and fields read every 90 s.
    phoned: bool,
    wakeups: f64,
}

const CASES: [Case; 4] = [
    Case {
        name: "every-10",
        title: "tray, every 10 s",
        tray: true,
        away: false,
        phoned: true,
        wakeups: 35.0,
    },
    Case {
        name: "every-30",
        title: "tray, every 30 s",
        tray: true,
        away: true,
        phoned: true,
        wakeups: 12.0,
    },
    Case {
        name: "unheard",
        title: "tray, every 30 s, no call yet",
        tray: true,
        away: true,
        phoned: false,
        wakeups: 12.0,
    },
    Case {
        name: "headless",
        title: "headless, every 10 s",
        tray: false,
        away: false,
        phoned: true,
        wakeups: 35.0,
    },
];

const BUSY: &str = "busy";

/// What can be measured alone.
pub const NAMES: [&str; 5] = ["every-10", "every-30", "unheard", "headless", BUSY];

/// All cases at once, or the one of that name.
pub fn measure(quick: bool, only: Option<&str>) -> Section {
    let wants = |name: &str| only.is_none_or(|only| only == name);
    let span = Duration::from_secs(if quick { 120 } else { 600 });
    // A fifth of an hour with ten calls and twenty changes.
    let (busy_span, calls, changes) = if quick {
        (span, 1, 1)
    } else {
        (Duration::from_secs(720), 2, 4)
    };
    let (watched, busy) = thread::scope(|scope| {
        let cases = CASES.into_iter().filter(|case| wants(case.name));
        let works: Vec<_> = cases
            .map(|case| (case, scope.spawn(move || one_case(case, span, quick))))
            .collect();
        let busy = wants(BUSY).then(|| scope.spawn(move || busy_hour(busy_span, calls, changes)));
        let watched: Vec<_> = works
            .into_iter()
            .map(|(case, work)| (case, work.join().ok()))
            .collect();
        (watched, busy.map(|busy| busy.join().ok()))
    });
    let (mut rows, mut more) = (Vec::new(), String::new());
    for (case, outcome) in watched {
        match outcome {
            Some((seen, asked)) => {
                rows.extend(rows_of(case, &seen));
                rows.push(Row::new(
                    format!("{}: requests per user and hour", case.title),
                    asked.text(),
                ));
                more.push_str(&details(case.title, &seen));
            }
            None => rows.push(Row::new(case.title, "could not be measured")),
        }
    }
    if let Some(busy) = busy {
        let busy = busy.map_or_else(|| "could not be measured".to_owned(), |asked| asked.text());
        rows.push(Row::new(
            format!(
                "headless, busy ({calls} calls and {changes} changes of presence in it): requests per user and hour"
            ),
            busy,
        ));
    }
    let (away, minutes) = if quick {
        ("the 30 s by `poll_seconds_min` instead of ten minutes Away", 2)
    } else {
        ("Away for more than 10 minutes before the 30 s", 10)
    };
    Section {
        title: "While nothing happens",
        how: format!(
            "`offhook` signed in, reading Graph over TLS with the system's whole list of authorities, connected to a \
             phone system at which others have phoned once, its tray shown by a StatusNotifier host on a private bus; {minutes} minutes after it \
             came to rest ({away}). Wake-ups are the voluntary context switches of all its threads. Requests are \
             extrapolated from those that arrived in the same {minutes} minutes; tokens are renewed about once an \
             hour and may be missing in them. A floor measured elsewhere (tray and HTTPS poll alone, every 30 s): \
             6.4 MiB resident, 0.6 MiB private-dirty, 9 wake-ups a minute."
        ),
        rows,
        more,
    }
}

fn one_case(case: Case, span: Duration, quick: bool) -> (Watched, Requests) {
    let (desk, office) = (Desk::headless(), Office::open());
    let floor = if case.away && quick {
        "[teams]\npoll_seconds_min = 30\n"
    } else {
        ""
    };
    let client = if case.away {
        TeamsClient::Away
    } else {
        TeamsClient::Available
    };
    office.company.teams_client("alice", client);
    let mut offhook = office.offhook(&desk, "alice", floor);
    let host = case.tray.then(|| TrayHost::start(&desk));
    office.start(
        &mut offhook,
        if case.tray {
            &["--minimised"]
        } else {
            &["--no-tray"]
        },
    );
    if let Some(host) = &host {
        host.wait_item();
    }
    wait_healthy(&offhook);
    if case.phoned {
        office.others_phone();
    }
    thread::sleep(if case.away && !quick { AWAY } else { SETTLES });
    let outcome = watch_with_requests(&office, &mut offhook, span);
    offhook.term();
    outcome
}

pub fn watch_offhook(offhook: &mut Product<'_>, span: Duration) -> Watched {
    watch(offhook.process().pid(), span)
}

fn watch_with_requests(office: &Office, offhook: &mut Product<'_>, span: Duration) -> (Watched, Requests) {
    let mark = office.company.mark();
    let seen = watch_offhook(offhook, span);
    let asked = Requests::of(office, mark, seen.span);
    (seen, asked)
}

fn rows_of(case: Case, seen: &Watched) -> Vec<Row> {
    let row = |what: &str, value: String| Row::new(format!("{}: {what}", case.title), value);
    let (memory, begin) = (seen.memory, seen.at_begin);
    let drift = |now: u64, before: u64| format!("{} ({} at the begin)", mib(now), mib(before));
    vec![
        row("resident", drift(memory.resident, begin.resident))
            .goal("≤ 20 MiB", memory.resident <= 20 * 1024),
        row("private-dirty", drift(memory.private_dirty, begin.private_dirty))
            .goal("≤ 8 MiB", memory.private_dirty <= 8 * 1024),
        row("wake-ups a minute", format!("{:.1}", seen.wakeups_per_minute())).goal(
            format!("≤ {:.0}", case.wakeups),
            seen.wakeups_per_minute() <= case.wakeups,
        ),
        row(
            "CPU",
            format!("{:.2} s in {:.1} min", seen.cpu_seconds, seen.minutes()),
        ),
        row("threads", seen.threads.len().to_string()),
    ]
}

/// Where memory and wake-ups go.
pub fn details(title: &str, seen: &Watched) -> String {
    let mut text = format!("\n{title}:\n\n| memory | resident | private-dirty |\n|---|---|---|\n");
    for (kind, resident, dirty) in &seen.mappings {
        let _ = writeln!(text, "| {kind} | {} | {} |", mib(*resident), mib(*dirty));
    }
    text.push_str("\n| thread | wake-ups a minute |\n|---|---|\n");
    for (name, count) in &seen.threads {
        let _ = writeln!(text, "| `{name}` | {:.1} |", *count as f64 / seen.minutes());
    }
    text
}

#[derive(Clone, Copy)]
enum Event {
    Rings,
    Ends,
    Changes(Pick),
}

/// A slice of an hour with its share of calls and of changes in Teams.
fn busy_hour(span: Duration, calls: u32, changes: u32) -> Requests {
    let (desk, office) = (Desk::headless(), Office::open());
    let company = &office.company;
    company.teams_client("alice", TeamsClient::Available);
    let mut offhook = office.offhook(&desk, "alice", "");
    office.start(&mut offhook, &["--no-tray"]);
    wait_healthy(&offhook);
    thread::sleep(SETTLES);
    let mut events = Vec::new();
    for at in 0..calls {
        let rings = span / calls * at + span / calls / 4;
        events.push((rings, Event::Rings));
        events.push((rings + TALKS.min(span / calls / 2), Event::Ends));
    }
    for at in 0..changes {
        let pick = if at % 2 == 0 {
            Pick::DoNotDisturb
        } else {
            Pick::Available
        };
        events.push((span / changes * at + span / changes / 2, Event::Changes(pick)));
    }
    events.sort_by_key(|(at, _)| *at);
    let (mark, begun) = (company.mark(), Instant::now());
    // What is waited for is the time itself.
    let until = |at: Duration| thread::sleep(at.saturating_sub(begun.elapsed()));
    for (at, event) in events {
        until(at);
        match event {
            Event::Rings => {
                // From 1001: a call of one's own reaches the other also while one does not want to be disturbed.
                company.call("1001", "1002");
                thread::sleep(RINGS);
                for call in company
                    .calls()
                    .into_iter()
                    .filter(|call| call.state == CallState::Ringing)
                {
                    company.answer(call.id);
                }
            }
            Event::Ends => {
                for call in company.calls() {
                    company.hang_up(call.id, None);
                }
            }
            Event::Changes(pick) => {
                company.pick("alice", Some(pick));
            }
        }
    }
    until(span);
    let asked = Requests::of(&office, mark, begun.elapsed());
    offhook.term();
    asked
}
