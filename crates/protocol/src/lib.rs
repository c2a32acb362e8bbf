//! What clients and the resident program say to each other: types, and nothing that acts.
//!
//! The control socket carries one JSON object per line, at most [`MAX_LINE`] bytes. The first line each way is
//! a [`Greeting`]; an unknown major version is refused with a sentence. After it a client sends [`Request`]s
//! and reads [`Message`]s: an answer to each request by its id, and, after [`Command::Watch`], a
//! [`Event`] whenever something a client can see has changed. A client that does not read is dropped, never
//! waited for.
//!
//! | module | what |
//! |---|---|
//! | [`command`] | what a client may ask, and the answers |
//! | [`call`] | how any program reports a call (the hook) |
//! | [`status`] | `status --json`, version 1, a contract |
//! | [`pages`] | view models of the pages: complete, decided, in the person's language |
//! | [`first_run`] | the first run: which step, what is done |
//! | [`key`] | a key file, from the offer to the word of the person |
//! | [`settings`] | the same for the settings pages, and the answers that these alone ask for |
//! | [`place`] | the data directory, and where in it the socket is named |
//! | [`problem`] | what went wrong, as `{ code, sentence, what to do }` |

pub mod calendar;
pub mod call;
pub mod command;
pub mod first_run;
pub mod hello;
pub mod key;
pub mod pages;
pub mod place;
pub mod problem;
pub mod settings;
pub mod status;

pub use call::{CallEvent, CallEventKind, Direction};
pub use command::{Answer, Command, Event, Message, Request};
pub use hello::{Greeting, MAX_LINE, PROTOCOL};
pub use problem::Problem;
pub use status::Status;
