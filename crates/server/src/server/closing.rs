//! Closes a connection in the style that [`Closing`] chooses, emits the events, and returns the socket to the system.

use super::Site;
use super::driver::Driver;
use super::registry::Registered;
use crate::events;
use crate::sys::PeerEnd;
use labserve_core::close_reason::{CloseReason, Who};
use labserve_core::conn::{Close, DropPlace, Pause};
use labserve_core::profile::{ClosePolicy, CloseStyle};
use socket2::SockRef;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Longer than any connection lasts.
const FAR: Duration = Duration::from_secs(366 * 24 * 3600);

impl Driver {
    /// Closes the connection.
    pub(super) async fn close(mut self: Box<Self>, close: Close, registered: Registered) {
        let site = self.server.site();
        let policy = &site.profile.connection.close;
        if let Some(bytes) = self.conn.take_due(true, &self.context(&site)) {
            // If this fails or is cut short, the connection closes anyway.
            let _ = self.send_due(&site, &bytes).await;
        }
        let mut discard = Discard::new(self.emit_rest(&site));
        let closing = self.conn.close(close, &self.context(&site));
        let mut reset = close.reason == CloseReason::ClientReset;
        if let Some(at_rest) = closing.pause {
            let seen = pause(&self.stream, at_rest, &mut discard).await;
            self.note_discarded(&site, &mut discard);
            // A client that knows from the response that the connection will close may close it first.
            self.note(seen);
            reset |= seen == Some(Seen::Reset);
        }
        // Whether nothing at all was waiting in the socket: no bytes, no FIN, no RST.
        let mut was_empty = false;
        let style = closing.style(policy, || {
            let input = waiting_input(&self.stream);
            was_empty = input == WaitingInput::Nothing;
            input == WaitingInput::Bytes
        });
        self.timer = None;
        let mut close = events::Close {
            who: Who::Client,
            reason: close.reason,
            style,
            state: closing.state,
        };
        if close.reason == CloseReason::ClientReset {
            self.note(Some(Seen::Reset));
        }
        let first = if was_empty && !reset {
            None
        } else {
            self.first_to_end(reset)
        };
        reset |= first == Some(Seen::Reset);
        close.who = who(first);
        self.emit(&events::Event::Close(close));
        // After its RST the client sends nothing, and nothing can be sent to it.
        if !reset {
            let seen = {
                let shutdown = shutdown(&self.stream, style, policy, &mut discard);
                // A connection that lingers, or waits for its client, can still be closed on request.
                tokio::select! {
                    biased;
                    seen = shutdown => seen,
                    _ = registered.close_request().made(), if close.reason != CloseReason::Asked => None,
                }
            };
            self.note_discarded(&site, &mut discard);
            self.note(seen);
            // These styles send nothing until the socket is closed, so the client may still have ended first.
            if matches!(style, CloseStyle::Close | CloseStyle::Hold | CloseStyle::Rst) {
                close.who = who(self.first_to_end(seen == Some(Seen::Reset)));
            }
        }
        // With FIN alone, the socket is closed right after it was seen to be empty.
        let is_empty = was_empty && style == CloseStyle::Fin;
        let unread = !is_empty && self.server.sink.has_readers() && has_unread(&self.stream);
        if unread && discard.keeps {
            let bytes = self::unread(&self.stream, MOST_PEEKED).await;
            self.emit_dropped(&site, (&bytes, 0), 0, DropPlace::Unread);
        }
        let Self {
            stream,
            meta,
            server,
            conn,
            ..
        } = *self;
        drop(registered);
        // Close the socket before emitting the event, because a reader of the event may rely on that.
        drop(stream);
        let standing = conn.standing();
        server.emit(
            &meta,
            standing,
            &events::Event::End {
                close,
                requests: standing.requests,
                unread: unread && style == CloseStyle::Close,
            },
        );
    }

    /// Emits the bytes in the input that get no response. Returns whether the next bytes to arrive begin a request.
    fn emit_rest(&self, site: &Site) -> bool {
        match self.conn.unanswered() {
            Some([]) => true,
            Some(bytes) => self.emit_dropped(site, (bytes, 0), self.conn.unanswered_number(), DropPlace::Read),
            None => false,
        }
    }

    /// Counts the bytes that were read and discarded, and emits the requests in them.
    fn note_discarded(&mut self, site: &Site, discard: &mut Discard) {
        let bytes = std::mem::take(&mut discard.bytes);
        self.conn.discarded(bytes);
        let kept = std::mem::take(&mut discard.kept);
        if !kept.is_empty() {
            // All bytes were kept except those beyond the limit.
            let beyond = usize::try_from(bytes).unwrap_or(usize::MAX) - kept.len();
            discard.keeps = self.emit_dropped(site, (&kept, beyond), 0, DropPlace::Discarded);
        }
    }

    /// Emits how the client ended its side, if that was seen.
    fn note(&mut self, seen: Option<Seen>) {
        match seen {
            Some(Seen::Fin) => self.note_client_fin(),
            Some(Seen::Reset) => self.emit(&events::Event::Reset),
            None => {}
        }
    }

    /// How the client has ended its side by now, even if no read has seen it yet; `None` if it has not, or if no one
    /// reads the events. The server has sent neither FIN nor RST. `reset`: the client's RST was seen.
    fn first_to_end(&mut self, reset: bool) -> Option<Seen> {
        if reset {
            return Some(Seen::Reset);
        }
        if self.conn.has_client_fin() {
            return Some(Seen::Fin);
        }
        // Only the events show who was first, and asking the system costs about a tenth of a short connection.
        if !self.server.sink.has_readers() {
            return None;
        }
        let ended = crate::sys::peer_end(&self.stream)?;
        if matches!(ended, PeerEnd::Fin | PeerEnd::FinThenReset) {
            self.note(Some(Seen::Fin));
        }
        if ended == PeerEnd::Fin {
            return Some(Seen::Fin);
        }
        // The system reports the RST only once, so it is recorded here.
        self.note(Some(Seen::Reset));
        Some(Seen::Reset)
    }
}

/// Who closed first: the client, if it ended its side before the server did.
fn who(client: Option<Seen>) -> Who {
    if client.is_some() { Who::Client } else { Who::Server }
}

/// The most bytes that a closing connection keeps to find the requests in them. Bytes beyond that are only counted.
const MOST_KEPT: usize = 8 << 10;

/// The most unread bytes in the socket that are searched for requests when it is closed.
const MOST_PEEKED: usize = 64 << 10;

/// What the client did while its connection was being closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It sent FIN.
    Fin,
    /// It sent RST.
    Reset,
}

/// Bytes from the client that are read and discarded.
#[derive(Debug)]
struct Discard {
    /// Their number.
    bytes: u64,
    /// Whether the next bytes to arrive begin a request. Only then are bytes kept.
    keeps: bool,
    /// The first bytes that were kept.
    kept: Vec<u8>,
}

impl Discard {
    fn new(keeps: bool) -> Self {
        Self {
            bytes: 0,
            keeps,
            kept: Vec::new(),
        }
    }

    /// Reads and discards the bytes that have arrived. Returns 0 after the client's FIN. The buffer is local,
    /// because lingering may take long.
    fn read(&mut self, stream: &TcpStream) -> io::Result<usize> {
        let mut buffer = [0; 4096];
        let read = stream.try_read(&mut buffer)?;
        self.bytes += read as u64;
        if self.keeps {
            let room = MOST_KEPT - self.kept.len();
            self.kept.extend_from_slice(&buffer[..read.min(room)]);
        }
        Ok(read)
    }

    /// Reads and discards bytes until the client sends FIN, is silent for `quiet`, or until `total` has passed.
    async fn run(&mut self, stream: &TcpStream, quiet: Duration, total: Duration) -> Option<Seen> {
        let end = Instant::now() + total.min(FAR);
        loop {
            let next = end.min(Instant::now() + quiet.min(FAR));
            match timeout_at(next, stream.readable()).await {
                Ok(Ok(())) => match self.read(stream) {
                    Ok(0) => return Some(Seen::Fin),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return Some(Seen::Reset),
                },
                Ok(Err(_)) => return Some(Seen::Reset),
                Err(_) => return None,
            }
        }
    }
}

/// Ends the sending side in this style. Returns when the socket may be closed, with what the client did until then.
/// Dropping the stream closes the socket.
async fn shutdown(stream: &TcpStream, style: CloseStyle, policy: &ClosePolicy, discard: &mut Discard) -> Option<Seen> {
    match style {
        // Closing the socket alone would send RST instead of FIN if bytes had arrived, and the client could lose the
        // response.
        CloseStyle::Fin => fin(stream),
        // Dropping the stream closes the socket. The kernel then sends RST if bytes are unread. Bytes in flight are
        // given time to arrive, because the client sent them before it could see the close.
        CloseStyle::Close => {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        }
        CloseStyle::Rst => {
            // With a linger time of zero, closing the socket sends RST and discards unsent bytes (tcp(7)).
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
        CloseStyle::Linger => {
            fin(stream);
            return discard.run(stream, policy.linger_quiet, policy.linger_total).await;
        }
        CloseStyle::Hold => return discard.run(stream, Duration::MAX, Duration::MAX).await,
        CloseStyle::HalfClose => {
            fin(stream);
            return discard.run(stream, Duration::MAX, Duration::MAX).await;
        }
    }
    None
}

fn fin(stream: &TcpStream) {
    // If the client has reset the connection, the socket is no longer connected, and there is nothing to shut down.
    let _ = SockRef::from(stream).shutdown(Shutdown::Write);
}

/// Waits after a response before the connection is closed. Returns what the client did, if that ended the wait.
async fn pause(stream: &TcpStream, pause: Pause, discard: &mut Discard) -> Option<Seen> {
    let deadline = Instant::now() + pause.time;
    loop {
        match timeout_at(deadline, stream.readable()).await {
            Err(_) => return None,
            Ok(Err(_)) => return Some(Seen::Reset),
            Ok(Ok(())) => match discard.read(stream) {
                Ok(0) => return Some(Seen::Fin),
                Ok(_) if pause.holds => return discard.run(stream, Duration::MAX, Duration::MAX).await,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Some(Seen::Reset),
            },
        }
    }
}

/// What waits in a socket to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WaitingInput {
    /// Nothing has arrived since the last read.
    Nothing,
    /// Bytes.
    Bytes,
    /// FIN, RST or an error, with no bytes before it.
    End,
}

/// What waits in a socket to be read.
fn waiting_input(stream: &TcpStream) -> WaitingInput {
    let mut byte = [std::mem::MaybeUninit::uninit()];
    match SockRef::from(stream).peek(&mut byte) {
        Ok(1..) => WaitingInput::Bytes,
        Err(error) if error.kind() == ErrorKind::WouldBlock => WaitingInput::Nothing,
        Ok(0) | Err(_) => WaitingInput::End,
    }
}

/// Whether bytes from the client have arrived but were not read.
pub(super) fn has_unread(stream: &TcpStream) -> bool {
    waiting_input(stream) == WaitingInput::Bytes
}

/// Up to `most` bytes that have arrived but were not read. They stay in the socket's buffer.
pub(super) async fn unread(stream: &TcpStream, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; most];
    let count = tokio::select! {
        biased;
        count = stream.peek(&mut bytes) => count.unwrap_or(0),
        () = std::future::ready(()) => 0,
    };
    bytes.truncate(count);
    bytes
}
