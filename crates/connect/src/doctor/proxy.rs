//! What stands between Offhook and a proxy: a sign-in that Offhook does not speak, and a script that names the proxy and
//! that Offhook does not run.

use super::LIMIT;
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// No honest head of an answer is longer.
const HEAD: u64 = 8 * 1024;

/// The schemes by which a proxy wants a sign-in, in its own words (`Negotiate, NTLM`), where Basic is none of them. Asks
/// it, without a login, for a connection to the host of `to`. A proxy that is itself encrypted is not asked.
pub(super) async fn foreign_sign_in(host: &str, port: u16, to: &Url) -> Option<String> {
    let there = format!("{}:{}", to.host_str()?, to.port_or_known_default()?);
    let ask = async {
        let mut proxy = TcpStream::connect((host, port)).await.ok()?;
        let request = format!("CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n\r\n");
        proxy.write_all(request.as_bytes()).await.ok()?;
        let mut head = Vec::new();
        let mut proxy = proxy.take(HEAD);
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if proxy.read_buf(&mut head).await.ok()? == 0 {
                break;
            }
        }
        foreign(&String::from_utf8_lossy(&head))
    };
    tokio::time::timeout(LIMIT, ask).await.ok().flatten()
}

/// From the head of an answer.
pub(super) fn foreign(head: &str) -> Option<String> {
    let mut lines = head.lines();
    if lines.next()?.split(' ').nth(1)? != "407" {
        return None;
    }
    let offers = lines.filter_map(|line| {
        let (name, offers) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authenticate").then_some(offers)
    });
    let offers: Vec<&str> = offers.flat_map(schemes).collect();
    let basic = offers.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    (!basic && !offers.is_empty()).then(|| offers.join(", "))
}

/// A header may name several, each with its parameters (RFC 9110, section 11.6.1). What is no token is none.
fn schemes(offers: &str) -> impl Iterator<Item = &str> {
    let is_token = |word: &&str| {
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        word.bytes().all(is_sign)
    };
    let unquoted = offers.split('"').step_by(2);
    unquoted
        .flat_map(|text| text.split(','))
        .filter_map(|offer| offer.split_whitespace().next())
        .filter(is_token)
}

/// Whether this system finds its proxy by a script (PAC), its own or the network's (WPAD).
#[cfg(target_os = "linux")]
pub(super) async fn named_by_script() -> bool {
    let mut gsettings = tokio::process::Command::new("gsettings");
    gsettings
        .args(["get", "org.gnome.system.proxy", "mode"])
        .kill_on_drop(true);
    let said = tokio::time::timeout(LIMIT, gsettings.output()).await;
    let gnome = said.is_ok_and(|said| said.is_ok_and(|said| is_gnome_auto(&said.stdout)));
    let own = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let folder = own("XDG_CONFIG_HOME").or_else(|| Some(own("HOME")?.join(".config")));
    let kde = folder.and_then(|folder| std::fs::read_to_string(folder.join("kioslaverc")).ok());
    gnome || kde.is_some_and(|text| is_kde_script(&text))
}

/// Whether this system finds its proxy by a script (PAC) whose address it was given.
#[cfg(windows)]
pub(super) fn named_by_script() -> std::future::Ready<bool> {
    const PLACE: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let address = windows_registry::CURRENT_USER
        .open(PLACE)
        .and_then(|key| key.get_string("AutoConfigURL"));
    std::future::ready(address.is_ok_and(|address| !address.is_empty()))
}

/// Not looked for here.
#[cfg(not(any(windows, target_os = "linux")))]
pub(super) fn named_by_script() -> std::future::Ready<bool> {
    std::future::ready(false)
}

/// What `gsettings` prints of the mode: `'none'`, `'manual'` or `'auto'`.
#[cfg(target_os = "linux")]
fn is_gnome_auto(said: &[u8]) -> bool {
    said.trim_ascii() == b"'auto'"
}

/// KDE's `kioslaverc`: `ProxyType=2` is a script, 3 the one that the network names.
#[cfg(target_os = "linux")]
fn is_kde_script(text: &str) -> bool {
    text.lines()
        .any(|line| matches!(line.trim(), "ProxyType=2" | "ProxyType=3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_that_offhook_does_not_speak_is_told_apart() {
        let head = |offers: &[&str]| {
            let lines: String = offers
                .iter()
                .map(|offer| format!("Proxy-Authenticate: {offer}\r\n"))
                .collect();
            format!("HTTP/1.1 407 Proxy Authentication Required\r\n{lines}\r\n")
        };
        let kerberos = head(&["Negotiate", "NTLM TlRMTVNTUAAC"]);
        assert_eq!(foreign(&kerberos).as_deref(), Some("Negotiate, NTLM"));
        assert_eq!(foreign(&head(&["NTLM", "basic realm=\"x\""])), None);
        assert_eq!(foreign(&head(&[])), None);
        assert_eq!(
            foreign("HTTP/1.1 200 OK\r\nProxy-Authenticate: NTLM\r\n\r\n"),
            None
        );
        assert_eq!(foreign("hello"), None);
        let one_line = head(&["Negotiate, NTLM"]);
        assert_eq!(foreign(&one_line).as_deref(), Some("Negotiate, NTLM"));
        assert_eq!(foreign(&head(&["Negotiate, Basic realm=\"x, y\""])), None);
        let digest = head(&["Digest realm=\"a, Basic b\", nonce=\"x\", algorithm=MD5"]);
        assert_eq!(foreign(&digest).as_deref(), Some("Digest"));
        let odd = head(&["\u{1b}[2J", "NTLM"]);
        assert_eq!(
            foreign(&odd).as_deref(),
            Some("NTLM"),
            "nothing else can be shown"
        );
        assert_eq!(foreign(&head(&["\u{1b}[2J"])), None);
        assert_eq!(foreign(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn scripts_are_recognised_on_both_desktops() {
        assert!(is_gnome_auto(b"'auto'\n"));
        assert!(!is_gnome_auto(b"'manual'\n") && !is_gnome_auto(b""));
        assert!(is_kde_script(
            "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://wpad/\n"
        ));
        assert!(is_kde_script("ProxyType=3"));
        assert!(!is_kde_script("ProxyType=1\nProxyType=0"));
    }
}
