//! Writes the log on a separate thread, so that an output that is not being read blocks nothing except the log.
//!
//! It limits how many lines may wait, and does not know what they mean. ARCHITECTURE.md, "Decisions", says why this is
//! not tracing-appender.

use labserve_server::events::Secret;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// The most bytes that wait to be written. A single line may be longer if no other line waits.
const MOST_BYTES: usize = 1 << 20;
/// The most lines that wait to be written.
const MOST_LINES: usize = 8192;
/// Lines that wait are joined into writes of about this size, in bytes.
const WRITE: usize = 32 << 10;
/// How long writing the last lines may take when the program ends.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The state that the log and the writing thread share.
#[derive(Debug, Default)]
struct Waiting {
    /// The number of bytes that wait, including those that are being written.
    bytes: AtomicUsize,
    /// The number of lines that were dropped and have not been reported yet.
    dropped: AtomicU64,
    /// Notified when no bytes wait. Only the writing thread and the end of the program take this lock.
    empty: (Mutex<()>, Condvar),
    /// What is masked in all lines, once it is known.
    secret: OnceLock<Secret>,
}

impl Waiting {
    /// Counts a line of this number of bytes as waiting. Returns false, and does not count it, if the queue is full.
    fn admit(&self, bytes: usize) -> bool {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let admitted = before == 0 || before + bytes <= MOST_BYTES;
        if !admitted {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        admitted
    }

    fn written(&self, bytes: usize) {
        let _lock = self.empty.0.lock().unwrap_or_else(PoisonError::into_inner);
        if self.bytes.fetch_sub(bytes, Ordering::Relaxed) == bytes {
            self.empty.1.notify_all();
        }
    }
}

/// The log's end of the queue. `tracing` writes each line to it. It never blocks: while the queue is full, lines are
/// dropped and counted.
#[derive(Clone, Debug)]
pub(super) struct LogWriter {
    lines: SyncSender<Vec<u8>>,
    waiting: Arc<Waiting>,
}

impl LogWriter {
    /// Starts a thread that writes all lines to `output`.
    pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<(Self, LastLines)> {
        let (lines, received) = sync_channel(MOST_LINES);
        let waiting = Arc::<Waiting>::default();
        let shared = Arc::clone(&waiting);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_out(&received, &shared, output))?;
        let last_lines = LastLines(Arc::clone(&waiting));
        Ok((Self { lines, waiting }, last_lines))
    }
}

impl Write for LogWriter {
    /// Accepts one line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let admitted = self.waiting.admit(line.len());
        if admitted && self.lines.try_send(line.to_vec()).is_err() {
            self.waiting.written(line.len());
            self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
        } else if !admitted {
            self.waiting.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for LogWriter {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// When dropped, gives the last lines a limited time to be written.
#[derive(Debug)]
pub(super) struct LastLines(Arc<Waiting>);

impl LastLines {
    /// Masks this secret in all lines from now on.
    pub(super) fn mask(&self, secret: Option<Secret>) {
        if let Some(secret) = secret {
            // Each run has only one secret.
            let _ = self.0.secret.set(secret);
        }
    }
}

impl Drop for LastLines {
    fn drop(&mut self) {
        let (lock, condition) = &self.0.empty;
        let lock = lock.lock().unwrap_or_else(PoisonError::into_inner);
        // Lines that could not be written in time are lost. There is no output left on which to report that.
        let _ = condition.wait_timeout_while(lock, LAST_LINES, |()| self.0.bytes.load(Ordering::Relaxed) > 0);
    }
}

/// Writes lines until the program ends.
fn write_out(lines: &Receiver<Vec<u8>>, waiting: &Waiting, mut output: impl Write) {
    while let Ok(mut batch) = lines.recv() {
        let mut count = 1;
        while batch.len() < WRITE
            && let Ok(line) = lines.try_recv()
        {
            batch.extend_from_slice(&line);
            count += 1;
        }
        if let Some(secret) = waiting.secret.get() {
            secret.mask(&mut batch);
        }
        let done = output.write_all(&batch).and_then(|()| output.flush());
        let dropped = match done {
            Ok(()) => waiting.dropped.swap(0, Ordering::Relaxed),
            // Reported when the output can be written again. A report now would fail like the lines.
            Err(_) => {
                waiting.dropped.fetch_add(count, Ordering::Relaxed);
                0
            }
        };
        if dropped > 0 {
            tracing::warn!(
                dropped,
                "{dropped} lines of the log are missing here: they were not read or not written in time"
            );
        }
        waiting.written(batch.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Sender;
    use std::time::Instant;

    /// An output that accepts one write for each permit, and stores what was written.
    struct Gate {
        permits: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.permits
                .recv()
                .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            let _ = self.written.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_blocks_neither_the_log_nor_its_end() {
        let (permit, permits) = std::sync::mpsc::channel();
        let (written, read) = std::sync::mpsc::channel();
        let (mut log, last_lines) = LogWriter::start(Gate { permits, written }).expect("a thread");
        let line = [b'x'; 1000];
        let begun = Instant::now();
        for _ in 0..3 * MOST_BYTES / line.len() {
            log.write_all(&line).expect("it takes every line");
        }
        let dropped = log.waiting.dropped.load(Ordering::Relaxed) as usize;
        assert!((2 * MOST_BYTES / line.len() - 2..).contains(&dropped), "{dropped}");
        drop(last_lines);
        assert!(begun.elapsed() < LAST_LINES * 20, "{:?}", begun.elapsed());
        // Once the output is read again, all admitted lines arrive.
        for _ in 0..MOST_BYTES / line.len() {
            permit.send(()).expect("a writer");
        }
        drop(LastLines(Arc::clone(&log.waiting)));
        let kept: usize = read.try_iter().map(|text| text.len()).sum();
        assert_eq!(kept, (3 * MOST_BYTES / line.len() - dropped) * line.len());
    }

    #[test]
    fn a_line_longer_than_the_queue_is_written_if_it_is_alone() {
        let waiting = Waiting::default();
        assert!(waiting.admit(2 * MOST_BYTES));
        assert!(!waiting.admit(1));
        waiting.written(2 * MOST_BYTES);
        assert!(waiting.admit(1) && waiting.admit(MOST_BYTES - 1) && !waiting.admit(1));
    }
}
