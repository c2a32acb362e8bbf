//! The tray as a value: icon, tooltip, menu.

use crate::clock::Now;
use crate::engine::Engine;
use crate::teams::SignIn;
use crate::text::{Language, Text};
use crate::trouble;
use offhook_protocol::command::Pause;
use offhook_protocol::status::State;

/// Older Windows shells cut a tooltip here.
const TOOLTIP: usize = 127;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tray {
    pub icon: State,
    /// A badge on the icon.
    pub attention: bool,
    /// State first, then the reason; at most 127 characters.
    pub tooltip: String,
    pub menu: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Item { label: String, action: Action },
    Separator,
    Submenu { label: String, entries: Vec<Entry> },
}

/// What a menu entry, a click or a notification asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Open(Page),
    Pause(Pause),
    Resume,
    /// As the commands of these names.
    PutBack,
    SetAgain,
    SignIn,
    CancelSignIn,
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Now,
    Account,
    Phone,
    Sources,
    Rules,
    Calendar,
    Startup,
    Diagnostics,
}

impl Page {
    /// The page's name on `offhook-window`'s command line and on the control socket.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Account => "account",
            Self::Phone => "phone",
            Self::Sources => "sources",
            Self::Rules => "rules",
            Self::Calendar => "calendar",
            Self::Startup => "startup",
            Self::Diagnostics => "diagnostics",
        }
    }
}

pub(crate) const fn state_text(state: State) -> Text {
    match state {
        State::SignedOut => Text::StateSignedOut,
        State::Paused => Text::StatePaused,
        State::InCall => Text::StateInCall,
        State::DoNotDisturb => Text::StateDoNotDisturb,
        State::Forwarded => Text::StateForwarded,
        State::Busy => Text::StateBusy,
        State::Away => Text::StateAway,
        State::Free => Text::StateFree,
    }
}

impl Engine {
    pub fn tray(&self, now: Now) -> Tray {
        let language = self.rules.language;
        let state = self.state(now);
        let waits = self.waits(now);
        let title = waits.unwrap_or_else(|| state_text(state)).text(language);
        let why = self.why_state(now);
        let problem = trouble::problems(self, now)
            .into_iter()
            .next()
            .map(|t| crate::text::problem(t.code, t.detail.as_deref(), language).sentence);
        let tooltip = cut(
            &format!("{title} · {}", problem.as_ref().unwrap_or(&why)),
            TOOLTIP,
        );
        Tray {
            icon: state,
            attention: problem.is_some(),
            tooltip,
            // What does not run can't be paused.
            menu: self.menu(title, &why, problem, waits.is_none() && state != State::SignedOut),
        }
    }

    fn menu(&self, title: &str, why: &str, problem: Option<String>, at_work: bool) -> Vec<Entry> {
        let language = self.rules.language;
        let item = |label: &str, action: Action| Entry::Item {
            label: label.to_owned(),
            action,
        };
        let text = |text: Text| text.text(language);
        // The state is an item that opens the page: disabled text is not announced by readers.
        let mut menu = vec![
            item(title, Action::Open(Page::Now)),
            item(&cut(why, 80), Action::Open(Page::Now)),
        ];
        if let Some(problem) = problem {
            menu.push(item(&format!("⚠ {}", cut(&problem, 80)), Action::Open(Page::Now)));
        }
        // Not twice, where the reason has said it.
        if let Some((says, _)) = self.teams_says().filter(|(says, _)| !why.contains(says.as_str())) {
            menu.push(item(
                &Text::MenuTeamsSays.with(language, &[("says", &says)]),
                Action::Open(Page::Now),
            ));
        }
        let mut doings = Vec::new();
        if let Some(offer) = self.put_back_offer() {
            doings.push(item(&offer.label, Action::PutBack));
        }
        if self.can_set_again() {
            doings.push(item(text(Text::MenuSetAgain), Action::SetAgain));
        }
        if self.facts.person.pause.is_some() {
            doings.push(item(text(Text::MenuResume), Action::Resume));
        } else if at_work {
            doings.push(pause_menu(language));
        }
        if !doings.is_empty() {
            menu.push(Entry::Separator);
            menu.append(&mut doings);
        }
        menu.push(Entry::Separator);
        menu.push(item(text(Text::MenuOpen), Action::Open(Page::Now)));
        menu.push(item(text(Text::MenuSettings), Action::Open(Page::Startup)));
        menu.push(match &self.facts.sign_in {
            SignIn::SignedOut => item(text(Text::MenuSignIn), Action::SignIn),
            SignIn::Browser { .. } | SignIn::DeviceCode { .. } => {
                item(text(Text::MenuSignInWaiting), Action::CancelSignIn)
            }
            SignIn::SignedIn(account) => item(
                &Text::MenuSignedIn.with(language, &[("name", &account.name)]),
                Action::Open(Page::Account),
            ),
            SignIn::Expired { .. } => item(text(Text::MenuSignInAgain), Action::SignIn),
            SignIn::Waiting(_) => item(text(Text::LightMicrosoft), Action::Open(Page::Account)),
        });
        menu.push(item(text(Text::MenuDiagnostics), Action::Open(Page::Diagnostics)));
        menu.push(Entry::Separator);
        menu.push(item(text(Text::MenuQuit), Action::Quit));
        menu
    }
}

fn pause_menu(language: Language) -> Entry {
    let item = |text: Text, pause: Pause| Entry::Item {
        label: text.text(language).to_owned(),
        action: Action::Pause(pause),
    };
    Entry::Submenu {
        label: Text::MenuPause.text(language).to_owned(),
        entries: vec![
            item(Text::MenuPause15, Pause::Minutes(15)),
            item(Text::MenuPause60, Pause::Minutes(60)),
            item(Text::MenuPauseTomorrow, Pause::Tomorrow),
            item(Text::MenuPauseOn, Pause::UntilResumed),
        ],
    }
}

/// At most `most` characters, the cut marked.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `offhook-window` and the control socket know the pages by these.
    #[test]
    fn a_pages_name_is_its_own() {
        for (page, name) in [
            (Page::Now, "now"),
            (Page::Account, "account"),
            (Page::Phone, "phone"),
            (Page::Sources, "sources"),
            (Page::Rules, "rules"),
            (Page::Calendar, "calendar"),
            (Page::Startup, "startup"),
            (Page::Diagnostics, "diagnostics"),
        ] {
            assert_eq!(page.name(), name);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character_and_marked() {
        assert_eq!(cut("Rückruf", 7), "Rückruf");
        assert_eq!(cut("Rückruf", 6), "Rückr…");
        assert_eq!(cut("Rü", 0), "…");
    }
}
