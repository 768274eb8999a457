//! Recordings: what a server sent in each case, read from a file of wire.py or recorded by our own client.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

/// What a server did in each case of a corpus.
pub(crate) struct Recording {
    /// The `HOST:PORT` of the requests.
    pub(crate) target: String,
    pub(crate) outcomes: HashMap<String, Outcome>,
}

/// What a server sent in one case, and how the connection ended.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// One entry for each `read` and `end`. Failed sends are not recorded: once the peer has closed, it depends on timing
    /// whether a send fails.
    pub(crate) heard: Vec<Heard>,
    pub(crate) end: End,
    /// Seconds from the last byte sent or received to the end.
    pub(crate) after_s: Option<f64>,
}

/// What arrived in one step.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The bytes as Latin-1, with the contents of files replaced by `{{file:/path}}`.
    pub(crate) text: String,
    /// Seconds from the last byte before the step to its first byte, if measured.
    pub(crate) at_s: Option<f64>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
    Open,
}

impl Recording {
    /// Loads a file in `tests/data/recordings`.
    pub(crate) fn load(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/recordings")
            .join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        parse(&value).unwrap_or_else(|| panic!("{}: not a recording", path.display()))
    }
}

fn parse(value: &Value) -> Option<Recording> {
    let cases = value.get("cases")?.as_object()?;
    Some(Recording {
        target: value.get("target")?.as_str()?.to_owned(),
        outcomes: cases
            .iter()
            .filter_map(|(name, case)| Some((name.clone(), outcome(case)?)))
            .collect(),
    })
}

fn outcome(case: &Value) -> Option<Outcome> {
    let heard = case.get("log")?.as_array()?.iter().filter_map(|entry| {
        let text = entry.get("got")?.as_str()?.to_owned();
        Some(Heard {
            text,
            at_s: entry.get("at").and_then(Value::as_f64),
        })
    });
    Some(Outcome {
        heard: heard.collect(),
        end: match case.get("end")?.as_str()? {
            "fin" => End::Fin,
            "rst" => End::Rst,
            _ => End::Open,
        },
        after_s: case.get("after").and_then(Value::as_f64),
    })
}
