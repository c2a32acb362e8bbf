//! The tests that a mutant meets, each alone the first time and then as many as are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::list::Outcome;
use super::switch::Number;
use crate::step;

/// How many of the tests that meet a mutant are tried first: the quickest notice most.
const FIRST: usize = 6;
/// And so many times more each time that none of them does: a program that was begun runs all that it was told.
const MORE: usize = 4;
/// A mutant has gone on for too long when it took this many times what the tests take, in processor time, so that a busy
/// machine changes nothing; and this much besides.
const SLOWER: u32 = 5;
const BESIDES: Duration = Duration::from_secs(2);
/// In KiB of address space. What grows without end shall end.
const MEMORY: u64 = 4 << 20;
/// For a test that waits for something: none should.
const WALL: Duration = Duration::from_secs(900);

/// One test of one program.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Test {
    program: usize,
    name: String,
    took: Duration,
    met: BTreeSet<Number>,
}

/// What is kept of the tests until they are built anew.
#[derive(Serialize, Deserialize)]
struct Learned {
    programs: Vec<(PathBuf, SystemTime)>,
    tests: Vec<Test>,
}

/// All tests, and which of them meet which mutant.
pub struct Tests {
    programs: Vec<PathBuf>,
    tests: Vec<Test>,
    /// Quickest first.
    meet: BTreeMap<Number, Vec<usize>>,
}

impl Tests {
    /// Runs every test by itself without any mutant; what that showed is kept in `folder` until they are built anew.
    ///
    /// # Errors
    /// When one fails.
    pub fn learn(programs: Vec<PathBuf>, folder: &Path) -> Result<Self> {
        let kept = folder.join("met.json");
        let built = programs
            .iter()
            .map(|program| Ok((program.clone(), fs::metadata(program)?.modified()?)))
            .collect::<Result<Vec<_>>>()?;
        let known = fs::read_to_string(&kept)
            .ok()
            .and_then(|text| serde_json::from_str::<Learned>(&text).ok())
            .filter(|known| known.programs == built);
        let learned = match known {
            Some(known) => known,
            None => Learned {
                tests: each_alone(&programs, &folder.join("met.txt"))?,
                programs: built,
            },
        };
        fs::write(kept, serde_json::to_string(&learned)?)?;
        let tests = learned.tests;
        let mut order: Vec<usize> = (0..tests.len()).collect();
        order.sort_by_key(|test| tests[*test].took);
        let mut meet: BTreeMap<Number, Vec<usize>> = BTreeMap::new();
        for test in order {
            for number in &tests[test].met {
                meet.entry(*number).or_default().push(test);
            }
        }
        Ok(Self {
            programs,
            tests,
            meet,
        })
    }

    pub fn count(&self) -> usize {
        self.tests.len()
    }

    pub fn took(&self) -> Duration {
        self.tests.iter().map(|test| test.took).sum()
    }

    /// What becomes of a mutant.
    ///
    /// # Errors
    /// When a test can't be started.
    pub fn outcome(&self, number: Number) -> Result<Outcome> {
        let Some(meet) = self.meet.get(&number) else {
            return Ok(Outcome::NotMet);
        };
        let (mut rest, mut size) = (meet.as_slice(), FIRST);
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(size.min(rest.len()));
            for program in 0..self.programs.len() {
                let chosen: Vec<&Test> = batch
                    .iter()
                    .map(|test| &self.tests[*test])
                    .filter(|test| test.program == program)
                    .collect();
                if let Some(outcome) = self.noticed(&chosen, number)? {
                    return Ok(outcome);
                }
            }
            (rest, size) = (others, size * MORE);
        }
        Ok(Outcome::Missed)
    }

    /// Whether one of them, all of the same program, notices.
    fn noticed(&self, tests: &[&Test], number: Number) -> Result<Option<Outcome>> {
        let Some(first) = tests.first() else {
            return Ok(None);
        };
        let took: Duration = tests.iter().map(|test| test.took).sum();
        let mut run = limited(&self.programs[first.program], took * SLOWER + BESIDES);
        run.args(["--exact", "--include-ignored", "--test-threads", "1"])
            .args(tests.iter().map(|test| &test.name))
            .env("OFFHOOK_MUTANT", number.to_string());
        ended(&mut run)
    }
}

/// The simulated world, which judges what no test notices.
pub struct World {
    program: PathBuf,
    took: Duration,
}

impl World {
    /// Too few for the world to complain that something is rare, which would say nothing of the engine.
    const HOURS: [&str; 4] = ["--hours", "400", "--threads", "1"];

    /// # Errors
    /// When an invariant does not hold without any mutant.
    pub fn learn(program: PathBuf) -> Result<Self> {
        let begun = Instant::now();
        let mut run = at_engine(&program.to_string_lossy());
        if ended(run.args(Self::HOURS))?.is_some() {
            bail!("the simulated world fails without any mutant");
        }
        let took = begun.elapsed();
        Ok(Self { program, took })
    }

    /// Whether it notices.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn outcome(&self, number: Number) -> Result<Option<Outcome>> {
        let mut run = limited(&self.program, self.took * SLOWER + BESIDES);
        run.args(Self::HOURS).env("OFFHOOK_MUTANT", number.to_string());
        let by_world = |outcome| match outcome == Outcome::Caught {
            true => Outcome::CaughtByWorld,
            false => outcome,
        };
        Ok(ended(&mut run)?.map(by_world))
    }
}

fn each_alone(programs: &[PathBuf], scratch: &Path) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        let program = program.to_string_lossy();
        let listed = step::read(at_engine(&program).args(["--list", "--format", "terse"]))?;
        for name in listed.lines().filter_map(|line| line.strip_suffix(": test")) {
            let _ = fs::remove_file(scratch);
            let mut alone = at_engine(&program);
            alone
                .args(["--exact", name, "--include-ignored"])
                .env("OFFHOOK_MUTANTS_MET", scratch);
            let begun = Instant::now();
            let (said, success) = step::hear_within(&mut alone, WALL)?;
            if !success {
                bail!("{name} fails without any mutant: {said}");
            }
            let took = begun.elapsed();
            let numbers = fs::read_to_string(scratch).unwrap_or_default();
            tests.push(Test {
                program: index,
                name: name.to_owned(),
                took,
                met: numbers.lines().filter_map(|line| line.parse().ok()).collect(),
            });
        }
    }
    Ok(tests)
}

/// Runs all tests of each program: the sources themselves have a fault.
///
/// # Errors
/// When one can't be started.
pub fn all(programs: &[PathBuf], took: Duration) -> Result<Outcome> {
    for program in programs {
        let mut run = limited(program, took * SLOWER + BESIDES);
        if let Some(outcome) = ended(run.args(["--include-ignored", "--test-threads", "1"]))? {
            return Ok(outcome);
        }
    }
    Ok(Outcome::Missed)
}

/// cargo starts tests in the folder of their package.
fn at_engine(program: &str) -> Command {
    let mut command = step::command(program, &[]);
    command.current_dir(xtask::parts::workspace().join(super::tree::ENGINE));
    command
}

/// With a limit of processor time and memory, which the shell can set.
fn limited(program: &Path, time: Duration) -> Command {
    let mut limited = at_engine("sh");
    let seconds = time.as_secs().max(1);
    let limits = format!("ulimit -t {seconds}; ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    limited.args(["-c", &limits]).arg(program);
    limited
}

fn ended(run: &mut Command) -> Result<Option<Outcome>> {
    run.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = run.spawn().context("a test could not start")?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(judged(status));
        }
        if begun.elapsed() > WALL {
            child.kill()?;
            child.wait()?;
            return Ok(Some(Outcome::TimedOut));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
fn judged(status: ExitStatus) -> Option<Outcome> {
    use std::os::unix::process::ExitStatusExt as _;
    /// SIGKILL and SIGXCPU: what the limit of processor time ends with.
    const OUT_OF_TIME: [i32; 2] = [9, 24];
    match status.signal() {
        Some(signal) if OUT_OF_TIME.contains(&signal) => Some(Outcome::TimedOut),
        Some(_) => Some(Outcome::Caught),
        None => (!status.success()).then_some(Outcome::Caught),
    }
}

#[cfg(not(unix))]
fn judged(status: ExitStatus) -> Option<Outcome> {
    (!status.success()).then_some(Outcome::Caught)
}
