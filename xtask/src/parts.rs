//! The real parts of the tests that no package manager installs into the system: Asterisk, Kamailio, prosody and two npm
//! programs.
//!
//! They lie in a cache folder outside the clone, since CI clones afresh while the machine often survives.
//! `cargo xtask setup` fetches them; the tests only look for them.

use std::env;
use std::path::{Path, PathBuf};

/// How to get a part that is missing; tests say this when they stop for want of one.
pub const HOW_TO_INSTALL: &str = "run `cargo xtask setup`";

/// The npm program that stands in for Entra, and the one that validates Graph requests.
/// Each is a folder below `tests/` with a `package.json` and its lock.
pub const NPM_PARTS: [&str; 2] = ["oidc", "prism"];

/// The cache folder: `$OFFHOOK_PARTS`, else `$XDG_CACHE_HOME/offhook-parts`, else `~/.cache/offhook-parts`.
///
/// # Errors
/// A sentence, if the environment names none of the three.
pub fn folder() -> Result<PathBuf, &'static str> {
    let named = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    named("OFFHOOK_PARTS")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("offhook-parts")))
        .or_else(|| env::home_dir().map(|home| home.join(".cache/offhook-parts")))
        .ok_or("there is no home folder: say where the parts of the tests belong with OFFHOOK_PARTS")
}

/// The root of the clone, known from where this crate was compiled.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where `name` of [`NPM_PARTS`] is installed; its `node_modules` lies in there.
#[must_use]
pub fn npm(parts: &Path, name: &str) -> PathBuf {
    parts.join(name)
}

/// An Asterisk that was unpacked into a folder and is run by its own loader: no chroot, no root.
#[derive(Debug, Clone)]
pub struct AsteriskRoot {
    pub root: PathBuf,
    pub loader: PathBuf,
    /// For the loader's `--library-path`.
    pub libraries: String,
    pub modules: PathBuf,
}

impl AsteriskRoot {
    /// Where `cargo xtask setup` unpacks Asterisk from `suite`.
    #[must_use]
    pub fn folder(parts: &Path, suite: &str) -> PathBuf {
        parts.join(format!("asterisk-{suite}"))
    }

    /// The first of the known suites that has been unpacked. The layout differs by suite and processor.
    #[must_use]
    pub fn find(parts: &Path) -> Option<Self> {
        ASTERISK_SUITES
            .iter()
            .find_map(|suite| Self::at(Self::folder(parts, suite)))
    }

    /// Reads the layout of an unpacked root; `None` if it is none.
    #[must_use]
    pub fn at(root: PathBuf) -> Option<Self> {
        let arch = env::consts::ARCH;
        let triple = format!("{arch}-linux-gnu");
        let loaders = [
            format!("lib/{triple}/ld-2.31.so"),
            "usr/lib64/ld-linux-x86-64.so.2".to_owned(),
            format!("usr/lib/ld-linux-{arch}.so.1"),
        ];
        let modules = [
            "usr/lib/asterisk/modules".to_owned(),
            format!("usr/lib/{triple}/asterisk/modules"),
        ];
        let libraries = [
            format!("usr/lib/{triple}"),
            format!("lib/{triple}"),
            format!("usr/lib/{triple}/asterisk"),
            "usr/lib".to_owned(),
        ];
        let first = |names: &[String]| {
            names
                .iter()
                .map(|name| root.join(name))
                .find(|path| path.exists())
        };
        let (loader, modules) = (first(&loaders)?, first(&modules)?);
        if !root.join("usr/sbin/asterisk").exists() {
            return None;
        }
        let libraries: Vec<String> = libraries
            .iter()
            .map(|name| root.join(name).display().to_string())
            .collect();
        Some(Self {
            loader,
            libraries: libraries.join(":"),
            modules,
            root,
        })
    }
}

/// Debian's suites that carry Asterisk, in the order of preference: bullseye is frozen, so it is the same bytes
/// every time; it may leave the mirrors one day, which is what forky is for.
pub const ASTERISK_SUITES: [&str; 2] = ["bullseye", "forky"];

/// A Kamailio that was unpacked into a folder and is run by its own loader: no chroot, no root.
#[derive(Debug, Clone)]
pub struct KamailioRoot {
    pub root: PathBuf,
    pub loader: PathBuf,
    /// For the loader's `--library-path`.
    pub libraries: String,
    pub modules: PathBuf,
}

impl KamailioRoot {
    /// Where `cargo xtask setup` unpacks Kamailio from `suite`.
    #[must_use]
    pub fn folder(parts: &Path, suite: &str) -> PathBuf {
        parts.join(format!("kamailio-{suite}"))
    }

    /// The first of the known suites that has been unpacked.
    #[must_use]
    pub fn find(parts: &Path) -> Option<Self> {
        KAMAILIO_SUITES
            .iter()
            .find_map(|suite| Self::at(Self::folder(parts, suite)))
    }

    /// Reads the layout of an unpacked root; `None` if it is none, or has no `presence_dfks`.
    #[must_use]
    pub fn at(root: PathBuf) -> Option<Self> {
        let arch = env::consts::ARCH;
        let loader = loader_in(&root)?;
        let libraries = root.join(format!("usr/lib/{arch}-linux-gnu"));
        let modules = libraries.join("kamailio/modules");
        let needed = [
            modules.join("presence_dfks.so"),
            modules.join("db_sqlite.so"),
            root.join("usr/sbin/kamailio"),
            root.join("usr/bin/sqlite3"),
        ];
        if !needed.iter().all(|path| path.exists()) {
            return None;
        }
        let libraries = libraries.display();
        Some(Self {
            loader,
            libraries: format!("{libraries}:{libraries}/kamailio"),
            modules,
            root,
        })
    }
}

/// The loader of an unpacked root, wherever its release of Debian has it.
fn loader_in(root: &Path) -> Option<PathBuf> {
    let arch = env::consts::ARCH;
    ["lib64", "usr/lib64", "lib", "usr/lib"]
        .iter()
        .flat_map(|folder| {
            ["ld-linux-x86-64.so.2".to_owned(), format!("ld-linux-{arch}.so.1")]
                .map(|name| root.join(folder).join(name))
        })
        .find(|path| path.exists())
}

/// Debian's suites whose Kamailio has `as-feature-event`, in the order of preference.
pub const KAMAILIO_SUITES: [&str; 2] = ["forky", "sid"];

/// A prosody (XMPP) that was unpacked into a folder and is run by its own loader: no service, no root.
#[derive(Debug, Clone)]
pub struct ProsodyRoot {
    pub root: PathBuf,
    pub loader: PathBuf,
    /// For the loader's `--library-path`.
    pub libraries: String,
    /// For `LUA_PATH` and `LUA_CPATH`.
    pub lua_path: String,
    pub lua_cpath: String,
}

impl ProsodyRoot {
    /// Where `cargo xtask setup` unpacks prosody from `suite`.
    #[must_use]
    pub fn folder(parts: &Path, suite: &str) -> PathBuf {
        parts.join(format!("prosody-{suite}"))
    }

    /// The first of the known suites that has been unpacked.
    #[must_use]
    pub fn find(parts: &Path) -> Option<Self> {
        PROSODY_SUITES
            .iter()
            .find_map(|suite| Self::at(Self::folder(parts, suite)))
    }

    /// Reads the layout of an unpacked root; `None` if it is none.
    #[must_use]
    pub fn at(root: PathBuf) -> Option<Self> {
        let arch = env::consts::ARCH;
        let loader = loader_in(&root)?;
        let libraries = root.join(format!("usr/lib/{arch}-linux-gnu"));
        let modules = libraries.join("lua/5.4");
        let needed = [
            modules.join("lxp.so"),
            modules.join("ssl.so"),
            root.join("usr/bin/lua5.4"),
            root.join("usr/bin/prosody"),
        ];
        if !needed.iter().all(|path| path.exists()) {
            return None;
        }
        let (shown, share) = (root.display(), root.join("usr/share/lua/5.4"));
        let share = share.display();
        Some(Self {
            loader,
            libraries: format!("{}:{shown}/lib/{arch}-linux-gnu", libraries.display()),
            lua_path: format!("{share}/?.lua;{share}/?/init.lua;{shown}/usr/lib/prosody/?.lua"),
            lua_cpath: format!("{}/?.so;{shown}/usr/lib/prosody/?.so", modules.display()),
            root,
        })
    }
}

/// Debian's suites whose prosody runs on Lua 5.4, in the order of preference.
pub const PROSODY_SUITES: [&str; 2] = ["bookworm", "trixie"];
