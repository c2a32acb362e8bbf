//! The engine broken on purpose, so that the simulated world can show that each of its invariants is able to fail.
//!
//! Only with the feature `breaks`, which release builds lack; without it nothing is ever broken.

/// What is wrong, by the number of the invariant that has to notice (docs/BEHAVIOUR.md, "What always holds").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// 1: a hold whose cause has ended is kept.
    KeepsHolds,
    /// 1: what the person has put back in Offhook is kept.
    KeepsWhatIsPutBack,
    /// 1: the calendar is read once and never again.
    ReadsTheCalendarOnce,
    /// 2: what the person set during a hold is written over.
    WritesOverThePerson,
    /// 16: what was put back is set again at once.
    SetsAgainAtOnce,
    /// 17: a field that was left to another program is written all the same.
    FightsTheOther,
    /// 3: a hold forgets what was there before.
    ForgetsBefore,
    /// 4: our own words read back are news.
    BelievesItsEcho,
    /// 5: the session is renewed after the call, too.
    RenewsForEver,
    /// 6: a request leaves while one is under way.
    TwoAtOnce,
    /// 7: what is held is written again and again.
    NeverQuiet,
    /// 8: Teams is always read at the fast pace.
    ReadsTooOften,
    /// 8: the phone is read again as soon as it has answered.
    ReadsThePhoneTooOften,
    /// 8: a session is renewed at a quarter of its lifetime.
    RenewsTooOften,
    /// 9: a pause is not looked at.
    IgnoresPause,
    /// 9: the working hours are not looked at.
    IgnoresHours,
    /// 9: a session is cleared that was never set.
    ClearsBlindly,
    /// 10: the ledger is taken for written and is not.
    SkipsTheDisk,
    /// 10: the same for the preferred presence alone.
    SkipsTheDiskForTeams,
    /// 11: ringing counts as a call.
    RingingCounts,
    /// 11: of appointments that run at once those with a keyword come last.
    KeywordsLose,
    /// 12: it wants to be called again at once, always.
    NeverRests,
    /// 13: the name of the account is logged.
    LogsNames,
    /// 14: a watching desk writes.
    WatchWrites,
    /// 18: no field is ever set.
    NeverSets,
    /// 18: no session is ever set.
    NeverTells,
    /// 19: what the phone system does not take is written all the same.
    WritesWhatIsNotTaken,
    /// 15: whether both accounts are one person's is asked although it was answered.
    AsksAgain,
}

#[cfg(feature = "breaks")]
mod switch {
    use super::Break;
    use std::cell::Cell;

    thread_local! {
        static BROKEN: Cell<Option<Break>> = const { Cell::new(None) };
    }

    /// Breaks every engine on this thread.
    pub fn broken<R>(how: Break, act: impl FnOnce() -> R) -> R {
        BROKEN.set(Some(how));
        let outcome = act();
        BROKEN.set(None);
        outcome
    }

    pub(crate) fn is(how: Break) -> bool {
        BROKEN.get() == Some(how)
    }
}

#[cfg(feature = "breaks")]
pub use switch::broken;
#[cfg(feature = "breaks")]
pub(crate) use switch::is;

#[cfg(not(feature = "breaks"))]
pub(crate) const fn is(_how: Break) -> bool {
    false
}
