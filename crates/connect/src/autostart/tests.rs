use super::*;

fn of(folder: &Path, common: &Path) -> Autostart {
    Autostart {
        program: "/opt/My Apps/offhook".into(),
        data_dir: None,
        name: "offhook".to_owned(),
        folder: folder.join("autostart"),
        common: vec![common.join("autostart")],
    }
}

#[test]
fn it_is_switched_on_and_off_and_leaves_nothing_behind() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let autostart = of(own.path(), common.path());
    assert_eq!(autostart.look(), Found::Off);
    autostart.set(false, true).unwrap();
    autostart.set(true, true).unwrap();
    assert_eq!(autostart.look(), Found::On);
    let path = own.path().join("autostart/offhook.desktop");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("Exec=\"/opt/My Apps/offhook\" --minimised\n"),
        "{text}"
    );
    autostart.set(true, false).unwrap();
    assert_eq!(autostart.look(), Found::On);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("--minimised"));
    autostart.set(false, false).unwrap();
    assert_eq!(autostart.look(), Found::Off);
    assert_eq!(
        std::fs::read_dir(own.path().join("autostart")).unwrap().count(),
        0
    );
}

#[test]
fn it_says_what_is_there_instead() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let autostart = of(own.path(), common.path());
    let path = own.path().join("autostart/offhook.desktop");
    let mut elsewhere = autostart.clone();
    elsewhere.program = "/old/offhook".into();
    elsewhere.set(true, true).unwrap();
    assert_eq!(autostart.look(), Found::Elsewhere("/old/offhook".to_owned()));
    autostart.set(true, true).unwrap();
    let on = std::fs::read_to_string(&path).unwrap();
    for off in ["Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"] {
        std::fs::write(&path, format!("{on}{off}")).unwrap();
        assert_eq!(autostart.look(), Found::SwitchedOff, "{off}");
    }
}

#[test]
fn one_for_everyone_is_hidden_and_not_deleted() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let autostart = of(own.path(), common.path());
    let theirs = common.path().join("autostart/offhook.desktop");
    std::fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    std::fs::write(&theirs, "[Desktop Entry]\nExec=/opt/offhook\n").unwrap();
    assert_eq!(autostart.look(), Found::Everyone);
    autostart.set(false, true).unwrap();
    assert_eq!(autostart.look(), Found::Off);
    assert!(theirs.exists());
    autostart.set(true, true).unwrap();
    assert_eq!(autostart.look(), Found::On);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(own.path().join("autostart"), "a file").unwrap();
    let autostart = of(own.path(), common.path());
    assert!(autostart.set(true, true).is_err());
    assert_eq!(autostart.look(), Found::Off);
}

#[test]
fn what_the_organisation_forces_is_set_right_whoever_changed_it() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let autostart = of(own.path(), common.path());
    let path = own.path().join("autostart/offhook.desktop");
    assert_eq!(autostart.keep(None, true).unwrap(), Found::Off);
    assert!(!path.exists(), "nobody forces anything");
    assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::On);
    let on = std::fs::read_to_string(&path).unwrap();
    assert!(on.contains("--minimised"), "{on}");

    // Removed, switched off, or another's.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::On);
    for off in ["Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"] {
        std::fs::write(&path, format!("{on}{off}")).unwrap();
        assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::On, "{off}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), on);
    }
    std::fs::write(&path, on.replace("/opt/My Apps", "/old")).unwrap();
    assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::On);

    assert_eq!(autostart.keep(Some(false), true).unwrap(), Found::Off);
    assert!(!path.exists());
    // One for everyone is enough for "on", and hidden for "off".
    let theirs = common.path().join("autostart/offhook.desktop");
    std::fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    std::fs::write(&theirs, "[Desktop Entry]\nExec=/opt/offhook\n").unwrap();
    assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::Everyone);
    assert!(!path.exists());
    assert_eq!(autostart.keep(Some(false), true).unwrap(), Found::Off);
    assert!(path.exists() && theirs.exists());
}

#[test]
fn a_data_folder_of_its_own_is_never_switched_on_for_the_organisation() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut autostart = of(own.path(), common.path());
    autostart.data_dir = Some("/tmp/trial".into());
    autostart.name = "offhook-trial".to_owned();
    assert_eq!(autostart.keep(Some(true), true).unwrap(), Found::Off);
    autostart.set(true, true).unwrap();
    assert_eq!(autostart.keep(Some(false), true).unwrap(), Found::Off);
}

#[test]
fn what_can_not_be_forced_is_told_with_what_is_there() {
    let (own, common) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(own.path().join("autostart"), "a file").unwrap();
    let autostart = of(own.path(), common.path());
    let (found, _why) = autostart.keep(Some(true), true).unwrap_err();
    assert_eq!(found, Found::Off);
}
