//! `cargo xtask mutants`: puts small faults into the engine, one at a time, and sees whether its tests notice.
//! docs/MUTANTS.md has the figures of the last run, and the mutants that nobody could notice.
//!
//! `cargo mutants` says which faults there are, and would build engine and tests once for each. Nearly all can lie ready
//! in one build ([`switch`]); a test that does not meet a fault need not be run. What is left has a build of its own.

mod list;
mod switch;
mod tests;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use self::list::{Mutant, Outcome, Outcomes};
use self::switch::{Number, Switched};
use self::tests::{Tests, World};
use self::tree::Tree;
use crate::step::{self, Steps};
use crate::workspace;

pub use self::tree::as_rustc;

/// The exact version: another one makes other mutants, and the list of those that change nothing would not fit.
const VERSION: &str = "27.1.0";

/// Unit tests and scenarios. `properties` and `calendar_model` take long and notice little that these do not: chance
/// inputs by the hundred.
const TESTS: [&str; 3] = ["--lib", "--test", "scenarios"];

/// What decides most comes first; what is not named comes before what only shows.
const FIRST: [&str; 4] = ["src/reconcile/", "src/desired/", "src/engine/", "src/facts/"];
const LAST: [&str; 2] = ["src/view/", "src/text/"];

/// So often the compiler is asked which switches it refuses.
const ROUNDS: usize = 40;

/// How often what has come together so far is printed.
const EVERY: usize = 100;

/// What is asked for on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    /// Parts of paths; none means all files.
    files: Vec<String>,
    /// Forget what is known.
    anew: bool,
    /// Leave out what needs a build of its own.
    together: bool,
    /// Ask the simulated world about those that no test notices.
    world: bool,
    /// Build, and run nothing.
    build: bool,
}

impl Asked {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut asked = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--file" => asked
                    .files
                    .push(arguments.next().context("--file wants a part of a path")?.clone()),
                "--anew" => asked.anew = true,
                "--together" => asked.together = true,
                "--world" => asked.world = true,
                "--build" => asked.build = true,
                other => {
                    bail!("mutants knows --file PART, --anew, --together, --world and --build, not {other}")
                }
            }
        }
        Ok(asked)
    }
}

/// Runs the mutants of the engine that are not known to be noticed.
///
/// # Errors
/// A mutant survived that the configuration does not name, or the tests fail without any.
pub fn mutants(arguments: &[String], steps: &mut Steps) -> Result<()> {
    let asked = Asked::parse(arguments)?;
    if cfg!(not(target_os = "linux")) {
        bail!("mutants are run on Linux, where the shell sets limits");
    }
    let program = steps.step("cargo-mutants", install)?;
    let folder = xtask::parts::folder()
        .map_err(anyhow::Error::msg)?
        .join("mutants");
    fs::create_dir_all(&folder)?;
    let root = xtask::parts::workspace();
    let listed = step::read(&mut step::command(
        &program.to_string_lossy(),
        &["mutants", "--package", "offhook-engine", "--list", "--json"],
    ))?;
    let all = in_order(list::read(&listed, &root)?);
    let kept = folder.join("outcomes.jsonl");
    if asked.anew && kept.exists() {
        fs::remove_file(&kept)?;
    }
    let mut outcomes = Outcomes::open(&kept)?;
    let run = Run {
        wanted: wanted(&all, &asked, &outcomes),
        all: &all,
        folder: &folder,
        target: workspace::target_folder()?.join("mutants"),
    };
    println!(
        "{} mutants, {} to be run; {}",
        all.len(),
        run.wanted.len(),
        kept.display()
    );
    if !run.wanted.is_empty() {
        let (tree, ready) = steps.step("build with all mutants", || run.build())?;
        let programs = tree.tests(&TESTS)?;
        let tests = steps.step("which test meets which mutant", || {
            Tests::learn(programs, &folder)
        })?;
        if asked.build {
            return Ok(());
        }
        let own = steps.step("mutants, all in one build", || {
            run.together(&ready, &tests, &mut outcomes)
        })?;
        if asked.world {
            let world = steps.step("the simulated world with all mutants", || {
                World::learn(tree.world()?)
            })?;
            steps.step("mutants that no test notices, in the simulated world", || {
                run.in_the_world(&ready, &world, &mut outcomes)
            })?;
        }
        if !asked.together && !own.is_empty() {
            steps.step("mutants, each in a build of its own", || {
                run.alone(&own, &mut outcomes)
            })?;
        }
    }
    summary(&all, &asked, &outcomes)
}

/// By what they change: what decides first.
fn in_order(mut all: Vec<Mutant>) -> Vec<Mutant> {
    let part = |mutant: &Mutant| {
        let place = |parts: &[&str]| parts.iter().position(|part| mutant.file.contains(part));
        place(&FIRST)
            .or_else(|| place(&LAST).map(|place| FIRST.len() + 1 + place))
            .unwrap_or(FIRST.len())
    };
    all.sort_by_key(part);
    all
}

fn is_asked(mutant: &Mutant, asked: &Asked) -> bool {
    asked.files.is_empty() || asked.files.iter().any(|part| mutant.file.contains(part))
}

/// Those of which nothing is known, and those that were missed: there may be a test by now.
fn wanted(all: &[Mutant], asked: &Asked, outcomes: &Outcomes) -> BTreeSet<Number> {
    let is_open = |mutant: &Mutant| outcomes.of(mutant).is_none_or(Outcome::is_missed);
    (0..all.len())
        .filter(|number| is_asked(&all[*number], asked) && is_open(&all[*number]))
        .collect()
}

struct Run<'a> {
    all: &'a [Mutant],
    wanted: BTreeSet<Number>,
    folder: &'a Path,
    target: PathBuf,
}

impl Run<'_> {
    /// The sources with all mutants that can lie ready in one build, and which of the wanted ones those are.
    fn build(&self) -> Result<(Tree, BTreeSet<Number>)> {
        let tree = Tree::copy(self.folder.join("together"), self.target.clone())?;
        let known = self.folder.join("own.txt");
        let mut own = self.known_to_need_their_own(&known);
        let switched = self.switches(&tree, &mut own);
        // Also of what went wrong: the next run goes on from there.
        let names: Vec<&str> = own.iter().map(|number| self.all[*number].key.as_str()).collect();
        fs::write(&known, names.join("\n"))?;
        let switched = switched?;
        let ready: BTreeSet<Number> = switched
            .iter()
            .copied()
            .filter(|n| self.wanted.contains(n))
            .collect();
        println!("{} of them lie ready in one build", ready.len());
        Ok((tree, ready))
    }

    /// Runs those; what is returned needs a build of its own.
    fn together(
        &self,
        ready: &BTreeSet<Number>,
        tests: &Tests,
        outcomes: &mut Outcomes,
    ) -> Result<BTreeSet<Number>> {
        println!(
            "{} tests, which take {:.0} s one by one",
            tests.count(),
            tests.took().as_secs_f64()
        );
        fs::write(self.folder.join("took.txt"), tests.took().as_secs().to_string())?;
        for (done, number) in ready.iter().enumerate() {
            let mutant = &self.all[*number];
            self.keep(outcomes, mutant, tests.outcome(*number)?)?;
            if done % EVERY == EVERY - 1 {
                println!("{} of {} run", done + 1, ready.len());
            }
        }
        Ok(self.wanted.difference(ready).copied().collect())
    }

    /// Those of `ready` that no test notices.
    fn in_the_world(&self, ready: &BTreeSet<Number>, world: &World, outcomes: &mut Outcomes) -> Result<()> {
        for number in ready {
            let mutant = &self.all[*number];
            if outcomes.of(mutant).is_some_and(Outcome::is_missed)
                && let Some(outcome) = world.outcome(*number)?
            {
                self.keep(outcomes, mutant, outcome)?;
            }
        }
        Ok(())
    }

    fn known_to_need_their_own(&self, path: &Path) -> BTreeSet<Number> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let names: BTreeSet<&str> = text.lines().collect();
        (0..self.all.len())
            .filter(|number| names.contains(self.all[*number].key.as_str()))
            .collect()
    }

    /// Puts all switches in that the compiler takes; the others are added to `own`.
    fn switches(&self, tree: &Tree, own: &mut BTreeSet<Number>) -> Result<BTreeSet<Number>> {
        let root = xtask::parts::workspace();
        let sources = tree::sources()?;
        let mut constant: BTreeSet<String> = BTreeSet::new();
        for _ in 0..ROUNDS {
            let mut files: BTreeMap<&str, Vec<(Number, &Mutant)>> =
                sources.iter().map(|file| (file.as_str(), Vec::new())).collect();
            for (number, mutant) in self.all.iter().enumerate() {
                let file = files.entry(&mutant.file).or_default();
                if !own.contains(&number) {
                    file.push((number, mutant));
                }
            }
            let mut switched: BTreeMap<String, Switched> = BTreeMap::new();
            for (file, mutants) in files {
                let source = fs::read_to_string(root.join(file))?;
                let mut text =
                    switch::switched(&source, &mutants, &constant).with_context(|| file.to_owned())?;
                if file == LIB {
                    text.text.push_str(&switch::module(self.all.len()));
                }
                tree.write(file, &text.text)?;
                switched.insert(file.to_owned(), text);
            }
            let refusals = tree.check()?;
            if refusals.is_empty() {
                return Ok(switched.into_values().flat_map(|file| file.numbers).collect());
            }
            let before = (own.len(), constant.len());
            for refusal in &refusals {
                if let Some(name) = refusal.must_be_const() {
                    constant.insert(name.to_owned());
                    continue;
                }
                let faulty = refusal.places.iter().find_map(|(file, span)| {
                    let numbers = switched.get(file)?.at_fault(span);
                    (!numbers.is_empty()).then_some(numbers)
                });
                own.extend(faulty.unwrap_or_default());
            }
            if (own.len(), constant.len()) == before {
                bail!("the compiler refuses the switches: {refusals:#?}");
            }
            println!(
                "{} refused, {} in all; {} functions stay constant",
                own.len() - before.0,
                own.len(),
                constant.len()
            );
        }
        bail!("the compiler goes on refusing switches")
    }

    fn alone(&self, own: &BTreeSet<Number>, outcomes: &mut Outcomes) -> Result<()> {
        let tree = Tree::copy(self.folder.join("alone"), self.target.with_extension("alone"))?;
        let took = fs::read_to_string(self.folder.join("took.txt"))?;
        let took = Duration::from_secs(took.trim().parse()?);
        let root = xtask::parts::workspace();
        for file in tree::sources()? {
            tree.write(&file, &fs::read_to_string(root.join(&file))?)?;
        }
        tree.is_built_from()?;
        for (done, number) in own.iter().enumerate() {
            let mutant = &self.all[*number];
            let source = fs::read_to_string(root.join(&mutant.file))?;
            let (before, after) = (&source[..mutant.span.start], &source[mutant.span.end..]);
            tree.write(&mutant.file, &format!("{before}{}{after}", mutant.replacement))?;
            let programs = match tree.check()?.is_empty() {
                true => tree.tests_unless_refused(&TESTS)?,
                false => None,
            };
            let outcome = programs.map_or(Ok(Outcome::Unviable), |programs| tests::all(&programs, took))?;
            tree.write(&mutant.file, &source)?;
            self.keep(outcomes, mutant, outcome)?;
            if done % EVERY == EVERY - 1 {
                println!("{} of {} run", done + 1, own.len());
            }
        }
        Ok(())
    }

    fn keep(&self, outcomes: &mut Outcomes, mutant: &Mutant, outcome: Outcome) -> Result<()> {
        if !matches!(outcome, Outcome::Caught | Outcome::Unviable) {
            println!("{}: {}", outcome.word(), mutant.name);
        }
        outcomes.keep(mutant, outcome)
    }
}

/// Where the module of the switches goes.
const LIB: &str = "crates/engine/src/lib.rs";

fn summary(all: &[Mutant], asked: &Asked, outcomes: &Outcomes) -> Result<()> {
    let chosen: Vec<&Mutant> = all.iter().filter(|mutant| is_asked(mutant, asked)).collect();
    let mut missed = 0;
    for outcome in Outcome::ALL {
        let count = chosen
            .iter()
            .filter(|mutant| outcomes.of(mutant) == Some(outcome))
            .count();
        if outcome.is_missed() {
            missed += count;
        }
        println!("{count:>6} {}", outcome.word());
    }
    let open = chosen
        .iter()
        .filter(|mutant| outcomes.of(mutant).is_none())
        .count();
    println!("{open:>6} not run; {}", outcomes.path().display());
    for mutant in chosen {
        if outcomes.of(mutant).is_some_and(Outcome::is_missed) {
            println!("MISSED {}", mutant.name);
        }
    }
    if missed > 0 {
        bail!(
            "the tests do not notice the mutants called MISSED above: write a test that does, or, where nobody could \
             notice it, give the reason in docs/MUTANTS.md and name it in .cargo/mutants.toml"
        )
    }
    Ok(())
}

/// Into a folder of its own beside the other parts of the tests, once.
fn install() -> Result<PathBuf> {
    let folder = xtask::parts::folder()
        .map_err(anyhow::Error::msg)?
        .join(format!("cargo-mutants-{VERSION}"));
    let program = folder
        .join("bin")
        .join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    if Path::exists(&program) {
        println!("cargo-mutants {VERSION} is there: {}", program.display());
        return Ok(program);
    }
    let mut install = step::cargo(&["install", "--locked", "cargo-mutants", "--version", VERSION]);
    step::run(install.arg("--root").arg(&folder))?;
    Ok(program)
}
