//! Writes the event log to a file or to standard output, on a thread of its own.

use super::json::FORMAT_VERSION;
use super::sender::EventSender;
use labserve_core::http1::text::printable_json;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Maximum number of batches that wait to be written, about 4 MiB.
const WAITING: usize = 32;

/// How long the last lines may take when the program ends.
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
    /// Disconnected when the thread that writes has ended.
    ended: Receiver<()>,
}

impl Recorder {
    /// Opens the event log and writes its first line, which names the format and the `servers` (name and address).
    ///
    /// # Errors
    /// The file cannot be opened or written, or the thread cannot be started.
    pub fn start(output: &Output, servers: &[(String, SocketAddr)]) -> io::Result<Self> {
        let first = stamped(start(servers));
        let mut sink = Sink::open(output)?;
        // Written here rather than on the thread, so that a failure is reported before anything is served.
        sink.write(&first)?;
        let (batches, receiver) = sync_channel(WAITING);
        let written = Arc::default();
        let pool = Arc::clone(&written);
        let (end, ended) = sync_channel(0);
        std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            write_out(&receiver, sink, &pool);
            drop(end);
        })?;
        let sender = EventSender { batches, written };
        Ok(Self { sender, ended })
    }

    /// A sender to this event log.
    pub fn sender(&self) -> EventSender {
        self.sender.clone()
    }

    /// Writes the remaining lines and the last line, but for two seconds at most, because an output that nobody reads
    /// must not keep the program from ending. All senders must have been dropped, including those in
    /// [`super::ProgramEvents`].
    pub fn finish(self) {
        self.sender.emit(json!({"event": "stop"}));
        let Self { sender, ended } = self;
        drop(sender);
        if ended.recv_timeout(LAST_LINES) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("the event log is not complete: its last lines could not be written in time");
        }
    }
}

/// The first line of a run.
pub fn start(servers: &[(String, SocketAddr)]) -> Value {
    let servers: Vec<Value> = servers
        .iter()
        .map(|(name, address)| json!({"server": name, "address": address.to_string()}))
        .collect();
    json!({
        "event": "start",
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

/// An open output.
enum Sink {
    Stdout,
    File(File),
}

impl Sink {
    fn open(output: &Output) -> io::Result<Self> {
        Ok(match output {
            Output::Stdout => Self::Stdout,
            Output::File(path) => Self::File(OpenOptions::new().append(true).create(true).open(path)?),
        })
    }

    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all(batch),
            Self::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(batch).and_then(|()| out.flush())
            }
        }
    }
}

/// Writes batches until all senders are dropped, or until a batch cannot be written.
fn write_out(batches: &Receiver<Vec<u8>>, mut sink: Sink, written: &Mutex<Vec<Vec<u8>>>) {
    for mut batch in batches {
        if let Err(error) = sink.write(&batch) {
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
