//! What the person enters at the phone: one address per event, with what the phone can put in itself.
//!
//! Sources: the vendors' own manuals, as facts/call-sources.md, section 4.9, names them; Grandstream's "Action URL" page;
//! Poly's "Web Application" guides.

use super::{DeskphoneConfig, KeyError, guard};
use offhook_protocol::command::Hidden;
use offhook_protocol::settings::{PhoneAccess, PhoneAddresses, PhoneEntry, PhoneMake};
use secrecy::ExposeSecret;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// The make, and for each of its fields what is appended to the phone's address.
type Make = (&'static str, &'static [(&'static str, &'static str)]);

const SNOM: Make = (
    "snom",
    &[
        (
            "action_incoming_url",
            "?e=incoming&id=$call-id&n=$nr_ongoing_calls",
        ),
        (
            "action_outgoing_url",
            "?e=outgoing&id=$call-id&n=$nr_ongoing_calls",
        ),
        (
            "action_connected_url",
            "?e=connected&id=$call-id&n=$nr_ongoing_calls",
        ),
        (
            "action_disconnected_url",
            "?e=ended&id=$call-id&n=$nr_ongoing_calls",
        ),
        ("action_missed_url", "?e=ended&id=$call-id&n=$nr_ongoing_calls"),
        ("action_hold", "?e=hold&id=$call-id"),
        ("action_unhold", "?e=unhold&id=$call-id"),
        ("action_dnd_on_url", "?e=dnd-on"),
        ("action_dnd_off_url", "?e=dnd-off"),
    ],
);

const YEALINK: Make = (
    "yealink",
    &[
        ("action_url.incoming_call", "?e=incoming&id=$call_id"),
        ("action_url.outgoing_call", "?e=outgoing&id=$call_id"),
        ("action_url.call_established", "?e=connected&id=$call_id"),
        ("action_url.call_terminated", "?e=ended&id=$call_id"),
        ("action_url.call_remote_canceled", "?e=ended&id=$call_id"),
        ("action_url.missed_call", "?e=ended&id=$call_id"),
        ("action_url.hold", "?e=hold&id=$call_id"),
        ("action_url.unhold", "?e=unhold&id=$call_id"),
        ("action_url.busy_to_idle", "?e=idle"),
        ("action_url.dnd_on", "?e=dnd-on"),
        ("action_url.dnd_off", "?e=dnd-off"),
    ],
);

/// It names no call, so the other party's number tells them apart; kept as a salted hash.
const GRANDSTREAM: Make = (
    "grandstream",
    &[
        ("Incoming Call", "?e=incoming&r=$remote"),
        ("Outgoing Call", "?e=outgoing&r=$remote"),
        ("Established Call", "?e=connected&r=$remote"),
        ("Terminated Call", "?e=ended&r=$remote"),
        ("Missed Call", "?e=ended&r=$remote"),
        ("On Hold", "?e=hold&r=$remote"),
        ("Unhold", "?e=unhold&r=$remote"),
        ("Enable DND", "?e=dnd-on"),
        ("Disable DND", "?e=dnd-off"),
    ],
);

const POLY: Make = ("poly", &[("apps.telNotification.URL", "")]);

/// What Poly is switched on with, beside its address.
const POLY_SWITCH: (&str, &str) = ("apps.telNotification.callStateChangeEvent", "1");

/// Everything to be copied, for all phones and makes.
///
/// # Errors
/// When there are no tokens.
pub fn all(config: &DeskphoneConfig) -> Result<PhoneAccess, KeyError> {
    let address = reached_at(&config.address);
    let tokens = config.tokens()?;
    let phones = tokens.iter().map(|(phone, token)| {
        let base = format!("http://{address}{}{}", guard::PATH, token.expose_secret());
        let makes = [SNOM, YEALINK, GRANDSTREAM, POLY].map(|(make, fields)| {
            let entries = fields.iter().map(|(field, tail)| PhoneEntry {
                field: (*field).to_owned(),
                value: Hidden(format!("{base}{tail}")),
            });
            let switch = (make == POLY.0).then(|| PhoneEntry {
                field: POLY_SWITCH.0.to_owned(),
                value: Hidden(POLY_SWITCH.1.to_owned()),
            });
            PhoneMake {
                make: make.to_owned(),
                entries: entries.chain(switch).collect(),
            }
        });
        PhoneAddresses {
            name: phone.name.clone(),
            makes: makes.into(),
        }
    });
    Ok(PhoneAccess {
        phones: phones.collect(),
        address: address.clone(),
    })
}

/// What a phone is to call: the address that is listened at, or this computer's own where that is any.
fn reached_at(address: &str) -> String {
    let Ok(listening) = address.parse::<SocketAddr>() else {
        return address.to_owned();
    };
    let ip = if listening.ip().is_unspecified() {
        own_address().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    } else {
        listening.ip()
    };
    SocketAddr::new(ip, listening.port()).to_string()
}

/// The address by which this computer speaks with others. Nothing is sent: a UDP socket only chooses its way.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address of the range for documentation.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}
