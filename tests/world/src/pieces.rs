//! A long run in pieces: the figures of each are kept in a file, so that a run that was interrupted goes on where it was.

use offhook_world::day::Outcome;
use offhook_world::desk::Failure;
use offhook_world::story::kinds;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;

/// As many days as a processor goes through in some seconds.
const DAYS: usize = 100;

/// Goes through `seeds` piece by piece and adds up, with what earlier runs have left in `folder`. A piece that `days`
/// does not bring to its end is not kept.
///
/// # Errors
/// When a file can't be read or written, or was left by another program.
pub fn through(folder: &Path, seeds: &[u64], mut days: impl FnMut(&[u64]) -> Outcome) -> io::Result<Outcome> {
    fs::create_dir_all(folder)?;
    let mut sum = Outcome::default();
    for (n, piece) in seeds.chunks(DAYS).enumerate() {
        let file = folder.join(format!("{n:05}-{}-{}.json", piece[0], piece[piece.len() - 1]));
        if let Ok(text) = fs::read_to_string(&file) {
            let kept =
                read(&text).ok_or_else(|| io::Error::other(format!("{} is no piece", file.display())))?;
            sum = sum.and(kept);
            continue;
        }
        let outcome = days(piece);
        let is_whole = outcome.days == piece.len() as u64;
        if is_whole {
            // Not half a file, whenever it is interrupted.
            let unfinished = file.with_extension("unfinished");
            fs::write(&unfinished, written(&outcome))?;
            fs::rename(&unfinished, &file)?;
        }
        sum = sum.and(outcome);
        if !is_whole {
            break;
        }
    }
    Ok(sum)
}

fn written(outcome: &Outcome) -> String {
    let failures = outcome.failures.iter();
    let failures: Vec<Value> = failures
        .map(|(seed, failure)| json!({"seed": seed, "invariant": failure.invariant, "text": failure.text}))
        .collect();
    let piece = json!({
        "days": outcome.days,
        "events": outcome.events,
        "counts": outcome.counts,
        "failures": failures,
    });
    format!("{piece:#}\n")
}

fn read(text: &str) -> Option<Outcome> {
    let piece: Value = serde_json::from_str(text).ok()?;
    let mut outcome = Outcome {
        days: piece["days"].as_u64()?,
        events: piece["events"].as_u64()?,
        ..Outcome::default()
    };
    let counts = piece["counts"].as_object()?;
    for kind in kinds() {
        if let Some(n) = counts.get(kind).and_then(Value::as_u64) {
            outcome.counts.insert(kind, n);
        }
    }
    for failure in piece["failures"].as_array()? {
        let invariant = u32::try_from(failure["invariant"].as_u64()?).ok()?;
        let text = failure["text"].as_str()?.to_owned();
        outcome
            .failures
            .push((failure["seed"].as_u64()?, Failure { invariant, text }));
    }
    Some(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(seed: u64) -> Outcome {
        let failure = Failure {
            invariant: 3,
            text: "a story\n".into(),
        };
        Outcome {
            days: 1,
            events: seed,
            counts: [("quit", 1), ("reboot", seed)].into(),
            failures: if seed == 7 {
                vec![(seed, failure)]
            } else {
                Vec::new()
            },
        }
    }

    /// The days up to `last`, and none after it.
    fn up_to(last: u64, begun: &mut Vec<u64>, piece: &[u64]) -> Outcome {
        let seeds = piece.iter().copied().filter(|seed| *seed <= last);
        seeds.fold(Outcome::default(), |sum, seed| {
            begun.push(seed);
            sum.and(day(seed))
        })
    }

    #[test]
    fn an_interrupted_run_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let seeds: Vec<u64> = (1..=250).collect();
        let whole = seeds.iter().map(|seed| day(*seed));
        let whole = whole.fold(Outcome::default(), Outcome::and);

        let mut begun = Vec::new();
        let part = through(folder.path(), &seeds, |piece| up_to(130, &mut begun, piece)).unwrap();
        assert_eq!((part.days, begun.last()), (130, Some(&130)));

        begun.clear();
        let rest = through(folder.path(), &seeds, |piece| up_to(250, &mut begun, piece)).unwrap();
        assert_eq!(begun.first(), Some(&101), "the first piece was kept");
        assert_eq!(
            (rest.days, rest.events, &rest.counts),
            (250, whole.events, &whole.counts)
        );
        let failures: Vec<_> = rest
            .failures
            .iter()
            .map(|(seed, f)| (*seed, f.invariant))
            .collect();
        assert_eq!(failures, [(7, 3)]);

        fs::write(folder.path().join("00000-1-100.json"), "{}").unwrap();
        assert!(through(folder.path(), &seeds, |piece| up_to(250, &mut begun, piece)).is_err());
    }
}
