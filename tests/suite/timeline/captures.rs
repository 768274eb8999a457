//! Captures that are sent to the timeline to be explained.

use super::watched;
use crate::support::timeline::{Answer, Timeline};

use serde_json::json;

/// Sends a capture with the token.
fn explain(timeline: &Timeline, query: &str, capture: &[u8]) -> Answer {
    let head = format!(
        "POST /api/v1/explain{query} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
        timeline.address,
        timeline.token,
        capture.len()
    );
    timeline.send(&[head.as_bytes(), capture].concat())
}

fn report() -> Vec<u8> {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read(format!("{root}/tests/data/captures/report-1.pcapng.gz")).expect("a capture")
}

#[test]
fn a_capture_is_explained_as_on_the_command_line() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    for (query, said) in [
        ("?name=lab.pcapng", "<html lang=\"en\""),
        ("?name=lab.pcapng&lang=zh", "<html lang=\"zh"),
    ] {
        let answer = explain(timeline, query, &report());
        assert_eq!(answer.status, 200, "{answer:?}");
        let found = answer.json();
        let connections = found["connections"].as_array().expect("connections");
        assert_eq!(connections.len(), 2, "{found}");
        assert_eq!(
            (&connections[0]["stream"], &connections[0]["described"]),
            (&json!(0), &json!(true))
        );
        assert_eq!(connections[0]["server"], json!("127.0.0.1:26001"));
        assert!(
            connections[0]["first"].as_str().is_some_and(|time| time.ends_with('Z')),
            "{found}"
        );
        let path = found["page"].as_str().expect("a path");
        let page = timeline.ask("GET", path, "", "");
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert!(page.status == 200 && text.contains(said), "{}", page.head);
        assert!(text.contains("id=\"s0\""));
        let policy = page.field("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("sandbox") && policy.contains("frame-ancestors 'self'"),
            "{policy}"
        );
    }
    // Only four pages are kept.
    let first = explain(timeline, "", &report()).json()["page"]
        .as_str()
        .expect("a path")
        .to_owned();
    assert_eq!(timeline.ask("GET", &first, "", "").status, 200);
    for _ in 0..4 {
        explain(timeline, "", &report());
    }
    assert_eq!(timeline.ask("GET", &first, "", "").status, 404);
}

#[test]
fn what_is_no_capture_is_refused_with_a_reason() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    let large = vec![0; (64 << 20) + 1];
    for (query, capture, status, code) in [
        ("?name=notes.txt", &b"no capture"[..], 422, "not_a_capture"),
        ("", b"", 422, "not_a_capture"),
        ("?lang=fr", b"", 400, "bad_query"),
        ("", &large, 413, "too_large"),
    ] {
        let answer = explain(timeline, query, capture);
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, &error["code"]),
            (status, &json!(code)),
            "{query}: {error}"
        );
    }
    let refused = timeline.ask("POST", "/api/v1/explain", "", "no capture");
    assert_eq!(refused.status, 401, "it needs the token");
    assert_eq!(timeline.ask("GET", "/explained/0", "", "").status, 404);
}
