//! Explains a response step by step.
//!
//! The trace calls the functions of the decision a second time. It is computed only while the events are watched, so
//! other requests do not pay for it.

use super::conditional_fields::ConditionalFields;
use super::conditions;
use super::message::{TraceMessage, value};
use super::step::{Step, characters, message_for};
use crate::close_reason::CloseReason;
use crate::facts::FileFacts;
use crate::http1::precondition::Validators;
use crate::http1::range::{self, Selection};
use crate::http1::text::printable;
use crate::http1::{Fault, Request, date, status};
use crate::locale::Lang;
use crate::profile::{MethodRule, Profile};
use crate::render::{Decision, RenderContext, Reply, write_etag};

/// Why a request was refused before its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The request has this fault.
    Fault(Fault),
    /// The connection closes for this reason.
    Ending(CloseReason),
}

/// The steps that led to `reply`, the last of which is its status.
///
/// `refused` is the reason for a reply whose decision is [`Decision::Unspecified`]. `context` must be the one that the
/// reply was decided with: preconditions were compared with its time.
pub fn trace(
    profile: &Profile,
    request: &Request<'_>,
    reply: &Reply<'_>,
    refused: Option<Refused>,
    context: &RenderContext,
) -> Vec<Step> {
    let mut steps = Vec::new();
    match (reply.decision, refused) {
        (Decision::Unspecified, Some(Refused::Fault(fault))) => steps.push(Step::new(
            "fault",
            TraceMessage::Fault,
            [value("meaning", fault.text(Lang::En)), value("fault", fault)],
        )),
        (Decision::Unspecified, Some(Refused::Ending(reason))) => steps.push(Step::new(
            "refused",
            TraceMessage::Refused,
            [value("words", reason.words()), value("reason", reason.key())],
        )),
        (Decision::Unspecified, None) => {}
        (Decision::Route, _) => steps.push(route(profile, request)),
        (Decision::Found(kind), _) => {
            steps.push(method(profile, request));
            steps.push(Step::new("path", message_for(kind), [target(request)]));
        }
        (Decision::Conditions, _) => {
            steps.push(method(profile, request));
            if let Some(facts) = reply.file.as_deref() {
                steps.push(file(request, facts));
                steps.extend(conditional(profile, request, facts, context));
            }
        }
    }
    let status = reply.response.status;
    let values = [value("status", status), value("phrase", status::reason(status))];
    steps.push(Step::new("status", TraceMessage::Status, values));
    steps
}

fn target(request: &Request<'_>) -> (&'static str, String) {
    value("target", printable(request.target()))
}

fn method(profile: &Profile, request: &Request<'_>) -> Step {
    let message = match profile.methods.rule(request.method()) {
        MethodRule::Serve => TraceMessage::Served,
        MethodRule::Respond(_) | MethodRule::Always(_) => TraceMessage::Answered,
        MethodRule::Resolved(_) => TraceMessage::Resolved,
        MethodRule::Found(_) => TraceMessage::FoundFirst,
    };
    Step::new("method", message, [value("method", printable(request.method()))])
}

fn route(profile: &Profile, request: &Request<'_>) -> Step {
    match profile.methods.rule(request.method()) {
        MethodRule::Respond(_) | MethodRule::Always(_) => method(profile, request),
        _ => Step::new("target", TraceMessage::Routed, [target(request)]),
    }
}

fn file(request: &Request<'_>, file: &FileFacts) -> Step {
    let modified = date::text(file.id.mtime_secs);
    let values = [
        target(request),
        value("path", printable(&file.path)),
        value("bytes", file.size()),
        value("modified", String::from_utf8_lossy(&modified)),
    ];
    Step::new("file", TraceMessage::File, values)
}

fn conditional(profile: &Profile, request: &Request<'_>, file: &FileFacts, context: &RenderContext) -> Vec<Step> {
    let fields = ConditionalFields::of(profile, request);
    let selection = fields
        .range
        .as_deref()
        .map(|range| range::select(range, file.size(), &profile.range));
    let mut etag = Vec::new();
    let has_etag = write_etag(profile, file, context.now_secs, &mut etag);
    let validators = Validators {
        etag: has_etag.then_some(etag.as_slice()),
        mtime_secs: profile.files.mtime.compared(file.id.modified(), context.now_secs),
        now_secs: context.now_secs,
    };
    let conditional = fields.conditional(selection.as_ref());
    let mut steps = conditions::trace(&profile.conditions, &conditional, &validators);
    if let (Some(range), Some(selection)) = (&fields.range, selection) {
        steps.push(Step {
            holds: Some(matches!(selection, Selection::Single(_) | Selection::Several(_))),
            theirs: Some(characters(range)),
            ..range_step(&selection, file.size())
        });
    }
    steps
}

fn range_step(selection: &Selection, size: u64) -> Step {
    let mut values = vec![value("size", size)];
    let message = match selection {
        Selection::Whole => TraceMessage::RangeWhole,
        Selection::Single(range) => {
            values.extend([value("first", range.first), value("last", range.last)]);
            TraceMessage::RangeSingle
        }
        Selection::Several(ranges) => {
            values.push(value("count", ranges.len()));
            TraceMessage::RangeSeveral
        }
        Selection::Unsatisfiable => TraceMessage::RangeOutside,
        Selection::Respond(_) => TraceMessage::RangeRefused,
    };
    Step::new("range", message, values)
}
