//! `[response]` and `[fields]`: fills in what responses leave out, and links those that replace each other.

use super::names::Names;
use super::{Mistake, did_you_mean, mistake};
use crate::http1::field::is_token;
use crate::profile::raw::RawResponse;
use crate::profile::response::{self, Response};
use crate::profile::template::Template;
use crate::profile::units::Word;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The responses that a profile has without defining them.
static DEFAULTS: LazyLock<BTreeMap<String, RawResponse>> = LazyLock::new(|| {
    toml::from_str(include_str!("responses.toml")).unwrap_or_else(|why| unreachable!("responses.toml: {why}"))
});

/// The responses of a profile, and their names.
pub(super) fn responses(
    raw: &BTreeMap<String, RawResponse>,
    fields: &BTreeMap<String, Template>,
) -> Result<(Vec<Response>, Names), Mistake> {
    check_fields(fields)?;
    let (mut all, mut instead) = (Vec::new(), Vec::new());
    let mut raw = raw.clone();
    for (name, response) in &*DEFAULTS {
        raw.entry(name.clone()).or_insert_with(|| response.clone());
    }
    for (name, response) in &raw {
        let mut filled = filled(name, response, &raw, 0).map_err(|why| mistake(&["response", name, "like"], why))?;
        if name.split(' ').next().is_some_and(|base| ABOUT_CONTENT.contains(&base)) {
            filled.head = filled.head.map(|head| with_fields(&head, fields));
        }
        instead.push((filled.with_body.clone(), filled.with_broken_body.clone()));
        all.push(Response::new(name, &filled).map_err(|why| mistake(&["response", name], why))?);
    }
    let names = Names::of(&all);
    for (response, (with_body, with_broken_body)) in all.iter_mut().zip(instead) {
        let named = |key: &str, word: Option<Word>| match word {
            None => Ok(None),
            Some(Word(word)) => names.get(&word).map(Some).ok_or_else(|| {
                mistake(
                    &["response", &response.name, key],
                    format!("there is no response `{word}`: add a table [response.{word}], or name another"),
                )
            }),
        };
        let with_body = named("with_body", with_body)?;
        let with_broken_body = named("with_broken_body", with_broken_body)?;
        (response.with_body, response.with_broken_body) = (with_body, with_broken_body);
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
        all[base].variants.push((method.as_bytes().to_vec(), variant));
    }
    Ok((all, names))
}

/// The responses that `[fields]` applies to.
const ABOUT_CONTENT: [&str; 3] = ["200", "206", "304"];

fn check_fields(fields: &BTreeMap<String, Template>) -> Result<(), Mistake> {
    for (name, value) in fields {
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(mistake(
                &["fields", name],
                format!("expected the name of a field, such as Cache-Control, got `{name}`"),
            ));
        }
        if value.source().contains(['\r', '\n']) {
            return Err(mistake(&["fields", name], "expected a value on one line"));
        }
    }
    Ok(())
}

/// `head` with `fields` in place of its own lines of the same names. A field with an empty value is removed. A field
/// that the head does not have is inserted before `{connection_fields}`, or at the end.
fn with_fields(head: &str, fields: &BTreeMap<String, Template>) -> String {
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    for (name, value) in fields {
        let is_it = |line: &String| {
            line.split_once(':')
                .is_some_and(|(n, _)| n.trim().eq_ignore_ascii_case(name))
        };
        let at = lines.iter().position(is_it);
        lines.retain(|line| !is_it(line));
        if !value.source().is_empty() {
            let says = lines
                .iter()
                .position(|line| line.trim_start().starts_with("{connection_fields"));
            let at = at.or(says).unwrap_or(lines.len()).min(lines.len());
            lines.insert(at, format!("{name}: {}", value.source()));
        }
    }
    lines.join("\n")
}

/// `response` with what it leaves out taken from the one in `like`. A variant for a method is like its base.
fn filled(
    name: &str,
    response: &RawResponse,
    all: &BTreeMap<String, RawResponse>,
    depth: usize,
) -> Result<RawResponse, String> {
    let base = name.split_once(' ').map(|(base, _)| base);
    let Some(like) = response.like.as_ref().map(|w| w.0.as_str()).or(base) else {
        return Ok(response.clone());
    };
    if depth > 8 {
        return Err("the responses are `like` each other in a cycle; expected a chain of at most 8".into());
    }
    let other = all.get(like).ok_or_else(|| {
        let meant = did_you_mean(like, all.keys().map(String::as_str));
        format!("there is no response `{like}`: add a table [response.{like}], or name another{meant}")
    })?;
    let mut filled = response::fill(response, &filled(like, other, all, depth + 1)?);
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
    Ok(filled)
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
                &[("cache-control", "")],
                "Server: a\nDate: {date}\n{connection_fields}\nETag: {etag}",
            ),
            (
                &[("X-A", "{size}"), ("ETag", "")],
                "Server: a\nCache-Control: public\nDate: {date}\nX-A: {size}\n{connection_fields}",
            ),
        ] {
            assert_eq!(with_fields(head, &fields(set)), want, "{set:?}");
        }
        assert!(check_fields(&fields(&[("a b", "c")])).is_err());
        assert!(check_fields(&fields(&[("A", "c\r\nB: d")])).is_err());
    }
}
