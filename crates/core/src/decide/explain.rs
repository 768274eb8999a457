//! A decision's own trace: says of a reply, step by step, how it came about.
//!
//! It asks the same functions that decided, a second time and only when somebody looks.

use super::asked::Asked;
use super::conditions;
use super::said::{Said, value};
use super::why::{Step, characters, said_of};
use crate::close_reason::CloseReason;
use crate::facts::FileFacts;
use crate::http1::precondition::Validators;
use crate::http1::range::{self, Selection};
use crate::http1::text::printable;
use crate::http1::{Fault, Request, date, status};
use crate::locale::Lang;
use crate::profile::{MethodRule, Profile};
use crate::render::{Moment, Reply, Why, write_etag};

/// Why a request was not decided on but refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// This is wrong with it.
    Fault(Fault),
    /// The connection ends for this reason.
    Ending(CloseReason),
}

/// How `reply` to `request` came about. `refused` says so where the reply does not.
pub fn explain(
    profile: &Profile,
    request: &Request<'_>,
    reply: &Reply<'_>,
    refused: Option<Refused>,
    moment: &Moment,
) -> Vec<Step> {
    let mut steps = Vec::new();
    match (reply.why, refused) {
        (Why::Unsaid, Some(Refused::Fault(fault))) => steps.push(Step::new(
            "fault",
            Said::Fault,
            [value("meaning", fault.text(Lang::En)), value("fault", fault)],
        )),
        (Why::Unsaid, Some(Refused::Ending(reason))) => steps.push(Step::new(
            "refused",
            Said::Refused,
            [value("words", reason.words()), value("reason", reason.key())],
        )),
        (Why::Unsaid, None) => {}
        (Why::Route, _) => steps.push(route(profile, request)),
        (Why::Found(lay), _) => {
            steps.push(method(profile, request));
            steps.push(Step::new("path", said_of(lay), [target(request)]));
        }
        (Why::Conditions, _) => {
            steps.push(method(profile, request));
            if let Some(facts) = reply.file.as_deref() {
                steps.push(file(request, facts));
                conditional(profile, request, facts, moment, &mut steps);
            }
        }
    }
    let status = reply.response.status;
    let values = [value("status", status), value("phrase", status::reason(status))];
    steps.push(Step::new("status", Said::Status, values));
    steps
}

fn target(request: &Request<'_>) -> (&'static str, String) {
    value("target", printable(request.target()))
}

fn method(profile: &Profile, request: &Request<'_>) -> Step {
    let said = match profile.methods.rule(request.method()) {
        MethodRule::Serve => Said::Served,
        MethodRule::Answer(_) => Said::Answered,
        MethodRule::Resolved(_) => Said::Resolved,
        MethodRule::Found(_) => Said::FoundFirst,
    };
    Step::new("method", said, [value("method", printable(request.method()))])
}

fn route(profile: &Profile, request: &Request<'_>) -> Step {
    match profile.methods.rule(request.method()) {
        MethodRule::Answer(_) => method(profile, request),
        _ => Step::new("target", Said::Routed, [target(request)]),
    }
}

fn file(request: &Request<'_>, file: &FileFacts) -> Step {
    let modified = date::text(file.id.mtime_secs);
    let values = [
        target(request),
        value("path", &file.path),
        value("bytes", file.size()),
        value("modified", String::from_utf8_lossy(&modified)),
    ];
    Step::new("file", Said::File, values)
}

fn conditional(profile: &Profile, request: &Request<'_>, file: &FileFacts, moment: &Moment, steps: &mut Vec<Step>) {
    let asked = Asked::of(profile, request);
    let selection = asked
        .range
        .as_deref()
        .map(|range| range::select(range, file.size(), &profile.range));
    let mut etag = Vec::new();
    let has_etag = write_etag(profile, file, moment.now_secs, &mut etag);
    let validators = Validators {
        etag: has_etag.then_some(etag.as_slice()),
        mtime_secs: file.id.mtime_secs,
        now_secs: moment.now_secs,
    };
    let conditional = asked.conditional(selection.as_ref());
    steps.extend(conditions::explain(&profile.conditions, &conditional, &validators));
    if let (Some(range), Some(selection)) = (&asked.range, selection) {
        steps.push(Step {
            holds: Some(matches!(selection, Selection::Single(_) | Selection::Several(_))),
            theirs: Some(characters(range)),
            ..range_step(&selection, file.size())
        });
    }
}

fn range_step(selection: &Selection, size: u64) -> Step {
    let mut values = vec![value("size", size)];
    let said = match selection {
        Selection::Whole => Said::RangeWhole,
        Selection::Single(range) => {
            values.extend([value("first", range.first), value("last", range.last)]);
            Said::RangeSingle
        }
        Selection::Several(ranges) => {
            values.push(value("count", ranges.len()));
            Said::RangeSeveral
        }
        Selection::Unsatisfiable => Said::RangeOutside,
    };
    Step::new("range", said, values)
}
