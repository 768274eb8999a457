//! The timeline's API: what it tells, what it changes, and what it refuses.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::support::recording::End;
use super::support::server::Server;
use super::support::site::Site;
use super::support::talk::Talk;
use super::support::timeline::Timeline;

/// What the live tape tells beyond the event log.
const DETAIL: [&str; 7] = ["raw", "raw_cut", "writes", "writes_more", "file", "why", "words"];

struct Watched {
    server: Server,
    timeline: Timeline,
    _site: Site,
}

fn watched(profile: &str, arguments: &[&str]) -> Watched {
    let site = Site::demo();
    let arguments = [&["--timeline", "127.0.0.1:0"], arguments].concat();
    let server = Server::start_with(profile, site.root(), &arguments);
    Watched {
        timeline: Timeline::of(&server),
        server,
        _site: site,
    }
}

fn is(name: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == name
}

#[test]
fn the_state_says_what_runs_and_the_page_is_there() {
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
fn the_token_of_the_start_line_becomes_a_cookie() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    let opened = timeline.ask("GET", &format!("/?token={}", timeline.token), "", "");
    assert_eq!((opened.status, opened.field("location")), (303, Some("/")));
    let cookie = opened.field("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    let with_cookie = format!("Cookie: {pair}\r\n");
    assert_eq!(
        timeline.ask("GET", "/api/v1/state", &with_cookie, "").json()["may_change"],
        true
    );
    assert_eq!(timeline.ask("GET", "/?token=guess", "", "").status, 401);

    let json = "Content-Type: application/json\r\n";
    let body = json!({"token": timeline.token}).to_string();
    let session = timeline.ask("POST", "/api/v1/session", json, &body);
    assert_eq!((session.status, session.field("set-cookie")), (204, Some(cookie)));
    assert_eq!(
        timeline
            .ask("POST", "/api/v1/session", json, "{\"token\":\"guess\"}")
            .status,
        401
    );
}

#[test]
fn what_it_refuses() {
    let lab = watched("node", &[]);
    let (timeline, at) = (&lab.timeline, lab.timeline.address);
    let bearer = format!("Authorization: Bearer {}\r\n", timeline.token);
    let json = format!("{bearer}Content-Type: application/json\r\n");
    let large = format!("{{\"timers.idle\":\"{}\"}}", "x".repeat(10 << 20));
    let settings = "/api/v1/servers/0/settings";
    let one = "{\"timers.idle\":\"2s\"}";
    let cases: &[(&str, &str, &str, &str, u16, &str)] = &[
        ("GET", "/api/v1/nothing", "", "", 404, "not_found"),
        ("GET", "/web/../mod.rs", "", "", 404, "not_found"),
        ("GET", "/api/v1/servers/7", "", "", 404, "not_found"),
        ("GET", "/api/v1/servers/x", "", "", 404, "not_found"),
        ("GET", "/api/v1/connections/77", "", "", 404, "no_connection"),
        ("GET", "/api/v1/events?since=yesterday", "", "", 400, "bad_query"),
        ("POST", "/api/v1/state", &bearer, "", 405, "method_not_allowed"),
        ("PATCH", settings, "", one, 401, "no_token"),
        (
            "PATCH",
            settings,
            "Authorization: Bearer guess\r\n",
            one,
            401,
            "no_token",
        ),
        (
            "PATCH",
            settings,
            "Cookie: labserve_3900=guess\r\n",
            one,
            401,
            "no_token",
        ),
        ("PATCH", settings, &bearer, one, 415, "wrong_type"),
        ("PATCH", settings, &json, "{\"timers.idle\":", 400, "bad_json"),
        ("PATCH", settings, &json, "[]", 400, "bad_json"),
        ("PATCH", settings, &json, "\u{0}", 400, "bad_json"),
        (
            "PATCH",
            settings,
            &json,
            "{\"timers.idel\":\"2s\"}",
            422,
            "unknown_setting",
        ),
        ("PATCH", settings, &json, "{\"timers.idle\":\"soon\"}", 422, "bad_value"),
        (
            "PATCH",
            settings,
            &json,
            "{\"files.etag\":\"{nothing}\"}",
            422,
            "bad_value",
        ),
        ("PATCH", settings, &json, &large, 413, "too_large"),
        ("PATCH", settings, "", &large, 401, "no_token"),
        (
            "PUT",
            "/api/v1/servers/0/profile",
            &json,
            "{\"profile\":\"./x.toml\"}",
            422,
            "unknown_profile",
        ),
        (
            "PUT",
            "/api/v1/servers/0/accepting",
            &json,
            "{\"accepting\":1}",
            400,
            "bad_json",
        ),
        ("DELETE", "/api/v1/connections/77", &json, "", 404, "no_connection"),
        ("DELETE", "/api/v1/connections/1?how=hard", &json, "", 400, "bad_query"),
        (
            "GET",
            "/api/v1/state",
            "Origin: http://evil.example\r\n",
            "",
            403,
            "cross_site",
        ),
        (
            "GET",
            "/api/v1/state",
            "Sec-Fetch-Site: cross-site\r\n",
            "",
            403,
            "cross_site",
        ),
        (
            "PATCH",
            settings,
            &format!("{json}Origin: http://evil.example\r\n"),
            one,
            403,
            "cross_site",
        ),
        (
            "PATCH",
            settings,
            &format!("{json}Origin: null\r\n"),
            one,
            403,
            "cross_site",
        ),
    ];
    for (method, path, fields, body, status, code) in cases {
        let answer = timeline.ask(method, path, fields, body);
        let said = &answer.json()["error"];
        let case = format!("{method} {path} {fields} {}", &body[..body.len().min(40)]);
        assert_eq!(
            (answer.status, &said["code"]),
            (*status, &json!(code)),
            "{case}: {said}"
        );
        assert!(said["message"].as_str().is_some_and(|m| m.len() > 10), "{case}: {said}");
        assert!(answer.field("content-security-policy").is_some(), "{case}");
        assert_eq!(answer.field("content-type"), Some("application/json"), "{case}");
        if *status == 405 {
            assert!(answer.field("allow").is_some(), "{case}");
        }
    }
    for host in [
        "evil.example",
        &format!("evil.example:{}", at.port()),
        "127.0.0.1:1",
        "",
    ] {
        let answer = timeline.send(format!("GET /api/v1/state HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes());
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (403, &json!("wrong_host")),
            "{host}"
        );
    }
    // Nothing of all this has changed anything.
    assert_eq!(timeline.get("/api/v1/servers/0")["differs"], json!([]));
}

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
    let bare: Vec<Value> = lines
        .iter()
        .cloned()
        .map(|mut line| {
            let object = line.as_object_mut().expect("an object");
            DETAIL.iter().for_each(|name| drop(object.remove(*name)));
            line
        })
        .collect();
    assert_eq!(bare, log);

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

    // Whoever comes back goes on where it was.
    let id = events.id.clone();
    drop(events);
    Talk::to(&lab.server).ask("GET", "/nothing", "");
    let again = lab.timeline.events(Some(&id)).until(is("head"));
    assert_eq!(again[0]["event"], "accepted");
    assert_eq!(again[0]["connection"], 2);
}

#[test]
fn a_reply_says_why_it_is_the_one_it_is() {
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
        "PUT has a response of its own, whatever the target; 404 Not Found".to_owned(),
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
fn a_setting_flips_the_next_response_on_the_same_connection() {
    let lab = watched("node", &[]);
    let (timeline, mut talk) = (&lab.timeline, Talk::to(&lab.server));
    assert_eq!(
        talk.ask("GET", "/", "").field("Cache-Control"),
        Some("public, max-age=0")
    );

    let values = json!({"fields.Cache-Control": "no-store", "files.etag": "", "fields.X-None": null});
    let refused = timeline.change("PATCH", "/api/v1/servers/0/settings", &values);
    assert_eq!(
        (refused.status, &refused.json()["error"]["key"]),
        (422, &json!("fields.X-None"))
    );
    let values = json!({"fields.Cache-Control": "no-store", "files.etag": ""});
    let changed = timeline.change("PATCH", "/api/v1/servers/0/settings", &values);
    assert_eq!(
        (changed.status, &changed.json()["differs"]),
        (200, &json!(["fields.Cache-Control", "files.etag"]))
    );
    let reply = talk.ask("GET", "/", "");
    assert_eq!(
        (reply.field("Cache-Control"), reply.field("ETag")),
        (Some("no-store"), None)
    );

    let saved = timeline.ask("GET", "/api/v1/servers/0/toml", "", "");
    let toml: toml::Table = toml::from_str(std::str::from_utf8(&saved.body).expect("text")).expect("TOML");
    assert_eq!(toml["extends"].as_str(), Some("node"));
    assert_eq!(toml["fields"]["Cache-Control"].as_str(), Some("no-store"));

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
        ("setting", "fields.Cache-Control"),
        ("setting", "files.etag"),
        ("reset", ""),
        ("profile", ""),
    ];
    assert_eq!(changes, expected);
}

#[test]
fn delays_and_pauses_are_settings_too() {
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
fn a_connection_is_listed_looked_at_and_ended() {
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

#[test]
fn a_paused_server_serves_nobody_new_until_it_goes_on() {
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
    assert_eq!(kept.ask("GET", "/", "").status(), 200, "what is open goes on");
    let mut waiting = TcpStream::connect(lab.server.address()).expect("the system completes the handshake");
    waiting
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("to write");
    waiting
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("a timeout");
    let mut byte = [0];
    assert!(waiting.read(&mut byte).is_err(), "nobody answers");
    pause(true);
    waiting
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    waiting.read_exact(&mut byte).expect("an answer");
    assert_eq!(&byte, b"H");
}

#[cfg(unix)]
#[test]
fn it_stops_while_pages_watch_and_a_log_is_written() {
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
    assert!(lines.iter().any(is("end")), "the pages hear of the ends: {lines:?}");
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
fn so_many_read_the_events_at_a_time_and_no_more() {
    let lab = watched("node", &[]);
    let mut reading: Vec<_> = (0..64).map(|_| lab.timeline.events(None)).collect();
    let refused = lab.timeline.ask("GET", "/api/v1/events.jsonl", "", "");
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (503, &json!("too_many_readers"))
    );
    reading.pop();
    let begun = std::time::Instant::now();
    while lab.timeline.ask("GET", "/api/v1/events.jsonl", "", "").status != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "a place that was left is free again"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
