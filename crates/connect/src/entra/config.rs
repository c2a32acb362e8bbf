//! Where to sign in: clouds, tenants, endpoints, scopes. Parsed once from the settings.

use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Right;
use url::{Host, Url};

/// The values of `[microsoft]` as they stand in the settings (DESIGN, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MicrosoftSettings<'a> {
    /// `global`, `us-gov`, `us-dod` or `custom`.
    pub cloud: &'a str,
    /// `organizations`, a tenant id or a domain.
    pub tenant: &'a str,
    pub client_id: &'a str,
    /// For `custom` only, without the tenant.
    pub login_url: &'a str,
    /// For `custom` only, with `/v1.0`.
    pub graph_url: &'a str,
}

/// Where and as which application to sign in. All values are valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraConfig {
    pub(super) cloud: Cloud,
    pub(super) tenant: String,
    pub(super) client_id: String,
    login: Url,
    graph: Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    /// GCC too.
    Global,
    /// L4, GCC High.
    UsGov,
    /// L5.
    UsDod,
    Custom,
}

/// What an administrator needs to approve the application (`facts/graph.md`, section 4.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConsent {
    /// Opens Microsoft's approval page.
    pub url: String,
    pub tenant: String,
    pub client_id: String,
    /// Written in full, as the approval page wants them.
    pub scopes: Vec<String>,
}

impl EntraConfig {
    /// # Errors
    /// [`Code::ClientIdMissing`], or [`Code::SettingsValue`] naming the setting.
    pub fn parse(settings: &MicrosoftSettings<'_>) -> Result<Self, Fault> {
        let cloud = match settings.cloud {
            "global" => Cloud::Global,
            "us-gov" => Cloud::UsGov,
            "us-dod" => Cloud::UsDod,
            "custom" => Cloud::Custom,
            _ => return Err(wrong("microsoft.cloud")),
        };
        let client_id = settings.client_id.trim();
        if client_id.is_empty() {
            return Err(Fault::new(FaultKind::Rejected, Code::ClientIdMissing));
        }
        if !is_guid(client_id) {
            return Err(wrong("microsoft.client_id"));
        }
        let tenant = settings.tenant.trim();
        if !is_tenant(tenant) {
            return Err(wrong("microsoft.tenant"));
        }
        let (login, graph) = match cloud {
            Cloud::Global => (
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com/v1.0",
            ),
            Cloud::UsGov => (
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us/v1.0",
            ),
            Cloud::UsDod => (
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us/v1.0",
            ),
            Cloud::Custom => (settings.login_url, settings.graph_url),
        };
        Ok(Self {
            cloud,
            tenant: tenant.to_ascii_lowercase(),
            client_id: client_id.to_ascii_lowercase(),
            login: base_url(login).ok_or_else(|| wrong("microsoft.login_url"))?,
            graph: base_url(graph).ok_or_else(|| wrong("microsoft.graph_url"))?,
        })
    }

    /// With `/v1.0`.
    pub const fn graph_base(&self) -> &Url {
        &self.graph
    }

    /// With `/v1.0`, without a slash at the end.
    pub fn graph_url(&self) -> &str {
        self.graph.as_str().trim_end_matches('/')
    }

    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    pub(super) const fn login(&self) -> &Url {
        &self.login
    }

    /// `authorize`, `token`, `devicecode` or `logout` (`facts/graph.md`, section 4.1).
    pub(super) fn endpoint(&self, name: &str) -> Url {
        self.page(&["oauth2", "v2.0", name])
    }

    fn page(&self, path: &[&str]) -> Url {
        let mut url = self.login.clone();
        // `http` and `https` addresses always have path segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.tenant).extend(path);
        }
        url
    }

    /// Where Entra describes itself, to anybody.
    pub(crate) fn about(&self) -> Url {
        self.page(&["v2.0", ".well-known", "openid-configuration"])
    }

    /// The page on which a person ends the browser's own session, too.
    pub(super) fn logout_url(&self) -> String {
        self.endpoint("logout").into()
    }

    /// For the person who may approve the application for all.
    pub fn admin_consent(&self, rights: &[Right]) -> AdminConsent {
        let origin = self.graph.origin().ascii_serialization();
        let scopes: Vec<String> = std::iter::once("User.Read")
            .chain(graph_scopes(rights))
            .map(|scope| format!("{origin}/{scope}"))
            .collect();
        let mut page = self.page(&["v2.0", "adminconsent"]);
        page.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("redirect_uri", "http://localhost");
        AdminConsent {
            url: page.into(),
            tenant: self.tenant.clone(),
            client_id: self.client_id.clone(),
            scopes,
        }
    }
}

/// What to ask for so that these rights come with the token, and a refresh token and a name with them.
/// Unqualified names mean Graph in every cloud (`facts/graph.md`, section 4.1).
pub fn scopes_for(rights: &[Right]) -> Vec<String> {
    ["openid", "profile", "offline_access", "User.Read"]
        .into_iter()
        .chain(graph_scopes(rights))
        .map(str::to_owned)
        .collect()
}

/// The rights that a granted `scope` list carries. Names count with and without the host before them, and in
/// any case of letters (`facts/graph.md`, sections 1.6 and 3.3).
pub fn rights_in<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Vec<Right> {
    let mut rights: Vec<Right> = scopes
        .into_iter()
        .flat_map(|scope| scope.split(' '))
        .flat_map(rights_of)
        .copied()
        .collect();
    rights.sort_unstable();
    rights.dedup();
    rights
}

fn rights_of(scope: &str) -> &'static [Right] {
    let name = scope.rsplit('/').next().unwrap_or(scope).to_ascii_lowercase();
    match name.as_str() {
        "presence.read" | "presence.read.all" => &[Right::PresenceRead],
        "presence.readwrite" => &[Right::PresenceRead, Right::PresenceWrite],
        "calendars.read" | "calendars.readbasic" | "calendars.readwrite" => &[Right::CalendarRead],
        _ => &[],
    }
}

fn graph_scopes(rights: &[Right]) -> impl Iterator<Item = &'static str> {
    let mut rights = rights.to_vec();
    rights.sort_unstable();
    rights.dedup();
    rights.into_iter().map(scope)
}

/// What Microsoft calls a right.
pub const fn scope(right: Right) -> &'static str {
    match right {
        Right::PresenceRead => "Presence.Read",
        Right::PresenceWrite => "Presence.ReadWrite",
        // A person can approve this one where user consent is allowed at all; ReadBasic is marked as needing an
        // administrator.
        Right::CalendarRead => "Calendars.Read",
    }
}

/// `https`, or plain `http` to this machine; no login, query or fragment.
fn base_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let fits = match url.scheme() {
        "https" => true,
        "http" => loopback,
        _ => false,
    };
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (fits && bare).then_some(url)
}

/// A word, a domain or an id: what can stand in a path without changing its meaning.
fn is_tenant(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(plain) && !text.starts_with('.')
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn wrong(setting: &str) -> Fault {
    Fault::new(FaultKind::Rejected, Code::SettingsValue).about(setting)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const CLIENT: &str = "0b5c6c1e-7a3e-4f57-9d0b-3f2a5f3f9a01";

    pub fn custom(login_url: &str) -> EntraConfig {
        EntraConfig::parse(&MicrosoftSettings {
            cloud: "custom",
            tenant: "organizations",
            client_id: CLIENT,
            login_url,
            graph_url: "http://127.0.0.1:1/v1.0",
        })
        .unwrap()
    }

    const GLOBAL: MicrosoftSettings<'static> = MicrosoftSettings {
        cloud: "global",
        tenant: "organizations",
        client_id: CLIENT,
        login_url: "",
        graph_url: "",
    };

    #[test]
    fn clouds_have_their_hosts() {
        for (cloud, token, graph) in [
            (
                "global",
                "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
                "https://graph.microsoft.com/v1.0",
            ),
            (
                "us-gov",
                "https://login.microsoftonline.us/organizations/oauth2/v2.0/token",
                "https://graph.microsoft.us/v1.0",
            ),
            (
                "us-dod",
                "https://login.microsoftonline.us/organizations/oauth2/v2.0/token",
                "https://dod-graph.microsoft.us/v1.0",
            ),
        ] {
            let config = EntraConfig::parse(&MicrosoftSettings { cloud, ..GLOBAL }).unwrap();
            assert_eq!(config.endpoint("token").as_str(), token);
            assert_eq!(config.graph_url(), graph);
        }
    }

    #[test]
    fn wrong_settings_are_named() {
        let missing = EntraConfig::parse(&MicrosoftSettings {
            client_id: " ",
            ..GLOBAL
        })
        .unwrap_err();
        assert_eq!(missing.code, Code::ClientIdMissing);
        let custom = MicrosoftSettings {
            cloud: "custom",
            login_url: "http://127.0.0.1:1",
            graph_url: "https://g/v1.0",
            ..GLOBAL
        };
        for (settings, name) in [
            (
                MicrosoftSettings {
                    cloud: "china",
                    ..GLOBAL
                },
                "microsoft.cloud",
            ),
            (
                MicrosoftSettings {
                    client_id: "not-a-guid",
                    ..GLOBAL
                },
                "microsoft.client_id",
            ),
            (MicrosoftSettings { tenant: "", ..GLOBAL }, "microsoft.tenant"),
            (
                MicrosoftSettings {
                    tenant: "a/../b",
                    ..GLOBAL
                },
                "microsoft.tenant",
            ),
            (
                MicrosoftSettings {
                    tenant: "..",
                    ..GLOBAL
                },
                "microsoft.tenant",
            ),
            (
                MicrosoftSettings {
                    login_url: "",
                    ..custom
                },
                "microsoft.login_url",
            ),
            (
                MicrosoftSettings {
                    login_url: "http://login.example",
                    ..custom
                },
                "microsoft.login_url",
            ),
            (
                MicrosoftSettings {
                    login_url: "http://127.0.0.1.example",
                    ..custom
                },
                "microsoft.login_url",
            ),
            (
                MicrosoftSettings {
                    login_url: "https://u:p@login.example",
                    ..custom
                },
                "microsoft.login_url",
            ),
            (
                MicrosoftSettings {
                    graph_url: "http://graph.example/v1.0",
                    ..custom
                },
                "microsoft.graph_url",
            ),
            (
                MicrosoftSettings {
                    graph_url: "ftp://127.0.0.1/v1.0",
                    ..custom
                },
                "microsoft.graph_url",
            ),
        ] {
            let fault = EntraConfig::parse(&settings).unwrap_err();
            assert_eq!(
                (fault.code, fault.detail.as_deref()),
                (Code::SettingsValue, Some(name)),
                "{settings:?}"
            );
        }
        assert!(EntraConfig::parse(&custom).is_ok());
        assert!(
            EntraConfig::parse(&MicrosoftSettings {
                login_url: "http://[::1]:80/x/",
                ..custom
            })
            .is_ok()
        );
    }

    #[test]
    fn rights_are_read_from_granted_scopes() {
        use Right::{CalendarRead, PresenceRead, PresenceWrite};
        for (scope, rights) in [
            ("Presence.Read", vec![PresenceRead]),
            ("presence.readwrite openid", vec![PresenceRead, PresenceWrite]),
            (
                "https://graph.microsoft.com/Presence.ReadWrite https://graph.microsoft.com/Calendars.Read",
                vec![PresenceRead, PresenceWrite, CalendarRead],
            ),
            ("https://graph.microsoft.us/Presence.Read.All", vec![PresenceRead]),
            ("Calendars.ReadBasic", vec![CalendarRead]),
            ("User.Read profile Presence.ReadWriteX", vec![]),
        ] {
            assert_eq!(rights_in([scope]), rights, "{scope}");
        }
        let asked = scopes_for(&[CalendarRead, PresenceWrite, PresenceRead, PresenceRead]);
        assert_eq!(
            asked.join(" "),
            "openid profile offline_access User.Read Presence.Read Presence.ReadWrite Calendars.Read"
        );
    }

    #[test]
    fn an_administrator_gets_a_link_with_full_names() {
        let config = EntraConfig::parse(&GLOBAL).unwrap();
        let consent = config.admin_consent(&[Right::CalendarRead]);
        assert_eq!(
            consent.scopes,
            [
                "https://graph.microsoft.com/User.Read",
                "https://graph.microsoft.com/Calendars.Read"
            ]
        );
        assert!(
            consent.url.starts_with(
                "https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=0b5c"
            )
        );
        assert!(
            consent
                .url
                .contains("scope=https%3A%2F%2Fgraph.microsoft.com%2FUser.Read+https%3A%2F%2F")
        );
    }
}
