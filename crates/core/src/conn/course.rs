//! What happens to a request: it is answered, refused, dropped or skipped.

use super::body_plan::interim_at_once;
use super::persistence::is_last;
use super::{Opened, Purpose, Refusal};
use crate::close_reason::CloseReason;
use crate::http1::request::{BodyRules, Delimiter};
use crate::http1::{Fault, Framing, Request, ResponseId, Treatment};
use crate::path;
use crate::profile::{Profile, ReadBody};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Course {
    /// There is no request. This response is sent, and the connection closes for this reason.
    Unasked(ResponseId, CloseReason),
    /// It is answered and its body is read. The response is this one, or is decided later.
    Serve(Framing, Option<ResponseId>),
    /// It is answered with this response. Nothing after its head is read.
    Refuse(ResponseId),
    /// It is not answered. The connection closes for this reason, or continues with the next request.
    Silent(Option<CloseReason>),
    /// It is not answered and its body is not read. The connection closes.
    Drop,
}

impl Course {
    /// What happens to the request of `opened`.
    pub(super) fn of(opened: &Opened, request: &Request<'_>, profile: &Profile) -> Self {
        let refusal = match opened.purpose {
            Purpose::Request(refusal) => refusal,
            Purpose::Unasked(id, reason) => return Self::Unasked(id, reason),
        };
        let policy = &profile.head;
        if let Some(Refusal::Fault(fault)) = refusal
            && policy.faults.of(fault) == Treatment::Close
        {
            return Self::Drop;
        }
        let Some(refusal) = refusal.or_else(|| request.fault(policy).map(Refusal::Fault)) else {
            return Self::Serve(request.framing(&policy.body), None);
        };
        let refusal = before_expect(profile, request, refusal);
        let treatment = match refusal {
            Refusal::Fault(fault) => policy.faults.of(fault),
            Refusal::Response(id) => Treatment::Respond(id),
        };
        let body = length_after_refused_coding(profile, request, refusal);
        match treatment {
            Treatment::Respond(id) if body != Framing::None => Self::Serve(body, Some(id)),
            // This is the first fault in the order of checking, so the body's framing is valid.
            Treatment::Respond(id)
                if matches!(refusal, Refusal::Fault(fault) if fault.is_of_expect()) && reads_body(profile, id) =>
            {
                Self::Serve(request.framing(&policy.body), Some(id))
            }
            Treatment::Ignore if opened.head.len > 0 => {
                Self::Silent(is_last(request, &profile.connection).then_some(CloseReason::BadRequest))
            }
            Treatment::Respond(id) => Self::Refuse(id),
            _ => Self::Silent(Some(CloseReason::BadRequest)),
        }
    }

    /// The number of `100 Continue` responses to a request that is refused or ignored for a fault that the server notices
    /// only after it has sent them.
    pub(super) fn interim(self, opened: &Opened, request: &Request<'_>, profile: &Profile) -> u8 {
        let (Self::Refuse(_) | Self::Silent(_), Purpose::Request(refusal)) = (self, opened.purpose) else {
            return 0;
        };
        let fault = match refusal {
            Some(Refusal::Fault(fault)) => Some(fault),
            Some(Refusal::Response(_)) => None,
            None => request.fault(&profile.head),
        };
        match fault {
            Some(fault) if profile.request_body.continue_before_faults.contains(&fault) => {
                interim_at_once(profile, request)
            }
            _ => 0,
        }
    }
}

/// The refusal that applies: a server checks the authority of the target before Expect, so a fault there replaces one
/// of Expect.
fn before_expect(profile: &Profile, request: &Request<'_>, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Fault(fault) if fault.is_of_expect() => {
            path::bad_authority(request.target(), &profile.target).map_or(refusal, Refusal::Response)
        }
        _ => refusal,
    }
}

/// Whether the connection persists after a refusal, or stays open for a while, so that the body must be read.
fn reads_body(profile: &Profile, id: ResponseId) -> bool {
    let response = profile.responses.get(id);
    response.close == Some(false) || response.read_body == Some(ReadBody::First)
}

/// The body that is read after a request whose transfer coding is refused: the one that Content-Length announces, if
/// the profile reads bodies before it closes.
fn length_after_refused_coding(profile: &Profile, request: &Request<'_>, refusal: Refusal) -> Framing {
    let of_coding = matches!(
        refusal,
        Refusal::Fault(
            Fault::CodingNotChunked
                | Fault::CodingEmpty
                | Fault::CodingTwice
                | Fault::CodingUnknown
                | Fault::CodingOld
                | Fault::LengthAndCoding
        )
    );
    if of_coding && profile.request_body.before_end {
        request.framing(&BodyRules {
            delimiter: Delimiter::LengthOnly,
            ..profile.head.body
        })
    } else {
        Framing::None
    }
}
