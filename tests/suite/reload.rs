//! Reloading the configuration while connections are open, by signal and by command.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::support::server::{Server, program};
use super::support::site::Site;
use super::support::talk::Talk;

/// A server with a configuration file that can be changed.
struct Configured {
    server: Server,
    file: PathBuf,
    _site: Site,
    _directory: tempfile::TempDir,
}

impl Configured {
    fn start(toml: &str) -> Self {
        let site = Site::demo();
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("server.toml");
        std::fs::write(&file, toml).expect("a configuration");
        let server = Server::start_with("node", site.root(), &["--config", path(&file)]);
        Self {
            server,
            file,
            _site: site,
            _directory: directory,
        }
    }

    fn write(&self, toml: &str) {
        std::fs::write(&self.file, toml).expect("a configuration");
    }

    /// Runs `labserve reload` and returns its exit code and output.
    fn reload(&self) -> (Option<i32>, String) {
        let port = self.server.address().port().to_string();
        let done = program()
            .args(["reload", "--port", &port])
            .output()
            .expect("labserve reload should run");
        let said = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8_lossy(&said).into_owned())
    }
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

fn announcing(seconds: u32) -> String {
    format!("[override.connection]\nfields.keep = [\"Connection: keep-alive\", \"Keep-Alive: timeout={seconds}\"]\n")
}

#[test]
fn a_reload_applies_to_the_next_request_of_an_open_connection() {
    let lab = Configured::start(&announcing(5));
    let mut talk = Talk::to(&lab.server);
    assert_eq!(talk.ask("GET", "/", "").field("Keep-Alive"), Some("timeout=5"));

    lab.write(&announcing(7));
    let (code, said) = lab.reload();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("reloaded: "), "{said}");
    assert_eq!(talk.ask("GET", "/", "").field("Keep-Alive"), Some("timeout=7"));

    lab.write(&announcing(9));
    lab.server.signal("-HUP");
    let begun = Instant::now();
    while talk.ask("GET", "/", "").field("Keep-Alive") != Some("timeout=9") {
        assert!(begun.elapsed() < Duration::from_secs(10), "SIGHUP changes nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_mistake_is_reported_and_changes_nothing() {
    let lab = Configured::start(&announcing(5));
    let mut talk = Talk::to(&lab.server);
    lab.write("[override.connection]\npersistant = false\n");
    let (code, said) = lab.reload();
    assert_eq!(code, Some(2));
    assert!(said.contains("persistant") && said.contains("server.toml"), "{said}");
    assert_eq!(talk.ask("GET", "/", "").field("Keep-Alive"), Some("timeout=5"));
}

#[test]
fn settings_that_need_a_restart_are_named() {
    let lab = Configured::start("");
    lab.write("port = 9\nworkers = 7\n");
    let (code, said) = lab.reload();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("workers will take effect at the next start"), "{said}");
}
