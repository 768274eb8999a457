//! The keys that responses show directly: their heads and pages, the form of the ETag, media types, the lines about the
//! connection, and the layout of several ranges.

use super::align::{Expressions, Part, Text};
use super::drafts::{Draft, Drafts};
use super::exam::Exam;
use super::multipart::multipart;
use super::recorded::{self, Recorded};
use super::space::{self, Key, RESPONSE};
use super::values::{self, Sample};
use crate::normal::{CHECKSUM, blank_path_checksum};
use labserve_core::profile::template::Placeholder;
use labserve_core::profile::units::OFF;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Placeholders that an ETag may contain.
const ABOUT_FILE: &[Placeholder] = &[
    Placeholder::Size,
    Placeholder::Mtime,
    Placeholder::MtimeMs,
    Placeholder::MtimeUs,
    Placeholder::MtimeFloat,
    Placeholder::Filetime,
    Placeholder::Inode,
    Placeholder::Name,
    Placeholder::PathAdler32,
    Placeholder::EncodingSuffix,
    Placeholder::Content,
];

/// Placeholders that heads and pages may contain.
const ABOUT_REQUEST: &[Placeholder] = &[
    Placeholder::Path,
    Placeholder::DecodedPath,
    Placeholder::Target,
    Placeholder::Query,
    Placeholder::QueryText,
    Placeholder::Method,
    Placeholder::Host,
    Placeholder::Hostname,
    Placeholder::VirtualHost,
    Placeholder::ColonPort,
    Placeholder::Port,
    Placeholder::Origin,
    Placeholder::Fragment,
    Placeholder::Name,
    Placeholder::Index,
    Placeholder::Reason,
    Placeholder::Status,
    Placeholder::Line,
    Placeholder::Version,
    Placeholder::LineAtFault,
    Placeholder::FieldAtFault,
    Placeholder::Expect,
    Placeholder::Request,
    Placeholder::RequestMerged,
    Placeholder::Encoding,
    Placeholder::ContentType,
    Placeholder::Size,
    Placeholder::Date,
];

/// Keys, and a description of what could not be expressed.
#[derive(Debug, Default)]
pub(super) struct Templates {
    pub(super) keys: Table,
    /// Texts that stay as they were sent, because nothing explains them.
    pub(super) literal: Vec<String>,
}

/// Reads the keys from the answers to these cases.
pub(super) fn read(exam: &Exam, cases: &[usize], space: &[Key]) -> Templates {
    let mut templates = Templates::default();
    let keys = &mut templates.keys;
    // First the keys on which the values of the others depend.
    let samples = values::printed(exam, space, keys);
    let recorded = recorded::all(exam, cases, &samples);
    types(&recorded, keys);
    if let Err(literal) = etag(&recorded, keys) {
        templates.literal.push(literal);
    }
    let samples = values::printed(exam, space, &templates.keys);
    let mut recorded = recorded::all(exam, cases, &samples);
    connection(&mut recorded, &mut templates.keys);
    multipart(&recorded, &mut templates.keys);
    let expressions = Expressions::of(ABOUT_REQUEST);
    let mut drafts = Drafts::new(&recorded, &expressions);
    drafts.take_all();
    let pages = drafts.all;
    responses(&pages, &recorded, &expressions, &mut templates.keys);
    templates
}

/// A path of names.
pub(super) fn key(path: &[&str]) -> Vec<String> {
    path.iter().map(|name| (*name).to_owned()).collect()
}

/// The media type of each extension for which the profile does not already have it.
fn types(recorded: &[Recorded], keys: &mut Table) {
    let mut seen: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for one in recorded.iter().filter(|one| one.is_file && one.message.status == 200) {
        let Some(name) = one.sample.text(Placeholder::Name) else {
            continue;
        };
        let extension = name
            .rsplit_once('.')
            .map_or("", |(before, extension)| if before.is_empty() { "" } else { extension });
        let given = one.message.field("Content-Type").unwrap_or_default();
        *seen
            .entry(extension.to_ascii_lowercase())
            .or_default()
            .entry(given)
            .or_default() += 1;
    }
    let usual = |of: &BTreeMap<&str, usize>| {
        of.iter()
            .max_by_key(|(_, times)| **times)
            .map_or("", |(value, _)| *value)
            .to_owned()
    };
    let or_off = |text: String| if text.is_empty() { OFF.to_owned() } else { text };
    if let Some(untyped) = seen.get("") {
        space::set(keys, &key(&["types", "default"]), Some(or_off(usual(untyped)).into()));
    }
    if !seen.is_empty() {
        space::set(keys, &key(&["types", "base"]), Some(OFF.into()));
    }
    for (extension, of) in seen.iter().filter(|(extension, _)| !extension.is_empty()) {
        space::set(
            keys,
            &key(&["types", "extensions", extension]),
            Some(or_off(usual(of)).into()),
        );
    }
}

/// The form of the ETag. Fails with an ETag that nothing explains.
fn etag(recorded: &[Recorded], keys: &mut Table) -> Result<(), String> {
    let mut tags: BTreeMap<String, &Sample> = BTreeMap::new();
    let whole = recorded
        .iter()
        .filter(|one| one.is_file && one.message.status == 200 && one.sample.get(Placeholder::Size).is_some());
    for one in whole {
        if let Some(tag) = one.message.field("ETag") {
            tags.entry(blank_path_checksum(tag)).or_insert(&one.sample);
        }
    }
    let Some((first, _)) = tags.first_key_value() else {
        return Ok(());
    };
    let expressions = Expressions::of(ABOUT_FILE);
    let texts: Vec<Text<'_>> = tags.iter().map(|(text, sample)| Text { text, sample }).collect();
    // Some tags differ for individual reasons, such as a file that has just changed.
    let aligned = expressions
        .align(&texts)
        .or_else(|| expressions.align(&texts[..texts.len().min(2)]));
    let samples: Vec<&Sample> = texts.iter().map(|text| text.sample).collect();
    let aligned = aligned.map(|parts| expressions.explained(parts, &samples));
    let is_found = |parts: &Vec<Part>| tags.len() == 1 || parts.iter().any(|part| matches!(part, Part::Value(_)));
    let set = |keys: &mut Table, source: String| space::set(keys, &key(&["files", "etag"]), Some(source.into()));
    match aligned.filter(is_found) {
        Some(parts) => {
            // The checksum is that of a path on the server's machine.
            set(keys, expressions.source(&parts).replace(CHECKSUM, "{path_adler32}"));
            Ok(())
        }
        None => {
            set(keys, "\"{mtime:x}-{size:x}\"".to_owned());
            Err(format!("ETag: {first}"))
        }
    }
}

/// The lines about the connection: those of most responses that keep it open, and of most that close it. Other lines
/// stay in their heads.
fn connection(recorded: &mut [Recorded], keys: &mut Table) {
    let counted = counted(recorded);
    let mut times: [BTreeMap<Vec<String>, usize>; 2] = [BTreeMap::new(), BTreeMap::new()];
    let lists_close = |lines: &[String]| lines.iter().any(|line| line.to_ascii_lowercase().contains("close"));
    let form = |one: &Recorded| match counted {
        Some(most) => numbered(&one.connection, most.saturating_sub(1 + one.index as i64)),
        None => one.connection.clone(),
    };
    for one in recorded.iter().filter(|one| !one.connection.is_empty()) {
        *times[usize::from(lists_close(&one.connection))]
            .entry(form(one))
            .or_default() += 1;
    }
    let usual = times.map(|times| {
        let most = times.iter().max_by_key(|(_, times)| **times);
        most.map(|(lines, _)| lines.clone()).unwrap_or_default()
    });
    for (name, lines) in ["keep", "close"].iter().zip(&usual) {
        if !lines.is_empty() {
            let lines: Vec<Value> = lines.iter().map(|line| Value::from(line.as_str())).collect();
            space::set(keys, &key(&["connection", "fields", name]), Some(lines.into()));
        }
    }
    if let Some(most) = counted {
        space::set(keys, &key(&["connection", "max_requests"]), Some(most.into()));
    }
    for one in recorded {
        let form = form(one);
        if !one.connection.is_empty() && !usual.contains(&form) {
            let literal = one.connection.iter().map(|line| recorded::Line {
                name: line.split(':').next().unwrap_or_default().to_ascii_lowercase(),
                text: line.clone(),
                optional: false,
                known: false,
            });
            let at = one.lines.iter().position(|line| *line == recorded::connection_fields());
            if let Some(at) = at {
                one.lines.splice(at..=at, literal.collect::<Vec<_>>());
            }
        }
    }
}

/// The number of requests that a connection may have, if responses count down the remaining ones.
fn counted(recorded: &[Recorded]) -> Option<i64> {
    recorded.windows(2).find_map(|pair| {
        let [one, next] = pair else { return None };
        if one.case != next.case || one.index != 0 {
            return None;
        }
        let numbers = one
            .connection
            .iter()
            .flat_map(|line| line.split(|c: char| !c.is_ascii_digit()));
        let mut numbers = numbers.filter_map(|digits| digits.parse::<i64>().ok());
        numbers.find_map(|number| {
            let fits = numbered(&one.connection, number) == numbered(&next.connection, number - 1);
            (fits && one.connection != next.connection).then_some(number + 1)
        })
    })
}

/// Lines in which the number of remaining requests is a placeholder.
fn numbered(lines: &[String], remaining: i64) -> Vec<String> {
    let digits = remaining.to_string();
    lines
        .iter()
        .map(|line| match line.strip_suffix(&digits) {
            Some(before) if !before.ends_with(|c: char| c.is_ascii_digit()) => format!("{before}{{remaining}}"),
            _ => line.clone(),
        })
        .collect()
}

/// The tables of the responses.
fn responses(drafts: &[Draft], recorded: &[Recorded], expressions: &Expressions, keys: &mut Table) {
    let mut order: Vec<&Draft> = drafts.iter().collect();
    order.sort_by_key(|draft| {
        (
            draft.status,
            draft.body.is_none() && !draft.is_file,
            std::cmp::Reverse(draft.members.len()),
        )
    });
    let mut used: BTreeMap<u16, usize> = BTreeMap::new();
    for draft in order {
        let for_head_only = draft.members.iter().all(|at| recorded[*at].is_head());
        let number = used.entry(draft.status).or_default();
        if for_head_only && *number > 0 {
            let name = format!("{} HEAD", draft.status);
            if space::get(keys, &key(&[RESPONSE, &name])).is_none() {
                space::set(
                    keys,
                    &key(&[RESPONSE, &name]),
                    Some(table(draft, recorded, expressions).into()),
                );
            }
            continue;
        }
        *number += 1;
        let name = match *number {
            1 => draft.status.to_string(),
            number => format!("{}-{number}", draft.status),
        };
        let mut page = table(draft, recorded, expressions);
        if *number > 1 {
            page.insert("status".to_owned(), Value::from(i64::from(draft.status)));
        }
        let closed = draft.members.iter().filter(|at| recorded[**at].closed).count();
        if draft.status >= 400 && closed > 0 {
            if closed < draft.members.len() {
                let like = match *number {
                    1 => Value::from(i64::from(draft.status)),
                    _ => Value::from(name.as_str()),
                };
                let closing = Table::from_iter([
                    ("like".to_owned(), like),
                    ("status".to_owned(), Value::from(i64::from(draft.status))),
                    ("close".to_owned(), Value::from(true)),
                ]);
                space::set(keys, &key(&[RESPONSE, &format!("{name}-close")]), Some(closing.into()));
            } else {
                page.insert("close".to_owned(), Value::from(true));
            }
        }
        space::set(keys, &key(&[RESPONSE, &name]), Some(page.into()));
    }
}

fn table(draft: &Draft, recorded: &[Recorded], expressions: &Expressions) -> Table {
    let mut page = Table::new();
    let head: String = draft
        .lines
        .iter()
        .map(|line| {
            // A known line is already a template.
            let text = match line.parts.as_slice() {
                [Part::Literal(text)] if line.known => text.clone(),
                parts => expressions.source(parts),
            };
            format!("{text}\n")
        })
        .collect();
    page.insert("head".to_owned(), head.into());
    page.insert("reason".to_owned(), expressions.source(&draft.reason).into());
    if draft.is_file {
        page.insert("file".to_owned(), true.into());
    }
    let body = draft
        .body
        .as_ref()
        .map(|body| expressions.source(body))
        .unwrap_or_default();
    if !body.is_empty() {
        let crlf = body.contains("\r\n") && body.matches('\n').count() == body.matches("\r\n").count();
        let body = if crlf { body.replace("\r\n", "\n") } else { body };
        page.insert("body".to_owned(), body.into());
        if crlf {
            page.insert("crlf".to_owned(), true.into());
        }
    }
    if draft.chunked && !draft.is_file {
        page.insert("chunked".to_owned(), true.into());
    }
    if draft.body_for_head {
        page.insert("body_for_head".to_owned(), true.into());
    }
    if draft.head_lacks_length == Some(true) && draft.lines.iter().any(|line| line.name == "content-length") {
        page.insert("length_for_head".to_owned(), OFF.into());
    }
    let _ = recorded;
    page
}
