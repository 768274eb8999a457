//! Writes a response to the socket in the writes that the profile asks for, without holding the file in memory.
//!
//! It owns the write side of the socket for one exchange: the policy, the pace of the client, and the progress. It
//! makes no decision.

#![expect(
    clippy::manual_async_fn,
    reason = "the future of an `async fn` stores the arguments twice for as long as the response is sent"
)]

use super::file_write::{self, try_write};
use super::send_error::SendError;
use crate::events::Cuts;
use crate::files::{Content, Resource};
use labserve_core::conn::{CONTINUE, Pace, Piece, Rendered, Unsent};
use labserve_core::http1::range::ByteRange;
use labserve_core::profile::{ChangedFile, WritePolicy};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

/// What the next write waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// The pause of the profile.
    For(Duration),
    /// The socket accepts more bytes.
    UntilWritable,
}

/// The write side of a connection.
pub(super) struct ReplyWriter<'c> {
    stream: &'c TcpStream,
    policy: &'c WritePolicy,
    /// When the server started. The pace measures times from then.
    started: Instant,
    /// The pace of the client since the first wait of the current response. Boxed, because most responses never wait.
    pace: Option<Box<Pace>>,
    sent: u64,
    /// Responses that are held back until the next one.
    unsent: Unsent,
    /// The writes, if an observer wants to see them.
    cuts: Option<Box<Cuts>>,
}

impl<'c> ReplyWriter<'c> {
    pub(super) fn new(stream: &'c TcpStream, policy: &'c WritePolicy, started: Instant) -> Self {
        ReplyWriter {
            stream,
            policy,
            started,
            pace: None,
            sent: 0,
            unsent: Unsent::default(),
            cuts: None,
        }
    }

    /// Sends these responses before anything else.
    pub(super) fn after(self, unsent: Unsent) -> Self {
        Self { unsent, ..self }
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
    pub(super) fn record_cuts(&mut self, cuts: Option<Box<Cuts>>) {
        self.cuts = cuts;
    }

    /// The writes that were recorded.
    pub(super) fn take_cuts(&mut self) -> Option<Box<Cuts>> {
        self.cuts.take()
    }

    /// Sends bytes that are not part of a response, such as an interim response.
    ///
    /// # Errors
    /// The connection failed, or the client is too slow.
    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.pace = None;
        self.send_unsent().await?;
        self.write_all(bytes, &[]).await
    }

    /// Sends a part of a response, in the writes of the policy but without its delays: first the head, split after
    /// these numbers of lines, then the body.
    ///
    /// # Errors
    /// The same as those of [`ReplyWriter::send`].
    pub(super) async fn send_part(
        &mut self,
        mut head: &[u8],
        split: Option<&[usize]>,
        body: &[Piece<'_>],
        resource: Option<&Resource>,
    ) -> Result<(), SendError> {
        self.pace = None;
        self.send_unsent().await?;
        if let Some(split) = split {
            for part in split_lines(head, split) {
                self.write_all(part, &[]).await?;
            }
            head = &[];
        }
        for piece in body {
            match (piece, resource) {
                (Piece::Bytes(bytes), _) => self.write_all(std::mem::take(&mut head), bytes).await?,
                (Piece::File(range), Some(resource)) => self.send_file(&mut head, *range, resource).await?,
                (Piece::File(_), None) => {}
            }
        }
        self.write_all(head, &[]).await
    }

    /// Sends this number of `100 Continue` responses, each in its own write.
    ///
    /// # Errors
    /// The same as those of [`ReplyWriter::send_bytes`].
    pub(super) async fn send_continue(&mut self, times: u8) -> Result<(), SendError> {
        for _ in 0..times {
            self.send_bytes(CONTINUE).await?;
        }
        Ok(())
    }

    /// Sends the responses that were held back. They were counted when they were rendered.
    async fn send_unsent(&mut self) -> Result<(), SendError> {
        let unsent = self.take_unsent();
        let counted = self.sent;
        let written = self.write_all(&unsent.bytes, &[]).await;
        self.sent = counted;
        written
    }

    /// Sends a head and its body, after the delay of the profile.
    ///
    /// # Errors
    /// The connection failed, the client is too slow, or the file changed. Fewer bytes were sent than announced, unless
    /// the error says that all were sent.
    pub(super) fn send(
        &mut self,
        mut head: &[u8],
        rendered: &Rendered<'_>,
        resource: Option<&Resource>,
    ) -> impl Future<Output = Result<(), SendError>> {
        async move {
            if let Some(time) = self.policy.delay {
                Box::pin(sleep(time)).await;
            }
            if rendered.may_wait {
                let before = self.unsent.bytes.len();
                self.unsent.add(head, &rendered.body);
                self.took(self.unsent.bytes.len() - before);
                return Ok(());
            }
            self.pace = None;
            if !self.unsent.bytes.is_empty() {
                Box::pin(self.send_unsent()).await?;
            }
            if let Some(split) = self.split_of(head, rendered) {
                Box::pin(self.send_split_head(head, split, !rendered.body.is_empty())).await?;
                head = &[];
            }
            for piece in rendered.body.iter() {
                match piece {
                    Piece::Bytes(bytes) => self.write_all(std::mem::take(&mut head), bytes).await?,
                    Piece::File(range) => {
                        let Some(resource) = resource else { continue };
                        self.send_file(&mut head, *range, resource).await?;
                    }
                }
            }
            self.write_all(head, &[]).await
        }
    }

    /// After how many lines to split the head; `None` if head and body may share a write.
    fn split_of<'r>(&self, head: &[u8], rendered: &Rendered<'r>) -> Option<&'r [usize]>
    where
        'c: 'r,
    {
        let body = &rendered.body;
        let usual = self.usual_split(body.iter().any(|piece| matches!(piece, Piece::File(_))));
        let waits = self.policy.body_delay.is_some() && !head.is_empty() && !body.is_empty();
        rendered.split_head.or(usual).or(waits.then_some(&[]))
    }

    /// After how many lines to split the head of a response that does not specify it.
    #[inline]
    pub(super) fn usual_split(&self, has_file: bool) -> Option<&'c [usize]> {
        let split = if has_file {
            &self.policy.split_head
        } else {
            &self.policy.split_page_head
        };
        split.as_deref()
    }

    /// Sends the head in separate writes, and waits before the body if there is one and the profile asks for it.
    async fn send_split_head(&mut self, head: &[u8], split: &[usize], has_body: bool) -> Result<(), SendError> {
        for part in split_lines(head, split) {
            self.write_all(part, &[]).await?;
        }
        if let Some(time) = self.policy.body_delay
            && has_body
            && !head.is_empty()
        {
            sleep(time).await;
        }
        Ok(())
    }

    /// Sends a range of a file in writes of the policy's size, the first of them together with `head`.
    ///
    /// If the policy asks for it, each write must contain the announced version of the file. Content that this process
    /// reads is checked before it is written; content that the kernel sends is checked afterwards.
    fn send_file(
        &mut self,
        head: &mut &[u8],
        range: ByteRange,
        resource: &Resource,
    ) -> impl Future<Output = Result<(), SendError>> {
        async move {
            let mut at = range.first;
            let end = self.end_of(range, resource);
            while at < end {
                let wait = {
                    let (size, announced) = (self.policy.chunk_size as u64, range.last.saturating_add(1));
                    let same_version = self.policy.changed_file == ChangedFile::Close;
                    // The end of the current write. A write that the socket accepted only in part is completed first.
                    let write_end = end.min(range.first + ((at - range.first) / size + 1) * size);
                    let wanted = (write_end - at) as usize;
                    match file_write::try_send(self.stream, head, resource, at, wanted, same_version) {
                        Ok(taken) => {
                            self.took(taken);
                            let of_head = taken.min(head.len());
                            *head = &head[of_head..];
                            at += (taken - of_head) as u64;
                            if same_version
                                && file_write::by_kernel(&resource.content, wanted)
                                && !resource.is_unchanged()
                            {
                                return Err(SendError::FileChanged { all_sent: at >= end });
                            }
                            match self.policy.pause {
                                Some(time) if at == write_end && at < end => Wait::For(time),
                                _ => continue,
                            }
                        }
                        Err(file_write::Error::WouldBlock) => Wait::UntilWritable,
                        Err(file_write::Error::FileChanged) if at >= announced => return Ok(()),
                        Err(file_write::Error::FileChanged) => return Err(SendError::FileChanged { all_sent: false }),
                        Err(file_write::Error::Io(error)) => return Err(error.into()),
                    }
                };
                Box::pin(self.wait(wait)).await?;
            }
            Ok(())
        }
    }

    /// The offset at which the sending of a range ends: the end of the range, or the end of the file if the file may
    /// grow meanwhile and the policy follows it.
    fn end_of(&self, range: ByteRange, resource: &Resource) -> u64 {
        let announced = range.last.saturating_add(1);
        // A file in memory does not grow.
        let is_growing = self.policy.changed_file == ChangedFile::ToEnd
            && matches!(resource.content, Content::File(_))
            && (range.first, announced) == (0, resource.size())
            && announced > 0;
        if is_growing { u64::MAX } else { announced }
    }

    /// Sends two buffers, in one write if the socket accepts both.
    fn write_all(&mut self, mut first: &[u8], mut second: &[u8]) -> impl Future<Output = Result<(), SendError>> {
        async move {
            while !(first.is_empty() && second.is_empty()) {
                match try_write(self.stream, first, second) {
                    Ok(taken) => {
                        self.took(taken);
                        let of_first = taken.min(first.len());
                        first = &first[of_first..];
                        second = &second[taken - of_first..];
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        drop(error);
                        Box::pin(self.wait(Wait::UntilWritable)).await?;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(())
        }
    }

    /// Records that the system accepted this number of bytes.
    fn took(&mut self, bytes: usize) {
        self.sent += bytes as u64;
        if let Some(cuts) = &mut self.cuts {
            cuts.push(bytes);
        }
    }

    /// Waits between two writes. Boxed where it is used, because most responses never wait.
    async fn wait(&mut self, wait: Wait) -> Result<(), SendError> {
        if let Wait::For(time) = wait {
            sleep(time).await;
            return Ok(());
        }
        let pace = self.pace.get_or_insert_with(|| Box::new(Pace::of(self.policy)));
        match pace.deadline(self.started.elapsed(), self.sent) {
            None => Ok(self.stream.writable().await?),
            Some(deadline) => match timeout_at(self.started + deadline, self.stream.writable()).await {
                Ok(done) => Ok(done?),
                Err(_) => Err(SendError::SlowReader),
            },
        }
    }
}

/// Splits a head. Each of `counts` is the number of lines of one part; the rest is the last part.
fn split_lines<'h>(head: &'h [u8], counts: &[usize]) -> impl Iterator<Item = &'h [u8]> {
    let mut counts = counts.iter();
    let mut rest = Some(head);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let count = counts.next();
        let Some(end) = count.and_then(|count| memchr::memchr_iter(b'\n', bytes).nth(count.saturating_sub(1))) else {
            return Some(bytes);
        };
        let (part, after) = bytes.split_at(end + 1);
        rest = Some(after);
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_cut_after_lines() {
        let head = b"a\r\nb\r\nc\r\nd\r\n\r\n";
        let parts = |counts: &[usize]| split_lines(head, counts).map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!(parts(&[]), [14]);
        assert_eq!(parts(&[1, 1, 1]), [3, 3, 3, 5]);
        assert_eq!(parts(&[2]), [6, 8]);
        assert_eq!(parts(&[9]), [14]);
    }
}
