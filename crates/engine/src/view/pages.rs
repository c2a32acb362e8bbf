//! The pages' view models, from what the engine knows and what the desk around it knows.

use super::presence_text;
use super::rules::RulesForm;
use super::settings::KnownSource;
use crate::clock::Now;
use crate::engine::Engine;
use crate::fault::Code;
use crate::phone::{Field, PhonePresence, PresenceWords};
use crate::rules::ClockHours;
use crate::teams::{Right, SignIn};
use crate::text::{Language, Text};
use offhook_protocol::command::Finding;
use offhook_protocol::first_run::FirstRunStep;
use offhook_protocol::key::KeyOffer;
use offhook_protocol::pages::{
    Ability, AccountPage, AccountStep, FieldView, Pages, PhonePage, RightLine, RulesPage,
};
use offhook_protocol::problem::Problem;
use offhook_protocol::settings::{
    AutostartView, ChangedLine, LineChoice, LineChooser, SeenApp, TestView, UpdateLine,
};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What the pages show that the engine does not need for deciding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desk {
    pub version: String,
    pub tenant: FieldView,
    pub client_id: FieldView,
    /// The administrator's consent page for this registration.
    pub consent_url: Option<String>,
    /// What the last sign-in ended with, if not with success.
    pub sign_in_problem: Option<Problem>,
    /// The same for the calendar's right, and of what the last try to get that one ended with.
    pub calendar_consent_url: Option<String>,
    pub calendar_problem: Option<Problem>,
    /// Microsoft is being asked for it in the browser.
    pub calendar_asking: bool,
    pub calendar_password: bool,
    pub calendar_test: TestView,
    pub proxy_password: bool,
    /// The call source SIP.
    pub sip_password: bool,
    pub sip_test: TestView,
    /// What is known of newer versions, where it is asked.
    pub update: Option<UpdateLine>,
    /// What can't be used of proxy and certificates.
    pub network: Vec<Problem>,
    /// The page's fields as they stand in the settings; the rest of it is known elsewhere.
    pub phone: PhonePage,
    pub testing: bool,
    pub findings: Vec<Finding>,
    pub rules: RulesForm,
    /// A key file on its way into the settings.
    pub key: KeyOffer,
    /// What was odd about the settings file.
    pub settings: Vec<Problem>,
    /// Where the first run stands while it is open.
    pub first_run: Option<FirstRunStep>,
    pub language: FieldView,
    pub dnd_in_meetings: FieldView,
    pub icon: IconPlace,
    /// Every setting, by its dotted key.
    pub fields: BTreeMap<String, FieldView>,
    pub changed: Option<ChangedLine>,
    pub sources: Vec<KnownSource>,
    /// The telephone lines of this computer, where they are asked for.
    pub lines: Vec<LineChoice>,
    /// Programs at the microphone.
    pub apps: Vec<SeenApp>,
    /// There may be a MicroSIP here.
    pub microsip: bool,
    pub autostart: AutostartView,
    /// The doctor: at work, what it found last, and when.
    pub examining: bool,
    pub diagnosis: Vec<Finding>,
    pub examined: Option<jiff::Timestamp>,
    pub notification: TestView,
    pub sign_in_test: TestView,
    /// What the environment sets the log to.
    pub log_forced: Option<String>,
    pub data_dir: String,
}

/// What the first sign-in asks for, in Microsoft's words.
const SIGN_IN_RIGHTS: [&str; 4] = [
    "User.Read",
    "Presence.Read",
    "Presence.ReadWrite",
    "offline_access",
];

impl Desk {
    /// For the administrator, ready to send.
    pub(super) fn admin_text(&self, url: &str, rights: &[&str], language: Language) -> String {
        let values = [
            ("client", self.client_id.value.as_str()),
            ("tenant", self.tenant.value.as_str()),
            ("rights", &rights.join(", ")),
            ("url", url),
        ];
        Text::AdminText.with(language, &values)
    }

    fn sign_in_text(&self, language: Language) -> Option<String> {
        let url = self.consent_url.as_ref()?;
        Some(self.admin_text(url, &SIGN_IN_RIGHTS, language))
    }

    pub(super) fn calendar_text(&self, language: Language) -> Option<String> {
        let url = self.calendar_consent_url.as_ref()?;
        Some(self.admin_text(url, &["Calendars.Read"], language))
    }

    /// The same for a console: what the first sign-in needs, then the calendar.
    pub fn consent_texts(&self, language: Language) -> Vec<String> {
        let texts = [self.sign_in_text(language), self.calendar_text(language)];
        texts.into_iter().flatten().collect()
    }
}

/// Where this desktop shows Offhook's icon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IconPlace {
    /// Linux: in the desktop's panel.
    Panel,
    /// Windows: beside the clock, perhaps behind the arrow there.
    Taskbar,
    /// macOS.
    MenuBar,
    /// Nothing here shows icons of this kind, as far as is known.
    #[default]
    Nowhere,
}

impl Engine {
    pub fn pages(&self, desk: &Desk, now: Now) -> Pages {
        Pages {
            language: self.rules.language,
            twelve_hours: self.rules.clock() == ClockHours::Twelve,
            version: desk.version.clone(),
            first_run: self.first_run(desk),
            now: self.now_page(desk, now),
            account: self.account_page(desk),
            phone: self.phone_page(desk),
            rules_version: self.rules_version(desk),
            calendar: self.calendar_page(desk, now),
            sources: self.sources_page(desk, now),
            startup: self.startup_page(desk),
            diagnostics: self.diagnostics_page(desk, now),
            fields: desk.fields.clone(),
            changed: desk.changed.clone(),
        }
    }

    pub fn rules_page(&self, desk: &Desk) -> RulesPage {
        super::rules::page(&self.rules, &desk.rules, Some(&self.facts.phone))
    }

    /// Of everything that the rules page is made from.
    fn rules_version(&self, desk: &Desk) -> u32 {
        let mut hasher = DefaultHasher::new();
        let link = self.facts.phone.link.as_ref();
        let abilities = link.map(|link| (link.up, format!("{:?}", link.abilities)));
        abilities.hash(&mut hasher);
        desk.rules.hash(&mut hasher);
        self.rules.profile.name.hash(&mut hasher);
        self.rules.dnd_in_meetings.hash(&mut hasher);
        format!("{:?}", self.rules.language).hash(&mut hasher);
        for (cell, value) in self.rules.own.cells() {
            (cell, value.text()).hash(&mut hasher);
        }
        let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    fn account_page(&self, desk: &Desk) -> AccountPage {
        let language = self.rules.language;
        let (step, problem) = match &self.facts.sign_in {
            SignIn::SignedOut => (AccountStep::SignedOut, desk.sign_in_problem.clone()),
            SignIn::Waiting(fault) => {
                let problem = fault.problem(language);
                (
                    AccountStep::Waiting {
                        text: problem.to_string(),
                    },
                    Some(problem),
                )
            }
            SignIn::Browser { url } => (AccountStep::Browser { url: url.clone() }, None),
            SignIn::DeviceCode { user_code, url } => (
                AccountStep::DeviceCode {
                    user_code: user_code.clone(),
                    url: url.clone(),
                },
                None,
            ),
            SignIn::SignedIn(account) => {
                let (name, address) = (account.name.clone(), account.address.clone());
                (
                    AccountStep::SignedIn { name, address },
                    desk.sign_in_problem.clone(),
                )
            }
            SignIn::Expired { fault, .. } => {
                // What the last try ended with is newer than why one was needed.
                let newest = desk.sign_in_problem.clone();
                (
                    AccountStep::SignedOut,
                    newest.or_else(|| Some(fault.problem(language))),
                )
            }
        };
        let needs_admin = problem
            .as_ref()
            .is_some_and(|p| p.code == Code::AdminConsentNeeded.name());
        let rights = [
            (
                Right::PresenceRead,
                Text::RightPresenceRead,
                Text::RightPresenceReadFor,
            ),
            (
                Right::PresenceWrite,
                Text::RightPresenceWrite,
                Text::RightPresenceWriteFor,
            ),
            (Right::CalendarRead, Text::RightCalendar, Text::RightCalendarFor),
        ];
        let rights = rights
            .into_iter()
            .map(|(right, name, needed_for)| RightLine {
                name: name.text(language).to_owned(),
                needed_for: needed_for.text(language).to_owned(),
                granted: self.facts.signed_in().map(|_| self.facts.has(right)),
            })
            .collect();
        let admin_text = needs_admin.then(|| desk.sign_in_text(language)).flatten();
        AccountPage {
            step,
            problem,
            rights,
            admin_text,
            tenant: desk.tenant.clone(),
            client_id: desk.client_id.clone(),
        }
    }

    fn phone_page(&self, desk: &Desk) -> PhonePage {
        PhonePage {
            light: self.health().phone,
            abilities: self.abilities(),
            testing: desk.testing,
            findings: desk.findings.clone(),
            key: desk.key.clone(),
            lines: desk.phone.lines.as_ref().map(|chooser| LineChooser {
                lines: desk.lines.clone(),
                ..chooser.clone()
            }),
            ..desk.phone.clone()
        }
    }

    fn abilities(&self) -> Vec<Ability> {
        let language = self.rules.language;
        let Some(link) = self.facts.phone.link.as_ref().filter(|link| link.up) else {
            return Vec::new();
        };
        let abilities = link.abilities;
        let field = |name: Text, field: Field| {
            let can = abilities.of(field);
            let text = match (can.read, can.write) {
                (true, true) if abilities.unconfirmed.has(field) => Text::AbilityUnconfirmed,
                (true, true) => Text::AbilityReadWrite,
                (true, false) => Text::AbilityReadOnly,
                (false, _) => Text::AbilityNothing,
            };
            ability(name, can.read && can.write, text, language)
        };
        let calls = if abilities.calls {
            Text::AbilityCallsYes
        } else {
            Text::AbilityCallsNo
        };
        let others = if abilities.could_change_others {
            Text::AbilityOthersYes
        } else {
            Text::AbilityOthersNo
        };
        let (mut dnd, mut presence) = (
            field(Text::AbilityDnd, Field::Dnd),
            field(Text::AbilityPresence, Field::Presence),
        );
        if abilities.dnd_is_presence && abilities.dnd.write {
            Text::AbilityDndPresence.text(language).clone_into(&mut dnd.text);
        }
        if abilities.presence_words != PresenceWords::ALL && abilities.presence.write {
            let known = PhonePresence::ALL
                .into_iter()
                .filter(|word| abilities.presence_words.has(*word));
            let words: Vec<&str> = known.map(|word| presence_text(word).text(language)).collect();
            presence.text = Text::AbilityPresenceWords.with(language, &[("words", &words.join(", "))]);
        }
        vec![
            dnd,
            field(Text::AbilityForward, Field::Forward),
            presence,
            field(Text::AbilityNote, Field::Note),
            ability(Text::AbilityCalls, abilities.calls, calls, language),
            Ability {
                risk: true,
                ..ability(
                    Text::AbilityOthers,
                    abilities.could_change_others,
                    others,
                    language,
                )
            },
        ]
    }
}

fn ability(name: Text, can: bool, text: Text, language: Language) -> Ability {
    let text = text.text(language).to_owned();
    Ability {
        name: name.text(language).to_owned(),
        can: Some(can),
        risk: false,
        text,
    }
}
