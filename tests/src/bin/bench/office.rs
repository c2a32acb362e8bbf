//! A pretend company in this process, with Graph behind TLS, and an Offhook that is signed in to it.

use std::net::SocketAddr;
use std::time::Duration;

use offhook_playground::{DESK_USER, Options, Playground, Request, Service, TENANT_DOMAIN};
use offhook_tests::desk::Desk;
use offhook_tests::front::Front;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::socket::Socket;
use serde_json::json;
use url::Url;

/// How long anything may take that is not measured.
pub const LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Office {
    pub company: Playground,
    pub front: Front,
}

impl Office {
    pub fn open() -> Self {
        let company = block_on(Playground::start(Options::default())).expect("the pretend company");
        let graph: Url = company.addresses().graph.parse().expect("an address");
        let port = graph.port().expect("a port");
        let front = Front::before(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { company, front }
    }

    /// A signed-in Offhook of that person; it doesn't run. `more` is added to its settings.
    pub fn offhook<'desk>(&self, desk: &'desk Desk, person: &str, more: &str) -> Product<'desk> {
        let mut product = Product::new(desk);
        product.write_settings(&self.settings(person, more));
        self.start(&mut product, &["--no-tray"]);
        let account = self
            .company
            .options()
            .accounts
            .iter()
            .find(|account| account.user == DESK_USER);
        let password = account.expect("the account of a desk").secret.as_str();
        let stored = product.run_with_input("offhookctl", &["secret", "set", "phone"], password);
        assert_eq!(stored.code, 0, "{}", stored.stderr);
        let mut socket = Socket::connect(product.data_dir());
        let begun = socket
            .ask(json!({"sign_in": {"device_code": true}}))
            .expect("a sign-in");
        let code = begun["sign_in"]["device_code"]["user_code"].as_str();
        let code = code.unwrap_or_else(|| panic!("{begun}"));
        assert!(
            self.company.approve_device(code, person),
            "{code} was not waiting"
        );
        wait_healthy(&product);
        product.term();
        product
    }

    /// Starts it and waits until it answers.
    pub fn start(&self, product: &mut Product<'_>, arguments: &[&str]) {
        let authorities = self.front.authorities();
        let environment = [("SSL_CERT_FILE", authorities.to_str().expect("a path"))];
        product.start(arguments, &environment);
    }

    /// Starts it and waits for nothing.
    pub fn launch(&self, product: &mut Product<'_>, arguments: &[&str]) {
        let authorities = self.front.authorities();
        let environment = [("SSL_CERT_FILE", authorities.to_str().expect("a path"))];
        product.launch(arguments, &environment);
    }

    /// Two others phone for a moment. Until it has seen an event of a call, Offhook takes its account for one that is
    /// perhaps sent none, and lists calls every 30 s.
    pub fn others_phone(&self) {
        self.company.call("1002", "1003");
        for call in self.company.calls() {
            self.company.hang_up(call.id, None);
        }
    }

    /// Waits for a request after `mark`.
    ///
    /// # Panics
    /// When none comes.
    pub fn wait(&self, mark: u64, limit: Duration, what: &str, wanted: impl Fn(&Request) -> bool) -> Request {
        let found = block_on(self.company.wait_for(mark, limit, wanted));
        found.unwrap_or_else(|| panic!("waited {limit:?} in vain for {what}"))
    }

    fn settings(&self, person: &str, more: &str) -> String {
        let (addresses, people) = (self.company.addresses(), self.company.people());
        let person = people
            .iter()
            .find(|one| one.key == person)
            .expect("somebody who works here");
        format!(
            "version = 1\n[person]\nlanguage = \"en\"\n\
             [microsoft]\ncloud = \"custom\"\ntenant = \"{TENANT_DOMAIN}\"\nclient_id = \"{}\"\n\
             login_url = \"{}\"\ngraph_url = \"{}/v1.0\"\n\
             [phone]\nkind = \"asterisk\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\n\
             user = \"{DESK_USER}\"\nextension = \"{}\"\n\
             [store]\nsecrets = \"file\"\n{more}",
            self.company.options().client_id,
            addresses.entra,
            self.front.url(),
            addresses.ami.port(),
            person.extension,
        )
    }
}

/// Waits until Graph and the phone system answer.
pub fn wait_healthy(product: &Product<'_>) {
    product.wait_status(LIMIT, "Graph and the phone system", |status| {
        status["health"]["microsoft"]["ok"] == true && status["health"]["phone"]["ok"] == true
    });
}

/// A request to Graph whose path ends so.
pub fn is_graph(request: &Request, end: &str) -> bool {
    request.service == Service::Graph && request.path_only().ends_with(end)
}
