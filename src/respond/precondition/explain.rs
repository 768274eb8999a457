//! What each condition of a request says, for people: asks the very functions that [`super::evaluate`] asks.

use super::{Case, ConditionPolicy, Conditional, Validators};
use crate::events::printable;
use crate::http::date;
use crate::respond::said::{Said, value};
use crate::respond::why::{Step, characters};

/// A step for each conditional field of the request.
pub(crate) fn explain(policy: &ConditionPolicy, request: &Conditional<'_>, resource: &Validators<'_>) -> Vec<Step> {
    let case = Case {
        policy,
        request,
        resource,
    };
    let (if_match, if_none_match) = (case.if_match(), case.if_none_match());
    let if_unmodified_since = case.if_unmodified_since(if_match.is_some());
    let if_modified_since = case.if_modified_since(if_none_match.is_some());
    let if_range = case.if_range_holds();
    let has_range = request.range != super::Ranged::Absent;
    [
        request
            .if_match
            .map(|theirs| case.tag("if_match", "If-Match", theirs, if_match)),
        request.if_unmodified_since.map(|theirs| {
            let says = [Said::Changed, Said::Unchanged];
            case.since(
                "if_unmodified_since",
                "If-Unmodified-Since",
                theirs,
                if_unmodified_since,
                says,
            )
        }),
        request
            .if_none_match
            .map(|theirs| case.tag("if_none_match", "If-None-Match", theirs, if_none_match)),
        request.if_modified_since.map(|theirs| {
            let says = [Said::ClientIsBehind, Said::ClientIsCurrent];
            case.since(
                "if_modified_since",
                "If-Modified-Since",
                theirs,
                if_modified_since,
                says,
            )
        }),
        request.if_range.filter(|_| has_range).map(|theirs| {
            let said = if if_range {
                Said::IfRangeHolds
            } else {
                Said::IfRangeFails
            };
            case.step(Step::new("if_range", said, []), theirs, Some(if_range))
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Case<'_> {
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
            (None, _) => Said::NotCounted,
            (Some(true), Some(_)) => Said::Matches,
            (Some(false), Some(_)) => Said::MatchesNot,
            (Some(true), None) => Said::MatchesWithoutTag,
            (Some(false), None) => Said::MatchesNotWithoutTag,
        };
        let mut values = vec![value("field", field)];
        values.extend(self.resource.etag.map(|etag| value("ours", printable(etag))));
        self.step(Step::new(step, said, values), theirs, holds)
    }

    fn since(&self, step: &'static str, field: &str, theirs: &[u8], holds: Option<bool>, says: [Said; 2]) -> Step {
        let modified = date::text(self.resource.mtime_secs);
        let said = holds.map_or(Said::NotCounted, |holds| says[usize::from(holds)]);
        Step {
            ours: Some(characters(&modified)),
            ..self.step(Step::new(step, said, [value("field", field)]), theirs, holds)
        }
    }
}
