//! As much XML as requests have: elements, a default namespace, text.

/// An element with its namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| &child.text)
    }

    /// The names of what is in it, in order.
    pub(super) fn order(&self) -> Vec<&str> {
        self.children.iter().map(|child| child.name.as_str()).collect()
    }
}

/// `None`: it is not well-formed, or has what no request of CSTA has.
pub(super) fn parse(text: &str) -> Option<Node> {
    let text = text
        .strip_prefix("<?xml")
        .map_or(Some(text), |rest| rest.split_once("?>").map(|(_, rest)| rest))?;
    let mut rest = text.trim();
    let node = element(&mut rest, "")?;
    rest.trim().is_empty().then_some(node)
}

fn element(rest: &mut &str, outer: &str) -> Option<Node> {
    let inner = rest.strip_prefix('<')?;
    let (tag, after) = inner.split_once('>')?;
    if tag.starts_with(['!', '?', '/']) {
        return None;
    }
    let is_empty = tag.ends_with('/');
    let tag = tag.trim_end_matches('/');
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let namespace = match attributes.split_once("xmlns=\"") {
        Some((_, value)) => value.split_once('"')?.0,
        None if attributes.trim().is_empty() => outer,
        None => return None,
    };
    let mut node = Node {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        ..Node::default()
    };
    *rest = after;
    if is_empty {
        return Some(node);
    }
    loop {
        let (text, _) = rest.split_once('<')?;
        node.text.push_str(&unescape(text)?);
        *rest = rest.get(text.len()..)?;
        let end = format!("</{name}>");
        if let Some(after) = rest.strip_prefix(end.as_str()) {
            *rest = after;
            return Some(node);
        }
        node.children.push(element(rest, namespace)?);
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';')?;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
