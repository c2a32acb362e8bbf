//! XML-RPC, as much as calls need: a reader that takes only what is written exactly so, and a writer.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Text(String),
    Boolean(bool),
    List(Vec<String>),
}

/// Method and parameters of a call; `None`: it is not one.
pub(super) fn call(body: &[u8]) -> Option<(String, Vec<Parameter>)> {
    let mut rest = std::str::from_utf8(body).ok()?;
    if let Some(after) = rest.strip_prefix("<?xml ") {
        rest = after.split_once("?>")?.1;
    }
    let rest = rest
        .trim()
        .strip_prefix("<methodCall>")?
        .strip_suffix("</methodCall>")?;
    let (name, rest) = inner(rest.trim(), "methodName")?;
    let (mut parameters, end) = inner(rest.trim(), "params")?;
    if !end.trim().is_empty() {
        return None;
    }
    let mut found = Vec::new();
    while !parameters.trim().is_empty() {
        let (parameter, rest) = inner(parameters.trim(), "param")?;
        if let Some(list) = list(parameter.trim()) {
            found.push(list);
            parameters = rest;
            continue;
        }
        let (value, end) = inner(parameter.trim(), "value")?;
        if !end.trim().is_empty() {
            return None;
        }
        found.push(scalar(value)?);
        parameters = rest;
    }
    Some((unescaped(name)?, found))
}

/// The content of the element at the start of a text, and what follows it. Elements of that name do not nest here.
fn inner<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(&format!("<{name}>"))?
        .split_once(&format!("</{name}>"))
}

/// A list of texts.
fn list(parameter: &str) -> Option<Parameter> {
    let mut rest = parameter
        .strip_prefix("<value><array><data>")?
        .strip_suffix("</data></array></value>")?;
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (value, after) = inner(rest, "value")?;
        let Parameter::Text(text) = scalar(value)? else {
            return None;
        };
        texts.push(text);
        rest = after;
    }
    Some(Parameter::List(texts))
}

fn scalar(value: &str) -> Option<Parameter> {
    if let Some((flag, "")) = inner(value.trim(), "boolean") {
        return match flag {
            "1" => Some(Parameter::Boolean(true)),
            "0" => Some(Parameter::Boolean(false)),
            _ => None,
        };
    }
    match inner(value, "string") {
        Some((text, "")) => Some(Parameter::Text(unescaped(text)?)),
        Some(_) => None,
        None => Some(Parameter::Text(unescaped(value)?)),
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        let (name, after) = rest[at..].strip_prefix('&')?.split_once(';')?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => char::from_u32(number.strip_prefix('#')?.parse().ok()?)?,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

pub(super) fn string(text: &str) -> String {
    // Without a type, as the field has been seen to send it.
    escaped(text)
}

pub(super) fn boolean(on: bool) -> String {
    format!("<boolean>{}</boolean>", u8::from(on))
}

pub(super) fn array(values: &[String]) -> String {
    let values: String = values
        .iter()
        .map(|value| format!("<value>{value}</value>"))
        .collect();
    format!("<array><data>{values}</data></array>")
}

pub(super) fn structure(members: &[(&str, String)]) -> String {
    let members: String = members
        .iter()
        .map(|(name, value)| format!("<member><name>{name}</name><value>{value}</value></member>\n"))
        .collect();
    format!("<struct>{members}</struct>")
}

pub(super) fn response(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
    )
}

pub(super) fn report(method: &str, value: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>{method}</methodName><params><param><value>{value}</value></param></params></methodCall>"
    )
}

pub(super) fn fault(text: &str) -> String {
    let content = structure(&[
        ("faultCode", "<int>0</int>".to_owned()),
        ("faultString", string(text)),
    ]);
    format!("<?xml version=\"1.0\"?><methodResponse><fault><value>{content}</value></fault></methodResponse>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_written_exactly_is_one() {
        let body = "<?xml version=\"1.0\"?>\n<methodCall><methodName>a.b</methodName>\
            <params><param><value><boolean>1</boolean></value></param><param><value>x &amp; &#228;</value></param></params></methodCall>";
        assert_eq!(
            call(body.as_bytes()),
            Some((
                "a.b".into(),
                vec![Parameter::Boolean(true), Parameter::Text("x & ä".into())]
            ))
        );
        for odd in [
            "",
            "<methodCall></methodCall>",
            "<!DOCTYPE a><methodCall><methodName>a</methodName><params></params></methodCall>",
            "<methodCall><methodName>a</methodName><params><param><value><boolean>true</boolean></value></param></params></methodCall>",
            "<methodCall><methodName>a</methodName><params><param><value>&x;</value></param></params></methodCall>",
            "<methodCall><methodName>a</methodName></methodCall>",
        ] {
            assert_eq!(call(odd.as_bytes()), None, "{odd}");
        }
    }
}
