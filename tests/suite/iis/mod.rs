//! The `iis` profile. IIS 10 could not be recorded, so each test here checks one fact from captures or documentation.

mod connections;
mod files;
mod heads;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::server::Server;
use crate::support::site::Site;

/// The modification time of the files in the capture of IIS: 2023-10-31 09:39:48.427 UTC.
const MODIFIED: Duration = Duration::from_millis(1_698_745_188_427);

const DATE: &str = "Date: now";
const JPEG: &str = "/static/head.jpg";

/// How long to wait for something that should not happen.
const A_WHILE: Duration = Duration::from_millis(700);

const SOON: Duration = Duration::from_secs(5);

/// Serves the demo site with the file time of the capture, and an empty directory.
fn start(profile: &str) -> (Site, Server) {
    let site = Site::demo();
    fs::create_dir(site.root().join("empty")).expect("a directory");
    for path in files_below(site.root()) {
        let file = File::options().write(true).open(path).expect("a file of the site");
        file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED)
            .expect("to set the file's time");
    }
    let server = Server::start(profile, site.root());
    (site, server)
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable directory").flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            path => vec![path],
        })
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
