//! Answers on standard output: aligned for people, or as JSON.

use crate::failure::Failure;
use crate::words::{self, Words};
use offhook_protocol::command::{Answer, Finding, LineReport, SignInStarted, Wished};
use offhook_protocol::pages::{RulesCell, RulesCompared, RulesPage, RulesTable};
use offhook_protocol::status::{Light, PhoneField, Status};
use std::fmt::Display;
use std::io::Write;

/// Writes one text and a newline, at once.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| {
            let has_enough = error.kind() == std::io::ErrorKind::BrokenPipe;
            if has_enough {
                Failure::OutputClosed
            } else {
                Failure::Io(error.to_string())
            }
        })
}

pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string(value).map_err(|error| Failure::Io(error.to_string()))?)
}

pub(crate) fn answer(answer: &Answer, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return match answer {
            Answer::Done => line("{\"done\":true}"),
            Answer::Version { version } => json(&serde_json::json!({ "version": version })),
            Answer::Status(status) => json(status),
            Answer::Text(lines) => json(lines),
            Answer::Lines(lines) => json(lines),
            Answer::Rules(page) => json(page),
            Answer::Compared(compared) => json(compared),
            Answer::Preview(wishes) => json(wishes),
            Answer::Findings(findings) => json(findings),
            Answer::SignIn(started) => json(started),
            Answer::HookAccess(access) => json(access),
            Answer::PhoneAccess(access) => json(access),
            Answer::Microsip(view) => json(view),
            Answer::Log(lines) => json(lines),
        };
    }
    let words = words::of_environment();
    let text = match answer {
        Answer::Done => return Ok(()),
        Answer::Version { version } => version.clone(),
        Answer::Status(status) => self::status(status, &words),
        Answer::Text(lines) => lines.join("\n"),
        Answer::Lines(lines) => lines_table(lines, &words),
        Answer::Rules(page) => rules(page),
        Answer::Compared(compared) => self::compared(compared),
        Answer::Preview(wishes) => preview(wishes),
        Answer::Findings(findings) => self::findings(findings, &words),
        Answer::SignIn(SignInStarted::Browser { url }) => url.clone(),
        Answer::SignIn(SignInStarted::DeviceCode { user_code, url, .. }) => format!("{url} {user_code}"),
        Answer::HookAccess(access) => access.address.clone(),
        Answer::PhoneAccess(access) => access.address.clone(),
        Answer::Microsip(view) => view.file.clone(),
        Answer::Log(lines) => {
            let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            lines.join("\n")
        }
    };
    line(&text)
}

/// The word that the contract uses for a value.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Rows of cells, each column as wide as its widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|c| c.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}", width = *width))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn row<const N: usize>(cells: [&dyn Display; N]) -> Vec<String> {
    cells.iter().map(|cell| cell.to_string()).collect()
}

fn status(status: &Status, words: &Words) -> String {
    let attention = if status.attention {
        format!(" ({})", words.attention)
    } else {
        String::new()
    };
    let mut rows = vec![row([
        &words.state,
        &format!("{}{attention}", word(&status.state)),
    ])];
    for problem in &status.problems {
        rows.push(row([&words.problem, problem]));
    }
    if let Some(until) = &status.paused_until {
        rows.push(row([&words.paused_until, until]));
    }
    let seen = status.teams.seen.as_ref();
    let seen = seen.map(|seen| format!("{}/{}  ({})", seen.availability, seen.activity, seen.at));
    rows.push(row([&"Teams", &seen.as_deref().unwrap_or(words.none)]));
    if let Some(session) = &status.teams.session {
        let text = format!(
            "{}/{}  {} {}",
            session.availability, session.activity, words.until, session.until
        );
        rows.push(row([&words.session, &text]));
    }
    for (name, field) in [
        ("dnd", phone_field(&status.phone.dnd)),
        ("forward", phone_field(&status.phone.forward)),
        ("presence", phone_field(&status.phone.presence)),
        ("note", phone_field(&status.phone.note)),
    ] {
        if let Some(value) = field {
            rows.push(row([&format!("{} {name}", words.phone), &value]));
        }
    }
    for call in &status.calls {
        let text = format!(
            "{}  {}  {} {}",
            word(&call.state),
            call.source,
            words.since,
            call.since
        );
        rows.push(row([&words.call, &text]));
    }
    for why in &status.why {
        let until = why
            .until
            .as_ref()
            .map(|until| format!(" {} {until}", words.until))
            .unwrap_or_default();
        let text = format!(
            "{} = {}  ({}; {}) {} {}{until}",
            word(&why.field),
            word(&why.value),
            word(&why.cause),
            why.rule,
            words.since,
            why.since
        );
        rows.push(row([&words.set, &text]));
    }
    for not_done in &status.not_done {
        rows.push(row([
            &words.not_done,
            &format!("{} ({})", word(&not_done.field), word(&not_done.reason)),
        ]));
    }
    let health = &status.health;
    let named = [
        ("Microsoft", &health.microsoft),
        (words.phone, &health.phone),
        ("Calendar", &health.calendar),
    ];
    let systems = named
        .iter()
        .filter_map(|(name, light)| light.as_ref().map(|light| (*name, light)));
    for (name, light) in systems.chain(health.lines.iter().map(|(name, light)| (name.as_str(), light))) {
        rows.push(row([&name, &self::light(light, words)]));
    }
    table(&rows)
}

fn phone_field<T: serde::Serialize>(field: &PhoneField<T>) -> Option<String> {
    let value = field.value.as_ref()?;
    let owner = field
        .owner
        .map(|owner| format!("  ({})", word(&owner)))
        .unwrap_or_default();
    Some(format!("{}{owner}", word(value)))
}

fn light(light: &Light, words: &Words) -> String {
    let ok = if light.ok { words.ok } else { words.not_ok };
    format!("{ok}  {} {}  {}", words.since, light.since, light.text)
        .trim_end()
        .to_owned()
}

fn lines_table(lines: &[LineReport], words: &Words) -> String {
    let mut rows = Vec::new();
    for report in lines {
        rows.push(row([&report.source, &light(&report.light, words)]));
        for call in &report.calls {
            rows.push(row([
                &"",
                &format!("{}  {} {}", word(&call.state), words.since, call.since),
            ]));
        }
    }
    table(&rows)
}

fn rules(page: &RulesPage) -> String {
    let mut parts = vec![page.summary.clone()];
    for rules in &page.tables {
        let mut rows = vec![heads(rules)];
        rows.extend(rules.rows.iter().map(|rule| {
            let name = rule.word.as_ref().unwrap_or(&rule.label);
            let cells = rule.cells.iter().map(cell);
            std::iter::once(name.clone()).chain(cells).collect()
        }));
        parts.push(format!("{}\n{}", rules.title, table(&rows)));
    }
    let marks = page.tables.iter().flat_map(|rules| &rules.rows);
    let cells = marks.clone().flat_map(|row| &row.cells);
    let words = words::of_environment();
    let mut notes: Vec<String> = page.notes.clone();
    for (mark, meaning, met) in [
        ("*", words.differs, cells.clone().any(|cell| cell.differs)),
        ("~", words.inherited, cells.clone().any(|cell| cell.inherited)),
        ("!", words.cannot, cells.clone().any(|cell| cell.cannot.is_some())),
    ] {
        if met {
            notes.push(format!("{mark} {meaning}"));
        }
    }
    if !notes.is_empty() {
        parts.push(notes.join("\n"));
    }
    parts.join("\n\n")
}

fn heads(rules: &RulesTable) -> Vec<String> {
    let columns = rules.columns.iter().map(|column| column.label.clone());
    std::iter::once(rules.head.clone()).chain(columns).collect()
}

/// A value with its marks: the person's own, another row's, beyond this phone system.
fn cell(cell: &RulesCell) -> String {
    let marks = [
        (cell.differs, "*"),
        (cell.inherited, "~"),
        (cell.cannot.is_some(), "!"),
    ];
    let marks: String = marks
        .iter()
        .filter(|(met, _)| *met)
        .map(|(_, mark)| *mark)
        .collect();
    format!("{}{marks}", cell.text)
}

fn compared(compared: &RulesCompared) -> String {
    let head = row([&"", &"", &compared.from, &compared.to]);
    let rows = compared
        .changes
        .iter()
        .map(|change| row([&change.row, &change.column, &change.from, &change.to]));
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    format!("{}\n\n{}", table(&rows), compared.own)
}

fn preview(wishes: &[Wished]) -> String {
    let lines: Vec<&str> = wishes.iter().map(|wish| wish.sentence.as_str()).collect();
    lines.join("\n")
}

fn findings(findings: &[Finding], words: &Words) -> String {
    let cells = |finding: &Finding| {
        let ok = if finding.ok { words.ok } else { words.not_ok };
        row([
            &finding.what,
            &ok,
            &format!("{} {}", finding.text, finding.mend).trim(),
        ])
    };
    table(&findings.iter().map(cells).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [row([&"ä", &"1"]), row([&"lang", &"2"]), row([&"x"])];
        assert_eq!(table(&rows), "ä     1\nlang  2\nx");
    }
}
