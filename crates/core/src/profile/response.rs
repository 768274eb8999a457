//! A response as a profile describes it: compiled templates for reason, head and body.

use super::raw::{CloseStyle, ConnectionFields, LengthForHead, RawResponse, ReadBody};
use super::template::{Filter, Placeholder, Template, Values};
use crate::http1::{ResponseId, status};

/// One `[response]` table, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its name in the profile.
    pub name: String,
    /// The status.
    pub status: u16,
    /// What the body is.
    pub entity: Entity,
    /// Whether the body is sent in chunks.
    pub chunked: bool,
    /// Whether that holds only where the connection is kept.
    pub chunked_if_kept: bool,
    /// What `{content_length}` is in a reply to HEAD.
    pub length_for_head: LengthForHead,
    /// Whether the head is left out.
    pub no_head: bool,
    /// Whether the body is sent even to HEAD.
    pub body_for_head: bool,
    /// How its head is written, if not as usual.
    pub split_head: Option<Vec<usize>>,
    /// Whether the connection ends after it; `None` if that depends on the request.
    pub close: Option<bool>,
    /// What is said of the connection, if that is not what becomes of it.
    pub connection_fields: Option<ConnectionFields>,
    /// How many requests it counts for.
    pub counts: u64,
    /// When the request's body is read, if not as usual.
    pub read_body: Option<ReadBody>,
    /// The response that takes its place for a request with a body.
    pub with_body: Option<ResponseId>,
    /// Whether `100 Continue` may come before it.
    pub continues: bool,
    /// The style of the end after it.
    pub close_with: Option<CloseStyle>,
    /// The responses that take its place for certain methods.
    pub variants: Vec<(Vec<u8>, ResponseId)>,
    reason: Template,
    lines: Vec<Template>,
    /// Reason and lines as they are written.
    head: Vec<HeadPart>,
}

/// A part of a head as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HeadPart {
    /// The status line.
    Status,
    /// Lines that are the same in every reply, with their ends.
    Fixed(Vec<u8>),
    /// A field line.
    Field(Template),
    /// The lines about the connection.
    ConnectionFields,
    /// The same, the last first.
    ConnectionFieldsReversed,
}

impl HeadPart {
    /// The parts of a head. What every reply has in common is put together once, and then copied.
    fn of(status: u16, reason: &Template, lines: &[Template]) -> Vec<HeadPart> {
        let mut parts = vec![match reason.fixed() {
            Some(reason) => {
                let mut line = Vec::new();
                write_status_line(status, &mut line, |out| out.extend_from_slice(reason));
                HeadPart::Fixed(line)
            }
            None => HeadPart::Status,
        }];
        for line in lines {
            match (line.fixed(), parts.last_mut()) {
                (Some(_), Some(HeadPart::Fixed(text))) => render_line(line, &NoValues, text),
                (Some(_), _) => {
                    let mut text = Vec::new();
                    render_line(line, &NoValues, &mut text);
                    parts.push(HeadPart::Fixed(text));
                }
                (None, _) if line.is_just(Placeholder::ConnectionFields) => parts.push(HeadPart::ConnectionFields),
                (None, _) if line.is_just_filtered(Placeholder::ConnectionFields, Filter::Reversed) => {
                    parts.push(HeadPart::ConnectionFieldsReversed);
                }
                (None, _) => parts.push(HeadPart::Field(line.clone())),
            }
        }
        parts
    }
}

/// The values of a template that asks for none.
struct NoValues;

impl Values for NoValues {
    fn number(&self, _: Placeholder) -> Option<u64> {
        None
    }
    fn text(&self, _: Placeholder, _: &mut Vec<u8>) -> bool {
        false
    }
}

fn write_status_line(status: u16, out: &mut Vec<u8>, write_reason: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"HTTP/1.1 ");
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
    /// Nothing.
    None,
    /// A page of the profile's.
    Page(Template),
    /// The file, or the ranges of it that were asked for.
    File,
}

/// A page with its text in it, and its line ends as they are sent.
fn entity_page(page: &Template, raw: &RawResponse) -> Result<Template, String> {
    let mut source = page.source().to_owned();
    for (placeholder, name, text) in [
        (Placeholder::Title, "title", &raw.title),
        (Placeholder::Text, "text", &raw.text),
    ] {
        if page.asks_for(placeholder) {
            let text = text
                .as_ref()
                .ok_or_else(|| format!("it needs a `{name}`, because its `body` asks for it"))?;
            source = source.replace(&format!("{{{name}}}"), text.source());
        }
    }
    if raw.crlf == Some(true) {
        source = source.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Template::parse(&source)
}

impl Response {
    /// Compiles `raw`, in which the keys of `like` have been filled in already.
    pub(super) fn new(name: &str, raw: &RawResponse) -> Result<Response, String> {
        let number = name.split(' ').next().unwrap_or_default().parse().ok();
        let status = raw
            .status
            .or(number)
            .ok_or("it needs a `status`, because its name is no number")?;
        if !(200..=599).contains(&status) {
            return Err(format!("expected a status from 200 to 599, got {status}"));
        }
        let entity = match (&raw.body, raw.file.unwrap_or(false)) {
            (Some(_), true) => return Err("it has both a `body` and `file = true`".into()),
            (None, true) => Entity::File,
            (Some(page), false) => Entity::Page(entity_page(page, raw)?),
            (None, false) => Entity::None,
        };
        let reason = match &raw.reason {
            Some(reason) => reason.clone(),
            None => Template::parse(status::reason(status))?,
        };
        let lines = raw
            .head
            .as_deref()
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.trim().is_empty());
        let lines: Vec<Template> = lines.map(|line| head_line(line.trim())).collect::<Result<_, _>>()?;
        Ok(Response {
            head: HeadPart::of(status, &reason, &lines),
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
            counts: raw.counts.unwrap_or(1),
            read_body: raw.read_body,
            with_body: None,
            continues: raw.continues.unwrap_or(true),
            close_with: raw.close_with,
            variants: Vec::new(),
            reason,
            lines,
        })
    }

    /// Writes the head: status line, field lines, empty line. `says` stands where the head asks for `{connection_fields}`.
    pub fn render_head(&self, values: &impl Values, says: &[Template], out: &mut Vec<u8>) {
        for part in &self.head {
            match part {
                HeadPart::Status => write_status_line(self.status, out, |out| self.write_reason(values, out)),
                HeadPart::Fixed(text) => out.extend_from_slice(text),
                HeadPart::Field(line) => render_line(line, values, out),
                HeadPart::ConnectionFields => says.iter().for_each(|said| render_line(said, values, out)),
                HeadPart::ConnectionFieldsReversed => says.iter().rev().for_each(|said| render_line(said, values, out)),
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Writes the reason phrase; one that asks for itself is the registered one.
    pub fn write_reason(&self, values: &impl Values, out: &mut Vec<u8>) {
        if self.reason.asks_for(Placeholder::Reason) {
            out.extend_from_slice(status::reason(self.status).as_bytes());
        } else {
            self.reason.render(values, out);
        }
    }

    /// Whether the head says how long the body is.
    pub fn has_length_field(&self) -> bool {
        let is_length = |line: &Template| {
            let name = line.source().split(':').next().unwrap_or_default();
            name.eq_ignore_ascii_case("content-length")
        };
        self.lines.iter().any(is_length)
    }

    /// The head's lines as templates, for listings.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(Template::source)
    }

    /// The head's lines as compiled templates.
    pub fn templates(&self) -> &[Template] {
        &self.lines
    }

    /// The reason phrase's template, for listings.
    pub fn reason(&self) -> &str {
        self.reason.source()
    }
}

/// Whether a text must not stand in a line: a file's name, or a target that a server lets pass, may hold a line end, or a
/// NUL, which ends the text for some readers.
fn breaks_line(text: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, text).is_some()
}

fn render_line(line: &Template, values: &impl Values, out: &mut Vec<u8>) {
    let start = out.len();
    if !line.render(values, out) {
        return;
    }
    if breaks_line(&out[start..]) {
        out.truncate(start);
        return;
    }
    out.extend_from_slice(b"\r\n");
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

/// Fills in the keys that `raw` leaves out from `like`.
pub(super) fn fill(raw: &RawResponse, like: &RawResponse) -> RawResponse {
    RawResponse {
        like: None,
        status: raw.status.or(like.status),
        reason: raw.reason.clone().or_else(|| like.reason.clone()),
        head: raw.head.clone().or_else(|| like.head.clone()),
        body: raw.body.clone().or_else(|| {
            if raw.file == Some(true) {
                None
            } else {
                like.body.clone()
            }
        }),
        title: raw.title.clone().or_else(|| like.title.clone()),
        crlf: raw.crlf.or(like.crlf),
        text: raw.text.clone().or_else(|| like.text.clone()),
        file: raw.file.or(if raw.body.is_some() { None } else { like.file }),
        chunked: raw.chunked.or(like.chunked),
        chunked_if_kept: raw.chunked_if_kept.or(like.chunked_if_kept),
        length_for_head: raw.length_for_head.or(like.length_for_head),
        no_head: raw.no_head.or(like.no_head),
        body_for_head: raw.body_for_head.or(like.body_for_head),
        split_head: raw.split_head.clone().or_else(|| like.split_head.clone()),
        close: raw.close.or(like.close),
        connection_fields: raw.connection_fields.or(like.connection_fields),
        counts: raw.counts.or(like.counts),
        with_body: raw.with_body.clone().or_else(|| like.with_body.clone()),
        read_body: raw.read_body.or(like.read_body),
        continues: raw.continues.or(like.continues),
        close_with: raw.close_with.or(like.close_with),
    }
}
