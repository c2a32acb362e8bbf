//! What clients ask about the rules: the table, two of them side by side, a preview.

use super::Driver;
use crate::control::Reply;
use crate::desktop::Desktop;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::profile::Profile;
use offhook_engine::rules::Rules;
use offhook_engine::table::Differences;
use offhook_engine::view::preview::preview;
use offhook_engine::view::rules;
use offhook_protocol::command::{Answer, Situation};

impl<D: Desktop> Driver<D> {
    pub(super) fn show_rules(&self, profile: Option<&str>, reply: Reply) {
        let page = match profile {
            None => Ok(self.engine.rules_page(&self.desk)),
            Some(name) => self
                .pure(name)
                .map(|pure| rules::page(&pure, &rules::RulesForm::default(), None)),
        };
        match page {
            Ok(page) => reply.answer(Answer::Rules(Box::new(page))),
            Err(fault) => reply.refuse(fault.problem(self.language())),
        }
    }

    pub(super) fn compare_rules(&self, from: Option<&str>, to: &str, reply: Reply) {
        let mine = self.engine.rules();
        let compared = profile(to).and_then(|to| match from {
            None => Ok(rules::compare_with_profile(mine, to)),
            Some(from) => profile(from).map(|from| rules::compare_profiles(from, to, mine)),
        });
        match compared {
            Ok(compared) => reply.answer(Answer::Compared(compared)),
            Err(fault) => reply.refuse(fault.problem(self.language())),
        }
    }

    pub(super) fn preview(&self, situation: &Situation, reply: Reply) {
        let imagined = match &situation.profile {
            Some(name) => self.pure(name),
            None => Ok(self.engine.rules().clone()),
        };
        let phone = Some(&self.engine.facts().phone);
        match imagined.and_then(|rules| preview(situation, &rules, phone, self.now())) {
            Ok(wishes) => reply.answer(Answer::Preview(wishes)),
            Err(fault) => reply.refuse(fault.problem(self.language())),
        }
    }

    /// The person's settings with a profile as it comes.
    fn pure(&self, name: &str) -> Result<Rules, Fault> {
        Ok(Rules {
            profile: profile(name)?,
            own: Differences::default(),
            ..self.engine.rules().clone()
        })
    }
}

fn profile(name: &str) -> Result<Profile, Fault> {
    Profile::named(name).ok_or_else(|| Fault::new(FaultKind::Rejected, Code::ProfileUnknown).about(name))
}
