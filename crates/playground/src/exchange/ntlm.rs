//! The server's side of NTLMv2 ([MS-NLMP] section 3.2.5), for one account.

use super::{EXCHANGE_DOMAIN, ExchangeAccount};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};

/// What came of a message.
pub(super) enum Given {
    Challenge(Vec<u8>),
    /// Who it is.
    In(String),
    Wrong(&'static str),
    /// Not the password is at fault.
    Odd(&'static str),
}

enum State {
    Nobody,
    Challenged { first: Vec<u8>, second: Vec<u8> },
    In(String),
}

/// One connection's.
pub(super) struct Gate {
    state: State,
    accounts: Vec<ExchangeAccount>,
    certificate_hash: Option<Vec<u8>>,
}

const CHALLENGE: [u8; 8] = [7, 1, 7, 2, 7, 3, 7, 4];
const TIME: [u8; 8] = [0x80, 0x0b, 0xc8, 0xfd, 0, 0xd4, 0xdc, 1];

impl Gate {
    pub(super) fn new(accounts: Vec<ExchangeAccount>, certificate_hash: Option<Vec<u8>>) -> Self {
        Self {
            state: State::Nobody,
            accounts,
            certificate_hash,
        }
    }

    pub(super) fn who(&self) -> Option<&str> {
        match &self.state {
            State::In(user) => Some(user),
            State::Nobody | State::Challenged { .. } => None,
        }
    }

    pub(super) fn is_challenged(&self) -> bool {
        matches!(self.state, State::Challenged { .. })
    }

    pub(super) fn forget(&mut self) {
        self.state = State::Nobody;
    }

    pub(super) fn hear(&mut self, message: &[u8], timestamp: bool) -> Given {
        if message.get(..8) != Some(b"NTLMSSP\0") || message.len() < 32 {
            return Given::Odd("no message of NTLM");
        }
        match message.get(8).copied().unwrap_or(0) {
            1 => {
                let flags = u32_at(message, 12);
                // Unicode, NTLM, extended session security.
                if flags & 0x0008_0201 != 0x0008_0201 {
                    return Given::Odd("flags of the first message");
                }
                let second = challenge(flags, timestamp);
                self.state = State::Challenged {
                    first: message.to_vec(),
                    second: second.clone(),
                };
                Given::Challenge(second)
            }
            3 => match std::mem::replace(&mut self.state, State::Nobody) {
                State::Challenged { first, second } => {
                    let given = judged(
                        &first,
                        &second,
                        message,
                        timestamp,
                        (&self.accounts, self.certificate_hash.as_deref()),
                    );
                    if let Given::In(user) = &given {
                        self.state = State::In(user.clone());
                    }
                    given
                }
                State::Nobody | State::In(_) => {
                    Given::Odd("a third message without a challenge on this connection")
                }
            },
            _ => Given::Odd("a message of another kind"),
        }
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Zero where there is nothing.
fn u16_at(bytes: &[u8], at: usize) -> usize {
    let two = bytes
        .get(at..at + 2)
        .and_then(|two| <[u8; 2]>::try_from(two).ok());
    usize::from(two.map_or(0, u16::from_le_bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let four = bytes
        .get(at..at + 4)
        .and_then(|four| <[u8; 4]>::try_from(four).ok());
    four.map_or(0, u32::from_le_bytes)
}

fn challenge(flags: u32, timestamp: bool) -> Vec<u8> {
    let name = wide(EXCHANGE_DOMAIN);
    let mut info = Vec::new();
    let mut pair = |id: u16, value: &[u8]| {
        info.extend(id.to_le_bytes());
        info.extend(short(value.len()));
        info.extend(value);
    };
    pair(2, &name);
    pair(1, &wide("MAIL1"));
    if timestamp {
        pair(7, &TIME);
    }
    pair(0, &[]);
    let mut out = b"NTLMSSP\0\x02\0\0\0".to_vec();
    let field = |length: usize, at: usize, out: &mut Vec<u8>| {
        let length = short(length);
        out.extend([length, length].concat());
        out.extend(long(at));
    };
    field(name.len(), 56, &mut out);
    // Target info, type domain.
    out.extend((flags | 0x0081_0000).to_le_bytes());
    out.extend(CHALLENGE);
    out.extend([0; 8]);
    field(info.len(), 56 + name.len(), &mut out);
    out.extend([10, 0, 0x63, 0x45, 0, 0, 0, 15]);
    out.extend(&name);
    out.extend(&info);
    out
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn judged(
    first: &[u8],
    second: &[u8],
    third: &[u8],
    timestamp: bool,
    (accounts, certificate): (&[ExchangeAccount], Option<&[u8]>),
) -> Given {
    if third.len() < 88 {
        return Given::Odd("a third message that is too short");
    }
    let field = |at: usize| {
        let from = usize::try_from(u32_at(third, at + 4)).unwrap_or(usize::MAX);
        let until = from.saturating_add(u16_at(third, at));
        third.get(from..until).unwrap_or_default()
    };
    let (lm, nt, domain, user) = (field(12), field(20), field(28), field(36));
    if lm.iter().any(|byte| *byte != 0) {
        return Given::Odd("an LM response");
    }
    if nt.len() < 16 + 28 + 4 {
        return Given::Odd("no NTLMv2");
    }
    if u32_at(third, 60) & !u32_at(second, 20) != 0 {
        return Given::Odd("flags that were not agreed");
    }
    let (proof, blob) = nt.split_at(16);
    let (domain_name, name) = (narrow(domain), narrow(user));
    let Some(account) = accounts.iter().find(|known| known.is(&domain_name, &name)) else {
        return Given::Wrong("nobody of that name");
    };
    let hash = Md4::digest(wide(&account.password));
    let key = hmac(&hash, &[wide(&name.to_uppercase()), domain.to_vec()].concat());
    if hmac(&key, &[&CHALLENGE[..], blob].concat()) != proof {
        return Given::Wrong("another password");
    }
    if !blob.starts_with(&[1, 1, 0, 0, 0, 0, 0, 0]) {
        return Given::Odd("another kind of response");
    }
    let pairs = pairs(blob.get(28..).unwrap_or_default());
    let value = |id: usize| {
        pairs
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, value)| value.clone())
    };
    if value(2) != Some(wide(EXCHANGE_DOMAIN)) {
        return Given::Odd("the target's name is missing");
    }
    if let Some(hash) = certificate {
        let data = [b"tls-server-end-point:", hash].concat();
        let mut all = vec![0; 16];
        all.extend(long(data.len()));
        all.extend(data);
        if value(10) != Some(Md5::digest(all).to_vec()) {
            return Given::Wrong("not bound to this connection");
        }
    }
    if timestamp {
        if blob.get(8..16) != Some(&TIME[..]) {
            return Given::Odd("another time than was told");
        }
        if value(6) != Some(vec![2, 0, 0, 0]) {
            return Given::Odd("no MIC is announced");
        }
        let mut bare = third.to_vec();
        if let Some(mic) = bare.get_mut(72..88) {
            mic.fill(0);
        }
        let mic = hmac(&hmac(&key, proof), &[first, second, &bare].concat());
        if Some(&mic[..]) != third.get(72..88) {
            return Given::Wrong("another MIC");
        }
    }
    Given::In(account.user.clone())
}

fn pairs(mut bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut list = Vec::new();
    while u16_at(bytes, 0) != 0 {
        let end = 4 + u16_at(bytes, 2);
        let Some(value) = bytes.get(4..end) else { break };
        list.push((u16_at(bytes, 0), value.to_vec()));
        bytes = bytes.get(end..).unwrap_or_default();
    }
    list
}

fn narrow(bytes: &[u8]) -> String {
    let signs: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|two| u16::try_from(u16_at(two, 0)).unwrap_or_default())
        .collect();
    String::from_utf16_lossy(&signs)
}
