//! What others may try: pages of the web, other users of the machine, false servers. What each shows is named in
//! docs/SECURITY.md.
#![cfg(target_os = "linux")]

mod browser;
mod false_servers;
mod floods;
mod other_user;
mod planted;
mod strangers;
