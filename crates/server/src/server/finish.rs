//! Ends a connection in the style that its profile has for the reason.

use labserve_core::profile::{ClosePolicy, CloseStyle};
use socket2::SockRef;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

/// What was seen of the client while a connection was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Its FIN.
    Fin,
    /// Its RST.
    Reset,
}

/// Ends the connection. Returns when the socket may be closed, and what was seen until then; closing is dropping the
/// stream.
pub(super) async fn finish(
    stream: &TcpStream,
    style: CloseStyle,
    policy: &ClosePolicy,
    received: &mut u64,
) -> Option<Seen> {
    match style {
        // Closing alone would send RST in place of FIN if something arrived meanwhile, and the client could lose the reply.
        CloseStyle::Fin => fin(stream),
        // Dropping the stream closes it: the kernel then tells the client by RST of what was not read.
        // What is on its way is let in first: it was sent before the client could know of the end.
        CloseStyle::Close => {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        }
        CloseStyle::Rst => {
            // With a linger time of zero, closing sends RST and forgets what is unsent (tcp(7)).
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
        CloseStyle::Linger => {
            fin(stream);
            return discard(stream, policy.linger_quiet, policy.linger_total, received).await;
        }
        CloseStyle::Hold => return discard(stream, Duration::MAX, Duration::MAX, received).await,
    }
    None
}

fn fin(stream: &TcpStream) {
    // A socket that the client has reset already is not connected; there is nothing left to end then.
    let _ = SockRef::from(stream).shutdown(Shutdown::Write);
}

/// Waits `pause` after a reply. With `holds`, bytes that arrive in that time keep the connection until the client ends
/// its side.
pub(super) async fn pause(stream: &TcpStream, pause: Duration, holds: bool, received: &mut u64) {
    let deadline = Instant::now() + pause;
    loop {
        match timeout_at(deadline, stream.readable()).await {
            Err(_) | Ok(Err(_)) => return,
            Ok(Ok(())) => match read_away(stream) {
                Ok(0) => return,
                Ok(n) => {
                    *received += n as u64;
                    if holds {
                        discard(stream, Duration::MAX, Duration::MAX, received).await;
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            },
        }
    }
}

/// Reads and throws away what the client sends, until it ends its side, is silent for `quiet`, or `total` has passed.
async fn discard(stream: &TcpStream, quiet: Duration, total: Duration, received: &mut u64) -> Option<Seen> {
    let far = Duration::from_secs(366 * 24 * 3600);
    let end = Instant::now() + total.min(far);
    loop {
        let next = end.min(Instant::now() + quiet.min(far));
        match timeout_at(next, stream.readable()).await {
            Ok(Ok(())) => match read_away(stream) {
                Ok(0) => return Some(Seen::Fin),
                Ok(n) => *received += n as u64,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Some(Seen::Reset),
            },
            Ok(Err(_)) => return Some(Seen::Reset),
            Err(_) => return None,
        }
    }
}

/// Reads and throws away what has arrived; 0 for the client's FIN. The room for it is not the connection's, which may wait
/// for long.
fn read_away(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; 4096])
}

/// Whether bytes of the client are waiting to be read.
pub(super) fn has_unread(stream: &TcpStream) -> bool {
    let mut byte = [std::mem::MaybeUninit::uninit()];
    matches!(SockRef::from(stream).peek(&mut byte), Ok(n) if n > 0)
}

/// The client's bytes that are waiting to be read, up to `most`; they stay there.
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

/// Waits a moment before a reply, where a profile asks for it.
pub(super) async fn delay(time: Option<Duration>) {
    if let Some(time) = time {
        Box::pin(sleep(time)).await;
    }
}
