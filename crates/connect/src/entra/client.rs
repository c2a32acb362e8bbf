//! Requests to Entra's endpoints. The only file that knows `oauth2`'s types.

use super::config::EntraConfig;
use super::error::{EntraError, ErrorAnswer};
use crate::{net, wire};
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardDeviceAuthorizationResponse, StandardRevocableToken,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use offhook_engine::fault::Code;
use offhook_engine::fault::Fault;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::time::Duration;

const WIRE: &str = "Entra";
/// No answer of these endpoints comes near this length.
const ANSWER_MAX: usize = 256 * 1024;

/// What Entra's tokens live for when the answer does not say (`facts/graph.md`, section 4.4: 60 at least).
const LIFE_UNSAID: Duration = Duration::from_secs(30 * 60);

type Answer = StandardTokenResponse<Extra, BasicTokenType>;
type Client = oauth2::Client<
    ErrorAnswer,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

#[derive(Clone, Serialize, Deserialize)]
struct Extra {
    id_token: Option<String>,
}

impl ExtraTokenFields for Extra {}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extra(…)")
    }
}

/// The public client of this configuration.
#[derive(Clone)]
pub(super) struct Oauth {
    client: Client,
    http: reqwest::Client,
}

/// What a token request gave.
pub(super) struct Tokens {
    pub access: SecretString,
    /// Replaces the one before, which must be dropped (`facts/graph.md`, section 4.4).
    pub refresh: Option<SecretString>,
    pub life: Duration,
    /// What was granted; `None`: what was asked for (RFC 6749, section 5.1).
    pub scopes: Option<Vec<String>>,
    pub id_token: Option<String>,
}

/// One sign-in in the browser, begun.
pub(super) struct Authorization {
    pub url: String,
    pub state: String,
    pub nonce: String,
    redirect: RedirectUrl,
    verifier: PkceCodeVerifier,
}

/// One sign-in by code, begun.
pub(super) struct Device(StandardDeviceAuthorizationResponse);

impl Device {
    pub(super) fn user_code(&self) -> String {
        self.0.user_code().secret().clone()
    }

    pub(super) fn url(&self) -> String {
        self.0.verification_uri().to_string()
    }
}

impl Oauth {
    pub(super) fn new(config: &EntraConfig, http: reqwest::Client) -> Self {
        let client = client(config);
        Self { client, http }
    }

    /// `hint` is the address of the account that is to be taken; without one the person chooses.
    pub(super) fn authorization(
        &self,
        redirect: String,
        scopes: &[String],
        hint: Option<&str>,
    ) -> Result<Authorization, EntraError> {
        // The crate keeps the text as it is: no slash may be added to it (`facts/graph.md`, section 4.2).
        let redirect =
            RedirectUrl::new(redirect).map_err(|_| EntraError::NotUnderstood("the redirect's address"))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random_len(32);
        let request = self
            .client
            .authorize_url(|| CsrfToken::new_random_len(32))
            .add_scopes(scopes.iter().cloned().map(Scope::new))
            .add_extra_param("nonce", nonce.secret().clone())
            .set_pkce_challenge(challenge)
            .set_redirect_uri(Cow::Borrowed(&redirect));
        let request = match hint {
            Some(address) => request.add_extra_param("login_hint", address.to_owned()),
            None => request.add_extra_param("prompt", "select_account"),
        };
        let (url, state) = request.url();
        let (state, nonce) = (state.into_secret(), nonce.into_secret());
        Ok(Authorization {
            url: url.into(),
            state,
            nonce,
            redirect,
            verifier,
        })
    }

    pub(super) async fn redeem(
        &self,
        code: &SecretString,
        begun: Authorization,
    ) -> Result<Tokens, EntraError> {
        let http = self.http();
        let answer = self
            .client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(begun.verifier)
            .set_redirect_uri(Cow::Owned(begun.redirect))
            .request_async(&http)
            .await;
        answer.map(Tokens::from).map_err(of_request)
    }

    pub(super) async fn refresh(
        &self,
        token: &SecretString,
        scopes: &[String],
    ) -> Result<Tokens, EntraError> {
        let http = self.http();
        let token = RefreshToken::new(token.expose_secret().to_owned());
        let request = self
            .client
            .exchange_refresh_token(&token)
            .add_scopes(scopes.iter().cloned().map(Scope::new));
        request
            .request_async(&http)
            .await
            .map(Tokens::from)
            .map_err(of_request)
    }

    pub(super) async fn device(&self, scopes: &[String]) -> Result<Device, EntraError> {
        let http = self.http();
        let request = self
            .client
            .exchange_device_code()
            .add_scopes(scopes.iter().cloned().map(Scope::new));
        let device: StandardDeviceAuthorizationResponse =
            request.request_async(&http).await.map_err(of_request)?;
        // A person is asked to open it.
        match device.verification_uri().as_str().split_once("://") {
            Some(("https" | "http", _)) => Ok(Device(device)),
            Some(_) | None => Err(EntraError::NotUnderstood("the page for the code")),
        }
    }

    /// Asks at the pace Entra wants, until the person has answered or the code has run out.
    pub(super) async fn redeem_device<S, F>(&self, device: &Device, sleep: S) -> Result<Tokens, EntraError>
    where
        S: Fn(Duration) -> F,
        F: Future<Output = ()>,
    {
        let http = self.http();
        let request = self.client.exchange_device_access_token(&device.0);
        match request.request_async(&http, sleep, None).await {
            Ok(answer) => Ok(answer.into()),
            Err(RequestTokenError::ServerResponse(answer)) => {
                let description = answer.error_description().map(String::as_str);
                Err(EntraError::Refused(ErrorAnswer::new(
                    answer.error().as_ref(),
                    description,
                )))
            }
            Err(RequestTokenError::Request(error)) => Err(error.into()),
            Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => Err(GARBAGE),
        }
    }

    fn http(&self) -> impl Fn(HttpRequest) -> BoxedAnswer + use<> {
        let http = self.http.clone();
        move |request| {
            let http = http.clone();
            Box::pin(async move { exchange(&http, request).await })
        }
    }
}

fn client(config: &EntraConfig) -> Client {
    oauth2::Client::new(ClientId::new(config.client_id().to_owned()))
        .set_auth_uri(AuthUrl::from_url(config.endpoint("authorize")))
        .set_token_uri(TokenUrl::from_url(config.endpoint("token")))
        .set_device_authorization_url(DeviceAuthorizationUrl::from_url(config.endpoint("devicecode")))
}

/// What is made of an answer to a refresh, without asking anybody.
#[cfg(feature = "fuzzing")]
pub(super) async fn made_of(config: &EntraConfig, status: u16, body: Vec<u8>) -> Result<Tokens, EntraError> {
    let http = |_: HttpRequest| {
        let mut answer = HttpResponse::new(body.clone());
        *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        std::future::ready(Ok::<_, NoAnswer>(answer))
    };
    let token = RefreshToken::new(String::new());
    let client = client(config);
    let answer = client.exchange_refresh_token(&token).request_async(&http).await;
    answer.map(Tokens::from).map_err(of_request)
}

type BoxedAnswer = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send>>;

const GARBAGE: EntraError = EntraError::NotUnderstood("Entra");

impl From<Answer> for Tokens {
    fn from(answer: Answer) -> Self {
        Self {
            access: answer.access_token().secret().as_str().into(),
            refresh: answer.refresh_token().map(|token| token.secret().as_str().into()),
            life: answer.expires_in().unwrap_or(LIFE_UNSAID),
            scopes: answer
                .scopes()
                .map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
            id_token: answer.extra_fields().id_token.clone(),
        }
    }
}

/// Why there is nothing that `oauth2` could read.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("no answer")]
    Unreachable(Fault),
    #[error("asked too often")]
    Throttled(Option<Duration>),
    #[error("status {0}")]
    Down(u16),
    #[error("not an answer of Entra")]
    Garbage,
}

impl From<NoAnswer> for EntraError {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Unreachable(fault) => Self::Unreachable(fault),
            NoAnswer::Throttled(wait) => Self::Throttled(wait),
            NoAnswer::Down(status) => Self::Down(status),
            NoAnswer::Garbage => GARBAGE,
        }
    }
}

fn of_request(error: RequestTokenError<NoAnswer, ErrorAnswer>) -> EntraError {
    match error {
        RequestTokenError::ServerResponse(answer) => EntraError::Refused(answer),
        RequestTokenError::Request(error) => error.into(),
        // Both carry the body, which may hold tokens: neither is to be printed.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => GARBAGE,
    }
}

/// One request. What says by its status that nothing can be concluded from its body is no answer.
async fn exchange(http: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
    let unreachable =
        |error: reqwest::Error| NoAnswer::Unreachable(net::fault(&error, Code::EntraUnreachable));
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let asked = request.url().clone();
    let page = || NoAnswer::Unreachable(net::page_fault(asked.host_str()));
    let sent = request.body().and_then(reqwest::Body::as_bytes);
    wire::sent(WIRE, request.method(), sent.map_or(0, <[u8]>::len));
    let mut response = http.execute(request).await.map_err(unreachable)?;
    let status = response.status();
    // Mostly so many as the answer itself says, which is not always read to its end.
    let length = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    wire::heard(WIRE, status.as_u16(), length.unwrap_or_default());
    if status.as_u16() == 429 {
        return Err(NoAnswer::Throttled(crate::graph::retry_after::of(
            response.headers(),
        )));
    }
    if status.as_u16() == 511 || net::page::leads_elsewhere(asked.host_str(), response.headers()) {
        return Err(page());
    }
    if status.is_server_error() {
        return Err(NoAnswer::Down(status.as_u16()));
    }
    if status.is_redirection() {
        return Err(NoAnswer::Garbage);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(NoAnswer::Garbage);
        }
        body.extend_from_slice(&chunk);
    }
    if net::page::stands_between(&asked, status, response.headers(), &body) {
        return Err(page());
    }
    let mut answer = HttpResponse::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    Ok(answer)
}
