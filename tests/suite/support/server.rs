//! The server under test: labserve's own binary in a separate process, killed when dropped.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// How long a start may take before the test gives up.
const START: Duration = Duration::from_secs(20);

/// The program under test: the one built with the tests, or the one in `LABSERVE_PROGRAM`. tests/e2e/windows/windows.py
/// sets it to one that runs under Wine. It speaks English, regardless of the locale of the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(std::env::var_os(PROGRAM).unwrap_or_else(|| env!("CARGO_BIN_EXE_labserve").into()));
    if is_built_here() {
        command.env("LC_ALL", "C");
    }
    command
}

/// Whether the program under test is the one that was built with the tests.
pub(crate) fn is_built_here() -> bool {
    std::env::var_os(PROGRAM).is_none()
}

const PROGRAM: &str = "LABSERVE_PROGRAM";

/// A command of util-linux that runs another program as root without the right to read every file.
#[cfg(target_os = "linux")]
const BOUND: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

/// Whether a program can be run without that right, which only root can do.
#[cfg(target_os = "linux")]
pub(crate) fn can_bind_root() -> bool {
    let tried = Command::new(BOUND[0])
        .args([BOUND[1], "true"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    /// The address and token of its timeline, if it has one.
    timeline: Option<(SocketAddr, String)>,
    process: Option<Child>,
}

impl Server {
    /// Starts labserve with a profile and a root directory, on a free loopback port.
    ///
    /// With `LABSERVE_AGAINST="node=127.0.0.1:13000 nginx=127.0.0.1:18081"` the tests of these profiles use the servers at
    /// those addresses instead. With real servers there, that shows whether the recordings are still correct.
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

    /// Starts labserve as a user to whom file permissions apply: if the test runs as root, it takes away the right to
    /// read every file, if possible.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_bound(profile: &str, root: &Path) -> Self {
        if !can_bind_root() {
            return Self::start(profile, root);
        }
        let mut bound = Command::new(BOUND[0]);
        bound.arg(BOUND[1]).arg(program().get_program());
        Self::run(bound, profile, root, &[])
    }

    /// Starts labserve with additional arguments.
    pub(crate) fn start_with(profile: &str, root: &Path, arguments: &[&str]) -> Self {
        Self::run(program(), profile, root, arguments)
    }

    fn run(mut program: Command, profile: &str, root: &Path, arguments: &[&str]) -> Self {
        let with_timeline = arguments.contains(&"--timeline");
        let mut process = program
            .args(["--profile", profile, "--bind", "127.0.0.1", "--port", "0", "--root"])
            .arg(root)
            .args(arguments)
            // Other tests must not occupy the timeline's default ports.
            .args((!with_timeline).then_some("--no-timeline"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the labserve binary should start");
        let lines = listen(&mut process);
        let (mut all, mut address, mut timeline) = (String::new(), None, None);
        loop {
            match lines.recv_timeout(START) {
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
                    panic!("labserve --profile {profile} named no address within {START:?}; its output:\n{all}");
                }
            }
        }
    }

    /// The address and token of its timeline.
    pub(crate) fn timeline(&self) -> (SocketAddr, &str) {
        let (address, token) = self.timeline.as_ref().expect("a timeline");
        (*address, token)
    }

    /// Whether this is labserve rather than a real server.
    pub(crate) fn is_labserve(&self) -> bool {
        self.process.is_some()
    }

    /// Sends the process a signal, such as `-HUP`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("labserve itself").id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    }

    /// Waits for the process to exit and returns its code; `None` if it is still running after `time`.
    #[cfg(unix)]
    pub(crate) fn exit_code(&mut self, time: Duration) -> Option<i32> {
        let process = self.process.as_mut().expect("labserve itself");
        let begun = std::time::Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = process.try_wait().expect("its state") {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
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

/// Forwards the lines of stdout and stderr. Both are read to their ends on separate threads, so that the server never blocks
/// on a full pipe.
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
            .unwrap_or_else(|e| panic!("LABSERVE_AGAINST: {address:?} is not an address: {e}")),
    )
}
