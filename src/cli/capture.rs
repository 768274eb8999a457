//! `--capture`: runs Wireshark's dumpcap on the loopback interface while the servers serve.
//!
//! This module knows how to start and stop dumpcap, what it prints when it has no permission to capture, and how many
//! packets its file holds.

use super::{Mistake, VERSION};
use labserve_capture::{Filter, Options};
use labserve_core::http1::text::printable;
use labserve_server::text_file::shown;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The name of the loopback interface for dumpcap.
const LOOPBACK: &str = if cfg!(windows) {
    r"\Device\NPF_Loopback"
} else if cfg!(target_os = "linux") {
    "lo"
} else {
    "lo0"
};

/// How long dumpcap continues after the server has stopped, to capture the last frames.
const LAST_FRAMES: Duration = Duration::from_millis(500);

/// A running dumpcap. It is stopped on drop.
#[derive(Debug)]
pub(super) struct Capturing {
    dumpcap: Child,
    file: PathBuf,
}

impl Capturing {
    /// Starts dumpcap for the ports of these servers, and waits until it captures. The comment of the file contains
    /// their names.
    pub(super) fn start(file: &Path, servers: &[(&str, SocketAddr)]) -> Result<Self, Mistake> {
        let installed = usual_places(|name| std::env::var_os(name).map(PathBuf::from));
        let dumpcap = installed.into_iter().find(|place| place.is_file());
        let filter = filter(servers);
        let mut command = Command::new(dumpcap.unwrap_or_else(|| "dumpcap".into()));
        command
            .args(["-q", "-i", LOOPBACK, "-f", &filter])
            .args(["--capture-comment", &comment(servers), "-w"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // Ctrl-C is for the server only. dumpcap must capture how the server stops.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, labserve_server::sys::NEW_PROCESS_GROUP);
        let mut dumpcap = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Mistake(format!(
                "cannot capture: dumpcap is not installed; install Wireshark{}, or {}",
                if cfg!(target_os = "linux") {
                    " (Debian: apt install wireshark-common)"
                } else {
                    ""
                },
                by_hand(&filter)
            )),
            _ => Mistake(format!("cannot capture: dumpcap cannot be started: {error}")),
        })?;
        match said_before_capturing(&mut dumpcap) {
            None => {
                tracing::info!("capturing {} on {LOOPBACK} into {}", ports(servers), shown(file));
                let file = file.to_owned();
                Ok(Self { dumpcap, file })
            }
            Some(said) => Err(Mistake(refused(&said, &filter))),
        }
    }

    /// Stops dumpcap, which writes its buffer before it exits.
    fn stop(&mut self) {
        std::thread::sleep(LAST_FRAMES);
        #[cfg(unix)]
        {
            let stopped = i32::try_from(self.dumpcap.id())
                .ok()
                .and_then(rustix::process::Pid::from_raw)
                .map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::INT));
            if matches!(stopped, Some(Ok(()))) {
                let _ = self.dumpcap.wait();
                return;
            }
        }
        #[cfg(windows)]
        if labserve_server::sys::press_break(&self.dumpcap) {
            // Waits for it to exit, unless it does not react.
            for _ in 0..100 {
                if matches!(self.dumpcap.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.dumpcap.kill();
        let _ = self.dumpcap.wait();
    }
}

/// The ports of servers, each once.
fn distinct_ports(servers: &[(&str, SocketAddr)]) -> Vec<u16> {
    let mut ports: Vec<u16> = servers.iter().map(|(_, address)| address.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The capture filter for the ports of servers.
fn filter(servers: &[(&str, SocketAddr)]) -> String {
    let ports = distinct_ports(servers);
    let ports: Vec<String> = ports.iter().map(|port| format!("tcp port {port}")).collect();
    ports.join(" or ")
}

/// The ports of servers, as text for people.
fn ports(servers: &[(&str, SocketAddr)]) -> String {
    let ports: Vec<String> = distinct_ports(servers).iter().map(u16::to_string).collect();
    match ports.as_slice() {
        [one] => format!("port {one}"),
        all => format!("ports {}", all.join(", ")),
    }
}

/// The comment of the file: which server answered on which address.
fn comment(servers: &[(&str, SocketAddr)]) -> String {
    let servers: Vec<String> = servers
        .iter()
        .map(|(name, address)| format!("{} on {address}", printable(name.as_bytes())))
        .collect();
    format!("labserve {VERSION}: {}", servers.join(", "))
}

/// The largest file whose packets are counted, in bytes. It takes about a second.
const LARGEST_COUNTED: u64 = 1 << 28;

/// How many packets the file of a capture holds; `None` if it is too large to count them, or cannot be read.
fn packets(file: &Path) -> Option<u64> {
    let file = File::open(file).ok()?;
    if file.metadata().ok()?.len() > LARGEST_COUNTED {
        return None;
    }
    let options = Options {
        // Only the number of frames is needed.
        filter: Filter {
            streams: vec![u32::MAX],
            ..Filter::default()
        },
        ..Options::default()
    };
    let capture = labserve_capture::explain(BufReader::new(file), &options, &[]);
    capture.ok().map(|capture| capture.file.frames)
}

/// Where Wireshark's installers put dumpcap: on Windows below the directories in these variables, on macOS inside the
/// application. They do not add it to the PATH.
fn usual_places(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let windows = ["ProgramFiles", "ProgramW6432"].into_iter().filter_map(variable);
    let windows = windows.map(|programs| programs.join("Wireshark").join("dumpcap.exe"));
    let macos = PathBuf::from("/Applications/Wireshark.app/Contents/MacOS/dumpcap");
    windows.chain([macos]).collect()
}

/// The output of dumpcap if it failed; `None` once it is capturing.
fn said_before_capturing(dumpcap: &mut Child) -> Option<String> {
    let mut said = Vec::new();
    let stderr = dumpcap.stderr.take()?;
    let mut lines = BufReader::new(stderr).lines();
    for line in lines.by_ref().map_while(Result::ok) {
        if line.starts_with("File:") {
            // The pipe must be read to its end, or dumpcap would block.
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return None;
        }
        said.push(line);
    }
    let _ = dumpcap.wait();
    Some(said.join(" "))
}

/// One line that says why dumpcap does not capture, and what to do about it. `said` is its output.
fn refused(said: &str, filter: &str) -> String {
    let said: Vec<&str> = said.split_whitespace().collect();
    let said = said.join(" ");
    if said.to_ascii_lowercase().contains("permission") {
        let allow = match (cfg!(target_os = "linux"), cfg!(windows)) {
            (true, _) => {
                "run `sudo dpkg-reconfigure wireshark-common`, `sudo adduser $USER wireshark`, and log in again"
            }
            (_, true) => "reinstall Npcap without its restriction to administrators",
            _ => "install ChmodBPF, which comes with Wireshark",
        };
        return format!(
            "cannot capture: this user has no permission to capture; {allow}, or {}",
            by_hand(filter)
        );
    }
    format!("cannot capture: dumpcap reports: {said}; {}", by_hand(filter))
}

fn by_hand(filter: &str) -> String {
    format!("capture by hand: start Wireshark on the loopback interface with the capture filter `{filter}`")
}

impl Drop for Capturing {
    fn drop(&mut self) {
        self.stop();
        let file = shown(&self.file);
        match packets(&self.file) {
            Some(1) => tracing::info!("wrote {file}, 1 packet; now: labserve explain {file}"),
            Some(packets) => tracing::info!("wrote {file}, {packets} packets; now: labserve explain {file}"),
            None => tracing::info!("wrote {file}; now: labserve explain {file}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumpcap_is_looked_for_where_installers_put_it() {
        let places = usual_places(|name| (name == "ProgramFiles").then(|| PathBuf::from("programs")));
        let windows = Path::new("programs").join("Wireshark").join("dumpcap.exe");
        assert_eq!(places.first(), Some(&windows));
        assert_eq!(places.len(), 2);
    }

    #[test]
    fn all_ports_are_captured_and_all_servers_named() {
        let one = ("one", SocketAddr::from(([127, 0, 0, 1], 3000)));
        let other = ("other", SocketAddr::from(([127, 0, 0, 1], 8084)));
        assert_eq!(filter(&[other, one, one]), "tcp port 3000 or tcp port 8084");
        assert_eq!(
            (ports(&[one]), ports(&[one, other])),
            ("port 3000".into(), "ports 3000, 8084".into())
        );
        assert!(comment(&[one, other]).ends_with(": one on 127.0.0.1:3000, other on 127.0.0.1:8084"));
    }

    #[test]
    fn what_dumpcap_says_becomes_one_line() {
        for (said, want) in [
            (
                "The capture session could not be initiated on interface 'lo' (You don't have\npermission to capture).",
                "no permission",
            ),
            ("Invalid capture filter", "dumpcap reports: Invalid capture filter"),
        ] {
            let line = refused(said, "tcp port 3000");
            assert!(line.contains(want) && line.contains("tcp port 3000"), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
}
