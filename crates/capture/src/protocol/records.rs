//! A stream that is a sequence of records, each with a header that says how long it is.

/// Maximum number of bytes that are kept of a record: its header and the start of its body.
pub(super) const KEPT: usize = 16 << 10;

/// One direction of such a stream.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Bytes of a record that is not complete yet.
    pending: Vec<u8>,
    /// Number of bytes of the current record that are still to be skipped.
    skip: u64,
    /// Whether it is no longer known where records begin.
    lost: bool,
}

/// The result of reading the bytes at the start of a record.
pub(super) enum RecordStep {
    /// It needs this number of bytes.
    Needs(usize),
    /// The record has this length. What the reader needs of it was read.
    Read(u64),
    /// It is not a record.
    Lost,
}

impl Records {
    /// Adds bytes, and passes each record to `read`.
    pub(super) fn receive(&mut self, bytes: &[u8], unseen: u64, mut read: impl FnMut(&[u8]) -> RecordStep) {
        let mut bytes = bytes;
        while !self.lost && !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len() as u64);
            self.skip -= skipped;
            bytes = &bytes[skipped as usize..];
            if bytes.is_empty() {
                break;
            }
            self.pending.extend(bytes);
            bytes = &[];
            let mut at = 0;
            while !self.lost && at < self.pending.len() {
                match read(&self.pending[at..]) {
                    RecordStep::Needs(count) if count <= KEPT => break,
                    RecordStep::Needs(_) | RecordStep::Lost => self.lost = true,
                    RecordStep::Read(len) => {
                        let have = (self.pending.len() - at) as u64;
                        self.skip = len.max(1).saturating_sub(have);
                        at += len.max(1).min(have) as usize;
                    }
                }
            }
            self.pending.drain(..at);
        }
        self.missing(unseen);
    }

    /// Skips bytes that were not captured.
    pub(super) fn missing(&mut self, count: u64) {
        if count > self.skip || !self.pending.is_empty() {
            self.lost |= count > 0;
        }
        self.skip = self.skip.saturating_sub(count);
    }
}
