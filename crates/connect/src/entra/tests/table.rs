//! Every row of `facts/graph-data.json`, `aadsts` and `oauthErrors`.

use super::super::error::{EntraError, ErrorAnswer};
use super::fake::refusal;
use offhook_engine::fault::{Code, FaultKind};

/// `(AADSTS number, the error word it comes with, code)`. Numbers without a sentence of their own are ours to
/// mend and are shown as numbers.
const NUMBERS: [(u32, &str, Code); 48] = [
    (50_011, "invalid_request", Code::RedirectMismatch),
    (500_113, "invalid_request", Code::RedirectMismatch),
    (50_020, "invalid_request", Code::AccountNotInTenant),
    (50_034, "invalid_request", Code::AccountNotInTenant),
    (50_057, "invalid_grant", Code::AccountDisabled),
    (50_058, "login_required", Code::SignInNeeded),
    (50_072, "interaction_required", Code::MfaNeeded),
    (50_074, "interaction_required", Code::MfaNeeded),
    (50_076, "interaction_required", Code::MfaNeeded),
    (50_078, "interaction_required", Code::MfaNeeded),
    (50_079, "interaction_required", Code::MfaNeeded),
    (50_097, "interaction_required", Code::DeviceNotCompliant),
    (50_105, "access_denied", Code::UserNotAssigned),
    (50_126, "invalid_grant", Code::SignInNeeded),
    (50_158, "interaction_required", Code::MfaNeeded),
    (50_173, "invalid_grant", Code::SignInRevoked),
    (50_194, "invalid_request", Code::SingleTenantApp),
    (50_196, "invalid_grant", Code::SignInLoop),
    (53_000, "interaction_required", Code::DeviceNotCompliant),
    (53_001, "interaction_required", Code::DeviceNotCompliant),
    (53_003, "interaction_required", Code::BlockedByPolicy),
    (530_036, "access_denied", Code::DeviceCodeBlocked),
    (54_005, "invalid_grant", Code::SignInNeeded),
    (65_001, "invalid_grant", Code::ConsentMissing),
    (65_004, "access_denied", Code::SignInDeclined),
    (65_005, "invalid_request", Code::ServiceMissing),
    (650_052, "invalid_request", Code::ServiceMissing),
    (650_056, "invalid_request", Code::ServiceMissing),
    (500_011, "invalid_resource", Code::ServiceMissing),
    (70_000, "invalid_grant", Code::SignInNeeded),
    (70_008, "invalid_grant", Code::SignInExpired),
    (700_082, "invalid_grant", Code::SignInExpired),
    (70_043, "invalid_grant", Code::SignInExpired),
    (70_011, "invalid_scope", Code::EntraRefused),
    (700_016, "unauthorized_client", Code::AppUnknown),
    (7_000_218, "invalid_client", Code::PublicClientOff),
    (700_025, "invalid_request", Code::EntraRefused),
    (7_000_112, "unauthorized_client", Code::AppDisabled),
    (70_018, "bad_verification_code", Code::EntraRefused),
    (70_019, "expired_token", Code::SignInTimedOut),
    (90_002, "invalid_request", Code::TenantUnknown),
    (90_094, "access_denied", Code::AdminConsentNeeded),
    (90_095, "access_denied", Code::AdminConsentNeeded),
    (900_144, "invalid_request", Code::EntraRefused),
    // Numbers that are on no list: the word decides.
    (1, "invalid_grant", Code::SignInNeeded),
    (1, "consent_required", Code::ConsentMissing),
    (1, "invalid_client", Code::PublicClientOff),
    (1, "temporarily_unavailable", Code::EntraUnreachable),
];

#[test]
fn every_number_has_its_sentence() {
    for (number, error, code) in NUMBERS {
        let listed: ErrorAnswer = serde_json::from_value(refusal(error, number)).unwrap();
        let described = ErrorAnswer::new(
            error,
            Some(&format!("AADSTS{number}: Ada Example must do something.")),
        );
        for answer in [listed, described] {
            let fault = EntraError::Refused(answer.clone()).fault();
            assert_eq!(fault.code, code, "{number} {error}");
            assert!(
                !format!("{answer} {answer:?} {fault:?}").contains("Ada"),
                "descriptions may name the person"
            );
            if code == Code::EntraRefused {
                assert_eq!(fault.detail, Some(format!("AADSTS{number}")));
            }
        }
    }
}

#[test]
fn the_word_decides_what_is_done() {
    let kind = |error: &str, number: u32| {
        EntraError::Refused(serde_json::from_value(refusal(error, number)).unwrap())
            .fault()
            .kind
    };
    for error in [
        "invalid_grant",
        "interaction_required",
        "consent_required",
        "login_required",
    ] {
        // Whatever the number: Microsoft may change them.
        for number in [50_173, 65_004, 7_000_218, 90_002, 1] {
            assert_eq!(kind(error, number), FaultKind::SignInRequired, "{error} {number}");
        }
    }
    for error in [
        "invalid_client",
        "unauthorized_client",
        "invalid_scope",
        "invalid_request",
        "access_denied",
        "authorization_declined",
        "expired_token",
        "bad_verification_code",
        "new_word",
    ] {
        assert_eq!(kind(error, 50_173), FaultKind::Rejected, "{error}");
    }
    for error in ["temporarily_unavailable", "server_error"] {
        assert_eq!(kind(error, 1), FaultKind::Unreachable, "{error}");
    }
    assert!(matches!(
        kind("invalid_grant", 50_196),
        FaultKind::Throttled { retry_after: Some(_) }
    ));
}

#[test]
fn unknown_words_are_shown_only_if_they_are_words() {
    let fault = EntraError::Refused(ErrorAnswer::new("new_word<b>Ada Example</b>", None)).fault();
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::EntraRefused, Some("new_wordbAdaExampleb"))
    );
}
