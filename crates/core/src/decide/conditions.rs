//! What each condition of a request says, for people: asks the very functions that decided.

use super::message::{TraceMessage, value};
use super::step::{Step, characters};
use crate::http1::date;
use crate::http1::precondition::{self, ConditionPolicy, Conditional, Ranged, Validators};
use crate::http1::text::printable;

/// A step for each conditional field of the request.
pub(super) fn trace(policy: &ConditionPolicy, request: &Conditional<'_>, resource: &Validators<'_>) -> Vec<Step> {
    let says = Conditions { resource };
    let judged = precondition::judge(policy, request, resource);
    let has_range = request.range != Ranged::Absent;
    [
        request
            .if_match
            .map(|theirs| says.tag("if_match", "If-Match", theirs, judged.if_match)),
        request.if_unmodified_since.map(|theirs| {
            let words = [TraceMessage::Changed, TraceMessage::Unchanged];
            says.since(
                "if_unmodified_since",
                "If-Unmodified-Since",
                theirs,
                judged.if_unmodified_since,
                words,
            )
        }),
        request
            .if_none_match
            .map(|theirs| says.tag("if_none_match", "If-None-Match", theirs, judged.if_none_match)),
        request.if_modified_since.map(|theirs| {
            let words = [TraceMessage::ClientIsBehind, TraceMessage::ClientIsCurrent];
            says.since(
                "if_modified_since",
                "If-Modified-Since",
                theirs,
                judged.if_modified_since,
                words,
            )
        }),
        request.if_range.filter(|_| has_range).map(|theirs| {
            let said = if judged.if_range {
                TraceMessage::IfRangeHolds
            } else {
                TraceMessage::IfRangeFails
            };
            says.step(Step::new("if_range", said, []), theirs, Some(judged.if_range))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Writes steps about the conditions that a file is held against.
struct Conditions<'a> {
    resource: &'a Validators<'a>,
}

impl Conditions<'_> {
    fn step(&self, step: Step, theirs: &[u8], holds: Option<bool>) -> Step {
        Step {
            holds,
            theirs: Some(characters(theirs)),
            ours: self.resource.etag.map(characters),
            ..step
        }
    }

    fn tag(&self, step: &'static str, field: &str, theirs: &[u8], holds: Option<bool>) -> Step {
        let said = match (holds, self.resource.etag) {
            (None, _) => TraceMessage::NotCounted,
            (Some(true), Some(_)) => TraceMessage::Matches,
            (Some(false), Some(_)) => TraceMessage::MatchesNot,
            (Some(true), None) => TraceMessage::MatchesWithoutTag,
            (Some(false), None) => TraceMessage::MatchesNotWithoutTag,
        };
        let mut values = vec![value("field", field)];
        values.extend(self.resource.etag.map(|etag| value("ours", printable(etag))));
        self.step(Step::new(step, said, values), theirs, holds)
    }

    fn since(
        &self,
        step: &'static str,
        field: &str,
        theirs: &[u8],
        holds: Option<bool>,
        says: [TraceMessage; 2],
    ) -> Step {
        let modified = date::text(self.resource.mtime_secs);
        let said = holds.map_or(TraceMessage::NotCounted, |holds| says[usize::from(holds)]);
        Step {
            ours: Some(characters(&modified)),
            ..self.step(Step::new(step, said, [value("field", field)]), theirs, holds)
        }
    }
}
