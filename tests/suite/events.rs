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

    /// The lines about connections, as soon as `ends` of them are `end` events.
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
        (&8.into(), &serde_json::Value::Null, &"read".into())
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
