//! What is logged, searched for what is personal.

use offhook_engine::{Effect, Input};
use std::cell::RefCell;
use std::fmt::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// The name and address of the account, the names on the phone system, forwards and notes by rule and by hand.
const PLANTED: &[&str] = &[
    "Muster",
    "Kramer",
    "example.com",
    // With signs that no time stamp has by chance.
    "+4930555",
    "+49 30 555",
    "0170 555",
    "Winter",
    "Sommer",
];

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps every line at INFO and above.
#[derive(Debug)]
struct Collector;

/// From now on, in this process.
pub fn collect() {
    // A second call finds the first one's collector in place.
    let _in_place = tracing::subscriber::set_global_default(Collector);
}

/// What was logged on this thread since the last call.
pub fn take_lines() -> Vec<String> {
    LINES.with_borrow_mut(std::mem::take)
}

pub fn personal(line: &str) -> Option<&'static str> {
    PLANTED.iter().find(|word| line.contains(**word)).copied()
}

/// As the driver logs it.
pub fn of_effect(text: &mut String, effect: &Effect) {
    text.clear();
    // Writing to a string does not fail.
    let _written = write!(text, "{effect:?}");
}

/// As the driver logs it.
pub fn of_input(text: &mut String, input: &Input) {
    text.clear();
    let _written = write!(text, "{input:?}");
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _written = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
