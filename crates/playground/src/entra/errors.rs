//! Entra's refusals: the `error` word is the contract, the AADSTS number only words it (graph.md 4.7, graph-data.json).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::company::random_guid;
use crate::faults::Fault;

/// A numbered refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aadsts {
    pub(crate) code: u32,
    pub(crate) error: &'static str,
    pub(crate) suberror: Option<&'static str>,
    pub(crate) claims: Option<&'static str>,
    pub(crate) status: u16,
    pub(crate) text: &'static str,
}

const fn aadsts(code: u32, error: &'static str, text: &'static str) -> Aadsts {
    Aadsts {
        code,
        error,
        suberror: None,
        claims: None,
        status: 400,
        text,
    }
}

const fn client(code: u32, error: &'static str, text: &'static str) -> Aadsts {
    Aadsts {
        status: 401,
        ..aadsts(code, error, text)
    }
}

const CAPOLIDS: &str =
    r#"{"access_token":{"capolids":{"essential":true,"values":["5f0ca0f0-0000-4000-8000-00000000ca01"]}}}"#;

pub(crate) const REDIRECT: Aadsts = aadsts(
    50011,
    "invalid_request",
    "The redirect URI specified in the request does not match the redirect URIs configured for the application.",
);
pub(crate) const NO_SESSION: Aadsts = aadsts(
    50058,
    "login_required",
    "A silent sign-in request was sent but no user is signed in.",
);
pub(crate) const MFA: Aadsts = Aadsts {
    suberror: Some("basic_action"),
    claims: Some(CAPOLIDS),
    ..aadsts(
        50076,
        "interaction_required",
        "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
    )
};
pub(crate) const NOT_ASSIGNED: Aadsts = aadsts(
    50105,
    "access_denied",
    "The signed in user is not assigned to a role for the application.",
);
pub(crate) const REVOKED: Aadsts = aadsts(
    50173,
    "invalid_grant",
    "The provided grant has expired due to it being revoked; a fresh auth token is needed.",
);
pub(crate) const SINGLE_TENANT: Aadsts = aadsts(
    50194,
    "invalid_request",
    "Application is not configured as a multi-tenant application. Usage of the /common endpoint is not supported.",
);
pub(crate) const LOOP: Aadsts = aadsts(
    50196,
    "invalid_grant",
    "The server terminated an operation because it encountered a client request loop.",
);
pub(crate) const BLOCKED: Aadsts = Aadsts {
    suberror: Some("message_only"),
    claims: Some(CAPOLIDS),
    ..aadsts(
        53003,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies.",
    )
};
pub(crate) const DEVICE_CODE_BLOCKED: Aadsts = Aadsts {
    suberror: Some("message_only"),
    ..aadsts(
        530036,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. Device code flow is not allowed.",
    )
};
pub(crate) const CODE_USED: Aadsts = aadsts(
    54005,
    "invalid_grant",
    "OAuth2 authorization code was already redeemed, please retry with a new valid code.",
);
pub(crate) const CONSENT_MISSING: Aadsts = Aadsts {
    suberror: Some("consent_required"),
    ..aadsts(
        65001,
        "consent_required",
        "The user or administrator has not consented to use the application.",
    )
};
pub(crate) const DECLINED: Aadsts = aadsts(
    65004,
    "access_denied",
    "User declined to consent to access the app.",
);
pub(crate) const INVALID_GRANT: Aadsts = aadsts(
    70000,
    "invalid_grant",
    "The provided value for the grant is not valid. It is malformed or not one of ours.",
);
pub(crate) const GRANT_EXPIRED: Aadsts = aadsts(
    70008,
    "invalid_grant",
    "The provided authorization code or refresh token has expired or was revoked.",
);
pub(crate) const REFRESH_EXPIRED: Aadsts = aadsts(
    700082,
    "invalid_grant",
    "The refresh token has expired due to inactivity.",
);
pub(crate) const SIGN_IN_FREQUENCY: Aadsts = aadsts(
    70043,
    "invalid_grant",
    "The refresh token has expired or is invalid due to sign-in frequency checks by Conditional Access.",
);
pub(crate) const INVALID_SCOPE: Aadsts = aadsts(
    70011,
    "invalid_scope",
    "The provided value for the input parameter 'scope' is not valid.",
);
pub(crate) const UNSUPPORTED_GRANT: Aadsts = aadsts(
    70003,
    "unsupported_grant_type",
    "The app requested an unsupported grant type.",
);
pub(crate) const PENDING: Aadsts = aadsts(
    70016,
    "authorization_pending",
    "Authorization is pending. Continue polling.",
);
pub(crate) const BAD_DEVICE_CODE: Aadsts =
    aadsts(70018, "bad_verification_code", "Invalid verification code.");
pub(crate) const DEVICE_EXPIRED: Aadsts = aadsts(70019, "expired_token", "Verification code expired.");
pub(crate) const DEVICE_DECLINED: Aadsts = aadsts(
    65004,
    "authorization_declined",
    "The end user declined the request.",
);
pub(crate) const APP_NOT_FOUND: Aadsts = aadsts(
    700016,
    "unauthorized_client",
    "Application was not found in the directory.",
);
pub(crate) const SECRET_EXPECTED: Aadsts = client(
    7_000_218,
    "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
);
pub(crate) const SECRET_SENT: Aadsts = client(
    700_025,
    "invalid_client",
    "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
);
pub(crate) const TENANT_NOT_FOUND: Aadsts = aadsts(
    90002,
    "invalid_request",
    "Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
);
pub(crate) const ADMIN_CONSENT: Aadsts = aadsts(
    90094,
    "access_denied",
    "Need admin approval. The app needs permission that only an admin can grant.",
);
pub(crate) const VERIFIER: Aadsts = aadsts(
    501_481,
    "invalid_grant",
    "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
);
pub(crate) const OTHER_REDIRECT: Aadsts = aadsts(
    500_112,
    "invalid_grant",
    "The reply address does not match the reply address provided when requesting the authorization code.",
);
pub(crate) const RESPONSE_TYPE: Aadsts = aadsts(
    700_054,
    "unsupported_response_type",
    "This response_type is not enabled for the application.",
);

/// A refusal as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) error: String,
    pub(crate) code: u32,
    pub(crate) suberror: Option<String>,
    pub(crate) claims: Option<String>,
    pub(crate) text: String,
    pub(crate) retry_after: Option<f64>,
}

/// 900144: a required parameter is missing.
pub(crate) fn missing(parameter: &str) -> Refused {
    let aadsts = aadsts(
        900_144,
        "invalid_request",
        "The request must contain the following parameter:",
    );
    Refused::of(aadsts).about(parameter)
}

impl Refused {
    pub(crate) fn of(aadsts: Aadsts) -> Self {
        Self {
            status: aadsts.status,
            error: aadsts.error.into(),
            code: aadsts.code,
            suberror: aadsts.suberror.map(Into::into),
            claims: aadsts.claims.map(Into::into),
            text: aadsts.text.into(),
            retry_after: None,
        }
    }

    /// Names the value that was wrong.
    pub(crate) fn about(mut self, value: &str) -> Self {
        self.text = format!("{} '{value}'.", self.text.trim_end_matches('.'));
        self
    }

    pub(crate) fn headline(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    /// The JSON of the token and device endpoints.
    pub(crate) fn body(&self, wall: Timestamp) -> Value {
        let (trace, correlation) = (random_guid(), random_guid());
        let timestamp = wall.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let mut body = json!({
            "error": self.error,
            "error_description": format!(
                "{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}",
                self.headline()
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        if let Some(suberror) = &self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = json!(claims);
        }
        body
    }
}

/// The refusal that a fault means, where it means one that needs nothing of the request.
pub(crate) fn of_fault(fault: &Fault) -> Option<Refused> {
    let outage = |status: u16, error: &str, code: u32, retry_after: Option<f64>| Refused {
        status,
        error: error.into(),
        code,
        suberror: None,
        claims: None,
        text: "The service is temporarily unable to answer.".into(),
        retry_after,
    };
    Some(match fault {
        Fault::EntraConsentMissing => CONSENT_MISSING.into(),
        Fault::EntraNotAssigned => NOT_ASSIGNED.into(),
        Fault::EntraMfa => MFA.into(),
        Fault::EntraRevoked => REVOKED.into(),
        Fault::EntraExpired => REFRESH_EXPIRED.into(),
        Fault::EntraSignInFrequency => SIGN_IN_FREQUENCY.into(),
        Fault::EntraBlocked => BLOCKED.into(),
        Fault::EntraDeviceCodeBlocked => DEVICE_CODE_BLOCKED.into(),
        Fault::EntraAppNotFound => APP_NOT_FOUND.into(),
        Fault::EntraLoop => LOOP.into(),
        Fault::EntraSecretExpected => SECRET_EXPECTED.into(),
        Fault::EntraRedirect => REDIRECT.into(),
        Fault::EntraSingleTenant => SINGLE_TENANT.into(),
        Fault::EntraTenantNotFound => TENANT_NOT_FOUND.into(),
        Fault::EntraTokenError {
            error,
            code,
            suberror,
            claims,
        } => Refused {
            status: 400,
            error: error.clone(),
            code: *code,
            suberror: suberror.clone(),
            claims: claims.clone(),
            text: "On demand.".into(),
            retry_after: None,
        },
        Fault::EntraThrottled { retry_after } => outage(429, "temporarily_unavailable", 90055, *retry_after),
        Fault::EntraUnavailable => outage(503, "temporarily_unavailable", 90033, None),
        Fault::EntraServerError => outage(500, "server_error", 90033, None),
        Fault::EntraSlowDown => Refused {
            error: "slow_down".into(),
            text: "Slow down.".into(),
            ..Refused::of(PENDING)
        },
        Fault::EntraAdminConsent
        | Fault::EntraDeclined
        | Fault::EntraGarbage
        | Fault::EntraNoAnswer
        | Fault::EntraSlow { .. }
        | Fault::EntraWrongState
        | Fault::EntraWrongNonce
        | Fault::EntraNoRefreshToken
        | Fault::EntraScopeNarrowed { .. }
        | Fault::GraphThrottled { .. }
        | Fault::GraphServerError { .. }
        | Fault::GraphGarbage
        | Fault::GraphWrongJson
        | Fault::GraphNoAnswer
        | Fault::GraphReset
        | Fault::GraphSlow { .. }
        | Fault::GraphUnauthorized
        | Fault::GraphClaimsChallenge
        | Fault::GraphForbidden
        | Fault::GraphIgnored
        | Fault::PbxRefuses
        | Fault::PbxMute
        | Fault::PbxNotAsterisk
        | Fault::PbxLoginFails
        | Fault::PbxDenied
        | Fault::PbxNoAnswer
        | Fault::PbxReset
        | Fault::PbxSlow { .. }
        | Fault::PbxCodeWithoutEffect => return None,
    })
}
