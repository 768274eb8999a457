//! Changes to running servers.

use super::{is, watched};
use crate::support::talk::Talk;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn a_changed_setting_applies_to_the_next_response_of_an_open_connection() {
    let lab = watched("node", &[]);
    let (timeline, mut talk) = (&lab.timeline, Talk::to(&lab.server));
    assert_eq!(
        talk.ask("GET", "/", "").field("Cache-Control"),
        Some("public, max-age=0")
    );

    let values =
        json!({"response_fields.Cache-Control": "no-store", "files.etag": "off", "response_feilds.X-None": null});
    let refused = timeline.change("PATCH", "/api/v1/servers/0/settings", &values);
    assert_eq!(
        (refused.status, &refused.json()["error"]["key"]),
        (422, &json!("response_feilds.X-None"))
    );
    let values = json!({"response_fields.Cache-Control": "no-store", "files.etag": "off"});
    let changed = timeline.change("PATCH", "/api/v1/servers/0/settings", &values);
    assert_eq!(
        (changed.status, &changed.json()["differs"]),
        (200, &json!(["files.etag", "response_fields.Cache-Control"]))
    );
    let reply = talk.ask("GET", "/", "");
    assert_eq!(
        (reply.field("Cache-Control"), reply.field("ETag")),
        (Some("no-store"), None)
    );

    let saved = timeline.ask("GET", "/api/v1/servers/0/toml", "", "");
    let toml: toml::Table = toml::from_str(std::str::from_utf8(&saved.body).expect("text")).expect("TOML");
    assert_eq!(toml["extends"].as_str(), Some("node"));
    assert_eq!(toml["response_fields"]["Cache-Control"].as_str(), Some("no-store"));

    assert_eq!(
        timeline
            .change("DELETE", "/api/v1/servers/0/settings/files.etag", &json!(null))
            .status,
        200
    );
    assert!(talk.ask("GET", "/", "").field("ETag").is_some());
    assert_eq!(
        timeline
            .change("DELETE", "/api/v1/servers/0/settings", &json!(null))
            .json()["differs"],
        json!([])
    );
    assert_eq!(
        talk.ask("GET", "/", "").field("Cache-Control"),
        Some("public, max-age=0")
    );

    let profile = timeline.change("PUT", "/api/v1/servers/0/profile", &json!({"profile": "nginx"}));
    assert_eq!((profile.status, &profile.json()["name"]), (200, &json!("nginx")));
    assert!(
        talk.ask("GET", "/", "")
            .field("Server")
            .is_some_and(|server| server.starts_with("nginx"))
    );

    let lines = timeline.lines_until(|line| line["what"] == "profile");
    let changes: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line["event"] == "change")
        .map(|line| (line["what"].as_str().unwrap_or(""), line["key"].as_str().unwrap_or("")))
        .collect();
    let expected = [
        ("setting", "files.etag"),
        ("setting", "response_fields.Cache-Control"),
        ("setting", "files.etag"),
        ("reset", ""),
        ("profile", ""),
    ];
    assert_eq!(changes, expected);
}

#[test]
fn every_key_can_be_changed_and_all_mistakes_are_reported() {
    let lab = watched("node", &[]);
    let change = |values: &serde_json::Value| lab.timeline.change("PATCH", "/api/v1/servers/0/settings", values);
    let mut talk = Talk::to(&lab.server);
    let changed = change(&json!({"response.404.body": "gone", "limits.fields": 3}));
    assert_eq!(
        (changed.status, &changed.json()["differs"]),
        (200, &json!(["limits.fields", "response.404.body"]))
    );
    assert_eq!(talk.ask("GET", "/none", "").body, b"gone");
    let reset = change(&json!({"response": null}));
    assert_eq!(
        (reset.status, &reset.json()["differs"]),
        (200, &json!(["limits.fields"]))
    );
    assert_ne!(talk.ask("GET", "/none", "").body, b"gone");

    let refused = change(&json!({"timer.idle": "2s", "limits.fields": "many", "timers.idle": 5}));
    let error = &refused.json()["error"];
    let keys: Vec<&str> = error["mistakes"]
        .as_array()
        .expect("mistakes")
        .iter()
        .filter_map(|mistake| mistake["key"].as_str())
        .collect();
    assert_eq!(
        (refused.status, keys),
        (422, vec!["limits.fields", "timer.idle", "timers.idle"])
    );
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("did you mean `timers.idle`?"), "{message}");
}

#[test]
fn delays_and_pauses_between_writes_can_be_set() {
    let lab = watched("node", &[]);
    let values = json!({"writes.body_delay": "300ms", "writes.chunk_size": "64", "writes.pause": "20ms"});
    assert_eq!(
        lab.timeline
            .change("PATCH", "/api/v1/servers/0/settings", &values)
            .status,
        200
    );
    let reply = Talk::to(&lab.server).ask("GET", "/static/style1.css", "");
    let lines = lab.timeline.lines_until(is("reply"));
    let line = lines.iter().find(|line| line["event"] == "reply").expect("a reply");
    let writes: Vec<(u64, u64)> = line["writes"]
        .as_array()
        .expect("writes")
        .iter()
        .map(|write| (write[0].as_u64().expect("a time"), write[1].as_u64().expect("bytes")))
        .collect();
    assert_eq!(writes.len(), 1 + reply.body.len().div_ceil(64));
    assert_eq!(writes[0].1, reply.head.len() as u64 + 4);
    let between: Vec<u64> = writes.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(
        between[0] >= 300_000_000 && between[1..].iter().all(|ns| *ns >= 20_000_000),
        "{between:?}"
    );
}

#[test]
fn a_paused_server_leaves_new_connections_in_the_backlog() {
    let lab = watched("node", &[]);
    let mut kept = Talk::to(&lab.server);
    kept.ask("GET", "/", "");
    let pause = |accepting: bool| {
        let answer = lab
            .timeline
            .change("PUT", "/api/v1/servers/0/accepting", &json!({"accepting": accepting}));
        assert_eq!((answer.status, &answer.json()["accepting"]), (200, &json!(accepting)));
    };
    pause(false);
    assert_eq!(kept.ask("GET", "/", "").status(), 200, "open connections are served");
    let mut waiting = TcpStream::connect(lab.server.address()).expect("the system completes the handshake");
    waiting
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("to write");
    waiting
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("a timeout");
    let mut byte = [0];
    assert!(waiting.read(&mut byte).is_err(), "not accepted, so no reply");
    pause(true);
    waiting
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    waiting.read_exact(&mut byte).expect("an answer");
    assert_eq!(&byte, b"H");
}
