//! The settings file that makes Offhook use the pretend company (DESIGN section 5).

use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use crate::{DESK_USER, Playground, Ports, TENANT_DOMAIN};

/// As what the pretend company's phone system is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phone {
    #[default]
    Asterisk,
    Innovaphone,
    Starface,
    Procall,
    Sip,
    /// Own commands: web requests to the company's gateway.
    Command,
    Csta,
    Freepbx,
}

impl Phone {
    pub const ALL: [Self; 8] = [
        Self::Asterisk,
        Self::Innovaphone,
        Self::Procall,
        Self::Sip,
        Self::Starface,
        Self::Command,
        Self::Csta,
        Self::Freepbx,
    ];

    /// The kind, as settings and the command line name it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Asterisk => "asterisk",
            Self::Innovaphone => "innovaphone",
            Self::Starface => "starface",
            Self::Procall => "procall",
            Self::Sip => "sip",
            Self::Command => "command",
            Self::Csta => "csta",
            Self::Freepbx => "freepbx",
        }
    }

    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phone| phone.kind() == kind)
    }
}

/// Where the person's calendar is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calendar {
    /// At Microsoft, and switched on by whoever wants it.
    #[default]
    Graph,
    /// On the company's own Exchange, and switched on.
    Ews,
    /// At an address of its own, and switched on.
    Ics,
}

impl Calendar {
    pub const ALL: [Self; 3] = [Self::Graph, Self::Ews, Self::Ics];

    /// As settings and the command line name it.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::Ews => "ews",
            Self::Ics => "ics",
        }
    }

    pub fn parse(source: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|calendar| calendar.source() == source)
    }
}

/// Writes `settings.toml` for the person with this extension into a folder, which is made if need be. A file that is
/// there already is left alone. `Some(path)` when it was written.
///
/// # Errors
/// When the folder or the file can't be written.
pub fn write_settings(
    playground: &Playground,
    dir: &Path,
    extension: &str,
    phone: Phone,
    calendar: Calendar,
) -> std::io::Result<Option<PathBuf>> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("settings.toml");
    let mut file = match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(None),
        Err(error) => return Err(error),
    };
    file.write_all(settings(playground, extension, phone, calendar).as_bytes())?;
    file.sync_all()?;
    Ok(Some(path))
}

/// The ports that settings written by an earlier run name, so that a later run serves them again. `None` when there is
/// no such file or it does not lead to this computer.
pub fn ports_in_settings(dir: &Path) -> Option<Ports> {
    let document: DocumentMut = std::fs::read_to_string(dir.join("settings.toml"))
        .ok()?
        .parse()
        .ok()?;
    let text = |section: &str, key: &str| document.get(section)?.get(key)?.as_str();
    let port = |key: &str| {
        let url = url::Url::parse(text("microsoft", key)?).ok()?;
        (url.host_str() == Some("127.0.0.1"))
            .then(|| url.port())
            .flatten()
    };
    let port_of_phone = u16::try_from(document.get("phone")?.get("port")?.as_integer()?).ok()?;
    let calendar = |key: &str| url::Url::parse(text("calendar", key)?).ok()?.port();
    let kind = Phone::parse(text("phone", "kind")?)?;
    let of = |phone: Phone| if kind == phone { port_of_phone } else { 0 };
    if text("phone", "host") != Some("127.0.0.1") {
        return None;
    }
    Some(Ports {
        entra: port("login_url")?,
        graph: port("graph_url")?,
        ami: of(Phone::Asterisk),
        innovaphone: of(Phone::Innovaphone),
        procall: of(Phone::Procall),
        sip: of(Phone::Sip),
        csta: of(Phone::Csta),
        portal: of(Phone::Command).max(of(Phone::Freepbx)),
        starface: of(Phone::Starface),
        starface_chat: document["phone"]
            .get("chat_port")
            .and_then(Item::as_integer)
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or_default(),
        exchange: calendar("address").unwrap_or_default(),
        control: calendar("ics").unwrap_or_default(),
    })
}

fn settings(playground: &Playground, extension: &str, phone: Phone, calendar: Calendar) -> String {
    let addresses = playground.addresses();
    let mut document = DocumentMut::new();
    document["version"] = value(1);
    let mut section = |name: &str, entries: Vec<(&str, Item)>| {
        let mut table = Table::new();
        for (key, item) in entries {
            table[key] = item;
        }
        document[name] = Item::Table(table);
    };
    section(
        "microsoft",
        vec![
            ("cloud", value("custom")),
            ("tenant", value(TENANT_DOMAIN)),
            ("client_id", value(playground.options().client_id.as_str())),
            ("login_url", value(addresses.entra.as_str())),
            ("graph_url", value(addresses.graph.as_str())),
        ],
    );
    let (address, user) = match phone {
        Phone::Asterisk => (addresses.ami, DESK_USER),
        Phone::Innovaphone => (addresses.innovaphone, playground.sip_of(extension)),
        Phone::Starface => (addresses.starface, extension),
        Phone::Procall => (addresses.procall, playground.sip_of(extension)),
        Phone::Sip => (addresses.sip, extension),
        Phone::Csta => (addresses.csta, playground.csta().user()),
        Phone::Command | Phone::Freepbx => (addresses.portal, playground.sip_of(extension)),
    };
    section(
        "phone",
        vec![
            ("kind", value(phone.kind())),
            ("host", value(address.ip().to_string())),
            ("port", value(i64::from(address.port()))),
            ("tls", value("off")),
            ("user", value(user)),
            ("extension", value(extension)),
        ],
    );
    let mut people = playground.people().iter();
    let key = people
        .find(|person| person.extension == extension)
        .map_or("", |person| &person.key);
    let switched_on = [("enabled", value(true)), ("source", value(calendar.source()))];
    let place = match calendar {
        Calendar::Graph => Vec::new(),
        Calendar::Ews => {
            let (user, _password) = playground.exchange_login(key);
            vec![
                ("address", value(addresses.exchange.as_str())),
                ("user", value(user)),
            ]
        }
        Calendar::Ics => {
            let address = format!("{}/calendars/{key}/work.ics", addresses.control);
            vec![("ics", value(address))]
        }
    };
    if !place.is_empty() {
        section("calendar", switched_on.into_iter().chain(place).collect());
    }
    section("store", vec![("secrets", value("file"))]);
    if phone == Phone::Starface {
        document["phone"]["chat_port"] = value(i64::from(addresses.starface_chat.port()));
    }
    if phone == Phone::Command {
        let base = format!("http://{address}/gateway/{extension}");
        document["phone"]["commands"] = Item::Table(commands(&base));
    }
    document.to_string()
}

/// Requests to the gateway, with the person's password as their secret.
fn commands(base: &str) -> Table {
    let mut table = Table::new();
    let mut command = |name: &str, method: &str, field: &str, more: &[&str]| {
        let address = format!("{base}/{field}");
        let words = [method, &address, "Authorization: Bearer {secret}"];
        table[name] = value(toml_edit::Array::from_iter(words.iter().chain(more).copied()));
    };
    command("dnd_on", "PUT", "dnd", &["--body", "on"]);
    command("dnd_off", "PUT", "dnd", &["--body", "off"]);
    command("dnd_read", "GET", "dnd", &[]);
    let json = [
        "Content-Type: application/json",
        "--body",
        "{\"to\":\"{target}\"}",
    ];
    command("forward_on", "PUT", "forward", &json);
    command("forward_off", "DELETE", "forward", &[]);
    command("forward_read", "GET", "forward", &[]);
    table
}
