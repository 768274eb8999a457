//! Cases: scripts of what a client does on one connection, in the format of tests/e2e/peers/wire.py.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// The script of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
    /// Whether it takes more than ten seconds, because it waits for a timer.
    pub(crate) slow: bool,
    /// Whether it asks for what only a server of an ordinary user cannot read.
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "other systems cannot hold the site of these cases")
    )]
    pub(crate) ordinary_user: bool,
}

impl Case {
    /// How long the case takes if every wait lasts its maximum.
    pub(crate) fn patience(&self) -> Duration {
        let waits = self.steps.iter().map(|step| match step {
            Step::Sleep(wait) | Step::End { within: wait } | Step::Read { quiet: Some(wait) } => *wait,
            _ => Duration::ZERO,
        });
        waits.sum()
    }
}

/// One action of the client.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends a text (Latin-1, with placeholders) `times` times.
    Send {
        text: String,
        times: usize,
    },
    /// Reads until nothing has arrived for `quiet` (or the default time), or until the connection ends.
    Read {
        quiet: Option<Duration>,
    },
    /// Sends FIN and keeps reading.
    Shut,
    Sleep(Duration),
    /// Waits up to `within` for the server to close the connection.
    End {
        within: Duration,
    },
}

/// Loads the cases of a file in `tests/data/corpus`.
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
        ordinary_user: case.get("ordinary_user").and_then(Value::as_bool).unwrap_or(false),
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
