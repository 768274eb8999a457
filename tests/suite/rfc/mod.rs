//! The `rfc` profile, tested against the text of RFC 9110 and RFC 9112 over the wire. The other profiles are described
//! by how they differ from it, so it must be right.

mod conditions;
mod connections;
mod messages;
mod ranges;

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::talk::Reply;

/// The file that most cases use. It was modified on Tue, 14 Nov 2023 22:13:20 GMT plus half a second.
const FILE: &str = "/f.txt";

const CONTENT: &str = "0123456789";
const MODIFIED: u64 = 1_700_000_000;
const LAST_MODIFIED: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const EARLIER: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
const LATER: &str = "Tue, 14 Nov 2023 22:13:21 GMT";
const A_WHILE: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(5);

/// Serves a small site: a file of ten bytes with a known time, a directory with an index, one without, and hidden names.
fn start() -> (Site, Server) {
    let site = Site::demo();
    for directory in ["sub", "empty", ".well-known"] {
        fs::create_dir(site.root().join(directory)).expect("a directory");
    }
    for (name, content) in [
        ("f.txt", CONTENT),
        ("sub/index.html", "<p>sub"),
        (".hidden", "hidden"),
        (".well-known/security.txt", "Contact: x"),
    ] {
        fs::write(site.root().join(name), content).expect("a file");
    }
    let file = File::options()
        .write(true)
        .open(site.root().join("f.txt"))
        .expect("the file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(MODIFIED, 500_000_000))
        .expect("to set the file's time");
    let server = Server::start("rfc", site.root());
    (site, server)
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}
