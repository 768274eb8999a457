//! A running program: waits for what is asked of it, by signal or by `labserve reload`, until it is asked to stop.

use super::Mistake;
use super::control::Endpoint;
use super::signals::{Asked, Signals};
use labserve_server::events::{ProgramEvents, Recorder};
use labserve_server::server::{GRACE, Running};
use labserve_timeline::Timeline;
use serde_json::json;

/// What reads the configuration again and hands it to the servers. Says what has changed, or why nothing has.
pub(super) type Reload = Box<dyn Fn() -> Result<String, Mistake>>;

/// A running program.
pub(super) struct Program {
    pub(super) running: Running,
    /// The event log, if one is kept.
    pub(super) recorder: Option<Recorder>,
    /// The timeline, if there is one.
    pub(super) timeline: Option<Timeline>,
    /// What is told about the program itself.
    pub(super) program_events: ProgramEvents,
    /// How it is reloaded.
    pub(super) reload: Reload,
    /// Where `labserve reload` finds it, if it can be found.
    pub(super) endpoint: Option<String>,
}

impl Program {
    /// Serves until a signal comes; then stops gracefully. A second signal ends the process at once. `greet` is called when
    /// it can be asked for all that: whoever waits for its words may ask at once.
    pub(super) fn run_to_end(self, greet: impl FnOnce()) -> Result<(), Mistake> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.run(greet))
    }

    async fn run(self, greet: impl FnOnce()) -> Result<(), Mistake> {
        let mut signals = Signals::new()?;
        let mut endpoint = self.endpoint.as_deref().and_then(|name| {
            Endpoint::open(name)
                .inspect_err(|error| tracing::warn!("`labserve reload` will not find this server: {error}"))
                .ok()
        });
        greet();
        loop {
            let (asked, caller) = match &mut endpoint {
                Some(endpoint) => tokio::select! {
                    asked = signals.next() => (asked, None),
                    caller = endpoint.next() => (Asked::Reload, Some(caller)),
                },
                None => (signals.next().await, None),
            };
            match asked {
                Asked::Stop => break,
                Asked::Reload => {
                    let done = self.reload();
                    if let Some(caller) = caller {
                        caller.answer(done).await;
                    }
                }
            }
        }
        drop((endpoint, self.reload));
        tracing::info!(
            "stopping: running replies have {} s to finish; a second signal ends them",
            GRACE.as_secs()
        );
        let stop = tokio::task::spawn_blocking(move || {
            self.running.stop();
            // The event log says its own last line, behind all that is told meanwhile.
            self.program_events.without_file().emit(json!({"event": "stop"}));
            drop(self.program_events);
            if let Some(timeline) = self.timeline {
                timeline.stop();
            }
            if let Some(recorder) = self.recorder {
                recorder.finish();
            }
        });
        let second = async { while signals.next().await != Asked::Stop {} };
        tokio::select! {
            done = stop => done.map_err(Mistake::from),
            () = second => std::process::exit(1),
        }
    }

    /// Reads the configuration again. What was served goes on if it has a mistake.
    fn reload(&self) -> Result<String, String> {
        let done = (self.reload)().map_err(|Mistake(why)| why);
        let event = match &done {
            Ok(what) => {
                tracing::info!("{what}");
                json!({"event": "reload", "ok": true})
            }
            Err(why) => {
                tracing::error!("not reloaded, what was served goes on: {why}");
                json!({"event": "reload", "ok": false, "error": why})
            }
        };
        self.program_events.emit(event);
        done
    }
}
