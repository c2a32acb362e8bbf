//! The view models of the settings pages.

use super::pages::{Desk, IconPlace};
use crate::clock::Now;
use crate::engine::Engine;
use crate::facts::calls::{Call, Source};
use crate::line::CallState;
use crate::text::settings::{call_text, heard_text, source_help, source_name};
use crate::text::{Language, Text};
use offhook_protocol::settings::{
    DiagnosticsPage, LineChooser, OwnSignIn, SourceCall, SourceView, SourcesPage, StartupPage,
};
use offhook_protocol::status::Light;
use std::collections::BTreeMap;

/// So many settings are named in a sentence.
const NAMED: usize = 3;

/// A call source that the settings know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownSource {
    pub id: String,
    /// Dotted key of its switch.
    pub switch: String,
    pub address: Option<String>,
    pub on: bool,
    /// Dotted key of the lines that are chosen, where it has some to choose from.
    pub lines: Option<String>,
}

impl Engine {
    pub(super) fn sources_page(&self, desk: &Desk, now: Now) -> SourcesPage {
        let mut lights = self.health().lines;
        let known = desk.sources.iter().map(|known| {
            let source = self.source(&known.id).filter(|_| known.on);
            SourceView {
                switch: Some(known.switch.clone()),
                address: known.address.clone(),
                lines: known.lines.as_ref().map(|key| LineChooser {
                    key: key.clone(),
                    lines: desk.lines.clone(),
                }),
                ..self.source_view(&known.id, false, source, lights.remove(&known.id), now)
            }
        });
        let mut sources: Vec<SourceView> = known.collect();
        // Who else has spoken has done so through the hook.
        let others = self.facts.calls.sources().filter(|(id, _)| {
            let is_known = |known: &KnownSource| known.id == id.as_str();
            !desk.sources.iter().any(is_known)
        });
        sources.extend(others.map(|(id, source)| {
            // Its light would say no more than that it once spoke.
            self.source_view(id.as_str(), true, Some(source), None, now)
        }));
        SourcesPage {
            sources,
            apps: desk.apps.clone(),
            microsip: desk.microsip,
            sip: OwnSignIn {
                password_stored: desk.sip_password,
                test: desk.sip_test.clone(),
            },
        }
    }

    fn source(&self, id: &str) -> Option<&Source> {
        let mut sources = self.facts.calls.sources();
        sources
            .find(|(other, _)| other.as_str() == id)
            .map(|(_, source)| source)
    }

    fn source_view(
        &self,
        id: &str,
        by_hook: bool,
        source: Option<&Source>,
        light: Option<Light>,
        now: Now,
    ) -> SourceView {
        let language = self.rules.language;
        let last = source.and_then(|source| source.last).map(|(heard, at)| {
            let at = self.exact_time(at, now);
            format!("{} · {at}", heard_text(heard).text(language))
        });
        let calls = source.map(|source| &source.calls);
        SourceView {
            id: id.to_owned(),
            name: source_name(id, language),
            help: source_help(id, by_hook, language).to_owned(),
            switch: None,
            address: None,
            lines: None,
            light: light.filter(|_| source.is_some()),
            last,
            calls: calls
                .into_iter()
                .flat_map(BTreeMap::values)
                .map(|call| self.source_call(call, now))
                .collect(),
        }
    }

    fn source_call(&self, call: &Call, now: Now) -> SourceCall {
        let language = self.rules.language;
        let outgoing = self.rules.outgoing_counts;
        let counts = call.counts(outgoing, now.mono);
        let note = match call.state {
            CallState::Connected | CallState::Held | CallState::Conference => Text::CountsYes,
            CallState::Ringing => Text::CountsRinging,
            CallState::Dialling if counts => Text::CountsYes,
            CallState::Dialling if outgoing => Text::CountsSoon,
            CallState::Dialling => Text::CountsOutgoing,
        };
        SourceCall {
            state: super::status::shown_call(call.state),
            text: format!(
                "{} · {}",
                call_text(call.state).text(language),
                self.exact_time(call.since, now)
            ),
            counts,
            note: note.text(language).to_owned(),
        }
    }

    /// To the second: who tries out a source looks at short things.
    fn exact_time(&self, at: jiff::Timestamp, now: Now) -> String {
        let (local, today) = (
            at.to_zoned(self.rules.zone.clone()),
            now.wall.to_zoned(self.rules.zone.clone()),
        );
        if local.date() == today.date() {
            return local.strftime(super::time_format(&self.rules, true)).to_string();
        }
        super::clock_time(at, now.wall, &self.rules)
    }

    pub(super) fn startup_page(&self, desk: &Desk) -> StartupPage {
        StartupPage {
            autostart: desk.autostart.clone(),
            tray: desk.icon != IconPlace::Nowhere,
            proxy_password: desk.proxy_password,
            network: desk.network.clone(),
            update: desk.update.clone(),
        }
    }

    pub(super) fn diagnostics_page(&self, desk: &Desk, now: Now) -> DiagnosticsPage {
        let time = |at| super::clock_time(at, now.wall, &self.rules);
        DiagnosticsPage {
            lights: self.named_lights(now),
            examining: desk.examining,
            findings: desk.diagnosis.clone(),
            examined: desk.examined.map(time),
            notification: desk.notification.clone(),
            sign_in: desk.sign_in_test.clone(),
            phone: offhook_protocol::settings::TestView {
                running: desk.testing,
                findings: desk.findings.clone(),
            },
            log_forced: desk.log_forced.clone(),
            data_dir: desk.data_dir.clone(),
        }
    }
}

/// The sentence about a change of settings, which names at most three of them.
pub fn changed_text(text: Text, keys: &[&str], language: Language) -> String {
    let mut names: Vec<String> = Vec::new();
    for key in keys {
        let name = crate::text::settings::setting_name(key, language);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = if names.len() > NAMED { ", …" } else { "" };
    names.truncate(NAMED);
    text.with(language, &[("what", &format!("{}{more}", names.join(", ")))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_three_settings_at_most_and_each_once() {
        let all = [
            ("person.icon", "icon"),
            ("role", "role of this desk"),
            ("person.language", "language"),
            ("phone.kind", "kind of phone system"),
        ];
        let text = |count: usize| {
            let keys: Vec<&str> = all.iter().take(count).map(|(key, _)| *key).collect();
            // The same name twice is said once.
            let twice = [keys.as_slice(), &keys].concat();
            let said = changed_text(Text::Changed, &keys, Language::En);
            assert_eq!(changed_text(Text::Changed, &twice, Language::En), said);
            said
        };
        for count in 1..=3 {
            let said = text(count);
            for (_, name) in all.iter().take(count) {
                assert!(said.contains(name), "{said}");
            }
            assert!(!said.contains('\u{2026}'), "{said}");
        }
        assert!(
            text(4).contains("language, \u{2026}") && !text(4).contains("kind"),
            "{}",
            text(4)
        );
    }
}
