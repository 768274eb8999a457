//! Writes a response to the socket in the writes that the profile asks for, without holding the file in memory.
//!
//! It owns the write side of the socket for one exchange: the policy, the pace of the client, and the progress. It
//! makes no decision.

use super::file_write::{self, try_write};
use crate::events::Cuts;
use crate::files::{Content, Resource};
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{Pace, Piece, Rendered, SendFailure, Unsent};
use labserve_core::http1::range::ByteRange;
use labserve_core::profile::{ChangedFile, WritePolicy};
use std::io::{self, ErrorKind};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

/// Why a response was not sent completely.
#[derive(Debug)]
pub(super) enum SendError {
    /// The connection failed.
    Client(io::Error),
    /// The file changed while it was sent.
    FileChanged {
        /// Whether all bytes had been passed to the system before the change was noticed.
        all_sent: bool,
    },
    /// The client accepted too few bytes in time.
    SlowReader,
}

impl SendError {
    /// The same error without the message of the system.
    pub(super) fn failure(&self) -> SendFailure {
        match self {
            Self::Client(error) => match close_reason(error) {
                CloseReason::ClientReset => SendFailure::Reset,
                _ => SendFailure::Io,
            },
            Self::FileChanged { all_sent } => SendFailure::FileChanged { all_sent: *all_sent },
            Self::SlowReader => SendFailure::SlowReader,
        }
    }
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::Client(error)
    }
}

/// The reason to close a connection after this error of its socket.
pub(super) fn close_reason(error: &io::Error) -> CloseReason {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => CloseReason::ClientReset,
        _ => CloseReason::IoError,
    }
}

/// The write side of a connection.
pub(super) struct ReplyWriter<'c> {
    stream: &'c TcpStream,
    policy: &'c WritePolicy,
    /// When the server started. The times of the pace are counted from then.
    started: Instant,
    sent: u64,
    /// Responses that are held back until the next one.
    unsent: Unsent,
    /// The writes, if an observer wants to see them.
    cuts: Option<Cuts>,
}

impl<'c> ReplyWriter<'c> {
    pub(super) fn new(stream: &'c TcpStream, policy: &'c WritePolicy, started: Instant) -> Self {
        ReplyWriter {
            stream,
            policy,
            started,
            sent: 0,
            unsent: Unsent::default(),
            cuts: None,
        }
    }

    /// Sends these responses before anything else.
    pub(super) fn after(mut self, unsent: Unsent) -> Self {
        self.unsent = unsent;
        self
    }

    /// The responses that are still unsent. They are counted as sent.
    pub(super) fn take_unsent(&mut self) -> Unsent {
        std::mem::take(&mut self.unsent)
    }

    /// The number of bytes that the system accepted.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Records every write from now on.
    pub(super) fn record_cuts(&mut self, cuts: Option<Cuts>) {
        self.cuts = cuts;
    }

    /// The writes that were recorded.
    pub(super) fn take_cuts(&mut self) -> Option<Cuts> {
        self.cuts.take()
    }

    /// Sends bytes that are not part of a response, such as an interim response.
    ///
    /// # Errors
    /// The connection failed, or the client is too slow.
    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        let mut pace = Pace::of(self.policy);
        self.send_unsent(&mut pace).await?;
        self.write_all(bytes, &[], &mut pace).await
    }

    /// Sends the responses that were held back. They were counted when they were rendered.
    async fn send_unsent(&mut self, pace: &mut Pace) -> Result<(), SendError> {
        let unsent = self.take_unsent();
        let counted = self.sent;
        let written = self.write_all(&unsent.bytes, &[], pace).await;
        self.sent = counted;
        written
    }

    /// Sends a head and its body.
    ///
    /// # Errors
    /// The connection failed, the client is too slow, or the file changed. Fewer bytes were sent than announced, unless
    /// the error says that all were sent.
    pub(super) async fn send(
        &mut self,
        head: &[u8],
        rendered: &Rendered<'_>,
        resource: Option<&Resource>,
    ) -> Result<(), SendError> {
        let body = &rendered.body;
        if rendered.may_wait {
            let before = self.unsent.bytes.len();
            self.unsent.add(head, body);
            self.took(self.unsent.bytes.len() - before);
            return Ok(());
        }
        let is_file = body.iter().any(|piece| matches!(piece, Piece::File(_)));
        let usual = if is_file {
            &self.policy.split_head
        } else {
            &self.policy.split_page_head
        };
        let wait = self.policy.body_delay.filter(|_| !head.is_empty() && !body.is_empty());
        let split = rendered.split_head.or(usual.as_deref()).or(wait.map(|_| [].as_slice()));
        let mut pace = Pace::of(self.policy);
        if !self.unsent.bytes.is_empty() {
            Box::pin(self.send_unsent(&mut pace)).await?;
        }
        let mut head = head;
        if let Some(lines) = split {
            for part in split_lines(head, lines) {
                self.write_all(part, &[], &mut pace).await?;
            }
            head = &[];
        }
        if let Some(time) = wait {
            Box::pin(sleep(time)).await;
        }
        for piece in body.iter() {
            match piece {
                Piece::Bytes(bytes) => self.write_all(std::mem::take(&mut head), bytes, &mut pace).await?,
                Piece::File(range) => {
                    let Some(resource) = resource else { continue };
                    self.send_file(std::mem::take(&mut head), *range, resource, &mut pace)
                        .await?;
                }
            }
        }
        self.write_all(head, &[], &mut pace).await
    }

    /// Sends a range of a file in writes of the policy's size, the first of them together with `head`.
    ///
    /// If the policy asks for it, each write must contain the announced version of the file. Content that this process
    /// reads is checked before it is written; content that the kernel sends is checked afterwards.
    async fn send_file(
        &mut self,
        head: &[u8],
        range: ByteRange,
        resource: &Resource,
        pace: &mut Pace,
    ) -> Result<(), SendError> {
        let size = self.policy.chunk_size as u64;
        let mut head = head;
        let mut at = range.first;
        let announced = range.last.saturating_add(1);
        let same_version = self.policy.changed_file == ChangedFile::Close;
        // A file in memory does not grow.
        let is_growing = self.policy.changed_file == ChangedFile::ToEnd
            && matches!(resource.content, Content::File(_))
            && (range.first, announced) == (0, resource.size());
        let end = if is_growing { u64::MAX } else { announced };
        if at >= announced {
            return self.write_all(head, &[], pace).await;
        }
        while at < end {
            // The end of the current write. A write that the socket accepted only in part is completed first.
            let write_end = end.min(range.first + ((at - range.first) / size + 1) * size);
            let wanted = (write_end - at) as usize;
            match file_write::try_send(self.stream, head, resource, at, wanted, same_version) {
                Ok(taken) => {
                    self.took(taken);
                    let of_head = taken.min(head.len());
                    head = &head[of_head..];
                    at += (taken - of_head) as u64;
                    if same_version && file_write::by_kernel(&resource.content, wanted) && !resource.is_unchanged() {
                        return Err(SendError::FileChanged { all_sent: at >= end });
                    }
                    if let Some(time) = self.policy.pause.filter(|_| at == write_end && at < end) {
                        Box::pin(sleep(time)).await;
                    }
                }
                Err(file_write::Error::WouldBlock) => self.writable(pace).await?,
                Err(file_write::Error::FileChanged) if at >= announced => return Ok(()),
                Err(file_write::Error::FileChanged) => return Err(SendError::FileChanged { all_sent: false }),
                Err(file_write::Error::Io(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Sends two buffers, in one write if the socket accepts both.
    async fn write_all(&mut self, first: &[u8], second: &[u8], pace: &mut Pace) -> Result<(), SendError> {
        let (mut first, mut second) = (first, second);
        while !(first.is_empty() && second.is_empty()) {
            match try_write(self.stream, first, second) {
                Ok(taken) => {
                    self.took(taken);
                    let of_first = taken.min(first.len());
                    first = &first[of_first..];
                    second = &second[taken - of_first..];
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable(pace).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Records that the system accepted this number of bytes.
    fn took(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        if let Some(cuts) = &mut self.cuts {
            cuts.push(bytes);
        }
    }

    /// Waits until the socket accepts more bytes.
    async fn writable(&self, pace: &mut Pace) -> Result<(), SendError> {
        match pace.deadline(self.started.elapsed(), self.sent) {
            None => Ok(self.stream.writable().await?),
            // Boxed, because most responses never wait.
            Some(deadline) => match Box::pin(timeout_at(self.started + deadline, self.stream.writable())).await {
                Ok(done) => Ok(done?),
                Err(_) => Err(SendError::SlowReader),
            },
        }
    }
}

/// Splits a head after the number of lines that each count gives.
fn split_lines<'h>(head: &'h [u8], counts: &[usize]) -> Vec<&'h [u8]> {
    let mut parts = Vec::new();
    let mut rest = head;
    for count in counts {
        let Some(end) = memchr::memchr_iter(b'\n', rest).nth(count.saturating_sub(1)) else {
            break;
        };
        let (part, after) = rest.split_at(end + 1);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_cut_after_lines() {
        let head = b"a\r\nb\r\nc\r\nd\r\n\r\n";
        let parts = |counts: &[usize]| split_lines(head, counts).iter().map(|p| p.len()).collect::<Vec<_>>();
        assert_eq!(parts(&[]), [14]);
        assert_eq!(parts(&[1, 1, 1]), [3, 3, 3, 5]);
        assert_eq!(parts(&[2]), [6, 8]);
        assert_eq!(parts(&[9]), [14]);
    }
}
