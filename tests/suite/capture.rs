//! Page loads as in three Wireshark captures of Node, with requests of the same size as the browser's.
//!
//! Sizes are bytes of TCP payload. The FIN is due 5.0 s after a connection's last response.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::server::Server;
use crate::support::site::Site;

const HTML: &str = "/";
const CSS: &str = "/static/style1.css";
const JPEG: &str = "/static/head.jpg";
const WAV: &str = "/static/BGM.wav";
const FAVICON: &str = "/favicon.ico";

/// Node announces an idle timeout of five seconds, and applies it.
const IDLE: Duration = Duration::from_secs(5);
const TOLERANCE: Duration = Duration::from_millis(100);

#[test]
fn capture_1_nothing_cached_one_connection() {
    let (_site, server) = start();
    let mut unused = Browser::connect(&server);
    let mut browser = Browser::connect(&server);
    assert_eq!(browser.exchange(HTML, "", 534), 998);
    assert_eq!(browser.exchange(CSS, "", 470), 981);
    assert_eq!(browser.exchange(JPEG, "", 475), 29_241);
    assert_eq!(browser.exchange(WAV, "Range: bytes=0-\r\n", 547), 142_487);
    assert_eq!(browser.exchange(FAVICON, "", 471), 422);
    browser.expect_fin_after_idle();
    unused.close_first();
}

#[test]
fn capture_2_everything_cached() {
    let (_site, server) = start();
    let mut browser = Browser::connect(&server);
    for (path, etag, size) in [
        (HTML, "2aa", 265),
        (CSS, "29a", 265),
        (JPEG, "7108", 266),
        (WAV, "22b32", 267),
    ] {
        let validators =
            format!("If-None-Match: W/\"{etag}-18b865c4709\"\r\nIf-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n");
        assert_eq!(browser.exchange(path, &validators, 640), size, "304 for {path}");
    }
    browser.expect_fin_after_idle();
}

#[test]
fn capture_3_two_connections_with_separate_timeouts() {
    let (_site, server) = start();
    let (mut first, mut second) = (Browser::connect(&server), Browser::connect(&server));
    assert_eq!(first.exchange(HTML, "", 534), 998);
    assert_eq!(second.exchange(JPEG, "", 475), 29_241);
    assert_eq!(first.exchange(CSS, "", 470), 981);
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(second.exchange(WAV, "Range: bytes=0-\r\n", 547), 142_487);
    let other = thread::spawn(move || second.expect_fin_after_idle());
    first.expect_fin_after_idle();
    other.join().expect("the second connection's thread");
}

fn start() -> (Site, Server) {
    let site = Site::demo();
    let server = Server::start("node", site.root());
    (site, server)
}

/// A browser's connection: sends requests of a given size and remembers when the last response ended.
struct Browser {
    stream: TcpStream,
    host: String,
    last: Instant,
}

impl Browser {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("to connect");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("to set a timeout");
        Self {
            stream,
            host: server.address().to_string(),
            last: Instant::now(),
        }
    }

    /// Sends a request of exactly `size` bytes and returns the size of the response.
    fn exchange(&mut self, path: &str, extra: &str, size: usize) -> usize {
        let begin = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n{extra}Accept: */*\r\nConnection: keep-alive\r\nCookie: lab=",
            self.host
        );
        let filler = size
            .checked_sub(begin.len() + 4)
            .unwrap_or_else(|| panic!("{size} bytes are too few for {begin:?}"));
        let request = format!("{begin}{}\r\n\r\n", "x".repeat(filler));
        assert_eq!(request.len(), size);
        self.stream.write_all(request.as_bytes()).expect("to send a request");
        let length = self.read_response();
        self.last = Instant::now();
        length
    }

    /// Reads a head and its body by Content-Length, and returns how many bytes arrived in total.
    fn read_response(&mut self) -> usize {
        let mut got = Vec::new();
        let end = loop {
            if let Some(at) = got.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.read_some(&mut got);
        };
        let head = String::from_utf8_lossy(&got[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok())
            .unwrap_or(0);
        while got.len() < end + length {
            self.read_some(&mut got);
        }
        got.len()
    }

    fn read_some(&mut self, got: &mut Vec<u8>) {
        let mut buffer = [0; 1 << 16];
        let n = self.stream.read(&mut buffer).expect("the rest of the response");
        assert_ne!(
            n,
            0,
            "the connection ended in a response, after {:?}",
            String::from_utf8_lossy(got)
        );
        got.extend_from_slice(&buffer[..n]);
    }

    /// Waits for the server's FIN. No byte may arrive before it.
    fn expect_fin_after_idle(&mut self) {
        // A machine that was suspended meanwhile interrupts the call.
        let read = loop {
            match self.stream.read(&mut [0; 64]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let n = read.expect("a FIN should come within 10 s");
        let after = self.last.elapsed();
        assert_eq!(n, 0, "bytes came before the FIN");
        assert!(
            after.abs_diff(IDLE) <= TOLERANCE,
            "FIN after {after:?}, expected {IDLE:?} within {TOLERANCE:?}"
        );
    }

    /// Sends FIN, and expects the server's FIN at once.
    fn close_first(&mut self) {
        self.stream
            .shutdown(std::net::Shutdown::Write)
            .expect("an unused connection should still be open");
        let n = self
            .stream
            .read(&mut [0; 64])
            .expect("the server should answer FIN with FIN");
        assert_eq!(n, 0, "an unused connection should close without a response");
    }
}
