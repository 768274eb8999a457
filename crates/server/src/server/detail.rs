//! What is told of a reply to whoever watches, and to nobody else.

use super::exchange::Exchange;
use crate::events::{Cuts, Detail};
use labserve_core::close_reason::CloseReason;
use labserve_core::decide::{self, Refused};
use labserve_core::http1::{Request, Scan, head};
use labserve_core::render::{Decision, Reply};

impl Exchange<'_> {
    /// The detail of a reply. `ending` is the reason for the connection to end that was known before it was rendered,
    /// `raw` the head as sent.
    pub(super) fn detail<'d>(
        &self,
        request: &Request<'_>,
        reply: &'d Reply<'_>,
        ending: Option<CloseReason>,
        raw: &'d [u8],
        cuts: &'d Cuts,
    ) -> Detail<'d> {
        let refused = match reply.decision {
            Decision::Unspecified => self.refused(request, ending),
            _ => None,
        };
        let context = self.worker.render_context();
        Detail {
            raw,
            cuts,
            file: reply.file.as_deref().map(|file| file.path.as_str()),
            why: decide::trace(self.profile(), request, reply, refused, &context),
        }
    }

    /// Why the request was refused: its first fault, or what ended the wait for it.
    fn refused(&self, request: &Request<'_>, ending: Option<CloseReason>) -> Option<Refused> {
        let policy = &self.profile().head;
        let of_ending = ending.map(Refused::Ending);
        if !matches!(ending, None | Some(CloseReason::BadRequest)) {
            return of_ending;
        }
        match head::scan(self.input, policy) {
            Scan::Refused(fault, _) => Some(Refused::Fault(fault)),
            _ => request.fault(policy).map(Refused::Fault).or(of_ending),
        }
    }
}
