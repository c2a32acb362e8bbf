//! `cargo xtask fuzz`: looks for inputs that break a parser of outside bytes. docs/FUZZ.md says what to do with one.
//!
//! The stable toolchain will do: the counters that guide libFuzzer are an LLVM pass that `rustc` can be asked for.
//! `cargo fuzz` needs a nightly for the address sanitizer, which has nothing to find where `unsafe` is denied. Only our
//! own crates are built with counters; what they use is taken as the tests built it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::step::{self, Steps};
use crate::workspace;

/// What one target gets when a person asks: a minute.
const BY_HAND: Duration = Duration::from_secs(60);
/// What all of them get together when little time is to be spent.
const BRIEF: Duration = Duration::from_secs(90);
/// An input that takes longer has broken its target, in seconds; the slowest of the corpus take milliseconds. libFuzzer
/// goes by the wall clock, and a crowded machine stands still for several seconds.
const SLOWEST: u32 = 60;
/// A target that takes more memory is broken, in MiB. The program itself takes some 40.
const LARGEST: u32 = 400;
/// What a turn may take beyond its time and its slowest input before it is ended: libFuzzer keeps its time by itself, and
/// this is for the day on which it does not.
const GRACE: Duration = Duration::from_secs(60);
/// What is left of an ended fuzzer's words when it found something.
const LAST_WORDS: usize = 40;

/// The counters of libFuzzer, as `cargo fuzz` asks for them, and speed, with the checks of unoptimised programs.
const COUNTERS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Copt-level=1",
];

/// Says that cargo calls us in place of `rustc`, for the crates of the workspace.
const AS_RUSTC: &str = "OFFHOOK_FUZZ_AS_RUSTC";

/// Whether we are called in place of `rustc`: then the answer is its own, with counters where they belong.
pub fn as_rustc() -> Option<ExitCode> {
    std::env::var_os(AS_RUSTC)?;
    let mut words = std::env::args_os().skip(1);
    let mut rustc = Command::new(words.next()?);
    let words: Vec<_> = words.collect();
    let name = words
        .iter()
        .position(|word| word == "--crate-name")
        .and_then(|at| words.get(at + 1));
    let is_ours = name
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("offhook_") || name == "fuzz");
    rustc.args(words);
    if is_ours {
        rustc.args(COUNTERS);
    }
    let succeeded = rustc.status().is_ok_and(|status| status.success());
    Some(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    seconds: Duration,
    /// Take the inputs that reached something new into the corpus.
    keep: bool,
    targets: Vec<String>,
}

impl Asked {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut asked = Self {
            seconds: BY_HAND,
            keep: false,
            targets: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seconds" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    let number = number.filter(|number| *number > 0);
                    asked.seconds = Duration::from_secs(number.context("--seconds wants a number above 0")?);
                }
                "--keep" => asked.keep = true,
                "--target" => {
                    let target = arguments.next().context("--target wants the name of one")?;
                    asked.targets.push(target.clone());
                }
                other => bail!("fuzz knows --brief alone, --seconds N, --target T and --keep, not {other}"),
            }
        }
        Ok(asked)
    }
}

/// Gives each target its time, or those that are named.
///
/// # Errors
/// A target was broken; the file to commit was named.
pub fn fuzz(arguments: &[String], steps: &mut Steps) -> Result<()> {
    if arguments == ["--brief"] {
        return brief(steps);
    }
    let asked = Asked::parse(arguments)?;
    let fuzzer = steps.step("build of the fuzzer", build)?;
    let all = fuzzer.targets()?;
    let chosen = choose(all, &asked.targets)?;
    steps.step("fuzzing", || fuzzer.take_turns(&chosen, asked.seconds))?;
    if asked.keep {
        steps.step("keeping what reached something new", || {
            chosen.iter().try_for_each(|target| fuzzer.keep(target))
        })?;
    }
    Ok(())
}

/// Those that are named, or all.
fn choose(all: Vec<Target>, named: &[String]) -> Result<Vec<Target>> {
    if let Some(unknown) = named
        .iter()
        .find(|name| all.iter().all(|target| target.name != **name))
    {
        let all: Vec<&str> = all.iter().map(|target| target.name.as_str()).collect();
        bail!("there is no target {unknown}; there are: {}", all.join(" "));
    }
    let is_chosen = |target: &Target| named.is_empty() || named.contains(&target.name);
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// All targets take turns within [`BRIEF`]. What is found stays in the corpus, so that the next tests try it, too.
///
/// # Errors
/// As [`fuzz`].
pub fn brief(steps: &mut Steps) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("== fuzzing: on Linux only");
        return Ok(());
    }
    let mut fuzzer = steps.step("build of the fuzzer", build)?;
    // The same inputs for the same sources, as far as the time goes: who has changed nothing finds nothing new.
    fuzzer.seed = Some(1);
    fuzzer.scratch.push("brief");
    if fuzzer.scratch.exists() {
        fs::remove_dir_all(&fuzzer.scratch).context("what an earlier run left")?;
    }
    steps.step("fuzzing, 90 seconds in all", || {
        let targets = fuzzer.targets()?;
        let each =
            BRIEF.mul_f64(f64::from(u32::try_from(at_once())?) / f64::from(u32::try_from(targets.len())?));
        fuzzer.take_turns(&targets, each)
    })
}

/// As many as there are processors, four at most.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// A parser with what must hold for it, as the fuzzer lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    name: String,
    /// In bytes.
    longest: usize,
}

/// The built program, and where inputs lie.
struct Fuzzer {
    program: PathBuf,
    /// Inputs that were found interesting; grows from run to run.
    scratch: PathBuf,
    corpus: PathBuf,
    /// `None`: another one each time.
    seed: Option<u32>,
}

/// Beside the tests and with their features, so that only our own crates are built once more.
fn build() -> Result<Fuzzer> {
    let mut build = step::cargo(&["build", "--quiet", "--example", "fuzz"]);
    build
        .args(workspace::everything_for_tests()?)
        .env("RUSTC_WORKSPACE_WRAPPER", workspace::own_program()?)
        .env(AS_RUSTC, "1");
    step::run(&mut build)?;
    let target = workspace::target_folder()?;
    Ok(Fuzzer {
        program: target.join("debug/examples/fuzz"),
        scratch: target.join("fuzz"),
        corpus: xtask::parts::workspace().join("fuzz/corpus"),
        seed: None,
    })
}

/// What one turn came to.
struct Turn {
    target: String,
    runs: u64,
    took: Duration,
    /// Empty: nothing was broken.
    last_words: String,
    /// The inputs that broke it, as the fuzzer names their files.
    found: Vec<String>,
}

impl Fuzzer {
    fn targets(&self) -> Result<Vec<Target>> {
        let mut program = step::command(&self.program.to_string_lossy(), &[]);
        let said = step::read(program.env("OFFHOOK_FUZZ", "list"))?;
        let targets = said.lines().map(|line| {
            let (name, longest) = line.split_once(' ')?;
            Some(Target {
                name: name.to_owned(),
                longest: longest.parse().ok()?,
            })
        });
        targets
            .collect::<Option<_>>()
            .context("the fuzzer's list of targets")
    }

    /// Each for so long, a few side by side; all of them, even when one is broken.
    fn take_turns(&self, targets: &[Target], each: Duration) -> Result<()> {
        let queue = Mutex::new(targets.iter().rev().collect::<Vec<_>>());
        let turns = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..at_once() {
                scope.spawn(|| {
                    while let Some(target) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                        let turn = self.turn(target, each);
                        if let Ok(turn) = &turn {
                            println!(
                                "{:>10} runs in {:>5.1} s  {}",
                                turn.runs,
                                turn.took.as_secs_f64(),
                                target.name
                            );
                        }
                        if let Ok(mut turns) = turns.lock() {
                            turns.push(turn);
                        }
                    }
                });
            }
        });
        let mut broken = Vec::new();
        let (mut runs, mut all) = (0, 0);
        for turn in turns.into_inner().unwrap_or_default() {
            let turn = turn?;
            (runs, all) = (runs + turn.runs, all + 1);
            if !turn.last_words.is_empty() {
                println!("{}: {}", turn.target, turn.last_words);
                broken.push(format!("{}: {}", turn.target, turn.found.join(", ")));
            }
        }
        println!("{all} targets, {runs} inputs, {} broken", broken.len());
        if broken.is_empty() {
            return Ok(());
        }
        bail!(
            "these inputs break their target; make each a test of the parser, mend that, and commit the file with both:\n{}",
            broken.join("\n")
        )
    }

    fn turn(&self, target: &Target, length: Duration) -> Result<Turn> {
        let (scratch, corpus) = (self.scratch.join(&target.name), self.corpus.join(&target.name));
        for folder in [&scratch, &corpus] {
            fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
        }
        let begun = Instant::now();
        let mut program = self.program(target);
        // libFuzzer's own word for "another one each time" is 0.
        program.arg(format!("-seed={}", self.seed.unwrap_or(0)));
        program.arg(format!("-max_total_time={}", last_second(length)));
        program.args([&scratch, &corpus]);
        let limit = length + Duration::from_secs(SLOWEST.into()) + GRACE;
        let (text, success) = step::hear_within(&mut program, limit)?;
        let runs = text.lines().filter_map(runs_in).next_back().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n");
        Ok(Turn {
            target: target.name.clone(),
            runs,
            took: begun.elapsed(),
            last_words: if success { String::new() } else { last },
            found: text.lines().filter_map(found_in).collect(),
        })
    }

    /// Takes into the corpus what reaches something that the corpus does not, the smallest inputs for it.
    fn keep(&self, target: &Target) -> Result<()> {
        let (scratch, corpus) = (self.scratch.join(&target.name), self.corpus.join(&target.name));
        let before = count(&corpus)?;
        let mut program = self.program(target);
        program.args(["-merge=1"]).args([&corpus, &scratch]);
        let (text, success) = step::hear(&mut program)?;
        if !success {
            bail!("{}: {text}", target.name);
        }
        println!("{}: {} inputs, {before} before", target.name, count(&corpus)?);
        Ok(())
    }

    fn program(&self, target: &Target) -> Command {
        let mut program = step::command(&self.program.to_string_lossy(), &[]);
        program.env("OFFHOOK_FUZZ", &target.name);
        let finds = self.corpus.join(&target.name).join("");
        program.args([
            format!("-max_len={}", target.longest),
            format!("-timeout={SLOWEST}"),
            format!("-rss_limit_mb={LARGEST}"),
            format!("-artifact_prefix={}", finds.display()),
            "-print_final_stats=1".to_owned(),
        ]);
        program
    }
}

/// libFuzzer goes on until more than so many whole seconds are over, and takes 0 for ever.
fn last_second(length: Duration) -> u64 {
    length.as_secs().saturating_sub(1).max(1)
}

fn count(folder: &Path) -> Result<usize> {
    Ok(fs::read_dir(folder)?.count())
}

/// How many runs libFuzzer's own summary counts.
fn runs_in(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?
        .trim()
        .parse()
        .ok()
}

/// The file that libFuzzer has kept an input in, from the root of the clone.
fn found_in(line: &str) -> Option<String> {
    let (_, file) = line.split_once("Test unit written to ")?;
    let file = Path::new(file.trim());
    let file = file.strip_prefix(xtask::parts::workspace()).unwrap_or(file);
    Some(file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::{Asked, Target, choose, found_in, last_second, runs_in};
    use std::time::Duration;

    fn parse(line: &str) -> anyhow::Result<Asked> {
        Asked::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_command_line_is_read() {
        let asked = parse("--seconds 5 --target ledger --target hook-http --keep").unwrap();
        assert_eq!(asked.seconds, Duration::from_secs(5));
        assert_eq!(asked.targets, ["ledger", "hook-http"]);
        assert!(asked.keep);
        assert_eq!(parse("").unwrap().seconds, Duration::from_secs(60));
        for wrong in [
            "--seconds",
            "--seconds 0",
            "--seconds x",
            "--target",
            "ledger",
            "--fast",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn targets_are_chosen_by_name() {
        let target = |name: &str| Target {
            name: name.to_owned(),
            longest: 1,
        };
        let all = vec![target("a"), target("b")];
        assert_eq!(choose(all.clone(), &[]).unwrap(), all);
        assert_eq!(choose(all.clone(), &["b".to_owned()]).unwrap(), [target("b")]);
        assert!(choose(all, &["c".to_owned()]).is_err());
    }

    #[test]
    fn a_turn_ends_with_its_last_second() {
        assert_eq!(last_second(Duration::from_secs(60)), 59);
        assert_eq!(last_second(Duration::from_millis(3_200)), 2);
        assert_eq!(last_second(Duration::from_millis(400)), 1, "0 would be for ever");
    }

    #[test]
    fn runs_are_read_from_the_summary() {
        assert_eq!(runs_in("stat::number_of_executed_units: 2174"), Some(2174));
        assert_eq!(runs_in("Done 2174 runs"), None);
    }

    #[test]
    fn what_was_found_is_named_by_its_file() {
        let file = xtask::parts::workspace().join("fuzz/corpus/ledger/crash-0a1b");
        let line = format!("artifact_prefix='x/'; Test unit written to {}", file.display());
        assert_eq!(found_in(&line).as_deref(), Some("fuzz/corpus/ledger/crash-0a1b"));
        assert_eq!(found_in("Base64: Cg=="), None);
    }
}
