//! What each condition of a request says, for people: asks the very functions that [`super::evaluate`] asks.

use super::{Case, ConditionPolicy, Conditional, Validators};
use crate::events::printable;
use crate::http::date;
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
            let says = ["the file has changed since", "the file has not changed since"];
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
            let says = ["the client does not have this version", "the client has this version"];
            case.since(
                "if_modified_since",
                "If-Modified-Since",
                theirs,
                if_modified_since,
                says,
            )
        }),
        request.if_range.filter(|_| has_range).map(|theirs| {
            let text = match if_range {
                true => "If-Range holds: Range counts",
                false => "If-Range does not hold: Range does not count",
            };
            case.step("if_range", theirs, Some(if_range), text.to_owned())
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Case<'_> {
    fn step(&self, step: &'static str, theirs: &[u8], holds: Option<bool>, text: String) -> Step {
        Step {
            holds,
            theirs: Some(characters(theirs)),
            ours: self.resource.etag.map(characters),
            ..Step::new(step, text)
        }
    }

    fn tag(&self, step: &'static str, field: &str, theirs: &[u8], holds: Option<bool>) -> Step {
        let ours = self.resource.etag.map_or_else(
            || "anything: the file has no entity tag".to_owned(),
            |etag| printable(etag).to_string(),
        );
        let text = match holds {
            None => format!("{field} does not count here"),
            Some(true) => format!("{field} matches {ours}"),
            Some(false) => format!("{field} does not match {ours}"),
        };
        self.step(step, theirs, holds, text)
    }

    fn since(&self, step: &'static str, field: &str, theirs: &[u8], holds: Option<bool>, says: [&str; 2]) -> Step {
        let modified = date::text(self.resource.mtime_secs);
        let text = match holds {
            None => format!("{field} does not count here"),
            Some(holds) => format!("{field}: {}", says[usize::from(holds)]),
        };
        Step {
            ours: Some(characters(&modified)),
            ..self.step(step, theirs, holds, text)
        }
    }
}
