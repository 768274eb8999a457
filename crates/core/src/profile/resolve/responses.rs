//! Resolves the tables `[response]` and `[response_fields]`: fills in what responses leave out, and links those that replace each
//! other.

use super::names::Names;
use super::rule::responses_of_rules;
use super::{Mistake, did_you_mean, mistake};
use crate::http1::field::is_token;
use crate::profile::LARGEST_TEXT;
use crate::profile::raw::{RawResponse, RuleTable, StatusVersion};
use crate::profile::response::{self, Response};
use crate::profile::template::Template;
use crate::profile::units::{OFF, Word};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// The responses that a profile has without defining them.
#[expect(
    clippy::unreachable,
    reason = "the text is a file of this crate, which every test reads"
)]
static DEFAULTS: LazyLock<BTreeMap<String, RawResponse>> = LazyLock::new(|| {
    toml::from_str(include_str!("responses.toml")).unwrap_or_else(|why| unreachable!("responses.toml: {why}"))
});

/// The responses of a profile, and their names.
pub(super) fn responses(
    raw: &BTreeMap<String, RawResponse>,
    fields: &BTreeMap<String, Template>,
    http_version: StatusVersion,
    rules: &[RuleTable],
) -> Result<(Vec<Response>, Names), Mistake> {
    check_fields(fields)?;
    at_most(MOST, raw.len(), &["response"], "responses")?;
    let (mut all, mut instead, mut text_bytes) = (Vec::new(), Vec::new(), 0);
    let of_rules = responses_of_rules(rules, raw);
    let written = raw;
    let mut raw = raw.clone();
    raw.extend(of_rules);
    for (name, response) in &*DEFAULTS {
        raw.entry(name.clone()).or_insert_with(|| response.clone());
    }
    for (name, response) in &raw {
        let mut filled = filled(name, response, &raw)?;
        if name.split(' ').next().is_some_and(|base| ABOUT_CONTENT.contains(&base)) {
            filled.head = filled.head.map(|head| with_fields(&head, fields));
        }
        filled.http_version.get_or_insert(http_version);
        instead.push(
            [
                &filled.with_body,
                &filled.with_broken_body,
                &filled.with_broken_trailers,
                &filled.with_large_chunk,
            ]
            .map(Clone::clone),
        );
        let response = Response::new(name, &filled).map_err(|(key, why)| match written.get(name) {
            Some(written) if has(written, key) => mistake(&["response", name, key], why),
            // The key is inherited from another response, or there is none.
            _ => mistake(&["response", name], why),
        })?;
        text_bytes += response.text_bytes();
        at_most(
            LARGEST_TEXTS,
            text_bytes,
            &["response", name],
            "bytes in the heads and pages of all responses",
        )?;
        all.push(response);
    }
    let names = Names::of(&all);
    for (response, [with_body, with_broken_body, with_broken_trailers, with_large_chunk]) in all.iter_mut().zip(instead)
    {
        let named = |key: &str, word: Option<Word>| match word {
            None => Ok(None),
            Some(Word(word)) => names.get(&word).map(Some).ok_or_else(|| {
                mistake(
                    &["response", &response.name, key],
                    format!("there is no response `{word}`: add a table [response.{word}], or name another"),
                )
            }),
        };
        let instead = [
            named("with_body", with_body)?,
            named("with_broken_body", with_broken_body)?,
            named("with_broken_trailers", with_broken_trailers)?,
            named("with_large_chunk", with_large_chunk)?,
        ];
        [
            response.with_body,
            response.with_broken_body,
            response.with_broken_trailers,
            response.with_large_chunk,
        ] = instead;
    }
    for (name, variant) in names.iter() {
        let Some((base, method)) = name.split_once(' ') else {
            continue;
        };
        let Some(base) = names.get(base) else {
            return Err(mistake(
                &["response", name],
                format!("there is no response `{base}` that this variant could replace"),
            ));
        };
        all[base as usize].variants.push((method.as_bytes().to_vec(), variant));
    }
    Ok((all, names))
}

/// Whether a response has one of the keys that make its head and its page.
fn has(response: &RawResponse, key: &str) -> bool {
    match key {
        "status" => response.status.is_some(),
        "head" => response.head.is_some(),
        "fields" => response.fields.is_some(),
        "body" => response.body.is_some(),
        _ => false,
    }
}

/// The maximum number of fields, and of responses. Profiles have a tenth of that. Without a limit, a malicious file
/// could keep the program busy for minutes.
const MOST: usize = 1000;

/// The maximum total size in bytes of the heads and pages of all responses: `like` and `text` can multiply the contents
/// of a file of 1 MiB.
const LARGEST_TEXTS: usize = 16 * LARGEST_TEXT;

fn at_most(most: usize, number: usize, key: &[&str], what: &str) -> Result<(), Mistake> {
    if number > most {
        return Err(mistake(key, format!("expected at most {most} {what}, got {number}")));
    }
    Ok(())
}

/// The responses that `[response_fields]` applies to.
const ABOUT_CONTENT: [&str; 3] = ["200", "206", "304"];

fn check_fields(fields: &BTreeMap<String, Template>) -> Result<(), Mistake> {
    at_most(MOST, fields.len(), &["response_fields"], "fields")?;
    for name in fields.keys() {
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(mistake(
                &["response_fields", name],
                format!("expected the name of a field, such as Cache-Control, got `{name}`"),
            ));
        }
    }
    Ok(())
}

/// A field of `[response_fields]`.
struct SetField {
    /// Its line; `None` to remove the line of the head.
    line: Option<String>,
    /// Whether it has replaced a line of the head.
    is_placed: bool,
}

/// `head` with its lines replaced by those of the same names in `fields`. A field with the value `off` is removed. A
/// field that the head does not have is inserted before `{connection_fields}`, or at the end.
fn with_fields(head: &str, fields: &BTreeMap<String, Template>) -> String {
    let mut set: Vec<SetField> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for (name, value) in fields {
        let line = (value.source() != OFF).then(|| format!("{name}: {}", value.source()));
        // Two keys may differ only in case.
        let at = *by_name.entry(name.to_ascii_lowercase()).or_insert(set.len());
        match set.get_mut(at) {
            Some(field) => field.line = line,
            None => set.push(SetField { line, is_placed: false }),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for line in head.lines() {
        let name = line.split_once(':').map(|(name, _)| name.trim().to_ascii_lowercase());
        match name.and_then(|name| by_name.get(&name)).map(|at| &mut set[*at]) {
            None => lines.push(line.to_owned()),
            Some(field) if field.is_placed => {}
            Some(field) => {
                field.is_placed = true;
                lines.extend(field.line.clone());
            }
        }
    }
    let is_connection_fields = |line: &String| line.trim_start().starts_with("{connection_fields");
    let at = lines.iter().position(is_connection_fields).unwrap_or(lines.len());
    let new = set.into_iter().filter(|field| !field.is_placed);
    lines.splice(at..at, new.filter_map(|field| field.line));
    lines.join("\n")
}

/// `response` with its missing keys taken from the one in `like`, and so on. A variant for a method inherits from its
/// base.
fn filled(name: &str, response: &RawResponse, all: &BTreeMap<String, RawResponse>) -> Result<RawResponse, Mistake> {
    let mut chain = vec![(name, response)];
    while let Some((last, response)) = chain.last()
        && let Some(like) = response.like.as_ref().map(|word| word.0.as_str()).or(base(last))
    {
        let (like, next) = all.get_key_value(like).ok_or_else(|| {
            let meant = did_you_mean(like, all.keys().map(String::as_str));
            mistake(
                &["response", last, "like"],
                format!("there is no response `{like}`: add a table [response.{like}], or name another{meant}"),
            )
        })?;
        let first = chain.iter().position(|(known, _)| known == like);
        chain.push((like, next));
        if let Some(first) = first {
            let shown: Vec<&str> = chain[first..].iter().map(|(name, _)| *name).collect();
            return Err(mistake(
                &["response", name, "like"],
                format!("the responses are `like` each other in a cycle: {}", shown.join(" -> ")),
            ));
        }
    }
    let mut rest = chain.into_iter().rev();
    let Some((mut like, last)) = rest.next() else {
        return Ok(response.clone());
    };
    let mut whole = last.clone();
    for (name, response) in rest {
        whole = with_like(name, response, like, whole, all);
        like = name;
    }
    Ok(whole)
}

/// The response that the name of a variant contains: `404` in `404 HEAD`.
fn base(name: &str) -> Option<&str> {
    name.split_once(' ').map(|(base, _)| base)
}

/// `response` with its missing keys taken from the response `like`, whose missing keys have been filled in already.
fn with_like(
    name: &str,
    response: &RawResponse,
    like: &str,
    like_filled: RawResponse,
    all: &BTreeMap<String, RawResponse>,
) -> RawResponse {
    let mut filled = response::fill(response, like_filled);
    // A name that is a number is the status, even if `like` names a response with another one.
    if response.status.is_none() && name.parse::<u16>().is_ok() {
        filled.status = None;
    }
    if filled.status.is_none() && name.split(' ').next().is_some_and(|n| n.parse::<u16>().is_err()) {
        filled.status = like.split(' ').next().and_then(|n| n.parse().ok());
    }
    if response.reason.is_none() && filled.status != all.get(like).and_then(|o| o.status) && name.parse::<u16>().is_ok()
    {
        filled.reason = None;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_take_the_place_of_lines() {
        let fields = |all: &[(&str, &str)]| {
            let template = |text: &str| Template::parse(text).expect("a template");
            all.iter()
                .map(|(name, value)| ((*name).to_owned(), template(value)))
                .collect()
        };
        let head = "Server: a\nCache-Control: public\nDate: {date}\n{connection_fields}\nETag: {etag}";
        for (set, want) in [
            (&[][..], head),
            (
                &[("Cache-Control", "no-store")],
                "Server: a\nCache-Control: no-store\nDate: {date}\n{connection_fields}\nETag: {etag}",
            ),
            (
                &[("cache-control", "off")],
                "Server: a\nDate: {date}\n{connection_fields}\nETag: {etag}",
            ),
            (
                &[("X-B", "1"), ("a-b", "2"), ("x-B", "3")],
                "Server: a\nCache-Control: public\nDate: {date}\nx-B: 3\na-b: 2\n{connection_fields}\nETag: {etag}",
            ),
            (
                &[("X-A", "{size}"), ("ETag", "off")],
                "Server: a\nCache-Control: public\nDate: {date}\nX-A: {size}\n{connection_fields}",
            ),
        ] {
            assert_eq!(with_fields(head, &fields(set)), want, "{set:?}");
        }
        assert!(check_fields(&fields(&[("a b", "c")])).is_err());
    }

    #[test]
    fn a_long_chain_of_like_is_followed_and_a_cycle_is_shown() {
        let like = |names: &[(&str, &str)]| -> BTreeMap<String, RawResponse> {
            let raw = |like: &str| RawResponse {
                like: Some(Word(like.to_owned())),
                ..RawResponse::default()
            };
            names
                .iter()
                .map(|(name, like)| ((*name).to_owned(), raw(like)))
                .collect()
        };
        let long: Vec<(String, String)> = (410..450).map(|n| (n.to_string(), (n + 1).to_string())).collect();
        let long: Vec<(&str, &str)> = long.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let mut all = like(&long);
        let last = RawResponse {
            close: Some(true),
            ..RawResponse::default()
        };
        all.insert("450".to_owned(), last);
        let first = filled("410", &all["410"], &all).expect("no cycle");
        assert_eq!(first.close, Some(true));
        let all = like(&[("404", "405"), ("405", "406"), ("406", "405")]);
        let said = filled("404", &all["404"], &all).expect_err("a cycle").message;
        assert!(said.ends_with("in a cycle: 405 -> 406 -> 405"), "{said}");
    }
}
