//! A phone system of the person's own programs, which tell of no calls; the hook does.

use std::fs;

use offhook_tests::places;
use offhook_tests::product::Product;
use serde_json::Value;
use tempfile::TempDir;

use crate::body::System;

const SOURCE: &str = "softphone";

/// A file that says `on` or `off`, and a real shell that writes and reads it.
pub struct Commands {
    folder: TempDir,
}

impl Commands {
    pub fn start() -> Self {
        let folder = places::folder("pbx");
        fs::write(folder.path().join("dnd"), "off").expect("the phone system's state");
        Self { folder }
    }

    fn command(&self, what: &str) -> String {
        let file = self.folder.path().join("dnd");
        format!(
            "[\"/bin/sh\", \"-c\", \"{what}\", \"pbx\", \"{}\"]",
            file.display()
        )
    }

    fn report(product: &Product<'_>, event: &str) {
        let said = product.ctl(&["call", event, "--source", SOURCE, "--id", "1", "--from", "1002"]);
        assert_eq!(said.code, 0, "{said:?}");
    }
}

impl System for Commands {
    fn settings(&self) -> String {
        format!(
            "[phone]\nkind = \"command\"\n\
             [phone.commands]\ndnd_on = {}\ndnd_off = {}\ndnd_read = {}\nread_seconds = 5\n",
            self.command("printf on > $1"),
            self.command("printf off > $1"),
            self.command("cat $1")
        )
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn is_heard(&self, _lines: &Value) -> bool {
        // The hook is there with the program.
        true
    }

    fn password(&self) -> Option<String> {
        None
    }

    fn dnd(&mut self) -> bool {
        let shown = fs::read_to_string(self.folder.path().join("dnd")).expect("the phone system's state");
        shown == "on"
    }

    fn is_refused(&mut self) -> Option<bool> {
        None
    }

    fn ring(&mut self, product: &Product<'_>) {
        Self::report(product, "newCall");
    }

    fn answer(&mut self, product: &Product<'_>) {
        Self::report(product, "answer");
    }

    fn hang_up(&mut self, product: &Product<'_>) {
        Self::report(product, "hangup");
    }
}
