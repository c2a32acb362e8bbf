//! An OpenAPI validator between the product and a Graph double: a second opinion on every request.

use std::time::Duration;

use xtask::parts;

use crate::places;
use crate::process::{Log, Running, program};

/// It reads hundreds of files before it listens, which takes seconds on a machine at rest.
const START: Duration = Duration::from_secs(150);

/// A running validating proxy. It answers 422 with the reasons to what the description forbids, and passes on the
/// rest. Descriptions of answers are not enforced.
#[derive(Debug)]
pub struct Prism {
    process: Running,
    port: u16,
}

impl Prism {
    /// Stands in front of a Graph whose address is given *without* `/v1.0`.
    ///
    /// # Panics
    /// When it isn't set up on this machine or doesn't start.
    pub fn in_front_of(graph: &str) -> Self {
        let home = parts::npm(&places::parts(), "prism");
        let entry = home.join("node_modules/@stoplight/prism-cli/dist/index.js");
        let port = places::free_port();
        let mut command = program(places::system_program("node"));
        command
            .arg(places::needed(&entry))
            .args(["proxy", "-h", "127.0.0.1", "-p", &port.to_string(), "--errors"])
            .arg(parts::workspace().join("tests/data/graph-presence.openapi.yaml"))
            .arg(graph)
            .current_dir(home);
        let mut process = Running::start("prism", command);
        process.wait_line(START, |line| line.contains("Prism is listening"));
        Self { process, port }
    }

    /// For `graph_url`, with `/v1.0`.
    pub fn graph_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1.0", self.port)
    }

    pub fn log(&self) -> &Log {
        self.process.log()
    }
}
