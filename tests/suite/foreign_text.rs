//! Untrusted text in everything that the program prints: names of files, keys, titles and requests that try to end a
//! line, to move the cursor of a terminal or to change the order of the shown text. Also the token, which must not be
//! printed again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::support::server::program;

/// An escape sequence, C1, DEL, a line separator, and characters that change the direction of writing.
const ADVERSARIAL: &str = "a\u{1b}[31m\u{9b}32m\u{7f}\u{2028}\u{202e}\u{2066}z";

/// A valid profile in which every text is adversarial.
fn profile() -> String {
    let text = ADVERSARIAL.replace('\u{1b}', "\\u001b").replace('\u{7f}', "\\u007f");
    format!(
        "extends = \"rfc\"\ntitle = \"{text}\"\n[connection.fields]\nkeep = [\"Keep-Alive: {text}\"]\n[response.404]\nhead = \"X: {text}\"\n"
    )
}

/// Panics if `output` contains a character that could mislead. Line ends are allowed.
fn must_be_plain(what: &str, output: &[u8]) {
    let text = std::str::from_utf8(output).unwrap_or_else(|_| panic!("{what}: not UTF-8: {output:?}"));
    let misleads = |c: char| labserve_core::http1::text::misleads(c) && c != '\n';
    if let Some(found) = text.chars().find(|c| misleads(*c)) {
        panic!("{what}: {found:?} in {text:?}");
    }
}

#[test]
fn no_command_prints_what_misleads() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    let adversarial_file = format!("{ADVERSARIAL}.toml");
    write("valid.toml", &profile());
    write(&adversarial_file, &profile());
    write("key.toml", "extends = \"rfc\"\n\"\\u001b\\u009b\\u202e\" = 1\n");
    write("base.toml", "extends = \"\\u001b\\u009b\\u202e\"\n");
    write("capture.pcap", ADVERSARIAL);
    std::fs::create_dir(dir.path().join(ADVERSARIAL)).expect("a directory");
    let profile = format!("./{ADVERSARIAL}.toml");
    let missing = format!("./{ADVERSARIAL}-missing.toml");
    let assignment = format!("timers.{ADVERSARIAL}=1s");
    let cases: &[&[&str]] = &[
        &["check", &adversarial_file],
        &["check", "valid.toml"],
        &["check", &missing],
        &["check", "key.toml"],
        &["check", "base.toml"],
        &["check", ADVERSARIAL],
        &["profiles", &profile],
        &["profiles", "valid.toml", "--json"],
        &["profiles", ADVERSARIAL],
        &["profiles", "--compare", &profile, "rfc"],
        &["profiles", "--compare", &profile, "rfc", "--json"],
        &["--profile", &missing],
        &["--profile", ADVERSARIAL],
        &["--config", &missing],
        &["--root", &missing],
        &["--set", ADVERSARIAL],
        &["--set", &assignment],
        &["--set", &format!("timers.idle={ADVERSARIAL}")],
        &[
            "--port",
            "0",
            "--no-timeline",
            "--events",
            &format!("{ADVERSARIAL}/none/file"),
        ],
        &["--timeline", ADVERSARIAL],
        &["--log", ADVERSARIAL],
        &[ADVERSARIAL, "--port", "0", "--no-timeline", "--for", "1ms"],
        &[&missing],
        &["explain", &missing],
        &["explain", "capture.pcap"],
        &["explain", ADVERSARIAL],
        &["explain", "capture.pcap", "--html", &format!("{ADVERSARIAL}/none/page")],
    ];
    for args in cases {
        let output = program()
            .args(*args)
            .current_dir(dir.path())
            .output()
            .expect("a program");
        let what = format!("{args:?}");
        must_be_plain(&what, &output.stdout);
        must_be_plain(&what, &output.stderr);
        assert!(
            !(output.stdout.is_empty() && output.stderr.is_empty()),
            "{what} said nothing"
        );
    }
}

/// Sends `request` and returns everything that is received.
fn ask(address: &str, request: &str) -> Vec<u8> {
    let mut client = TcpStream::connect(address).expect("connected");
    client.write_all(request.as_bytes()).expect("sent");
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).expect("a reply");
    reply
}

/// Serves the adversarial profile from a directory with an adversarial name, and returns what the program printed.
fn serve(dir: &Path, log: &str) -> String {
    let root = dir.join(ADVERSARIAL);
    std::fs::create_dir_all(&root).expect("a directory");
    let profile = format!("./{ADVERSARIAL}.toml");
    std::fs::write(dir.join(&profile), self::profile()).expect("written");
    let mut server = program()
        .args([
            "--port",
            "0",
            "--timeline",
            "127.0.0.1:0",
            "--events",
            "events",
            "--log",
            log,
        ])
        .args(["--profile", &profile, "--root"])
        .arg(&root)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program");
    let (said, lines) = mpsc::channel();
    let outputs: [Option<Box<dyn Read + Send>>; 2] = [
        server.stdout.take().map(|out| Box::new(out) as _),
        server.stderr.take().map(|err| Box::new(err) as _),
    ];
    for output in outputs.into_iter().flatten() {
        let said = said.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(output);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
                let _ = said.send(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
        });
    }
    drop(said);
    let mut all = String::new();
    let mut until = |part: &str| loop {
        let line = lines
            .recv_timeout(Duration::from_secs(20))
            .unwrap_or_else(|_| panic!("no {part}"));
        all.push_str(&line);
        if line.contains(part) {
            return line;
        }
    };
    let address = |line: &str| {
        let rest = line.split("http://").nth(1).expect("an address");
        rest.split('/').next().expect("a host").to_owned()
    };
    let (served, timeline_line) = if log.starts_with("json") {
        let line = until("\"ready\"");
        let ready: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        (text(&ready["addresses"][0]), text(&ready["timeline"]))
    } else {
        (address(&until("url ")), until("timeline "))
    };
    let timeline = address(&timeline_line);
    let token = timeline_line.trim().split("token=").nth(1).expect("a token");
    let target = format!("/%1b\u{9b}\u{202e}\u{2028}?token={token}");
    ask(
        &served,
        &format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    );
    until(if log.starts_with("json") {
        "\"reason\""
    } else {
        "closed"
    });
    for path in [
        "state",
        "events.jsonl",
        "servers/%e2%80%ae%c2%9b",
        "events?since=%e2%80%ae%c2%9b-x",
    ] {
        let reply = ask(
            &timeline,
            &format!("GET /api/v1/{path} HTTP/1.1\r\nHost: {timeline}\r\nConnection: close\r\n\r\n"),
        );
        let reply = String::from_utf8_lossy(&reply).replace("\r\n", "\n");
        must_be_plain(path, reply.as_bytes());
    }
    let _ = server.kill();
    let _ = server.wait();
    all.extend(lines.iter());
    let events = std::fs::read(dir.join("events")).expect("an event log");
    must_be_plain("the event log", &events);
    // The client sent the token to the wrong port. It is shown only in the start line: in the JSON, in the address of
    // the page and on its own.
    let shown = |text: &str| text.matches(&token[..8]).count();
    let in_start = if log.starts_with("json") { 2 } else { 1 };
    assert_eq!((shown(&all), shown(&String::from_utf8_lossy(&events))), (in_start, 0));
    all
}

#[test]
fn a_server_prints_nothing_that_misleads() {
    for log in ["text/debug", "json/debug"] {
        let dir = tempfile::tempdir().expect("a directory");
        let said = serve(dir.path(), log);
        must_be_plain(log, said.as_bytes());
        for line in said.lines().filter(|line| line.starts_with('{')) {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
        }
    }
}
