//! AMI actions: what each needs, answers and does (asterisk.md 1.1, 1.2; asterisk-ami-desk.txt).

use std::time::Duration;

use md5::{Digest as _, Md5};

use super::channels::Switch;
use super::originate::originate;
use super::wire::{Account, Class, Message};
use crate::faults::{Fault, Place};

/// What follows an action besides its answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum After {
    Stay,
    /// Close after this time.
    Close(Duration),
    /// End this call, or hang these channels up, when the feature code has been spoken.
    Finish(Vec<String>),
}

/// The answers of one action, in the order of sending.
pub(super) struct Reply<'a> {
    pub(super) action: &'a Message,
}

impl Reply<'_> {
    pub(super) fn head(&self, response: &str) -> Message {
        let head = Message::new("Response", response);
        match self.action.value("ActionID") {
            "" => head,
            id => head.with("ActionID", id),
        }
    }

    pub(super) fn success(&self, message: &str) -> Message {
        self.head("Success").with("Message", message)
    }

    pub(super) fn error(&self, message: &str) -> Message {
        self.head("Error").with("Message", message)
    }

    fn list(&self, message: &str) -> Message {
        self.head("Success")
            .with("EventList", "start")
            .with("Message", message)
    }

    fn item(&self, event: &str) -> Message {
        let item = Message::new("Event", event);
        match self.action.value("ActionID") {
            "" => item,
            id => item.with("ActionID", id),
        }
    }

    fn complete(&self, event: &str, items: usize) -> Message {
        self.item(event)
            .with("EventList", "Complete")
            .with("ListItems", &items.to_string())
    }
}

/// Classes of which an account must write one (asterisk.json, `action_needs`); `None`: no such action.
fn needs(action: &str) -> Option<&'static [Class]> {
    use Class::{Call, Command, Originate, Reporting, System, User};
    Some(match action {
        "ping" | "logoff" | "events" | "listcommands" => &[],
        "extensionstate" | "presencestate" | "extensionstatelist" | "devicestatelist"
        | "presencestatelist" | "getvar" => &[Call, Reporting],
        "coreshowchannels" | "corestatus" | "coresettings" | "dbget" | "dbgettree" => &[System, Reporting],
        "dbput" | "dbdel" | "dbdeltree" | "filter" => &[System],
        "setvar" => &[Call],
        "hangup" => &[System, Call],
        "originate" => &[Originate],
        "userevent" => &[User],
        "command" => &[Command],
        _ => return None,
    })
}

/// Actions as `ListCommands` spells them.
const ACTIONS: [&str; 23] = [
    "CoreSettings",
    "CoreShowChannels",
    "CoreStatus",
    "Command",
    "DBDel",
    "DBDelTree",
    "DBGet",
    "DBGetTree",
    "DBPut",
    "DeviceStateList",
    "Events",
    "ExtensionState",
    "ExtensionStateList",
    "Filter",
    "Getvar",
    "Hangup",
    "ListCommands",
    "Logoff",
    "Originate",
    "Ping",
    "PresenceState",
    "Setvar",
    "UserEvent",
];

/// The real one lists only what the account may do: one header per action, seen on 16.28.
fn allowed_actions(switch: &Switch, listener: u64, reply: &Reply<'_>) -> Message {
    let account = switch
        .listeners
        .get(&listener)
        .and_then(|listener| listener.account.as_ref());
    let may = |name: &str| {
        let classes = needs(&name.to_ascii_lowercase()).unwrap_or(&[]);
        classes.is_empty() || account.is_some_and(|a| classes.iter().any(|class| a.write.contains(class)))
    };
    ACTIONS
        .into_iter()
        .filter(|name| may(name))
        .fold(reply.head("Success"), |answer, name| {
            answer.with(name, &format!("{name}.  (Priv: seen by the account)"))
        })
}

/// Handles one message of a connection: sends the answer first, then what it causes.
pub(crate) fn handle(switch: &mut Switch, accounts: &[Account], listener: u64, message: &Message) -> After {
    let name = message.value("Action").to_ascii_lowercase();
    let reply = Reply { action: message };
    let Some(me) = switch.listeners.get(&listener) else {
        return After::Close(Duration::ZERO);
    };
    let account = me.account.clone();
    if name.is_empty() {
        return send(switch, listener, &[reply.error("Missing action in request")]);
    }
    match (name.as_str(), &account) {
        ("challenge", _) => return challenge(switch, listener, &reply),
        ("login", None) => return login(switch, accounts, listener, &reply),
        ("logoff", _) => {
            send(
                switch,
                listener,
                &[reply.head("Goodbye").with("Message", "Thanks for all the fish.")],
            );
            return After::Close(Duration::ZERO);
        }
        (_, None) => return send(switch, listener, &[reply.error("Permission denied")]),
        (_, Some(_)) => {}
    }
    let Some(account) = account else {
        return After::Stay;
    };
    let Some(classes) = needs(&name) else {
        let unknown = format!(
            "Invalid/unknown command: {}. Use Action: ListCommands to show available commands.",
            message.value("Action")
        );
        return send(switch, listener, &[reply.error(&unknown)]);
    };
    let denied = !classes.is_empty() && !classes.iter().any(|class| account.write.contains(class));
    if denied || (!classes.is_empty() && switch.faults.is_struck(Place::PbxAction, &Fault::PbxDenied)) {
        return send(switch, listener, &[reply.error("Permission denied")]);
    }
    if name == "originate" {
        return originate(switch, &account, listener, &reply);
    }
    if let Some(answers) = read(switch, &name, listener, &reply) {
        return send(switch, listener, &answers);
    }
    write(switch, &name, listener, &reply)
}

pub(super) fn send(switch: &Switch, listener: u64, messages: &[Message]) -> After {
    if let Some(listener) = switch.listeners.get(&listener) {
        for message in messages {
            // A connection that has gone takes itself out.
            let _ = listener.out.send(message.text());
        }
    }
    After::Stay
}

fn challenge(switch: &mut Switch, listener: u64, reply: &Reply<'_>) -> After {
    if !reply.action.value("AuthType").eq_ignore_ascii_case("MD5") {
        return send(switch, listener, &[reply.error("Must specify AuthType")]);
    }
    let challenge = (100_000_000 + switch.dice.below(899_999_999)).to_string();
    if let Some(me) = switch.listeners.get_mut(&listener) {
        me.challenge = Some(challenge.clone());
    }
    send(
        switch,
        listener,
        &[reply.head("Success").with("Challenge", &challenge)],
    )
}

/// The key of an MD5 login: lower-case hex of md5(challenge + secret).
pub(crate) fn login_key(challenge: &str, secret: &str) -> String {
    Md5::digest(format!("{challenge}{secret}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn login(switch: &mut Switch, accounts: &[Account], listener: u64, reply: &Reply<'_>) -> After {
    let action = reply.action;
    let challenge = switch
        .listeners
        .get(&listener)
        .and_then(|me| me.challenge.clone());
    let account = accounts
        .iter()
        .find(|account| account.user == action.value("Username"))
        .filter(|account| {
            if action.value("AuthType").eq_ignore_ascii_case("MD5") {
                challenge
                    .is_some_and(|challenge| login_key(&challenge, &account.secret) == action.value("Key"))
            } else {
                !account.secret.is_empty() && action.value("Secret") == account.secret
            }
        });
    let fails = switch.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails);
    let Some(account) = account.filter(|_| !fails) else {
        send(switch, listener, &[reply.error("Authentication failed")]);
        // Live: closed after 1.0 s (asterisk.json, `wrong_login_live`).
        return After::Close(Duration::from_secs(1));
    };
    let on = !action.value("Events").eq_ignore_ascii_case("off");
    if let Some(me) = switch.listeners.get_mut(&listener) {
        me.account = Some(account.clone());
        me.events_on = on;
    }
    send(switch, listener, &[reply.success("Authentication accepted")]);
    if account.read.contains(&Class::System) && on {
        let booted = Message::event("FullyBooted", Class::System)
            .with("Uptime", &switch.clock.now().as_secs().to_string())
            .with("LastReload", &switch.clock.now().as_secs().to_string())
            .with("Status", "Fully Booted");
        send(switch, listener, &[booted]);
    }
    After::Stay
}

/// Actions that change nothing.
fn read(switch: &Switch, name: &str, listener: u64, reply: &Reply<'_>) -> Option<Vec<Message>> {
    let action = reply.action;
    Some(match name {
        "ping" => {
            let micros = switch.clock.wall().as_microsecond();
            let stamp = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            vec![
                reply
                    .head("Success")
                    .with("Ping", "Pong")
                    .with("Timestamp", &stamp),
            ]
        }
        "listcommands" => vec![allowed_actions(switch, listener, reply)],
        "extensionstate" => match action.value("Exten") {
            "" => vec![reply.error("Extension not specified")],
            exten => vec![
                reply
                    .success("Extension Status")
                    .and(switch.extension_lines(exten)),
            ],
        },
        "presencestate" => match action.value("Provider") {
            "" => vec![reply.error("No provider specified")],
            provider => vec![presence_state(switch, provider, reply)],
        },
        "extensionstatelist" => {
            let items = switch.extensions.iter();
            let items: Vec<Message> = items
                .map(|(number, _)| reply.item("ExtensionStatus").and(switch.extension_lines(number)))
                .collect();
            listed(
                reply,
                "Extension Statuses will follow",
                items,
                "ExtensionStateListComplete",
            )
        }
        "devicestatelist" => {
            let phones = switch
                .extensions
                .iter()
                .map(|(number, _)| (format!("PJSIP/{number}"), switch.device(number)));
            let custom = switch
                .custom
                .iter()
                .map(|(name, state)| (format!("Custom:{name}"), state.as_str()));
            let items = phones.chain(custom);
            let items: Vec<Message> = items
                .map(|(device, state)| {
                    reply
                        .item("DeviceStateChange")
                        .with("Device", &device)
                        .with("State", state)
                })
                .collect();
            listed(
                reply,
                "Device State Changes will follow",
                items,
                "DeviceStateListComplete",
            )
        }
        "presencestatelist" => {
            let items = switch
                .presence
                .iter()
                .map(|(provider, (state, subtype, message))| {
                    reply
                        .item("PresenceStateChange")
                        .with("Presentity", &format!("CustomPresence:{provider}"))
                        .with("Status", state)
                        .with("Subtype", subtype)
                        .with("Message", message)
                });
            listed(
                reply,
                "Presence State Changes will follow",
                items.collect(),
                "PresenceStateListComplete",
            )
        }
        "coreshowchannels" => {
            let items = switch.channels.iter().map(|channel| {
                let seconds = switch.clock.micros().saturating_sub(channel.since_us) / 1_000_000;
                let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                reply
                    .item("CoreShowChannel")
                    .and(channel.lines(""))
                    .with("Application", channel.application)
                    .with("ApplicationData", "")
                    .with("Duration", &format!("{hours:02}:{minutes:02}:{seconds:02}"))
                    .with("BridgeId", &channel.bridge)
            });
            listed(
                reply,
                "Channels will follow",
                items.collect(),
                "CoreShowChannelsComplete",
            )
        }
        "corestatus" => {
            let wall = switch.clock.wall_of(Duration::ZERO);
            let (date, time) = (
                wall.strftime("%Y-%m-%d").to_string(),
                wall.strftime("%H:%M:%S").to_string(),
            );
            let answer = reply
                .head("Success")
                .with("CoreStartupDate", &date)
                .with("CoreStartupTime", &time);
            let answer = answer.with("CoreReloadDate", &date).with("CoreReloadTime", &time);
            vec![answer.with("CoreCurrentCalls", &switch.calls.len().to_string())]
        }
        "coresettings" => vec![
            reply
                .head("Success")
                .with("AMIversion", "11.0.0")
                .with("AsteriskVersion", "22.10.1")
                .with("SystemName", "")
                .with("CoreMaxCalls", "0"),
        ],
        "getvar" => match action.value("Variable") {
            "" => vec![reply.error("No variable specified")],
            variable => {
                let value = variable_value(switch, variable);
                vec![
                    reply
                        .head("Success")
                        .with("Variable", variable)
                        .with("Value", &value),
                ]
            }
        },
        "dbget" => match (action.value("Family"), action.value("Key")) {
            ("", _) => vec![reply.error("No family specified.")],
            (_, "") => vec![reply.error("No key specified.")],
            (family, key) => match switch.db.get(&(family.to_owned(), key.to_owned())) {
                None => vec![reply.error("Database entry not found")],
                Some(value) => {
                    let item = Message::new("Event", "DBGetResponse")
                        .with("Family", family)
                        .with("Key", key);
                    let item = item.with("Val", value);
                    let item = match action.value("ActionID") {
                        "" => item,
                        id => item.with("ActionID", id),
                    };
                    listed(reply, "Result will follow", vec![item], "DBGetComplete")
                }
            },
        },
        "dbgettree" => {
            let family = action.value("Family");
            let of_family = switch
                .db
                .iter()
                .filter(|((name, _), _)| family.is_empty() || name == family);
            let items: Vec<Message> = of_family
                .map(|((family, key), value)| {
                    reply
                        .item("DBGetTreeResponse")
                        .with("Key", &format!("/{family}/{key}"))
                        .with("Val", value)
                })
                .collect();
            listed(reply, "Result will follow", items, "DBGetTreeComplete")
        }
        _ => return None,
    })
}

fn listed(reply: &Reply<'_>, head: &str, items: Vec<Message>, complete: &str) -> Vec<Message> {
    let mut all = vec![reply.list(head)];
    let count = items.len();
    all.extend(items);
    all.push(reply.complete(complete, count));
    all
}

/// The answer has two `Message` lines when a text is set: the second one is the person's (test-parts.md 1.3).
fn presence_state(switch: &Switch, provider: &str, reply: &Reply<'_>) -> Message {
    let answer = reply.success("Presence State");
    let found = provider
        .strip_prefix("CustomPresence:")
        .and_then(|name| switch.presence.get(name));
    let Some((state, subtype, message)) = found else {
        return answer.with("State", "not_set");
    };
    let mut answer = answer.with("State", state);
    if !subtype.is_empty() {
        answer = answer.with("Subtype", subtype);
    }
    if !message.is_empty() {
        answer = answer.with("Message", message).with("PresenceMessage", message);
    }
    answer
}

/// `DB(…)` reads empty even for an all-rights account: escalating functions are blocked (asterisk.md 1.2).
fn variable_value(switch: &Switch, variable: &str) -> String {
    let inner = |function: &str| {
        variable
            .strip_prefix(function)
            .and_then(|rest| rest.strip_prefix('('))
            .and_then(|rest| rest.strip_suffix(')'))
    };
    if let Some(device) = inner("DEVICE_STATE") {
        let state = match (device.strip_prefix("Custom:"), device.strip_prefix("PJSIP/")) {
            (Some(name), _) => switch.custom.get(name).map_or("UNKNOWN", String::as_str),
            (None, Some(number)) if switch.is_extension(number) => switch.device(number),
            (None, _) => "INVALID",
        };
        return state.to_owned();
    }
    if let Some(arguments) = inner("PRESENCE_STATE") {
        let (provider, field) = arguments.split_once(',').unwrap_or((arguments, "value"));
        let found = provider
            .strip_prefix("CustomPresence:")
            .and_then(|name| switch.presence.get(name));
        let Some((state, subtype, message)) = found else {
            return if field == "value" {
                "not_set".into()
            } else {
                String::new()
            };
        };
        return match field {
            "subtype" => subtype.clone(),
            "message" => message.clone(),
            _ => state.clone(),
        };
    }
    switch.globals.get(variable).cloned().unwrap_or_default()
}

fn write(switch: &mut Switch, name: &str, listener: u64, reply: &Reply<'_>) -> After {
    let action = reply.action;
    let (family, key) = (action.value("Family").to_owned(), action.value("Key").to_owned());
    let answer = match name {
        "events" => {
            let on = !action.value("EventMask").eq_ignore_ascii_case("off");
            if let Some(me) = switch.listeners.get_mut(&listener) {
                me.events_on = on;
            }
            reply
                .head("Success")
                .with("Events", if on { "On" } else { "Off" })
        }
        // No event is sent for a change of the database (test-parts.md 1.3).
        "dbput" if family.is_empty() => reply.error("No family specified"),
        "dbput" if key.is_empty() => reply.error("No key specified"),
        "dbput" => {
            switch.db.insert((family, key), action.value("Val").to_owned());
            reply.success("Updated database successfully")
        }
        "dbdel" if family.is_empty() => reply.error("No family specified."),
        "dbdel" => match switch.db.remove(&(family, key)) {
            Some(_) => reply.success("Key deleted successfully"),
            None => reply.error("Database entry could not be deleted"),
        },
        "dbdeltree" => {
            switch.db.retain(|(name, _), _| *name != family);
            reply.success("Key tree deleted successfully")
        }
        "setvar" => return setvar(switch, listener, reply),
        "hangup" => {
            let channel = action.value("Channel").to_owned();
            match (switch.find(&channel).is_some(), switch.call_of(&channel)) {
                (false, _) => reply.error("No such channel"),
                (true, call) => {
                    send(switch, listener, &[reply.success("Channel Hungup")]);
                    match call {
                        Some(call) => {
                            let by = switch.find(&channel).map(|channel| channel.number.clone());
                            switch.end(call, by.as_deref());
                        }
                        None => switch.hang_up(&channel, 16),
                    }
                    return After::Stay;
                }
            }
        }
        "userevent" => reply.success("Event Sent"),
        "filter" => reply.success("Filter Added"),
        "command" => reply
            .success("Command output follows")
            .with("Output", "Playground, not Asterisk."),
        _ => reply.error("Not offered by the playground"),
    };
    send(switch, listener, &[answer])
}

fn setvar(switch: &mut Switch, listener: u64, reply: &Reply<'_>) -> After {
    let (variable, value) = (
        reply.action.value("Variable").to_owned(),
        reply.action.value("Value").to_owned(),
    );
    let inner = |function: &str| {
        let rest = variable.strip_prefix(function)?.strip_prefix('(')?;
        rest.strip_suffix(')').map(str::to_owned)
    };
    if variable.is_empty() {
        return send(switch, listener, &[reply.error("No variable specified")]);
    }
    let set = reply.success("Variable Set");
    let refused = reply.error("Variable not set");
    if let Some(device) = inner("DEVICE_STATE") {
        let Some(name) = device.strip_prefix("Custom:").map(str::to_owned) else {
            return send(switch, listener, &[refused]);
        };
        // An unknown word becomes UNKNOWN, as in Asterisk.
        let known = [
            "NOT_INUSE",
            "INUSE",
            "BUSY",
            "INVALID",
            "UNAVAILABLE",
            "RINGING",
            "RINGINUSE",
            "ONHOLD",
        ];
        let state = known
            .into_iter()
            .find(|word| value.eq_ignore_ascii_case(word))
            .unwrap_or("UNKNOWN");
        send(switch, listener, &[set]);
        switch.set_custom(&name, state);
        return After::Stay;
    }
    if let Some(provider) = inner("PRESENCE_STATE") {
        let Some(name) = provider.strip_prefix("CustomPresence:").map(str::to_owned) else {
            return send(switch, listener, &[refused]);
        };
        let Some(value) = presence_parts(&value) else {
            return send(switch, listener, &[refused]);
        };
        let known = ["not_set", "unavailable", "available", "away", "xa", "chat", "dnd"];
        if !known.contains(&value.0.as_str()) {
            return send(switch, listener, &[refused]);
        }
        send(switch, listener, &[set]);
        switch.set_presence(&name, value);
        return After::Stay;
    }
    if variable.starts_with("DB(") {
        return send(switch, listener, &[refused]);
    }
    // DB_DELETE(…) says Success and does nothing (asterisk-ami-desk.txt, desk-17).
    if !variable.contains('(') {
        switch.globals.insert(variable.clone(), value);
    }
    send(switch, listener, &[set])
}

/// State, subtype and message of what `PRESENCE_STATE(…)` is set to. A comma ends a part, more than four parts are
/// refused, and the option `e` in the fourth says that subtype and message are Base64.
fn presence_parts(value: &str) -> Option<(String, String, String)> {
    use base64::Engine as _;
    let parts: Vec<&str> = value.split(',').collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    if parts.len() > 4 {
        return None;
    }
    let plain = |text: &str| {
        if !part(3).contains('e') {
            return Some(text.to_owned());
        }
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        String::from_utf8(bytes).ok()
    };
    Some((part(0).to_owned(), plain(part(1))?, plain(part(2))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presence_with_commas_has_to_come_encoded() {
        let parts = |value: &str| presence_parts(value).map(|(_, subtype, message)| (subtype, message));
        assert_eq!(parts("away,,at lunch"), Some((String::new(), "at lunch".into())));
        assert_eq!(parts("away,,YSwgYg==,e"), Some((String::new(), "a, b".into())));
        assert_eq!(parts("away,,a, b, c"), None);
        assert_eq!(parts("away,,no base64,e"), None);
    }

    #[test]
    fn login_keys_of_the_captures() {
        // asterisk.json, `md5_vectors`: accepted by a real Asterisk.
        for (challenge, secret, key) in [
            ("170278799", "desk-secret", "381a21ff4e7486368dd69152dd393fb9"),
            ("162035643", "full-secret", "c50a504272074b3faa7e0ddaffb856b4"),
        ] {
            assert_eq!(login_key(challenge, secret), key);
        }
    }
}
