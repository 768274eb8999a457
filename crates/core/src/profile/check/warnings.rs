//! Values that a profile may have but that are probably wrong.

use crate::profile::raw::{Raw, RawResponse};
use crate::profile::schema::{Key, Kind, Schema};
use crate::profile::{Entity, Profile, Response};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// A key whose value is probably wrong.
#[derive(Debug)]
pub struct Warning {
    /// The key, from its outermost table.
    pub key: Vec<String>,
    /// What is odd, and what to do about it.
    pub message: String,
}

/// The values that are probably wrong in a profile: `raw` as written and with all defaults, `effective` the same as a
/// table.
pub(in crate::profile) fn warnings(profile: &Profile, raw: &Raw, effective: &Table) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for response in profile.responses.all.iter() {
        warnings.extend(of_response(response));
    }
    warnings.extend(etag(profile));
    warnings.extend(announcement(profile));
    warnings.extend(unreachable(raw, effective));
    // Responses inherit keys. Keep only warnings about responses and keys that the profile writes.
    let written = |warning: &Warning| match warning.key.as_slice() {
        [table, name, key] if table == "response" => raw.response.get(name).is_some_and(|r| has(r, key)),
        [table, name] if table == "response" => raw.response.contains_key(name),
        _ => true,
    };
    warnings.retain(written);
    warnings
}

/// Whether the profile writes this key in the response; for `head`, also if another response supplies it (`like`).
fn has(response: &RawResponse, key: &str) -> bool {
    match key {
        "head" => response.head.is_some() || response.like.is_some(),
        _ => true,
    }
}

fn warning(key: &[&str], message: String) -> Warning {
    Warning {
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        message,
    }
}

fn of_response(response: &Response) -> Vec<Warning> {
    let (name, status) = (response.name.as_str(), response.status);
    let value = |field: &str| {
        response.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(field).then(|| value.trim().to_owned())
        })
    };
    let mut warnings = Vec::new();
    let mut head = |message: String| warnings.push(warning(&["response", name, "head"], message));
    if matches!(status, 301 | 302 | 303 | 307 | 308) && value("Location").is_none() && !response.no_head {
        head(format!(
            "a {status} without a Location line leads nowhere; add one, such as `Location: {{path:encode}}/`"
        ));
    }
    if status == 405 && value("Allow").is_none() && !response.no_head {
        head("RFC 9110 section 15.5.6 requires a 405 to have an Allow line; add `Allow: {allow}`".to_owned());
    }
    // Without a body, 0 is the length.
    let has_body = response.entity != Entity::None;
    let is_fixed = |length: &String| length.bytes().all(|b| b.is_ascii_digit()) && (has_body || length != "0");
    if let Some(length) = value("Content-Length").filter(is_fixed) {
        head(format!(
            "Content-Length is always {length}, whatever the body is; write `Content-Length: {{content_length}}`"
        ));
    }
    if let Some(tag) = value("ETag").filter(|tag| tag != "{etag}" && !is_quoted(tag)) {
        head(format!(
            "an entity tag has double quotes; write `ETag: \"{}\"`",
            tag.trim_matches('"')
        ));
    }
    if name == "200" && !has_body {
        let message = "a 200 without `file = true` and without `body` sends no content; add `file = true`";
        warnings.push(warning(&["response", name], message.to_owned()));
    }
    warnings
}

fn is_quoted(tag: &str) -> bool {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"')
}

fn etag(profile: &Profile) -> Option<Warning> {
    let tag = profile.files.etag.as_ref()?.source();
    (!is_quoted(tag)).then(|| {
        let quoted = format!("'\"{}\"'", tag.trim_matches('"'));
        warning(
            &["files", "etag"],
            format!("an entity tag has double quotes, which are part of it; write `etag = {quoted}`"),
        )
    })
}

/// A `Keep-Alive: timeout` that is not the time after which an idle connection is closed.
fn announcement(profile: &Profile) -> Option<Warning> {
    let announced = profile.connection.keep_fields.iter().find_map(|line| {
        let (name, value) = line.source().split_once(':')?;
        let parameters = name.trim().eq_ignore_ascii_case("keep-alive").then_some(value)?;
        parameters
            .split(',')
            .find_map(|parameter| parameter.trim().strip_prefix("timeout=")?.trim().parse::<u64>().ok())
    })?;
    let idle = profile.connection.timers.idle.after;
    if profile.connection.persistent && idle.map(|idle| idle.as_secs()) == Some(announced) {
        return None;
    }
    let kept = match idle {
        Some(idle) => format!("closed after {}", crate::profile::units::Span(Some(idle))),
        None => "never closed".to_owned(),
    };
    Some(warning(
        &["connection", "fields", "keep"],
        format!(
            "`timeout={announced}` is announced, but an idle connection is {kept}; make both the same, unless the server \
             really differs: `timers.idle = \"{announced}s\"`"
        ),
    ))
}

/// Responses that nothing can lead to.
fn unreachable(raw: &Raw, effective: &Table) -> Vec<Warning> {
    let mut named: BTreeSet<String> = SENT_ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    for (name, key) in &Schema::profile().root.named {
        if let Some(value) = effective.get(name) {
            collect(key, value, &mut named);
        }
    }
    let base = |name: &str| name.split(' ').next().unwrap_or_default().to_owned();
    let is_out_of_reach = |name: &&String| !named.contains(*name) && !named.contains(&base(name));
    let message = |name: &String| {
        warning(
            &["response", name],
            format!(
                "no key leads to this response, so it is never sent; name it where it belongs, such as `files.missing = {name:?}`"
            ),
        )
    };
    raw.response.keys().filter(is_out_of_reach).map(message).collect()
}

/// The responses that labserve sends without a key that names them.
const SENT_ALWAYS: [&str; 13] = [
    "200", "206", "304", "400", "405", "412", "414", "416", "417", "431", "501", "503", "505",
];

/// Collects the responses that the value of a key names.
fn collect(key: &Key, value: &Value, named: &mut BTreeSet<String>) {
    match (&key.kind, value) {
        (Kind::Response | Kind::Rule(_), Value::String(name)) => {
            named.insert(name.clone());
        }
        (Kind::Response | Kind::Rule(_), Value::Integer(name)) => {
            named.insert(name.to_string());
        }
        (Kind::Table(keys) | Kind::Timer(keys) | Kind::Rule(keys) | Kind::Short(_, keys), Value::Table(table)) => {
            for (name, value) in table {
                if let Some(key) = keys.get(name) {
                    collect(key, value, named);
                }
            }
        }
        _ => {}
    }
}
