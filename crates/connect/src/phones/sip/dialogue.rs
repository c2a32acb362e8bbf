//! One conversation with the server (RFC 3261 section 12): who speaks with whom, by which name, and where the next
//! request goes; pure.

use super::message::{Draft, Message, Start, address, parameter};
use std::fmt;

/// Our end, as the server can reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// `UDP`, `TCP` or `TLS`.
    pub transport: &'static str,
    /// `192.0.2.7:5060`, an IPv6 address with its brackets.
    pub address: String,
}

impl Here {
    /// What the answer to a request says of where it came from: behind a router that is another address than ours
    /// (RFC 3581).
    pub fn learn(&mut self, answer: &Message) {
        let Some(via) = answer.header("via") else { return };
        let port = parameter(via, "rport").and_then(|port| port.parse::<u16>().ok());
        let Some(port) = port else { return };
        let plain = |host: &&str| {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".:[]".contains(c))
        };
        // Told only where it is another one than the request says.
        let own = self.address.rsplit_once(':').map(|(host, _)| host);
        let Some(host) = parameter(via, "received").filter(plain).or(own) else {
            return;
        };
        self.address = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        };
    }

    fn contact(&self, user: &str) -> String {
        let Self { transport, address } = self;
        match *transport {
            "UDP" => format!("<sip:{user}@{address}>"),
            _ => format!(
                "<sip:{user}@{address};transport={}>",
                transport.to_ascii_lowercase()
            ),
        }
    }
}

/// `Debug` shows nothing of who speaks.
#[derive(Clone)]
pub struct Dialogue {
    pub call_id: String,
    local_tag: String,
    remote_tag: Option<String>,
    /// Our own address.
    local: String,
    /// Theirs.
    remote: String,
    user: String,
    /// Where the next request goes.
    target: String,
    routes: Vec<String>,
    number: u32,
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialogue(…)")
    }
}

impl Dialogue {
    /// `local` and `remote` are addresses, `user` is who is reached here.
    pub fn new(local: String, remote: String, user: String) -> Self {
        Self {
            call_id: format!("{}@offhook", random()),
            local_tag: random(),
            remote_tag: None,
            target: remote.clone(),
            local,
            remote,
            user: user.replace('#', "%23"),
            routes: Vec::new(),
            number: 0,
        }
    }

    /// The next request, all but its own headers. `branch` names the transaction.
    pub fn request(&mut self, method: &str, here: &Here, branch: &str) -> Draft {
        self.number += 1;
        self.draft(method, here, branch)
    }

    /// The acknowledgement of an answer to an INVITE. A refusal's goes the INVITE's own way, `branch` being its own.
    pub fn acknowledgement(&self, here: &Here, branch: &str) -> Draft {
        self.draft("ACK", here, branch)
    }

    fn draft(&self, method: &str, here: &Here, branch: &str) -> Draft {
        let Here { transport, address } = here;
        let to = match &self.remote_tag {
            Some(tag) => format!("<{}>;tag={tag}", self.remote),
            None => format!("<{}>", self.remote),
        };
        let mut draft = Draft::request(method, &self.target)
            .with(
                "Via",
                &format!("SIP/2.0/{transport} {address};rport;branch={branch}"),
            )
            .with("Max-Forwards", "70")
            .with("From", &format!("<{}>;tag={}", self.local, self.local_tag))
            .with("To", &to)
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{} {method}", self.number));
        for route in &self.routes {
            draft = draft.with("Route", route);
        }
        if method != "ACK" {
            draft = draft.with("Contact", &here.contact(&self.user));
        }
        draft.with("User-Agent", concat!("Offhook/", env!("CARGO_PKG_VERSION")))
    }

    /// Where requests go: what a digest is made for.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether a request of the server belongs to this conversation.
    pub fn is_of(&self, request: &Message) -> bool {
        let is_other =
            self.remote_tag.is_some() && request.parameter("from", "tag") != self.remote_tag.as_deref();
        request.header("call-id") == Some(&self.call_id)
            && request.parameter("to", "tag") == Some(&self.local_tag)
            && !is_other
    }

    /// The refusal of an INVITE, whose acknowledgement repeats the tag.
    pub fn learn_refusal(&mut self, answer: &Message) {
        self.remote_tag = answer.parameter("to", "tag").map(str::to_owned);
    }

    /// Forgets whom a refused request met: the next one begins anew.
    pub fn begin_anew(&mut self) {
        self.remote_tag = None;
    }

    /// What an answer that takes the request, or a request of the server, says about its end.
    pub fn learn(&mut self, message: &Message) {
        let (tag, is_answer) = match &message.start {
            Start::Response { .. } => ("to", true),
            Start::Request { .. } => ("from", false),
        };
        if self.remote_tag.is_none() {
            self.remote_tag = message.parameter(tag, "tag").map(str::to_owned);
            let routes = message.headers("record-route").map(str::to_owned);
            self.routes = if is_answer {
                routes.rev().collect()
            } else {
                routes.collect()
            };
        }
        if let Some(target) = message.header("contact").and_then(address) {
            target.clone_into(&mut self.target);
        }
    }
}

/// A name that nobody guesses.
pub fn random() -> String {
    let bits = getrandom::u64().unwrap_or_else(|_no_entropy| {
        // Names then differ from each other at least.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| u64::from(since.subsec_nanos()) << 32 | since.as_secs())
    });
    format!("{bits:016x}")
}

/// A name for a transaction (RFC 3261 section 8.1.1.7).
pub fn branch() -> String {
    format!("z9hG4bK{}", random())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Here {
        Here {
            transport: "UDP",
            address: "10.0.0.7:5062".into(),
        }
    }

    fn message(text: &str) -> Message {
        Message::parse(text.replace('\n', "\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn the_address_is_the_one_that_the_server_sees() {
        let mut here = here();
        here.learn(&message(
            "SIP/2.0 401 x\nVia: SIP/2.0/UDP 10.0.0.7:5062;rport=40001;received=192.0.2.9;branch=z\n\n",
        ));
        assert_eq!(here.address, "192.0.2.9:40001");
        here.learn(&message(
            "SIP/2.0 401 x\nVia: SIP/2.0/UDP 10.0.0.7:5062;rport=40002;branch=z\n\n",
        ));
        assert_eq!(here.address, "192.0.2.9:40002");
        here.learn(&message(
            "SIP/2.0 401 x\nVia: SIP/2.0/UDP 10.0.0.7:5062;rport=1;received=::1;branch=z\n\n",
        ));
        assert_eq!(here.address, "[::1]:1");
        here.learn(&message(
            "SIP/2.0 401 x\nVia: SIP/2.0/UDP 10.0.0.7:5062;rport=1;received=a<b;branch=z\n\n",
        ));
        assert_eq!(here.address, "[::1]:1");
    }

    #[test]
    fn what_follows_goes_where_the_server_says() {
        let mut dialogue = Dialogue::new("sip:1@pbx".into(), "sip:1@pbx".into(), "1".into());
        let first = String::from_utf8(dialogue.request("SUBSCRIBE", &here(), "z1").into_bytes()).unwrap();
        assert!(first.starts_with("SUBSCRIBE sip:1@pbx SIP/2.0\r\n"), "{first}");
        assert!(
            first.contains("To: <sip:1@pbx>\r\n") && first.contains("Contact: <sip:1@10.0.0.7:5062>\r\n")
        );
        dialogue.learn(&message(
            "SIP/2.0 200 OK\nTo: <sip:1@pbx>;tag=77\nContact: <sip:10.0.0.1:5060;lr>\nRecord-Route: <sip:a;lr>\nRecord-Route: <sip:b;lr>\n\n",
        ));
        let next = String::from_utf8(dialogue.request("SUBSCRIBE", &here(), "z2").into_bytes()).unwrap();
        assert!(
            next.starts_with("SUBSCRIBE sip:10.0.0.1:5060;lr SIP/2.0\r\n"),
            "{next}"
        );
        assert!(next.contains("To: <sip:1@pbx>;tag=77\r\n") && next.contains("CSeq: 2 SUBSCRIBE\r\n"));
        assert!(
            next.contains("Route: <sip:b;lr>\r\nRoute: <sip:a;lr>\r\n"),
            "{next}"
        );
        let of = |from: &str, to: &str| {
            message(&format!(
                "NOTIFY sip:x SIP/2.0\nFrom: <sip:1@pbx>;tag={from}\nTo: <sip:1@pbx>;tag={to}\nCall-ID: {}\n\n",
                dialogue.call_id
            ))
        };
        assert!(dialogue.is_of(&of("77", &dialogue.local_tag)));
        assert!(!dialogue.is_of(&of("78", &dialogue.local_tag)));
        assert!(!dialogue.is_of(&of("77", "guessed")));
    }
}
