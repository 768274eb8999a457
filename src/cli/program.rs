//! A running program: waits for requests to reload or stop, which come from signals or from `labserve reload`.

use super::Mistake;
use super::args::SummaryFormat;
use super::control::Endpoint;
use super::output::print;
use super::parent::Until;
use super::signals::{ProgramRequest, Signals};
use labserve::Recording;
use labserve_core::http1::text::printable_json;
use labserve_server::events::{ProgramEvents, Recorder};
use labserve_server::server::{CutShort, GRACE, Running};
use labserve_timeline::Timeline;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// Reads the configuration again and passes it to the servers. Returns what has changed, or why nothing has.
pub(super) type Reload = Box<dyn Fn() -> Result<String, Mistake>>;

/// How long a stop may take after a second signal.
const TO_END: Duration = Duration::from_secs(3);

/// How a run ended. The number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Every response was sent completely.
    Clean = 0,
    /// The stop cut responses short.
    CutShort = 1,
}

impl Ended {
    fn of(cut: CutShort) -> Self {
        if cut.replies == 0 { Self::Clean } else { Self::CutShort }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended as u8)
    }
}

async fn next_stop(signals: &mut Signals) {
    while signals.next().await != ProgramRequest::Stop {}
}

/// The last line of the log.
fn log_stop(cut: CutShort) {
    let CutShort { connections, replies } = cut;
    if cut == CutShort::default() {
        tracing::info!(connections, replies, "stopped: nothing was cut short");
    } else {
        tracing::warn!(
            connections,
            replies,
            "stopped: {replies} {} cut short, and {connections} {} still open",
            if replies == 1 { "response was" } else { "responses were" },
            if connections == 1 {
                "connection was"
            } else {
                "connections were"
            },
        );
    }
}

/// Prints what happened. A failure to write it does not change the exit code.
fn print_summary(format: SummaryFormat, recording: &Recording) {
    let text = match format {
        SummaryFormat::Json => printable_json(&recording.json().to_string()).into_owned(),
        SummaryFormat::Text => recording.text(),
    };
    if let Err(Mistake(why)) = print(&format!("{text}\n")) {
        tracing::warn!("the summary was not printed: {why}");
    }
}

/// A running program.
pub(super) struct Program {
    pub(super) running: Running,
    /// The event log, if there is one.
    pub(super) recorder: Option<Recorder>,
    /// The timeline, if there is one.
    pub(super) timeline: Option<Timeline>,
    /// Emits events of the program itself.
    pub(super) program_events: ProgramEvents,
    /// How to reload.
    pub(super) reload: Reload,
    /// The name through which `labserve reload` finds the program; `None` if it cannot be reloaded.
    pub(super) endpoint: Option<String>,
    /// When it stops without a signal.
    pub(super) until: Until,
    /// The format and content of the summary that is printed at the end.
    pub(super) summary: Option<(SummaryFormat, Recording)>,
}

impl Program {
    /// Serves until a signal arrives, then stops gracefully. A second signal cuts short the responses in progress.
    ///
    /// `greet` is called once signals and reload requests are accepted, so that a script that waits for its output can
    /// send one at once. It runs on a separate thread, because writing its output may block.
    pub(super) fn run_to_end(self, greet: impl FnOnce() + Send + 'static) -> Result<Ended, Mistake> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.run(greet))
    }

    async fn run(self, greet: impl FnOnce() + Send + 'static) -> Result<Ended, Mistake> {
        let mut signals = Signals::new()?;
        let mut endpoint = self.endpoint.as_deref().and_then(|name| {
            Endpoint::open(name)
                .inspect_err(|error| tracing::warn!("`labserve reload` will not find this server: {error}"))
                .ok()
        });
        std::thread::Builder::new().name("greeting".to_owned()).spawn(greet)?;
        let mut over = std::pin::pin!(self.until.reached());
        loop {
            let called = async {
                match &mut endpoint {
                    Some(endpoint) => endpoint.next().await,
                    None => std::future::pending().await,
                }
            };
            let (request, caller) = tokio::select! {
                request = signals.next() => (request, None),
                caller = called => (ProgramRequest::Reload, Some(caller)),
                () = &mut over => (ProgramRequest::Stop, None),
            };
            match request {
                ProgramRequest::Stop => break,
                ProgramRequest::Reload => {
                    let done = self.reload();
                    if let Some(caller) = caller {
                        caller.answer(done).await;
                    }
                }
            }
        }
        drop((endpoint, self.reload));
        tracing::info!(
            "stopping: responses in progress have {} s to finish; a second signal stops at once",
            GRACE.as_secs()
        );
        let control = self.running.control().clone();
        let stop = tokio::task::spawn_blocking(move || {
            let cut = self.running.stop();
            log_stop(cut);
            // The event log writes its own line for this, after all others.
            self.program_events.without_file().emit(json!({"event": "stop"}));
            drop(self.program_events);
            if let Some(timeline) = self.timeline {
                timeline.stop();
            }
            if let Some(recorder) = self.recorder {
                recorder.finish();
            }
            if let Some((format, recording)) = self.summary {
                print_summary(format, &recording);
            }
            Ended::of(cut)
        });
        let second = async {
            next_stop(&mut signals).await;
            control.cut();
            // This takes milliseconds, unless the disk with the event log does not respond.
            tokio::select! {
                () = tokio::time::sleep(TO_END) => {}
                () = next_stop(&mut signals) => {}
            }
        };
        tokio::select! {
            done = stop => done.map_err(Mistake::from),
            () = second => std::process::exit(Ended::CutShort as i32),
        }
    }

    /// Reads the configuration again, and opens the event log again. If the configuration has a mistake, the previous
    /// one stays in effect.
    fn reload(&self) -> Result<String, String> {
        // Log rotation renames the event log and then sends the same signal.
        if let Some(recorder) = &self.recorder {
            recorder.reopen();
        }
        let done = (self.reload)().map_err(|Mistake(why)| why);
        let event = match &done {
            Ok(what) => {
                tracing::info!("{what}");
                json!({"event": "reload", "ok": true})
            }
            Err(why) => {
                tracing::error!("not reloaded, the previous configuration stays in force: {why}");
                json!({"event": "reload", "ok": false, "error": why})
            }
        };
        self.program_events.emit(event);
        done
    }
}
