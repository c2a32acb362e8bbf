//! RS256 tokens with a key that is published in the source: it signs for a pretend company only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

const KEY: &[u8] = include_bytes!("signing-key.der");
const KEY_ID: &str = "playground-2026";

#[derive(Debug)]
pub(crate) struct Signer(RsaKeyPair);

impl Signer {
    pub(crate) fn new() -> Result<Self, ring::error::KeyRejected> {
        RsaKeyPair::from_pkcs8(KEY).map(Self)
    }

    /// The compact form; without a signature if signing fails, which a verifying client then refuses.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let head = json!({ "typ": "JWT", "alg": "RS256", "kid": KEY_ID });
        let text = format!(
            "{}.{}",
            BASE64.encode(head.to_string()),
            BASE64.encode(claims.to_string())
        );
        let mut signature = vec![0; self.0.public().modulus_len()];
        match self.0.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            text.as_bytes(),
            &mut signature,
        ) {
            Ok(()) => format!("{text}.{}", BASE64.encode(signature)),
            Err(ring::error::Unspecified) => format!("{text}."),
        }
    }

    /// The key set (JWKS).
    pub(crate) fn keys(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.0.public());
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": BASE64.encode(public.n), "e": BASE64.encode(public.e),
        }]})
    }
}
