//! NTLMv2 as a client: the three messages that sign a connection in ([MS-NLMP]). NTLMv1 and LM are never sent.

use super::config::Account;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md4::Md4;
use md5::{Digest as _, Md5};
use sha2::{Sha256, Sha384, Sha512};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// NEGOTIATE_MESSAGE flags (section 2.2.2.5): Unicode, the target's name, NTLM, "always sign" and extended session
/// security, which servers take for granted, and 128 and 56 bits. Nothing is signed or sealed over HTTP.
const FLAGS: u32 = 0xa008_8205;
const UNICODE: u32 = 0x0000_0001;

/// AV pairs (section 2.2.2.1).
const AV_END: u16 = 0;
const AV_FLAGS: u16 = 6;
const AV_TIMESTAMP: u16 = 7;
const AV_CHANNEL_BINDINGS: u16 = 10;
/// "There is a MIC."
const AV_HAS_MIC: u32 = 2;

const HEADER: usize = 88;
const MIC_AT: usize = 72;
/// No server says as much.
const LARGEST: usize = 16 * 1024;

/// The first message.
pub(super) fn negotiate() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&1_u32.to_le_bytes());
    message.extend_from_slice(&FLAGS.to_le_bytes());
    // Neither a domain nor a workstation is told before it is asked for.
    message.resize(32, 0);
    message
}

/// The second message, the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    flags: u32,
    server_challenge: [u8; 8],
    /// AV pairs without their end.
    target: Vec<(u16, Vec<u8>)>,
    raw: Vec<u8>,
}

impl Challenge {
    /// `None`: not a message that NTLMv2 can answer.
    pub(super) fn parse(raw: &[u8]) -> Option<Self> {
        if raw.len() > LARGEST || raw.get(..8)? != SIGNATURE || number(raw, 8)? != 2 {
            return None;
        }
        let flags = number(raw, 20)?;
        let length = usize::from(short(raw, 40)?);
        let offset = usize::try_from(number(raw, 44)?).ok()?;
        let info = raw.get(offset..offset.checked_add(length)?)?;
        (flags & UNICODE != 0).then_some(())?;
        Some(Self {
            flags,
            server_challenge: raw.get(24..32)?.try_into().ok()?,
            target: pairs(info)?,
            raw: raw.to_vec(),
        })
    }
}

fn pairs(mut info: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let mut list = Vec::new();
    loop {
        let (id, length) = (short(info, 0)?, usize::from(short(info, 2)?));
        if id == AV_END {
            return Some(list);
        }
        list.push((id, info.get(4..4 + length)?.to_vec()));
        info = info.get(4 + length..)?;
    }
}

/// What is not the same twice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// 100 ns since 1601.
    pub time: u64,
    pub client_challenge: [u8; 8],
}

/// The third message. `binding` ties it to the TLS connection, so that nobody in between can use it elsewhere.
pub(super) fn authenticate(
    challenge: &Challenge,
    account: &Account,
    password: &str,
    moment: Moment,
    binding: Option<[u8; 16]>,
) -> Vec<u8> {
    let said = |id: u16| challenge.target.iter().find(|(known, _)| *known == id);
    let told_time = said(AV_TIMESTAMP).and_then(|(_, value)| <[u8; 8]>::try_from(&value[..]).ok());
    let has_mic = told_time.is_some();
    let mut target = challenge.target.clone();
    if has_mic {
        let flags = said(AV_FLAGS)
            .and_then(|(_, value)| number(value, 0))
            .unwrap_or(0)
            | AV_HAS_MIC;
        target.retain(|(id, _)| *id != AV_FLAGS);
        target.push((AV_FLAGS, flags.to_le_bytes().to_vec()));
    }
    if let Some(binding) = binding {
        target.retain(|(id, _)| *id != AV_CHANNEL_BINDINGS);
        target.push((AV_CHANNEL_BINDINGS, binding.to_vec()));
    }
    let time = told_time.unwrap_or(moment.time.to_le_bytes());
    let key = response_key(account, password);
    let temp = temp(time, moment.client_challenge, &target);
    let proof = hmac_md5(&key, &[&challenge.server_challenge, &temp]);
    let response = [&proof[..], &temp].concat();

    let mut message = Vec::with_capacity(HEADER + response.len() + 128);
    message.extend_from_slice(SIGNATURE);
    message.extend_from_slice(&3_u32.to_le_bytes());
    let (domain, user) = (utf16(&account.domain), utf16(&account.user));
    // The LM response is 24 zeros beside NTLMv2 (section 3.1.5.1.2); a workstation's name is nobody's business.
    let payload: [&[u8]; 6] = [&[0; 24], &response, &domain, &user, &[], &[]];
    let mut at = HEADER;
    for part in payload {
        // All are far below 64 KiB: `Challenge::parse` and the settings see to that.
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
        message.extend_from_slice(&length);
        message.extend_from_slice(&length);
        message.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
        at += part.len();
    }
    message.extend_from_slice(&(challenge.flags & FLAGS).to_le_bytes());
    message.resize(HEADER, 0);
    message.extend_from_slice(&payload.concat());
    if has_mic {
        let mic = mic(&key, &proof, [&negotiate(), &challenge.raw, &message]);
        if let Some(place) = message.get_mut(MIC_AT..HEADER) {
            place.copy_from_slice(&mic);
        }
    }
    message
}

/// Over the three messages, the third with zeros in its place. Nothing is signed, so no key is exchanged: the session's
/// base key is the exported one (section 3.1.5.1.2).
fn mic(key: &[u8; 16], proof: &[u8; 16], messages: [&[u8]; 3]) -> [u8; 16] {
    hmac_md5(&hmac_md5(key, &[proof]), &messages)
}

/// NTOWFv2 (section 3.3.2).
fn response_key(account: &Account, password: &str) -> [u8; 16] {
    let hash: [u8; 16] = Md4::digest(utf16(password)).into();
    let user: String = account.user.chars().map(upper).collect();
    hmac_md5(&hash, &[&utf16(&user), &utf16(&account.domain)])
}

/// Sign by sign, as Windows does: what would become two signs stays as it is.
fn upper(sign: char) -> char {
    let mut signs = sign.to_uppercase();
    match (signs.next(), signs.next()) {
        (Some(one), None) => one,
        _ => sign,
    }
}

fn temp(time: [u8; 8], client_challenge: [u8; 8], target: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut temp = vec![1, 1, 0, 0, 0, 0, 0, 0];
    temp.extend_from_slice(&time);
    temp.extend_from_slice(&client_challenge);
    temp.extend_from_slice(&[0; 4]);
    for (id, value) in target {
        temp.extend_from_slice(&id.to_le_bytes());
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        temp.extend_from_slice(&length.to_le_bytes());
        temp.extend_from_slice(value);
    }
    // The end of the pairs, and the structure's own four zeros.
    temp.extend_from_slice(&[0; 8]);
    temp
}

/// MsvAvChannelBindings of a server's certificate, given as DER: MD5 of a `gss_channel_bindings_struct` with
/// `tls-server-end-point` (RFC 5929 section 4) and no addresses.
pub(super) fn channel_binding(certificate: &[u8]) -> [u8; 16] {
    let hash = match signature_hash(certificate) {
        SignatureHash::Sha384 => Sha384::digest(certificate).to_vec(),
        SignatureHash::Sha512 => Sha512::digest(certificate).to_vec(),
        SignatureHash::Other => Sha256::digest(certificate).to_vec(),
    };
    binding_of(&hash)
}

fn binding_of(hash: &[u8]) -> [u8; 16] {
    let data = [b"tls-server-end-point:", hash].concat();
    let mut all = vec![0; 16];
    all.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_le_bytes());
    all.extend_from_slice(&data);
    Md5::digest(all).into()
}

#[derive(Debug, PartialEq, Eq)]
enum SignatureHash {
    Sha384,
    Sha512,
    /// SHA-256, or one that RFC 5929 replaces by it.
    Other,
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm { OBJECT IDENTIFIER … } … }`
fn signature_hash(certificate: &[u8]) -> SignatureHash {
    let oid = || {
        let (whole, _) = der(certificate)?;
        let (_tbs, rest) = der(whole)?;
        let (algorithm, _) = der(rest)?;
        Some(der(algorithm)?.0)
    };
    match oid() {
        // sha384WithRSAEncryption, ecdsa-with-SHA384
        Some([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]) => {
            SignatureHash::Sha384
        }
        // sha512WithRSAEncryption, ecdsa-with-SHA512
        Some([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4]) => {
            SignatureHash::Sha512
        }
        Some(_) | None => SignatureHash::Other,
    }
}

/// What the first value holds, and what comes after it.
fn der(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let (length, at) = if first < 0x80 {
        (first, 2)
    } else {
        let count = first & 0x7f;
        let digits = bytes.get(2..2 + count).filter(|digits| digits.len() <= 4)?;
        let length = digits
            .iter()
            .fold(0, |all, digit| (all << 8) | usize::from(*digit));
        (length, 2 + count)
    };
    let end = at.checked_add(length)?;
    Some((bytes.get(at..end)?, bytes.get(end..)?))
}

fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut block = [0; 64];
    let (start, _) = block.split_at_mut(16);
    start.copy_from_slice(key);
    let mut mac = Hmac::<Md5>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }

    /// CHALLENGE_MESSAGE of section 4.2.4.3.
    fn challenge() -> Challenge {
        let raw = "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef000000000000000024002400440000000600\
                   70170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c00530065007200760065007200\
                   00000000";
        Challenge::parse(&hex(raw)).unwrap()
    }

    fn account() -> Account {
        Account::parse("Domain\\User").unwrap()
    }

    #[test]
    fn the_vectors_of_ms_nlmp_section_4_2_4() {
        let challenge = challenge();
        assert_eq!(challenge.server_challenge.to_vec(), hex("0123456789abcdef"));
        let key = response_key(&account(), "Password");
        assert_eq!(key.to_vec(), hex("0c868a403bfd7a93a3001ef22ef02e3f"), "NTOWFv2");
        let temp = temp([0; 8], [0xaa; 8], &challenge.target);
        let expected = "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c00\
                        5300650072007600650072000000000000000000";
        assert_eq!(temp, hex(expected));
        let proof = hmac_md5(&key, &[&challenge.server_challenge, &temp]);
        assert_eq!(
            proof.to_vec(),
            hex("68cd0ab851e51c96aabc927bebef6a1c"),
            "NTProofStr"
        );
        let session = hmac_md5(&key, &[&proof]);
        assert_eq!(
            session.to_vec(),
            hex("8de40ccadbc14a82f15cb0ad0de95ca3"),
            "session base key"
        );
    }

    /// What Chromium expects of itself for the specification's challenge (`net/ntlm/ntlm_test_data.h`).
    #[test]
    fn the_mic_is_the_one_that_others_make() {
        let first = hex("4e544c4d53535000010000000782080000000000200000000000000020000000");
        let third = "4e544c4d535350000300000018001800580000008a008a00700000000c000c00fa000000080008000601000010001000\
                     0e0100000000000058000000038208000000000000000000f7361633f0ad9bdf4a7c421bc6b824a30000000000000000\
                     000000000000000000000000000000008c0260dbef690662af9c42d50782d2ed0101000000000000800bc8fd00d4d201\
                     aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c0053006500720076006500720006000400\
                     020000000a0010006586e99d81c2fc984e47172fd4dd03100900160048005400540050002f0053006500720076006500\
                     7200000000000000000044006f006d00610069006e00550073006500720043004f004d0050005500540045005200";
        let mut third = hex(third);
        third[MIC_AT..HEADER].fill(0);
        let challenge = challenge();
        let key = response_key(&account(), "Password");
        let mut target = challenge.target.clone();
        target.push((AV_FLAGS, AV_HAS_MIC.to_le_bytes().to_vec()));
        target.push((AV_CHANNEL_BINDINGS, hex("6586e99d81c2fc984e47172fd4dd0310")));
        target.push((9, utf16("HTTP/Server")));
        let temp = temp(hex("800bc8fd00d4d201").try_into().unwrap(), [0xaa; 8], &target);
        let proof = hmac_md5(&key, &[&challenge.server_challenge, &temp]);
        assert_eq!(proof.to_vec(), hex("8c0260dbef690662af9c42d50782d2ed"));
        let mic = mic(&key, &proof, [&first, &challenge.raw, &third]);
        assert_eq!(mic.to_vec(), hex("f7361633f0ad9bdf4a7c421bc6b824a3"));
    }

    /// Microsoft's "NTLM and Channel Binding Hash (aka Extended Protection for Authentication)".
    #[test]
    fn the_connection_is_bound_by_the_published_hash() {
        let hash = "ea05fefecc6b0bd571dbbc5baa3ed45386d0446835f7b74c85621b9983475f95";
        assert_eq!(
            binding_of(&hex(hash)).to_vec(),
            hex("6586e99d81c2fc984e47172fd4dd0310")
        );
        assert_eq!(
            channel_binding(b"no certificate"),
            binding_of(&Sha256::digest(b"no certificate"))
        );
    }

    #[test]
    fn a_certificates_hash_follows_its_signature() {
        let certificate = |oid: &[u8]| {
            let algorithm = [
                &[
                    0x30,
                    u8::try_from(oid.len()).unwrap() + 2,
                    6,
                    u8::try_from(oid.len()).unwrap(),
                ],
                oid,
            ];
            let body = [
                &[0x30, 0x81, 0x80],
                &[7; 0x80][..],
                &algorithm.concat(),
                &[3, 1, 0],
            ]
            .concat();
            [&[0x30, 0x82, 0, u8::try_from(body.len()).unwrap()], &body[..]].concat()
        };
        for (oid, hash) in [
            ("2a864886f70d01010c", SignatureHash::Sha384),
            ("2a8648ce3d040303", SignatureHash::Sha384),
            ("2a864886f70d01010d", SignatureHash::Sha512),
            ("2a8648ce3d040304", SignatureHash::Sha512),
            ("2a864886f70d01010b", SignatureHash::Other),
            ("2a864886f70d010105", SignatureHash::Other),
        ] {
            assert_eq!(signature_hash(&certificate(&hex(oid))), hash, "{oid}");
        }
        for odd in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0xff],
        ] {
            assert_eq!(signature_hash(odd), SignatureHash::Other);
        }
    }

    #[test]
    fn a_message_says_who_and_only_what_both_can() {
        let moment = Moment {
            time: 1,
            client_challenge: [0xaa; 8],
        };
        let message = authenticate(&challenge(), &account(), "Password", moment, None);
        assert_eq!(
            message.get(..12).unwrap(),
            [&SIGNATURE[..], &[3, 0, 0, 0]].concat()
        );
        let field = |at: usize| {
            let length = usize::from(short(&message, at).unwrap());
            let from = usize::try_from(number(&message, at + 4).unwrap()).unwrap();
            message[from..from + length].to_vec()
        };
        assert_eq!(field(12), [0; 24], "no LM");
        assert_eq!(field(28), utf16("Domain"));
        assert_eq!(field(36), utf16("User"));
        assert_eq!(
            (field(44), field(52)),
            (Vec::new(), Vec::new()),
            "no workstation, no key"
        );
        assert_eq!(number(&message, 60), Some(0xa008_8201), "flags");
        assert_eq!(message[MIC_AT..HEADER], [0; 16], "no timestamp, no MIC");
        assert_eq!(field(20)[24..32], 1_u64.to_le_bytes(), "our clock");

        let mut timed = challenge();
        timed.target.push((AV_TIMESTAMP, vec![9; 8]));
        let message = authenticate(&timed, &account(), "Password", moment, Some([5; 16]));
        assert_ne!(message[MIC_AT..HEADER], [0; 16], "a MIC");
        let holds = |part: &[u8]| message.windows(part.len()).any(|window| window == part);
        assert!(holds(&[10, 0, 16, 0, 5, 5]) && holds(&[6, 0, 4, 0, 2, 0, 0, 0]) && holds(&[9; 8]));
        assert_ne!(upper('ß'), 'S');
        assert_eq!(upper('ä'), 'Ä');
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        let good = challenge().raw;
        for cut in 0..good.len() {
            let read = Challenge::parse(&good[..cut]);
            assert_eq!(read, None, "{cut}");
        }
        for (at, byte) in [
            (0, b'M'),
            (8, 3),
            (20, 0x32),
            (40, 255),
            (44, 255),
            (47, 255),
            (68, 255),
        ] {
            let mut odd = good.clone();
            odd[at] = byte;
            let read = Challenge::parse(&odd);
            assert_eq!(read.filter(|_| at != 68), None, "{at}");
        }
    }
}
