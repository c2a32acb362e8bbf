//! The phone system: an AMI server over a small switch with extensions, calls and feature codes.

mod actions;
mod calls;
mod channels;
mod dialplan;
mod originate;
mod wire;

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use calls::{CallState, CallView, Placed};
pub use wire::{Account, Class};

use crate::clock::Clock;
use crate::company::{Dice, Shared};
use crate::faults::{Fault, Faults, Place};
use crate::requests::{Requests, Service};
use actions::After;
use channels::{Listener, Switch};
use dialplan::{Route, route};
use wire::Message;

/// 22.10.1 greets like this; the number is the protocol's (asterisk.md 1.1).
const GREETING: &str = "Asterisk Call Manager/11.0.0\r\n";
/// No login in this time: closed (asterisk.json, `no_login_live`).
const LOGIN_LIMIT: Duration = Duration::from_secs(30);
/// A message longer than this is no AMI.
const MESSAGE_LIMIT: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Pbx {
    switch: Shared<Switch>,
    accounts: Vec<Account>,
    /// How long a feature code talks before it hangs up.
    code_talks: Duration,
    me: Weak<Pbx>,
    /// Counts up whenever calls may have changed.
    changed: watch::Sender<u64>,
}

impl Pbx {
    pub(crate) fn new(
        extensions: Vec<(String, String)>,
        accounts: Vec<Account>,
        code_talks: Duration,
        dice: Dice,
        (clock, requests, faults): (Arc<Clock>, Arc<Requests>, Arc<Faults>),
    ) -> Arc<Self> {
        let switch = Shared::new(Switch::new(extensions, dice, clock, requests, faults));
        Arc::new_cyclic(|me| Self {
            switch,
            accounts,
            code_talks,
            me: me.clone(),
            changed: watch::Sender::new(0),
        })
    }

    /// Something to wait on for other calls.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn touch(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn place(&self, from: &str, to: &str) -> Placed {
        let mut switch = self.switch.lock();
        let code = matches!(route(&switch, to), Route::Code(_));
        let placed = switch.place(from, to);
        if let (true, Placed::Answered { call }) = (code, &placed) {
            let channels = switch
                .calls
                .iter()
                .find(|one| one.id == *call)
                .map(|one| vec![one.caller.clone()]);
            drop(switch);
            self.finish_later(channels.unwrap_or_default());
        } else {
            drop(switch);
        }
        self.touch();
        placed
    }

    fn finish_later(&self, channels: Vec<String>) {
        let (me, talks) = (self.me.clone(), self.code_talks);
        tokio::spawn(async move {
            tokio::time::sleep(talks).await;
            let Some(me) = me.upgrade() else { return };
            let mut switch = me.switch.lock();
            for name in &channels {
                match switch.call_of(name) {
                    Some(call) => {
                        switch.end(call, None);
                    }
                    None => switch.hang_up(name, 16),
                }
            }
            drop(switch);
            me.touch();
        });
    }

    /// Rings the extension's own phone, which dials the number when it is picked up: what "place a call" means where a
    /// program asks for it. The call there; none for who has no phone.
    pub(crate) fn call_by_phone(&self, extension: &str, number: &str) -> Option<u64> {
        let mut switch = self.switch.lock();
        if !switch.is_extension(extension) || switch.unregistered.contains(extension) {
            return None;
        }
        let name = switch.name_of(extension);
        let call = switch.ring_back(extension, number, extension, &name);
        drop(switch);
        self.touch();
        Some(call)
    }

    pub(crate) fn answer(&self, call: u64) -> bool {
        let mut switch = self.switch.lock();
        let known = switch.calls.iter().find(|one| one.id == call);
        let then = known.and_then(|one| Some((one.caller.clone(), one.then.clone()?)));
        let done = switch.answer(call);
        let code = then.filter(|(_, then)| done && matches!(route(&switch, then), Route::Code(_)));
        drop(switch);
        if let Some((channel, _)) = code {
            self.finish_later(vec![channel]);
        }
        self.touch();
        done
    }

    pub(crate) fn hold(&self, call: u64, extension: &str, on: bool) -> bool {
        let done = self.switch.lock().hold(call, extension, on);
        self.touch();
        done
    }

    pub(crate) fn hang_up(&self, call: u64, by: Option<&str>) -> bool {
        let done = self.switch.lock().end(call, by);
        self.touch();
        done
    }

    pub(crate) fn calls(&self) -> Vec<CallView> {
        self.switch.lock().views()
    }

    pub(crate) fn db(&self, family: &str, key: &str) -> Option<String> {
        self.switch
            .lock()
            .db
            .get(&(family.to_owned(), key.to_owned()))
            .cloned()
    }

    pub(crate) fn set_db(&self, family: &str, key: &str, value: Option<&str>) {
        let (mut switch, at) = (self.switch.lock(), (family.to_owned(), key.to_owned()));
        match value {
            Some(value) => switch.db.insert(at, value.to_owned()),
            None => switch.db.remove(&at),
        };
    }

    pub(crate) fn device_state(&self, device: &str) -> String {
        let switch = self.switch.lock();
        match (device.strip_prefix("Custom:"), device.strip_prefix("PJSIP/")) {
            (Some(name), _) => switch
                .custom
                .get(name)
                .cloned()
                .unwrap_or_else(|| "UNKNOWN".into()),
            (None, Some(number)) if switch.is_extension(number) => switch.device(number).into(),
            (None, _) => "INVALID".into(),
        }
    }

    pub(crate) fn presence(&self, extension: &str) -> Option<(String, String, String)> {
        self.switch.lock().presence.get(extension).cloned()
    }

    pub(crate) fn set_registered(&self, extension: &str, on: bool) {
        let mut switch = self.switch.lock();
        if on {
            switch.unregistered.remove(extension);
        } else {
            switch.unregistered.insert(extension.to_owned());
        }
        switch.settle(Vec::new());
    }

    pub(crate) fn set_busy_at(&self, channels: usize) {
        let mut switch = self.switch.lock();
        switch.busy_at = channels;
        switch.settle(Vec::new());
    }

    pub(crate) fn set_dnd_off_word(&self, word: &str) {
        word.clone_into(&mut self.switch.lock().dnd_off);
    }

    /// Logged-in AMI connections.
    pub(crate) fn connections(&self) -> usize {
        self.switch
            .lock()
            .listeners
            .values()
            .filter(|listener| listener.account.is_some())
            .count()
    }

    /// Says good-bye and forgets calls and channels; the database, custom states and presence stay.
    pub(crate) fn stopped(&self) {
        let mut switch = self.switch.lock();
        let event = Message::event("Shutdown", Class::System)
            .with("Shutdown", "Cleanly")
            .with("Restart", "False");
        switch.emit_as(Class::System, &event);
        switch.listeners.clear();
        switch.channels.clear();
        switch.calls.clear();
        switch.settle(Vec::new());
        drop(switch);
        self.touch();
    }
}

/// Serves AMI until the future is dropped; its connections end with it.
pub(crate) async fn serve(pbx: Arc<Pbx>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(connection(Arc::clone(&pbx), stream));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(pbx: Arc<Pbx>, stream: TcpStream) {
    // Small messages, and their latency is measured.
    let _ = stream.set_nodelay(true);
    let (faults, id, heard) = {
        let mut switch = pbx.switch.lock();
        switch.last_listener += 1;
        let id = switch.last_listener;
        let (out, heard) = unbounded_channel();
        switch.listeners.insert(
            id,
            Listener {
                out,
                account: None,
                challenge: None,
                events_on: true,
            },
        );
        (Arc::clone(&switch.faults), id, heard)
    };
    let gone = Gone {
        pbx: Arc::clone(&pbx),
        id,
    };
    if faults.is_struck(Place::PbxConnect, &Fault::PbxRefuses) {
        return;
    }
    if faults.is_struck(Place::PbxConnect, &Fault::PbxMute) {
        std::future::pending::<()>().await;
    }
    let other = faults.is_struck(Place::PbxConnect, &Fault::PbxNotAsterisk);
    let (input, mut output) = stream.into_split();
    let greeting = if other {
        "220 mail.contoso.example ESMTP\r\n"
    } else {
        GREETING
    };
    if output.write_all(greeting.as_bytes()).await.is_err() {
        return;
    }
    let mut writing = std::pin::pin!(write(heard, output));
    tokio::select! {
        () = &mut writing => return,
        cut = read(&pbx, &faults, id, input, other) => if cut { return },
    }
    // Lets what was answered last go out before the connection closes.
    drop(gone);
    writing.await;
}

/// Takes a connection out of the switch however it ends.
struct Gone {
    pbx: Arc<Pbx>,
    id: u64,
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.pbx.switch.lock().listeners.remove(&self.id);
    }
}

async fn write(mut heard: UnboundedReceiver<String>, mut output: OwnedWriteHalf) {
    while let Some(text) = heard.recv().await {
        if output.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
    // A peer that is gone has no use for a tidy end.
    let _ = output.shutdown().await;
}

/// Reads until the connection ends; whether it is to be cut without a word.
async fn read(pbx: &Pbx, faults: &Faults, id: u64, mut input: OwnedReadHalf, deaf: bool) -> bool {
    let mut buffer = Vec::new();
    let mut chunk = [0_u8; 4096];
    let deadline = tokio::time::Instant::now() + LOGIN_LIMIT;
    loop {
        let logged_in = pbx
            .switch
            .lock()
            .listeners
            .get(&id)
            .is_some_and(|me| me.account.is_some());
        let read = input.read(&mut chunk);
        let count = if logged_in {
            read.await
        } else {
            match tokio::time::timeout_at(deadline, read).await {
                Ok(count) => count,
                Err(_) => return false,
            }
        };
        let Ok(count @ 1..) = count else { return false };
        buffer.extend_from_slice(&chunk[..count]);
        if buffer.len() > MESSAGE_LIMIT {
            return true;
        }
        while let Some((message, rest)) = next_message(&buffer) {
            buffer = rest;
            if message.lines.is_empty() || deaf {
                continue;
            }
            match act(pbx, faults, id, &message).await {
                None => return true,
                Some(After::Stay) => {}
                Some(After::Close(after)) => {
                    tokio::time::sleep(after).await;
                    return false;
                }
                Some(After::Finish(channels)) => pbx.finish_later(channels),
            }
        }
    }
}

/// The first message of what has come, and the rest. Lines end in CR LF; a lone LF is taken too.
fn next_message(buffer: &[u8]) -> Option<(Message, Vec<u8>)> {
    let text = std::str::from_utf8(buffer)
        .map(str::to_owned)
        .unwrap_or_else(|_| String::from_utf8_lossy(buffer).into());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.ends_with('\n') {
            return None;
        }
        if line.trim_end_matches(['\r', '\n']).is_empty() {
            let end = at + line.len();
            return Some((Message::parse(&text[..at]), text.as_bytes()[end..].to_vec()));
        }
        at += line.len();
    }
    None
}

async fn act(pbx: &Pbx, faults: &Faults, id: u64, message: &Message) -> Option<After> {
    let (requests, clock) = {
        let switch = pbx.switch.lock();
        (Arc::clone(&switch.requests), Arc::clone(&switch.clock))
    };
    let about = ["Channel", "Exten", "Variable", "Provider", "Key"];
    let about = about
        .into_iter()
        .map(|key| message.value(key))
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    let number = requests.arrived(
        Service::Ami,
        message.value("Action"),
        about,
        message.text(),
        clock.micros(),
    );
    if faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
        return None;
    }
    if let Some(delay) = faults.delay(Place::PbxAction) {
        tokio::time::sleep(delay).await;
    }
    if faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer) {
        return Some(After::Stay);
    }
    // The answer is watched on its way out, so that the log can say whether the action was refused.
    let (spy, mut seen) = unbounded_channel();
    let mut switch = pbx.switch.lock();
    let out = switch
        .listeners
        .get_mut(&id)
        .map(|me| std::mem::replace(&mut me.out, spy));
    let after = actions::handle(&mut switch, &pbx.accounts, id, message);
    if let (Some(me), Some(out)) = (switch.listeners.get_mut(&id), out) {
        let mut status = 200;
        while let Ok(text) = seen.try_recv() {
            if text.starts_with("Response: Error") {
                status = 400;
            }
            // A connection that has gone takes itself out.
            let _ = out.send(text);
        }
        me.out = out;
        requests.answered(number, status, clock.micros());
    }
    drop(switch);
    pbx.touch();
    Some(after)
}
