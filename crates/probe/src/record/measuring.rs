//! Measures a server beside its cases, as politely as these are asked.

use super::Recorder;
use crate::adapt::OrdinaryFile;
use crate::case::Case;
use crate::measure::{self, Measure, Question, Subject};
use crate::recording::Outcome;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

impl Subject for Recorder<'_> {
    /// After the end of the recording, nothing is played any more.
    fn play(&self, case: &Case, _: u64) -> Option<Outcome> {
        if self.is_over() {
            return None;
        }
        self.play(case).ok()
    }

    fn host(&self) -> String {
        self.server.to_string()
    }

    fn resets_late_byte(&self, path: &str, after: Duration) -> Option<bool> {
        if self.is_over() {
            return None;
        }
        self.pace.wait();
        self.client.late_byte(path, after)
    }
}

impl Recorder<'_> {
    /// Measures, up to `at_once` measures at a time, what is not known yet.
    pub(super) fn measure(
        &self,
        at_once: usize,
        known: &BTreeMap<String, Measure>,
        file: Option<&OrdinaryFile>,
    ) -> BTreeMap<String, Measure> {
        let mut left: VecDeque<Question> = measure::questions().into();
        left.retain(|question| !known.contains_key(question.name()));
        self.state().expected += left.len();
        let queue = Mutex::new(left);
        let found = Mutex::new(BTreeMap::new());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    while !self.is_over()
                        && let Some(question) = next()
                    {
                        let measure = question.measure(self, file);
                        // A measure that was interrupted is none.
                        if let Some(measure) = measure.filter(|_| !self.is_over()) {
                            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                            found.insert(question.name().to_owned(), measure);
                        }
                        self.count();
                    }
                });
            }
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
