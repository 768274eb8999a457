//! Rules, waits and the summary through the API.

use super::{Watched, watched};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn connect(watched: &Watched) -> TcpStream {
    let stream = TcpStream::connect(watched.server.address()).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    stream
}

fn ask(stream: &mut TcpStream, target: &str) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the request is sent");
}

/// Reads a response of 404 or 418, and returns its head.
fn head(stream: &mut TcpStream) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let length = length.map_or(0, |length| length.parse().expect("a number"));
    stream.read_exact(&mut vec![0; length]).expect("a body");
    head
}

fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset also ends the read.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn rules_are_added_listed_reset_and_removed() {
    let watched = watched(
        "node",
        &["--summary", "json", "--rule", "path=/first status=418 name=own"],
    );
    let timeline = &watched.timeline;
    let rule = json!({"path": "/big", "after_bytes": 10, "end": "fin"});
    let answer = timeline.change(
        "POST",
        "/api/v1/rules",
        &json!([rule, "path=/held hold=go at=after-head end=fin"]),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    let names = |value: &Value| -> Vec<(String, u64)> {
        let rules = value["rules"].as_array().into_iter().flatten();
        rules
            .map(|rule| {
                (
                    rule["name"].as_str().unwrap_or_default().to_owned(),
                    rule["hits"].as_u64().unwrap_or(99),
                )
            })
            .collect()
    };
    let list = |hits: [u64; 3]| {
        vec![
            ("own".to_owned(), hits[0]),
            ("rule-1".to_owned(), hits[1]),
            ("rule-2".to_owned(), hits[2]),
        ]
    };
    assert_eq!(names(&answer.json()), list([0, 0, 0]));

    let mut client = connect(&watched);
    ask(&mut client, "/big");
    assert_eq!(rest(&mut client), "HTTP/1.1 4");
    let closed = timeline.get("/api/v1/wait?for=closed&connection=1&reason=rule&within=10s");
    assert_eq!(closed["connection"], 1);
    let mut held = connect(&watched);
    ask(&mut held, "/held");
    timeline.get("/api/v1/wait?for=held&name=go");
    let released = timeline.change("POST", "/api/v1/release/go", &json!({}));
    assert_eq!(released.json()["released"], 1, "{released:?}");
    assert!(rest(&mut held).starts_with("HTTP/1.1 404 "));
    timeline.get("/api/v1/wait?for=closed&times=2");
    assert_eq!(names(&timeline.get("/api/v1/rules")), list([0, 1, 1]));

    let summary = timeline.get("/api/v1/summary");
    assert_eq!(summary["connections"]["count"], 2, "{summary}");
    assert_eq!(summary["requests"]["paths"]["/big"]["cut"], 1, "{summary}");
    assert_eq!(summary["connections"]["list"][0]["reason"], "rule", "{summary}");
    let ended = timeline.get("/api/v1/connections?ended=true");
    assert_eq!(ended["connections"].as_array().map(Vec::len), Some(2), "{ended}");

    let reset = timeline.change("POST", "/api/v1/reset", &json!({})).json();
    assert_eq!(names(&reset), [("own".to_owned(), 0)]);
    assert_eq!(timeline.get("/api/v1/summary")["connections"]["count"], 0);
    let none = timeline.change("DELETE", "/api/v1/rules", &json!({})).json();
    assert_eq!(none, json!({"rules": [], "held": []}));
}

#[test]
fn rules_that_are_added_while_a_connection_is_idle_hit_its_next_request() {
    let watched = watched("node", &[]);
    let timeline = &watched.timeline;
    // Each rule with whether the next request gets a response.
    for (rule, served) in [
        ("race=fin-meets-request", false),
        ("race=reset-meets-request", false),
        ("at=first-byte end=fin", false),
        ("at=first-byte nth=2 end=fin", true),
        ("at=idle end=fin", true),
        ("status=418", true),
    ] {
        let mut client = connect(&watched);
        ask(&mut client, "/before");
        assert!(head(&mut client).starts_with("HTTP/1.1 404 "));
        let added = timeline.change("POST", "/api/v1/rules", &json!(format!("name=new {rule}")));
        assert_eq!(added.status, 200, "{added:?}");
        ask(&mut client, "/after");
        if served {
            let status = if rule.starts_with("status") { "418" } else { "404" };
            assert_eq!(&head(&mut client)[9..12], status, "{rule}");
        } else {
            assert_eq!(rest(&mut client), "", "{rule}");
        }
        let hits = timeline.get("/api/v1/rules")["rules"][0]["hits"].as_u64();
        assert_eq!(hits, Some(u64::from(!rule.contains("nth=2"))), "{rule}");
        timeline.change("DELETE", "/api/v1/rules", &json!({}));
    }
}

#[test]
fn a_response_with_a_rule_is_written_as_others_are() {
    for settings in [
        &["writes.chunk_size=64"][..],
        &["writes.chunk_size=64", "writes.pause=1ms"],
        &["writes.split_head=[1, 2]", "writes.split_page_head=[2]"],
        &["writes.split_head=[]", "writes.body_delay=1ms"],
    ] {
        let set = settings.iter().flat_map(|key| ["--set", key]);
        let rule = ["--rule", "path='**?ruled' delay=1ms"];
        let watched = watched("node", &set.chain(rule).collect::<Vec<_>>());
        let writes = |target: &str| -> Vec<u64> {
            let mut client = connect(&watched);
            ask(&mut client, target);
            let of_target = |line: &Value| line["event"] == "reply" && line["target"] == target;
            let lines = watched.timeline.lines_until(of_target);
            let reply = lines.into_iter().find(|line| of_target(line)).expect("a reply");
            let writes = reply["writes"].as_array().expect("writes");
            writes.iter().map(|write| write[1].as_u64().expect("bytes")).collect()
        };
        for path in ["/static/style1.css", "/missing"] {
            let plain = writes(&format!("{path}?plain"));
            assert_eq!(writes(&format!("{path}?ruled")), plain, "{settings:?} {path}");
            assert!(plain.len() > usize::from(path != "/missing"), "{settings:?} {path}");
        }
    }
}

#[test]
fn mistakes_say_what_to_write() {
    let watched = watched("node", &[]);
    let timeline = &watched.timeline;
    for (body, status, part) in [
        (json!({"pth": "/a", "end": "fin"}), 422, "did you mean `path`"),
        (json!("path=/a end=rest"), 422, "did you mean \"reset\""),
        (json!({"path": "/a"}), 422, "not what is to happen"),
        (json!(5), 400, "expected a rule such as"),
    ] {
        let answer = timeline.change("POST", "/api/v1/rules", &body);
        let message = answer.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(answer.status == status && message.contains(part), "{body}: {answer:?}");
    }
    let answer = timeline.ask("GET", "/api/v1/wait?for=closed", "", "");
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (409, &json!("not_recorded"))
    );
}

#[test]
fn a_wait_that_is_in_vain_ends() {
    let watched = watched("node", &["--summary", "text"]);
    let answer = watched
        .timeline
        .ask("GET", "/api/v1/wait?for=closed&within=50ms", "", "");
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (504, &json!("not_in_time"))
    );
    let answer = watched.timeline.ask("GET", "/api/v1/wait?for=close", "", "");
    assert!(
        answer.status == 400
            && answer.json()["error"]["message"]
                .as_str()
                .is_some_and(|m| m.contains("`closed`"))
    );
}
