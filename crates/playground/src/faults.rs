//! What can go wrong on demand: a closed list of faults, each for a number of times or until it is taken away.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::company::Shared;

/// Where a request meets faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The browser at Entra's `authorize`.
    Authorize,
    /// Entra's `token` endpoint, any grant.
    Token,
    /// Entra's `devicecode` endpoint and the polls with a device code.
    Device,
    /// Graph, GET.
    GraphRead,
    /// Graph's calendar view.
    GraphCalendar,
    /// Graph, POST.
    GraphWrite,
    /// A new connection to the phone system.
    PbxConnect,
    /// A message on a connection to the phone system.
    PbxAction,
}

/// The faults, by name. Numbers are Entra's AADSTS codes (graph.md 4.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Fault {
    /// 65001: no consent for these scopes.
    EntraConsentMissing,
    /// 90094: an administrator has to consent; shown in the browser.
    EntraAdminConsent,
    /// 65004: the person declined consent.
    EntraDeclined,
    /// 50105: the person is not assigned to the app; shown in the browser.
    EntraNotAssigned,
    /// 50076: multi-factor sign-in is asked for now.
    EntraMfa,
    /// 50173: the grant was revoked.
    EntraRevoked,
    /// 700082: the refresh token was not used for too long.
    EntraExpired,
    /// 70043: the sign-in frequency rule ended it.
    EntraSignInFrequency,
    /// 53003: blocked by Conditional Access.
    EntraBlocked,
    /// 530036: the device code flow is blocked by Conditional Access.
    EntraDeviceCodeBlocked,
    /// 700016: the app is not known in this tenant.
    EntraAppNotFound,
    /// 50196: too many equal requests.
    EntraLoop,
    /// 7000218: a secret is demanded, public client flows are off.
    EntraSecretExpected,
    /// 50011: the redirect address is not registered; shown in the browser.
    EntraRedirect,
    /// 50194: a single-tenant app asked at `common` or `organizations`.
    EntraSingleTenant,
    /// 90002: the tenant is not found.
    EntraTenantNotFound,
    /// Any other refusal of the token endpoint.
    EntraTokenError {
        error: String,
        code: u32,
        suberror: Option<String>,
        claims: Option<String>,
    },
    /// 429, with this `Retry-After` in seconds where given.
    EntraThrottled { retry_after: Option<f64> },
    /// 503 `temporarily_unavailable`.
    EntraUnavailable,
    /// 500 `server_error`.
    EntraServerError,
    /// 200 with something that is no JSON.
    EntraGarbage,
    /// Takes the request and never answers.
    EntraNoAnswer,
    /// Answers late.
    EntraSlow { milliseconds: u64 },
    /// `slow_down` to a poll with a device code (RFC 8628; not in Microsoft's list).
    EntraSlowDown,
    /// The redirect carries another `state`.
    EntraWrongState,
    /// The id_token carries another `nonce`.
    EntraWrongNonce,
    /// No refresh token in the answer although `offline_access` was asked for.
    EntraNoRefreshToken,
    /// The answer's `scope`, and the token, lack this scope.
    EntraScopeNarrowed { scope: String },
    /// 429 `TooManyRequests`, with this (fractional) `Retry-After` in seconds where given.
    GraphThrottled { retry_after: Option<f64> },
    /// This status with an error body: 500, 502, 503, 504.
    GraphServerError { status: u16 },
    /// 200 with a web page.
    GraphGarbage,
    /// 200 with JSON of another shape.
    GraphWrongJson,
    /// Takes the request and never answers.
    GraphNoAnswer,
    /// Cuts the connection instead of answering.
    GraphReset,
    /// Answers late.
    GraphSlow { milliseconds: u64 },
    /// 401 although the token is good.
    GraphUnauthorized,
    /// 401 with a claims challenge (graph.md 4.6).
    GraphClaimsChallenge,
    /// 403 although the scopes are there.
    GraphForbidden,
    /// A write answers 200 and changes nothing.
    GraphIgnored,
    /// Closes each new connection at once.
    PbxRefuses,
    /// Accepts the connection and says nothing, not even the greeting.
    PbxMute,
    /// Greets like another program; over HTTP: some web page.
    PbxNotAsterisk,
    /// Every login fails.
    PbxLoginFails,
    /// `Permission denied` to every action after the login.
    PbxDenied,
    /// Actions get no answer; events still come.
    PbxNoAnswer,
    /// Cuts the connection when an action arrives.
    PbxReset,
    /// Answers late.
    PbxSlow { milliseconds: u64 },
    /// Feature codes, or STARFACE's writes, are answered but change nothing.
    PbxCodeWithoutEffect,
}

impl Fault {
    /// One of each, for the page and for tests that walk through all.
    pub fn all() -> Vec<Self> {
        vec![
            Self::EntraConsentMissing,
            Self::EntraAdminConsent,
            Self::EntraDeclined,
            Self::EntraNotAssigned,
            Self::EntraMfa,
            Self::EntraRevoked,
            Self::EntraExpired,
            Self::EntraSignInFrequency,
            Self::EntraBlocked,
            Self::EntraDeviceCodeBlocked,
            Self::EntraAppNotFound,
            Self::EntraLoop,
            Self::EntraSecretExpected,
            Self::EntraRedirect,
            Self::EntraSingleTenant,
            Self::EntraTenantNotFound,
            Self::EntraTokenError {
                error: "invalid_grant".into(),
                code: 70008,
                suberror: None,
                claims: None,
            },
            Self::EntraThrottled {
                retry_after: Some(2.0),
            },
            Self::EntraUnavailable,
            Self::EntraServerError,
            Self::EntraGarbage,
            Self::EntraNoAnswer,
            Self::EntraSlow { milliseconds: 3000 },
            Self::EntraSlowDown,
            Self::EntraWrongState,
            Self::EntraWrongNonce,
            Self::EntraNoRefreshToken,
            Self::EntraScopeNarrowed {
                scope: "Presence.ReadWrite".into(),
            },
            Self::GraphThrottled {
                retry_after: Some(2.128),
            },
            Self::GraphServerError { status: 503 },
            Self::GraphGarbage,
            Self::GraphWrongJson,
            Self::GraphNoAnswer,
            Self::GraphReset,
            Self::GraphSlow { milliseconds: 3000 },
            Self::GraphUnauthorized,
            Self::GraphClaimsChallenge,
            Self::GraphForbidden,
            Self::GraphIgnored,
            Self::PbxRefuses,
            Self::PbxMute,
            Self::PbxNotAsterisk,
            Self::PbxLoginFails,
            Self::PbxDenied,
            Self::PbxNoAnswer,
            Self::PbxReset,
            Self::PbxSlow { milliseconds: 3000 },
            Self::PbxCodeWithoutEffect,
        ]
    }

    /// The name used in the control API.
    pub fn name(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| {
                value
                    .get("fault")
                    .and_then(|name| name.as_str())
                    .map(str::to_owned)
            })
            .unwrap_or_default()
    }

    fn places(&self) -> &'static [Place] {
        use Place::{Authorize, Device, GraphCalendar, GraphRead, GraphWrite, PbxAction, PbxConnect, Token};
        match self {
            Self::EntraAdminConsent
            | Self::EntraDeclined
            | Self::EntraNotAssigned
            | Self::EntraRedirect
            | Self::EntraSingleTenant
            | Self::EntraWrongState => &[Authorize],
            Self::EntraConsentMissing
            | Self::EntraMfa
            | Self::EntraRevoked
            | Self::EntraExpired
            | Self::EntraSignInFrequency
            | Self::EntraLoop
            | Self::EntraSecretExpected
            | Self::EntraTokenError { .. }
            | Self::EntraWrongNonce
            | Self::EntraNoRefreshToken
            | Self::EntraScopeNarrowed { .. } => &[Token],
            Self::EntraDeviceCodeBlocked | Self::EntraSlowDown => &[Device],
            Self::EntraBlocked
            | Self::EntraAppNotFound
            | Self::EntraTenantNotFound
            | Self::EntraThrottled { .. }
            | Self::EntraUnavailable
            | Self::EntraServerError
            | Self::EntraGarbage
            | Self::EntraNoAnswer
            | Self::EntraSlow { .. } => &[Authorize, Token, Device],
            Self::GraphThrottled { .. }
            | Self::GraphServerError { .. }
            | Self::GraphGarbage
            | Self::GraphNoAnswer
            | Self::GraphReset
            | Self::GraphSlow { .. }
            | Self::GraphUnauthorized
            | Self::GraphClaimsChallenge
            | Self::GraphForbidden => &[GraphRead, GraphWrite, GraphCalendar],
            Self::GraphWrongJson => &[GraphRead, GraphCalendar],
            Self::GraphIgnored => &[GraphWrite],
            Self::PbxRefuses | Self::PbxMute | Self::PbxNotAsterisk => &[PbxConnect],
            Self::PbxLoginFails
            | Self::PbxDenied
            | Self::PbxNoAnswer
            | Self::PbxReset
            | Self::PbxSlow { .. }
            | Self::PbxCodeWithoutEffect => &[PbxAction],
        }
    }
}

/// A fault that is switched on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Injection {
    #[serde(flatten)]
    pub fault: Fault,
    /// How often it still strikes; `None`: until it is taken away.
    #[serde(default)]
    pub times: Option<u32>,
    /// Only here, of the places where it can strike.
    #[serde(default)]
    pub only: Option<Place>,
    /// How often it has struck.
    #[serde(default, skip_deserializing)]
    pub struck: u32,
}

impl Injection {
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            times: None,
            only: None,
            struck: 0,
        }
    }

    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    #[must_use]
    pub fn only(mut self, place: Place) -> Self {
        self.only = Some(place);
        self
    }

    fn strikes(&self, place: Place) -> bool {
        self.times != Some(0)
            && self.fault.places().contains(&place)
            && self.only.is_none_or(|only| only == place)
    }
}

/// The faults that are switched on, oldest first.
#[derive(Debug, Default)]
pub struct Faults(Shared<Vec<Injection>>);

impl Faults {
    /// Switches a fault on; one of the same name is replaced, unless each is meant for another place.
    pub fn inject(&self, injection: Injection) {
        let mut list = self.0.lock();
        let name = injection.fault.name();
        list.retain(|other| other.fault.name() != name || other.only != injection.only);
        list.push(injection);
    }

    /// Takes a fault away by name; whether it was there.
    pub fn remove(&self, name: &str) -> bool {
        let mut list = self.0.lock();
        let before = list.len();
        list.retain(|other| other.fault.name() != name);
        list.len() != before
    }

    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// All that were switched on, spent ones too, with how often each struck.
    pub fn list(&self) -> Vec<Injection> {
        self.0.lock().clone()
    }

    /// The first fault at this place that `wanted` picks; counts as one strike.
    pub(crate) fn strike<T>(&self, place: Place, wanted: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let mut list = self.0.lock();
        list.iter_mut()
            .filter(|injection| injection.strikes(place))
            .find_map(|injection| {
                let found = wanted(&injection.fault)?;
                injection.struck += 1;
                injection.times = injection.times.map(|left| left.saturating_sub(1));
                Some(found)
            })
    }

    /// How late the answer is to be; counts as one strike.
    pub(crate) fn delay(&self, place: Place) -> Option<Duration> {
        self.strike(place, |fault| {
            if let Fault::EntraSlow { milliseconds }
            | Fault::GraphSlow { milliseconds }
            | Fault::PbxSlow { milliseconds } = fault
            {
                Some(Duration::from_millis(*milliseconds))
            } else {
                None
            }
        })
    }

    /// Whether this very fault is on at this place; counts as one strike.
    pub(crate) fn is_struck(&self, place: Place, fault: &Fault) -> bool {
        self.strike(place, |on| (on == fault).then_some(())).is_some()
    }
}
