//! Records what happens on the servers of the program `labserve`, for its API and its summary.

use crate::Event;
use crate::history::History;
use labserve_server::events::Observer;
use labserve_timeline::Waiting;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What has happened on servers. The program `labserve` uses it; tests use [`Running`](crate::Running).
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Recording(Arc<History>);

impl Recording {
    /// An empty recording.
    #[expect(clippy::new_without_default, reason = "a new one begins to count time")]
    pub fn new() -> Self {
        Self(History::new())
    }

    /// The observer that records the events.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.0) as Arc<dyn Observer>
    }

    /// The recording, for the API.
    pub fn for_api(&self) -> Arc<dyn labserve_timeline::Recording> {
        Arc::clone(&self.0) as Arc<dyn labserve_timeline::Recording>
    }

    /// The summary as text.
    pub fn text(&self) -> String {
        self.0.report().to_string()
    }

    /// The summary as JSON.
    pub fn json(&self) -> Value {
        self.0.report().summary()
    }
}

impl labserve_timeline::Recording for History {
    fn summary(&self) -> Value {
        self.report().summary()
    }

    fn ended(&self) -> Vec<Value> {
        let report = self.report();
        let ended = report.iter().filter(|connection| connection.closed.is_some());
        ended.map(crate::report::connection_summary).collect()
    }

    fn wait(self: Arc<Self>, filters: &BTreeMap<String, String>) -> Result<Waiting, String> {
        let event = Event::from_filters(filters)?;
        event.check().map_err(|error| error.to_string())?;
        Ok(Box::pin(async move {
            match self.start_to_wait(event) {
                Ok(wait) => wait.await,
                // Cannot happen: the event was checked before.
                Err(_) => std::future::pending().await,
            }
        }))
    }

    fn reset(&self) {
        self.forget();
    }
}
