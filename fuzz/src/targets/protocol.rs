//! What clients and the resident program say to each other.

use offhook_protocol::command::{Command, Hidden};
use offhook_protocol::place::RunFile;
use offhook_protocol::{Greeting, Message, Request, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// One line as anything that may stand in one.
pub fn lines(input: &[u8]) {
    if let Some(Request {
        command: Command::SecretSet { secret, .. },
        id,
    }) = survives::<Request>(input)
    {
        let of = |value: &str| {
            let value = Hidden(value.to_owned());
            format!(
                "{:?}",
                Request {
                    id,
                    command: Command::SecretSet { secret, value }
                }
            )
        };
        assert_eq!(of("one"), of("another"), "the secret does not show");
    }
    survives::<Message>(input);
    survives::<Greeting>(input);
    survives::<Status>(input);
    survives::<RunFile>(input);
}

/// What was read reads the same when it is written again.
fn survives<T: DeserializeOwned + Serialize + PartialEq + Debug>(input: &[u8]) -> Option<T> {
    let value = serde_json::from_slice::<T>(input).ok()?;
    let text = serde_json::to_vec(&value).unwrap_or_default();
    assert_eq!(
        serde_json::from_slice::<T>(&text).ok().as_ref(),
        Some(&value),
        "written and read again"
    );
    Some(value)
}
