//! Recordings: what a server sent in each case, and how it ended each connection.
//!
//! A recording is a JSON object. `labserve record`, the recordings in the tests, and bug reports use the same format:
//!
//! | key | value |
//! |---|---|
//! | `version` | `1`; absent in older files |
//! | `target` | the `HOST:PORT` that the requests named |
//! | `file` | the ordinary file that the cases were put to, if not the probe site; see [`crate::adapt`] |
//! | `measures` | an object: what was measured beside the cases, by name; see [`crate::measure`] |
//! | `cases` | an object: what came back in each case, by the case's name |
//!
//! An answer is `{"log": [...], "end": "fin" | "rst" | "open", "after": seconds}`. `log` has an entry
//! `{"got": "bytes as Latin-1"}` for each step that reads; whole files of the site are written as `{{file:/path}}`. The
//! entry of a step that waits for the end also has `at`: the seconds to its first byte. `after` is the time from the
//! last byte exchanged to the end. A case to which the server gave different answers is `{"unstable": [answer, ...]}`,
//! and one that could not be sent is `{"error": "why"}`. A measure is
//! `{"most": number, "then": "reaction to one more" | null}` or `{"text": "in words"}`.

use crate::adapt::OrdinaryFile;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// What a server did in each case.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Recording {
    /// The version of the format.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The `HOST:PORT` that the requests named.
    pub target: String,
    /// The ordinary file that the cases request. `None`: the probe site.
    #[serde(default)]
    pub file: Option<OrdinaryFile>,
    /// What was measured in addition to the cases, by name.
    #[serde(default)]
    pub measures: BTreeMap<String, Measure>,
    /// The answer to each case, by the case's name.
    pub cases: BTreeMap<String, Answer>,
}

fn first_version() -> u32 {
    VERSION
}

/// The version of the format that this crate writes. It reads this version and earlier ones.
pub const VERSION: u32 = 1;

/// The answer to one case.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Answer {
    /// The server gave this answer each time.
    Stable(Outcome),
    /// The server gave different answers.
    Unstable {
        /// Its answers, in the order in which they were given.
        unstable: Vec<Outcome>,
    },
    /// The case could not be sent.
    Failed {
        /// The reason.
        error: String,
    },
}

/// What a server sent on one connection, and how the connection ended.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Outcome {
    /// An entry for each step that reads.
    #[serde(rename = "log", deserialize_with = "only_reads")]
    pub heard: Vec<Heard>,
    /// How the connection ended.
    pub end: End,
    /// Seconds from the last byte exchanged to the end; `None` if it did not end.
    #[serde(rename = "after")]
    pub after_s: Option<f64>,
}

/// What arrived during one step that reads.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Heard {
    /// The bytes as Latin-1, with `{{file:/path}}` for whole files.
    #[serde(rename = "got")]
    pub text: String,
    /// Seconds from the last byte before the step to its first byte, if the step waited for the end.
    #[serde(rename = "at", default, skip_serializing_if = "Option::is_none")]
    pub at_s: Option<f64>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Measure {
    /// A limit, or a number after which something ends.
    Limit {
        /// The largest value that the server accepts, as far as it was tried.
        most: u64,
        /// The reaction to one more: a status line, or the end of the connection. `None`: no limit was found.
        then: Option<String>,
    },
    /// A value in words.
    Text {
        /// The words.
        text: String,
    },
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit { most, then: Some(then) } => write!(f, "{most}, then {then}"),
            Self::Limit { most, then: None } => write!(f, "{most} or more"),
            Self::Text { text } => f.write_str(text),
        }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The server sent FIN.
    Fin,
    /// The server reset it.
    Rst,
    /// It was still open after the last step.
    Open,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fin => "FIN",
            Self::Rst => "RST",
            Self::Open => "open",
        })
    }
}

/// Older recordings also have entries for sends that failed. Whether a send fails depends on timing, not on the server.
fn only_reads<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Heard>, D::Error> {
    #[derive(Deserialize)]
    struct Entry {
        got: Option<String>,
        at: Option<f64>,
    }
    let entries = Vec::<Entry>::deserialize(from)?;
    let reads = entries
        .into_iter()
        .filter_map(|Entry { got, at }| got.map(|text| Heard { text, at_s: at }));
    Ok(reads.collect())
}

/// Why a text is not a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingError(String);

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordingError {}

impl Recording {
    /// A recording without cases.
    pub fn new(target: impl Into<String>) -> Self {
        Self {
            version: VERSION,
            target: target.into(),
            file: None,
            measures: BTreeMap::new(),
            cases: BTreeMap::new(),
        }
    }

    /// Parses a recording.
    ///
    /// # Errors
    /// The text is not a recording, or was written by a later version of this crate.
    ///
    /// ```
    /// use labserve_probe::Recording;
    ///
    /// let text = r#"{"target": "127.0.0.1:18081", "cases": {"get": {"log": [{"got": "HTTP/1.1 200 OK\r\n\r\n"}], "end": "open", "after": null}}}"#;
    /// assert_eq!(Recording::parse(text).expect("a recording").cases.len(), 1);
    /// assert!(Recording::parse("[]").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let recording: Self = serde_json::from_str(text).map_err(|e| {
            RecordingError(format!(
                "not a recording (line {}, column {}): expected an object with `target` and `cases`, as `labserve record` \
                 writes it",
                e.line(),
                e.column()
            ))
        })?;
        if recording.version > VERSION {
            return Err(RecordingError(format!(
                "the recording has version {}; this labserve reads up to version {VERSION}. Use the labserve that wrote it, or a \
                 newer one",
                recording.version
            )));
        }
        Ok(recording)
    }

    /// Adds the cases of another recording of the same server. If the server had another address there, its answers are
    /// rewritten to contain this one.
    pub fn absorb(&mut self, other: Self) {
        let (theirs, ours) = (&other.target, &self.target);
        let port = |target: &str| target.rsplit(':').next().unwrap_or_default().to_owned();
        let (their_port, our_port) = (port(theirs), port(ours));
        let renamed = |text: &str| {
            text.replace(theirs.as_str(), ours)
                .replace(&format!(":{their_port}"), &format!(":{our_port}"))
                .replace(&format!("Port {their_port}"), &format!("Port {our_port}"))
        };
        for (name, mut answer) in other.cases {
            let outcomes = match &mut answer {
                Answer::Stable(outcome) => std::slice::from_mut(outcome),
                Answer::Unstable { unstable } => unstable,
                Answer::Failed { .. } => &mut [],
            };
            for heard in outcomes.iter_mut().flat_map(|outcome| &mut outcome.heard) {
                heard.text = renamed(&heard.text);
            }
            self.cases.insert(name, answer);
        }
    }

    /// The recording as text, with one line for each measure and case, so that two recordings can be compared line by
    /// line.
    pub fn to_text(&self) -> String {
        let mut text = Vec::new();
        // Writing to a Vec cannot fail, and JSON is UTF-8.
        let _ = self.write_to(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Writes the same text. Only about one line is in memory at a time: a recording may have hundreds of MiB.
    ///
    /// # Errors
    /// The writer fails.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        write!(
            out,
            "{{\"version\": {}, \"target\": {},",
            self.version,
            json!(self.target)
        )?;
        if let Some(file) = &self.file {
            write!(out, " \"file\": {},", json!(file))?;
        }
        if !self.measures.is_empty() {
            out.write_all(b" \"measures\": ")?;
            write_lines(out, &self.measures)?;
            out.write_all(b",")?;
        }
        out.write_all(b" \"cases\": ")?;
        write_lines(out, &self.cases)?;
        out.write_all(b"}\n")
    }
}

/// Writes an object with a line for each entry.
fn write_lines(out: &mut impl Write, entries: &BTreeMap<String, impl Serialize>) -> io::Result<()> {
    let mut before = "{\n";
    for (name, value) in entries {
        write!(out, "{before} {}: ", json!(name))?;
        serde_json::to_writer(&mut *out, value)?;
        before = ",\n";
    }
    // Without entries there are no lines.
    let end = if entries.is_empty() { "{\n\n}" } else { "\n}" };
    out.write_all(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let outcome = |text: &str, end, after_s| Outcome {
            heard: vec![Heard {
                text: text.into(),
                at_s: None,
            }],
            end,
            after_s,
        };
        let mut recording = Recording::new("127.0.0.1:18081");
        for (name, answer) in [
            (
                "a",
                Answer::Stable(outcome("HTTP/1.1 200 OK\r\n\r\n\u{e9}", End::Fin, Some(0.25))),
            ),
            (
                "b",
                Answer::Unstable {
                    unstable: vec![outcome("x", End::Rst, None), outcome("", End::Open, None)],
                },
            ),
            (
                "c",
                Answer::Failed {
                    error: "connection refused".into(),
                },
            ),
        ] {
            recording.cases.insert(name.to_owned(), answer);
        }
        assert_eq!(Recording::parse(&recording.to_text()), Ok(recording.clone()));
        recording.file = Some(OrdinaryFile {
            path: "/a".to_owned(),
            content: vec![0, 0xff, b'"'],
            modified: Some(-1),
            directory: None,
            is_index: true,
        });
        let limit = Measure::Limit { most: 8190, then: None };
        recording.measures.insert("line".to_owned(), limit);
        let text = recording.to_text();
        assert!(text.contains("\n \"line\": {"), "a line for each measure: {text}");
        assert_eq!(Recording::parse(&text), Ok(recording));
    }

    #[test]
    fn sends_that_failed_are_left_out() {
        let text = r#"{"target": "a:1", "cases": {"x": {"log": [{"send_failed": "BrokenPipeError"}, {"got": "y"}], "end": "rst", "after": 0.1}}}"#;
        let recording = Recording::parse(text).expect("a recording");
        let Answer::Stable(outcome) = &recording.cases["x"] else {
            panic!("a stable answer")
        };
        assert_eq!(outcome.heard.len(), 1);
    }

    #[test]
    fn a_later_version_and_other_text_are_refused_in_words() {
        let later = Recording::parse(r#"{"version": 99, "target": "a:1", "cases": {}}"#).expect_err("a later version");
        assert!(later.to_string().contains("version 99"), "{later}");
        for text in ["", "[]", "{}", "\u{feff}{}", r#"{"target": 1, "cases": {}}"#] {
            let error = Recording::parse(text).expect_err(text).to_string();
            assert!(error.starts_with("not a recording (line"), "{error}");
        }
    }
}
