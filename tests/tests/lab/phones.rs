//! Asterisk and the phones.

use std::time::Duration;

use offhook_tests::ami::Ami;
use offhook_tests::asterisk::{Asterisk, DESK, Options, WATCH};
use offhook_tests::baresip::{CallState, Phone};
use offhook_tests::{wait_for, wait_until};

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_call_through_asterisk_is_answered_held_and_ended() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
    let mark = pbx.ami().mark();
    assert_eq!(bob.call("1001").code, 180);
    alice.wait_calls(&[CallState::Incoming]);
    alice.accept();
    alice.wait_calls(&[CallState::Established]);
    assert_eq!(pbx.ami().channels().len(), 2);
    alice.hold();
    alice.wait_calls(&[CallState::OnHold]);
    pbx.ami().wait_event(mark, SOON, "Hold", |event| event.is("Hold"));
    alice.resume();
    alice.wait_calls(&[CallState::Established]);
    bob.hang_up();
    alice.wait_calls(&[]);
    bob.wait_calls(&[]);
    wait_until(SOON, "no channels", || pbx.ami().channels().is_empty());
}

#[test]
fn do_not_disturb_and_forward_work_as_on_freepbx() {
    let pbx = Asterisk::start();
    let (alice, carol) = (pbx.phone("1001"), pbx.phone("1003"));
    let ami = pbx.ami();
    alice.dial("*78");
    ami.wait_db(SOON, "DND", "1001", Some("YES"));
    wait_until(SOON, "the lamp", || {
        ami.device_state("Custom:DND1001").as_deref() == Some("BUSY")
    });
    alice.wait_calls(&[]);
    assert_eq!(carol.call("1001").code, 486);
    ami.press("1001", "*79");
    ami.wait_db(SOON, "DND", "1001", None);
    assert_eq!(carol.call("1001").code, 180);
    carol.hang_up();
    carol.wait_calls(&[]);
    ami.press("1001", "*72600");
    ami.wait_db(SOON, "CF", "1001", Some("600"));
    assert_eq!(ami.device_state("Custom:CF1001").as_deref(), Some("BUSY"));
    assert_eq!(carol.call("1001").code, 200);
    carol.hang_up();
    ami.press("1001", "*73");
    ami.wait_db(SOON, "CF", "1001", None);
}

#[test]
fn asterisk_keeps_its_database_over_restart_and_kill() {
    let mut pbx = Asterisk::start_with(Options {
        dnd_off: "NOT_INUSE",
        busy_at: Some(1),
    });
    pbx.ami().db_put("DND", "1005", "YES");
    pbx.restart();
    assert_eq!(pbx.ami().db_get("DND", "1005").as_deref(), Some("YES"));
    pbx.kill();
    assert!(Ami::connect(pbx.ami_port(), DESK.user, DESK.secret).is_err());
    pbx.start_again();
    pbx.ami().db_del("DND", "1005");
    assert_eq!(pbx.ami().db_get("DND", "1005"), None);
}

#[test]
fn manager_accounts_have_the_rights_that_their_names_say() {
    let pbx = Asterisk::start();
    let refused = Ami::connect(pbx.ami_port(), DESK.user, "wrong").expect_err("a wrong secret");
    assert_eq!(refused, "Authentication failed");
    let desk = Ami::connect(pbx.ami_port(), DESK.user, DESK.secret).expect("desk");
    let put = [("Family", "DND"), ("Key", "1001"), ("Val", "YES")];
    assert!(desk.action("DBPut", &put).has("Message", "Permission denied"));
    desk.press("1001", "*78");
    pbx.ami().wait_db(SOON, "DND", "1001", Some("YES"));
    let watch = Ami::connect(pbx.ami_port(), WATCH.user, WATCH.secret).expect("watch");
    assert_eq!(watch.db_get("DND", "1001").as_deref(), Some("YES"));
    let variable = [("Variable", "DEVICE_STATE(Custom:DND1001)"), ("Value", "BUSY")];
    assert!(
        watch
            .action("Setvar", &variable)
            .has("Message", "Permission denied")
    );
}

#[test]
fn phones_talk_without_a_phone_system_and_ctrl_tcp_can_be_stolen() {
    let (carl, dora) = (Phone::alone("carl"), Phone::alone("dora"));
    let mut first = carl.steal_ctrl();
    assert!(first.command("listcalls", "").contains("Active calls (0)"));
    assert_eq!(dora.call(carl.address()).code, 180);
    wait_for(SOON, "the event of the call", || {
        first
            .heard()
            .into_iter()
            .find(|message| message["type"] == "CALL_INCOMING")
    });
    let mut second = carl.steal_ctrl();
    wait_until(SOON, "the first client to be pushed out", || first.closed());
    second.command("accept", "");
    dora.wait_calls(&[CallState::Established]);
    dora.hang_up();
    carl.wait_calls(&[]);
}
