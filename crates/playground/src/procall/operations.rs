//! What each operation does (facts/estos-ucserver.json).

use serde_json::{Map, Value, json};

use super::socket::Talk;
use super::{Absent, Desk, Inside, Procall, ProcallWrite, TOKEN_LIFE};
use crate::company::{random_guid, random_text};
use crate::pbx::{CallState, CallView};

#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    id: i64,
    pub(super) name: &'static str,
    /// Type of the argument.
    argument: &'static str,
}

const fn operation(id: i64, name: &'static str, argument: &'static str) -> Operation {
    Operation { id, name, argument }
}

const ALL: [Operation; 14] = [
    operation(1007, "asnGetUserTokenV2", "AsnGetUserTokenArgument"),
    operation(1008, "asnGetLoggedInContactV2", "AsnGetLoggedInContactArgument"),
    operation(1128, "asnSetUserAbsentState", "AsnSetUserAbsentStateArgument"),
    operation(1130, "asnResetUserAbsentState", "AsnResetUserAbsentStateArgument"),
    operation(1218, "asnCtiSetForward", "AsnCtiSetForwardArgument"),
    operation(1219, "asnCtiRemoveForward", "AsnCtiRemoveForwardArgument"),
    operation(1260, "asnCtiEnumPhoneLines", "AsnCtiEnumPhoneLinesArgument"),
    operation(1261, "asnCtiSnapshotPhoneLine", "AsnCtiSnapshotPhoneLineArgument"),
    operation(1262, "asnCtiLineMonitorStart", "AsnCtiLineMonitorStartArgument"),
    operation(1263, "asnCtiLineMonitorStop", "AsnCtiLineMonitorStopArgument"),
    operation(
        1264,
        "asnCtiLineSetDoNotDisturb",
        "AsnCtiLineSetDoNotDisturbArgument",
    ),
    operation(1510, "asnCustomNoteSet", "AsnCustomNoteSetArgument"),
    operation(1714, "asnCheckConnection", "AsnCheckConnectionArgument"),
    operation(
        4505,
        "asnGetAndSubscribePresenceV2",
        "AsnGetAndSubscribePresenceArgument",
    ),
];

/// By number and name; by name alone where the number is 0.
pub(super) fn known(invoke: &Value) -> Option<Operation> {
    let (id, name) = (invoke["operationID"].as_i64()?, invoke["operationName"].as_str()?);
    ALL.into_iter()
        .find(|one| one.name == name && (id == 0 || id == one.id))
}

pub(super) enum Refusal {
    /// Rejected: the argument has not the shape.
    Mistyped(&'static str),
    /// 1 general, 2 access denied, 3 no such line.
    Error(i64),
}

const GENERAL: Refusal = Refusal::Error(1);
const DENIED: Refusal = Refusal::Error(2);
const NO_LINE: Refusal = Refusal::Error(3);

type Outcome = Result<Value, Refusal>;

/// The members that the schema does not mark optional, as what they must be.
struct Argument<'a>(&'a Map<String, Value>);

impl Argument<'_> {
    fn text(&self, name: &'static str) -> Result<&str, Refusal> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .ok_or(Refusal::Mistyped(name))
    }

    fn number(&self, name: &'static str) -> Result<i64, Refusal> {
        self.0
            .get(name)
            .and_then(Value::as_i64)
            .ok_or(Refusal::Mistyped(name))
    }

    fn truth(&self, name: &'static str) -> Result<bool, Refusal> {
        self.0
            .get(name)
            .and_then(Value::as_bool)
            .ok_or(Refusal::Mistyped(name))
    }

    fn of<'a>(value: &'a Value, kind: &'static str) -> Result<Argument<'a>, Refusal> {
        let members = value.as_object().ok_or(Refusal::Mistyped(kind))?;
        // It may be left out, never be another.
        if members.get("_type").is_some_and(|named| named != kind) {
            return Err(Refusal::Mistyped("_type"));
        }
        Ok(Argument(members))
    }
}

pub(super) fn carry_out(
    procall: &Procall,
    talk: &mut Talk,
    operation: Operation,
    argument: &Value,
) -> Outcome {
    let members = Argument::of(argument, operation.argument)?;
    if procall.inside.lock().habits.denied.contains(operation.name) {
        return Err(DENIED);
    }
    let ignores = procall.ignores();
    let login = talk.login.clone();
    match operation.name {
        "asnGetUserTokenV2" => {
            // An external one does not let in.
            let kind = members.0.get("iType").and_then(Value::as_i64).unwrap_or_default();
            let token = random_text::<48>();
            if kind == 1 {
                let until = procall.clock.now() + TOKEN_LIFE;
                procall.inside.lock().tokens.insert(token.clone(), (login, until));
            }
            Ok(json!({"_type": "AsnGetUserTokenV2Result", "sToken": token}))
        }
        "asnGetLoggedInContactV2" => {
            let inside = procall.inside.lock();
            let desk = inside.desks.get(&login).ok_or(GENERAL)?;
            Ok(json!({
                "_type": "AsnGetLoggedInContactV2Result",
                "u8sLoggedInUser": login,
                "ownContact": {
                    "u8sContactId": contact(desk),
                    "iPresenceState": 1,
                    "asnRemoteContact": {"u8sDisplayName": desk.person.name, "u8sEMail": desk.person.upn},
                },
            }))
        }
        "asnCheckConnection" => Ok(json!({
            "_type": "AsnCheckConnectionResult",
            "u8sServerVersion": "8.5.1.4711",
            "u8sProductVersion": "8.5.1",
            "iProtocolVersion": 70,
            "iOEMID": 0,
            "u8sCookie": "",
        })),
        "asnCtiEnumPhoneLines" => {
            let kind = members.number("typeofLines")?;
            members.number("attachChangeNotify")?;
            // More than the own lines is for others.
            if kind != 0 {
                return Err(DENIED);
            }
            let lines: Vec<Value> = lines(procall, &login)
                .iter()
                .map(|line| info(procall, line))
                .collect();
            Ok(json!({"_type": "AsnCtiEnumPhoneLinesResult", "seqLines": lines}))
        }
        "asnCtiSnapshotPhoneLine" => {
            let line = own_line(procall, &login, members.text("u8sLinePhoneNumber")?)?;
            Ok(snapshot(procall, &login, &line))
        }
        "asnCtiLineMonitorStart" => {
            let line = own_line(procall, &login, members.text("u8sLinePhoneNumber")?)?;
            let monitor = random_guid();
            let generation = procall.inside.lock().monitors;
            talk.monitors.insert(line.clone(), (monitor.clone(), generation));
            talk.begin(procall);
            let mut whole = snapshot(procall, &login, &line);
            whole["u8sMonitorCrossRefID"] = monitor.into();
            Ok(whole)
        }
        "asnCtiLineMonitorStop" => {
            let monitor = members.text("u8sMonitorCrossRefID")?.to_owned();
            talk.monitors.retain(|_, (name, _)| *name != monitor);
            Ok(json!({}))
        }
        "asnCtiLineSetDoNotDisturb" => {
            let line = own_line(procall, &login, members.text("u8sLinePhoneNumber")?)?;
            let on = members.truth("bDoNotDisturb")?;
            let mut inside = procall.inside.lock();
            if inside.habits.line_features & 2 == 0 || is_second(&line) {
                return Err(GENERAL);
            }
            if !ignores {
                wrote(&mut inside, &login, operation, argument);
                let desk = inside.desks.get(&login).ok_or(GENERAL)?;
                procall.set_dnd(desk, on);
            }
            Ok(json!({"_type": "AsnCtiLineSetDoNotDisturbResult"}))
        }
        "asnCtiSetForward" | "asnCtiRemoveForward" => {
            let line = own_line(procall, &login, members.text("u8sPhoneNumberFrom")?)?;
            let mut inside = procall.inside.lock();
            if inside.habits.forward_features & 1 == 0 || is_second(&line) {
                return Err(GENERAL);
            }
            let target = match operation.name {
                "asnCtiSetForward" => Some(members.text("u8sPhoneNumberTo")?),
                _ => None,
            };
            // In the long form only.
            let is_long = |target: &str| {
                let digits = target.strip_prefix('+').unwrap_or_default();
                digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit())
            };
            if target.is_some_and(|target| !is_long(target)) {
                return Err(GENERAL);
            }
            let rewrites = inside.habits.rewrites_targets;
            if !ignores {
                wrote(&mut inside, &login, operation, argument);
                let desk = inside.desks.get_mut(&login).ok_or(GENERAL)?;
                match target {
                    Some(target) => {
                        let shown = if rewrites {
                            target.replacen('+', "000", 1)
                        } else {
                            target.to_owned()
                        };
                        desk.forwards.retain(|forward| forward["iForwardMode"] != 1);
                        desk.forwards.push(forward(1, &shown));
                    }
                    None => desk.forwards.clear(),
                }
                procall.apply_forward(desk);
            }
            Ok(json!({"bSuccess": true, "bExistingForwardingChanged": true}))
        }
        "asnSetUserAbsentState" => {
            let absent = members
                .0
                .get("absentstate")
                .ok_or(Refusal::Mistyped("absentstate"))?;
            let absent = Argument::of(absent, "AsnAbsentStateV2")?;
            own_contact(procall, &login, absent.text("u8sContactId")?)?;
            let state = absent.number("eAbsentState")?;
            let until = match absent.0.get("stTimeTo") {
                None => None,
                Some(text) => {
                    let text = text.as_str().ok_or(Refusal::Mistyped("stTimeTo"))?;
                    Some(
                        text.parse::<jiff::Timestamp>()
                            .map_err(|_| Refusal::Mistyped("stTimeTo"))?,
                    )
                }
            };
            let reachability = absent.0.get("eReachability").map_or(Some(0), Value::as_i64);
            let reachability = reachability.ok_or(Refusal::Mistyped("eReachability"))?;
            if !(0..=4).contains(&state) || !(0..=5).contains(&reachability) {
                return Err(Refusal::Mistyped("eAbsentState"));
            }
            // What the server-side integration writes is not a client's to write.
            if absent.0.contains_key("externalPresenceStates") {
                return Err(GENERAL);
            }
            if until.is_some_and(|until| until <= procall.time()) {
                return Err(GENERAL);
            }
            if !ignores {
                let mut inside = procall.inside.lock();
                wrote(&mut inside, &login, operation, argument);
                let (coupled, whole) = (inside.habits.coupled, inside.habits.whole_minutes);
                let until = until.map(|until| {
                    let second = until.as_second();
                    let kept = if whole {
                        second - second.rem_euclid(60)
                    } else {
                        second
                    };
                    jiff::Timestamp::from_second(kept).unwrap_or(until)
                });
                let desk = inside.desks.get_mut(&login).ok_or(GENERAL)?;
                procall.become_absent(
                    desk,
                    Absent {
                        state,
                        until,
                        reachability,
                    },
                    coupled,
                );
            }
            Ok(json!({"_type": "AsnSetUserAbsentStateResult", "bSuccess": true}))
        }
        "asnResetUserAbsentState" => {
            own_contact(procall, &login, members.text("u8sContactId")?)?;
            if !ignores {
                let mut inside = procall.inside.lock();
                wrote(&mut inside, &login, operation, argument);
                let coupled = inside.habits.coupled;
                let desk = inside.desks.get_mut(&login).ok_or(GENERAL)?;
                procall.become_absent(desk, Absent::not_set(), coupled);
            }
            Ok(json!({}))
        }
        "asnCustomNoteSet" => {
            let note = members
                .0
                .get("customnote")
                .ok_or(Refusal::Mistyped("customnote"))?;
            let note = Argument::of(note, "AsnCustomNote")?;
            own_contact(procall, &login, note.text("u8sContactID")?)?;
            note.text("u8sUsername")?;
            let text = note.text("u8sNote")?;
            if !ignores {
                let mut inside = procall.inside.lock();
                wrote(&mut inside, &login, operation, argument);
                let desk = inside.desks.get_mut(&login).ok_or(GENERAL)?;
                text.clone_into(&mut desk.note);
            }
            Ok(json!({}))
        }
        "asnGetAndSubscribePresenceV2" => {
            let ids = members.0.get("seqContactIDs").and_then(Value::as_array);
            let ids = ids.ok_or(Refusal::Mistyped("seqContactIDs"))?;
            for id in ids {
                own_contact(
                    procall,
                    &login,
                    id.as_str().ok_or(Refusal::Mistyped("seqContactIDs"))?,
                )?;
            }
            talk.subscribed = true;
            talk.begin(procall);
            Ok(json!({
                "_type": "AsnGetAndSubscribePresenceV2Result",
                "seqSubscribedPresence": [presence(procall, &login)],
            }))
        }
        _ => Err(GENERAL),
    }
}

fn wrote(inside: &mut Inside, login: &str, operation: Operation, argument: &Value) {
    inside.writes.push(ProcallWrite {
        login: login.to_owned(),
        what: operation.name.to_owned(),
        argument: argument.clone(),
    });
}

fn contact(desk: &Desk) -> String {
    format!("sip:{}", desk.person.upn)
}

fn own_contact(procall: &Procall, login: &str, asked: &str) -> Result<(), Refusal> {
    let inside = procall.inside.lock();
    let is_own = inside.desks.get(login).is_some_and(|desk| contact(desk) == asked);
    if is_own { Ok(()) } else { Err(DENIED) }
}

fn lines(procall: &Procall, login: &str) -> Vec<String> {
    let inside = procall.inside.lock();
    let Some(desk) = inside.desks.get(login) else {
        return Vec::new();
    };
    let extension = &desk.person.extension;
    let mut lines = vec![format!("tel:+49305550{extension}@pbx")];
    if inside.habits.second_line {
        // The list begins with it: the primary one is told by its type.
        lines.insert(0, format!("tel:+49305551{extension}@pbx"));
    }
    lines
}

fn is_second(line: &str) -> bool {
    line.starts_with("tel:+49305551")
}

fn own_line(procall: &Procall, login: &str, asked: &str) -> Result<String, Refusal> {
    lines(procall, login)
        .into_iter()
        .find(|line| line == asked)
        .ok_or(NO_LINE)
}

fn info(procall: &Procall, line: &str) -> Value {
    let inside = procall.inside.lock();
    let number = line.trim_start_matches("tel:").trim_end_matches("@pbx");
    let second = is_second(line);
    json!({
        "iType": if second { 2 } else { 1 },
        "iLineOpenStatus": inside.habits.line_status,
        "u8sLinePhoneNumber": line,
        "u8sDescriptor": "",
        "u8sPhoneNumber": number,
        "u8sLineLocationID": "1",
        "iLineFeatures": if second { 1 } else { inside.habits.line_features },
        "iForwardFeaturesPBX": if second { 0 } else { inside.habits.forward_features },
        "iForwardFeaturesSERVER": 0,
        "iForwardFeaturesUSER": 0,
    })
}

pub(super) fn forward(mode: i64, target: &str) -> Value {
    json!({
        "iInternalID": 1,
        "iForwardController": 1,
        "iForwardMode": mode,
        "iBackEndSpecific": 0,
        "iNoAnswerTime": 0,
        "u8sDestination": target,
        "u8sCallerIDList": [],
    })
}

/// The line as a monitor's start and a snapshot have it.
pub(super) fn snapshot(procall: &Procall, login: &str, line: &str) -> Value {
    let (calls, dnd, forwards) = if is_second(line) {
        (Vec::new(), false, Vec::new())
    } else {
        let inside = procall.inside.lock();
        let Some(desk) = inside.desks.get(login) else {
            return Value::Null;
        };
        let extension = &desk.person.extension;
        let calls = procall.pbx.calls();
        let own = calls
            .iter()
            .filter(|call| call.from == *extension || call.at == *extension);
        let calls = own.map(|call| call_information(call, extension, line)).collect();
        (calls, procall.has_dnd(desk), desk.forwards.clone())
    };
    json!({
        "lineInfo": info(procall, line),
        "seqCalls": Value::Array(calls),
        "iDoNotDisturb": i64::from(dnd),
        "seqLineForwards": forwards,
        "remoteOfficeState": {"u8sController": "", "iEnabled": 0, "u8sDestination": ""},
    })
}

fn call_information(call: &CallView, extension: &str, line: &str) -> Value {
    let outbound = call.from == extension;
    let state = match call.state {
        CallState::Ringing if outbound => 8,
        CallState::Ringing => 2,
        CallState::Talking => 32,
        CallState::Held => 128,
    };
    let remote = if outbound { &call.dialled } else { &call.from };
    json!({
        "u8sLinePhoneNumber": line,
        "u8sConnectionID": format!("{{6B1F0000-0000-4000-8000-{:012X}}}", call.id),
        "iCallState": state,
        "iCallType": 0,
        "iDisconnectedReason": 0,
        "iFeatures": 32,
        "bOutbound": outbound,
        "bInternal": true,
        "u8sRemoteNumberSC": remote,
    })
}

pub(super) fn presence(procall: &Procall, login: &str) -> Value {
    let inside = procall.inside.lock();
    let Some(desk) = inside.desks.get(login) else {
        return Value::Null;
    };
    let mut absent = json!({
        "u8sContactId": contact(desk),
        "eAbsentState": desk.absent.state,
        "eReachability": desk.absent.reachability,
        "iPresenceState": 1,
    });
    if let Some(until) = desk.absent.until {
        absent["stTimeTo"] = format!("{until:.3}").into();
    }
    if desk.own_teams {
        absent["externalPresenceStates"] = json!([{"u8sUserName": desk.person.upn, "iState": 1, "eType": 0}]);
    }
    json!({
        "u8sContactId": contact(desk),
        "iPresenceState": 1,
        "asnAbsentState": absent,
        "asnCustomNote": {"u8sContactID": contact(desk), "u8sUsername": desk.person.name, "u8sNote": desk.note},
    })
}
