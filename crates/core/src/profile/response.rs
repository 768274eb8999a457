//! A response as a profile describes it, with compiled templates for the reason phrase, the head and the body.

use super::LARGEST_TEXT;
use super::raw::{CloseStyle, ConnectionFields, LengthForHead, RawResponse, ReadBody, StatusVersion};
use super::template::{Filter, Placeholder, Template, Values, breaks_line};
use crate::http1::{ResponseId, Version, status};

/// One `[response]` table, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its name in the profile.
    pub name: String,
    /// The status code.
    pub status: u16,
    /// What the body is.
    pub entity: Entity,
    /// Whether the body is sent in chunks.
    pub chunked: bool,
    /// Whether `chunked` applies only if the connection persists.
    pub chunked_if_kept: bool,
    /// The value of `{content_length}` in a response to HEAD.
    pub length_for_head: LengthForHead,
    /// Whether the head is left out.
    pub no_head: bool,
    /// Whether the body is sent even in response to HEAD.
    pub body_for_head: bool,
    /// How the head is split into writes; `None`: as in `[writes]`.
    pub split_head: Option<Vec<usize>>,
    /// Whether the connection is closed after it; `None`: depends on the request.
    pub close: Option<bool>,
    /// The lines of `{connection_fields}`; `None`: they match what happens to the connection.
    pub connection_fields: Option<ConnectionFields>,
    /// How many requests it counts for.
    pub counts: u64,
    /// When the request's body is read; `None`: as in `[request_body]`.
    pub read_body: Option<ReadBody>,
    /// The response that replaces it for a request with a body.
    pub with_body: Option<ResponseId>,
    /// The response to a request that would get this one, but whose body has malformed chunks.
    pub with_broken_body: Option<ResponseId>,
    /// The same for a body with malformed trailers.
    pub with_broken_trailers: Option<ResponseId>,
    /// The response that replaces this one if a chunk of the request is too large.
    pub with_large_chunk: Option<ResponseId>,
    /// Whether `100 Continue` may be sent before it.
    pub send_continue: bool,
    /// How the connection is closed after it; `None`: as in `[close]`.
    pub close_with: Option<CloseStyle>,
    /// The responses that replace it for certain methods.
    pub variants: Vec<(Vec<u8>, ResponseId)>,
    reason: Template,
    lines: Vec<Template>,
    /// The status line and the lines, prepared for writing.
    head: Vec<HeadPart>,
}

/// A part of a head, prepared for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HeadPart {
    /// The version of the status line: that of the request.
    Version,
    /// The rest of the status line, after its version.
    Status,
    /// Lines that are the same in every response, with their terminators.
    Fixed(Vec<u8>),
    /// A field line.
    Field(Template),
    /// The lines of `{connection_fields}`.
    ConnectionFields,
    /// The same, in reverse order.
    ConnectionFieldsReversed,
}

impl HeadPart {
    /// The parts of a head. Neighbouring lines without placeholders are joined once, so that rendering copies them in
    /// one step.
    fn of(version: StatusVersion, status: u16, reason: &Template, lines: &[Template]) -> Vec<Self> {
        let fixed = version.fixed().unwrap_or_default();
        let (mut parts, mut line) = match fixed {
            [] => (vec![Self::Version], Vec::new()),
            _ => (Vec::new(), fixed.to_vec()),
        };
        match reason.fixed() {
            Some(reason) => {
                write_status(status, &mut line, |out| out.extend_from_slice(reason));
                parts.push(Self::Fixed(line));
            }
            None if line.is_empty() => parts.push(Self::Status),
            None => parts.extend([Self::Fixed(line), Self::Status]),
        }
        for line in lines {
            match (line.fixed(), parts.last_mut()) {
                (Some(_), Some(Self::Fixed(text))) => line.render_line(&NoValues, text),
                (Some(_), _) => {
                    let mut text = Vec::new();
                    line.render_line(&NoValues, &mut text);
                    parts.push(Self::Fixed(text));
                }
                (None, _) if line.is_just(Placeholder::ConnectionFields) => parts.push(Self::ConnectionFields),
                (None, _) if line.is_just_filtered(Placeholder::ConnectionFields, Filter::Reversed) => {
                    parts.push(Self::ConnectionFieldsReversed);
                }
                (None, _) => parts.push(Self::Field(line.clone())),
            }
        }
        parts
    }
}

/// The values of a template without placeholders.
struct NoValues;

impl Values for NoValues {
    fn number(&self, _: Placeholder) -> Option<i128> {
        None
    }
    fn text(&self, _: Placeholder, _: &mut Vec<u8>) -> bool {
        false
    }
}

/// Writes the status line from the space after its version.
fn write_status(status: u16, out: &mut Vec<u8>, write_reason: impl FnOnce(&mut Vec<u8>)) {
    out.push(b' ');
    crate::http1::text::decimal(u64::from(status), out);
    out.push(b' ');
    let start = out.len();
    write_reason(out);
    if breaks_line(&out[start..]) {
        out.truncate(start);
    }
    out.extend_from_slice(b"\r\n");
}

/// What the body of a response is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entity {
    /// There is no body.
    None,
    /// A page of the profile.
    Page(Template),
    /// The file, or the requested ranges of it.
    File,
}

/// The page with its title and text filled in, and with the line terminators that are sent.
fn entity_page(page: &Template, raw: &RawResponse) -> Result<Template, String> {
    let mut source = page.source().to_owned();
    for (name, text) in [
        // The text may contain the title.
        ("text", &raw.text),
        ("title", &raw.title),
    ] {
        let times = source.matches(&format!("{{{name}}}")).count();
        if times > 0 {
            let text = text
                .as_ref()
                .ok_or_else(|| format!("expected a `{name}`, because the `body` contains {{{name}}}"))?;
            let bytes = source.len().saturating_add(times.saturating_mul(text.source().len()));
            if bytes > LARGEST_TEXT {
                return Err(format!(
                    "expected a page of at most {LARGEST_TEXT} bytes; with {times} times {{{name}}} in it, it has {bytes}"
                ));
            }
            source = source.replace(&format!("{{{name}}}"), text.source());
        }
    }
    if raw.crlf == Some(true) {
        source = source.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Template::parse(&source)
}

impl Response {
    /// Compiles `raw`. The keys of `like` must have been filled in.
    ///
    /// # Errors
    /// The key that is wrong, and why.
    pub(super) fn new(name: &str, raw: &RawResponse) -> Result<Self, (&'static str, String)> {
        let number = name.split(' ').next().unwrap_or_default().parse().ok();
        let status = raw.status.or(number).ok_or_else(|| {
            let message = "expected a `status`, because the name of this response is not a number";
            ("status", message.to_owned())
        })?;
        if !(200..=599).contains(&status) {
            return Err(("status", format!("expected a status from 200 to 599, got {status}")));
        }
        let entity = match (&raw.body, raw.file.unwrap_or(false)) {
            (Some(_), true) => {
                let message = "expected either `body` or `file = true`, got both";
                return Err(("body", message.to_owned()));
            }
            (None, true) => Entity::File,
            (Some(page), false) => Entity::Page(entity_page(page, raw).map_err(|why| ("body", why))?),
            (None, false) => Entity::None,
        };
        let reason = match &raw.reason {
            Some(reason) => reason.clone(),
            None => Template::parse(status::reason(status)).map_err(|why| ("reason", why))?,
        };
        let lines = head_lines(raw)?;
        Ok(Self {
            head: HeadPart::of(raw.http_version.unwrap_or_default(), status, &reason, &lines),
            name: name.to_owned(),
            status,
            entity,
            chunked: raw.chunked.unwrap_or(false),
            chunked_if_kept: raw.chunked_if_kept.unwrap_or(false),
            length_for_head: raw.length_for_head.unwrap_or_default(),
            no_head: raw.no_head.unwrap_or(false),
            body_for_head: raw.body_for_head.unwrap_or(false),
            split_head: raw.split_head.clone(),
            close: raw.close,
            connection_fields: raw.connection_fields,
            counts: raw.request_count.unwrap_or(1),
            read_body: raw.read_body,
            with_body: None,
            with_broken_body: None,
            with_broken_trailers: None,
            with_large_chunk: None,
            send_continue: raw.send_continue.unwrap_or(true),
            close_with: raw.close_with,
            variants: Vec::new(),
            reason,
            lines,
        })
    }

    /// Writes the head: status line, field lines, empty line. `asked` is the version that the request is treated as;
    /// `None` without a request. `connection_fields` are the lines of `{connection_fields}`.
    pub fn render_head(
        &self,
        values: &impl Values,
        asked: Option<Version>,
        connection_fields: &[Template],
        out: &mut Vec<u8>,
    ) {
        for part in &self.head {
            match part {
                HeadPart::Version => out.extend_from_slice(StatusVersion::as_asked(asked)),
                HeadPart::Status => write_status(self.status, out, |out| self.write_reason(values, out)),
                HeadPart::Fixed(text) => out.extend_from_slice(text),
                HeadPart::Field(line) => line.render_line(values, out),
                HeadPart::ConnectionFields => connection_fields.iter().for_each(|line| line.render_line(values, out)),
                HeadPart::ConnectionFieldsReversed => connection_fields
                    .iter()
                    .rev()
                    .for_each(|line| line.render_line(values, out)),
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Writes the reason phrase. `{reason}` in it stands for the registered phrase.
    pub fn write_reason(&self, values: &impl Values, out: &mut Vec<u8>) {
        if self.reason.asks_for(Placeholder::Reason) {
            out.extend_from_slice(status::reason(self.status).as_bytes());
        } else {
            self.reason.render(values, out);
        }
    }

    /// Whether the head has a Content-Length line.
    pub fn has_length_field(&self) -> bool {
        let is_length = |line: &Template| {
            let name = line.source().split(':').next().unwrap_or_default();
            name.eq_ignore_ascii_case("content-length")
        };
        self.lines.iter().any(is_length)
    }

    /// How many bytes its head and its page have in the profile.
    pub(super) fn text_bytes(&self) -> usize {
        let page = match &self.entity {
            Entity::Page(page) => page.source().len(),
            Entity::None | Entity::File => 0,
        };
        self.lines().map(str::len).sum::<usize>() + page
    }

    /// The sources of the head's lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(Template::source)
    }

    /// The head's lines.
    pub fn templates(&self) -> &[Template] {
        &self.lines
    }

    /// The source of the reason phrase.
    pub fn reason(&self) -> &str {
        self.reason.source()
    }
}

/// The line of a head that is replaced by the response's `fields`.
const OWN_FIELDS: &str = "{fields}";

/// The lines of a head. The error lists all lines that are wrong.
fn head_lines(raw: &RawResponse) -> Result<Vec<Template>, (&'static str, String)> {
    let own = raw.fields.as_deref().unwrap_or_default();
    let head = raw.head.as_deref().unwrap_or_default();
    let lines = head.lines().flat_map(|line| match line.trim() {
        OWN_FIELDS => own.lines().map(|line| ("fields", line.trim())).collect(),
        line => vec![("head", line)],
    });
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for (key, line) in lines.filter(|(_, line)| !line.is_empty()) {
        match head_line(line) {
            Ok(line) => good.push(line),
            Err(why) => wrong.push((key, why)),
        }
    }
    let Some((key, _)) = wrong.first() else {
        return Ok(good);
    };
    let all: Vec<&str> = wrong.iter().map(|(_, why)| why.as_str()).collect();
    Err((key, all.join("; ")))
}

fn head_line(line: &str) -> Result<Template, String> {
    let template = Template::parse(line).map_err(|why| format!("in the head line `{line}`: {why}"))?;
    let is_field = line
        .split_once(':')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(crate::http1::field::is_token));
    if is_field
        || template.is_just(Placeholder::ConnectionFields)
        || template.is_just_filtered(Placeholder::ConnectionFields, Filter::Reversed)
    {
        return Ok(template);
    }
    Err(format!(
        "expected `Name: value` or `{{connection_fields}}`, got `{line}`"
    ))
}

/// `raw` with the keys of `like` where it has none.
pub(super) fn fill(raw: &RawResponse, like: RawResponse) -> RawResponse {
    RawResponse {
        like: None,
        status: raw.status.or(like.status),
        http_version: raw.http_version.or(like.http_version),
        reason: raw.reason.clone().or(like.reason),
        head: raw.head.clone().or(like.head),
        fields: raw.fields.clone().or(like.fields),
        body: raw
            .body
            .clone()
            .or(if raw.file == Some(true) { None } else { like.body }),
        title: raw.title.clone().or(like.title),
        crlf: raw.crlf.or(like.crlf),
        text: raw.text.clone().or(like.text),
        file: raw.file.or(if raw.body.is_some() { None } else { like.file }),
        chunked: raw.chunked.or(like.chunked),
        chunked_if_kept: raw.chunked_if_kept.or(like.chunked_if_kept),
        length_for_head: raw.length_for_head.or(like.length_for_head),
        no_head: raw.no_head.or(like.no_head),
        body_for_head: raw.body_for_head.or(like.body_for_head),
        split_head: raw.split_head.clone().or(like.split_head),
        close: raw.close.or(like.close),
        connection_fields: raw.connection_fields.or(like.connection_fields),
        request_count: raw.request_count.or(like.request_count),
        with_body: raw.with_body.clone().or(like.with_body),
        with_broken_body: raw.with_broken_body.clone().or(like.with_broken_body),
        with_broken_trailers: raw.with_broken_trailers.clone().or(like.with_broken_trailers),
        with_large_chunk: raw.with_large_chunk.clone().or(like.with_large_chunk),
        read_body: raw.read_body.or(like.read_body),
        send_continue: raw.send_continue.or(like.send_continue),
        close_with: raw.close_with.or(like.close_with),
    }
}
