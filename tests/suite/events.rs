//! The event log: what its lines report about connections.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::recording::End;
use super::support::server::Server;
use super::support::site::Site;
use super::support::talk::Talk;

/// A server that writes its event log to a temporary file.
struct Logged {
    server: Server,
    file: PathBuf,
    _site: Site,
    _directory: tempfile::TempDir,
}

impl Logged {
    fn start(profile: &str, arguments: &[&str]) -> Self {
        let site = Site::demo();
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("events.jsonl");
        let path = file.to_str().expect("a path");
        let server = Server::start_with(profile, site.root(), &[&["--events", path], arguments].concat());
        Self {
            server,
            file,
            _site: site,
            _directory: directory,
        }
    }

    /// The lines about connections, once `ends` of them are `end` events.
    fn lines(&self, ends: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let lines = read(&self.file);
            if lines.iter().filter(|line| line["event"] == "end").count() >= ends {
                return lines
                    .into_iter()
                    .filter(|line| line.get("connection").is_some())
                    .collect();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "not {ends} ends in {lines:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn read(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("the event log");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
        .collect()
}

/// The names of events.
fn names(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["event"].as_str()).collect()
}

#[test]
fn a_persistent_connection_is_logged_from_accept_to_end() {
    let log = Logged::start("node", &["--set", "timers.idle=200ms"]);
    let mut talk = Talk::to(&log.server);
    let page = talk.ask("GET", "/", "");
    let upload = {
        talk.send("POST /\u{e4}\" HTTP/1.1\r\nHost: lab.test\r\nContent-Length: 3\r\n\r\nabc");
        talk.reply(false)
    };
    assert_eq!(talk.end(Duration::from_secs(5)), End::Fin);
    drop(talk);

    let lines = log.lines(1);
    assert_eq!(
        names(&lines),
        [
            "accepted", "head", "reply", "idle", "head", "body", "reply", "idle", "timer", "close", "end"
        ]
    );
    let (head, reply) = (&lines[1], &lines[2]);
    assert_eq!(
        (&head["request"], &head["method"], &head["target"]),
        (&1.into(), &"GET".into(), &"/".into())
    );
    assert_eq!(head["received"], head["head_bytes"]);
    assert_eq!(reply["status"], 200);
    assert_eq!(reply["head_bytes"], page.head.len() + 4);
    assert_eq!(reply["body_bytes"], page.body.len());
    assert_eq!(reply["sent"], page.head.len() + 4 + page.body.len());
    assert_eq!(lines[3]["ends_after_ns"], 200_000_000);
    // One character for each byte of the target.
    assert_eq!(lines[4]["target"], "/\u{c3}\u{a4}\"");
    assert_eq!((&lines[5]["bytes"], &lines[5]["how"]), (&3.into(), &"complete".into()));
    assert_eq!(lines[6]["request"], 2);
    assert_eq!(lines[6]["status"], upload.status());
    assert_eq!(lines[8]["reason"], "idle");
    for end in &lines[9..] {
        assert_eq!(
            (&end["who"], &end["reason"], &end["style"], &end["state"]),
            (&"server".into(), &"idle".into(), &"close".into(), &"idle".into())
        );
    }
    assert_eq!(lines[10]["requests"], 2);
    let times: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["since_accept_ns"].as_u64())
        .collect();
    assert!(times.is_sorted() && times.len() == lines.len(), "{times:?}");
    let idle = times[9] - times[7];
    assert!((200_000_000..400_000_000).contains(&idle), "idle for {idle} ns");
}

#[test]
fn a_client_fin_and_a_client_reset_are_told_apart() {
    let log = Logged::start("rfc", &[]);
    let mut fin = Talk::to(&log.server);
    fin.send("GET / HT");
    std::thread::sleep(Duration::from_millis(100));
    fin.shut();
    assert_eq!(fin.end(Duration::from_secs(5)), End::Fin);
    let first = log.lines(1);
    assert_eq!(
        names(&first),
        ["accepted", "client-fin", "dropped_request", "close", "end"]
    );
    assert_eq!(first[1]["state"], "line");
    assert_eq!(
        (&first[2]["bytes"], &first[2]["line"], &first[2]["where"]),
        (&8.into(), &Value::Null, &"read".into())
    );
    assert_eq!(
        (&first[3]["who"], &first[3]["reason"]),
        (&"client".into(), &"client_fin_in_head".into())
    );

    let mut reset = Talk::to(&log.server);
    reset.ask("GET", "/", "");
    reset.reset();
    let both = log.lines(2);
    let second = &both[first.len()..];
    assert_eq!(
        names(second),
        ["accepted", "head", "reply", "idle", "reset", "close", "end"]
    );
    assert_eq!(second[5]["reason"], "client_reset");
    assert_eq!(second[5]["connection"], 2);
}

#[test]
fn each_run_appends_a_start_line_that_names_the_format() {
    let site = Site::demo();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("events.jsonl");
    for run in 1..=2 {
        let server = Server::start_with("node", site.root(), &["--events", file.to_str().expect("a path")]);
        let lines = read(&file);
        let starts: Vec<&Value> = lines.iter().filter(|line| line["event"] == "start").collect();
        assert_eq!(starts.len(), run);
        let last = starts[run - 1];
        assert_eq!(
            (&last["format"], &last["version"]),
            (&"labserve-events".into(), &1.into())
        );
        assert_eq!(last["servers"][0]["address"], server.address().to_string());
    }
}

#[cfg(unix)]
#[test]
fn a_renamed_log_is_begun_again_on_sighup_and_only_its_owner_reads_it() {
    use super::support::server::is_built_here;
    use std::os::unix::fs::PermissionsExt;
    // A program for another system has neither such modes nor this signal.
    if !is_built_here() {
        return;
    }
    let site = Site::demo();
    let directory = tempfile::tempdir().expect("a directory");
    let (file, old) = (directory.path().join("events"), directory.path().join("events.1"));
    let server = Server::start_with("node", site.root(), &["--events", file.to_str().expect("a path")]);
    let mode = std::fs::metadata(&file).expect("a log").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Talk::to(&server).ask("GET", "/before", "");
    let until = |file: &Path, event: &str| {
        let begun = Instant::now();
        while !(file.exists() && names(&read(file)).contains(&event)) {
            assert!(begun.elapsed().as_secs() < 20, "no {event} in {}", file.display());
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    until(&file, "end");
    std::fs::rename(&file, &old).expect("renamed");
    server.signal("-HUP");
    until(&file, "reload");
    Talk::to(&server).ask("GET", "/after", "");
    until(&file, "end");
    let new = read(&file);
    assert_eq!(new[0]["event"], "reopened");
    assert_eq!(new[0]["format"], "labserve-events");
    let has = |lines: &[Value], target: &str| lines.iter().any(|line| line["target"] == target);
    assert!(has(&new, "/after") && !has(&new, "/before"));
    assert!(has(&read(&old), "/before") && !has(&read(&old), "/after"));
}

#[test]
fn a_client_that_speaks_tls_or_http2_is_recognised_and_gets_what_the_profile_answers() {
    let hello = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03\r\n\r\n";
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (first, protocol, part) in [
        (hello.as_slice(), "tls", "this is TLS; use http://"),
        (preface.as_slice(), "http2", "HTTP/2 with prior knowledge"),
    ] {
        let lab = Logged::start("rfc", &[]);
        let mut talk = Talk::to(&lab.server);
        talk.send(first);
        let refused = talk.reply(false);
        assert!(
            refused.head.starts_with("HTTP/1.1 4") || refused.head.starts_with("HTTP/1.1 5"),
            "{refused:?}"
        );
        drop(talk);
        let lines = lab.lines(1);
        let names = names(&lines);
        assert_eq!(names[..3], ["accepted", "other-protocol", "head"], "{names:?}");
        assert_eq!(lines[1]["protocol"], protocol);
        assert!(
            lines[1]["words"].as_str().is_some_and(|words| words.contains(part)),
            "{}",
            lines[1]
        );
        // An ordinary request has no such line.
        Talk::to(&lab.server).ask("GET", "/", "Connection: close\r\n");
        assert_eq!(
            lab.lines(2)
                .iter()
                .filter(|line| line["event"] == "other-protocol")
                .count(),
            1
        );
    }
}

/// A profile that serves one connection at a time: its event log shows when the next one was accepted.
#[test]
fn a_connection_waits_in_the_accept_queue_while_another_is_served() {
    let log = Logged::start("rfc", &["--set", "connection.served_at_once=1", "--workers", "2"]);
    let mut first = Talk::to(&log.server);
    let mut second = Talk::to(&log.server);
    second.send("GET / HTTP/1.1\r\nHost: lab.test\r\nConnection: close\r\n\r\n");
    assert_eq!(first.ask("GET", "/", "").status(), 200);
    drop(first);
    assert_eq!(second.reply(false).status(), 200);
    drop(second);

    let lines = log.lines(2);
    let find = |connection: u64, event: &str| {
        let of = |line: &&Value| line["connection"] == connection && line["event"] == event;
        lines.iter().find(of).expect("the line").clone()
    };
    let (end, accepted) = (find(1, "end"), find(2, "accepted"));
    assert_eq!(find(1, "accepted").get("queued"), None);
    assert_eq!(accepted["queued"], true);
    assert!(end["time"].as_str() <= accepted["time"].as_str(), "{end} {accepted}");
}
