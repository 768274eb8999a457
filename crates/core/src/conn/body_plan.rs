//! The order of interim responses, request body and response, as a pure function.

use super::ends_by_both;
use crate::close_reason::CloseReason;
use crate::http1::{Framing, Request, ResponseId};
use crate::profile::{Continue, Profile, ReadBody};
use crate::render::Reply;

/// The steps around a response. The order of the fields is the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyPlan {
    /// The response that replaces the decided one, because the body is longer than the profile allows.
    pub instead: Option<ResponseId>,
    /// The number of `100 Continue` responses (RFC 9110 section 15.2.1).
    pub interim: u8,
    /// What is done with the body before the response.
    pub before: BeforeReply,
    /// Why the connection closes with the response, if that is known before the response is rendered.
    pub ending: Option<CloseReason>,
    /// What is done with the body after the response.
    pub after: AfterReply,
}

/// What is done with a request body before the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeReply {
    /// Nothing.
    Nothing,
    /// The part that has arrived is checked. Invalid framing closes the connection.
    Peek,
    /// It is read completely.
    Read,
}

/// What is done with a request body after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReply {
    /// Nothing; there is no body, or it was read.
    Nothing,
    /// It is not read, and the connection closes.
    LeaveUnread,
    /// It is read completely, if the connection still needs that.
    Read,
}

impl BodyPlan {
    /// The plan for a response without any other step.
    pub(super) fn reply_only(ending: Option<CloseReason>) -> Self {
        Self {
            instead: None,
            interim: 0,
            before: BeforeReply::Nothing,
            ending,
            after: AfterReply::Nothing,
        }
    }
}

/// The plan for a request with this body framing and the decided response. `refused`: the response refuses the request.
///
/// `closes`: the connection does not persist after the response.
///
/// It follows RFC 9110 section 10.1.1 (Expect) and RFC 9112 section 9.3 (a body that is not read completely costs the
/// connection), as far as the profile does.
pub fn body_plan(
    profile: &Profile,
    request: &Request<'_>,
    framing: Framing,
    reply: &Reply<'_>,
    refused: bool,
    closes: bool,
) -> BodyPlan {
    let response = reply.response;
    let when = if ends_by_both(profile, request) {
        ReadBody::Off
    } else {
        match response.read_body.unwrap_or(profile.request_body.read) {
            ReadBody::FirstIfKept if closes => ReadBody::After,
            ReadBody::FirstIfKept => ReadBody::First,
            when => when,
        }
    };
    let refusal = refused.then_some(CloseReason::BadRequest);
    if framing != Framing::None {
        if let Some(id) = over_limit(profile, framing)
            && when != ReadBody::Off
            && !refused
        {
            return BodyPlan {
                instead: Some(id),
                after: AfterReply::Read,
                ..BodyPlan::reply_only(Some(CloseReason::BadRequest))
            };
        }
        if request.expects_continue(&profile.head.body) && !response.send_continue {
            return BodyPlan {
                after: AfterReply::LeaveUnread,
                ..BodyPlan::reply_only(Some(CloseReason::ContinueUnsent))
            };
        }
    }
    let interim = if refused {
        0
    } else {
        interim_responses(profile, request, reply, when)
    };
    let plan = BodyPlan {
        interim,
        ..BodyPlan::reply_only(refusal)
    };
    match (framing, when) {
        (Framing::None, _) => plan,
        (_, ReadBody::Off) => BodyPlan {
            ending: None,
            after: AfterReply::LeaveUnread,
            ..plan
        },
        (_, ReadBody::First | ReadBody::FirstIfKept) => BodyPlan {
            before: BeforeReply::Read,
            ..plan
        },
        (_, ReadBody::After) => BodyPlan {
            before: if profile.request_body.look_first {
                BeforeReply::Peek
            } else {
                BeforeReply::Nothing
            },
            ending: None,
            after: AfterReply::Read,
            ..plan
        },
    }
}

/// The response to a body that is longer than the profile allows.
fn over_limit(profile: &Profile, framing: Framing) -> Option<ResponseId> {
    match (framing, profile.request_body.limit) {
        (Framing::Length(length), Some((limit, id))) if length > limit => Some(id),
        _ => None,
    }
}

/// The number of `100 Continue` responses before the response, for a body that is read at the time `when`.
fn interim_responses(profile: &Profile, request: &Request<'_>, reply: &Reply<'_>, when: ReadBody) -> u8 {
    match profile.request_body.send_continue {
        Continue::AtOnce => interim_at_once(profile, request),
        Continue::WhenRead if when == ReadBody::First => interim_asked_for(profile, request),
        Continue::WithFile if reply.file.is_some() => interim_asked_for(profile, request),
        Continue::WhenRead | Continue::WithFile | Continue::Off => 0,
    }
}

/// The number of `100 Continue` responses to send as soon as the head is complete, whatever the final response is.
pub(super) fn interim_at_once(profile: &Profile, request: &Request<'_>) -> u8 {
    match profile.request_body.send_continue {
        Continue::AtOnce => interim_asked_for(profile, request),
        Continue::WhenRead | Continue::WithFile | Continue::Off => 0,
    }
}

/// The number of `100 Continue` responses to a client that asks for one.
fn interim_asked_for(profile: &Profile, request: &Request<'_>) -> u8 {
    let (policy, rules) = (&profile.request_body, &profile.head.body);
    match request.may_continue(rules) {
        _ if !request.asks_to_continue(rules) => 0,
        _ if !policy.continue_without_body && request.framing(rules) == Framing::None => 0,
        true if request.has_padded_expect() => policy.continue_times_padded,
        true => policy.continue_times,
        false => policy.continue_times_old,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conn::is_last;
    use crate::http1::{Scan, head};
    use crate::profile::layers::{BuiltIns, Layer, Stack};

    const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n";
    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n";

    /// The steps under a profile with these keys, in order: `continue`, `peek`, `read`, `reply`, `read after`, `leave`.
    fn plan(profile: &str, keys: &[&str], head: &str, refused: bool) -> String {
        let mut stack = Stack::load(profile, &BuiltIns).expect("a built-in profile");
        for key in keys {
            stack = stack.over(Layer::from_assignment(key).expect("a key"));
        }
        let profile = stack.build().expect("a profile");
        let text = format!("{head}\r\n");
        let Scan::Complete(head) = head::scan(text.as_bytes(), &profile.head) else {
            panic!("{text}")
        };
        let request = Request::new(text.as_bytes(), &head);
        let framing = request.framing(&profile.head.body);
        let closes = is_last(&request, &profile.connection);
        let reply = Reply::plain(&profile, profile.responses.ok(), request.method());
        let plan = body_plan(&profile, &request, framing, &reply, refused, closes);
        let mut steps = vec!["continue".to_owned(); usize::from(plan.interim)];
        match plan.before {
            BeforeReply::Nothing => {}
            BeforeReply::Peek => steps.push("peek".to_owned()),
            BeforeReply::Read => steps.push("read".to_owned()),
        }
        steps.push(match (plan.instead, plan.ending) {
            (Some(id), _) => profile.responses.get(id).status.to_string(),
            (None, Some(reason)) => format!("reply ({})", reason.key()),
            (None, None) => "reply".to_owned(),
        });
        match plan.after {
            AfterReply::Nothing => {}
            AfterReply::LeaveUnread => steps.push("leave".to_owned()),
            AfterReply::Read => steps.push("read after".to_owned()),
        }
        steps.join(", ")
    }

    #[test]
    fn the_order_around_a_response() {
        let expects = format!("{POST}Expect: 100-continue\r\n");
        let padded = format!("{POST}Expect: 100-continue \r\n");
        let last = format!("{POST}Connection: close\r\n");
        let first_if_kept = "request_body.read=\"first-if-kept\"";
        let twice = "request_body.expect.times=2";
        let never = "request_body.read=\"off\"";
        let first = "request_body.read=\"first\"";
        let after = "request_body.read=\"after\"";
        let at_once = "request_body.expect.send_continue=\"at-once\"";
        let when_read = "request_body.expect.send_continue=\"when-read\"";
        for (keys, head, refused, want) in [
            (&[after][..], GET, false, "reply"),
            (&[after], GET, true, "reply (bad_request)"),
            (&[after], POST, false, "reply, read after"),
            (&[after], POST, true, "reply, read after"),
            (&[first], POST, false, "read, reply"),
            (&[first], POST, true, "read, reply (bad_request)"),
            (&[first_if_kept], POST, false, "read, reply"),
            (&[first_if_kept], last.as_str(), false, "reply, read after"),
            (&[never], POST, false, "reply, leave"),
            (
                &[after, "request_body.check_arrived=true"],
                POST,
                false,
                "peek, reply, read after",
            ),
            (&[first, at_once], expects.as_str(), false, "continue, read, reply"),
            (&[first, when_read], expects.as_str(), false, "continue, read, reply"),
            (&[after, when_read], expects.as_str(), false, "reply, read after"),
            (&[after, at_once], expects.as_str(), true, "reply, read after"),
            (
                &[first, at_once, twice],
                expects.as_str(),
                false,
                "continue, continue, read, reply",
            ),
            (
                &[first, at_once, twice],
                padded.as_str(),
                false,
                "continue, continue, read, reply",
            ),
            (
                &[first, at_once, twice, "request_body.expect.times_padded=1"],
                padded.as_str(),
                false,
                "continue, read, reply",
            ),
        ] {
            assert_eq!(plan("rfc", keys, head, refused), want, "{keys:?} {head}");
        }
    }
}
