//! `cargo xtask bench` runs this against the released programs: measured values as a Markdown table.
#![expect(clippy::print_stdout, reason = "a console program")]

#[cfg(target_os = "linux")]
fn main() {
    println!("| what | value |\n|---|---|");
    for (what, value) in measure::all() {
        println!("| {what} | {value} |");
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The measurements need Linux.");
}

#[cfg(target_os = "linux")]
mod measure {
    use std::fs;
    use std::time::{Duration, Instant};

    use offhook_tests::desk::Desk;
    use offhook_tests::product::{Product, binary};

    const PROGRAMS: [&str; 4] = ["offhook", "offhook-window", "offhookctl", "offhook-playground"];
    const CALLS: usize = 200;

    pub fn all() -> Vec<(String, String)> {
        let mut values: Vec<(String, String)> = PROGRAMS.iter().map(|name| size(name)).collect();
        let desk = Desk::headless();
        let mut offhook = Product::new(&desk);
        offhook.write_settings("version = 1\n[store]\nsecrets = \"file\"\n");
        let begun = Instant::now();
        offhook.start_headless();
        values.push((
            "start of `offhook` to its first answer".to_owned(),
            milliseconds(begun.elapsed()),
        ));
        let mut took: Vec<Duration> = (0..CALLS).map(|at| call(&offhook, at)).collect();
        took.sort_unstable();
        values.push((
            "`offhookctl call`, wall time, p50".to_owned(),
            milliseconds(took[CALLS / 2]),
        ));
        values.push((
            "`offhookctl call`, wall time, p99".to_owned(),
            milliseconds(took[CALLS * 99 / 100]),
        ));
        offhook.term();
        values
    }

    fn size(name: &str) -> (String, String) {
        let bytes = fs::metadata(binary(name)).expect("a program").len();
        (
            format!("size of `{name}`"),
            format!("{:.2} MB", bytes as f64 / 1e6),
        )
    }

    fn milliseconds(span: Duration) -> String {
        format!("{:.1} ms", span.as_secs_f64() * 1e3)
    }

    /// By turns the beginning and the end of a call.
    fn call(offhook: &Product<'_>, at: usize) -> Duration {
        let event = if at.is_multiple_of(2) { "answer" } else { "hangup" };
        let begun = Instant::now();
        let said = offhook.ctl(&["call", event, "--source", "bench", "--id", "bench-1"]);
        let took = begun.elapsed();
        assert_eq!(said.code, 0, "{}", said.stderr);
        took
    }
}
