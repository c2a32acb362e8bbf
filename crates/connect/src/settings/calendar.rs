//! The settings of the calendar: where it is read from, and what appointments do.

use super::Settings;
use crate::calendar::ews::EwsConfig;
use crate::calendar::ics::IcsConfig;
use crate::calendar::{CalendarConfig, CalendarSource};
use offhook_engine::calendar::{Action, CalendarRules};

impl Settings {
    pub fn calendar(&self) -> CalendarConfig {
        if !self.flag("calendar.enabled") {
            return CalendarConfig::Off;
        }
        let tls = self.text("calendar.tls");
        let source = match self.calendar_source() {
            "ews" => {
                let (address, user) = (self.text("calendar.address"), self.text("calendar.user"));
                EwsConfig::parse(address, user, tls).map(|config| CalendarSource::Ews(Box::new(config)))
            }
            "ics" => {
                let (place, user) = (self.text("calendar.ics"), self.text("calendar.ics_user"));
                IcsConfig::parse(place, user, tls).map(|config| CalendarSource::Ics(Box::new(config)))
            }
            // `keys.rs` lets no other word through.
            _ => Ok(CalendarSource::Graph),
        };
        source.map_or_else(CalendarConfig::Unusable, CalendarConfig::Source)
    }

    /// As it is chosen, used or not.
    pub fn calendar_source(&self) -> &str {
        self.text("calendar.source")
    }

    pub(super) fn calendar_rules(&self) -> CalendarRules {
        let action = |key: &str| Action::parse(self.text(key)).unwrap_or_default();
        let target = self.text("calendar.forward_to");
        CalendarRules {
            free: action("calendar.free"),
            elsewhere: action("calendar.elsewhere"),
            tentative: action("calendar.tentative"),
            busy: action("calendar.busy"),
            out_of_office: action("calendar.oof"),
            forward_to: (!target.is_empty()).then(|| target.to_owned()),
            forward_when_off: self.flag("calendar.forward_when_off"),
            chat_status: self.flag("calendar.chat_status"),
            change_during: self.flag("calendar.change_during"),
            title: self.flag("calendar.title"),
            no_text_when_free: self.flag("calendar.no_text_when_free"),
            join_titles: self.flag("calendar.join_titles"),
            show_start: self.flag("calendar.show_start"),
            show_end: self.flag("calendar.show_end"),
            show_duration: self.flag("calendar.show_duration"),
            leads: self.flag("calendar.leads"),
            keep_on_stop: self.flag("calendar.keep_on_stop"),
            ignore_away: self.flag("calendar.ignore_away"),
            teams_message: self.flag("calendar.teams_message"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_calendar_has_the_engines_defaults_and_is_off() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::load_with_policy(folder.path(), None);
        assert_eq!(settings.calendar_rules(), CalendarRules::default());
        assert_eq!(settings.calendar(), CalendarConfig::Off);
    }

    #[test]
    fn an_exchange_server_is_read_where_it_is_set_and_what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let calendar = |more: &str| {
            let text = format!("[calendar]\nenabled = true\nsource = \"ews\"\n{more}");
            std::fs::write(&file, text).unwrap();
            Settings::load_with_policy(folder.path(), None).calendar()
        };
        let address = "address = \"mail.example.com\"\n";
        let wanted = EwsConfig::parse("mail.example.com", "EXAMPLE\\ada", "system").unwrap();
        assert_eq!(
            calendar(&format!("{address}user = 'EXAMPLE\\ada'\n")),
            CalendarConfig::Source(CalendarSource::Ews(Box::new(wanted)))
        );
        for (more, key) in [("", "calendar.address"), (address, "calendar.user")] {
            let CalendarConfig::Unusable(fault) = calendar(more) else {
                panic!("{more}");
            };
            assert_eq!(fault.detail.as_deref(), Some(key));
        }
    }

    #[test]
    fn a_file_or_an_address_is_read_where_it_is_set_and_what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let calendar = |more: &str| {
            let text = format!("[calendar]\nenabled = true\nsource = \"ics\"\n{more}");
            std::fs::write(&file, text).unwrap();
            Settings::load_with_policy(folder.path(), None).calendar()
        };
        let address = "https://cloud.example.com/x?export";
        let wanted = IcsConfig::parse(address, "ada", "system").unwrap();
        // Exchange's user stays with Exchange.
        let more = format!("ics = \"{address}\"\nics_user = \"ada\"\nuser = \"EXAMPLE\\\\ada\"\n");
        assert_eq!(
            calendar(&more),
            CalendarConfig::Source(CalendarSource::Ics(Box::new(wanted)))
        );
        let CalendarConfig::Unusable(fault) = calendar("") else {
            panic!("nothing is set");
        };
        assert_eq!(fault.detail.as_deref(), Some("calendar.ics"));
    }

    #[test]
    fn every_option_of_the_calendar_arrives_in_the_rules() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(
            &file,
            "[calendar]\nenabled = true\nfree = \"dnd\"\nelsewhere = \"forward\"\ntentative = \"dnd\"\n\
             busy = \"none\"\noof = \"forward\"\nforward_to = \"+49 30 123\"\nforward_when_off = true\n\
             chat_status = true\nchange_during = true\ntitle = true\nno_text_when_free = false\n\
             join_titles = true\nshow_start = true\nshow_end = true\nshow_duration = true\nleads = true\n\
             keep_on_stop = true\nignore_away = true\nteams_message = true\n",
        )
        .unwrap();
        let settings = Settings::load_with_policy(folder.path(), None);
        assert!(settings.problems.is_empty(), "{:?}", settings.problems);
        assert_eq!(settings.calendar(), CalendarConfig::Source(CalendarSource::Graph));
        let wanted = CalendarRules {
            free: Action::Dnd,
            elsewhere: Action::Forward,
            tentative: Action::Dnd,
            busy: Action::Nothing,
            out_of_office: Action::Forward,
            forward_to: Some("+4930123".into()),
            forward_when_off: true,
            chat_status: true,
            change_during: true,
            title: true,
            no_text_when_free: false,
            join_titles: true,
            show_start: true,
            show_end: true,
            show_duration: true,
            leads: true,
            keep_on_stop: true,
            ignore_away: true,
            teams_message: true,
        };
        assert_eq!(settings.calendar_rules(), wanted);
    }
}
