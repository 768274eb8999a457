//! What came behind a request before it is answered, for profiles in which that can take the reply away.

use super::Site;
use super::driver::Driver;
use super::end::End;
use labserve_core::close_reason::CloseReason;
use labserve_core::connection;
use labserve_core::decide::{self, Route};
use labserve_core::http1::pipeline::{self, Pipelined};
use labserve_core::http1::{Fault, Framing, Head, Request};
use labserve_core::profile::EofInHead;
use std::rc::Rc;

/// What stands behind a request that is about to be answered.
pub(super) enum Behind {
    /// Nothing that keeps it from being answered.
    Nothing,
    /// So many bytes into the input, a request that is answered in place of this one, and its fault if it has one.
    Instead(usize, Head, Option<Fault>),
    /// What ends the connection without a word, once the request has been answered.
    Ends,
    /// The client's FIN, which ends the connection.
    Fin(End),
}

impl Driver {
    /// Looks at what came behind a request before it is answered, for profiles in which that can take the reply away.
    pub(super) async fn look_ahead(&mut self, site: &Rc<Site>, head: &Head) -> Behind {
        let profile = &site.profile;
        let drops = profile.connection.client_fin.drops_request;
        if !drops && !profile.pipelined_fault_discards {
            self.take_turns().await;
            return Behind::Nothing;
        }
        let ended = self.client_has_ended(profile.connection.client_fin.drop_within).await;
        if ended {
            self.tell_client_fin();
        }
        let request = Request::new(&self.input, head);
        let nothing_behind = self.input.len() == head.len && request.framing(&profile.head.body) == Framing::None;
        if nothing_behind && !ended {
            return Behind::Nothing;
        }
        let is_last = |request: &Request<'_>| connection::is_last(request, &profile.connection);
        let look = || pipeline::look_ahead(&self.input, head, &profile.head, is_last);
        // What is answered without a look at a file has been answered before anything behind it was seen.
        if let Some(fault) = request.fault(&profile.head) {
            let looks = profile.pipelined_fault_discards && fault.is_of_expect();
            return match looks.then(look) {
                Some(Pipelined::Fault(..) | Pipelined::Connect(..)) => Behind::Ends,
                _ => Behind::Nothing,
            };
        }
        let waits_for_file = matches!(decide::route(profile, &request, site.root.names()), Route::Lookup(_));
        match look() {
            Pipelined::Fault(at, fault, head) if profile.pipelined_fault_discards => {
                Behind::Instead(at, head, Some(fault))
            }
            Pipelined::Connect(at, head) if profile.pipelined_fault_discards => Behind::Instead(at, head, None),
            _ if !(ended && drops && waits_for_file) => Behind::Nothing,
            Pipelined::Whole | Pipelined::Fault(..) | Pipelined::Connect(..) => {
                Behind::Fin(CloseReason::RequestDropped.into())
            }
            Pipelined::Partial => match profile.connection.client_fin.in_head {
                EofInHead::Respond(id) => Behind::Fin(Box::pin(self.say(site, id, CloseReason::ClientFinInHead)).await),
                _ => Behind::Fin(CloseReason::RequestDropped.into()),
            },
        }
    }
}
