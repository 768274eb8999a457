//! A client that plays one case on one connection, and notes what arrives and when.

use crate::case::{Case, Step};
use crate::placeholders::{Contents, Placeholders};
use crate::recording::{End, Heard, Outcome};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How long a read waits for the first byte, and the silence after the last one that ends it.
const FIRST: Duration = Duration::from_millis(1500);
pub(crate) const QUIET: Duration = Duration::from_millis(350);
/// How long a connection may take to be established, and a send to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one step may read, whatever arrives: a server that never stops is cut off.
const LONGEST_READ: Duration = Duration::from_secs(20);
/// How many bytes one connection may bring.
const MOST: usize = 8 << 20;

/// Why a case could not be played.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlayError {
    /// No connection could be established.
    Connect(io::Error),
    /// The server sent more than 8 MiB, or did not stop for longer than 20 s.
    Endless,
}

impl fmt::Display for PlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(why) => write!(f, "no connection: {why}"),
            Self::Endless => f.write_str("the response did not end within 8 MiB or 20 s"),
        }
    }
}

impl std::error::Error for PlayError {}

/// Plays cases against one server. Each has a connection of its own, and several threads may play at once.
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
}

impl Client {
    /// A client of `server`, whose site has files with these contents.
    pub fn new(server: SocketAddr, contents: Contents) -> Self {
        let head = move |path: &str| {
            let request = format!("HEAD {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
            ask(server, &request).unwrap_or_default()
        };
        Self {
            server,
            placeholders: Placeholders::new(server, head),
            contents,
        }
    }

    /// Plays a case.
    ///
    /// # Errors
    /// No connection can be established, or the server does not stop sending.
    pub fn play(&self, case: &Case) -> Result<Outcome, PlayError> {
        // Filled in first: to ask for an ETag between two steps would be a pause between them.
        let sends: Vec<Vec<u8>> = case
            .steps
            .iter()
            .map(|step| match step {
                Step::Send { text, times } => self.placeholders.fill(text).repeat(*times),
                _ => Vec::new(),
            })
            .collect();
        let mut connection = Connection::open(self.server).map_err(PlayError::Connect)?;
        let mut heard = Vec::new();
        for (step, bytes) in case.steps.iter().zip(sends) {
            match step {
                Step::Send { .. } => connection.send(&bytes),
                Step::Shut => connection.shut(),
                Step::Sleep(pause) => thread::sleep(*pause),
                Step::Read { quiet } => {
                    let got = connection.read(quiet.unwrap_or(QUIET))?;
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

/// Sends one request and returns what comes back within a second of silence.
pub(crate) fn ask(server: SocketAddr, request: &str) -> io::Result<Vec<u8>> {
    let mut connection = Connection::open(server)?;
    connection.send(request.as_bytes());
    Ok(connection.read(QUIET).unwrap_or_default())
}

/// In seconds, to the millisecond.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

/// A connection and its times.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// When a byte last went either way.
    last: Instant,
    /// When the first byte of the last read came.
    first: Instant,
    /// How the server ended it, and how long after the last byte.
    ended: Option<(End, Duration)>,
    /// How many bytes it brought.
    received: usize,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let now = Instant::now();
        Ok(Self {
            stream,
            last: now,
            first: now,
            ended: None,
            received: 0,
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
        self.take(|last, got| {
            if got == 0 {
                begun + quiet.max(FIRST)
            } else {
                (last + quiet).min(begun + quiet + LONGEST_READ)
            }
        })
    }

    /// Reads until the connection ends, for at most `within`.
    fn wait_for_end(&mut self, within: Duration) -> Result<Vec<u8>, PlayError> {
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
                let is_still_sending = !got.is_empty() && self.last.elapsed() < QUIET / 2;
                if is_still_sending && begun.elapsed() > LONGEST_READ {
                    return Err(PlayError::Endless);
                }
                break;
            }
            // What the operating system refuses here, the read reports.
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
                    if self.received > MOST {
                        return Err(PlayError::Endless);
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
