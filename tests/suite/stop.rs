//! Shutdown by signal: replies in progress finish, idle connections get FIN, and the exit code is 0. If something is
//! cut short, that is reported, and the exit code is 1.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use labserve_server::events::EventSenders;
use labserve_server::files::{Limits, Memory, Root};
use labserve_server::server::{Options, Server, Site, run};

use super::support::server::program;

struct Running {
    process: Child,
    port: u16,
}

impl Running {
    fn start(root: &std::path::Path) -> Self {
        Self::start_with(root, &[], Stdio::null())
    }

    fn start_with(root: &std::path::Path, arguments: &[&str], log: Stdio) -> Self {
        let mut process = program()
            .args(["--profile", "nginx", "--port", "0", "--no-timeline", "--root"])
            .arg(root)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(log)
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
    let (events, log) = (root.path().join("events"), root.path().join("log"));
    let log_file = std::fs::File::create(&log).expect("a file");
    let arguments = ["--events", events.to_str().expect("a path")];
    let server = Running::start_with(root.path(), &arguments, log_file.into());
    let mut busy = server.connect();
    busy.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("a request");
    let mut upload = server.connect();
    upload
        .write_all(b"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody")
        .expect("a part of a request");
    let mut byte = [0; 1];
    busy.read_exact(&mut byte).expect("the beginning of a reply");
    server.signal("-TERM");
    let deadline = Instant::now() + Duration::from_secs(5);
    while !std::fs::read_to_string(&log)
        .expect("the log")
        .contains("a second signal")
    {
        assert!(Instant::now() < deadline, "it does not say that it stops");
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = Instant::now();
    server.signal("-TERM");
    assert_eq!(server.exit_code(), Some(1));
    // Without the second signal, it would take 5 s.
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());

    let text = std::fs::read_to_string(&log).expect("the log");
    let last = text.lines().last().expect("a line");
    assert!(
        last.contains("response was cut short") || last.contains("responses were cut short"),
        "{text}"
    );
    assert!(text.contains("bytes, cut short"), "{text}");
    let text = std::fs::read_to_string(&events).expect("the event log");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let cut = lines.iter().find(|line| line["complete"] == false).expect(&text);
    assert_eq!(
        cut["total_bytes"].as_u64(),
        cut["head_bytes"].as_u64().map(|head| head + (64 << 20)),
        "{cut}"
    );
    assert!(cut["body_bytes"].as_u64() < Some(64 << 20), "{cut}");
    let ends = lines
        .iter()
        .filter(|line| line["event"] == "end" && line["reason"] == "shutdown");
    assert_eq!(ends.count(), 2, "{text}");
    assert_eq!(lines.last().expect("a line")["event"], "stop");
}

/// If the log, the event log or both are not being read, every request is still answered, and a signal still ends the
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
        // The start message is read byte by byte, so that nothing after its URLs is read.
        let mut greeting = String::new();
        let mut byte = [0];
        while !greeting.contains("\"urls\"") || !greeting.ends_with(']') {
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
        // Each request produces about 300 bytes of log: together more than a pipe and the queue of the log can hold.
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

/// A second signal may arrive before the stop that the first signal requests.
#[test]
fn a_cut_that_comes_before_the_stop_is_not_lost() {
    let site = Site {
        profile: labserve_server::profile_files::load("rfc").expect("a built-in profile"),
        root: Root::Memory(Memory::demo_site()),
        cache: Limits::default(),
    };
    let server = Server::bind(site, ([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = server.address();
    let options = Options {
        workers: 1,
        grace: Duration::from_secs(60),
        throttle_log: false,
    };
    let running = run(vec![server], options, &EventSenders::default()).expect("a running server");
    let mut upload = TcpStream::connect(address).expect("a connection");
    let request = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    upload.write_all(request).expect("a request");
    upload.read_exact(&mut [0; 9]).expect("the beginning of a response");
    let begun = Instant::now();
    running.control().cut();
    running.stop();
    // Otherwise the timer of the body would close the connection after 15 s.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
