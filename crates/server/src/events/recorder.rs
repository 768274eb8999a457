//! Writes the event log, on a thread of its own, to a file or to standard output.

use super::journal::EventSender;
use super::json::FORMAT_VERSION;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// How many batches wait to be written at the most: 4 MiB or so.
const WAITING: usize = 32;

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
    tape: EventSender,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Opens the event log and writes its first line, which names the format and the `servers` (name and address).
    ///
    /// # Errors
    /// The file cannot be opened for writing, or the thread cannot be started.
    pub fn start(output: &Output, servers: &[(String, SocketAddr)]) -> io::Result<Recorder> {
        let first = stamped(start(servers));
        let mut sink = Sink::open(output)?;
        // Here and not on the thread, so that a log that cannot be written to is known before anything is served.
        sink.write(&first)?;
        let (batches, receiver) = sync_channel(WAITING);
        let written = Arc::default();
        let pool = Arc::clone(&written);
        let thread = std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || write_out(&receiver, sink, &pool))?;
        let tape = EventSender { batches, written };
        Ok(Recorder { tape, thread })
    }

    /// A worker's way to it.
    pub fn sender(&self) -> EventSender {
        self.tape.clone()
    }

    /// Writes what is left and the last line. The workers must have ended, and all [`super::ProgramEvents`] be dropped.
    pub fn finish(self) {
        self.tape.note(json!({"event": "stop"}));
        let Recorder { tape, thread } = self;
        drop(tape);
        if thread.join().is_err() {
            tracing::error!("the event log ended with a panic");
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
    format!("{event}\n").into_bytes()
}

/// A time as lines have it: `2026-11-25T21:55:12.123456789Z`.
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
    fn open(output: &Output) -> io::Result<Sink> {
        Ok(match output {
            Output::Stdout => Sink::Stdout,
            Output::File(path) => Sink::File(OpenOptions::new().append(true).create(true).open(path)?),
        })
    }

    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        match self {
            Sink::File(file) => file.write_all(batch),
            Sink::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(batch).and_then(|()| out.flush())
            }
        }
    }
}

/// Writes batches until no worker is left to send one, or one cannot be written.
fn write_out(batches: &Receiver<Vec<u8>>, mut sink: Sink, written: &Mutex<Vec<Vec<u8>>>) {
    for mut batch in batches {
        if let Err(error) = sink.write(&batch) {
            tracing::error!("the event log ends here, because it cannot be written: {error}");
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
