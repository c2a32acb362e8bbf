//! A person in front of a browser, without the browser: follows redirects with cookies and fills in forms.

use reqwest::RequestBuilder;
use url::{Url, form_urlencoded};

use crate::http::{self, Answer};

/// A page that a browser shows.
#[derive(Debug, Clone)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub body: String,
}

/// Cookies of one host, which is all that a sign-in in a test meets.
#[derive(Debug, Default)]
pub struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// Opens a page and follows its redirects, to wherever they lead.
    ///
    /// # Panics
    /// After 20 redirects, or when a host doesn't answer.
    #[track_caller]
    pub fn open(&mut self, url: &Url) -> Page {
        self.follow(url.clone(), |url| http::get(url.as_str()))
    }

    /// Presses the first form's button, with these fields filled in.
    ///
    /// # Panics
    /// When the page has no form.
    #[track_caller]
    pub fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let form = form(&page.body).unwrap_or_else(|| panic!("no form on {}: {}", page.url, page.body));
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &form.fields {
            if !fields.iter().any(|(filled, _)| filled == name) {
                body.append_pair(name, value);
            }
        }
        body.extend_pairs(fields);
        let body = body.finish();
        let target = page.url.join(&form.action).expect("the address of a form");
        self.follow(target, |url| {
            let request = http::post(url.as_str());
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone())
        })
    }

    /// Signs in as `user` and says yes to everything, until a page without a form: a program's own page at the end of
    /// a sign-in, or a closing word.
    ///
    /// # Panics
    /// When that takes more than six pages.
    #[track_caller]
    pub fn sign_in(&mut self, url: &Url, user: &str) -> Page {
        let page = self.open(url);
        self.confirm(page, user)
    }

    /// Types the code of a device sign-in, signs in as `user` and says yes.
    ///
    /// # Panics
    /// As [`Browser::sign_in`].
    #[track_caller]
    pub fn approve_device(&mut self, verification: &Url, code: &str, user: &str) -> Page {
        let page = self.open(verification);
        let page = self.submit(&page, &[("user_code", code)]);
        self.confirm(page, user)
    }

    /// Turns back at the sign-in page, as a person does who declines.
    ///
    /// # Panics
    /// When the page offers no way back.
    #[track_caller]
    pub fn decline(&mut self, url: &Url) -> Page {
        let page = self.open(url);
        let way_back = attributes(&page.body, "<a", "href")
            .into_iter()
            .find(|href| href.contains("/abort"));
        let way_back = way_back.unwrap_or_else(|| panic!("no way back on {}: {}", page.url, page.body));
        let target = page.url.join(&way_back).expect("the address of a link");
        self.open(&target)
    }

    #[track_caller]
    fn confirm(&mut self, mut page: Page, user: &str) -> Page {
        for _ in 0..6 {
            let Some(form) = form(&page.body) else { return page };
            let asks_who = form.fields.iter().any(|(name, _)| name == "login");
            let who = [("login", user), ("password", "x")];
            page = self.submit(&page, if asks_who { &who } else { &[] });
        }
        panic!("the sign-in does not end: {}", page.body)
    }

    #[track_caller]
    fn follow(&mut self, url: Url, first: impl FnOnce(&Url) -> RequestBuilder) -> Page {
        let mut request = first(&url);
        let mut url = url;
        for _ in 0..20 {
            let answer = http::send(self.with_cookies(request));
            self.keep_cookies(&answer);
            match answer
                .header("location")
                .filter(|_| (300..400).contains(&answer.status))
            {
                None => {
                    return Page {
                        url,
                        status: answer.status,
                        body: answer.text,
                    };
                }
                Some(location) => url = url.join(location).expect("the address of a redirect"),
            }
            request = http::get(url.as_str());
        }
        panic!("{url} redirects without an end")
    }

    fn with_cookies(&self, request: RequestBuilder) -> RequestBuilder {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if cookies.is_empty() {
            request
        } else {
            request.header("cookie", cookies.join("; "))
        }
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let mut parts = cookie.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            self.cookies.retain(|(known, _)| known != name);
            if !cookie.to_ascii_lowercase().contains("expires=thu, 01 jan 1970") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

#[derive(Debug)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

fn form(body: &str) -> Option<Form> {
    let begin = body.find("<form")?;
    let end = begin + body[begin..].find("</form>")?;
    let text = &body[begin..end];
    let action = attribute(&text[..text.find('>')?], "action")?;
    let fields = tags(text, "<input")
        .filter_map(|tag| {
            Some((
                attribute(tag, "name")?,
                attribute(tag, "value").unwrap_or_default(),
            ))
        })
        .collect();
    Some(Form { action, fields })
}

fn attributes(body: &str, tag: &'static str, name: &str) -> Vec<String> {
    tags(body, tag).filter_map(|tag| attribute(tag, name)).collect()
}

fn tags<'body>(body: &'body str, tag: &'static str) -> impl Iterator<Item = &'body str> {
    body.match_indices(tag)
        .map(|(at, _)| &body[at..at + body[at..].find('>').unwrap_or(0)])
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0.replace("&amp;", "&"))
}
