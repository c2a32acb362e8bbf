//! The three things that we do not install: Rust, Node and npm.

use anyhow::{Result, bail};

use crate::step;

/// A program with the oldest version that will do, and where a person gets it.
struct Prerequisite {
    name: &'static str,
    program: &'static str,
    oldest: (u32, u32),
    from: &'static str,
}

const PREREQUISITES: [Prerequisite; 3] = [
    Prerequisite {
        name: "Rust",
        program: "rustc",
        oldest: (1, 92),
        from: "https://rustup.rs",
    },
    Prerequisite {
        name: "Node",
        program: "node",
        oldest: (20, 0),
        from: "https://nodejs.org",
    },
    Prerequisite {
        name: "npm",
        program: if cfg!(windows) { "npm.cmd" } else { "npm" },
        oldest: (9, 0),
        from: "https://nodejs.org (it comes with Node)",
    },
];

/// Looks at all three before it complains, so that a person mends everything at once.
pub fn check() -> Result<()> {
    let mut complaints = Vec::new();
    for Prerequisite {
        name,
        program,
        oldest: (major, minor),
        from,
    } in PREREQUISITES
    {
        let Ok(said) = step::read(&mut step::command(program, &["--version"])) else {
            complaints.push(format!(
                "{name} {major}.{minor} or newer is needed and none was found: {from}."
            ));
            continue;
        };
        match version(&said) {
            Some(found) if found >= (major, minor) => println!("{name} {}.{}", found.0, found.1),
            Some(found) => complaints.push(format!(
                "{name} {major}.{minor} or newer is needed, and {}.{} was found: {from}.",
                found.0, found.1
            )),
            None => complaints.push(format!("`{program} --version` says no version: {}", said.trim())),
        }
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

/// The first two numbers of `rustc 1.95.0 (…)`, `v20.20.2`, `11.19.1`.
fn version(said: &str) -> Option<(u32, u32)> {
    let begin = said.find(|letter: char| letter.is_ascii_digit())?;
    let mut numbers = said.get(begin..)?.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("11.19.1"), Some((11, 19)));
        assert_eq!(version("no"), None);
    }
}
