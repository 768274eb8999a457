//! What a request is answered with: asks `decide` for it, and `files` for the facts that `decide` asks for.
//!
//! Reads nothing from the connection and writes nothing to it.

use super::exchange::Exchange;
use crate::files::{Lookup, Resource};
use labserve_core::decide::{self, Route};
use labserve_core::http1::Request;
use labserve_core::http1::field::Name;
use labserve_core::path::Located;
use labserve_core::profile::MethodRule;
use labserve_core::render::{Body, Decision, Reply};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A reply, and the open file that it is about.
#[derive(Debug)]
pub(super) struct Answer<'p> {
    pub(super) reply: Reply<'p>,
    pub(super) resource: Option<Arc<Resource>>,
}

impl<'p> From<Reply<'p>> for Answer<'p> {
    /// A reply that is about no file.
    fn from(reply: Reply<'p>) -> Answer<'p> {
        Answer { reply, resource: None }
    }
}

impl Exchange<'_> {
    /// What is answered to a request that is not refused.
    pub(super) fn decide(&self, request: &Request<'_>) -> Answer<'_> {
        let profile = self.profile();
        match decide::route(profile, request, self.site.root.names()) {
            Route::Respond(id) => Reply::plain(profile, id, request.method())
                .decided_by(Decision::Route)
                .into(),
            Route::Lookup(located) => {
                let Lookup { found, resource } = self.find(request, &located);
                let named = matches!(profile.methods.rule(request.method()), MethodRule::Resolved(_))
                    .then(|| self.first_missing(&located));
                let reply = decide::file_reply(profile, request, found, named, &self.worker.render_context());
                if matches!(reply.body, Body::Ranges(_)) {
                    self.worker.shared.multiparts.fetch_add(1, Ordering::Relaxed);
                }
                let resource = resource.filter(|_| reply.file.is_some());
                Answer { reply, resource }
            }
        }
    }

    /// The name in a path at which it leaves what exists, or its last one.
    fn first_missing<'l>(&self, located: &'l Located) -> &'l str {
        let cache = &mut *self.worker.cache.borrow_mut();
        let cache = cache.for_request(self.arrival);
        self.site.root.first_missing(located, self.profile(), cache)
    }

    /// What lies at the path, in a coding that the client accepts.
    fn find(&self, request: &Request<'_>, located: &Located) -> Lookup {
        let accepted = if request.get(Name::AcceptEncoding).is_some() && !self.profile().files.precompressed.is_empty()
        {
            decide::accepted_codings(request, &self.profile().files.precompressed)
        } else {
            Vec::new()
        };
        let cache = &mut *self.worker.cache.borrow_mut();
        let cache = cache.for_request(self.arrival);
        self.site.root.find(located, self.profile(), &accepted, cache)
    }
}
