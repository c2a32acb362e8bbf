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
    let folder = folder("# mine\nfuture = 1\n[phone]\nhosst = \"x\"\n[lines.jami]\nenabled = true\n");
    let mut settings = load(&folder);
    assert_eq!(
        codes(&settings),
        [
            (Code::SettingsUnknownKey, "future"),
            (Code::SettingsUnknownKey, "phone.hosst"),
            (Code::SettingsUnknownKey, "lines.jami"),
        ]
    );
    settings.apply(&draft(&[("phone.host", "pbx.example")])).unwrap();
    let text = std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    for kept in [
        "# mine",
        "future = 1",
        "hosst = \"x\"",
        "[lines.jami]",
        "host = \"pbx.example\"",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
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
