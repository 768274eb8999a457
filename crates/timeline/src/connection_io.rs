//! The socket of one of the timeline's connections. It records activity, and fails when the client does not read.

use super::seats::Activity;
use labserve_core::http1::OtherProtocol;
use labserve_core::locale::Lang;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long the client may accept nothing while there is something to send. Meanwhile its connection occupies a seat
/// and up to a megabyte of memory.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A socket with its activity.
#[derive(Debug)]
pub(super) struct ConnectionIo<S> {
    socket: S,
    activity: Activity,
    /// Whether anything has been read.
    has_read: bool,
    /// Runs while a write waits for the client.
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> ConnectionIo<S> {
    pub(super) fn new(socket: S, activity: Activity) -> Self {
        Self {
            socket,
            activity,
            has_read: false,
            write_timer: None,
        }
    }

    /// The result of a write: `written`, or an error once the write has waited too long.
    fn timed<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            self.activity.transferred();
            return written;
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(WRITE_TIMEOUT)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for ConnectionIo<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        self.activity.transferred();
        if !std::mem::replace(&mut self.has_read, true)
            && let Some(protocol) = OtherProtocol::of(&buffer.filled()[before..])
        {
            tracing::info!("timeline: {}", protocol.text(Lang::En));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ConnectionIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.timed(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.timed(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_write_fails_when_the_client_has_read_nothing_for_so_long() {
        let (mut client, server) = duplex(64);
        let mut server = ConnectionIo::new(server, Activity::new());
        let begun = Instant::now();
        let reader = tokio::spawn(async move {
            // It reads slowly, and then not at all.
            for _ in 0..3 {
                sleep(WRITE_TIMEOUT * 3 / 4).await;
                client.read_exact(&mut [0; 64]).await.expect("bytes");
            }
            client
        });
        let failed = server.write_all(&[b'x'; 64 * 5]).await.expect_err("a timeout");
        assert_eq!(failed.kind(), ErrorKind::TimedOut);
        assert_eq!(
            begun.elapsed().as_secs(),
            (WRITE_TIMEOUT * 3 * 3 / 4 + WRITE_TIMEOUT).as_secs()
        );
        drop(reader.await.expect("it ends"));
    }
}
