//! The responses of a recording, each with the values of its request, and with its lines in the form of templates.

use super::exam::Exam;
use super::messages::{self, Message};
use super::values::Sample;
use crate::recording::End;
use crate::site;
use labserve_core::profile::template::Placeholder;

/// Fields about the connection. The placeholder `{connection_fields}` stands for their lines.
const ABOUT_CONNECTION: &[&str] = &["connection", "keep-alive", "proxy-connection"];

/// A recorded response.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// The index of its case.
    pub(super) case: usize,
    /// Its index within its case.
    pub(super) index: usize,
    pub(super) message: Message,
    pub(super) sample: Sample,
    pub(super) method: String,
    /// Whether its body is a file of the site or a part of one.
    pub(super) is_file: bool,
    /// Whether the connection ended with it, as far as that is known.
    pub(super) closed: bool,
    pub(super) lines: Vec<Line>,
    /// The lines about the connection.
    pub(super) connection: Vec<String>,
}

/// A field line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its name in lower case.
    pub(super) name: String,
    /// The whole line, or its template.
    pub(super) text: String,
    /// Whether it is a template whose placeholder may have no value.
    pub(super) optional: bool,
    /// Whether it is a template.
    pub(super) known: bool,
}

/// The responses to all cases with these indices. `samples` are the values for each case.
pub(super) fn all(exam: &Exam, cases: &[usize], samples: &[Vec<Sample>]) -> Vec<Recorded> {
    let contents = exam.contents();
    let mut all = Vec::new();
    for &case in cases {
        let want = &exam.asked[case].want;
        let text: String = want.heard.iter().map(|heard| heard.text.as_str()).collect();
        let text = site::with_one_name(&text);
        let method = |sample: &Sample| sample.text(Placeholder::Method).unwrap_or_default();
        let methods: Vec<String> = samples[case].iter().map(method).collect();
        let messages = messages::cut(&text, &methods, &contents);
        let count = messages.len();
        for (index, message) in messages.into_iter().enumerate() {
            let mut sample = samples[case].get(index).cloned().unwrap_or_default();
            sample.insert(Placeholder::Status, message.status.to_string().into_bytes());
            sample.insert(Placeholder::Reason, bytes(&message.reason));
            if let Some(date) = message.field("Date") {
                sample.insert(Placeholder::Date, bytes(date));
            }
            let is_last = index + 1 == count;
            let mut recorded = Recorded {
                case,
                index,
                is_file: is_file(&message, &sample, methods.get(index)),
                closed: is_last && want.end != End::Open && want.after_s.is_none_or(|after| after < 1.0),
                message,
                sample,
                method: methods.get(index).cloned().unwrap_or_default(),
                lines: Vec::new(),
                connection: Vec::new(),
            };
            recorded.read_lines();
            all.push(recorded);
        }
    }
    all
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
}

fn is_file(message: &Message, sample: &Sample, method: Option<&String>) -> bool {
    match message.status {
        206 => true,
        200 if method.is_some_and(|method| method == "HEAD") => message
            .field("Content-Length")
            .is_none_or(|length| sample.text(Placeholder::Size).as_deref() == Some(length)),
        200 if message.body.starts_with("{{file:") && message.body.ends_with("}}") => true,
        200 => {
            let name = sample.text(Placeholder::Name);
            let is_content =
                |content: &[u8]| content.len() == message.length && super::values::latin1(content) == message.body;
            name.is_some() && site::FILES.iter().any(|file| is_content(file.content))
        }
        _ => false,
    }
}

impl Recorded {
    /// Whether this is a response to HEAD, without a body.
    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD" && !self.message.odd
    }

    /// Parses the lines again, with the values that are now known.
    pub(super) fn read_lines(&mut self) {
        self.lines.clear();
        self.connection.clear();
        for text in &self.message.lines {
            let (name, value) = text.split_once(':').unwrap_or((text, ""));
            let lower = name.to_ascii_lowercase();
            if ABOUT_CONNECTION.contains(&lower.as_str()) {
                if self.connection.is_empty() {
                    self.lines.push(connection_fields());
                }
                self.connection.push(text.clone());
                continue;
            }
            let placeholder = self.placeholder(&lower, value.trim());
            let space = &value[..value.len() - value.trim_start().len()];
            self.lines.push(Line {
                text: placeholder.map_or_else(|| text.clone(), |(known, _)| format!("{name}:{space}{{{known}}}")),
                optional: placeholder.is_some_and(|(_, optional)| optional),
                known: placeholder.is_some(),
                name: lower,
            });
        }
    }

    /// The placeholder that produces a field's value, and whether it may have no value.
    fn placeholder(&self, name: &str, value: &str) -> Option<(&'static str, bool)> {
        let is = |placeholder: Placeholder| self.sample.text(placeholder).as_deref() == Some(value);
        let about_file = self.is_file || self.message.status == 304;
        match name {
            "content-length"
                if self.is_head() || value == self.message.length.to_string() && self.message.status != 304 =>
            {
                Some(("content_length", true))
            }
            "transfer-encoding" if self.message.chunked => Some(("transfer_encoding", true)),
            "content-type" if value.contains("boundary=") => Some(("content_type", true)),
            _ if value.is_empty() => None,
            _ if is(Placeholder::Date) => Some(("date", false)),
            "last-modified" if about_file || is(Placeholder::LastModified) => Some(("last_modified", true)),
            // An ETag that cannot be aligned is reported elsewhere, once.
            "etag" if about_file => Some(("etag", true)),
            _ if is(Placeholder::Etag) => Some(("etag", true)),
            "content-range" if self.is_file || is(Placeholder::ContentRange) => Some(("content_range", true)),
            "content-type" if about_file && is(Placeholder::ContentType) => Some(("content_type", true)),
            "content-encoding" if about_file && is(Placeholder::Encoding) => Some(("encoding", true)),
            "vary" if about_file && is(Placeholder::Vary) => Some(("vary", true)),
            _ => None,
        }
    }
}

/// The line that represents the lines about the connection.
pub(super) fn connection_fields() -> Line {
    Line {
        name: "connection".to_owned(),
        text: "{connection_fields}".to_owned(),
        optional: true,
        known: true,
    }
}
