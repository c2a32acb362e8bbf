//! The administrative templates for Windows (ADMX, ADML) and the example files, made from the one table of settings. A
//! test compares them with the files in `docs/policy`; with `WRITE_POLICY=1` it writes them.

use super::keys::{Kind, Known};
use super::policy::{forceable, of_json, of_raw};
use offhook_engine::table::{Cell, PhoneField};
use offhook_engine::text::settings::setting_name;
use offhook_protocol::pages::Language;
use std::fmt::Write as _;
use std::path::PathBuf;

const CATEGORIES: [(&str, &str, &str); 11] = [
    ("person", "The person", "Person"),
    ("notify", "Notifications", "Hinweise"),
    ("microsoft", "Microsoft", "Microsoft"),
    ("teams", "Teams", "Teams"),
    ("phone", "Phone system", "Telefonanlage"),
    ("calls", "Calls and their sources", "Gespräche und ihre Quellen"),
    ("rules", "Rules", "Regeln"),
    ("calendar", "Calendar", "Kalender"),
    ("network", "Network", "Netzwerk"),
    ("update", "Updates", "Aktualisierung"),
    ("program", "Offhook itself", "Offhook selbst"),
];

/// What the possible values alone do not tell, in English and German.
fn remark(key: &str) -> Option<[&'static str; 2]> {
    match key {
        "person.autostart" => Some([
            "true: set up for the person; false: taken away; not set: the person's choice.",
            "true: wird für die Person eingerichtet; false: wird entfernt; nicht gesetzt: wie die Person es wählt.",
        ]),
        "phone.key_file" => Some([
            "The whole path; taken over at each start, after all checks.",
            "Der ganze Pfad; wird bei jedem Start nach allen Prüfungen übernommen.",
        ]),
        _ => None,
    }
}

fn category(key: &str) -> &'static str {
    let start = key.split('.').next().unwrap_or_default();
    let start = if start == "lines" { "calls" } else { start };
    CATEGORIES
        .iter()
        .find(|(name, ..)| *name == start)
        .map_or("program", |(name, ..)| name)
}

/// `phone.host` → `phone_host`; dashes and the like are no part of identifiers.
fn id(key: &str) -> String {
    key.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

enum Shape {
    Flag,
    Number(i64, i64),
    OneOf(&'static [&'static str]),
    Text,
}

fn shape(kind: Kind) -> Shape {
    match kind {
        Kind::Flag => Shape::Flag,
        Kind::Number { least, most } => Shape::Number(least, most),
        Kind::OneOf(words) => Shape::OneOf(words),
        Kind::Text
        | Kind::Words
        | Kind::Command
        | Kind::Days
        | Kind::TimeOfDay
        | Kind::Address
        | Kind::Proxy
        | Kind::Target
        | Kind::Rule(
            Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams | PhoneField::Minutes),
        ) => Shape::Text,
    }
}

fn admx() -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <policyDefinitions xmlns=\"http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions\" revision=\"1.0\" schemaVersion=\"1.0\">\n\
         \x20 <policyNamespaces>\n    <target prefix=\"offhook\" namespace=\"Offhook.Policies\"/>\n  </policyNamespaces>\n\
         \x20 <resources minRequiredRevision=\"1.0\"/>\n\
         \x20 <supportedOn>\n    <definitions>\n      <definition name=\"offhook\" displayName=\"$(string.supported)\"/>\n    </definitions>\n  </supportedOn>\n\
         \x20 <categories>\n    <category name=\"offhook\" displayName=\"$(string.category_offhook)\"/>\n",
    );
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    for (name, ..) in CATEGORIES {
        line(format!(
            "    <category name=\"{name}\" displayName=\"$(string.category_{name})\"><parentCategory ref=\"offhook\"/></category>"
        ));
    }
    line("  </categories>\n  <policies>".to_owned());
    for known in forceable() {
        let (key, id) = (&known.key, id(&known.key));
        let shape = shape(known.kind);
        let presentation = match shape {
            Shape::Flag => String::new(),
            Shape::Number(..) | Shape::OneOf(_) | Shape::Text => {
                format!(" presentation=\"$(presentation.{id})\"")
            }
        };
        let value = match shape {
            Shape::Flag => format!(" valueName=\"{key}\""),
            Shape::Number(..) | Shape::OneOf(_) | Shape::Text => String::new(),
        };
        line(format!(
            "    <policy name=\"{id}\" class=\"Both\" displayName=\"$(string.{id})\" explainText=\"$(string.{id}_help)\" key=\"SOFTWARE\\Policies\\Offhook\"{value}{presentation}>\n      <parentCategory ref=\"{}\"/>\n      <supportedOn ref=\"offhook\"/>",
            category(key)
        ));
        line(match shape {
            Shape::Flag => {
                "      <enabledValue><decimal value=\"1\"/></enabledValue>\n      <disabledValue><decimal value=\"0\"/></disabledValue>"
                    .to_owned()
            }
            Shape::Number(least, most) => format!(
                "      <elements><decimal id=\"value\" valueName=\"{key}\" required=\"true\" minValue=\"{least}\" maxValue=\"{most}\"/></elements>"
            ),
            Shape::OneOf(words) => {
                let items: String = words
                    .iter()
                    .map(|word| {
                        format!("<item displayName=\"$(string.word_{})\"><value><string>{word}</string></value></item>", self::id(word))
                    })
                    .collect();
                format!("      <elements><enum id=\"value\" valueName=\"{key}\" required=\"true\">{items}</enum></elements>")
            }
            Shape::Text => format!("      <elements><text id=\"value\" valueName=\"{key}\" maxLength=\"1023\"/></elements>"),
        });
        line("    </policy>".to_owned());
    }
    line("  </policies>\n</policyDefinitions>".to_owned());
    out
}

fn adml(language: Language) -> String {
    let of = |en: &'static str, de: &'static str| match language {
        Language::En => en,
        Language::De => de,
    };
    let mut strings = String::new();
    let mut presentations = String::new();
    let mut string = |id: &str, text: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(strings, "      <string id=\"{id}\">{}</string>", escaped(text));
    };
    string("supported", "Offhook");
    string("category_offhook", "Offhook");
    for (name, en, de) in CATEGORIES {
        string(&format!("category_{name}"), of(en, de));
    }
    let mut words: Vec<&str> = Vec::new();
    for known in forceable() {
        let id = id(&known.key);
        let name = setting_name(&known.key, language);
        let name = if name == known.key {
            known.key.to_string()
        } else {
            format!("{name} ({})", known.key)
        };
        string(&id, &name);
        let default = if matches!(known.kind, Kind::Rule(_)) {
            of("as the profile says", "wie im Profil")
        } else if known.default.is_empty() {
            of("empty", "leer")
        } else {
            known.default
        };
        let help = match language {
            Language::En => format!(
                "Forces {}. Possible: {}. Built in: {default}. People see it locked.",
                known.key,
                known.kind.allowed()
            ),
            Language::De => format!(
                "Gibt {} vor. Möglich: {}. Eingebaut: {default}. Personen sehen es gesperrt.",
                known.key,
                known.kind.allowed()
            ),
        };
        let more = remark(&known.key).map(|[en, de]| of(en, de));
        let help = [help.as_str()]
            .into_iter()
            .chain(more)
            .collect::<Vec<_>>()
            .join(" ");
        string(&format!("{id}_help"), &help);
        let part = match shape(known.kind) {
            Shape::Flag => continue,
            Shape::Number(..) => format!(
                "<decimalTextBox refId=\"value\" defaultValue=\"{}\">{}</decimalTextBox>",
                known.default, known.key
            ),
            Shape::OneOf(list) => {
                words.extend(list);
                let at = list
                    .iter()
                    .position(|word| *word == known.default)
                    .unwrap_or_default();
                format!(
                    "<dropdownList refId=\"value\" noSort=\"true\" defaultItem=\"{at}\">{}</dropdownList>",
                    known.key
                )
            }
            Shape::Text => format!("<textBox refId=\"value\"><label>{}</label></textBox>", known.key),
        };
        let _ = writeln!(
            presentations,
            "      <presentation id=\"{id}\">{part}</presentation>"
        );
    }
    words.sort_unstable();
    words.dedup();
    for word in words {
        string(&format!("word_{}", id(word)), word);
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <policyDefinitionResources xmlns=\"http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions\" revision=\"1.0\" schemaVersion=\"1.0\">\n\
         \x20 <displayName>Offhook</displayName>\n  <description>{}</description>\n  <resources>\n    <stringTable>\n{strings}    </stringTable>\n    <presentationTable>\n{presentations}    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n",
        of(
            "What an organisation forces for Offhook",
            "Was eine Organisation für Offhook vorgibt"
        )
    )
}

/// A file with every key, each of them off.
fn example() -> String {
    let mut out = String::from(
        "# /etc/offhook/policy.toml: take away the # before what is to be forced. Made from the table of settings; what stands\n\
         # here is what is built in.\n",
    );
    let mut folder = String::new();
    for known in forceable().filter(|known| !matches!(known.kind, Kind::Rule(_))) {
        let (here, name) = known.key.rsplit_once('.').unwrap_or(("", &known.key));
        if here != folder {
            let _ = writeln!(out, "\n# [{here}]");
            here.clone_into(&mut folder);
        }
        let value = known.kind.to_toml(known.default);
        let value = value.to_string();
        let _ = match remark(&known.key) {
            Some([more, _]) => writeln!(out, "# {name} = {}  # {more}", value.trim()),
            None => writeln!(out, "# {name} = {}", value.trim()),
        };
    }
    out
}

/// A configuration profile for macOS with every key, each of them off. Managed preferences as Apple documents them
/// (payload `com.apple.ManagedClient.preferences`): what is under `Forced` can't be changed by the person.
fn profile() -> String {
    let mut keys = String::new();
    for known in forceable().filter(|known| !matches!(known.kind, Kind::Rule(_))) {
        let value = known.kind.to_toml(known.default);
        let text = |value: &toml_edit::Value| match value.as_str().map(escaped) {
            Some(text) => format!("<string>{text}</string>"),
            None => "<string></string>".to_owned(),
        };
        let value = match (value.as_bool(), value.as_integer(), value.as_array()) {
            (Some(flag), ..) => format!("<{flag}/>"),
            (_, Some(number), _) => format!("<integer>{number}</integer>"),
            (.., Some(words)) => format!("<array>{}</array>", words.iter().map(text).collect::<String>()),
            (None, None, None) => text(&value),
        };
        // Writing to a string does not fail.
        let _ = writeln!(keys, "                <!-- <key>{}</key>{value} -->", known.key);
    }
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Take the comment away around what is to be forced, and give both payloads UUIDs of your own (uuidgen). Made from the
     table of settings; what stands here is what is built in. -->
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>io.github.offhook.policy</string>
  <key>PayloadUUID</key><string>5B0B4F2E-8C1D-4C53-9E0A-6F2D1A7C3E90</string>
  <key>PayloadDisplayName</key><string>Offhook</string>
  <key>PayloadScope</key><string>System</string>
  <key>PayloadContent</key>
  <array>
    <dict>
      <key>PayloadType</key><string>com.apple.ManagedClient.preferences</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>io.github.offhook.policy.settings</string>
      <key>PayloadUUID</key><string>C7E6D1A4-30B9-4D7F-8A52-1B94E0C6F2D3</string>
      <key>PayloadDisplayName</key><string>Offhook: settings</string>
      <key>PayloadContent</key>
      <dict>
        <key>io.github.offhook</key>
        <dict>
          <key>Forced</key>
          <array>
            <dict>
              <key>mcx_preference_settings</key>
              <dict>
{keys}              </dict>
            </dict>
          </array>
        </dict>
      </dict>
    </dict>
  </array>
</dict>
</plist>
"#
    )
}

/// Each of them by its place.
fn files() -> [(PathBuf, String); 5] {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy"));
    [
        (folder.join("Offhook.admx"), admx()),
        (folder.join("en-US/Offhook.adml"), adml(Language::En)),
        (folder.join("de-DE/Offhook.adml"), adml(Language::De)),
        (folder.join("policy.toml"), example()),
        (folder.join("Offhook.mobileconfig"), profile()),
    ]
}

#[test]
fn the_templates_are_those_of_the_table() {
    for (path, text) in files() {
        if std::env::var_os("WRITE_POLICY").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        // Some systems check files out with ends of lines of their own.
        assert!(
            there.replace("\r\n", "\n") == text,
            "{} is another one: WRITE_POLICY=1 cargo test -p offhook-connect the_templates",
            path.display()
        );
    }
}

/// What a profile forces for Offhook, as macOS hands it to programs: JSON, by `plutil`.
fn forced(profile: &str) -> Vec<u8> {
    let file: plist::Value = plist::from_bytes(profile.as_bytes()).unwrap();
    let dict = |value: &plist::Value, key: &str| value.as_dictionary().unwrap()[key].clone();
    let first = |value: plist::Value| value.as_array().unwrap()[0].clone();
    for key in ["PayloadIdentifier", "PayloadUUID", "PayloadDisplayName"] {
        assert!(dict(&file, key).as_string().is_some(), "{key}");
    }
    assert_eq!(dict(&file, "PayloadType"), "Configuration".into());
    assert_eq!(dict(&file, "PayloadVersion"), 1.into());
    let payload = first(dict(&file, "PayloadContent"));
    assert_eq!(
        dict(&payload, "PayloadType"),
        "com.apple.ManagedClient.preferences".into()
    );
    assert_eq!(dict(&payload, "PayloadVersion"), 1.into());
    assert_ne!(dict(&payload, "PayloadUUID"), dict(&file, "PayloadUUID"));
    let domain = dict(&dict(&payload, "PayloadContent"), "io.github.offhook");
    let settings = dict(&first(dict(&domain, "Forced")), "mcx_preference_settings");
    serde_json::to_vec(&settings).unwrap()
}

#[test]
fn the_profile_for_macos_forces_what_is_taken_out_of_its_comments() {
    let profile = profile();
    assert_eq!(of_json(&forced(&profile)), []);
    let all = profile
        .replace("<!-- <key>", "<key>")
        .replace(" -->\n                <", "\n                <");
    let all = all.replace(" -->\n              </dict>", "\n              </dict>");
    let mut problems = Vec::new();
    let forced = of_raw(of_json(&forced(&all)), &mut problems);
    assert_eq!(problems, []);
    let known = forceable().filter(|known| !matches!(known.kind, Kind::Rule(_)));
    for known in known {
        assert_eq!(forced[known.key.as_ref()], known.default, "{}", known.key);
    }
}

#[test]
fn every_setting_is_in_both_templates_and_every_text_in_both_languages() {
    use quick_xml::events::Event;
    let attributes = |xml: &str, tag: &str, name: &str| -> Vec<String> {
        let mut reader = quick_xml::Reader::from_str(xml);
        let mut found = Vec::new();
        loop {
            let event = reader.read_event().unwrap();
            if event == Event::Eof {
                return found;
            }
            if let Event::Start(element) | Event::Empty(element) = event
                && element.name().as_ref() == tag
            {
                let value = element.try_get_attribute(name).unwrap();
                found.extend(value.map(|value| value.value.into_owned()));
            }
        }
    };
    let admx = admx();
    let mut keys: Vec<String> = ["policy", "decimal", "enum", "text"]
        .iter()
        .flat_map(|tag| attributes(&admx, tag, "valueName"))
        .collect();
    keys.sort();
    let mut known: Vec<String> = forceable().map(|known: &Known| known.key.to_string()).collect();
    known.sort();
    assert_eq!(keys, known);
    for language in [Language::En, Language::De] {
        let adml = adml(language);
        let (strings, shown) = (
            attributes(&adml, "string", "id"),
            attributes(&adml, "presentation", "id"),
        );
        let asked = |start: &str| -> Vec<String> {
            let parts = admx.split(start).skip(1);
            parts
                .map(|part| part.split(')').next().unwrap().to_owned())
                .collect()
        };
        for id in asked("$(string.") {
            assert_eq!(strings.iter().filter(|known| **known == id).count(), 1, "{id}");
        }
        for id in asked("$(presentation.") {
            assert_eq!(shown.iter().filter(|known| **known == id).count(), 1, "{id}");
        }
    }
}
