//! `offhook-window` driven by WebKit's own WebDriver, which starts it by itself; and Chromium driven by its own.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::desk::Desk;
use crate::http;
use crate::places;
use crate::process::{self, Running};
use crate::product;
use crate::wait::{try_wait_for, wait_for};

const LIMIT: Duration = Duration::from_secs(20);
/// The name that the standard gives to a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window under a driver. Dropped: the driver and the window are killed.
#[derive(Debug)]
pub struct Window {
    _driver: Running,
    /// Removed after the driver and what it drove have ended.
    _profile: Option<TempDir>,
    session: String,
}

impl Window {
    /// Opens `offhook-window` on a page, as a client of the program that runs with that data directory.
    ///
    /// # Panics
    /// When no window comes.
    #[track_caller]
    pub fn open(desk: &Desk, data_dir: &Path, page: &str) -> Self {
        let data_dir = data_dir.display().to_string();
        Self::start(
            desk,
            &product::binary("offhook-window"),
            &["--data-dir", &data_dir, page],
        )
    }

    /// The same for any program with a WebKitGTK view.
    ///
    /// # Panics
    /// When no window comes.
    #[track_caller]
    pub fn start(desk: &Desk, program: &Path, arguments: &[&str]) -> Self {
        let port = places::free_port();
        let mut command = desk.command(places::system_program("WebKitWebDriver"));
        command.args([&format!("--port={port}"), "--host=127.0.0.1"]);
        // Without it the program doesn't let itself be driven, and the request for a session hangs.
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Running::start("WebKitWebDriver", command);
        let address = format!("http://127.0.0.1:{port}");
        wait_for(LIMIT, "WebKitWebDriver", || {
            http::try_send(http::get(&format!("{address}/status")))
                .ok()
                .filter(|answer| answer.status == 200)
        });
        let options = json!({"binary": program, "args": arguments});
        Self::session(driver, &address, &json!({"webkitgtk:browserOptions": options}))
    }

    /// A Chromium of its own, without a screen: what any page of the web may do to programs of this machine. Each name
    /// is pointed at an address of this machine, as its owner could do.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn chromium(names: &[(&str, &str)]) -> Self {
        let profile = places::folder("chromium");
        let port = places::free_port();
        let mut command = process::program(places::system_program("chromedriver"));
        command.arg(format!("--port={port}"));
        let driver = Running::start("chromedriver", command);
        let address = format!("http://127.0.0.1:{port}");
        wait_for(LIMIT, "chromedriver", || {
            http::try_send(http::get(&format!("{address}/status")))
                .ok()
                .filter(|answer| answer.json["value"]["ready"] == true)
        });
        let names: Vec<String> = names
            .iter()
            .map(|(name, address)| format!("MAP {name} {address}"))
            .collect();
        let arguments = [
            "--headless=new".to_owned(),
            // The tests may run as root, where its own sandbox does not.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-proxy-server".to_owned(),
            format!("--host-resolver-rules={}", names.join(",")),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let binary = places::system_program("chromium");
        let wanted = json!({
            "goog:chromeOptions": {"binary": binary, "args": arguments},
            "timeouts": {"script": 60_000},
        });
        let mut window = Self::session(driver, &address, &wanted);
        window._profile = Some(profile);
        window
    }

    #[track_caller]
    fn session(driver: Running, address: &str, wanted: &Value) -> Self {
        let wanted = json!({"capabilities": {"alwaysMatch": wanted}});
        let answer = http::send(http::post(&format!("{address}/session")).json(&wanted));
        let id = answer.json["value"]["sessionId"].as_str().map(str::to_owned);
        let id = id.unwrap_or_else(|| panic!("no session: {} {}", answer.text, driver.log().tail()));
        Self {
            _driver: driver,
            _profile: None,
            session: format!("{address}/session/{id}"),
        }
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// When the driver refuses.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.ask(Method::POST, "/url", Some(&json!({"url": url})))
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Waits for an element by its CSS selector.
    ///
    /// # Panics
    /// After 20 s.
    #[track_caller]
    pub fn find(&self, css: &str) -> Element<'_> {
        match try_wait_for(LIMIT, || self.look(css)) {
            Some(element) => element,
            None => panic!("no {css:?} on the page: {}", self.source()),
        }
    }

    /// An element that is there now.
    pub fn look(&self, css: &str) -> Option<Element<'_>> {
        let wanted = json!({"using": "css selector", "value": css});
        let found = self.ask(Method::POST, "/element", Some(&wanted)).ok()?;
        Some(Element {
            window: self,
            id: found[ELEMENT].as_str()?.to_owned(),
        })
    }

    /// Waits until an element's text satisfies `wanted`.
    ///
    /// # Panics
    /// After 20 s, with the text that is there.
    #[track_caller]
    pub fn wait_text(&self, css: &str, wanted: impl Fn(&str) -> bool) -> String {
        // The page may draw anew between the look and the question.
        let text = || self.look(css).and_then(|element| element.try_text());
        match try_wait_for(LIMIT, || text().filter(|text| wanted(text))) {
            Some(text) => text,
            None => panic!("{css:?} says {:?}", text()),
        }
    }

    /// Presses a button by the word it carries.
    ///
    /// # Panics
    /// When there is none, or it can't be pressed.
    #[track_caller]
    pub fn press(&self, word: &str) {
        self.press_css(&format!("button[data-word={word}]"));
    }

    /// Presses something by its CSS selector, as soon as it takes a press.
    ///
    /// # Panics
    /// When there is none, or it can't be pressed.
    #[track_caller]
    pub fn press_css(&self, css: &str) {
        // While an earlier request is under way, a button takes no press.
        let target = self.find(&format!("{css}:not([aria-disabled=true])"));
        // As a person scrolls who sees a button half under the bar at the bottom.
        self.show(css);
        target.click();
    }

    /// Clicks something with the desk's own mouse, as a person does; the window has the keyboard afterwards.
    ///
    /// # Panics
    /// When there is no such thing, or no window on the screen.
    #[track_caller]
    pub fn click_for_real(&self, desk: &Desk, css: &str) {
        self.find(&format!("{css}:not([aria-disabled=true])"));
        self.show(css);
        let number = desk.wait_window("^Offhook$");
        desk.xdotool(&["windowactivate", "--sync", &number]);
        let middle =
            "const {x, y, width, height} = document.querySelector(arguments[0]).getBoundingClientRect();
            return [Math.round(x + width / 2), Math.round(y + height / 2)]";
        let middle = self.execute(middle, &[json!(css)]);
        let (x, y) = (middle[0].to_string(), middle[1].to_string());
        desk.xdotool(&["mousemove", "--window", &number, &x, &y, "click", "1"]);
    }

    /// Chooses one value of a list.
    ///
    /// # Panics
    /// When there is no such list or value.
    #[track_caller]
    pub fn choose(&self, css: &str, value: &str) {
        let option = self.find(&format!("{css} option[value='{value}']"));
        self.show(css);
        option.click();
    }

    fn show(&self, css: &str) {
        let scroll = "document.querySelector(arguments[0])?.scrollIntoView({block: 'center'})";
        self.execute(scroll, &[json!(css)]);
    }

    /// Keeps what the page looks like, where `OFFHOOK_PICTURES` names a folder. Drawn for this purpose: the screen may
    /// lag behind.
    ///
    /// # Panics
    /// When the folder can't be written.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("OFFHOOK_PICTURES") {
            let png = BASE64.decode(self.screenshot_base64()).expect("a picture");
            let file = Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(file, png).expect("the folder for pictures");
        }
    }

    /// Runs a function body in the page and returns its value.
    ///
    /// # Panics
    /// When it throws.
    #[track_caller]
    pub fn execute(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.ask(Method::POST, "/execute/sync", Some(&body))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// As [`Window::execute`], for a body that calls its last argument with the value.
    ///
    /// # Panics
    /// When it throws, or does not call it in time.
    #[track_caller]
    pub fn execute_later(&self, script: &str, arguments: &[Value]) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.ask(Method::POST, "/execute/async", Some(&body))
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    pub fn title(&self) -> String {
        let title = self.ask(Method::GET, "/title", None).unwrap_or_default();
        title.as_str().unwrap_or_default().to_owned()
    }

    /// The page as a PNG, in base64 as it comes.
    pub fn screenshot_base64(&self) -> String {
        let picture = self.ask(Method::GET, "/screenshot", None).unwrap_or_default();
        picture.as_str().unwrap_or_default().to_owned()
    }

    /// The page's present markup.
    pub fn source(&self) -> String {
        let source = self.ask(Method::GET, "/source", None).unwrap_or_default();
        source.as_str().unwrap_or_default().to_owned()
    }

    /// Ends the session in good order, which closes the window.
    pub fn close(self) {
        // A window that has gone by itself is closed as well.
        drop(self.ask(Method::DELETE, "", None));
    }

    /// The value of an answer, or the driver's complaint.
    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let request = http::request(method, &format!("{}{path}", self.session));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = http::try_send(request).map_err(|error| error.to_string())?;
        if answer.status == 200 {
            Ok(answer.json["value"].clone())
        } else {
            Err(answer.text)
        }
    }
}

/// An element of a page.
#[derive(Debug)]
pub struct Element<'window> {
    window: &'window Window,
    id: String,
}

impl Element<'_> {
    /// # Panics
    /// When it can't be clicked.
    #[track_caller]
    pub fn click(&self) {
        self.act("/click", &json!({}));
    }

    /// # Panics
    /// When nothing can be typed into it.
    #[track_caller]
    pub fn type_in(&self, text: &str) {
        self.act("/value", &json!({"text": text}));
    }

    /// # Panics
    /// When it can't be emptied.
    #[track_caller]
    pub fn clear(&self) {
        self.act("/clear", &json!({}));
    }

    /// # Panics
    /// When it is gone.
    #[track_caller]
    pub fn text(&self) -> String {
        self.try_text().unwrap_or_else(|| panic!("the element is gone"))
    }

    fn try_text(&self) -> Option<String> {
        self.read("/text").ok()?.as_str().map(str::to_owned)
    }

    /// A property such as `value` or `checked`.
    ///
    /// # Panics
    /// When it is gone.
    #[track_caller]
    pub fn property(&self, name: &str) -> Value {
        self.read(&format!("/property/{name}"))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// What a screen reader calls it.
    ///
    /// # Panics
    /// When it is gone.
    #[track_caller]
    pub fn accessible_name(&self) -> String {
        let label = self
            .read("/computedlabel")
            .unwrap_or_else(|error| panic!("{error}"));
        label.as_str().unwrap_or_default().to_owned()
    }

    fn read(&self, path: &str) -> Result<Value, String> {
        self.window
            .ask(Method::GET, &format!("/element/{}{path}", self.id), None)
    }

    /// A page that has just changed may still be moving: what is out of reach meanwhile is tried again for 5 s.
    #[track_caller]
    fn act(&self, path: &str, body: &Value) {
        let mut last = String::new();
        let done = try_wait_for(Duration::from_secs(5), || {
            let path = format!("/element/{}{path}", self.id);
            match self.window.ask(Method::POST, &path, Some(body)) {
                Ok(_) => Some(true),
                Err(error) => {
                    let moving = error.contains("element not interactable");
                    last = error;
                    (!moving).then_some(false)
                }
            }
        });
        assert_eq!(done, Some(true), "{path}: {last}");
    }
}
