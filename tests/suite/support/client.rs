//! The client of tests/e2e/peers/wire.py in Rust: runs one case on one connection and records what arrives, and when.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::case::{Case, Step};
use super::recording::{End, Heard, Outcome};
use super::site::Site;

/// How long a read waits for the first byte, and which silence ends it.
const FIRST: Duration = Duration::from_millis(1500);
const QUIET: Duration = Duration::from_millis(350);
/// How long a send may block.
const SEND: Duration = Duration::from_secs(10);

/// Runs cases against one server.
pub(crate) struct Client {
    server: SocketAddr,
    placeholders: Placeholders<'static>,
}

/// Returns the response head to a HEAD request for a path.
type Ask<'s> = Box<dyn Fn(&str) -> Vec<u8> + Send + Sync + 's>;

/// Replaces placeholders in cases by what they stand for, and the contents of files in replies by placeholders.
pub(crate) struct Placeholders<'s> {
    server: SocketAddr,
    /// The contents of files, largest first. In recorded text they are replaced by `{{file:/path}}`.
    files: Vec<(Vec<u8>, String)>,
    etags: Mutex<HashMap<String, String>>,
    /// Sends a HEAD request for a path and returns the response head.
    ask: Ask<'s>,
}

impl Client {
    pub(crate) fn new(server: SocketAddr, site: &Site) -> Self {
        let ask = move |path: &str| {
            let mut connection = Connection::open(server);
            connection.send(format!("HEAD {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").as_bytes());
            connection.read(QUIET)
        };
        Self {
            server,
            placeholders: Placeholders::new(server, site, ask),
        }
    }

    /// Runs a case.
    pub(crate) fn run(&self, case: &Case) -> Outcome {
        let sends: Vec<_> = case.steps.iter().map(|step| self.bytes_of(step)).collect();
        let mut connection = Connection::open(self.server);
        let mut heard = Vec::new();
        for (step, bytes) in case.steps.iter().zip(sends) {
            match step {
                Step::Send { .. } => connection.send(&bytes),
                Step::Shut => connection.shut(),
                Step::Sleep(pause) => thread::sleep(*pause),
                Step::Read { quiet } => {
                    let got = connection.read(quiet.unwrap_or(QUIET));
                    heard.push(Heard {
                        text: self.placeholders.text(got),
                        at_s: None,
                    });
                }
                Step::End { within } => {
                    let since = connection.last;
                    let got = connection.wait_for_end(*within);
                    let at_s = (!got.is_empty()).then(|| (connection.first - since).as_secs_f64());
                    heard.push(Heard {
                        text: self.placeholders.text(got),
                        at_s,
                    });
                }
            }
        }
        let (end, after_s) = match connection.ended {
            Some((end, after)) => (end, Some(after.as_secs_f64())),
            None => (End::Open, None),
        };
        Outcome { heard, end, after_s }
    }

    /// The bytes that a step sends.
    fn bytes_of(&self, step: &Step) -> Vec<u8> {
        match step {
            Step::Send { text, times } => self.placeholders.fill(text).repeat(*times),
            _ => Vec::new(),
        }
    }
}

impl<'s> Placeholders<'s> {
    pub(crate) fn new(server: SocketAddr, site: &Site, ask: impl Fn(&str) -> Vec<u8> + Send + Sync + 's) -> Self {
        Self {
            server,
            files: site.files_from(600),
            etags: Mutex::default(),
            ask: Box::new(ask),
        }
    }

    /// The bytes of a text, with its placeholders filled in.
    pub(crate) fn fill(&self, text: &str) -> Vec<u8> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, after) = after.split_once("}}").expect("a {{placeholder}} should have an end");
            filled.push_str(before);
            filled.push_str(&self.etag(placeholder));
            rest = after;
        }
        filled.push_str(rest);
        let filled = filled.replace("HOST", &self.server.to_string());
        filled
            .chars()
            .map(|c| u8::try_from(c).expect("cases are latin-1"))
            .collect()
    }

    /// `etag:/path` is the server's ETag for that path (`"none"` if it sends none); `flip:/path` is the same tag with `W/`
    /// added or removed.
    fn etag(&self, placeholder: &str) -> String {
        let (kind, path) = placeholder.split_once(':').expect("a placeholder should be kind:path");
        let mut known = self
            .etags
            .lock()
            .expect("no test thread should panic while asking for an ETag");
        let tag = known.entry(path.to_owned()).or_insert_with(|| self.ask_for_etag(path));
        match (kind, tag.strip_prefix("W/")) {
            ("etag", _) => tag.clone(),
            (_, Some(strong)) => strong.to_owned(),
            (_, None) => format!("W/{tag}"),
        }
    }

    fn ask_for_etag(&self, path: &str) -> String {
        let head = latin1(&(self.ask)(path));
        let value = head.lines().find_map(|line| {
            line.split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("etag"))
        });
        value.map_or_else(|| "\"none\"".to_owned(), |(_, value)| value.trim().to_owned())
    }

    /// The text of a response, with whole files as placeholders.
    pub(crate) fn text(&self, mut got: Vec<u8>) -> String {
        for (content, path) in &self.files {
            got = replace(got, content, format!("{{{{file:{path}}}}}").as_bytes());
        }
        latin1(&got)
    }
}

/// A connection with its times: `last` is when a byte was last sent or received, `first` when the last reply began.
struct Connection {
    stream: TcpStream,
    last: Instant,
    first: Instant,
    ended: Option<(End, Duration)>,
}

impl Connection {
    fn open(server: SocketAddr) -> Self {
        let stream =
            TcpStream::connect_timeout(&server, SEND).unwrap_or_else(|e| panic!("cannot connect to {server}: {e}"));
        stream.set_nodelay(true).expect("to set TCP_NODELAY");
        stream.set_write_timeout(Some(SEND)).expect("to set a write timeout");
        let now = Instant::now();
        Self {
            stream,
            last: now,
            first: now,
            ended: None,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        // If the peer has closed, the next read shows how. The error of the send adds nothing.
        let _ = self.stream.write_all(bytes);
        self.last = Instant::now();
    }

    fn shut(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.last = Instant::now();
    }

    /// Reads until no byte has arrived for `quiet`. The first byte may take longer.
    fn read(&mut self, quiet: Duration) -> Vec<u8> {
        let start = Instant::now();
        self.take(|last, got| {
            if got == 0 {
                start + quiet.max(FIRST)
            } else {
                last + quiet
            }
        })
    }

    /// Reads until the connection ends, for at most `within`.
    fn wait_for_end(&mut self, within: Duration) -> Vec<u8> {
        let start = Instant::now();
        self.take(|_, _| start + within)
    }

    /// Reads until the deadline, a function of the time of the last byte and the number of bytes so far.
    fn take(&mut self, deadline: impl Fn(Instant, usize) -> Instant) -> Vec<u8> {
        let mut got = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        while self.ended.is_none() {
            let left = deadline(self.last, got.len()).saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.stream.set_read_timeout(Some(left)).expect("to set a read timeout");
            match self.stream.read(&mut buffer) {
                Ok(0) => self.ended = Some((End::Fin, self.last.elapsed())),
                Ok(n) => {
                    self.last = Instant::now();
                    if got.is_empty() {
                        self.first = self.last;
                    }
                    got.extend_from_slice(&buffer[..n]);
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(_) => self.ended = Some((End::Rst, self.last.elapsed())),
            }
        }
        got
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

/// Replaces every occurrence of a file's content. Only its first bytes are searched for, and the rest is compared: building
/// a searcher for 142 KB would cost more than the search.
fn replace(text: Vec<u8>, what: &[u8], with: &[u8]) -> Vec<u8> {
    let beginning = &what[..what.len().min(64)];
    let (mut out, mut kept, mut from) = (Vec::new(), 0, 0);
    while let Some(at) = memchr::memmem::find(&text[from..], beginning).map(|at| from + at) {
        if text[at..].starts_with(what) {
            out.extend_from_slice(&text[kept..at]);
            out.extend_from_slice(with);
            kept = at + what.len();
            from = kept;
        } else {
            from = at + 1;
        }
    }
    out.extend_from_slice(&text[kept..]);
    out
}
