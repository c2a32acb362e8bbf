//! What a client may ask, and the answers.

use crate::call::CallEvent;
use crate::first_run::FirstRunMove;
use crate::pages::{Draft, Pages, RulesCompared, RulesPage};
use crate::problem::Problem;
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// One line from a client. `id` is the client's own and comes back in the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub id: u64,
    pub command: Command,
}

/// One line to a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// The answer to the request of that id.
    Answer { id: u64, answer: Answer },
    /// The request of that id was refused or failed.
    Refused { id: u64, problem: Problem },
    /// Only after [`Command::Watch`].
    Event(Box<Event>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Version,
    Status,
    /// Sentences: what is set, why, since, until; and what was not done, and why.
    Why,
    /// From now on an [`Event`] for every change of what `watch` names, the present state first.
    Watch(Watch),
    Pause(Pause),
    Resume,
    /// Gives the phone back what it had, and leaves it alone until the present reason has ended.
    PutBack,
    /// Undoes [`Command::PutBack`], and lets go of changes by hand.
    SetAgain,
    /// The two accounts whose names differ belong to the person.
    OnePerson,
    /// Nothing is done for that appointment, or something after all.
    SkipAppointment {
        id: String,
        skip: bool,
    },
    /// Asks Microsoft, in the browser, whether the calendar may be read. The sign-in goes on meanwhile.
    AskCalendar,
    /// Reads the calendar once with the settings in force, changing nothing.
    TestCalendar,
    /// Signs in with the account of the call source SIP and looks whether it is told of calls, changing nothing.
    TestSip,
    Call(#[cfg_attr(feature = "ts", ts(type = "unknown"))] CallEvent),
    SignIn {
        /// The fallback for machines where the browser cannot reach this one.
        device_code: bool,
    },
    /// Opens the page of the sign-in that waits once more.
    OpenSignIn,
    CancelSignIn,
    SignOut,
    /// For an administrator: what to approve and where, in words ([`Answer::Text`]): what the first sign-in asks for, then
    /// the calendar.
    ConsentLink,
    /// Stores a secret. Never logged, never echoed.
    SecretSet {
        secret: SecretName,
        value: Hidden,
    },
    /// Takes a stored secret away; one that is not there is gone already.
    SecretRemove {
        secret: SecretName,
    },
    RulesList,
    /// The rule table of a profile by name, or the person's own where `None`.
    RulesShow {
        profile: Option<String>,
    },
    /// What the rules would want in an imagined situation. Touches nothing.
    RulesPreview(Situation),
    /// What would change between two tables: a profile by name, or the person's own where `None`. The
    /// person's own differences are kept when their table is compared with a profile.
    RulesCompare {
        from: Option<String>,
        to: String,
    },
    /// Takes the person's own differences back to the profile: those under that dotted key (a cell, a row, or
    /// `rules` for all).
    RulesBack {
        under: String,
    },
    /// The call sources and what each reports now.
    Lines,
    Doctor,
    /// Applies changed settings at once. Refused whole, with the field named, when one is invalid.
    Apply(Draft),
    /// Takes the last [`Command::Apply`] back, as far as nobody has changed the same settings since.
    Undo,
    /// Whether this system starts Offhook when the person signs in to it.
    Autostart {
        on: bool,
    },
    /// How another program reports a call over HTTP. The answer carries the token.
    HookAccess,
    /// What to enter at the desk phones. The answer carries their tokens.
    PhoneAccess,
    /// Makes the desk phones' addresses anew: who knows only the old ones is out. Answered like
    /// [`Command::PhoneAccess`].
    RenewPhoneAccess,
    /// MicroSIP's own settings: looks, writes, takes out.
    Microsip(MicrosipTask),
    /// Shows a notification, as a test.
    TestNotification,
    /// Asks Microsoft for the person's presence once, as a test.
    TestSignIn,
    /// The last lines of the log.
    Log,
    /// What a helpdesk wants to know, with everything personal removed.
    Report,
    /// Shows the data directory in the system's file manager.
    OpenDataFolder,
    /// Signs in to the phone system with the settings in force and reads the fields, once, changing nothing.
    TestPhone,
    /// Ends a running [`Command::TestPhone`]; who asked for it is answered with what was found so far.
    CancelTest,
    FirstRun(FirstRunMove),
    /// Key files were dropped or chosen: absolute paths. They are read here, never by a page; what came of it stands
    /// in [`crate::key::KeyOffer`], a refusal too.
    OfferKeyFile {
        paths: Vec<String>,
    },
    /// Name and key of a phone system, typed by hand. Answered like [`Command::OfferKeyFile`].
    OfferTypedKey {
        name: String,
        key: Hidden,
    },
    /// The person agrees with the offer of that number.
    AcceptKey {
        number: u32,
        /// Also takes over the application registration that the file brings.
        microsoft: bool,
    },
    /// Forgets the offer, or what became of the last one.
    CancelKey,
    /// Brings the window up at that page.
    OpenWindow {
        page: Option<String>,
    },
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    Status,
    Pages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    Minutes(u32),
    /// Until the next local midnight.
    Tomorrow,
    UntilResumed,
}

/// What is done with the lines in MicroSIP's settings; each is answered with how they stand then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MicrosipTask {
    Look,
    Write,
    TakeOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum SecretName {
    /// The phone system's password.
    Phone,
    /// The secret of the client by which the phone system is signed in to (OAuth).
    PhoneClient,
    /// The password of a calendar that has a sign-in of its own.
    Calendar,
    /// The password of the proxy.
    Proxy,
    /// The password of SIP as a call source.
    Sip,
}

/// A secret on its way; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// An imagined situation for a preview. What is left out is "nothing known".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Situation {
    /// A profile by name; the person's own rules where `None`.
    pub profile: Option<String>,
    pub availability: Option<String>,
    pub activity: Option<String>,
    pub out_of_office: bool,
    /// Calls up.
    pub calls: u32,
    pub conference: bool,
    /// The phone system itself reports the calls (R24).
    pub calls_on_phone: bool,
    /// Do not disturb as the person set it on the phone.
    pub phone_dnd: Option<bool>,
    /// A presence as the person set it on the phone: available, away, busy, meeting, dnd, on-the-phone.
    pub phone_presence: Option<String>,
    /// Appointments that run, the later ones begun later: `KIND` (free, workingElsewhere, tentative, busy, oof) or
    /// `KIND:SUBJECT`.
    pub appointments: Vec<String>,
    /// Date and time: `2026-11-23T20:15` in the person's own zone, or with an offset; now where `None`. Decides
    /// over the working hours.
    pub at: Option<String>,
    /// The person paused Offhook.
    pub paused: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Done,
    Version {
        version: String,
    },
    Status(Box<Status>),
    /// Lines of text in the person's language.
    Text(Vec<String>),
    Lines(Vec<LineReport>),
    Rules(Box<RulesPage>),
    Compared(RulesCompared),
    Preview(Vec<Wished>),
    Findings(Vec<Finding>),
    /// The browser address to open, or the code to type where, while a sign-in waits.
    SignIn(SignInStarted),
    HookAccess(crate::settings::HookAccess),
    PhoneAccess(crate::settings::PhoneAccess),
    Microsip(crate::settings::MicrosipView),
    /// Oldest first.
    Log(Vec<crate::settings::LogLine>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SignInStarted {
    /// The browser was opened, or should be opened, at this address.
    Browser { url: String },
    DeviceCode {
        user_code: String,
        url: String,
        minutes: u32,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct LineReport {
    pub source: String,
    pub light: crate::status::Light,
    pub calls: Vec<crate::status::Call>,
}

/// What the rules want for one field, and the reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Wished {
    pub field: crate::status::Field,
    /// The wish in words.
    pub wish: String,
    pub cause: Option<crate::status::Cause>,
    pub rule: String,
    /// All of it in one or two sentences, with what is not done and why.
    #[serde(default)]
    pub sentence: String,
    /// Why it would not be done.
    #[serde(default)]
    pub not_done: Option<crate::status::NotDoneReason>,
}

/// One finding of the doctor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Finding {
    pub what: String,
    pub ok: bool,
    pub text: String,
    pub mend: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Status(Box<Status>),
    Pages(Box<Pages>),
    /// Bring the window to the front, at that page.
    Show {
        page: Option<String>,
    },
}
