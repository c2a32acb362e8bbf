//! A pretend company in one process: **Entra**, **Graph** and a **phone system** that speaks Asterisk's AMI, STARFACE's
//! REST and UCI, innovaphone's web sockets, UCServer's WebService, and SIP, for a few people with phones and Teams, and an
//! **Exchange** server with their calendars. It is the demo, and the double that tests run against.
//!
//! It refuses what the real ones refuse, and shares no type, constant or helper with the adapters it stands in for: an
//! error in one can't hide in the other. What it does is taken from the fact sheets `graph.md`, `test-parts.md` and
//! `asterisk.md` with their captures; comments name the section.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use offhook_playground::{Options, Playground, TeamsClient};
//! let company = Playground::start(Options::default()).await?;
//! println!("{}", company.addresses().graph);
//! company.teams_client("alice", TeamsClient::InAMeeting);
//! let call = company.call("1002", "1001");
//! # Ok(()) }
//! ```
//!
//! Layout: `company` people · `clock` time that tests push forward · `faults` what goes wrong on demand · `requests`
//! what was asked · `entra`, `graph`, `pbx`, `innovaphone`, `procall`, `sip`, `starface`, `exchange`, `ics` the parts · `control`, `page` the handle on it
//! over HTTP · `settings`
//! the settings file that uses it.

mod clock;
mod company;
mod control;
mod csta;
mod entra;
mod exchange;
mod faces;
mod faults;
mod graph;
mod ics;
mod innovaphone;
mod pbx;
mod portal;
mod procall;
mod requests;
mod server;
mod settings;
mod sip;
mod starface;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use company::{CLIENT_ID, Person, TENANT_DOMAIN, TENANT_ID};
pub use csta::{Csta, CstaHabits};
pub use exchange::{
    EXCHANGE_DOMAIN, Exchange, ExchangeAccount, ExchangeCalendars, ExchangeItem, ExchangeLog, ExchangeSetup,
    ExchangeTls, exchange_answer, exchange_fault,
};
pub use faults::{Fault, Faults, Injection, Place};
pub use graph::calendar::CalendarEvent;
pub use graph::presence::{Pick, Session, TeamsClient};
pub use innovaphone::{INNOVAPHONE_APP, Innovaphone, InnovaphoneHabits, InnovaphonePresence};
pub use pbx::{Account, CallState, CallView, Class, Placed};
pub use portal::{Portal, PortalHabits};
pub use procall::{Procall, ProcallHabits, ProcallWrite};
pub use requests::{Request, Service};
pub use settings::{Calendar, Phone, ports_in_settings, write_settings};
pub use sip::{Sip, SipHabits};
pub use starface::{
    Starface, StarfaceCallback, StarfaceChat, StarfaceHabits, StarfaceLogin, StarfaceOauth, StarfaceOddity,
    StarfaceWrite,
};

use clock::Clock;
use company::{Dice, Shared};
use graph::presence::Presence;
use pbx::Pbx;
use requests::Requests;

/// How a company is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// For the order of events and the life of tokens.
    pub seed: u64,
    /// Of this machine: 127.0.0.1 or ::1. Nothing listens elsewhere.
    pub address: IpAddr,
    /// 0: chosen by the system.
    pub ports: Ports,
    pub people: Vec<Person>,
    /// The registered application.
    pub client_id: String,
    /// Registered redirect addresses; of a `http://localhost` one the port is free.
    pub redirect_uris: Vec<String>,
    /// The registration is for one tenant: `common` and `organizations` are refused (50194).
    pub single_tenant: bool,
    /// "Allow public client flows": without it no device code (7000218).
    pub public_client_flows: bool,
    /// Life of access tokens; `None`: 60 to 90 minutes by chance, as Entra does.
    pub access_token_life: Option<Duration>,
    /// How often a client may poll with a device code.
    pub device_interval: Duration,
    /// Accounts for AMI.
    pub accounts: Vec<Account>,
    /// How long a feature code talks before it hangs up.
    pub code_talks: Duration,
}

/// User of the desk account that `Options::default` makes.
pub const DESK_USER: &str = "offhook";
/// User of the account with all rights that `Options::default` makes.
pub const ADMIN_USER: &str = "admin";

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            address: Ipv4Addr::LOCALHOST.into(),
            ports: Ports::default(),
            people: company::people(),
            client_id: CLIENT_ID.into(),
            redirect_uris: vec!["http://localhost".into()],
            single_tenant: false,
            public_client_flows: true,
            access_token_life: None,
            device_interval: Duration::from_secs(5),
            accounts: vec![
                Account::desk(DESK_USER, "playground-desk"),
                Account::full(ADMIN_USER, "playground-admin"),
                Account::desk("desk1001", "playground-desk1001").filtered("1001"),
            ],
            code_talks: Duration::from_millis(500),
        }
    }
}

/// Ports at [`Options::address`]; 0 is chosen by the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    pub entra: u16,
    pub graph: u16,
    pub ami: u16,
    pub innovaphone: u16,
    pub starface: u16,
    pub starface_chat: u16,
    pub procall: u16,
    pub sip: u16,
    pub csta: u16,
    pub portal: u16,
    pub exchange: u16,
    pub control: u16,
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Base of Entra, without the tenant.
    pub entra: String,
    /// Base of Graph, with `/v1.0`.
    pub graph: String,
    /// The page and the control API.
    pub control: String,
    pub ami: SocketAddr,
    /// Web sockets over plain HTTP.
    pub innovaphone: SocketAddr,
    /// REST and UCI over plain HTTP.
    pub starface: SocketAddr,
    /// Its chat: XMPP over plain TCP.
    pub starface_chat: SocketAddr,
    /// UCServer's WebService over plain HTTP.
    pub procall: SocketAddr,
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// CSTA in XML over TCP.
    pub csta: SocketAddr,
    /// FreePBX's user portal and a gateway over plain HTTP.
    pub portal: SocketAddr,
    /// Exchange's web services over plain HTTP.
    pub exchange: String,
}

/// Everything that the parts share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) people: Vec<Person>,
    pub(crate) addresses: Addresses,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) dice: Shared<Dice>,
    pub(crate) signer: entra::Signer,
    pub(crate) entra: Shared<entra::store::Store>,
    /// By person.
    pub(crate) presences: Shared<BTreeMap<String, Presence>>,
    /// By person.
    pub(crate) calendars: Shared<BTreeMap<String, Vec<CalendarEvent>>>,
    pub(crate) pbx: Arc<Pbx>,
    pub(crate) innovaphone: Arc<Innovaphone>,
    pub(crate) starface: Arc<Starface>,
    pub(crate) procall: Arc<Procall>,
    pub(crate) sip: Arc<Sip>,
    pub(crate) csta: Arc<Csta>,
    pub(crate) portal: Arc<Portal>,
    /// The faces of the phone system.
    ami: Shared<Option<JoinHandle<()>>>,
    innovaphone_server: Shared<Option<JoinHandle<()>>>,
    starface_server: Shared<Option<JoinHandle<()>>>,
    starface_chat_server: Shared<Option<JoinHandle<()>>>,
    /// The ports of a phone system that is down.
    reserved: Shared<Vec<socket2::Socket>>,
    procall_server: Shared<Option<JoinHandle<()>>>,
    sip_server: Shared<Option<JoinHandle<()>>>,
    csta_server: Shared<Option<JoinHandle<()>>>,
    portal_server: Shared<Option<JoinHandle<()>>>,
}

impl World {
    pub(crate) fn person(&self, key: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.key == key)
    }

    fn with_presence(&self, person: &str, change: impl FnOnce(&mut Presence, clock::Moment)) -> bool {
        let now = self.clock.now();
        match self.presences.lock().get_mut(person) {
            Some(presence) => {
                change(presence, now);
                true
            }
            None => false,
        }
    }
}

/// Why a company could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no port on this machine: {0}")]
    Port(#[from] std::io::Error),
    #[error("the signing key is refused: {0}")]
    Key(String),
}

/// A running company. Ends when dropped.
#[derive(Debug)]
pub struct Playground {
    world: Arc<World>,
    servers: Vec<JoinHandle<()>>,
    exchange: Exchange,
}

impl Playground {
    /// Starts on the caller's runtime.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let bind = |port| TcpListener::bind((options.address, port));
        let (entra, graph) = (bind(options.ports.entra).await?, bind(options.ports.graph).await?);
        let (ami, control) = (bind(options.ports.ami).await?, bind(options.ports.control).await?);
        let starface_port = bind(options.ports.starface).await?;
        let starface_chat_port = bind(options.ports.starface_chat).await?;
        let innovaphone_port = bind(options.ports.innovaphone).await?;
        let procall_port = bind(options.ports.procall).await?;
        let sip_ports = sip::bind(options.address, options.ports.sip).await?;
        let csta_port = bind(options.ports.csta).await?;
        let portal_port = bind(options.ports.portal).await?;
        let exchange_port = bind(options.ports.exchange).await?;
        let addresses = Addresses {
            entra: format!("http://{}", entra.local_addr()?),
            graph: format!("http://{}/v1.0", graph.local_addr()?),
            control: format!("http://{}", control.local_addr()?),
            ami: ami.local_addr()?,
            innovaphone: innovaphone_port.local_addr()?,
            starface: starface_port.local_addr()?,
            starface_chat: starface_chat_port.local_addr()?,
            procall: procall_port.local_addr()?,
            sip: sip_ports.address()?,
            csta: csta_port.local_addr()?,
            portal: portal_port.local_addr()?,
            exchange: format!("http://{}/EWS/Exchange.asmx", exchange_port.local_addr()?),
        };
        let (clock, faults) = (Arc::new(Clock::start()), Arc::new(Faults::default()));
        let requests = Arc::new(Requests::default());
        let people = options.people.clone();
        let extensions = people
            .iter()
            .map(|person| (person.extension.clone(), person.name.clone()))
            .collect();
        let pbx = Pbx::new(
            extensions,
            options.accounts.clone(),
            options.code_talks,
            Dice::new(options.seed),
            (Arc::clone(&clock), Arc::clone(&requests), Arc::clone(&faults)),
        );
        let starface = Arc::new(Starface::new(
            &people,
            Arc::clone(&pbx),
            Arc::clone(&clock),
            Arc::clone(&faults),
        ));
        let innovaphone = Arc::new(Innovaphone::new(
            &people,
            Arc::clone(&pbx),
            Arc::clone(&clock),
            Arc::clone(&faults),
            Arc::clone(&requests),
        ));
        let procall = Arc::new(Procall::new(
            &people,
            Arc::clone(&pbx),
            (Arc::clone(&clock), Arc::clone(&requests), Arc::clone(&faults)),
        ));
        let csta = Arc::new(Csta::new(
            &people,
            Arc::clone(&pbx),
            (Arc::clone(&clock), Arc::clone(&requests), Arc::clone(&faults)),
        ));
        let portal = Arc::new(Portal::new(
            &people,
            Arc::clone(&pbx),
            Arc::clone(&clock),
            Arc::clone(&faults),
        ));
        let sip = Arc::new(Sip::new(
            &people,
            Arc::clone(&pbx),
            (Arc::clone(&clock), Arc::clone(&requests), Arc::clone(&faults)),
        ));
        let presences = people
            .iter()
            .map(|person| (person.key.clone(), Presence::new()))
            .collect();
        let world = Arc::new(World {
            dice: Shared::new(Dice::new(options.seed.wrapping_add(1))),
            signer: entra::Signer::new().map_err(|error| StartError::Key(error.to_string()))?,
            entra: Shared::new(entra::store::Store::default()),
            presences: Shared::new(presences),
            calendars: Shared::default(),
            ami: Shared::new(Some(tokio::spawn(pbx::serve(Arc::clone(&pbx), ami)))),
            innovaphone,
            innovaphone_server: Shared::new(None),
            starface,
            starface_server: Shared::new(None),
            starface_chat_server: Shared::new(None),
            reserved: Shared::new(Vec::new()),
            procall,
            procall_server: Shared::new(None),
            sip,
            sip_server: Shared::new(None),
            csta,
            csta_server: Shared::new(None),
            portal,
            portal_server: Shared::new(None),
            options,
            people,
            addresses,
            clock,
            faults,
            requests,
            pbx,
        });
        starface::keep_telling(&world.starface);
        faces::serve_starface(&world, starface_port);
        faces::serve_starface_chat(&world, starface_chat_port);
        faces::serve_innovaphone(&world, innovaphone_port);
        faces::serve_procall(&world, procall_port);
        faces::serve_sip(&world, sip_ports);
        faces::serve_csta(&world, csta_port);
        faces::serve_portal(&world, portal_port);
        let exchange = Exchange::start(exchange_port, ExchangeSetup::of_company(&world), None)?;
        let recorder = |service| {
            let (requests, clock) = (Arc::clone(&world.requests), Arc::clone(&world.clock));
            Some(server::Recorder {
                requests,
                clock,
                service,
            })
        };
        let servers = vec![
            tokio::spawn(server::serve(
                entra,
                entra::router(Arc::clone(&world)),
                recorder(Service::Entra),
            )),
            tokio::spawn(server::serve(
                graph,
                graph::router(Arc::clone(&world)),
                recorder(Service::Graph),
            )),
            tokio::spawn(server::serve(control, control::router(Arc::clone(&world)), None)),
            tokio::spawn(procall::live(Arc::clone(&world.procall))),
        ];
        Ok(Self {
            world,
            servers,
            exchange,
        })
    }

    pub fn addresses(&self) -> &Addresses {
        &self.world.addresses
    }

    pub fn people(&self) -> &[Person] {
        &self.world.people
    }

    pub fn options(&self) -> &Options {
        &self.world.options
    }

    /// What happened at Exchange.
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// User and password that the person signs in to Exchange with.
    pub fn exchange_login(&self, person: &str) -> (String, String) {
        (format!("{EXCHANGE_DOMAIN}\\{person}"), exchange::password(person))
    }

    /// What goes wrong on demand.
    pub fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// Switches a fault on until it is taken away.
    pub fn inject(&self, fault: Fault) {
        self.world.faults.inject(Injection::new(fault));
    }

    /// Switches a fault on for this many times.
    pub fn inject_times(&self, fault: Fault, times: u32) {
        self.world.faults.inject(Injection::new(fault).times(times));
    }

    /// Everything asked so far, oldest first, with the events of the phone system.
    pub fn requests(&self) -> Vec<Request> {
        self.world.requests.since(0)
    }

    pub fn requests_since(&self, number: u64) -> Vec<Request> {
        self.world.requests.since(number)
    }

    /// Number of the last request: hand it to [`Self::requests_since`] or [`Self::wait_for`] later.
    pub fn mark(&self) -> u64 {
        self.world.requests.last()
    }

    /// Waits for a request after a mark; `None` when the limit passes first. Sees a request when it arrives
    /// (`status` is `None`) and again when it is answered.
    pub async fn wait_for(
        &self,
        mark: u64,
        limit: Duration,
        wanted: impl Fn(&Request) -> bool,
    ) -> Option<Request> {
        self.world.requests.wait(mark, limit, wanted).await
    }

    /// Real microseconds since start: the time base of [`Request::at_us`].
    pub fn micros(&self) -> u64 {
        self.world.clock.micros()
    }

    /// Pushes the company's time forward: tokens, sessions, codes and notes expire accordingly.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// What the person's Teams client reports as its session; whether the person works here. The same goes for the
    /// other methods that take a person by key.
    pub fn teams_client(&self, person: &str, client: TeamsClient) -> bool {
        self.world
            .with_presence(person, |presence, now| presence.set_client(client, now))
    }

    /// The person picks a status by hand in Teams, or resets it.
    pub fn pick(&self, person: &str, pick: Option<Pick>) -> bool {
        self.world
            .with_presence(person, |presence, now| presence.pick(pick, now))
    }

    /// Automatic replies with this text, or none.
    pub fn out_of_office(&self, person: &str, message: Option<&str>) -> bool {
        self.world.with_presence(person, |presence, _| {
            presence.out_of_office = message.map(str::to_owned);
            presence.changed();
        })
    }

    /// Shows these words in place of the real sum, as when Microsoft brings a new one; `None` ends it.
    pub fn show_words(&self, person: &str, words: Option<(&str, &str)>) -> bool {
        self.world.with_presence(person, |presence, _| {
            presence.shown =
                words.map(|(availability, activity)| (availability.to_owned(), activity.to_owned()));
            presence.changed();
        })
    }

    /// Availability and activity that a read would show now.
    pub fn presence(&self, person: &str) -> Option<(String, String)> {
        let now = self.world.clock.now();
        self.world
            .presences
            .lock()
            .get(person)
            .map(|presence| presence.sum(now))
    }

    /// Living sessions that applications have set for the person.
    pub fn sessions(&self, person: &str) -> Vec<Session> {
        let now = self.world.clock.now();
        self.world
            .presences
            .lock()
            .get(person)
            .map(|presence| presence.sessions(now))
            .unwrap_or_default()
    }

    /// The preferred presence in force.
    pub fn preferred(&self, person: &str) -> Option<(String, String)> {
        let presences = self.world.presences.lock();
        let set = presences.get(person)?.preferred.clone()?;
        (set.until.is_none_or(|until| self.world.clock.now() < until))
            .then_some((set.availability, set.activity))
    }

    /// The person's calendar from now on: every occurrence by itself. Whether the person works here and every entry
    /// is possible.
    pub fn set_calendar(&self, person: &str, events: Vec<CalendarEvent>) -> bool {
        set_calendar(&self.world, person, events).is_ok()
    }

    /// The status note in force.
    pub fn note(&self, person: &str) -> Option<String> {
        let wall = self.world.clock.wall();
        let presences = self.world.presences.lock();
        presences.get(person)?.note_at(wall).map(|(content, _)| content)
    }

    /// Authorize requests are answered at once as this person, without a page, until set to `None`. One that names
    /// `playground_user=KEY` itself needs no such setting (`playground_answer=cancel` cancels).
    pub fn sign_in_as(&self, person: Option<&str>) {
        self.world.entra.lock().unattended = person.map(str::to_owned);
    }

    /// The person types a device code and signs in; whether the code was waiting.
    pub fn approve_device(&self, user_code: &str, person: &str) -> bool {
        entra_device(&self.world, user_code, Some(person))
    }

    /// The person types a device code and declines.
    pub fn decline_device(&self, user_code: &str) -> bool {
        entra_device(&self.world, user_code, None)
    }

    /// Ends all grants of the person (50173 at the next refresh); with `access_too`, tokens in use as well.
    pub fn revoke(&self, person: &str, access_too: bool) {
        self.world.entra.lock().revoke(person, access_too);
    }

    /// The administrator consents to scopes for everybody, for example `Calendars.Read`.
    pub fn admin_consent(&self, scopes: &[&str]) {
        self.world
            .entra
            .lock()
            .admin_consents
            .extend(scopes.iter().map(|scope| (*scope).to_owned()));
    }

    /// Tokens without a sign-in: an access token for these scopes, for tests that are not about signing in.
    pub fn access_token(&self, person: &str, scopes: &[&str]) -> String {
        let token = company::random_text::<48>();
        let access = entra::store::Access {
            person: person.to_owned(),
            client_id: self.world.options.client_id.clone(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            expires: self.world.clock.now() + Duration::from_secs(3600),
            revoked: false,
        };
        self.world.entra.lock().access.insert(token.clone(), access);
        token
    }

    /// `from`, an extension or an outside number, dials `to`: an extension, a feature code, 600 (echo) or an outside
    /// number.
    pub fn call(&self, from: &str, to: &str) -> Placed {
        self.world.pbx.place(from, to)
    }

    /// The ringing phone of a call is picked up; whether it rang. Likewise below.
    pub fn answer(&self, call: u64) -> bool {
        self.world.pbx.answer(call)
    }

    pub fn hold(&self, call: u64, extension: &str) -> bool {
        self.world.pbx.hold(call, extension, true)
    }

    pub fn resume(&self, call: u64, extension: &str) -> bool {
        self.world.pbx.hold(call, extension, false)
    }

    /// The extension hangs up; a ringing phone refuses so. `None`: the caller.
    pub fn hang_up(&self, call: u64, by: Option<&str>) -> bool {
        self.world.pbx.hang_up(call, by)
    }

    pub fn calls(&self) -> Vec<CallView> {
        self.world.pbx.calls()
    }

    /// The person dials `*78` or `*79` on the phone.
    pub fn press_dnd(&self, extension: &str, on: bool) -> Placed {
        self.world.pbx.place(extension, if on { "*78" } else { "*79" })
    }

    /// Whether calls to the extension are refused for do not disturb.
    pub fn dnd(&self, extension: &str) -> bool {
        self.db("DND", extension).is_some_and(|value| !value.is_empty())
    }

    /// An entry of the phone system's database.
    pub fn db(&self, family: &str, key: &str) -> Option<String> {
        self.world.pbx.db(family, key)
    }

    /// Writes the database behind everybody's back: no event, no lamp.
    pub fn set_db(&self, family: &str, key: &str, value: Option<&str>) {
        self.world.pbx.set_db(family, key, value);
    }

    /// State of `PJSIP/1001` or `Custom:DND1001`.
    pub fn device_state(&self, device: &str) -> String {
        self.world.pbx.device_state(device)
    }

    /// State, subtype and message of `CustomPresence:EXTENSION`.
    pub fn phone_presence(&self, extension: &str) -> Option<(String, String, String)> {
        self.world.pbx.presence(extension)
    }

    /// The phone registers, or goes away.
    pub fn set_registered(&self, extension: &str, on: bool) {
        self.world.pbx.set_registered(extension, on);
    }

    /// `device_state_busy_at` for all phones; 0 unsets it.
    pub fn set_busy_at(&self, channels: usize) {
        self.world.pbx.set_busy_at(channels);
    }

    /// The word of `Custom:DND…` when do not disturb is off: `UNAVAILABLE` (FreePBX, the start) or `NOT_INUSE`.
    pub fn set_dnd_off_word(&self, word: &str) {
        self.world.pbx.set_dnd_off_word(word);
    }

    /// The phone system's face as a STARFACE.
    pub fn starface(&self) -> &Starface {
        &self.world.starface
    }

    /// The phone system's face as an innovaphone.
    pub fn innovaphone(&self) -> &Innovaphone {
        &self.world.innovaphone
    }

    /// The phone system's face as a UCServer.
    pub fn procall(&self) -> &Procall {
        &self.world.procall
    }

    /// The phone system's face as a CSTA link.
    pub fn csta(&self) -> &Csta {
        &self.world.csta
    }

    /// The phone system's faces on the web: FreePBX's user portal, and a gateway.
    pub fn portal(&self) -> &Portal {
        &self.world.portal
    }

    /// The phone system's face as a SIP server.
    pub fn sip(&self) -> &Sip {
        &self.world.sip
    }

    /// The SIP name of the person with this extension; empty for nobody's.
    pub fn sip_of(&self, extension: &str) -> &str {
        let mut people = self.world.people.iter();
        let person = people.find(|person| person.extension == extension);
        person.map_or("", |person| person.key.as_str())
    }

    /// Logged-in AMI connections.
    pub fn ami_connections(&self) -> usize {
        self.world.pbx.connections()
    }

    /// The phone system goes down: connections end, new ones are refused, calls are gone; its database stays.
    pub async fn stop_phone_system(&self) {
        faces::stop(&self.world).await;
    }

    /// The phone system comes up again on its port.
    ///
    /// # Errors
    /// When somebody else took the port meanwhile.
    pub async fn start_phone_system(&self) -> std::io::Result<()> {
        faces::start(&self.world).await
    }

    /// Ends everything and waits until it has ended.
    pub async fn shutdown(mut self) {
        faces::stop(&self.world).await;
        for server in self.servers.drain(..) {
            server.abort();
            // Cancelled is what it is to be.
            let _ = server.await;
        }
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        for server in &self.servers {
            server.abort();
        }
        self.world.innovaphone.stopped();
        self.world.procall.forget_sessions();
        for (face, _) in self.world.faces() {
            if let Some(server) = face.lock().take() {
                server.abort();
            }
        }
    }
}

pub(crate) fn set_calendar(
    world: &World,
    person: &str,
    events: Vec<CalendarEvent>,
) -> Result<(), &'static str> {
    let person = world.person(person).ok_or("nobody of that name")?;
    if let Some(flaw) = events.iter().find_map(CalendarEvent::flaw) {
        return Err(flaw);
    }
    world.calendars.lock().insert(person.key.clone(), events);
    Ok(())
}

fn entra_device(world: &World, user_code: &str, person: Option<&str>) -> bool {
    entra::answer_device(world, user_code, person.map(str::to_owned))
}
