//! A client that plays one case on one connection, and records what arrives and when.

use crate::case::{Case, Step};
use crate::placeholders::{Contents, Placeholders};
use crate::recording::{End, Heard, Outcome};
use labserve_core::model::{FIRST, QUIET};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Limits on the client's time and memory, regardless of what the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long a read waits for the first byte.
    pub first: Duration,
    /// The silence after the last byte that ends a read.
    pub quiet: Duration,
    /// How long a connection may take to be established, and a send to be accepted.
    pub patience: Duration,
    /// The maximum time of reading in one step: the connection to a server that never stops sending is cut off.
    pub longest_read: Duration,
    /// How many bytes may arrive on one connection.
    pub most: usize,
    /// How many bytes the connections of a client may hold at one time.
    pub most_at_once: usize,
}

impl Default for Bounds {
    /// 1.5 s, 0.35 s, 10 s, 20 s, 8 MiB and 128 MiB.
    fn default() -> Self {
        Self {
            first: FIRST,
            quiet: QUIET,
            patience: Duration::from_secs(10),
            longest_read: Duration::from_secs(20),
            most: 8 << 20,
            most_at_once: 128 << 20,
        }
    }
}

/// Why a case could not be played.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlayError {
    /// No connection could be established.
    Connect(io::Error),
    /// The server sent more than the limit of a connection, or did not stop within the time of a step ([`Bounds`]).
    Endless(Bounds),
    /// All connections together received more than the client may hold at one time.
    Flood(Bounds),
}

impl fmt::Display for PlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::Endless(bounds) => write!(
                f,
                "the response did not end within {} or {} s",
                mebibytes(bounds.most),
                bounds.longest_read.as_secs_f64()
            ),
            Self::Flood(bounds) => write!(
                f,
                "the responses that arrive at one time are more than {}",
                mebibytes(bounds.most_at_once)
            ),
        }
    }
}

impl std::error::Error for PlayError {}

/// A number of bytes as text for people.
pub(crate) fn mebibytes(bytes: usize) -> String {
    if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}

/// Plays cases against one server. Each case has a separate connection, and several threads may play at once.
///
/// ```no_run
/// use labserve_probe::client::Client;
/// use labserve_probe::{case, site};
///
/// let client = Client::new("127.0.0.1:8080".parse().expect("an address"), site::contents());
/// println!("{:?}", client.play(&case::built_in()[0]));
/// ```
#[derive(Debug)]
pub struct Client {
    server: SocketAddr,
    placeholders: Placeholders<'static>,
    contents: Contents,
    bounds: Bounds,
    /// How many bytes its connections hold now.
    held: Arc<AtomicUsize>,
}

impl Client {
    /// A client for `server`, whose site has files with these contents.
    pub fn new(server: SocketAddr, contents: Contents) -> Self {
        Self::within(server, contents, Bounds::default())
    }

    /// A client with other bounds.
    pub fn within(server: SocketAddr, contents: Contents, bounds: Bounds) -> Self {
        let head = move |path: &str| {
            let request = format!("HEAD {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
            ask(server, &request, bounds).unwrap_or_default()
        };
        Self {
            server,
            placeholders: Placeholders::new(server, head),
            contents,
            bounds,
            held: Arc::default(),
        }
    }

    /// The server.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// Whether the server responds with RST to a byte that arrives this long after its FIN. `None` if the server sends
    /// no FIN after a response to a request with `Connection: close`.
    pub(crate) fn late_byte(&self, path: &str, after: Duration) -> Option<bool> {
        let mut connection = Connection::share(self.server, self.bounds, &self.held).ok()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.server
        );
        connection.send(request.as_bytes());
        connection.wait_for_end(self.bounds.first).ok()?;
        matches!(connection.ended, Some((End::Fin, _))).then_some(())?;
        thread::sleep(after);
        connection.send(b"x");
        // An RST arrives within a round trip, and the next send then fails.
        thread::sleep(self.bounds.quiet);
        Some(connection.stream.write_all(b"x").is_err())
    }

    /// Plays a case.
    ///
    /// # Errors
    /// No connection can be established, or the server does not stop sending.
    pub fn play(&self, case: &Case) -> Result<Outcome, PlayError> {
        // Filled in first: requesting an ETag between two steps would be a pause between them.
        let sends: Vec<Vec<u8>> = case
            .steps
            .iter()
            .map(|step| match step {
                Step::Send { text, times } => self.placeholders.fill(text).repeat(*times),
                _ => Vec::new(),
            })
            .collect();
        let mut connection = Connection::share(self.server, self.bounds, &self.held).map_err(PlayError::Connect)?;
        let mut heard = Vec::new();
        for (step, bytes) in case.steps.iter().zip(sends) {
            match step {
                Step::Send { .. } => connection.send(&bytes),
                Step::Shut => connection.shut(),
                Step::Sleep(pause) => thread::sleep(*pause),
                Step::Read { quiet } => {
                    let got = connection.read(quiet.unwrap_or(self.bounds.quiet))?;
                    heard.push(Heard {
                        text: self.contents.shortened(got),
                        at_s: None,
                    });
                }
                Step::End { within } => {
                    let since = connection.last;
                    let got = connection.wait_for_end(*within)?;
                    let at_s = (!got.is_empty()).then(|| seconds(connection.first - since));
                    heard.push(Heard {
                        text: self.contents.shortened(got),
                        at_s,
                    });
                }
            }
        }
        let (end, after_s) = match connection.ended {
            Some((end, after)) => (end, Some(seconds(after))),
            None => (End::Open, None),
        };
        Ok(Outcome { heard, end, after_s })
    }
}

/// Sends one request and returns what arrives until one second of silence.
pub(crate) fn ask(server: SocketAddr, request: &str, bounds: Bounds) -> io::Result<Vec<u8>> {
    let mut connection = Connection::open(server, bounds)?;
    connection.send(request.as_bytes());
    Ok(connection.read(bounds.quiet).unwrap_or_default())
}

/// The time in seconds, rounded to the millisecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

/// A connection and its timestamps.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// When a byte was last sent or received.
    last: Instant,
    /// When the first byte of the last read arrived.
    first: Instant,
    /// How the server ended it, and how long after the last byte.
    pub(crate) ended: Option<(End, Duration)>,
    /// How many bytes have been received.
    received: usize,
    bounds: Bounds,
    /// How many bytes are held by all connections that share this counter.
    held: Arc<AtomicUsize>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.held.fetch_sub(self.received, Ordering::Relaxed);
    }
}

impl Connection {
    pub(crate) fn open(server: SocketAddr, bounds: Bounds) -> io::Result<Self> {
        Self::share(server, bounds, &Arc::default())
    }

    /// Opens a connection that shares this counter of held bytes with other connections.
    fn share(server: SocketAddr, bounds: Bounds, held: &Arc<AtomicUsize>) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, bounds.patience)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(bounds.patience))?;
        let now = Instant::now();
        Ok(Self {
            stream,
            last: now,
            first: now,
            ended: None,
            received: 0,
            bounds,
            held: Arc::clone(held),
        })
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // If the server has ended the connection, the next read shows how. The error of the send adds nothing.
        let _ = self.stream.write_all(bytes);
        self.last = Instant::now();
    }

    fn shut(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.last = Instant::now();
    }

    /// Reads until no byte has arrived for `quiet`. The first byte may take longer.
    pub(crate) fn read(&mut self, quiet: Duration) -> Result<Vec<u8>, PlayError> {
        let begun = Instant::now();
        let bounds = self.bounds;
        self.take(|last, got| {
            if got == 0 {
                begun + quiet.max(bounds.first)
            } else {
                (last + quiet).min(begun + quiet + bounds.longest_read)
            }
        })
    }

    /// Reads until the connection ends, for at most `within`.
    pub(crate) fn wait_for_end(&mut self, within: Duration) -> Result<Vec<u8>, PlayError> {
        let begun = Instant::now();
        self.take(|_, _| begun + within)
    }

    /// Reads until the deadline, which depends on the time of the last byte and on the number of bytes so far.
    fn take(&mut self, deadline: impl Fn(Instant, usize) -> Instant) -> Result<Vec<u8>, PlayError> {
        let mut got = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        let begun = Instant::now();
        while self.ended.is_none() {
            let left = deadline(self.last, got.len()).saturating_duration_since(Instant::now());
            if left.is_zero() {
                let is_still_sending = !got.is_empty() && self.last.elapsed() < self.bounds.quiet / 2;
                if is_still_sending && begun.elapsed() > self.bounds.longest_read {
                    return Err(PlayError::Endless(self.bounds));
                }
                break;
            }
            // If the operating system refuses this, the read reports it.
            let _ = self.stream.set_read_timeout(Some(left));
            match self.stream.read(&mut buffer) {
                Ok(0) => self.ended = Some((End::Fin, self.last.elapsed())),
                Ok(count) => {
                    self.last = Instant::now();
                    if got.is_empty() {
                        self.first = self.last;
                    }
                    got.extend_from_slice(&buffer[..count]);
                    self.received += count;
                    let held = self.held.fetch_add(count, Ordering::Relaxed) + count;
                    if self.received > self.bounds.most {
                        return Err(PlayError::Endless(self.bounds));
                    }
                    if held > self.bounds.most_at_once {
                        return Err(PlayError::Flood(self.bounds));
                    }
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(_) => self.ended = Some((End::Rst, self.last.elapsed())),
            }
        }
        Ok(got)
    }
}
