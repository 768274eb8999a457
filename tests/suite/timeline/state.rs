//! What the API reports: servers, connections and decisions.

use super::{is, watched};
use crate::support::recording::End;
use crate::support::talk::Talk;
use serde_json::json;
use std::time::Duration;

#[test]
fn the_state_lists_the_servers_and_the_page_is_served() {
    let lab = watched("node", &["--set", "timers.idle=9s"]);
    let state = lab.timeline.get("/api/v1/state");
    let server = &state["servers"][0];
    assert_eq!(
        (&server["name"], &server["address"], &server["open"]),
        (&json!("node"), &json!(lab.server.address().to_string()), &json!(0))
    );
    assert_eq!(server["differs"], json!(["timers.idle.after"]));
    assert_eq!(
        (&server["idle_ns"], &server["announced_timeout_ns"]),
        (&json!(9_000_000_000_u64), &json!(5_000_000_000_u64))
    );
    assert_eq!(state["may_change"], false);
    assert!(state["ring"]["bytes"].as_u64() <= state["ring"]["limit"].as_u64());
    assert_eq!(lab.timeline.get("/api/v1/servers/0")["settings"], server["settings"]);
    let profiles = lab.timeline.get("/api/v1/profiles");
    assert!(profiles["profiles"].as_array().is_some_and(|all| all.len() >= 10));

    let page = lab.timeline.ask("GET", "/", "", "");
    assert_eq!(
        (page.status, page.field("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let policy = page.field("content-security-policy").expect("a policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.field("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.field("x-frame-options"), Some("DENY"));
    let lines = lab.timeline.lines_until(is("start"));
    assert_eq!(lines[0]["servers"][0]["address"], lab.server.address().to_string());
}

#[test]
fn a_reply_event_explains_the_decision_step_by_step() {
    let lab = watched("node", &[]);
    let mut talk = Talk::to(&lab.server);
    let etag = talk.ask("GET", "/", "").field("ETag").expect("a tag").to_owned();
    talk.ask("GET", "/", &format!("If-None-Match: {etag}\r\n"));
    talk.ask("GET", "/", "If-None-Match: \"x\"\r\nRange: bytes=0-4\r\n");
    talk.ask("GET", "/nothing<b>", "");
    talk.ask("PUT", "/", "");
    talk.send("GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
    talk.reply(false);
    let lines = lab
        .timeline
        .lines_until(|line| line["event"] == "reply" && line["request"] == 6);
    let why: Vec<String> = lines
        .iter()
        .filter(|line| line["event"] == "reply")
        .map(|line| {
            let steps = line["why"].as_array().expect("steps");
            let texts: Vec<&str> = steps.iter().filter_map(|step| step["text"].as_str()).collect();
            texts.join("; ")
        })
        .collect();
    let expected = [
        "GET is served; / is the file ".to_owned(),
        format!("If-None-Match matches {etag}; 304 Not Modified"),
        format!("If-None-Match does not match {etag}; Range asks for bytes 0 to 4 of "),
        "GET is served; /nothing<b> does not exist; 404 Not Found".to_owned(),
        "PUT has its own response, whatever the target; 404 Not Found".to_owned(),
        "the request is refused: ".to_owned(),
    ];
    for (got, want) in why.iter().zip(&expected) {
        assert!(got.contains(want.as_str()), "{want:?} in {got:?}");
    }
    let not_modified = &lines
        .iter()
        .filter(|line| line["event"] == "reply")
        .nth(1)
        .expect("a reply")["why"];
    let step = not_modified
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["step"] == "if_none_match");
    let step = step.expect("the condition");
    assert_eq!(
        (&step["holds"], &step["theirs"], &step["ours"]),
        (&json!(true), &json!(etag), &json!(etag))
    );
}

#[test]
fn a_connection_is_listed_shown_and_closed() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    for (how, end) in [("fin", End::Fin), ("rst", End::Rst)] {
        let mut talk = Talk::to(&lab.server);
        talk.ask("GET", "/", "");
        let listed = timeline.get("/api/v1/connections?server=0");
        let row = &listed["connections"].as_array().expect("a list").last().expect("one")["connection"];
        let one = timeline.get(&format!("/api/v1/connections/{row}"));
        assert_eq!((&one["requests"], &one["state"]), (&json!(1), &json!("idle")));
        if cfg!(target_os = "linux") {
            assert_eq!(one["kernel"]["state"], "ESTABLISHED");
            assert!(one["kernel"]["rtt_us"].as_u64().is_some_and(|rtt| rtt > 0));
        }
        let asked = timeline.change("DELETE", &format!("/api/v1/connections/{row}?how={how}"), &json!(null));
        assert_eq!((asked.status, &asked.json()["asked"]), (200, &json!(how)));
        assert_eq!(talk.end(Duration::from_secs(5)), end);
        let lines = timeline.lines_until(|line| line["event"] == "end" && line["connection"] == *row);
        let last = lines.iter().rfind(|line| line["event"] == "end").expect("an end");
        assert_eq!(
            (&last["reason"], &last["style"], &last["who"]),
            (&json!("asked"), &json!(how), &json!("server"))
        );
        assert_eq!(
            timeline
                .ask("GET", &format!("/api/v1/connections/{row}"), "", "")
                .status,
            404
        );
    }
    assert_eq!(timeline.get("/api/v1/connections")["connections"], json!([]));
}
