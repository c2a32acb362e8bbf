//! Windows' telephony: its call source, and the lines to choose from.

use super::{Driver, News};
use crate::desktop::Desktop;
use crate::lines::tapi::{self, OFFERED, TapiConfig};
use offhook_protocol::settings::LineChoice;
use offhook_tapi::Offered;

#[derive(Debug, Default)]
pub(super) struct Telephony {
    running: Option<TapiConfig>,
    is_heard: bool,
}

impl<D: Desktop> Driver<D> {
    pub(super) fn start_tapi(&mut self) {
        self.hear_lines();
        let config = self.settings.tapi();
        if self.parts.telephony.running != config {
            self.parts.telephony.running.clone_from(&config);
            self.start_line(tapi::SOURCE, config, tapi::spawn);
        }
    }

    fn hear_lines(&mut self) {
        if std::mem::replace(&mut self.parts.telephony.is_heard, true) {
            return;
        }
        let (mut lines, news) = (OFFERED.subscribe(), self.news.clone());
        tokio::task::spawn_local(async move {
            while lines.changed().await.is_ok() {
                let choices = lines.borrow_and_update().iter().map(choice).collect();
                if news.send(News::Lines(choices)).is_err() {
                    return;
                }
            }
        });
    }
}

fn choice(offered: &Offered) -> LineChoice {
    LineChoice {
        id: offered.id.to_string(),
        name: offered.name.clone(),
        driver: offered.provider.clone(),
    }
}
