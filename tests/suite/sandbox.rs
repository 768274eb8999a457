//! `--sandbox`: what a server can still do, and what the kernel denies it.
#![cfg(target_os = "linux")]

use super::support::server::program;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Kills the program when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of this test")
}

fn reply(port: &str, target: &str) -> String {
    let mut client = TcpStream::connect(format!("127.0.0.1:{port}")).expect("a connection");
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    write!(client, "GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("a request");
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("a reply");
    reply
}

/// Runs `labserve reload`. Returns whether it succeeded, and its output.
fn reload(port: &str, runtime: &Path) -> (bool, String) {
    let mut command = program();
    command.args(["reload", "--port", port]).env("XDG_RUNTIME_DIR", runtime);
    let done = command.output().expect("labserve reload");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_sandboxed_server_serves_and_reloads_and_reads_nothing_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    for name in ["site", "own", "elsewhere", "run"] {
        std::fs::create_dir(at(name)).expect("a directory");
    }
    let write = |name: &str, content: &str| std::fs::write(at(name), content).expect("written");
    write("site/a.txt", "first");
    write("elsewhere/other.toml", "extends = \"nginx\"\n");
    write("own/server.toml", "profile = \"mine.toml\"\n");
    write("own/mine.toml", "extends = \"nginx\"\n");
    let log = std::fs::File::create(at("log")).expect("a file");
    let mut command = program();
    command
        .args([
            "--sandbox",
            "--no-timeline",
            "--port",
            "0",
            "--config",
            "server.toml",
            "--root",
            text(&at("site")),
        ])
        .args(["--events", text(&at("events"))])
        .env("XDG_RUNTIME_DIR", at("run"))
        .current_dir(at("own"))
        .stdout(Stdio::piped())
        .stderr(log);
    let mut server = Program(command.spawn().expect("labserve"));
    let out = BufReader::new(server.0.stdout.take().expect("its output"));
    let url = out.lines().map_while(Result::ok).find(|line| line.contains("http://"));
    let url = url.expect("a URL");
    let port = url.trim_end_matches('/').rsplit(':').next().expect("a port");

    assert!(reply(port, "/a.txt").ends_with("first"));
    // A new file, or one that an editor has replaced, is read like any other.
    write("site/b.txt", "second");
    assert!(reply(port, "/b.txt").ends_with("second"));
    write(
        "own/next.toml",
        "extends = \"nginx\"\n[connection]\npersistent = false\n",
    );
    std::fs::rename(at("own/next.toml"), at("own/mine.toml")).expect("replaced");
    let (done, said) = reload(port, &at("run"));
    assert!(done, "{said}");

    write(
        "own/server.toml",
        &format!("profile = \"{}\"\n", text(&at("elsewhere/other.toml"))),
    );
    let (done, said) = reload(port, &at("run"));
    let logged = std::fs::read_to_string(at("log")).expect("the log");
    if logged.contains("not sandboxed") {
        assert!(done, "{said}");
    } else {
        assert!(!done && said.contains("ermission denied"), "{said}");
        assert!(logged.contains("sandboxed"), "{logged}");
    }
    assert!(reply(port, "/a.txt").ends_with("first"));

    let id = server.0.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .arg(&id)
            .status()
            .expect("kill")
            .success()
    );
    let deadline = Instant::now() + Duration::from_secs(15);
    let ended = loop {
        match server.0.try_wait().expect("its state") {
            Some(status) => break status,
            None => assert!(Instant::now() < deadline, "it did not end"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(ended.code(), Some(0));
    let left: Vec<_> = std::fs::read_dir(at("run")).expect("a directory").flatten().collect();
    assert!(left.is_empty(), "the socket of `labserve reload` is left: {left:?}");
    let events = std::fs::read_to_string(at("events")).expect("the event log");
    assert!(
        events.lines().last().is_some_and(|line| line.contains("stop")),
        "{events}"
    );
}
