//! Measures a server in addition to the cases, with the same limits on its load.

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
    /// Once the recording is over, nothing more is played.
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
    /// Takes the measures that are not known yet, up to `at_once` at a time.
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
                        // An interrupted measure is not valid.
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
