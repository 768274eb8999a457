//! The stream of events.

use super::{is, watched};
use crate::support::recording::End;
use crate::support::talk::Talk;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The fields that are in the stream but not in the event log.
const DETAIL: [&str; 7] = ["raw", "raw_cut", "writes", "writes_more", "file", "why", "words"];

#[test]
fn the_stream_is_the_event_log_with_more_detail() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("events.jsonl");
    let lab = watched(
        "node",
        &["--events", file.to_str().expect("a path"), "--set", "timers.idle=200ms"],
    );
    let mut events = lab.timeline.events(None);
    events.until(is("start"));
    let mut talk = Talk::to(&lab.server);
    let page = talk.ask("GET", "/", "");
    talk.ask("GET", "/static/style1.css", "");
    assert_eq!(talk.end(Duration::from_secs(5)), End::Fin);
    let lines = events.until(is("end"));

    let log = std::fs::read_to_string(&file).expect("the event log");
    let log: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["event"] != "start")
        .collect();
    let without_detail: Vec<Value> = lines
        .iter()
        .cloned()
        .map(|mut line| {
            let object = line.as_object_mut().expect("an object");
            DETAIL.iter().for_each(|name| drop(object.remove(*name)));
            line
        })
        .collect();
    assert_eq!(without_detail, log);

    let (head, reply) = (&lines[1], &lines[2]);
    let raw = head["raw"].as_str().expect("the head");
    assert!(
        raw.starts_with("GET / HTTP/1.1\r\n") && raw.ends_with("\r\n\r\n"),
        "{raw:?}"
    );
    assert_eq!(raw.len() as u64, head["head_bytes"].as_u64().expect("a length"));
    let raw = reply["raw"].as_str().expect("the head");
    assert_eq!(raw.as_bytes(), format!("{}\r\n\r\n", page.head).as_bytes());
    let written: u64 = reply["writes"]
        .as_array()
        .expect("the writes")
        .iter()
        .filter_map(|write| write[1].as_u64())
        .sum();
    assert_eq!(json!(written), reply["sent"]);
    assert!(reply["file"].as_str().is_some_and(|path| path.ends_with("index.html")));
    assert_eq!(
        lines.last().map(|end| &end["words"]),
        Some(&json!("no further request came in time"))
    );

    // A reader that reconnects continues where it stopped.
    let id = events.id.clone();
    drop(events);
    Talk::to(&lab.server).ask("GET", "/nothing", "");
    let again = lab.timeline.events(Some(&id)).until(is("head"));
    assert_eq!(again[0]["event"], "accepted");
    assert_eq!(again[0]["connection"], 2);
}

#[test]
fn a_page_begins_with_the_last_lines_and_can_read_those_before_them() {
    let lab = watched("node", &[]);
    let mut watching = lab.timeline.events(None);
    let mut talk = Talk::to(&lab.server);
    for _ in 0..3 {
        talk.ask("GET", "/", "");
        watching.until(is("idle"));
    }
    let all = lab.timeline.lines();
    let mut events = lab.timeline.last_events(1);
    let begin = events.until(|line| line["earlier"].is_u64());
    let id = events.id.clone();
    let newest = events.until(is("idle"));
    let earlier = lab.timeline.past_lines(&format!("?until={id}"));
    assert_eq!(begin, [json!({"earlier": earlier.len()})]);
    assert!(!earlier.is_empty() && newest.len() < all.len());
    assert_eq!([earlier, newest].concat(), all);
    // If there are fewer lines than that, all of them are sent.
    let begin = lab.timeline.last_events(1000).until(|line| line["earlier"].is_u64());
    assert_eq!(begin, [json!({"earlier": 0})]);
    for (path, said) in [
        ("events?last=some", "last: expected a number of lines, got `some`"),
        (
            "events.jsonl?until=7&follow=true",
            "until: expected no follow=true beside it",
        ),
        ("events.jsonl?until=x", "expected now or the id of an event, got `x`"),
    ] {
        let refused = lab.timeline.ask("GET", &format!("/api/v1/{path}"), "", "");
        let message = refused.json()["error"]["message"].to_string();
        assert!(refused.status == 400 && message.contains(said), "{path}: {message}");
    }
}

#[cfg(unix)]
#[test]
fn at_shutdown_readers_and_the_log_get_all_events() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("events.jsonl");
    let mut lab = watched("node", &["--events", file.to_str().expect("a path")]);
    let mut watching = lab.timeline.events(None);
    let _takes_nothing = lab.timeline.events(None);
    let mut kept = Talk::to(&lab.server);
    kept.ask("GET", "/", "");
    watching.until(is("idle"));
    lab.server.signal("-TERM");
    let lines = watching.until(is("stop"));
    assert!(lines.iter().any(is("end")), "readers get the end events: {lines:?}");
    assert_eq!(lab.server.exit_code(Duration::from_secs(5)), Some(0));
    let log = std::fs::read_to_string(&file).expect("the event log");
    assert!(
        log.lines()
            .last()
            .is_some_and(|line| line.contains("\"event\":\"stop\"")),
        "{log}"
    );
}

#[test]
fn at_most_64_clients_read_the_events_at_a_time() {
    let lab = watched("node", &[]);
    let mut reading: Vec<_> = (0..64).map(|_| lab.timeline.events(None)).collect();
    let refused = lab.timeline.ask("GET", "/api/v1/events.jsonl", "", "");
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (503, &json!("too_many_readers"))
    );
    reading.pop();
    let begun = Instant::now();
    while lab.timeline.ask("GET", "/api/v1/events.jsonl", "", "").status != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "a reader that leaves frees its place"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
