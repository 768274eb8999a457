//! Resolves a profile as written into a valid one.
//!
//! Resolves names, fills in defaults and checks what depends on more than one key. Each table that is more than a copy
//! has its own file.

mod close;
mod connection;
mod digests;
mod faults;
mod files;
mod head;
mod head_texts;
mod methods;
mod names;
mod range;
mod responses;
mod rule;
mod target;
mod timers;

use super::raw::{PipelinedFault, Raw, RawCookie};
use super::template::Template;
use super::types::MediaTypes;
use super::units::{SizeLimit, Span};
use super::{
    CookiePolicy, Hold, LARGEST_TEXT, Multipart, Padding, Profile, Repeated, RequestBodyPolicy, Response, Responses,
    WritePolicy, near, suggestion,
};
use connection::connection_policy;
use files::file_policy;
use head::head_policy;
use methods::methods;
use names::Names;
use range::range_policy;
use responses::responses;
pub(super) use rule::check as check_rule;
use std::sync::Arc;
use std::time::Duration;
use target::target_policy;

/// What is wrong with the value of a key.
#[derive(Debug)]
pub(super) struct Mistake {
    /// The path of the key, from the outermost table.
    pub(super) key: Vec<String>,
    /// What was wrong and what was expected.
    pub(super) message: String,
    /// The keywords that the key accepts, if it accepts the name of a response or a keyword.
    #[cfg_attr(not(test), expect(dead_code, reason = "the schema lists them"))]
    pub(super) keywords: Vec<String>,
}

/// The responses of a profile, with their names. Profiles with equal responses can share them.
#[derive(Debug)]
pub(super) struct ResponseSet {
    all: Arc<[Response]>,
    names: Names,
}

impl ResponseSet {
    pub(super) fn of(raw: &Raw) -> Result<Self, Mistake> {
        let (all, names) = responses(&raw.response, &raw.response_fields, raw.http_version, &raw.rule)?;
        Ok(Self { all: all.into(), names })
    }
}

/// Resolves the profile `name`.
pub(super) fn resolve(name: &str, raw: &Raw) -> Result<Profile, Mistake> {
    head_texts::check(raw)?;
    assembled(name, raw, &ResponseSet::of(raw)?)
}

/// Resolves a profile whose responses are resolved already.
pub(super) fn with_responses(name: &str, raw: &Raw, responses: &ResponseSet) -> Result<Profile, Mistake> {
    head_texts::check(raw)?;
    assembled(name, raw, responses)
}

fn assembled(name: &str, raw: &Raw, responses: &ResponseSet) -> Result<Profile, Mistake> {
    let names = &responses.names;
    let request_body = request_body(raw, names)?;
    Ok(Profile {
        name: name.to_owned(),
        title: raw.title.clone(),
        measured: raw.measured.clone(),
        port: raw.port.unwrap_or(3000),
        server: raw.server.text().to_owned(),
        head: head_policy(raw, names)?,
        read: checked("limits", "read_size", raw.limits.read_size.0, 512, 1 << 20)? as usize,
        first_read: first_bytes("first_read", raw.limits.first_read)?,
        next_read: first_bytes("next_read", raw.limits.next_read)?,
        blank_after_post: raw.limits.blank_after_post.0.unwrap_or(0) as usize,
        repeated: raw.fields.repeated,
        pipelined_fault_discards: raw.parser.pipelined_fault == PipelinedFault::DropEarlier,
        repeated_date: raw.fields.repeated_date.unwrap_or(Repeated::First),
        fold: raw.fields.fold,
        trailing_space: raw.fields.trailing_space,
        methods: methods(raw, names)?,
        target: target_policy(raw, names)?,
        files: file_policy(raw, names)?,
        types: MediaTypes::new(&raw.types.0).map_err(|why| mistake(&["types", "base"], why))?,
        conditions: raw.conditions.clone(),
        range: range_policy(&raw.range, names)?,
        multipart: Multipart {
            content_type: raw.multipart.content_type.clone(),
            boundary: raw.multipart.boundary.clone(),
            part: lines_of(&raw.multipart.part).map_err(|why| mistake(&["multipart", "part"], why))?,
            first_part: lines_of(raw.multipart.first_part.as_ref().unwrap_or(&raw.multipart.part))
                .map_err(|why| mistake(&["multipart", "first_part"], why))?,
            end: raw.multipart.end.clone(),
            parts_before_chunks: raw
                .multipart
                .parts_before_chunks
                .0
                .map(|_| raw.multipart.parts_before_chunks.most()),
        },
        padding: padding(raw)?,
        cookie: cookie(raw)?,
        request_body,
        connection: connection_policy(raw, names)?,
        writes: WritePolicy {
            split_head: raw.writes.split_head.clone(),
            split_page_head: raw.writes.split_page_head.clone(),
            chunk_size: checked("writes", "chunk_size", raw.writes.chunk_size.0, 1, 64 << 20)? as usize,
            cork: raw.writes.cork && waits(raw.writes.body_delay).is_none() && waits(raw.writes.pause).is_none(),
            nodelay: raw.writes.nodelay,
            hold: match raw.writes.hold {
                Some(hold) => Some(Hold {
                    responses: hold.responses,
                    bytes: checked("writes", "hold", hold.bytes.0, 1, 1 << 20)? as usize,
                }),
                None => None,
            },
            changed_file: raw.writes.changed_file,
            delay: waits(raw.writes.delay),
            body_delay: waits(raw.writes.body_delay),
            pause: waits(raw.writes.pause),
            send_timeout: raw.writes.send_timeout.0,
            min_rate: raw.writes.min_rate.0,
            min_rate_after: raw.writes.min_rate_after.0.unwrap_or(Duration::MAX),
        },
        responses: Responses {
            ok: names.required("200")?,
            partial: names.required("206")?,
            not_modified: names.required("304")?,
            precondition_failed: names.required("412")?,
            unsatisfiable: names.required("416")?,
            all: Arc::clone(&responses.all),
        },
        rules: rule::rules(&raw.rule, &raw.response, names)?,
    })
}

/// A number of bytes that must have arrived before they are parsed. At most 24, the length of the HTTP/2 preface.
fn first_bytes(key: &str, limit: SizeLimit) -> Result<usize, Mistake> {
    let bytes = limit.0.unwrap_or(0);
    checked("limits", key, bytes, 0, 24).map(|bytes| bytes as usize)
}

fn request_body(raw: &Raw, names: &Names) -> Result<RequestBodyPolicy, Mistake> {
    let body = &raw.request_body;
    let limit = match (raw.limits.body.0, &body.too_large) {
        (Some(limit), Some(word)) => Some((limit, names.answer(&["request_body", "too_large"], word)?)),
        (Some(_), None) => {
            return Err(mistake(
                &["limits", "body"],
                "expected `request_body.too_large`, too: the response to a larger body, such as 413",
            ));
        }
        (None, _) => None,
    };
    let continue_times = body.expect.times.unwrap_or(1);
    Ok(RequestBodyPolicy {
        both_ends: body.close_after_both,
        read: body.read,
        send_continue: body.expect.send_continue,
        continue_times,
        continue_without_body: body.expect.without_body,
        continue_before_faults: faults::listed(
            &["request_body", "expect", "before_faults"],
            &body.expect.before_faults,
        )?,
        look_first: body.check_arrived,
        before_end: body.read_before_close,
        broken: body.broken,
        continue_unsent_ends: body.expect.close_unsent,
        continue_times_old: body.expect.times_http10.unwrap_or(0),
        continue_times_padded: body.expect.times_padded.unwrap_or(continue_times),
        limit,
    })
}

fn padding(raw: &Raw) -> Result<Padding, Mistake> {
    let times = raw.padding.times.unwrap_or(1).min(1000);
    let bytes = raw.padding.text.len().saturating_mul(times);
    checked("padding", "text", bytes as u64, 0, LARGEST_TEXT as u64)?;
    Ok(Padding {
        text: raw.padding.text.repeat(times),
        agents: raw.padding.agents.clone(),
    })
}

fn cookie(raw: &Raw) -> Result<Option<CookiePolicy>, Mistake> {
    let RawCookie { name, lengths, max_age } = &raw.cookie;
    let name = name.text();
    if name.is_empty() {
        return Ok(None);
    }
    if lengths.is_empty() || lengths.iter().any(|length| !(1..=256).contains(length)) {
        return Err(mistake(
            &["cookie", "lengths"],
            format!("got {lengths:?}; expected the lengths of a good value, 1 to 256 each, such as [32, 64]"),
        ));
    }
    let Some(max_age) = max_age.0 else {
        return Err(mistake(
            &["cookie", "max_age"],
            "got \"off\"; expected a time, such as \"1h\"",
        ));
    };
    Ok(Some(CookiePolicy {
        name: name.to_owned(),
        lengths: lengths.clone(),
        max_age_secs: i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX),
    }))
}

/// A delay; `None` if it is zero or `off`.
fn waits(span: Span) -> Option<Duration> {
    span.0.filter(|time| !time.is_zero())
}

fn mistake(key: &[&str], message: impl Into<String>) -> Mistake {
    Mistake {
        key: key.iter().map(|k| (*k).to_owned()).collect(),
        message: message.into(),
        keywords: Vec::new(),
    }
}

fn checked(table: &str, key: &str, value: u64, least: u64, most: u64) -> Result<u64, Mistake> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(mistake(
        &[table, key],
        format!(
            "got {value}; expected {least} to {most} bytes, such as `{key} = {}`",
            8192.clamp(least, most)
        ),
    ))
}

/// `; did you mean ...?` if `name` resembles a known name; otherwise empty. Also empty for a number: an unknown status
/// code is not a misspelling of a known one.
fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    if name.parse::<u16>().is_ok() {
        return String::new();
    }
    suggestion(near(name, known))
}

/// A template split after each line terminator, because each line is rendered or left out separately.
fn lines_of(template: &Template) -> Result<Vec<Template>, String> {
    template.source().split_inclusive('\n').map(Template::parse).collect()
}
