//! A decision's own trace: says of a reply, step by step, how it came about.
//!
//! It asks the same functions that decided, a second time and only when somebody looks.

use super::asked::Asked;
use super::precondition::{self, Validators};
use super::why::{Step, Why, characters};
use super::{Moment, Reply, values};
use crate::connection::CloseReason;
use crate::events::printable;
use crate::files::Resource;
use crate::http::range::{self, Selection};
use crate::http::{Fault, Request, date, status};
use crate::profile::{MethodRule, Profile};

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
            format!("the request is refused: {} ({fault})", fault.meaning()),
        )),
        (Why::Unsaid, Some(Refused::Ending(reason))) => steps.push(Step::new("refused", reason.words().to_owned())),
        (Why::Unsaid, None) => {}
        (Why::Route, _) => steps.push(route(profile, request)),
        (Why::Found(lay), _) => {
            steps.push(method(profile, request));
            let text = format!("{} {}", printable(request.target()), lay.words());
            steps.push(Step::new("path", text));
        }
        (Why::Conditions, _) => {
            steps.push(method(profile, request));
            if let Some(resource) = reply.resource.as_deref() {
                steps.push(file(request, resource));
                conditions(profile, request, resource, moment, &mut steps);
            }
        }
    }
    let status = reply.response.status;
    steps.push(Step::new("status", format!("{status} {}", status::reason(status))));
    steps
}

fn method(profile: &Profile, request: &Request<'_>) -> Step {
    let name = printable(request.method());
    let text = match profile.methods.rule(request.method()) {
        MethodRule::Serve => format!("{name} is served"),
        MethodRule::Answer(_) => format!("{name} has a response of its own, whatever the target"),
        MethodRule::Resolved(_) => format!("{name} has a response of its own, once the path is known"),
        MethodRule::Found(_) => format!("{name} has a response of its own where there is a file"),
    };
    Step::new("method", text)
}

fn route(profile: &Profile, request: &Request<'_>) -> Step {
    match profile.methods.rule(request.method()) {
        MethodRule::Answer(_) => method(profile, request),
        _ => Step::new(
            "target",
            format!(
                "the target {} is answered before any file is looked for",
                printable(request.target())
            ),
        ),
    }
}

fn file(request: &Request<'_>, resource: &Resource) -> Step {
    let modified = date::text(resource.id.mtime_secs);
    let text = format!(
        "{} is the file {}: {} bytes, modified {}",
        printable(request.target()),
        resource.path,
        resource.size(),
        String::from_utf8_lossy(&modified)
    );
    Step::new("file", text)
}

fn conditions(profile: &Profile, request: &Request<'_>, resource: &Resource, moment: &Moment, steps: &mut Vec<Step>) {
    let asked = Asked::of(profile, request);
    let selection = asked
        .range
        .as_deref()
        .map(|range| range::select(range, resource.size(), &profile.range));
    let mut etag = Vec::new();
    let has_etag = values::write_etag(profile, resource, moment.now_secs, &mut etag);
    let validators = Validators {
        etag: has_etag.then_some(etag.as_slice()),
        mtime_secs: resource.id.mtime_secs,
        now_secs: moment.now_secs,
    };
    let conditional = asked.conditional(selection.as_ref());
    steps.extend(precondition::explain(&profile.conditions, &conditional, &validators));
    if let (Some(range), Some(selection)) = (&asked.range, selection) {
        steps.push(Step {
            holds: Some(matches!(selection, Selection::Single(_) | Selection::Several(_))),
            theirs: Some(characters(range)),
            ..Step::new("range", range_text(&selection, resource.size()))
        });
    }
}

fn range_text(selection: &Selection, size: u64) -> String {
    match selection {
        Selection::Whole => "Range does not count: the whole file".to_owned(),
        Selection::Single(range) => format!("Range asks for bytes {} to {} of {size}", range.first, range.last),
        Selection::Several(ranges) => format!("Range asks for {} ranges of {size} bytes", ranges.len()),
        Selection::Unsatisfiable => format!("Range lies outside the file's {size} bytes"),
    }
}
