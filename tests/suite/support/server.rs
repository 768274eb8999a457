//! The server under test: labserve's own binary in a process of its own, killed when dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// How long a start may take before the test gives up.
const START: Duration = Duration::from_secs(20);

/// labserve's program: the one that was built with the tests, or the one that `LABSERVE_PROGRAM` names.
/// tests/e2e/windows/windows.py names one that runs under Wine.
pub(crate) fn program() -> Command {
    Command::new(std::env::var_os(PROGRAM).unwrap_or_else(|| env!("CARGO_BIN_EXE_labserve").into()))
}

/// Whether the program is the one that was built with the tests.
pub(crate) fn is_built_here() -> bool {
    std::env::var_os(PROGRAM).is_none()
}

const PROGRAM: &str = "LABSERVE_PROGRAM";

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    /// Where its timeline is, and the token, if it has one.
    timeline: Option<(SocketAddr, String)>,
    process: Option<Child>,
}

impl Server {
    /// Starts labserve with a profile over a directory, on a free port of the loopback interface.
    ///
    /// With `LABSERVE_AGAINST="node=127.0.0.1:13000 nginx=127.0.0.1:18081"` the named profiles' tests talk to the
    /// servers at those addresses instead: the real ones, to see whether the recordings still tell the truth.
    pub(crate) fn start(profile: &str, root: &Path) -> Self {
        match elsewhere(profile) {
            Some(address) => Self {
                address,
                timeline: None,
                process: None,
            },
            None => Self::start_with(profile, root, &[]),
        }
    }

    /// Starts labserve with more arguments.
    pub(crate) fn start_with(profile: &str, root: &Path, arguments: &[&str]) -> Self {
        let with_timeline = arguments.contains(&"--timeline");
        let mut process = program()
            .args(["--profile", profile, "--bind", "127.0.0.1", "--port", "0", "--root"])
            .arg(root)
            .args(arguments)
            // Tests that have nothing to do with the timeline do not share its ports.
            .args((!with_timeline).then_some("--no-timeline"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the labserve binary should start");
        let said = listen(&mut process);
        let (mut all, mut address, mut timeline) = (String::new(), None, None);
        loop {
            match said.recv_timeout(START) {
                Ok(line) => {
                    match line.split_once("/?token=") {
                        Some((_, token)) => timeline = address_in(&line).map(|at| (at, token.trim().to_owned())),
                        None => address = address.or(address_in(&line)),
                    }
                    if let Some(address) = address.filter(|_| timeline.is_some() || !with_timeline) {
                        return Self {
                            address,
                            timeline,
                            process: Some(process),
                        };
                    }
                    all.push_str(&line);
                }
                Err(_) => {
                    let _ = process.kill();
                    panic!("labserve --profile {profile} named no address within {START:?}; it said:\n{all}");
                }
            }
        }
    }

    /// Where its timeline is, and the token.
    pub(crate) fn timeline(&self) -> (SocketAddr, &str) {
        let (address, token) = self.timeline.as_ref().expect("a timeline");
        (*address, token)
    }

    /// Whether this is labserve, and not a real server that it imitates.
    pub(crate) fn is_labserve(&self) -> bool {
        self.process.is_some()
    }

    /// Sends it a signal, such as `-HUP`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("labserve itself").id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    }

    /// Its exit code, once it has ended by itself; nothing if it runs on after `time`.
    #[cfg(unix)]
    pub(crate) fn exit_code(&mut self, time: Duration) -> Option<i32> {
        let process = self.process.as_mut().expect("labserve itself");
        let begun = std::time::Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = process.try_wait().expect("its state") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Reads stdout and stderr to their ends on threads of their own, so that a talkative server never blocks on a full
/// pipe, and passes on what is said until nobody wants it any more.
fn listen(process: &mut Child) -> Receiver<String> {
    let (said, lines) = mpsc::channel();
    let out: Option<Box<dyn Read + Send>> = process.stdout.take().map(|x| Box::new(x) as _);
    let err: Option<Box<dyn Read + Send>> = process.stderr.take().map(|x| Box::new(x) as _);
    for stream in [out, err].into_iter().flatten() {
        let said = said.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
                let _ = said.send(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
        });
    }
    lines
}

/// The address in a line that contains `http://127.0.0.1:PORT/`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(SocketAddr::from(([127, 0, 0, 1], digits.parse().ok()?)))
}

fn elsewhere(profile: &str) -> Option<SocketAddr> {
    let list = std::env::var("LABSERVE_AGAINST").ok()?;
    let (_, address) = list
        .split_whitespace()
        .filter_map(|item| item.split_once('='))
        .find(|(name, _)| *name == profile)?;
    Some(
        address
            .parse()
            .unwrap_or_else(|e| panic!("LABSERVE_AGAINST: {address:?} is no address: {e}")),
    )
}
