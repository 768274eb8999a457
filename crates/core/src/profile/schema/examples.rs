//! The examples of the reference: an input, and its result with each value of a key.
//!
//! They are written in the comments of the keys: ``Example: `bytes=5-2`: `bad` 200; `unsatisfiable` 416.`` This test
//! checks each of them with the model.

use super::generate;
use crate::model::{End, MemorySite, Script, Setting, Step};
use crate::profile::Profile;
use crate::profile::layers::{Layer, Stack};
use crate::render::RenderContext;
use serde_json::Value;

/// The tables with examples, and the names of their definitions. The keys at the top have neither.
const TABLES: [(&str, &str); 15] = [
    ("", ""),
    ("range", "RangePolicy"),
    ("conditions", "ConditionPolicy"),
    ("target", "Target"),
    ("parser", "Parser"),
    ("fields", "Fields"),
    ("host", "Host"),
    ("request_body", "RequestBody"),
    ("request_body.expect", "ExpectRules"),
    ("request_body.chunks", "Chunks"),
    ("connection", "Connection"),
    ("client_fin", "ClientFin"),
    ("files", "Files"),
    ("limits", "Limits"),
    ("response.404", "Response"),
];

/// The profile in which the keys of a table's examples are set. Faults are accepted for the keys that say how an
/// accepted fault is treated.
fn profile(table: &str, key: &str) -> String {
    let is_about_refusal = key.starts_with("check_") || ["http09_refused", "pipelined_fault"].contains(&key);
    let faults = match table {
        "range" | "conditions" | "target" | "fields" => "faults.other = \"accept\"\n",
        "parser" if !is_about_refusal => "faults.other = \"accept\"\n",
        _ => "",
    };
    let read = if table == "request_body.chunks" {
        "request_body.read = \"first\"\n"
    } else {
        ""
    };
    format!("files.etag = '\"a\"'\nmethods.POST = \"serve\"\n{faults}{read}")
}

/// The files of the examples. The content of `a.txt` shows which range was sent; any other file contains its name.
const FILES: [&str; 6] = [
    "index.html",
    "sub/index.html",
    "sub/a.txt",
    "100%.txt",
    "a\\b.txt",
    "é.txt",
];

/// Saturday, 22 July 2023 04:26:40 UTC.
const MODIFIED: i64 = 1_690_000_000;

/// One example: an input, and its result for each value.
struct Example {
    input: String,
    results: Vec<(String, String)>,
}

/// The examples in the description of a key.
fn examples(table: &str, key: &str, description: &str) -> Vec<Example> {
    let each = description.split("Example: ").skip(1);
    let read = |text: &str| {
        let (input, rest) = text.strip_prefix('`')?.split_once("`: ")?;
        let results = rest.trim_end().trim_end_matches('.').split("; ");
        let result = |one: &str| {
            let (value, result) = one.strip_prefix('`')?.split_once("` ")?;
            Some((value.to_owned(), result.to_owned()))
        };
        Some(Example {
            input: input.to_owned(),
            results: results.map(result).collect::<Option<_>>()?,
        })
    };
    each.map(|text| read(text).unwrap_or_else(|| panic!("{table}.{key}: {text}")))
        .collect()
}

/// An input, parsed for the model.
struct Input {
    /// Lines for the profile.
    keys: String,
    /// The modification time of the files, in seconds after 1970 and nanoseconds.
    modified: (i64, u32),
    steps: Vec<Step>,
}

/// Parses the input of an example. In `[range]`, it is the value of a Range field, in `[target]` a target, in
/// `[request_body.chunks]` a chunked body. Elsewhere it consists of parts: a request line, fields, the bytes after the
/// head, or all bytes that are sent; also FIN, the time of the file, and other keys. The missing parts of a request are
/// `GET /a.txt HTTP/1.1` and `Host: a`.
fn input(table: &str, key: &str, text: &str) -> Input {
    let file = if key == "empty_file" { "/empty.txt" } else { "/a.txt" };
    let text = unescaped(text);
    let (mut line, mut fields, mut body) = (format!("GET {file} HTTP/1.1"), String::new(), String::new());
    let (mut keys, mut modified, mut raw, mut ends) = (String::new(), (MODIFIED, 0), None, false);
    match table {
        "range" => fields = format!("Range: {text}\r\n"),
        "target" if !text.contains(" + ") => line = format!("GET {text} HTTP/1.1"),
        "request_body.chunks" => {
            (line, body) = ("POST /a.txt HTTP/1.1".to_owned(), text);
            fields = "Transfer-Encoding: chunked\r\n".to_owned();
        }
        _ => {
            for part in text.split(" + ") {
                let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
                match word {
                    "body" => body = rest.to_owned(),
                    "raw" => raw = Some(rest.to_owned()),
                    "with" => keys += &format!("{rest}\n"),
                    "modified" => modified = time(rest),
                    "FIN" => ends = true,
                    _ if part.contains(" /") || part.contains(" HTTP/") => line = part.to_owned(),
                    _ if !part.contains(':') => line = format!("{part} {file} HTTP/1.1"),
                    _ => fields += &format!("{part}\r\n"),
                }
            }
        }
    }
    let host = if fields.contains("Host:") { "" } else { "Host: a\r\n" };
    let request = raw.unwrap_or_else(|| format!("{line}\r\n{host}{fields}\r\n{body}"));
    // Escaped bytes are bytes, not characters.
    let bytes = request
        .chars()
        .map(|char| u8::try_from(char).expect("a byte"))
        .collect();
    let steps = [
        Some(Step::Send(bytes)),
        ends.then_some(Step::Shut),
        Some(Step::Read { quiet: None }),
    ];
    Input {
        keys,
        modified,
        steps: steps.into_iter().flatten().collect(),
    }
}

/// A text in which `\r`, `\n`, `\t` and two digits after `\x` stand for bytes.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (byte, rest) = part.split_at(2);
        out.push(char::from(
            u8::from_str_radix(byte, 16).expect("two hexadecimal digits"),
        ));
        out += rest;
    }
    out.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t")
}

/// Seconds after 1970, with a fraction, as whole seconds and nanoseconds.
fn time(seconds: &str) -> (i64, u32) {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let nanos: u32 = format!("{fraction:0<9}").parse().expect("a fraction");
    let whole: i64 = whole.parse().expect("seconds");
    match seconds.starts_with('-') && nanos > 0 {
        true => (whole - 1, 1_000_000_000 - nanos),
        false => (whole, nanos),
    }
}

/// The part of a response, besides the status, that shows the effect of a key's value.
enum Shown {
    Nothing,
    StatusLine,
    Field(&'static str),
    End,
    ConnectionAndEnd,
}

fn shown(table: &str, key: &str) -> Shown {
    match (table, key) {
        ("connection", key) if key.starts_with("announce") => Shown::ConnectionAndEnd,
        ("connection", _) | (_, "http2" | "broken" | "close_in_trailers" | "read_body") => Shown::End,
        (_, "http_version") => Shown::StatusLine,
        (_, "connection_fields") => Shown::Field("Connection"),
        (_, "length_for_head") => Shown::Field("Content-Length"),
        (_, "mtime_rounding" | "before_1970") => Shown::Field("Last-Modified"),
        ("target", "authority") => Shown::Field("Location"),
        _ => Shown::Nothing,
    }
}

/// The result of an input: the statuses, and the part that shows the effect of a key's value.
fn result(profile: &Profile, table: &str, key: &str, input: &Input) -> String {
    let mut site = MemorySite::new(profile)
        .dated(input.modified.0, input.modified.1)
        .with_file("a.txt", b"0123456789")
        .with_file("empty.txt", b"");
    for name in FILES {
        site = site.with_file(name, name.as_bytes());
    }
    let setting = Setting {
        render: RenderContext::at(MODIFIED + 7 * 24 * 3600),
        ..Setting::default()
    };
    let outcome = Script::new(&input.steps).run(profile, &site, &setting);
    let heard: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    let text = String::from_utf8_lossy(&heard).into_owned();
    let heads = text.match_indices("HTTP/1.").map(|(at, _)| &text[at..]);
    let statuses: Vec<&str> = heads.filter_map(|head| head.split(' ').nth(1)).collect();
    let status = match statuses.join(" and ") {
        status if status.is_empty() && text.is_empty() => "nothing".to_owned(),
        status if status.is_empty() => format!("`{}` alone", text.lines().next().unwrap_or_default()),
        status => status,
    };
    let field = |name: &str| -> String {
        let lines = text.lines().filter(|line| line.starts_with(&format!("{name}: ")));
        lines.map(|line| format!(" with `{line}`")).collect()
    };
    let end = if outcome.end == End::Open { "open" } else { "closed" };
    match shown(table, key) {
        Shown::StatusLine => return format!("`{}`", text.lines().next().unwrap_or_default()),
        Shown::Field(name) => return status + &field(name),
        Shown::End => return format!("{status}, {end}"),
        Shown::ConnectionAndEnd => return format!("{status}{}, {end}", field("Connection")),
        Shown::Nothing => {}
    }
    let ranges: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("Content-Range: bytes ")?.split('/').next())
        .collect();
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    match status.as_str() {
        "206" if text.contains("multipart/byteranges") => format!("206 of {}, in parts", ranges.join(" and ")),
        "206" => format!("206 of {}", ranges.join(" and ")),
        "200" if table == "target" && body != "0123456789" => format!("200 with `{body}`"),
        _ => status,
    }
}

/// The keys of a table, with their descriptions.
fn keys(schema: &Value, definition: &str) -> Vec<(String, Value)> {
    let table = if definition.is_empty() {
        schema
    } else {
        &schema["definitions"][definition]
    };
    let keys = table["properties"].as_object().into_iter().flatten();
    keys.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Checks the result of every example of every key.
#[test]
fn every_example_is_what_happens() {
    let schema = generate::profile();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (table, definition) in TABLES {
        for (key, value) in keys(&schema, definition) {
            let description = value["description"].as_str().unwrap_or_default();
            for example in examples(table, &key, description) {
                let input = input(table, &key, &example.input);
                for (value, want) in &example.results {
                    let is_bare = value.parse::<u16>().is_ok() || ["true", "false"].contains(&value.as_str());
                    let written = if is_bare { value.clone() } else { format!("{value:?}") };
                    let dot = if table.is_empty() { "" } else { "." };
                    let set = format!("{table}{dot}{key} = {written}\n");
                    let text = format!("{set}{}{}", profile(table, &key), input.keys);
                    let layer = Layer::parse("an example", &text).expect(&text);
                    let profile = Stack::of("an example", layer).build().expect(&text);
                    let got = result(&profile, table, &key, &input);
                    if got != *want {
                        wrong.push(format!("{set}   {}\n   {want}\n   {got}", example.input));
                    }
                    seen += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 450, "{seen}");
}

/// The values of these keys differ in the permissions of a file system, or in what a socket does. The model, which runs
/// the examples, has neither.
const WITHOUT_EXAMPLES: [&str; 3] = ["directory_needs", "failure_noticed", "close_with"];

/// The keys that choose among values have an example of every value.
#[test]
fn every_value_has_an_example() {
    let schema = generate::profile();
    let values = |value: &Value| -> Vec<String> {
        let of = |value: &Value| {
            let reference = value["$ref"].as_str().or_else(|| value["allOf"][0]["$ref"].as_str());
            reference.and_then(|reference| Some(reference.strip_prefix("#/definitions/")?.to_owned()))
        };
        let name = of(value).or_else(|| of(&value["anyOf"][0])).unwrap_or_default();
        let all = schema["definitions"][name]["oneOf"].as_array().into_iter().flatten();
        all.filter_map(|one| one["const"].as_str().map(str::to_owned)).collect()
    };
    let mut missing = Vec::new();
    for (table, definition) in TABLES {
        for (key, value) in keys(&schema, definition) {
            let all = examples(table, &key, value["description"].as_str().unwrap_or_default());
            for wanted in values(&value) {
                let is_shown = all
                    .iter()
                    .any(|example| example.results.iter().any(|(value, _)| *value == wanted));
                if !is_shown && !WITHOUT_EXAMPLES.contains(&key.as_str()) {
                    missing.push(format!("{table}.{key} = {wanted}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no example of {}", missing.join("\n"));
}
