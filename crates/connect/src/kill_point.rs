//! Places at which a test kills the program, to see that nothing stays set on a phone.
//!
//! Only with the feature `kill-points`, which release builds lack; without it [`reach`] is nothing.

/// The steps of a hold (R9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The ledger does not know of the hold yet.
    BeforeIntent,
    /// The ledger says intent, the phone is untouched.
    AfterIntent,
    /// The phone is written, the ledger still says intent.
    AfterWrite,
    /// The ledger says releasing, the phone still shows what we wrote.
    AfterReleasing,
    /// The phone is back, the ledger still says releasing.
    AfterRelease,
}

impl Point {
    pub const ALL: [Self; 5] = [
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterWrite,
        Self::AfterReleasing,
        Self::AfterRelease,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before-intent",
            Self::AfterIntent => "after-intent",
            Self::AfterWrite => "after-write",
            Self::AfterReleasing => "after-releasing",
            Self::AfterRelease => "after-release",
        }
    }
}

/// Ends the program by SIGKILL if the environment's `OFFHOOK_KILL_POINT` names this point.
#[cfg(feature = "kill-points")]
pub fn reach(point: Point) {
    if std::env::var_os("OFFHOOK_KILL_POINT").is_some_and(|name| name == point.name()) {
        #[cfg(unix)]
        let _gone = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

#[cfg(not(feature = "kill-points"))]
pub const fn reach(_point: Point) {}
