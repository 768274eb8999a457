//! Trace steps for preconditions. They come from the functions that decide, so a trace cannot disagree with its
//! decision.

use super::message::{TraceMessage, value};
use super::step::{Step, characters};
use crate::http1::date;
use crate::http1::precondition::{self, ConditionPolicy, Conditional, Ranged, Validators};
use crate::http1::text::printable;

/// One step for each conditional field of the request, in the order in which they are evaluated.
pub(super) fn trace(policy: &ConditionPolicy, request: &Conditional<'_>, resource: &Validators<'_>) -> Vec<Step> {
    let builder = StepBuilder { resource };
    let results = precondition::evaluate_each(policy, request, resource);
    let has_range = request.range != Ranged::Absent;
    [
        request
            .if_match
            .map(|theirs| builder.tag("if_match", "If-Match", theirs, results.if_match)),
        request.if_unmodified_since.map(|theirs| {
            let messages = [TraceMessage::Changed, TraceMessage::Unchanged];
            builder.since(
                "if_unmodified_since",
                "If-Unmodified-Since",
                theirs,
                results.if_unmodified_since,
                messages,
            )
        }),
        request
            .if_none_match
            .map(|theirs| builder.tag("if_none_match", "If-None-Match", theirs, results.if_none_match)),
        request.if_modified_since.map(|theirs| {
            let messages = [TraceMessage::ClientIsBehind, TraceMessage::ClientIsCurrent];
            builder.since(
                "if_modified_since",
                "If-Modified-Since",
                theirs,
                results.if_modified_since,
                messages,
            )
        }),
        request.if_range.filter(|_| has_range).map(|theirs| {
            let message = if results.if_range {
                TraceMessage::IfRangeHolds
            } else {
                TraceMessage::IfRangeFails
            };
            builder.step(Step::new("if_range", message, []), theirs, Some(results.if_range))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Builds the steps about one file.
struct StepBuilder<'a> {
    resource: &'a Validators<'a>,
}

impl StepBuilder<'_> {
    fn step(&self, step: Step, theirs: &[u8], holds: Option<bool>) -> Step {
        Step {
            holds,
            theirs: Some(characters(theirs)),
            ours: self.resource.etag.map(characters),
            ..step
        }
    }

    fn tag(&self, step: &'static str, field: &str, theirs: &[u8], holds: Option<bool>) -> Step {
        let message = match (holds, self.resource.etag) {
            (None, _) => TraceMessage::NotCounted,
            (Some(true), Some(_)) => TraceMessage::Matches,
            (Some(false), Some(_)) => TraceMessage::MatchesNot,
            (Some(true), None) => TraceMessage::MatchesWithoutTag,
            (Some(false), None) => TraceMessage::MatchesNotWithoutTag,
        };
        let mut values = vec![value("field", field)];
        values.extend(self.resource.etag.map(|etag| value("ours", printable(etag))));
        self.step(Step::new(step, message, values), theirs, holds)
    }

    /// `messages` are those for a condition that fails and for one that holds.
    fn since(
        &self,
        step: &'static str,
        field: &str,
        theirs: &[u8],
        holds: Option<bool>,
        messages: [TraceMessage; 2],
    ) -> Step {
        let modified = self.resource.mtime_secs.map(date::text);
        let message = holds.map_or(TraceMessage::NotCounted, |holds| messages[usize::from(holds)]);
        Step {
            ours: modified.map(|modified| characters(&modified)),
            ..self.step(Step::new(step, message, [value("field", field)]), theirs, holds)
        }
    }
}
