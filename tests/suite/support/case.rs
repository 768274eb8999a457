//! Cases: what a client does on one connection, in wire.py's format (see tests/e2e/peers/wire.py).

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// One connection's script.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    /// Takes more than ten seconds, by waiting for a timer.
    pub(crate) slow: bool,
}

impl Case {
    /// How long the case takes when every wait lasts as long as it may.
    pub(crate) fn patience(&self) -> Duration {
        let waits = self.steps.iter().map(|step| match step {
            Step::Sleep(wait) | Step::End { within: wait } | Step::Read { quiet: Some(wait) } => *wait,
            _ => Duration::ZERO,
        });
        waits.sum()
    }
}

/// One thing the client does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends a text (latin-1, with placeholders) so many times.
    Send {
        text: String,
        times: usize,
    },
    /// Reads until so much quiet, or the end; without a length, as long as is usual.
    Read {
        quiet: Option<Duration>,
    },
    /// Sends FIN and goes on reading.
    Shut,
    Sleep(Duration),
    /// Waits up to so long for the peer to end the connection.
    End {
        within: Duration,
    },
}

/// The cases of a corpus file below `tests/data/corpus`.
pub(crate) fn load(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/corpus")
        .join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    cases
        .iter()
        .map(|case| parse(case).unwrap_or_else(|| panic!("{file}: not a case: {case}")))
        .collect()
}

fn parse(case: &Value) -> Option<Case> {
    Some(Case {
        name: case.get("name")?.as_str()?.to_owned(),
        steps: case.get("steps")?.as_array()?.iter().map(step).collect::<Option<_>>()?,
        slow: case.get("slow").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn step(value: &Value) -> Option<Step> {
    let seconds = |key: &str| value.get(key).and_then(Value::as_f64).map(Duration::from_secs_f64);
    if let Some(text) = value.get("send") {
        let times = value.get("times").and_then(Value::as_u64).unwrap_or(1);
        Some(Step::Send {
            text: text.as_str()?.to_owned(),
            times: usize::try_from(times).ok()?,
        })
    } else if let Some(quiet) = seconds("read") {
        Some(Step::Read {
            quiet: (!quiet.is_zero()).then_some(quiet),
        })
    } else if value.get("shut").is_some() {
        Some(Step::Shut)
    } else if let Some(pause) = seconds("sleep") {
        Some(Step::Sleep(pause))
    } else {
        seconds("end").map(|within| Step::End { within })
    }
}
