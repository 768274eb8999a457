//! The start, the end and the summary for programs, and assertions about the summary.

use super::support::server::program;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const TOKEN: &str = "a-token-of-this-test";

fn start(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, Value) {
    let mut process = command
        .args(["--port", "0", "--timeline", "127.0.0.1:0", "--ready", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("labserve should start");
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let ready = serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line}"));
    (process, output, ready)
}

#[test]
fn one_line_says_all_and_the_end_of_the_input_ends_it() {
    let mut command = program();
    command
        .env("LABSERVE_TOKEN", TOKEN)
        .args(["--with-parent", "--summary", "json"]);
    let (mut process, mut output, ready) = start(&mut command);
    assert_eq!(
        (ready["event"].as_str(), ready["token"].as_str()),
        (Some("ready"), Some(TOKEN))
    );
    let api = ready["api"].as_str().expect("an API");
    assert!(
        api.starts_with("http://127.0.0.1:") && api.ends_with("/api/v1"),
        "{api}"
    );
    let mut client = TcpStream::connect(ready["addresses"][0].as_str().expect("an address")).expect("a connection");
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("sent");
    client.read_to_end(&mut Vec::new()).expect("a response");
    drop(process.stdin.take());
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the summary");
    assert_eq!(process.wait().expect("an exit").code(), Some(0));
    let summary: Value = serde_json::from_str(&rest).unwrap_or_else(|why| panic!("{why}: {rest}"));
    assert_eq!(summary["requests"]["paths"]["/"]["complete"], 1, "{summary}");

    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &rest).expect("written");
    let junit = file.path().with_extension("xml");
    let assert = |assertions: &[&str]| {
        let mut command = program();
        command
            .arg("assert")
            .arg(file.path())
            .args(assertions)
            .arg("--junit")
            .arg(&junit);
        let done = command.output().expect("it runs");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    assert_eq!(
        assert(&["connections == 1", "requests[/].retries <= 0"]),
        (Some(0), String::new())
    );
    let (code, said) = assert(&["connections == 1", "connections.reused > 0"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(1), "connections.reused is 0; expected > 0\n")
    );
    let xml = std::fs::read_to_string(&junit).expect("JUnit XML");
    assert!(xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""), "{xml}");
    std::fs::remove_file(junit).expect("removed");
}

#[test]
fn it_ends_after_its_time() {
    let mut command = program();
    let (mut process, _output, _) = start(command.args(["--for", "10ms"]));
    assert_eq!(process.wait().expect("an exit").code(), Some(0));
}

#[test]
fn a_token_that_is_easy_to_guess_is_refused() {
    let done = program()
        .args(["--port", "0", "--timeline", "127.0.0.1:0", "--token", "secret"])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(2) && said.contains("at least 16"), "{said}");
}

/// Everything that a run with `--log json` writes is JSON, with the same names and values as the events.
#[test]
fn the_log_in_json_is_spelled_as_the_events() {
    let events = tempfile::NamedTempFile::new().expect("a file");
    let mut process = program()
        .args([
            "--port",
            "0",
            "--no-timeline",
            "--profile",
            "rfc",
            "--log",
            "json",
            "--with-parent",
        ])
        .args(["--rule", "name=busy status=503 nth=1", "--events"])
        .arg(events.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("labserve should start");
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|why| panic!("{why}: {line}"));
    assert_eq!(
        (&ready["event"], &ready["servers"][0]["server"]),
        (&"ready".into(), &"rfc".into())
    );
    let mut client = TcpStream::connect(ready["addresses"][0].as_str().expect("an address")).expect("a connection");
    let last = "GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let requests = [
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
        last,
        "GET /late HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    client.write_all(requests.concat().as_bytes()).expect("sent");
    client.read_to_end(&mut Vec::new()).expect("responses");
    drop(client);
    drop(process.stdin.take());
    let mut log = String::new();
    process
        .stderr
        .take()
        .expect("a log")
        .read_to_string(&mut log)
        .expect("the log");
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the rest");
    assert_eq!((process.wait().expect("an exit").code(), rest.as_str()), (Some(0), ""));

    let lines = |text: &str| -> Vec<Value> {
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        text.lines().map(line).collect()
    };
    let log = lines(&log);
    let events = lines(&std::fs::read_to_string(events.path()).expect("the events"));
    for (name, count) in [("rule", 1), ("reply", 2), ("dropped_request", 1), ("end", 1)] {
        let of_name =
            |lines: &[Value]| -> Vec<Value> { lines.iter().filter(|line| line["event"] == name).cloned().collect() };
        let (logged, emitted) = (of_name(&log), of_name(&events));
        assert_eq!((logged.len(), emitted.len()), (count, count), "{log:?}");
        for (logged, emitted) in logged.iter().zip(&emitted) {
            // Each has fields that the other does not have. The open time is measured separately.
            let both = |key: &String| emitted.get(key).is_some() && key != "open_ns";
            for (key, value) in logged
                .as_object()
                .expect("an object")
                .iter()
                .filter(|(key, _)| both(key))
            {
                assert_eq!(value, &emitted[key], "{key} of {logged} and {emitted}");
            }
            let own = ["timestamp", "level", "message", "words"];
            for key in logged.as_object().expect("an object").keys() {
                assert!(
                    emitted.get(key).is_some() || own.contains(&key.as_str()),
                    "{key} of {logged}"
                );
            }
        }
    }
}
