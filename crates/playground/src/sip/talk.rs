//! What is answered to whom, and what is told by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use super::serve::Peer;
use super::wire::{Incoming, is_right, signer};
use super::{Publication, Sip};
use crate::clock::Moment;
use crate::company::random_text;
use crate::pbx::{CallState, Placed};

const REALM: &str = "playground";
const CSTA: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    peer: Peer,
    call_id: String,
    /// Theirs and ours.
    tags: (String, String),
    contact: String,
    extension: String,
    kind: Kind,
    last_number: u64,
    notified: u64,
    version: u64,
    expires: Moment,
    /// What was told last.
    told: String,
    /// Bodies to be sent before the news.
    waiting: Vec<String>,
    pub(super) ends: bool,
    pub(super) unanswered: BTreeSet<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Extension,
    Dnd,
    Features,
}

/// A dialled feature code.
#[derive(Debug)]
pub(super) struct Dial {
    peer: Peer,
    call_id: String,
    tags: (String, String),
    contact: String,
    /// The call of the switch.
    call: u64,
    acknowledged: bool,
}

type More = Vec<(&'static str, String)>;

impl Sip {
    /// Answers; the status.
    pub(super) fn handle(&self, request: &Incoming, peer: &Peer) -> u16 {
        if request.method() == "ACK" {
            let mut inside = self.inside.lock();
            for dial in inside.dials.iter_mut().filter(|dial| dial.is_of(request)) {
                dial.acknowledged = true;
            }
            return 200;
        }
        let tag = random_text::<6>();
        let (status, more) = self.judged(request, peer, &tag);
        let words = match status {
            200 => "OK",
            401 => "Unauthorized",
            _ => "No",
        };
        peer.send(request.answer(&format!("{status} {words}"), &tag, &more, &peer.address));
        if status == 200 && request.method() == "SUBSCRIBE" {
            self.tell_news();
        }
        status
    }

    fn judged(&self, request: &Incoming, peer: &Peer, tag: &str) -> (u16, More) {
        if let Some(flaw) = request.flaw() {
            return (400, vec![("Warning", format!("399 playground \"{flaw}\""))]);
        }
        if request.method() == "OPTIONS" {
            return (200, Vec::new());
        }
        let within = !request.tag("To").is_empty();
        let asks = !within || self.inside.lock().habits.challenges_all;
        if asks && request.method() != "BYE" && !self.is_signed(request) {
            let nonce = random_text::<12>();
            let header = format!(
                "Digest realm=\"{REALM}\",nonce=\"{nonce}\",opaque=\"play\",algorithm=MD5,qop=\"auth\""
            );
            self.inside.lock().nonces.push(nonce);
            return (401, vec![("WWW-Authenticate", header)]);
        }
        match request.method() {
            "SUBSCRIBE" => self.subscribe(request, peer, tag),
            "INVITE" => self.invite(request, peer, tag),
            "BYE" => self.bye(request),
            "PUBLISH" => self.publish(request),
            _ => (405, Vec::new()),
        }
    }

    fn is_signed(&self, request: &Incoming) -> bool {
        if !request.has("Authorization") {
            return false;
        }
        let mut inside = self.inside.lock();
        let Some(password) = inside.passwords.get(signer(request)).cloned() else {
            return false;
        };
        let right = |nonce: &String| is_right(request, &password, REALM, nonce);
        let Some(at) = inside.nonces.iter().position(right) else {
            return false;
        };
        inside.nonces.remove(at);
        true
    }

    fn subscribe(&self, request: &Incoming, peer: &Peer, tag: &str) -> (u16, More) {
        let mut inside = self.inside.lock();
        let (package, accept) = (request.value("Event"), request.value("Accept"));
        let dialled = request.dialled();
        let habits = inside.habits.clone();
        let kind = match package {
            "dialog" if dialled.starts_with("*76") => Kind::Dnd,
            "dialog" => Kind::Extension,
            "as-feature-event" if habits.features => Kind::Features,
            _ => return (489, vec![("Allow-Events", "dialog, presence".into())]),
        };
        let Ok(expires) = request.value("Expires").parse::<u64>() else {
            return (400, Vec::new());
        };
        let wanted = if kind == Kind::Features {
            "application/x-as-feature-event+xml"
        } else {
            "application/dialog-info+xml"
        };
        if accept != wanted && expires > 0 {
            return (406, Vec::new());
        }
        if expires > 0 && expires < habits.least {
            return (423, vec![("Min-Expires", habits.least.to_string())]);
        }
        let expires = expires.min(habits.most);
        let until = self.clock.now() + Duration::from_secs(expires);
        let granted = vec![
            ("Expires", expires.to_string()),
            ("Contact", "<sip:playground@127.0.0.1>".to_owned()),
        ];
        if !request.tag("To").is_empty() {
            let at = inside.talks.iter().position(|one| {
                one.call_id == request.value("Call-ID")
                    && one.tags == (request.tag("From").to_owned(), request.tag("To").to_owned())
                    && one.last_number < request.number()
                    && one.kind == kind_within(one, package)
            });
            let Some(at) = at else {
                return (481, Vec::new());
            };
            let one = &mut inside.talks[at];
            one.last_number = request.number();
            one.expires = until;
            one.ends = expires == 0;
            // Asked again, the server says again what is.
            let old = std::mem::take(&mut one.told);
            if !request.body.is_empty() {
                let extension = one.extension.clone();
                one.waiting.push(old);
                drop(inside);
                return (self.set_feature(&extension, &request.body), granted);
            }
            return (200, granted);
        }
        let extension = dialled.strip_prefix("*76").unwrap_or(&dialled).to_owned();
        let is_known = inside.passwords.contains_key(&extension)
            && match kind {
                Kind::Extension => habits.hints,
                Kind::Dnd => habits.dnd_hint,
                // One's own features alone.
                Kind::Features => extension == signer(request),
            };
        if !is_known {
            return (404, Vec::new());
        }
        let contact = request.value("Contact");
        let contact = contact
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap_or_default();
        if !contact.contains(&peer.address) {
            return (
                400,
                vec![("Warning", "399 playground \"it can't be reached there\"".into())],
            );
        }
        inside.talks.push(Subscription {
            peer: peer.clone(),
            call_id: request.value("Call-ID").to_owned(),
            tags: (request.tag("From").to_owned(), tag.to_owned()),
            contact: contact.to_owned(),
            extension,
            kind,
            last_number: request.number(),
            notified: 0,
            version: 0,
            expires: until,
            told: String::new(),
            waiting: Vec::new(),
            ends: expires == 0,
            unanswered: BTreeSet::new(),
        });
        (200, granted)
    }

    fn set_feature(&self, extension: &str, body: &str) -> u16 {
        let within = |name: &str| {
            let after = body.split(&format!("<{name}>")).nth(1)?;
            after.split(&format!("</{name}>")).next().map(str::to_owned)
        };
        if !body.contains(&format!("xmlns=\"{CSTA}\"")) || within("device").as_deref() != Some("") {
            return 400;
        }
        if self.ignores() {
            return 200;
        }
        if body.contains("<SetDoNotDisturb ") {
            match within("doNotDisturbOn").as_deref() {
                Some("true") => self.pbx.set_db("DND", extension, Some("YES")),
                Some("false") => self.pbx.set_db("DND", extension, None),
                _ => return 400,
            }
            return 200;
        }
        if !body.contains("<SetForwarding ")
            || within("forwardingType").as_deref() != Some("forwardImmediate")
        {
            return 400;
        }
        let target = within("forwardDN").unwrap_or_default();
        match within("activateForward").as_deref() {
            Some("true") if !target.is_empty() => self.pbx.set_db("CF", extension, Some(&target)),
            Some("false") => self.pbx.set_db("CF", extension, None),
            _ => return 400,
        }
        200
    }

    fn invite(&self, request: &Incoming, peer: &Peer, tag: &str) -> (u16, More) {
        let offer = &request.body;
        // Voice comes back to an address of the kind that was called from (RFC 8866, section 5.7).
        let voice = if peer.address.starts_with('[') {
            "\r\nc=IN IP6 "
        } else {
            "\r\nc=IN IP4 "
        };
        let is_offer = request.value("Content-Type") == "application/sdp"
            && ["v=0\r\n", voice, "\r\nm=audio "]
                .iter()
                .all(|part| offer.contains(part));
        if !is_offer || !request.tag("To").is_empty() {
            return (488, Vec::new());
        }
        match self.pbx.place(request.caller(), &request.dialled()) {
            Placed::Answered { call } => {
                let contact = request.value("Contact");
                let contact = contact
                    .trim_start_matches('<')
                    .split('>')
                    .next()
                    .unwrap_or_default();
                self.inside.lock().dials.push(Dial {
                    peer: peer.clone(),
                    call_id: request.value("Call-ID").to_owned(),
                    tags: (request.tag("From").to_owned(), tag.to_owned()),
                    contact: contact.to_owned(),
                    call,
                    acknowledged: false,
                });
                let answer = offer.clone();
                (
                    200,
                    vec![
                        ("Contact", "<sip:playground@127.0.0.1>".into()),
                        ("Content-Type", "application/sdp".into()),
                        ("", answer),
                    ],
                )
            }
            Placed::Ringing { call, .. } => {
                self.pbx.hang_up(call, None);
                (480, Vec::new())
            }
            Placed::Refused { cause: 17, .. } => (486, Vec::new()),
            Placed::Refused { .. } => (404, Vec::new()),
        }
    }

    fn bye(&self, request: &Incoming) -> (u16, More) {
        let mut inside = self.inside.lock();
        let Some(at) = inside.dials.iter().position(|dial| dial.is_of(request)) else {
            return (481, Vec::new());
        };
        let dial = inside.dials.remove(at);
        drop(inside);
        self.pbx.hang_up(dial.call, None);
        (200, Vec::new())
    }

    fn publish(&self, request: &Incoming) -> (u16, More) {
        if !self.inside.lock().habits.publish || request.value("Event") != "presence" {
            return (489, Vec::new());
        }
        if self.ignores() {
            return (500, Vec::new());
        }
        let mut inside = self.inside.lock();
        let extension = request.dialled();
        let (matches, expires) = (request.value("SIP-If-Match"), request.value("Expires"));
        let known = inside.published.get(&extension).cloned();
        if !matches.is_empty() && known.as_ref().is_none_or(|known| known.tag != matches) {
            return (412, Vec::new());
        }
        let body = match (request.body.as_str(), known) {
            ("", Some(known)) if !matches.is_empty() => known.body,
            ("", _) => return (400, Vec::new()),
            (body, _)
                if request.value("Content-Type") != "application/pidf+xml"
                    || !body.contains("<basic>open") =>
            {
                return (415, Vec::new());
            }
            (body, _) => body.to_owned(),
        };
        inside.last += 1;
        let tag = format!("t{}", inside.last);
        let more = vec![("SIP-ETag", tag.clone()), ("Expires", expires.to_owned())];
        if expires == "0" {
            inside.published.remove(&extension);
        } else {
            inside.published.insert(extension, Publication { tag, body });
        }
        (200, more)
    }

    /// An answer to something that we have sent.
    pub(super) fn answered(&self, answer: &Incoming) {
        let mut inside = self.inside.lock();
        let number = answer.number();
        for one in &mut inside.talks {
            if one.call_id == answer.value("Call-ID")
                && answer.start.get(1).is_some_and(|status| status == "200")
            {
                one.unanswered.remove(&number);
            }
        }
    }

    /// A connection is gone, and what went over it.
    pub(super) fn forget(&self, address: &str) {
        let mut inside = self.inside.lock();
        inside
            .talks
            .retain(|one| one.peer.address != address || one.peer.transport == "UDP");
        inside.dials.retain(|dial| dial.peer.address != address);
    }

    /// Notifications of what is new, and the end of feature codes.
    pub(super) fn tell_news(&self) {
        let now = self.clock.now();
        let mut inside = self.inside.lock();
        let calls = self.pbx.calls();
        let mut ended = Vec::new();
        inside.dials.retain(|dial| {
            let is_up = calls.iter().any(|call| call.id == dial.call) || !dial.acknowledged;
            if !is_up {
                ended.push(dial.ending());
            }
            is_up
        });
        for (peer, text) in ended {
            peer.send(text);
        }
        let mute = inside.habits.mute_features;
        let heard = |one: &&mut Subscription| !(mute && one.kind == Kind::Features);
        for one in inside.talks.iter_mut().filter(heard) {
            let is_over = one.ends || one.expires <= now;
            let body = self.body(one);
            for waiting in std::mem::take(&mut one.waiting) {
                one.notify(&waiting, now, false);
            }
            if body != one.told || is_over || one.notified == 0 {
                let version = format!("version=\"{}\"", one.version);
                if !one.told.is_empty() || one.notified == 0 {
                    one.version += 1;
                }
                one.notify(&body.replace("version=\"*\"", &version), now, is_over);
                one.told = body;
            }
            one.ends = is_over;
        }
        inside.talks.retain(|one| !one.ends);
    }

    fn body(&self, one: &Subscription) -> String {
        let extension = &one.extension;
        match one.kind {
            Kind::Features => {
                let dnd = self
                    .pbx
                    .db("DND", extension)
                    .is_some_and(|value| !value.is_empty());
                let to = self.pbx.db("CF", extension);
                let forward = to.is_some();
                let to = to.unwrap_or_default();
                let dnd = format!(
                    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><DoNotDisturbEvent xmlns=\"{CSTA}\"><device><notKnown/></device><doNotDisturbOn>{dnd}</doNotDisturbOn></DoNotDisturbEvent>"
                );
                let forward = format!(
                    "<?xml version='1.0' encoding='ISO-8859-1'?><ForwardingEvent xmlns=\"{CSTA}\"><device></device><forwardingType>forwardImmediate</forwardingType><forwardStatus>{forward}</forwardStatus><forwardTo>{to}</forwardTo></ForwardingEvent>"
                );
                let part = |text: &str| {
                    format!("--play\r\nContent-Type: application/x-as-feature-event+xml\r\n\r\n{text}\r\n")
                };
                format!("{}{}--play--\r\n", part(&dnd), part(&forward))
            }
            Kind::Dnd => {
                let state = self.pbx.device_state(&format!("Custom:DND{extension}"));
                pseudo(
                    extension,
                    if state == "BUSY" {
                        "confirmed"
                    } else {
                        "terminated"
                    },
                    false,
                )
            }
            Kind::Extension => {
                // Added up as a hint does it (asterisk.md 1.3).
                let device = self.pbx.device_state(&format!("PJSIP/{extension}"));
                let custom = self.pbx.device_state(&format!("Custom:DND{extension}"));
                let state = match (device.as_str(), custom.as_str()) {
                    (_, "BUSY") | ("BUSY" | "INUSE" | "ONHOLD", _) => "confirmed",
                    ("RINGING" | "RINGINUSE", _) => "early",
                    _ => "terminated",
                };
                let rings = self
                    .pbx
                    .calls()
                    .iter()
                    .any(|call| call.at == *extension && call.state == CallState::Ringing);
                pseudo(extension, state, rings && state == "early")
            }
        }
    }
}

fn kind_within(one: &Subscription, package: &str) -> Kind {
    match (one.kind, package) {
        (Kind::Features, "as-feature-event") => Kind::Features,
        (kind @ (Kind::Extension | Kind::Dnd), "dialog") => kind,
        (Kind::Features, _) => Kind::Dnd,
        (Kind::Extension | Kind::Dnd, _) => Kind::Features,
    }
}

/// The one stand-in that Asterisk sends (sip-samples.json).
fn pseudo(extension: &str, state: &str, rings: bool) -> String {
    let (direction, parties) = if rings {
        (
            " direction=\"recipient\"",
            "<remote><identity display=\"Anna Berg\">sip:102@127.0.0.1</identity></remote>",
        )
    } else {
        ("", "")
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"*\" state=\"full\" entity=\"sip:{extension}@127.0.0.1\">\n <dialog id=\"{extension}\"{direction}>\n  {parties}<state>{state}</state>\n </dialog>\n</dialog-info>\n"
    )
}

impl Subscription {
    fn notify(&mut self, body: &str, now: Moment, is_last: bool) {
        self.notified += 1;
        self.unanswered.insert(self.notified);
        let (package, kind) = match self.kind {
            Kind::Features => ("as-feature-event", "multipart/mixed;boundary=play"),
            Kind::Extension | Kind::Dnd => ("dialog", "application/dialog-info+xml"),
        };
        let state = if is_last {
            "terminated;reason=timeout".to_owned()
        } else {
            let left = self.expires.saturating_sub(now).as_secs();
            format!("active;expires={left}")
        };
        let kind = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: {kind}\r\n")
        };
        let text = format!(
            "NOTIFY {} SIP/2.0\r\nVia: SIP/2.0/{} 127.0.0.1;rport;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\n\
             From: <sip:{ext}@127.0.0.1>;tag={}\r\nTo: <sip:{ext}@127.0.0.1>;tag={}\r\nCall-ID: {}\r\n\
             CSeq: {} NOTIFY\r\nContact: <sip:playground@127.0.0.1>\r\nEvent: {package}\r\n\
             Subscription-State: {state}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            self.contact,
            self.peer.transport,
            random_text::<6>(),
            self.tags.1,
            self.tags.0,
            self.call_id,
            self.notified,
            body.len(),
            ext = self.extension,
        );
        self.peer.send(text);
    }
}

impl Dial {
    fn is_of(&self, request: &Incoming) -> bool {
        self.call_id == request.value("Call-ID")
            && self.tags == (request.tag("From").to_owned(), request.tag("To").to_owned())
    }

    fn ending(&self) -> (Peer, String) {
        let text = format!(
            "BYE {} SIP/2.0\r\nVia: SIP/2.0/{} 127.0.0.1;rport;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\n\
             From: <sip:code@127.0.0.1>;tag={}\r\nTo: <sip:person@127.0.0.1>;tag={}\r\nCall-ID: {}\r\n\
             CSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
            self.contact,
            self.peer.transport,
            random_text::<6>(),
            self.tags.1,
            self.tags.0,
            self.call_id,
        );
        (self.peer.clone(), text)
    }
}
