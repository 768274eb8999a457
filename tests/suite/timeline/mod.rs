//! The timeline's API: what it reports, what it changes, and what it refuses.

mod access;
mod captures;
mod changes;
mod rules;
mod signs;
mod state;
mod stream;

use serde_json::Value;

use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::timeline::Timeline;

/// A server with its timeline.
struct Watched {
    server: Server,
    timeline: Timeline,
    _site: Site,
}

/// Starts a server of `profile` with a timeline on a free port.
fn watched(profile: &str, arguments: &[&str]) -> Watched {
    let site = Site::demo();
    let arguments = [&["--timeline", "127.0.0.1:0"], arguments].concat();
    let server = Server::start_with(profile, site.root(), &arguments);
    Watched {
        timeline: Timeline::of(&server),
        server,
        _site: site,
    }
}

/// Matches events of this name.
fn is(name: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == name
}
