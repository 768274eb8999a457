//! Writes the event log, on a thread of its own, to a file or to standard output.

use super::journal::Tape;
use super::json::FORMAT_VERSION;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// How many batches wait to be written at the most: 4 MiB or so.
const WAITING: usize = 128;

/// Where the event log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// To standard output.
    Stdout,
    /// To the end of a file.
    File(PathBuf),
}

/// The event log of a running program.
#[derive(Debug)]
pub struct Recorder {
    sender: SyncSender<Vec<u8>>,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Opens the event log and writes its first line, which names the format and the `servers` (name and address).
    ///
    /// # Errors
    /// The file cannot be opened for writing, or the thread cannot be started.
    pub fn start(output: &Output, servers: &[(&str, SocketAddr)]) -> io::Result<Recorder> {
        let (sender, receiver) = sync_channel(WAITING);
        let file = match output {
            Output::Stdout => None,
            Output::File(path) => Some(OpenOptions::new().append(true).create(true).open(path)?),
        };
        let thread = std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || write_out(&receiver, file))?;
        let recorder = Recorder { sender, thread };
        let servers: Vec<Value> = servers
            .iter()
            .map(|(name, address)| json!({"server": name, "address": address.to_string()}))
            .collect();
        recorder.note(json!({
            "event": "start",
            "format": "labserve-events",
            "version": FORMAT_VERSION,
            "labserve": crate::VERSION,
            "pid": std::process::id(),
            "servers": servers,
        }));
        Ok(recorder)
    }

    /// A worker's way to it.
    pub fn tape(&self) -> Tape {
        Tape(self.sender.clone())
    }

    /// Writes a line about the program itself: an object with an `event`, to which the time is added.
    pub fn note(&self, mut line: Value) {
        let time = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let mut text = [0; 19];
        crate::http::date::write_rfc3339(i64::try_from(time.as_secs()).unwrap_or(i64::MAX), &mut text);
        let text = String::from_utf8_lossy(&text);
        line["time"] = format!("{text}.{:09}Z", time.subsec_nanos()).into();
        match self.sender.try_send(format!("{line}\n").into_bytes()) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => tracing::warn!("the event log is behind; it lacks this line: {line}"),
        }
    }

    /// Writes what is left and the last line. The workers must have ended.
    pub fn finish(self) {
        self.note(json!({"event": "stop"}));
        let Recorder { sender, thread } = self;
        drop(sender);
        if thread.join().is_err() {
            tracing::error!("the event log ended with a panic");
        }
    }
}

/// Writes batches until no worker is left to send one, or one cannot be written.
fn write_out(batches: &Receiver<Vec<u8>>, mut file: Option<File>) {
    for batch in batches {
        let written = match &mut file {
            Some(file) => file.write_all(&batch),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(&batch).and_then(|()| out.flush())
            }
        };
        if let Err(error) = written {
            tracing::error!("the event log ends here, because it cannot be written: {error}");
            return;
        }
    }
}
