//! One connection: frames in, answers and events out.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::story::{Own, id_of, number_of};
use super::xml::{self, Node};
use super::{Csta, TICK};
use crate::clock::Moment;
use crate::faults::{Fault, Place};
use crate::requests::Service;

const SESSION: &str = "http://www.ecma-international.org/standards/ecma-354/appl_session";
const CSTA: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed";

struct Link {
    csta: Arc<Csta>,
    session: Option<(String, Moment)>,
    /// By device: the monitor's name, its generation, and what was told.
    monitors: BTreeMap<String, Monitor>,
    last: u64,
}

struct Monitor {
    name: String,
    generation: u64,
    /// Calls by number, with the phase that was told last.
    calls: BTreeMap<u64, &'static str>,
    dnd: bool,
    forward: Option<String>,
}

/// What was wanted is not done.
enum No {
    /// The connection ends.
    Cut,
    /// `CSTAErrorCode` of this family with this value.
    Error(&'static str, &'static str),
    /// The session's own way to refuse.
    Session(&'static str, &'static str),
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut inside = self.csta.inside.lock();
        inside.connections -= 1;
        inside.monitors -= self.monitors.len();
    }
}

pub(super) async fn serve(csta: Arc<Csta>, mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    csta.inside.lock().connections += 1;
    let mut link = Link {
        csta: Arc::clone(&csta),
        session: None,
        monitors: BTreeMap::new(),
        last: 0,
    };
    if csta.faults.is_struck(Place::PbxConnect, &Fault::PbxRefuses) {
        return;
    }
    if csta.faults.is_struck(Place::PbxConnect, &Fault::PbxMute) {
        std::future::pending::<()>().await;
    }
    if csta.faults.is_struck(Place::PbxConnect, &Fault::PbxNotAsterisk) {
        let _ = stream.write_all(b"220 mail.contoso.example ESMTP\r\n").await;
        std::future::pending::<()>().await;
    }
    let (edition, asks) = {
        let inside = csta.inside.lock();
        (inside.habits.edition, inside.habits.asks_status)
    };
    if asks {
        let ask = format!(
            "<SystemStatus xmlns=\"{CSTA}{edition}\"><systemStatus>normal</systemStatus></SystemStatus>"
        );
        if stream.write_all(&frame(7001, &ask)).await.is_err() {
            return;
        }
    }
    let mut buffer = Vec::new();
    loop {
        let read = tokio::select! {
            read = stream.read_buf(&mut buffer) => read,
            () = tokio::time::sleep(TICK) => {
                let news = link.news();
                if !news.is_empty() && stream.write_all(&news.concat()).await.is_err() {
                    return;
                }
                if link.is_expired() {
                    return;
                }
                continue;
            }
        };
        if !matches!(read, Ok(1..)) {
            return;
        }
        loop {
            let (invoke, text) = match take(&mut buffer) {
                Some(Ok(taken)) => taken,
                Some(Err(())) => return,
                None => break,
            };
            if csta.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
                return;
            }
            if let Some(delay) = csta.faults.delay(Place::PbxAction) {
                tokio::time::sleep(delay).await;
            }
            if csta.faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer) {
                continue;
            }
            let Ok(answer) = link.answer(invoke, &text) else {
                return;
            };
            // What has happened because of it is told before the answer.
            let mut out = link.news().concat();
            if let Some(answer) = answer {
                out.extend(frame(invoke, &answer));
            }
            if stream.write_all(&out).await.is_err() {
                return;
            }
        }
    }
}

fn frame(invoke: u16, xml: &str) -> Vec<u8> {
    let xml = format!("<?xml version='1.0' encoding='UTF-8'?>\n{xml}");
    let length = u16::try_from(xml.len() + 8).unwrap_or(u16::MAX);
    [
        &[0u8, 0][..],
        &length.to_be_bytes()[..],
        format!("{invoke:04}").as_bytes(),
        xml.as_bytes(),
    ]
    .concat()
}

fn take(buffer: &mut Vec<u8>) -> Option<Result<(u16, String), ()>> {
    let head: [u8; 8] = buffer.get(..8)?.try_into().ok()?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let invoke = std::str::from_utf8(&head[4..]).ok().and_then(|digits| {
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_number)
    });
    let (true, Some(invoke)) = (head[..2] == [0, 0] && length > 8, invoke) else {
        return Some(Err(()));
    };
    if buffer.len() < length {
        return None;
    }
    let frame: Vec<u8> = buffer.drain(..length).collect();
    let text = String::from_utf8(frame[8..].to_vec()).map_err(|_| ());
    Some(text.map(|text| (invoke, text)))
}

impl Link {
    fn edition(&self) -> u8 {
        self.csta.inside.lock().habits.edition
    }

    /// A session that was not renewed ends without a word.
    fn is_expired(&self) -> bool {
        let now = self.csta.clock.now();
        self.session.as_ref().is_some_and(|(_, until)| *until <= now)
    }

    /// `None`: there is nothing to answer.
    fn answer(&mut self, invoke: u16, text: &str) -> Result<Option<String>, ()> {
        let Some(root) = xml::parse(text) else {
            return Err(());
        };
        let is_new = u64::from(invoke) > self.last || self.last >= 9998;
        if root.name == "SystemStatusResponse" {
            return if invoke == 7001 { Ok(None) } else { Err(()) };
        }
        if !(1..=9998).contains(&invoke) || !is_new {
            return Err(());
        }
        self.last = u64::from(invoke);
        let csta = Arc::clone(&self.csta);
        // A login is nobody's to read.
        let shown = if root.name == "StartApplicationSession" {
            ""
        } else {
            text
        };
        let number = csta.requests.arrived(
            Service::Csta,
            "request",
            &root.name,
            shown.to_owned(),
            csta.clock.micros(),
        );
        let edition = self.edition();
        let (status, answer) = match self.carry_out(&root) {
            Ok(answer) => (200, Some(answer)),
            Err(No::Cut) => return Err(()),
            Err(No::Error(family, value)) => {
                let code = format!(
                    "<CSTAErrorCode xmlns=\"{CSTA}{edition}\"><{family}>{value}</{family}></CSTAErrorCode>"
                );
                (400, Some(code))
            }
            Err(No::Session(name, value)) => {
                let code = format!(
                    "<{name} xmlns=\"{SESSION}\"><errorCode><definedError>{value}</definedError></errorCode></{name}>"
                );
                (400, Some(code))
            }
        };
        csta.requests.answered(number, status, csta.clock.micros());
        Ok(answer)
    }

    fn carry_out(&mut self, root: &Node) -> Result<String, No> {
        if root.namespace == SESSION {
            return self.on_session(root);
        }
        let edition = root.namespace.strip_prefix(CSTA);
        if !edition.is_some_and(|edition| matches!(edition, "3" | "4" | "5" | "6")) {
            return Err(No::Cut);
        }
        let habits = self.csta.inside.lock().habits.clone();
        if habits.session && self.session.is_none() {
            return Err(No::Error("security", "generic"));
        }
        if habits.refuses.contains(root.name.as_str()) {
            return Err(No::Error("operation", "serviceNotSupported"));
        }
        let wants = |order: &[&str]| {
            let fits = root.order() == order;
            fits.then_some(()).ok_or(No::Error("operation", "generic"))
        };
        let known = |device: &str| {
            let known = self.csta.is_device(device);
            known
                .then(|| device.to_owned())
                .ok_or(No::Error("operation", "invalidDeviceID"))
        };
        let done =
            |name: &str, inner: &str| format!("<{name} xmlns=\"{CSTA}{}\">{inner}</{name}>", habits.edition);
        let ignores = |csta: &Csta| {
            csta.faults
                .is_struck(Place::PbxAction, &Fault::PbxCodeWithoutEffect)
        };
        match root.name.as_str() {
            "MonitorStart" => {
                wants(&["monitorObject"])?;
                let device = root
                    .child("monitorObject")
                    .map_or("", |object| object.text_of("deviceObject"));
                let device = known(device)?;
                let name = self.monitor(&device, habits.monitors)?;
                Ok(done(
                    "MonitorStartResponse",
                    &format!("<monitorCrossRefID>{name}</monitorCrossRefID>"),
                ))
            }
            "SnapshotDevice" => {
                wants(&["snapshotObject"])?;
                let device = known(root.text_of("snapshotObject"))?;
                let infos: Vec<String> = self
                    .calls_of(&device)
                    .iter()
                    .map(|call| call.info(habits.decorates))
                    .collect();
                let inner = format!(
                    "<crossRefIDorSnapshotData><snapshotData>{}</snapshotData></crossRefIDorSnapshotData>",
                    infos.concat()
                );
                Ok(done("SnapshotDeviceResponse", &inner))
            }
            "GetDoNotDisturb" => {
                wants(&["device"])?;
                let device = known(root.text_of("device"))?;
                let on = self.csta.dnd(&device);
                Ok(done(
                    "GetDoNotDisturbResponse",
                    &format!("<doNotDisturbOn>{on}</doNotDisturbOn>"),
                ))
            }
            "SetDoNotDisturb" => {
                wants(&["device", "doNotDisturbOn"])?;
                let device = known(root.text_of("device"))?;
                let on = truth(root.text_of("doNotDisturbOn"))?;
                if habits.dnd_not_in_call && !self.calls_of(&device).is_empty() {
                    return Err(No::Error("stateIncompatibility", "invalidObjectState"));
                }
                if !ignores(&self.csta) {
                    self.csta.press_dnd(&device, on);
                    self.csta.inside.lock().writes.push(root.name.clone());
                }
                Ok(done("SetDoNotDisturbResponse", ""))
            }
            "GetForwarding" => {
                wants(&["device"])?;
                let device = known(root.text_of("device"))?;
                Ok(done(
                    "GetForwardingResponse",
                    &format!(
                        "<forwardingList>{}</forwardingList>",
                        self.forwards(&device, habits.decorates)
                    ),
                ))
            }
            "SetForwarding" => {
                wants(&["device", "forwardingType", "activateForward", "forwardDN"])?;
                let device = known(root.text_of("device"))?;
                let on = truth(root.text_of("activateForward"))?;
                let target = root.text_of("forwardDN");
                let kind = root.text_of("forwardingType");
                if !["forwardImmediate", "forwardImmExt"].contains(&kind) || (on && target.is_empty()) {
                    return Err(No::Error("operation", "invalidForwardingDestination"));
                }
                if !ignores(&self.csta) {
                    if kind == "forwardImmediate" {
                        self.csta.set_forward(&device, on.then_some(target));
                    } else {
                        self.csta.set_forward_of(&device, kind, on.then_some(target));
                    }
                    self.csta.inside.lock().writes.push(root.name.clone());
                }
                Ok(done("SetForwardingResponse", ""))
            }
            _ => Err(No::Error("operation", "serviceNotSupported")),
        }
    }

    fn on_session(&mut self, root: &Node) -> Result<String, No> {
        let (habits, password) = {
            let inside = self.csta.inside.lock();
            (inside.habits.clone(), inside.password.clone())
        };
        let life = habits.session_life;
        let until = self.csta.clock.now() + life;
        let seconds = life.as_secs();
        let of_session = |link: &Self| {
            let session = link.session.as_ref().map(|(session, _)| session.as_str());
            session == Some(root.text_of("sessionID"))
        };
        match root.name.as_str() {
            "StartApplicationSession" => {
                let refused = |value| No::Session("StartApplicationSessionNegResponse", value);
                let order = [
                    "applicationInfo",
                    "requestedProtocolVersions",
                    "requestedSessionDuration",
                ];
                if root.order() != order || self.session.is_some() || !habits.session {
                    return Err(refused("requestNotSupported"));
                }
                let wanted = format!("{CSTA}{}", habits.edition);
                let versions = root.child("requestedProtocolVersions");
                if !versions.is_some_and(|all| all.children.iter().any(|version| version.text == wanted)) {
                    return Err(refused("requestedProtocolVersionNotSupported"));
                }
                let info = root.child("applicationInfo");
                let login = info
                    .and_then(|info| info.child("applicationSpecificInfo"))
                    .and_then(|specific| specific.child("SessionLoginInfo"));
                let is_right = login.is_some_and(|login| {
                    login.order() == ["userName", "password", "sessionCleanupDelay"]
                        && login.text_of("userName") == self.csta.user()
                        && login.text_of("password") == password
                });
                let is_struck = self
                    .csta
                    .faults
                    .is_struck(Place::PbxAction, &Fault::PbxLoginFails);
                if is_struck || (habits.login && !is_right) {
                    return Err(refused("invalidApplicationInfo"));
                }
                let session = {
                    let mut inside = self.csta.inside.lock();
                    inside.sessions += 1;
                    format!("session-{}", inside.sessions)
                };
                let answer = format!(
                    "<StartApplicationSessionPosResponse xmlns=\"{SESSION}\"><sessionID>{session}</sessionID><actualProtocolVersion>{wanted}</actualProtocolVersion><actualSessionDuration>{seconds}</actualSessionDuration></StartApplicationSessionPosResponse>"
                );
                self.session = Some((session, until));
                Ok(answer)
            }
            "ResetApplicationSessionTimer" => {
                if root.order() != ["sessionID", "requestedSessionDuration"] || !of_session(self) {
                    return Err(No::Session(
                        "ResetApplicationSessionTimerNegResponse",
                        "invalidSessionID",
                    ));
                }
                if let Some((_, ends)) = &mut self.session {
                    *ends = until;
                }
                Ok(format!(
                    "<ResetApplicationSessionTimerPosResponse xmlns=\"{SESSION}\"><actualSessionDuration>{seconds}</actualSessionDuration></ResetApplicationSessionTimerPosResponse>"
                ))
            }
            "StopApplicationSession" if of_session(self) => {
                self.csta.inside.lock().stopped += 1;
                Err(No::Cut)
            }
            _ => Err(No::Cut),
        }
    }

    fn monitor(&mut self, device: &str, most: usize) -> Result<String, No> {
        let mut inside = self.csta.inside.lock();
        if inside.monitors >= most || self.monitors.contains_key(device) {
            return Err(No::Error(
                "systemResourceAvailibility",
                "overallMonitorLimitExceeded",
            ));
        }
        inside.monitors += 1;
        let generation = inside.generation;
        drop(inside);
        let name = format!("{}", 100 + self.last);
        let monitor = Monitor {
            name: name.clone(),
            generation,
            calls: BTreeMap::new(),
            dnd: self.csta.dnd(device),
            forward: self.csta.pbx.db("CF", device),
        };
        self.monitors.insert(device.to_owned(), monitor);
        Ok(name)
    }

    fn forwards(&self, device: &str, decorates: bool) -> String {
        let all = self.csta.pbx.db("CF", device).filter(|target| !target.is_empty());
        let mut items: Vec<(String, bool, String)> = self
            .csta
            .inside
            .lock()
            .other_forwards
            .get(device)
            .into_iter()
            .flatten()
            .map(|(kind, target)| (kind.clone(), true, target.clone()))
            .collect();
        items.push(("forwardImmediate".into(), all.is_some(), all.unwrap_or_default()));
        let items = items.iter().map(|(kind, on, target)| {
            let target = id_of(target, decorates);
            format!("<forwardListItem><forwardingType>{kind}</forwardingType><forwardStatus>{on}</forwardStatus><forwardDN>{target}</forwardDN><forwardDefault>false</forwardDefault></forwardListItem>")
        });
        items.collect::<Vec<_>>().concat()
    }

    fn calls_of(&self, device: &str) -> Vec<Own> {
        let calls = self.csta.pbx.calls();
        let own = calls
            .into_iter()
            .filter(|call| call.from == device || call.at == device);
        own.map(|call| {
            let outbound = call.from == device;
            Own {
                id: call.id,
                device: device.to_owned(),
                other: if outbound {
                    call.at.clone()
                } else {
                    call.from.clone()
                },
                outbound,
                state: call.state,
            }
        })
        .collect()
    }

    /// Events of what has changed since it was told.
    fn news(&mut self) -> Vec<Vec<u8>> {
        let (habits, generation) = {
            let inside = self.csta.inside.lock();
            (inside.habits.clone(), inside.generation)
        };
        let mut events = Vec::new();
        let stopped: Vec<String> = self
            .monitors
            .iter()
            .filter(|(_, monitor)| monitor.generation != generation)
            .map(|(device, _)| device.clone())
            .collect();
        let mut event = |name: &str, monitor: &str, inner: &str| {
            let text = format!(
                "<{name} xmlns=\"{CSTA}{}\"><monitorCrossRefID>{monitor}</monitorCrossRefID>{inner}</{name}>",
                habits.edition
            );
            events.push(frame(9999, &text));
        };
        for device in stopped {
            if let Some(monitor) = self.monitors.remove(&device) {
                self.csta.inside.lock().monitors -= 1;
                event("MonitorStop", &monitor.name, "");
            }
        }
        let devices: Vec<String> = self.monitors.keys().cloned().collect();
        for device in devices {
            let (now, dnd, forward) = (
                self.calls_of(&device),
                self.csta.dnd(&device),
                self.csta.pbx.db("CF", &device),
            );
            let Some(monitor) = self.monitors.get_mut(&device) else {
                continue;
            };
            for call in &now {
                let told = monitor.calls.get(&call.id).copied().unwrap_or_default();
                for (phase, name, inner) in call.story(told, &habits) {
                    event(name, &monitor.name, &inner);
                    monitor.calls.insert(call.id, phase);
                }
            }
            let ended: Vec<u64> = monitor
                .calls
                .keys()
                .copied()
                .filter(|id| now.iter().all(|call| call.id != *id))
                .collect();
            for id in ended {
                monitor.calls.remove(&id);
                let own = id_of(&device, habits.decorates);
                let number = number_of(id, &habits);
                let inner = format!(
                    "<droppedConnection>{number}<deviceID>{own}</deviceID></droppedConnection><releasingDevice><notKnown/></releasingDevice><localConnectionInfo>null</localConnectionInfo><cause>normalClearing</cause>"
                );
                event("ConnectionClearedEvent", &monitor.name, &inner);
            }
            if habits.silent_features {
                continue;
            }
            let wrapped = format!(
                "<device><deviceIdentifier>{}</deviceIdentifier></device>",
                id_of(&device, habits.decorates)
            );
            if monitor.dnd != dnd {
                monitor.dnd = dnd;
                event(
                    "DoNotDisturbEvent",
                    &monitor.name,
                    &format!("{wrapped}<doNotDisturbOn>{dnd}</doNotDisturbOn>"),
                );
            }
            if monitor.forward != forward {
                let on = forward.is_some();
                let to = id_of(forward.as_deref().unwrap_or_default(), habits.decorates);
                event(
                    "ForwardingEvent",
                    &monitor.name,
                    &format!(
                        "{wrapped}<forwardingType>forwardImmediate</forwardingType><forwardStatus>{on}</forwardStatus><forwardTo><deviceIdentifier>{to}</deviceIdentifier></forwardTo>"
                    ),
                );
                monitor.forward = forward;
            }
        }
        events
    }
}

fn truth(text: &str) -> Result<bool, No> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(No::Error("operation", "generic")),
    }
}
