//! Originate: a feature code or an extension by a Local channel, or a phone that then dials on (asterisk.md 1.2;
//! asterisk-calls.txt, G).

use super::actions::{After, Reply, send};
use super::calls::Placed;
use super::channels::{CONTEXT, Switch, UNKNOWN};
use super::dialplan::{Route, route};
use super::wire::{Account, Class, Message};

/// Applications that could run programs or read files: forbidden to originate without the system class.
const FORBIDDEN: [&str; 10] = [
    "system",
    "trysystem",
    "agi",
    "deadagi",
    "eagi",
    "exec",
    "execif",
    "externalivr",
    "originate",
    "readfile",
];

/// `Name <number>`, or a number alone.
fn caller_id(text: &str) -> (String, String) {
    match text
        .rsplit_once('<')
        .and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)))
    {
        Some((name, number)) => {
            let name = name.trim().trim_matches('"');
            (
                if name.is_empty() { UNKNOWN } else { name }.to_owned(),
                number.trim().to_owned(),
            )
        }
        None if text.trim().is_empty() => (UNKNOWN.into(), UNKNOWN.into()),
        None => (UNKNOWN.into(), text.trim().to_owned()),
    }
}

pub(super) fn originate(switch: &mut Switch, account: &Account, listener: u64, reply: &Reply<'_>) -> After {
    let action = reply.action;
    let channel = action.value("Channel");
    let application = action.value("Application").to_owned();
    let exten = action.value("Exten").to_owned();
    if channel.is_empty() {
        return send(switch, listener, &[reply.error("Channel not specified")]);
    }
    if application.is_empty() && (exten.is_empty() || action.value("Priority").is_empty()) {
        return send(switch, listener, &[reply.error("No extension or priority")]);
    }
    let forbidden = FORBIDDEN.contains(&application.to_ascii_lowercase().as_str());
    if forbidden && !account.write.contains(&Class::System) {
        return send(
            switch,
            listener,
            &[reply.error("Originate Access Forbidden: app or data blacklisted")],
        );
    }
    let (name, number) = caller_id(action.value("CallerID"));
    let queued = reply.success("Originate successfully queued");
    if let Some(phone) = channel.strip_prefix("PJSIP/").map(str::to_owned) {
        send(switch, listener, &[queued]);
        if switch.is_extension(&phone) && !switch.unregistered.contains(&phone) {
            switch.ring_back(&phone, &exten, &number, &name);
        } else {
            let failed = originate_response(reply, channel, None).with("Reason", "0");
            switch.emit(&finished(failed, UNKNOWN, &number, &name));
        }
        return After::Stay;
    }
    let context = format!("@{CONTEXT}");
    let local = channel
        .strip_prefix("Local/")
        .map(|rest| rest.strip_suffix("/n").unwrap_or(rest));
    let Some(dialled) = local
        .and_then(|rest| rest.strip_suffix(context.as_str()))
        .map(str::to_owned)
    else {
        return send(switch, listener, &[reply.error("Originate failed")]);
    };
    send(switch, listener, &[queued]);
    let (mut one, mut two) = switch.open_local(&dialled, None);
    for half in [&mut one, &mut two] {
        (half.number, half.caller_name) = (number.clone(), name.clone());
        (half.connected, half.connected_name) = (number.clone(), name.clone());
    }
    let (one_name, two_name, one_unique) = (one.name.clone(), two.name.clone(), one.uniqueid.clone());
    switch.announce(one);
    switch.announce(two);
    let begin = switch
        .dest_event("DialBegin", &one_name)
        .with("DialString", &format!("{dialled}@{CONTEXT}/n"));
    switch.emit(&begin);
    let is_code = matches!(route(switch, &dialled), Route::Code(_));
    match switch.dial(&two_name, &dialled) {
        Placed::Refused { cause, .. } => {
            let request = switch
                .channel_event("HangupRequest", &one_name)
                .with("Cause", &cause.to_string());
            switch.emit(&request);
            let failed = originate_response(reply, channel, None).with("Reason", "0");
            switch.emit(&finished(failed, UNKNOWN, &number, &name));
            switch.hang_up(&one_name, cause);
            After::Stay
        }
        Placed::Ringing { .. } => After::Stay,
        Placed::Answered { .. } => {
            if let Some(half) = switch.find_mut(&one_name) {
                half.state = 6;
                half.application = "Wait";
            }
            let up = switch.channel_event("Newstate", &one_name);
            switch.emit(&up);
            let end = switch
                .dest_event("DialEnd", &one_name)
                .with("DialStatus", "ANSWER");
            switch.emit(&end);
            let done = originate_response(reply, &one_name, Some(())).with("Reason", "4");
            switch.emit(&finished(done, &one_unique, &number, &name));
            if is_code {
                After::Finish(vec![two_name, one_name])
            } else {
                After::Stay
            }
        }
    }
}

fn originate_response(reply: &Reply<'_>, channel: &str, success: Option<()>) -> Message {
    let event = Message::event("OriginateResponse", Class::Call);
    let event = match reply.action.value("ActionID") {
        "" => event,
        id => event.with("ActionID", id),
    };
    event
        .with("Response", if success.is_some() { "Success" } else { "Failure" })
        .with("Channel", channel)
        .with("Application", reply.action.value("Application"))
        .with("Data", reply.action.value("Data"))
}

fn finished(event: Message, uniqueid: &str, number: &str, name: &str) -> Message {
    event
        .with("Uniqueid", uniqueid)
        .with("CallerIDNum", number)
        .with("CallerIDName", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_ids() {
        for (text, name, number) in [
            ("Anna Berg <102>", "Anna Berg", "102"),
            ("101 <101>", "101", "101"),
            ("\"Anna\" <102>", "Anna", "102"),
            ("102", UNKNOWN, "102"),
            ("", UNKNOWN, UNKNOWN),
        ] {
            assert_eq!(caller_id(text), (name.to_owned(), number.to_owned()), "{text}");
        }
    }
}
