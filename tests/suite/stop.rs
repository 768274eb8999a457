//! Shutdown by signal: replies in progress finish, idle connections get FIN, and the exit code is 0.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::server::program;

struct Running {
    process: Child,
    port: u16,
}

impl Running {
    fn start(root: &std::path::Path) -> Self {
        let mut process = program()
            .args(["--profile", "nginx", "--port", "0", "--no-timeline", "--root"])
            .arg(root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("labserve should start");
        let out = BufReader::new(process.stdout.take().expect("its output"));
        let url = out
            .lines()
            .map_while(Result::ok)
            .find(|line| line.contains("http://"))
            .expect("a URL");
        let port = url
            .rsplit(':')
            .next()
            .and_then(|p| p.trim_matches('/').parse().ok())
            .expect("a port");
        Self { process, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a timeout");
        stream
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    }

    fn exit_code(mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().expect("its state") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        panic!("it did not end");
    }
}

/// A root with a file that is larger than any socket buffer.
fn root() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("large"), vec![b'x'; 64 << 20]).expect("a large file");
    std::fs::write(dir.path().join("small"), "small").expect("a small file");
    dir
}

#[test]
fn a_signal_lets_replies_finish_and_closes_idle_connections_with_fin() {
    let root = root();
    for signal in ["-TERM", "-INT"] {
        let server = Running::start(root.path());
        let mut unused = server.connect();
        let mut idle = server.connect();
        idle.write_all(b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
            .expect("a request");
        let mut reply = [0; 4096];
        let got = idle.read(&mut reply).expect("a reply");
        assert!(reply[..got].ends_with(b"small"));
        let mut busy = server.connect();
        busy.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            .expect("a request");
        busy.read_exact(&mut reply).expect("the beginning of a reply");

        server.signal(signal);
        assert_eq!(idle.read(&mut reply).expect("FIN, not RST"), 0);
        assert_eq!(unused.read(&mut reply).expect("FIN, not RST"), 0);
        let mut rest = Vec::new();
        busy.read_to_end(&mut rest).expect("the rest of the reply");
        let whole = [reply.as_slice(), &rest].concat();
        let head = whole.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        assert_eq!(whole.len() - head, 64 << 20, "the reply was cut short");
        assert_eq!(server.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn a_second_signal_stops_it_at_once() {
    let root = root();
    let server = Running::start(root.path());
    let mut busy = server.connect();
    busy.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("a request");
    let mut byte = [0; 1];
    busy.read_exact(&mut byte).expect("the beginning of a reply");
    server.signal("-TERM");
    std::thread::sleep(Duration::from_millis(300));
    let before = Instant::now();
    server.signal("-TERM");
    assert_eq!(server.exit_code(), Some(1));
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
}

/// If nobody reads the log, the event log or either, every request is still answered, and a signal still ends the
/// program.
#[test]
fn an_output_that_nobody_reads_stops_nothing() {
    let root = root();
    for arguments in [&["--log", "json"][..], &["--log", "json", "--events", "-"]] {
        let events = arguments.contains(&"-");
        let mut process = program()
            .args(["--profile", "nginx", "--port", "0", "--no-timeline", "--root"])
            .arg(root.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("labserve should start");
        // The greeting is read byte by byte, so that nothing after it is read.
        let mut greeting = String::new();
        let mut byte = [0];
        while !greeting.ends_with("wireshark") {
            let count = match events {
                true => process.stderr.as_mut().expect("a pipe").read(&mut byte),
                false => process.stdout.as_mut().expect("a pipe").read(&mut byte),
            };
            assert_eq!(count.expect("the greeting"), 1, "{greeting}");
            greeting.push(byte[0].into());
        }
        let (_, url) = greeting.split_once("http://127.0.0.1:").expect("a URL");
        let port = url
            .split('/')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        let server = Running { process, port };
        // Each makes about 300 bytes of log: more than a pipe and the queue of the log hold.
        for _ in 0..10 {
            let mut client = server.connect();
            let mut read = client.try_clone().expect("a second handle");
            let replies = std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                let mut ends = 0;
                while ends < 600 {
                    let count = read.read(&mut bytes).expect("a reply");
                    assert!(count > 0, "the server has closed after {ends} replies");
                    ends += bytes[..count].windows(7).filter(|w| w == b"HTTP/1.").count();
                }
            });
            client
                .write_all(&b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n".repeat(700))
                .expect("requests");
            replies.join().expect("replies");
        }
        server.signal("-TERM");
        assert_eq!(server.exit_code(), Some(0), "{arguments:?}");
    }
}
