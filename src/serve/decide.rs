//! What a request is answered with: asks `respond` for it, and `files` for the facts that `respond` asks for.
//!
//! Reads nothing from the connection and writes nothing to it.

use super::exchange::Exchange;
use crate::files::{Cache, Found, Located};
use crate::http::Request;
use crate::http::field::Name;
use crate::profile::MethodRule;
use crate::respond::{self, Body, Reply, Route, Why};
use std::sync::atomic::Ordering;

impl Exchange<'_> {
    /// The reply to a request that is not refused.
    pub(super) fn decide(&self, request: &Request<'_>) -> Reply<'_> {
        let profile = self.profile();
        match respond::route(profile, request, self.site.root.names()) {
            Route::Answer(id) => Reply::plain(profile, id, request.method()).because(Why::Route),
            Route::Lookup(located) => {
                let found = self.find(request, &located);
                let named = matches!(profile.methods.rule(request.method()), MethodRule::Resolved(_))
                    .then(|| self.first_missing(&located));
                let reply = respond::file_reply(profile, request, found, named, &self.worker.moment());
                if matches!(reply.body, Body::Ranges(_)) {
                    self.worker.shared.multiparts.fetch_add(1, Ordering::Relaxed);
                }
                reply
            }
        }
    }

    /// The name in a path at which it leaves what exists, or its last one.
    fn first_missing<'l>(&self, located: &'l Located) -> &'l str {
        let cache = &mut *self.worker.cache.borrow_mut();
        let cache = cache.for_request(self.arrival);
        let is_directory = |path: &str, cache: &mut Cache| {
            let located = Located {
                path: path.to_owned(),
                trailing_slash: false,
                hidden_slash: false,
                form: Default::default(),
            };
            matches!(
                self.site.root.find(&located, self.profile(), &[], cache),
                Found::Directory
            )
        };
        let path = located.path.as_str();
        let ends = memchr::memchr_iter(b'/', path.as_bytes()).chain([path.len()]);
        let end = ends
            .map(|end| &path[..end])
            .find(|prefix| !is_directory(prefix, cache))
            .unwrap_or(path);
        end.rsplit('/').next().unwrap_or(end)
    }

    /// What lies at the path, in a coding that the client accepts.
    fn find(&self, request: &Request<'_>, located: &Located) -> Found {
        let accepted = if request.get(Name::AcceptEncoding).is_some() && !self.profile().files.precompressed.is_empty()
        {
            respond::accepted_codings(request, &self.profile().files.precompressed)
        } else {
            Vec::new()
        };
        let cache = &mut *self.worker.cache.borrow_mut();
        let cache = cache.for_request(self.arrival);
        self.site.root.find(located, self.profile(), &accepted, cache)
    }
}
