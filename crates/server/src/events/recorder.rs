//! Writes the event log to a file or to standard output, on a separate thread.

use super::event_file::{EventFile, Opened};
use super::json::FORMAT_VERSION;
use super::secret::Secret;
use super::sender::EventSender;
use labserve_core::http1::text::printable_json;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Maximum number of batches that wait to be written, about 4 MiB.
const WAITING: usize = 32;

/// How long writing the last lines may take when the program ends.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Where the event log is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// The end of a file.
    File(PathBuf),
}

/// The event log of a running program.
#[derive(Debug)]
pub struct Recorder {
    sender: EventSender,
    /// Set to request that the file be opened again.
    reopen: Arc<AtomicBool>,
    /// Disconnected when the writing thread has ended.
    ended: Receiver<()>,
}

impl Recorder {
    /// Opens the event log and writes its first line, which contains the format and the `servers` (name and address). A
    /// new file is readable only by its owner. `secret` is masked in all lines.
    ///
    /// # Errors
    /// The file cannot be opened or written, or the thread cannot be started.
    pub fn start(output: &Output, servers: &[(String, SocketAddr)], secret: Option<Secret>) -> io::Result<Self> {
        let reopen = Arc::<AtomicBool>::default();
        let asked = Arc::clone(&reopen);
        let (output, named) = (output.clone(), servers.to_vec());
        let mut file = EventFile::open(
            Box::new(move || output.open()),
            move || stamped(described("reopened", &named)),
            move || asked.swap(false, Ordering::Relaxed),
        )?;
        // Written here rather than on the thread, so that a failure is reported before the servers start.
        file.write_once(&stamped(start(servers)))?;
        let (batches, receiver) = sync_channel(WAITING);
        let written = Arc::default();
        let pool = Arc::clone(&written);
        let (end, ended) = sync_channel(0);
        std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            write_out(&receiver, file, secret.as_ref(), &pool);
            drop(end);
        })?;
        let sender = EventSender { batches, written };
        Ok(Self { sender, ended, reopen })
    }

    /// Requests that the file be opened again before the next line is written, because it may have been renamed to
    /// start a new one. Does nothing for standard output.
    pub fn reopen(&self) {
        self.reopen.store(true, Ordering::Relaxed);
    }

    /// A sender to this event log.
    pub fn sender(&self) -> EventSender {
        self.sender.clone()
    }

    /// Writes the remaining lines and the last line, but for at most two seconds: an output that is not being read must
    /// not keep the program from ending. All senders must have been dropped, including those in
    /// [`super::ProgramEvents`].
    pub fn finish(self) {
        self.sender.emit(json!({"event": "stop"}));
        let Self { sender, ended, .. } = self;
        drop(sender);
        if ended.recv_timeout(LAST_LINES) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("the event log is not complete: its last lines could not be written in time");
        }
    }
}

/// The first line of a run.
pub fn start(servers: &[(String, SocketAddr)]) -> Value {
    described("start", servers)
}

/// A line that contains the format, for the beginning of a run or of a file.
fn described(event: &str, servers: &[(String, SocketAddr)]) -> Value {
    let servers: Vec<Value> = servers
        .iter()
        .map(|(name, address)| json!({"server": name, "address": address.to_string()}))
        .collect();
    json!({
        "event": event,
        "format": "labserve-events",
        "version": FORMAT_VERSION,
        "labserve": crate::VERSION,
        "pid": std::process::id(),
        "servers": servers,
    })
}

/// The line of an event of the program itself, with the time.
pub(super) fn stamped(mut event: Value) -> Vec<u8> {
    event["time"] = timestamp(SystemTime::now()).into();
    let line = format!("{event}\n");
    printable_json(&line).into_owned().into_bytes()
}

/// A time in the format of the lines: `2026-11-25T21:55:12.123456789Z`.
pub fn timestamp(time: SystemTime) -> String {
    let time = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut text = [0; 19];
    labserve_core::http1::date::write_rfc3339(i64::try_from(time.as_secs()).unwrap_or(i64::MAX), &mut text);
    let text = String::from_utf8_lossy(&text);
    format!("{text}.{:09}Z", time.subsec_nanos())
}

impl Output {
    /// Opens the output for appending.
    fn open(&self) -> io::Result<Opened> {
        match self {
            Self::Stdout => Ok(Opened {
                output: Box::new(io::stdout()),
                is_empty: false,
                file: None,
            }),
            Self::File(path) => {
                let mut options = OpenOptions::new();
                options.append(true).create(true);
                // The log contains what clients requested, and who they are.
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let file = options.open(path)?;
                let metadata = file.metadata()?;
                let id = crate::sys::file_id(&file, &metadata);
                Ok(Opened {
                    output: Box::new(file),
                    is_empty: metadata.len() == 0,
                    file: Some((id.device, id.inode)),
                })
            }
        }
    }
}

/// Writes batches until all senders are dropped, or until the output has no reader any more.
fn write_out(batches: &Receiver<Vec<u8>>, mut file: EventFile, secret: Option<&Secret>, written: &Mutex<Vec<Vec<u8>>>) {
    for mut batch in batches {
        if let Some(secret) = secret {
            secret.mask(&mut batch);
        }
        if let Err(error) = file.write(&batch) {
            tracing::error!("cannot write the event log, so it ends here: {error}");
            return;
        }
        batch.clear();
        if let Ok(mut buffers) = written.lock()
            && buffers.len() < WAITING
        {
            buffers.push(batch);
        }
    }
}
