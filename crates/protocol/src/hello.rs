//! The first line each way.

use serde::{Deserialize, Serialize};

/// Major version of the control socket's language.
pub const PROTOCOL: u32 = 1;

/// The longest line either side may send, newline included, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// `{"hello":{"protocol":1}}`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    pub hello: Hello,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
}

impl Greeting {
    /// The greeting of this build.
    pub const fn ours() -> Self {
        Self {
            hello: Hello { protocol: PROTOCOL },
        }
    }

    pub const fn is_understood(&self) -> bool {
        self.hello.protocol == PROTOCOL
    }
}
