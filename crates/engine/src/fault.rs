//! What can go wrong outside, as a closed set: adapters map every error of theirs to one of these.

use std::time::Duration;

/// The outcome of something that failed. `kind` is what the engine decides on; `code` chooses the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    pub code: Code,
    /// A word that the sentence names (a host, a right, a file), never personal and never a secret.
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Refused for good: the same request will be refused again.
    Rejected,
    /// A person has to sign in (again).
    SignInRequired,
    /// This right alone is missing; the other jobs go on (R18).
    RightMissing,
    /// Asked too often. `None`: the other side did not say for how long.
    Throttled { retry_after: Option<Duration> },
    /// No answer, or none that can be trusted: network, time-out, 5xx, garbage.
    Unreachable,
}

impl Fault {
    pub fn new(kind: FaultKind, code: Code) -> Self {
        Self {
            kind,
            code,
            detail: None,
        }
    }

    #[must_use]
    pub fn about(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Every problem a person can be told about. The texts are in [`crate::text`]; the kebab-case name is the
/// stable `code` that programs may test for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    // the network in general
    HostNotFound,
    ConnectionRefused,
    TimedOut,
    TlsFailed,
    NotUnderstood,
    // Graph
    GraphUnreachable,
    GraphThrottled,
    GraphGarbage,
    GraphRefused,
    GraphRightMissing,
    GraphTokenRefused,
    // sign-in (facts/graph.md, section 4.7)
    SignInNeeded,
    SignInCancelled,
    SignInDeclined,
    SignInTimedOut,
    SignInBrowserFailed,
    SignInStateMismatch,
    SignInPortTaken,
    ConsentMissing,
    AdminConsentNeeded,
    MfaNeeded,
    SignInExpired,
    SignInRevoked,
    AccountNotInTenant,
    PersonalAccount,
    UserNotAssigned,
    BlockedByPolicy,
    DeviceNotCompliant,
    DeviceCodeBlocked,
    AppUnknown,
    PublicClientOff,
    RedirectMismatch,
    SingleTenantApp,
    TenantUnknown,
    SignInLoop,
    AccountDisabled,
    AppDisabled,
    ServiceMissing,
    ClientIdMissing,
    EntraUnreachable,
    EntraRefused,
    // secrets
    KeyringLocked,
    KeyringAbsent,
    KeyringLate,
    KeyringFailed,
    SecretMissing,
    SecretDamaged,
    SecretNotSaved,
    SecretNotDeleted,
    // the phone system
    PhoneUnreachable,
    PhoneNotUnderstood,
    PhoneWrongPassword,
    PhoneNotPermitted,
    PhoneRefused,
    PhoneNotConfirmed,
    PhoneExtensionUnknown,
    PhoneNotConfigured,
    PhoneKindNotYet,
    PhoneOtherLogin,
    PhoneTlsNeeded,
    PhoneForwardMissing,
    // line sources
    BaresipUnreachable,
    BaresipTaken,
    BaresipNotUnderstood,
    HookFlood,
    HookMalformed,
    HookOff,
    LineSilent,
    // our own files
    SettingsUnreadable,
    SettingsValue,
    EntryNotPossible,
    SettingsUnknownKey,
    SettingsNewer,
    UndoNothing,
    UndoChanged,
    AutostartFailed,
    LogUnreadable,
    FolderNotOpened,
    LedgerUnreadable,
    LedgerNotWritten,
    KeyMemoryUnreadable,
    KeyOfferGone,
    // what the engine itself notices
    TeamsKeepsStatus,
    OtherDesk,
    OtherWriter,
    AccountsDiffer,
    RuleNotApplied,
    // between us and our clients
    ProtocolNewer,
    RequestNotUnderstood,
    LineTooLong,
    Busy,
    NotNow,
    Stopping,
    WindowMissing,
    WebEngineMissing,
    ProfileUnknown,
    Locked,
}

impl Code {
    pub const ALL: &'static [Self] = &[
        Self::HostNotFound,
        Self::ConnectionRefused,
        Self::TimedOut,
        Self::TlsFailed,
        Self::NotUnderstood,
        Self::GraphUnreachable,
        Self::GraphThrottled,
        Self::GraphGarbage,
        Self::GraphRefused,
        Self::GraphRightMissing,
        Self::GraphTokenRefused,
        Self::SignInNeeded,
        Self::SignInCancelled,
        Self::SignInDeclined,
        Self::SignInTimedOut,
        Self::SignInBrowserFailed,
        Self::SignInStateMismatch,
        Self::SignInPortTaken,
        Self::ConsentMissing,
        Self::AdminConsentNeeded,
        Self::MfaNeeded,
        Self::SignInExpired,
        Self::SignInRevoked,
        Self::AccountNotInTenant,
        Self::PersonalAccount,
        Self::UserNotAssigned,
        Self::BlockedByPolicy,
        Self::DeviceNotCompliant,
        Self::DeviceCodeBlocked,
        Self::AppUnknown,
        Self::PublicClientOff,
        Self::RedirectMismatch,
        Self::SingleTenantApp,
        Self::TenantUnknown,
        Self::SignInLoop,
        Self::AccountDisabled,
        Self::AppDisabled,
        Self::ServiceMissing,
        Self::ClientIdMissing,
        Self::EntraUnreachable,
        Self::EntraRefused,
        Self::KeyringLocked,
        Self::KeyringAbsent,
        Self::KeyringLate,
        Self::KeyringFailed,
        Self::SecretMissing,
        Self::SecretDamaged,
        Self::SecretNotSaved,
        Self::SecretNotDeleted,
        Self::PhoneUnreachable,
        Self::PhoneNotUnderstood,
        Self::PhoneWrongPassword,
        Self::PhoneNotPermitted,
        Self::PhoneRefused,
        Self::PhoneNotConfirmed,
        Self::PhoneExtensionUnknown,
        Self::PhoneNotConfigured,
        Self::PhoneKindNotYet,
        Self::PhoneOtherLogin,
        Self::PhoneTlsNeeded,
        Self::PhoneForwardMissing,
        Self::BaresipUnreachable,
        Self::BaresipTaken,
        Self::BaresipNotUnderstood,
        Self::HookFlood,
        Self::HookMalformed,
        Self::HookOff,
        Self::LineSilent,
        Self::SettingsUnreadable,
        Self::SettingsValue,
        Self::EntryNotPossible,
        Self::SettingsUnknownKey,
        Self::SettingsNewer,
        Self::UndoNothing,
        Self::UndoChanged,
        Self::AutostartFailed,
        Self::LogUnreadable,
        Self::FolderNotOpened,
        Self::LedgerUnreadable,
        Self::LedgerNotWritten,
        Self::KeyMemoryUnreadable,
        Self::KeyOfferGone,
        Self::TeamsKeepsStatus,
        Self::OtherDesk,
        Self::OtherWriter,
        Self::AccountsDiffer,
        Self::RuleNotApplied,
        Self::ProtocolNewer,
        Self::RequestNotUnderstood,
        Self::LineTooLong,
        Self::Busy,
        Self::NotNow,
        Self::Stopping,
        Self::WindowMissing,
        Self::WebEngineMissing,
        Self::ProfileUnknown,
        Self::Locked,
    ];
}
