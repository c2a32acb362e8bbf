//! The three things that we do not install: Rust, Node and npm.

use anyhow::{Result, bail};

use crate::step;

/// The first two numbers of a version.
type Version = (u32, u32);

/// A program with the oldest version that will do, and where a person gets it.
struct Prerequisite {
    name: &'static str,
    program: &'static str,
    oldest: Version,
    /// Newer ones, up to this one, that won't do.
    gap: Option<(Version, Version)>,
    from: &'static str,
}

const PREREQUISITES: [Prerequisite; 3] = [
    Prerequisite {
        name: "Rust",
        program: "rustc",
        oldest: (1, 92),
        gap: None,
        from: "https://rustup.rs",
    },
    Prerequisite {
        name: "Node",
        program: "node",
        oldest: (20, 19),
        // What builds the pages says so (`engines` in ui/package-lock.json), and npm refuses to install it there.
        gap: Some(((21, 0), (22, 12))),
        from: "https://nodejs.org",
    },
    Prerequisite {
        name: "npm",
        program: if cfg!(windows) { "npm.cmd" } else { "npm" },
        oldest: (9, 0),
        gap: None,
        from: "https://nodejs.org (it comes with Node)",
    },
];

/// Looks at all three before it complains, so that a person mends everything at once.
pub fn check() -> Result<()> {
    let ask = |program: &str| step::read(&mut step::command(program, &["--version"])).ok();
    let complaints: Vec<String> = PREREQUISITES
        .iter()
        .filter_map(|prerequisite| prerequisite.check(ask(prerequisite.program).as_deref()).err())
        .collect();
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}", complaints.join("\n"))
}

impl Prerequisite {
    /// By what the program said of its version; `None`: there is none.
    fn check(&self, said: Option<&str>) -> Result<(), String> {
        let Self {
            name,
            program,
            oldest: (major, minor),
            gap,
            from,
        } = self;
        let needed = match gap {
            None => format!("{name} {major}.{minor} or newer"),
            Some((first, last)) => format!(
                "{name} {major}.{minor} or newer (but for {} to {} before {}.{})",
                first.0, last.0, last.0, last.1
            ),
        };
        let Some(said) = said else {
            return Err(format!("{needed} is needed and none was found: {from}."));
        };
        let Some(found) = version(said) else {
            return Err(format!("`{program} --version` says no version: {}", said.trim()));
        };
        let too_old = found < (*major, *minor);
        if too_old || gap.is_some_and(|(first, last)| found >= first && found < last) {
            let (major, minor) = found;
            return Err(format!(
                "{needed} is needed, and {major}.{minor} was found: {from}."
            ));
        }
        println!("{name} {}.{}", found.0, found.1);
        Ok(())
    }
}

/// The first two numbers of `rustc 1.95.0 (…)`, `v20.20.2`, `11.19.1`.
fn version(said: &str) -> Option<Version> {
    let begin = said.find(|letter: char| letter.is_ascii_digit())?;
    let mut numbers = said.get(begin..)?.split(|letter: char| !letter.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{PREREQUISITES, version};

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("11.19.1"), Some((11, 19)));
        assert_eq!(version("no"), None);
    }

    /// The sentence about a program, empty when it will do.
    fn about(name: &str, said: Option<&str>) -> String {
        let one = PREREQUISITES.iter().find(|one| one.name == name).unwrap();
        one.check(said).err().unwrap_or_default()
    }

    #[test]
    fn what_is_missing_or_too_old_is_named_with_what_is_needed() {
        assert_eq!(
            about("Rust", None),
            "Rust 1.92 or newer is needed and none was found: https://rustup.rs."
        );
        // Debian 12's own.
        assert_eq!(
            about("Rust", Some("rustc 1.63.0")),
            "Rust 1.92 or newer is needed, and 1.63 was found: https://rustup.rs."
        );
        assert_eq!(about("Rust", Some("rustc 1.92.0 (ded5c06cf 2025-12-08)")), "");
        assert!(about("npm", None).contains("npm 9.0 or newer"));
        assert_eq!(about("npm", Some("9.2.0")), "");
        assert!(about("Node", Some("what?")).contains("says no version"));
    }

    #[test]
    fn node_is_as_the_pages_need_it() {
        for (version, fits) in [
            ("v18.20.4", false),
            ("v20.18.3", false),
            ("v20.19.0", true),
            ("v21.7.0", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.1.0", true),
        ] {
            assert_eq!(about("Node", Some(version)).is_empty(), fits, "{version}");
        }
        let manifest = std::fs::read_to_string(xtask::parts::workspace().join("ui/package.json")).unwrap();
        assert!(manifest.contains("\"node\": \">=20.19\""), "{manifest}");
    }
}
