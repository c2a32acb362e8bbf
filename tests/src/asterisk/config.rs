//! The configuration of the Asterisk for tests: few modules, so that it starts in a second, and silent.

use std::path::Path;

use xtask::parts::AsteriskRoot;

use super::{Account, DESK, FULL, LAB, Options, WATCH};

#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub sip: u16,
    pub ami: u16,
}

/// The password of an extension's phone.
pub(super) fn sip_password(extension: &str) -> String {
    format!("pw{extension}")
}

fn extensions() -> impl Iterator<Item = u32> {
    1001..=1020
}

/// Every file of the configuration folder with its text.
pub(super) fn files(
    folder: &Path,
    root: &AsteriskRoot,
    ports: Ports,
    options: Options,
) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("asterisk.conf", asterisk(folder, root)),
        ("extensions.conf", dialplan(options)),
        ("manager.conf", manager(ports)),
        ("modules.conf", modules()),
        ("pjsip.conf", pjsip(ports, options)),
        ("indications.conf", INDICATIONS.to_owned()),
        (
            "logger.conf",
            "[general]\n[logfiles]\nconsole => notice,warning,error\n".to_owned(),
        ),
        ("rtp.conf", "[general]\nrtpstart=20000\nrtpend=29999\n".to_owned()),
    ];
    files.extend(EMPTY.iter().map(|name| (*name, String::new())));
    files
}

/// Files that Asterisk complains about when they are missing.
const EMPTY: &[&str] = &[
    "acl.conf",
    "ccss.conf",
    "cdr.conf",
    "cel.conf",
    "codecs.conf",
    "features.conf",
    "http.conf",
    "musiconhold.conf",
    "pjproject.conf",
    "stasis.conf",
    "udptl.conf",
];

const INDICATIONS: &str = "[general]
country=us
[us]
description=US
ringcadence=2000,4000
dial=350+440
busy=480+620/500,0/500
ring=440+480/2000,0/4000
congestion=480+620/250,0/250
";

fn asterisk(folder: &Path, AsteriskRoot { root, modules, .. }: &AsteriskRoot) -> String {
    let (folder, root, modules) = (folder.display(), root.display(), modules.display());
    format!(
        "[directories]
astcachedir => {folder}/run
astetcdir => {folder}/etc
astmoddir => {modules}
astvarlibdir => {folder}/lib
astdbdir => {folder}/lib
astkeydir => {folder}/lib
astdatadir => {root}/usr/share/asterisk
astagidir => {folder}/run
astspooldir => {folder}/spool
astrundir => {folder}/run
astlogdir => {folder}/log
astsbindir => {root}/usr/sbin
[options]
documentation_language = en
"
    )
}

fn manager(Ports { ami, .. }: Ports) -> String {
    let mut text = format!(
        "[general]\nenabled=yes\nport={ami}\nbindaddr=127.0.0.1\nallowmultiplelogin=yes\ndisplayconnects=no\n"
    );
    for Account {
        user,
        secret,
        read,
        write,
    } in [LAB, FULL, DESK, WATCH]
    {
        text.push_str(&format!(
            "[{user}]\nsecret={secret}\ndeny=0.0.0.0/0.0.0.0\npermit=127.0.0.1/255.255.255.255\n\
             read={read}\nwrite={write}\n"
        ));
    }
    text
}

fn modules() -> String {
    let mut text = "[modules]\nautoload=no\n".to_owned();
    for name in MODULES.split_whitespace() {
        text.push_str(&format!("load={name}.so\n"));
    }
    text
}

/// `res_pjsip_exten_state` needs `res_pjsip_outbound_publish`; without the `res_manager_*` no state events are sent.
const MODULES: &str = "
pbx_config app_dial app_verbose app_playback app_echo app_stack app_softhangup
func_db func_devstate func_presencestate func_callerid func_channel func_strings func_logic func_extstate
func_global func_hangupcause func_cut
codec_ulaw codec_alaw codec_gsm format_pcm format_wav format_gsm
bridge_simple bridge_native_rtp bridge_holding bridge_builtin_features bridge_softmix
res_rtp_asterisk res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd
res_manager_devicestate res_manager_presencestate
res_pjproject res_pjsip res_pjsip_session res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest
res_pjsip_caller_id res_pjsip_outbound_publish res_pjsip_exten_state res_pjsip_pubsub
res_pjsip_dialog_info_body_generator res_pjsip_pidf_body_generator res_pjsip_xpidf_body_generator
res_pjsip_pidf_eyebeam_body_supplement res_pjsip_pidf_digium_body_supplement
res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_registrar res_pjsip_endpoint_identifier_ip
res_pjsip_endpoint_identifier_user res_pjsip_acl res_pjsip_logger res_pjsip_nat res_pjsip_refer
res_pjsip_rfc3326 res_pjsip_sdp_rtp res_pjsip_dtmf_info res_pjsip_messaging res_pjsip_path
res_pjsip_empty_info res_pjsip_header_funcs res_pjsip_diversion chan_pjsip
";

fn pjsip(Ports { sip, .. }: Ports, options: Options) -> String {
    let busy_at = options
        .busy_at
        .map(|calls| format!("device_state_busy_at={calls}\n"))
        .unwrap_or_default();
    let mut text = format!(
        "[global]
type=global
user_agent=TestPBX
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[tcp]
type=transport
protocol=tcp
bind=127.0.0.1:{sip}
[phone](!)
type=endpoint
context=from-internal
subscribe_context=from-internal
disallow=all
allow=ulaw,alaw
direct_media=no
allow_subscribe=yes
rtp_symmetric=yes
{busy_at}[phone-auth](!)
type=auth
auth_type=userpass
[phone-aor](!)
type=aor
max_contacts=5
remove_existing=yes
"
    );
    for extension in extensions() {
        let password = sip_password(&extension.to_string());
        text.push_str(&format!(
            "[{extension}](phone)\nauth={extension}\naors={extension}\ncallerid=Person {extension} <{extension}>\n\
             [{extension}](phone-auth)\nusername={extension}\npassword={password}\n\
             [{extension}](phone-aor)\n"
        ));
    }
    text
}

/// Database families, custom states, hints and feature codes by FreePBX's conventions. As there, a feature code
/// answers and plays something for a second before it hangs up.
fn dialplan(Options { dnd_off, .. }: Options) -> String {
    let mut text = "[general]\nstatic=yes\nwriteprotect=no\n\n[from-internal]\n".to_owned();
    for extension in extensions() {
        text.push_str(&format!(
            "exten => {extension},hint,PJSIP/{extension}&Custom:DND{extension},CustomPresence:{extension}\n\
             exten => *76{extension},hint,Custom:DND{extension}\n\
             exten => *740{extension},hint,Custom:CF{extension}\n"
        ));
    }
    text.push_str(CALLS);
    text.push_str(&CODES.replace("@DND_OFF@", dnd_off));
    text
}

const CALLS: &str = r#"
exten => _10XX,1,Set(CF=${DB(CF/${EXTEN})})
 same => n,GotoIf($["${CF}" != ""]?forward)
 same => n,GotoIf($["${DB(DND/${EXTEN})}" = "YES"]?dnd)
 same => n,Dial(PJSIP/${EXTEN},60)
 same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy)
 same => n,Hangup()
 same => n(dnd),GotoIf($["${DB(CFB/${EXTEN})}" != ""]?forward-busy)
 same => n(busy),Busy(3)
 same => n,Hangup(17)
 same => n(forward-busy),Set(CF=${DB(CFB/${EXTEN})})
 same => n(forward),Dial(Local/${CF}@from-internal/n,60)
 same => n,Hangup()
exten => 600,1,Answer()
 same => n,Echo()
"#;

const CODES: &str = r"
exten => *78,1,Answer()
 same => n,Set(DB(DND/${CALLERID(num)})=YES)
 same => n,Set(DEVICE_STATE(Custom:DND${CALLERID(num)})=BUSY)
 same => n,Wait(1)
 same => n,Hangup()
exten => *79,1,Answer()
 same => n,Set(X=${DB_DELETE(DND/${CALLERID(num)})})
 same => n,Set(DEVICE_STATE(Custom:DND${CALLERID(num)})=@DND_OFF@)
 same => n,Wait(1)
 same => n,Hangup()
exten => _*72X.,1,Answer()
 same => n,Set(DB(CF/${CALLERID(num)})=${EXTEN:3})
 same => n,Set(DEVICE_STATE(Custom:CF${CALLERID(num)})=BUSY)
 same => n,Wait(1)
 same => n,Hangup()
exten => *73,1,Answer()
 same => n,Set(X=${DB_DELETE(CF/${CALLERID(num)})})
 same => n,Set(DEVICE_STATE(Custom:CF${CALLERID(num)})=NOT_INUSE)
 same => n,Wait(1)
 same => n,Hangup()
";
