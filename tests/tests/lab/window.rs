//! The driver of windows, shown on the product's own window without a resident program, and the pretend company.

use offhook_tests::desk::Desk;
use offhook_tests::places;
use offhook_tests::product::Playground;
use offhook_tests::webdriver::Window;
use serde_json::json;

const PAGE: &str = "data:text/html,<title>lab</title><label for=name>Name</label><input id=name>\
<button onclick=\"document.querySelector('p').textContent='Hello '+document.querySelector('input').value\">Greet</button><p></p>";

#[test]
fn a_window_is_opened_read_clicked_and_photographed() {
    let desk = Desk::with_screen();
    // WebKit's own small browser: what goes wrong here is not the product.
    let browser = format!(
        "/usr/lib/{}-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        std::env::consts::ARCH
    );
    let window = Window::start(&desk, places::needed(browser.as_ref()), &["--automation"]);
    window.go(PAGE);
    window.find("input").type_in("Bob");
    window.find("button").click();
    window.wait_text("p", |text| text == "Hello Bob");
    assert_eq!(window.find("input").property("value"), "Bob");
    assert_eq!(window.find("input").accessible_name(), "Name");
    assert_eq!(window.title(), "lab");
    assert_eq!(window.execute("return arguments[0] + 1", &[json!(41)]), json!(42));
    assert!(window.screenshot_base64().starts_with("iVBORw0KGgo"));
    window.close();
}

#[test]
fn the_pretend_company_says_where_it_is() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    assert!(company.addresses.is_object(), "{}", company.addresses);
    assert!(
        company.settings().contains("[microsoft]"),
        "{}",
        company.settings()
    );
}
