//! Cases: what a client does on one connection.
//!
//! A file of cases is a JSON list. Each case has a `name` and `steps`; `"slow": true` marks a case that waits for a timer,
//! `"ordinary_user": true` one that means something only to a server without the rights of root.
//! Each step is one of
//!
//! | step | what the client does |
//! |---|---|
//! | `{"send": "text"}` | sends these bytes (Latin-1); `"times": n` repeats them. `HOST` stands for the server's address, `{{etag:/path}}` for the server's ETag of that path, `{{flip:/path}}` for the same with `W/` added or taken away |
//! | `{"read": 0}` | waits up to 1.5 s for a first byte, then reads until 0.35 s of silence, or the end |
//! | `{"read": s}` | the same with `s` seconds of silence |
//! | `{"shut": true}` | sends FIN and reads on |
//! | `{"sleep": s}` | waits `s` seconds |
//! | `{"end": s}` | waits up to `s` seconds for the server to end the connection |

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What a client does on one connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name. The part before the first hyphen is its group.
    pub name: String,
    /// What the client does, in order.
    pub steps: Vec<Step>,
    /// Whether the case waits for a timer and takes more than ten seconds.
    pub slow: bool,
    /// Whether it requests a file that is unreadable only for a server without the rights of root.
    pub ordinary_user: bool,
}

/// One action of the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It sends `text` (Latin-1, with placeholders) `times` times.
    Send {
        /// The text.
        text: String,
        /// How many times.
        times: usize,
    },
    /// It reads until nothing has arrived for `quiet` (0.35 s by default), or until the connection ends.
    Read {
        /// The silence that ends the read.
        quiet: Option<Duration>,
    },
    /// It sends FIN and continues to read.
    Shut,
    /// It waits.
    Sleep(Duration),
    /// It waits up to `within` for the server to end the connection.
    End {
        /// How long it waits.
        within: Duration,
    },
}

impl Case {
    /// The group of the case: its name up to the first hyphen.
    ///
    /// ```
    /// # use labserve_probe::Case;
    /// let case = Case { name: "range-suffix-zero".into(), steps: vec![], slow: false, ordinary_user: false };
    /// assert_eq!(case.group(), "range");
    /// ```
    pub fn group(&self) -> &str {
        group(&self.name)
    }

    /// The time that the case takes if every wait lasts its maximum.
    pub fn patience(&self) -> Duration {
        self.steps
            .iter()
            .map(|step| match step {
                Step::Sleep(wait) | Step::End { within: wait } => *wait,
                Step::Read { quiet } => quiet.unwrap_or_default().max(Duration::from_millis(1500)),
                Step::Send { .. } | Step::Shut => Duration::ZERO,
            })
            .sum()
    }

    /// The case in words: what the client sends and does, one line for each step.
    ///
    /// ```
    /// # use labserve_probe::case::{Case, Step};
    /// let send = Step::Send { text: "GET / HTTP/1.1\r\nHost: HOST\r\nRange: bytes=-0\r\n\r\n".into(), times: 1 };
    /// let case = Case { name: "range-suffix-zero".into(), steps: vec![send, Step::Shut], slow: false, ordinary_user: false };
    /// assert_eq!(case.words(), "sends GET / HTTP/1.1␍␊ Host: HOST␍␊ Range: bytes=-0␍␊ ␍␊\nsends FIN");
    /// ```
    pub fn words(&self) -> String {
        let lines: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        lines.join("\n")
    }
}

/// The group of the case of this name.
pub(crate) fn group(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { text, times: 1 } => write!(f, "sends {}", visible(text)),
            Self::Send { text, times } => write!(f, "sends {times} times {}", visible(text)),
            Self::Read { quiet: None } => f.write_str("reads"),
            Self::Read { quiet: Some(quiet) } => write!(f, "reads until {} s of silence", quiet.as_secs_f64()),
            Self::Shut => f.write_str("sends FIN"),
            Self::Sleep(time) => write!(f, "waits {} s", time.as_secs_f64()),
            Self::End { within } => write!(f, "waits up to {} s for the end", within.as_secs_f64()),
        }
    }
}

/// Text on one line: control characters as their pictures, a space after each line feed, long text shortened.
pub(crate) fn visible(text: &str) -> String {
    const LONGEST: usize = 600;
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push_str(&format!(" … ({} bytes)", text.chars().count()));
            break;
        }
        match c {
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')),
            '\x7f' => out.push('␡'),
            '\u{80}'..='\u{9f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
        if c == '\n' {
            out.push(' ');
        }
    }
    out.trim_end_matches(' ').to_owned()
}

/// Why a text is not a list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError(String);

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenCase {
    name: String,
    steps: Vec<WrittenStep>,
    #[serde(default)]
    slow: bool,
    /// The servers from which the case was recorded, if not all.
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    ordinary_user: bool,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenStep {
    send: Option<String>,
    times: Option<usize>,
    read: Option<f64>,
    shut: Option<bool>,
    sleep: Option<f64>,
    end: Option<f64>,
}

/// Parses a list of cases.
///
/// # Errors
/// The text is not JSON, or a step is not one of those in the module's documentation. The message names the case.
///
/// ```
/// let cases = labserve_probe::case::parse(r#"[{"name": "get", "steps": [{"send": "GET / HTTP/1.0\r\n\r\n"}, {"read": 0}]}]"#);
/// assert_eq!(cases.expect("a list of cases").len(), 1);
/// ```
pub fn parse(text: &str) -> Result<Vec<Case>, CaseError> {
    let written: Vec<WrittenCase> =
        serde_json::from_str(text).map_err(|e| CaseError(format!("not a list of cases: {e}")))?;
    written.into_iter().map(case).collect()
}

fn case(written: WrittenCase) -> Result<Case, CaseError> {
    let mut steps = Vec::with_capacity(written.steps.len());
    for (at, step) in written.steps.iter().enumerate() {
        let parsed = parse_step(step).ok_or_else(|| {
            CaseError(format!(
                "case {:?}, step {}: expected one of send, read, shut, sleep, end, with times of up to a day in seconds, \
                 such as {{\"read\": 0}}",
                written.name,
                at + 1
            ))
        })?;
        steps.push(parsed);
    }
    Ok(Case {
        name: written.name,
        steps,
        slow: written.slow,
        ordinary_user: written.ordinary_user,
    })
}

fn parse_step(step: &WrittenStep) -> Option<Step> {
    let time = |seconds: f64| {
        let day = 86_400.0;
        (0.0..=day).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
    };
    Some(match step {
        WrittenStep {
            send: Some(text),
            times,
            ..
        } if text.chars().all(|c| u32::from(c) < 256) => Step::Send {
            text: text.clone(),
            times: times.unwrap_or(1),
        },
        WrittenStep { read: Some(quiet), .. } => Step::Read {
            quiet: Some(time(*quiet)?).filter(|quiet| !quiet.is_zero()),
        },
        WrittenStep { shut: Some(true), .. } => Step::Shut,
        WrittenStep { sleep: Some(pause), .. } => Step::Sleep(time(*pause)?),
        WrittenStep { end: Some(within), .. } => Step::End { within: time(*within)? },
        _ => return None,
    })
}

/// The built-in case set, with which the built-in profiles were recorded and are tested.
///
/// # Panics
/// Never: the tests parse the same text.
#[allow(clippy::expect_used, reason = "the text is compiled in, and a test parses it")]
pub fn built_in() -> Vec<Case> {
    [
        include_str!("../cases/report.json"),
        include_str!("../cases/extended.json"),
        include_str!("../cases/chunked.json"),
        include_str!("../cases/heads.json"),
        include_str!("../cases/targets.json"),
        include_str!("../cases/following.json"),
    ]
    .into_iter()
    .flat_map(|text| parse(text).expect("the built-in cases"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_cases_parse_and_have_names_of_their_own() {
        let cases = built_in();
        assert!(cases.len() > 2_000, "{}", cases.len());
        let mut names: Vec<_> = cases.iter().map(|case| &case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn what_is_not_a_case_is_said_with_its_name() {
        let table = [
            ("{}", "not a list of cases"),
            (
                r#"[{"name": "a", "steps": [{}]}]"#,
                "case \"a\", step 1: expected one of send",
            ),
            (
                r#"[{"name": "a", "steps": [{"read": 0}, {"sleep": -1}]}]"#,
                "case \"a\", step 2",
            ),
            (r#"[{"name": "a", "steps": [{"sleep": 1e9}]}]"#, "up to a day"),
            (
                r#"[{"name": "a", "steps": [{"send": "\u4e2d"}]}]"#,
                "case \"a\", step 1",
            ),
        ];
        for (text, want) in table {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(want), "{text}: {error}");
        }
    }
}
