use super::*;
use offhook_protocol::first_run::FirstRunStep;
use std::collections::BTreeMap;

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.toml"), text).unwrap();
    folder
}

fn load(folder: &tempfile::TempDir) -> Settings {
    Settings::load_with_policy(folder.path(), None)
}

fn draft(entries: &[(&str, &str)]) -> Draft {
    Draft(
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    )
}

fn codes(settings: &Settings) -> Vec<(Code, &str)> {
    settings
        .problems
        .iter()
        .map(|p| (p.code, p.detail.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn defaults_parse_as_themselves() {
    for known in KNOWN.iter() {
        let Some(default) = known.fixed_default() else {
            continue;
        };
        assert_eq!(known.kind.parse(&default), Some(default), "{}", known.key);
    }
}

#[test]
fn no_file_is_fresh_and_without_problems() {
    let folder = tempfile::tempdir().unwrap();
    let settings = load(&folder);
    assert!(settings.fresh && settings.problems.is_empty());
    assert_eq!(settings.text("microsoft.tenant"), "organizations");
}

#[test]
fn the_first_run_opens_on_a_fresh_folder_until_it_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = load(&folder);
    assert_eq!(settings.first_run(), Some(FirstRunStep::Welcome));
    // Whatever is changed on the way, it goes on where it was.
    settings.apply(&draft(&[("person.language", "de")])).unwrap();
    assert_eq!(load(&folder).first_run(), Some(FirstRunStep::Welcome));
    for step in [FirstRunStep::Microsoft, FirstRunStep::Access, FirstRunStep::Ready] {
        settings.apply(&Settings::first_run_draft(Some(step))).unwrap();
        assert_eq!(load(&folder).first_run(), Some(step));
    }
    settings.apply(&Settings::first_run_draft(None)).unwrap();
    assert_eq!(load(&folder).first_run(), None);
    let text = std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    assert!(!text.contains("first_run"), "{text}");
}

#[test]
fn a_folder_that_somebody_set_up_needs_no_first_run() {
    let folder = folder("[phone]\nkind = \"asterisk\"\n");
    assert_eq!(load(&folder).first_run(), None);
}

#[test]
fn the_designs_example_is_understood_whole() {
    let folder = folder(include_str!("example.toml"));
    let settings = load(&folder);
    assert_eq!(codes(&settings), []);
}

#[test]
fn a_wrong_value_is_named_and_the_default_holds() {
    let folder = folder("[teams]\npoll_seconds_min = \"often\"\n[rules]\nprofile = \"mine\"\n");
    let settings = load(&folder);
    assert_eq!(
        codes(&settings),
        [
            (Code::SettingsValue, "teams.poll_seconds_min"),
            (Code::SettingsValue, "rules.profile")
        ]
    );
    assert_eq!(settings.text("rules.profile"), "recommended");
}

#[test]
fn an_unknown_key_is_named_and_survives_a_change() {
    let folder = folder("# mine\nfuture = 1\n[phone]\nhosst = \"x\"\n[lines.morse]\nenabled = true\n");
    let mut settings = load(&folder);
    assert_eq!(
        codes(&settings),
        [
            (Code::SettingsUnknownKey, "future"),
            (Code::SettingsUnknownKey, "phone.hosst"),
            (Code::SettingsUnknownKey, "lines.morse"),
        ]
    );
    settings.apply(&draft(&[("phone.host", "pbx.example")])).unwrap();
    let text = std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    for kept in [
        "# mine",
        "future = 1",
        "hosst = \"x\"",
        "[lines.morse]",
        "host = \"pbx.example\"",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn settings_that_can_not_be_written_are_logged_without_the_person() {
    let home = folder("");
    let data = home.path().join("ada.lovelace").join("offhook");
    std::fs::create_dir_all(&data).unwrap();
    let mut settings = Settings::load_with_policy(&data, None);
    // Gone, as a network drive goes.
    std::fs::remove_dir_all(&data).unwrap();
    let said = crate::logging::capture(|| {
        let refused = settings
            .apply(&draft(&[("phone.host", "pbx.example")]))
            .unwrap_err();
        assert_eq!(refused.fault.code, Code::LedgerNotWritten);
    });
    assert!(
        said.contains("WARN") && said.contains("could not be written"),
        "{said}"
    );
    assert!(!said.contains("ada") && !said.contains("lovelace"), "{said}");
}

#[test]
fn a_newer_file_is_read_and_never_written() {
    let folder = folder("version = 7\n[phone]\nkind = \"asterisk\"\n");
    let mut settings = load(&folder);
    assert_eq!(codes(&settings), [(Code::SettingsNewer, "7")]);
    assert_eq!(settings.text("phone.kind"), "asterisk");
    let refused = settings.apply(&draft(&[("phone.host", "x")])).unwrap_err();
    assert_eq!(refused.fault.code, Code::SettingsNewer);
    assert!(
        std::fs::read_to_string(folder.path().join("settings.toml"))
            .unwrap()
            .contains("version = 7")
    );
}

#[test]
fn half_a_file_is_kept_aside() {
    let folder = folder("[phone]\nhost = \"pb");
    let settings = load(&folder);
    let [(Code::SettingsUnreadable, kept)] = codes(&settings)[..] else {
        panic!("{:?}", settings.problems)
    };
    assert_eq!(
        std::fs::read_to_string(folder.path().join(kept)).unwrap(),
        "[phone]\nhost = \"pb"
    );
}

#[test]
fn half_a_file_gives_way_to_the_last_one_that_could_be_read() {
    let folder = folder("[phone]\nkind = \"asterisk\"\n");
    load(&folder)
        .apply(&draft(&[("phone.host", "pbx.example.com")]))
        .unwrap();
    let file = folder.path().join("settings.toml");
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "[phone]\nhost = \"pb").unwrap();

    let settings = load(&folder);
    let [(Code::SettingsRestored, kept)] = codes(&settings)[..] else {
        panic!("{:?}", settings.problems)
    };
    let aside = std::fs::read_to_string(folder.path().join(kept)).unwrap();
    assert_eq!(aside, "[phone]\nhost = \"pb");
    assert_eq!(settings.text("phone.host"), "pbx.example.com");
    // The next start finds them in their place.
    assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    let next = load(&folder);
    assert_eq!(
        (codes(&next), next.text("phone.host")),
        (vec![], "pbx.example.com")
    );

    // A file that its owner takes away is a fresh start, not a spoilt one.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(load(&folder).first_run(), Some(FirstRunStep::Welcome));
}

#[test]
fn a_default_is_not_stored_and_a_draft_is_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = load(&folder);
    settings
        .apply(&draft(&[
            ("phone.kind", "asterisk"),
            ("rules.profile", "starface-9"),
        ]))
        .unwrap();
    settings
        .apply(&draft(&[("rules.profile", "recommended")]))
        .unwrap();
    let text = std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    assert!(
        text.contains("kind = \"asterisk\"") && !text.contains("profile"),
        "{text}"
    );
    let refused = settings
        .apply(&draft(&[("phone.host", "new"), ("phone.port", "70000")]))
        .unwrap_err();
    assert_eq!(
        (refused.key.as_str(), refused.fault.code),
        ("phone.port", Code::EntryNotPossible)
    );
    assert_eq!(load(&folder).text("phone.host"), "");
}

#[test]
fn policy_goes_first_and_locks() {
    let folder = folder("[phone]\nhost = \"mine\"\nextension = \"1001\"\n");
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[phone]\nhost = \"theirs\"\n").unwrap();
    let mut settings = Settings::load_with_policy(folder.path(), Some(&policy));
    assert_eq!(settings.text("phone.host"), "theirs");
    assert!(settings.field("phone.host").locked && !settings.field("phone.extension").locked);
    let refused = settings
        .apply(&draft(&[("phone.host", "mine again")]))
        .unwrap_err();
    assert_eq!(refused.fault.code, Code::Locked);
}

#[test]
fn the_command_line_goes_between_policy_and_file_and_locks_nothing() {
    let folder = folder("[phone]\nhost = \"mine\"\nuser = \"mine\"\n");
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[phone]\nhost = \"theirs\"\n").unwrap();
    let mut settings = Settings::load_with_policy(folder.path(), Some(&policy));
    settings
        .force(&[("phone.host", "line".into()), ("phone.user", "line".into())])
        .unwrap();
    assert_eq!(
        (settings.text("phone.host"), settings.text("phone.user")),
        ("theirs", "line")
    );
    assert!(!settings.field("phone.user").locked);
    assert!(settings.force(&[("phone.port", "many".into())]).is_err());
}

fn file(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("settings.toml")).unwrap()
}

fn own(settings: &Settings) -> Vec<(String, String)> {
    let own = settings.rules().own;
    own.cells()
        .map(|(cell, value)| (cell.key(), value.text()))
        .collect()
}

#[test]
fn rules_are_stored_only_where_they_differ_from_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = load(&folder);
    settings
        .apply(&draft(&[
            ("rules.states.Busy.dnd", "on"),
            ("rules.states.InACall.dnd", "on"),
            ("rules.states.anything-else.note", "unklar"),
            ("rules.calls.conference.teams", "nothing"),
            ("rules.phone.presence-away.teams", "preferred:Away/Away"),
            ("rules.phone.presence-away.minutes", "120"),
        ]))
        .unwrap();
    let text = file(&folder);
    assert!(text.contains("[rules.states.Busy]\ndnd = \"on\""), "{text}");
    assert!(!text.contains("InACall"), "as in the profile: {text}");
    assert!(text.contains("minutes = 120"), "{text}");
    let again = load(&folder);
    assert_eq!(codes(&again), []);
    assert_eq!(own(&again), own(&settings));
    assert_eq!(own(&again).len(), 5);
}

#[test]
fn another_profile_keeps_the_rules_that_still_differ() {
    let folder = folder(
        "[rules.states.Busy]\ndnd = \"on\"\n[rules.states.Away]\ndnd = \"on\"\n[rules.phone.dnd-on]\nteams = \"session:Busy/InACall\"\n",
    );
    let mut settings = load(&folder);
    assert_eq!(own(&settings).len(), 3);
    settings
        .apply(&draft(&[("rules.profile", "starface-9")]))
        .unwrap();
    assert_eq!(own(&settings), [("rules.states.Away.dnd".into(), "on".into())]);
    assert!(!file(&folder).contains("Busy"), "{}", file(&folder));
}

#[test]
fn rules_go_back_by_cell_by_row_and_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = load(&folder);
    settings
        .apply(&draft(&[
            ("rules.profile", "procall"),
            ("rules.states.Busy.dnd", "on"),
            ("rules.states.Busy.note", "n"),
            ("rules.states.Away.dnd", "on"),
            ("rules.calls.call.teams", "nothing"),
        ]))
        .unwrap();
    settings.rules_back("rules.states.Busy.dnd").unwrap();
    assert_eq!(own(&settings).len(), 3);
    settings.rules_back("rules.states.Busy").unwrap();
    assert_eq!(own(&settings).len(), 2);
    let unknown = settings.rules_back("rules.states.Bus").unwrap_err();
    assert_eq!(unknown.fault.code, Code::SettingsUnknownKey);
    settings.rules_back("rules").unwrap();
    assert_eq!(own(&settings), []);
    let text = file(&folder);
    assert!(text.contains("procall") && !text.contains("states"), "{text}");
}

#[test]
fn an_impossible_rule_is_refused_by_its_key_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = load(&folder);
    for (key, value) in [
        ("rules.states.Busy.dnd", "maybe"),
        ("rules.states.Offline.dnd", "on"),
        ("rules.calls.call.teams", "Busy/Busy"),
        // More than a week.
        ("rules.phone.dnd-on.minutes", "20000"),
    ] {
        let refused = settings
            .apply(&draft(&[("phone.host", "new"), (key, value)]))
            .unwrap_err();
        assert_eq!(
            (refused.key.as_str(), refused.fault.code),
            (key, Code::EntryNotPossible)
        );
    }
    let refused = settings
        .apply(&draft(&[
            ("rules.phone.dnd-on.teams", "session:Busy/InACall"),
            ("rules.phone.dnd-on.minutes", "241"),
        ]))
        .unwrap_err();
    assert_eq!(refused.key, "rules.phone.dnd-on.minutes");
    assert_eq!(refused.fault.detail.as_deref(), Some("5–240"));
    assert!(!folder.path().join("settings.toml").exists());
}

#[test]
fn odd_rules_in_the_file_are_named_and_kept() {
    let folder = folder(
        "[rules.states.Dancing]\ndnd = \"on\"\n[rules.states.Busy]\nmood = 1\ndnd = \"maybe\"\n[rules.phone.dnd-on]\nteams = \"session:Busy/InACall\"\nminutes = 600\n",
    );
    let mut settings = load(&folder);
    assert_eq!(
        codes(&settings),
        [
            (Code::SettingsUnknownKey, "rules.states.Dancing"),
            (Code::SettingsUnknownKey, "rules.states.Busy.mood"),
            (Code::SettingsValue, "rules.states.Busy.dnd"),
            (Code::SettingsValue, "rules.phone.dnd-on.minutes"),
        ]
    );
    settings
        .apply(&draft(&[("rules.states.Busy.dnd", "leave")]))
        .unwrap();
    let text = file(&folder);
    for kept in ["[rules.states.Dancing]", "mood = 1", "minutes = 600"] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn policy_locks_cells_of_the_table() {
    let folder = folder("[rules.states.Busy]\ndnd = \"leave\"\n");
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[rules.states.Busy]\ndnd = \"on\"\n").unwrap();
    let mut settings = Settings::load_with_policy(folder.path(), Some(&policy));
    assert_eq!(own(&settings), [("rules.states.Busy.dnd".into(), "on".into())]);
    assert!(settings.rules_form().locked.contains("rules.states.Busy.dnd"));
    let refused = settings
        .apply(&draft(&[("rules.states.Busy.dnd", "off")]))
        .unwrap_err();
    assert_eq!(refused.fault.code, Code::Locked);
    settings.rules_back("rules").unwrap();
    assert_eq!(own(&settings).len(), 1, "the organisation's stays");
}

#[test]
fn what_offhook_says_it_can_speak_with_is_what_it_speaks_with() {
    let Some(keys::Known {
        kind: keys::Kind::OneOf(kinds),
        ..
    }) = keys::find("phone.kind")
    else {
        panic!("phone.kind is a choice");
    };
    for kind in kinds.iter().filter(|kind| **kind != "none") {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::load_with_policy(folder.path(), None);
        let draft = Draft([("phone.kind".to_owned(), (*kind).to_owned())].into());
        settings.apply(&draft).unwrap();
        let unknown = matches!(settings.phone(), Err(fault) if fault.code == Code::PhoneKindNotYet);
        assert_eq!(speaks_with(kind), !unknown, "{kind}");
    }
}

fn in_file(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("settings.toml")).unwrap()
}

#[test]
fn the_last_change_is_taken_back_once() {
    let folder = folder("version = 1\n[phone]\nhost = \"a\"\n");
    let mut settings = load(&folder);
    assert_eq!(settings.undo().unwrap_err().code, Code::UndoNothing);
    settings
        .apply(&draft(&[("phone.host", "b"), ("phone.port", "5038")]))
        .unwrap();
    // What changes nothing is no change to take back.
    settings.apply(&draft(&[("phone.host", "b")])).unwrap();
    let undone = settings.undo().unwrap();
    assert!(undone.whole);
    assert_eq!(undone.put_back, ["phone.host", "phone.port"]);
    assert_eq!(
        (settings.text("phone.host"), settings.text("phone.port")),
        ("a", "0")
    );
    assert!(!in_file(&folder).contains("port"), "a default is not kept");
    assert_eq!(settings.undo().unwrap_err().code, Code::UndoNothing);
}

#[test]
fn what_was_edited_by_hand_meanwhile_stays() {
    let folder = folder("version = 1\n");
    let mut settings = load(&folder);
    settings
        .apply(&draft(&[
            ("phone.host", "b"),
            ("phone.user", "me"),
            ("phone.extension", "23"),
        ]))
        .unwrap();
    let edited =
        in_file(&folder).replace("\"b\"", "\"by-hand\"") + "\n[rules]\nprofile = \"procall\"\n# mine\n";
    std::fs::write(folder.path().join("settings.toml"), edited).unwrap();
    let undone = settings.undo().unwrap();
    assert!(!undone.whole);
    assert_eq!(undone.put_back, ["phone.user", "phone.extension"]);
    assert_eq!(settings.text("phone.host"), "by-hand");
    assert_eq!(settings.text("rules.profile"), "procall", "read with it");
    let text = in_file(&folder);
    assert!(
        text.contains("by-hand") && text.contains("# mine") && !text.contains("me\""),
        "{text}"
    );
}

#[test]
fn a_change_that_was_changed_again_is_left_alone_and_said_so() {
    let folder = folder("version = 1\n");
    let mut settings = load(&folder);
    settings.apply(&draft(&[("phone.host", "b")])).unwrap();
    std::fs::write(
        folder.path().join("settings.toml"),
        "version = 1\n[phone]\nhost = \"c\"\n",
    )
    .unwrap();
    assert_eq!(settings.undo().unwrap_err().code, Code::UndoChanged);
    assert_eq!(settings.text("phone.host"), "c");
    assert!(in_file(&folder).contains("\"c\""));
}

#[test]
fn a_change_keeps_what_was_edited_by_hand_since_the_start() {
    let folder = folder("version = 1\n");
    let mut settings = load(&folder);
    std::fs::write(
        folder.path().join("settings.toml"),
        "version = 1\n[phone]\nhost = \"by-hand\"\n",
    )
    .unwrap();
    settings.apply(&draft(&[("person.language", "de")])).unwrap();
    assert!(in_file(&folder).contains("by-hand"));
    assert_eq!(settings.text("phone.host"), "by-hand");
}

#[test]
fn an_entry_that_no_adapter_could_use_is_refused_beside_its_field() {
    let starface = "version = 1\n[phone]\nkind = \"starface\"\nhost = \"pbx.example.com\"\nuser = \"nora\"\n";
    let folder = folder(starface);
    let mut settings = load(&folder);
    for (key, value, allowed) in [
        ("phone.listen", "0.0.0.0:47312", "192.168.1.20:47312"),
        ("phone.listen", "desk", "192.168.1.20:47312"),
        ("phone.host", "pbx example", "pbx.example.com"),
        ("phone.tls", "pin:12:34", "9F86D081884C7D65…"),
        ("lines.sip.calls_at", "everybody there", "*76{extension}"),
    ] {
        let changes = [("lines.sip.user", "nora"), (key, value)];
        let refused = settings.apply(&draft(&changes)).unwrap_err();
        assert_eq!(
            (refused.key.as_str(), refused.fault.code),
            (key, Code::EntryUnlike)
        );
        assert_eq!(refused.fault.detail.as_deref(), Some(allowed));
        assert_eq!(in_file(&folder), starface, "all or none");
    }
    // With its own sentence where there is one.
    let plain = draft(&[("phone.login", "active-directory"), ("phone.tls", "off")]);
    let refused = settings.apply(&plain).unwrap_err();
    assert_eq!(
        (refused.key.as_str(), refused.fault.code),
        ("phone.tls", Code::PhoneTlsNeeded)
    );

    // Who is not done yet is not refused: the fields that are missing come later.
    settings.apply(&draft(&[("phone.user", "")])).unwrap();
    settings.apply(&draft(&[("phone.star_on", "*41")])).unwrap();
    assert_eq!(settings.impossible_entries(), []);
    settings
        .apply(&draft(&[("phone.user", "nora"), ("phone.star_off", "#41")]))
        .unwrap();
    settings
        .apply(&draft(&[("phone.listen", "192.168.1.20:47312")]))
        .unwrap();
    assert!(settings.phone().is_ok());
}

#[test]
fn what_a_hand_wrote_into_the_file_is_named_as_well() {
    let folder = folder(
        "version = 1\n[phone]\nkind = \"starface\"\nhost = \"pbx.example.com\"\nuser = \"nora\"\nlisten = \"desk\"\n",
    );
    let mut settings = load(&folder);
    let keys = |settings: &Settings| -> Vec<String> {
        let entries = settings.impossible_entries();
        entries.into_iter().map(|refused| refused.key).collect()
    };
    assert_eq!(keys(&settings), ["phone.listen"]);
    // It does not stand in the way of other changes.
    settings.apply(&draft(&[("person.language", "de")])).unwrap();
    settings.apply(&draft(&[("phone.port", "8443")])).unwrap();
    settings.apply(&draft(&[("phone.listen", "")])).unwrap();
    assert_eq!(keys(&settings), Vec::<String>::new());
}

#[test]
fn days_hours_and_addresses_are_refused_where_they_are_impossible() {
    let folder = folder("version = 1\n");
    let mut settings = load(&folder);
    for (key, value, allowed) in [
        (
            "person.work_days",
            "mon,someday",
            "mon, tue, wed, thu, fri, sat, sun",
        ),
        ("person.work_days", "", "mon, tue, wed, thu, fri, sat, sun"),
        ("person.work_from", "18:00", "00:00–17:59"),
        ("person.work_to", "07:30", "08:01–23:59"),
        ("person.work_to", "25:00", "00:00–23:59"),
        ("lines.baresip.address", "nonsense", "127.0.0.1:4444"),
        ("lines.baresip.address", "host:0", "127.0.0.1:4444"),
    ] {
        let refused = settings.apply(&draft(&[(key, value)])).unwrap_err();
        assert_eq!(
            (refused.key.as_str(), refused.fault.detail.as_deref()),
            (key, Some(allowed))
        );
        assert_eq!(refused.fault.code, Code::EntryNotPossible);
    }
    settings
        .apply(&draft(&[
            ("person.work_days", "sun, mon"),
            ("person.work_from", "09:00"),
            ("person.work_to", "09:30"),
        ]))
        .unwrap();
    assert_eq!(settings.text("person.work_days"), "mon,sun");
    assert!(in_file(&folder).contains("work_from = \"09:00\""));
}

#[test]
fn what_the_person_was_told_once_is_kept_and_not_offered_to_take_back() {
    let folder = folder("version = 1\n");
    let mut settings = load(&folder);
    assert!(!settings.was_told("no-tray"));
    settings.remember_told("no-tray");
    assert!(settings.last_change().is_none());
    assert!(load(&folder).was_told("no-tray"));
}

#[test]
fn a_starface_is_set_up_with_a_login_alone() {
    use crate::phones::PhoneSystem;
    use crate::settings::PhoneConfig;
    let starface = "[phone]\nkind = \"starface\"\nhost = \"pbx.example.de\"\nuser = \"0815\"\n";
    let settings = load(&folder(starface));
    assert_eq!(codes(&settings), []);
    assert!(matches!(
        settings.phone(),
        Ok(PhoneConfig::System(PhoneSystem::Starface(_)))
    ));
    let directory = format!("{starface}login = \"active-directory\"\ntls = \"off\"\n");
    let refused = load(&folder(&directory)).phone().unwrap_err();
    assert_eq!(refused.code, Code::PhoneTlsNeeded);
}

#[test]
fn a_sip_account_is_set_up_with_a_login_alone_and_has_freepbxs_habits() {
    use crate::phones::PhoneSystem;
    use crate::settings::PhoneConfig;
    let sip = "[phone]\nkind = \"sip\"\nhost = \"pbx.example.de\"\nuser = \"1001\"\n";
    let config = |text: &str| match load(&folder(text)).phone() {
        Ok(PhoneConfig::System(PhoneSystem::Sip(config))) => *config,
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(&load(&folder(sip))), []);
    let usual = config(sip);
    assert_eq!(
        (usual.extension.as_str(), usual.dnd_state.as_deref(), usual.port),
        ("1001", Some("*761001"), 5061)
    );
    let own = config(&format!(
        "{sip}transport = \"tcp\"\ntls = \"off\"\ndnd_state = \"\"\ndnd_on = \"#11\"\n"
    ));
    assert_eq!((own.dnd_state, own.port), (None, 5060));
    assert_eq!(own.dnd.unwrap().on, "#11");
}

#[test]
fn a_procall_is_set_up_with_a_login_alone() {
    use crate::phones::PhoneSystem;
    use crate::settings::PhoneConfig;
    let procall = "[phone]\nkind = \"procall\"\nhost = \"uc.example.de\"\nuser = \"alice\"\n";
    let yields = |text: &str| match load(&folder(text)).phone() {
        Ok(PhoneConfig::System(PhoneSystem::Procall(config))) => config.yields_to_teams,
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(&load(&folder(procall))), []);
    assert!(yields(procall));
    assert!(!yields(&format!("{procall}own_teams = \"ignore\"\n")));
}

#[test]
fn own_commands_are_lists_in_the_file_and_a_line_in_a_form() {
    let file = "[phone]\nkind = \"command\"\n[phone.commands]\n\
                dnd_on = [\"/opt/my tool\", \"dnd\", \"it's on\"]\ndnd_off = [\"/opt/my tool\", \"off, now\"]\n";
    let folder = folder(file);
    let mut settings = load(&folder);
    assert_eq!(codes(&settings), []);
    assert_eq!(
        settings.text("phone.commands.dnd_off"),
        "'/opt/my tool' 'off, now'"
    );
    let Ok(PhoneConfig::System(system)) = settings.phone() else {
        panic!("a phone system");
    };
    assert!(system.enough(None).is_some(), "no secret is needed");
    settings
        .apply(&draft(&[
            ("phone.commands.forward_on", "pbx  fwd \"to {target}\""),
            ("phone.commands.forward_off", "pbx fwd off"),
        ]))
        .unwrap();
    assert!(
        in_file(&folder).contains("[\"pbx\", \"fwd\", \"to {target}\"]"),
        "{}",
        in_file(&folder)
    );
    assert!(settings.phone().is_ok());
    let odd = settings.apply(&draft(&[("phone.commands.dnd_read", "pbx 'read")]));
    assert!(odd.is_err(), "a quote without its end");
}

#[test]
fn a_csta_link_and_a_user_portal_are_set_up_from_the_file() {
    let link = "[phone]\nkind = \"csta\"\nhost = \"pbx.example.de\"\nport = 1040\nextension = \"101\"\n";
    let needs = |text: &str| match load(&folder(text)).phone() {
        Ok(PhoneConfig::System(system)) => system.enough(None).is_none(),
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(&load(&folder(link))), []);
    assert!(!needs(link), "nobody signs in to it");
    assert!(needs(&format!("{link}user = \"link\"\n")));
    assert!(!needs(&format!("{link}session = \"none\"\nedition = \"5\"\n")));
    let portal =
        "[phone]\nkind = \"freepbx\"\nhost = \"pbx.example.de\"\nuser = \"alice\"\nextension = \"101\"\n";
    assert!(needs(portal));
}
