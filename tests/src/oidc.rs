//! An independent, certified OIDC server in the place of Entra, so that sign-in is tested not only against our own
//! reading of the standards.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;
use xtask::parts;

use crate::http;
use crate::places;
use crate::process::{Log, Running, program};

/// The tenant it plays; `common`, `organizations` and `contoso.example` lead to it as well.
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// The one client it knows, a public native one.
pub const CLIENT_ID: &str = "00000000-1111-2222-3333-444444444444";

/// How it behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub access_token_life: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_token_life: Duration::from_secs(3600),
        }
    }
}

/// A running identity server.
#[derive(Debug)]
pub struct Identity {
    process: Running,
    port: u16,
}

impl Identity {
    /// # Panics
    /// When it isn't set up on this machine or doesn't start.
    pub fn start(options: Options) -> Self {
        let home = parts::npm(&places::parts(), "oidc");
        places::needed(&home.join("node_modules/oidc-provider"));
        let port = places::free_port();
        let mut command = program(places::system_program("node"));
        command
            .arg(parts::workspace().join("tests/oidc/server.mjs"))
            .env("OFFHOOK_NODE_MODULES", home.join("node_modules"))
            .env("PORT", port.to_string())
            .env("TENANT", TENANT)
            .env("CLIENT_ID", CLIENT_ID)
            .env(
                "ACCESS_TOKEN_LIFE",
                options.access_token_life.as_secs().to_string(),
            );
        let mut process = Running::start("oidc-provider", command);
        process.wait_line(Duration::from_secs(120), |line| line.starts_with("ready"));
        Self { process, port }
    }

    /// For `login_url`: without the tenant, as the settings want it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// One of the tenant's endpoints: `authorize`, `token`, `devicecode`, `logout`, `revoke`.
    ///
    /// # Panics
    /// Never.
    pub fn endpoint(&self, tenant: &str, name: &str) -> Url {
        format!("{}/{tenant}/oauth2/v2.0/{name}", self.url())
            .parse()
            .expect("an address")
    }

    /// Revokes a refresh token behind the program's back, as an administrator does.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn revoke(&self, refresh_token: &str) {
        let form = [("client_id", CLIENT_ID), ("token", refresh_token)];
        let answer = http::send(http::post(self.endpoint(TENANT, "revoke").as_str()).form(&form));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Forgets all grants at once: every refresh token is refused from now on.
    ///
    /// # Panics
    /// When the server refuses.
    #[track_caller]
    pub fn revoke_all(&self) {
        let answer = http::send(http::post(&format!("{}/lab/revoke-all", self.url())));
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    pub fn log(&self) -> &Log {
        self.process.log()
    }
}

/// The server's own source, for messages.
pub fn source() -> PathBuf {
    parts::workspace().join("tests/oidc/server.mjs")
}
