//! What can be compared: a running server, a recording, or a profile.

use crate::cli::Mistake;
use crate::cli::args::AskArgs;
use crate::cli::output::print_err;
use crate::cli::signals::{ProgramRequest, Signals};
use indicatif::{ProgressBar, ProgressStyle};
use labserve_core::http1::text::printable;
use labserve_core::profile::Profile;
use labserve_probe::record::{self, Options, Recorded, Stopped};
use labserve_probe::simulate::Simulation;
use labserve_probe::{Case, Recording, case};
use labserve_server::{profile_files, text_file};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest recording that is read, in bytes: about ten times the largest that is written.
const LARGEST: u64 = 256 << 20;

/// The address that a profile's answers name if nothing is compared with it that has one.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 18081);

/// Something to compare.
pub(super) enum Source {
    /// A running server.
    Server(SocketAddr),
    /// What one answered earlier.
    Recording(Recording),
    /// A profile, which is asked in memory.
    Profile(Box<Profile>),
}

impl Source {
    /// Finds out what a word of the command line stands for.
    pub(super) fn find(word: &str, ask: &AskArgs) -> Result<Self, Mistake> {
        if word.starts_with("http://") || word.starts_with("https://") {
            return Ok(Self::Server(server(word, ask)?));
        }
        let path = Path::new(word);
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if path.is_file() && !is_toml {
            return read(path).map(Self::Recording);
        }
        match profile_files::load(word) {
            Ok(profile) => Ok(Self::Profile(Box::new(profile))),
            Err(_) if !is_toml && word.contains(':') => Ok(Self::Server(server(word, ask)?)),
            Err(error) if is_toml => Err(error.into()),
            Err(_) => Err(Mistake(format!(
                "`{word}` is neither a recording nor a profile. Expected a URL such as http://127.0.0.1:8080, a file that \
                 `labserve record` wrote, the name of a profile (`labserve profiles` lists them), or a file such as mine.toml"
            ))),
        }
    }

    /// The address that it answers at, if it has one.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Server(address) => Some(*address),
            Self::Recording(recording) => recording.target.parse().ok(),
            Self::Profile(_) => None,
        }
    }

    /// Its answers to the cases. `other` is the address of what it is compared with.
    pub(super) fn answers(
        self,
        cases: &[Case],
        ask: &AskArgs,
        other: Option<SocketAddr>,
    ) -> Result<Recording, Mistake> {
        match self {
            Self::Server(address) => {
                let recorded = ask_server(address, cases, Recording::new(address.to_string()), ask)?;
                match recorded.stopped {
                    None => Ok(recorded.recording),
                    Some(stopped) => Err(Mistake(why(address, &stopped))),
                }
            }
            Self::Recording(mut recording) => {
                recording
                    .cases
                    .retain(|name, _| cases.iter().any(|case| case.name == *name));
                Ok(recording)
            }
            Self::Profile(profile) => {
                // Of an address as long as the other's, so that the lengths of pages that name it agree.
                let simulation = Simulation::new(&profile, other.unwrap_or(NOWHERE));
                Ok(simulation.record(cases))
            }
        }
    }
}

/// A source, unless it is a profile: nothing is learned from one.
pub(super) fn learnable(source: Source, word: &str) -> Result<Source, Mistake> {
    match source {
        Source::Profile(_) => Err(Mistake(format!(
            "`{word}` is a profile already. Expected a URL such as http://127.0.0.1:8080, or a file that `labserve record` wrote"
        ))),
        source => Ok(source),
    }
}

/// The address of a server, if it may be asked.
pub(super) fn server(url: &str, ask: &AskArgs) -> Result<SocketAddr, Mistake> {
    const EXPECTED: &str = "expected a URL such as http://127.0.0.1:8080";
    if url.starts_with("https://") {
        return Err(Mistake(format!("{url}: labserve does not speak TLS; {EXPECTED}")));
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(Mistake(format!(
            "{url}: the cases name their own paths; {EXPECTED}, without a path"
        )));
    }
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let with_port = if has_port {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let addresses = with_port
        .to_socket_addrs()
        .map_err(|e| Mistake(format!("{url}: this host was not found ({e}); {EXPECTED}")))?;
    let mut addresses: Vec<SocketAddr> = addresses.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let Some(&address) = addresses.first() else {
        return Err(Mistake(format!("{url}: this host has no address; {EXPECTED}")));
    };
    let host = with_port.rsplit_once(':').map_or(authority, |(host, _)| host);
    if !record::is_own(address.ip()) && !ask.i_may_probe.iter().any(|allowed| allowed == host) {
        let (slow, fast): (Vec<Case>, Vec<Case>) = case::built_in().into_iter().partition(|case| case.slow);
        // Each case is asked twice; those that wait for timers are asked side by side.
        return Err(Mistake(format!(
            "{host} is not this machine. labserve would open some {} connections to it, up to {} at once, send many malformed \
             requests, and keep silent connections open for minutes. If its owner has agreed, add `--i-may-probe {host}`",
            2 * (slow.len() + fast.len()),
            usize::from(ask.at_once) + 2 * slow.len(),
        )));
    }
    Ok(address)
}

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Recording, Mistake> {
    let text = text_file::read_up_to(path, "recording", LARGEST)?;
    Recording::parse(&text).map_err(|e| Mistake(format!("{}: {e}", text_file::shown(path))))
}

/// Asks a server what `known` does not answer, with a progress bar, until done or Ctrl-C.
pub(super) fn ask_server(
    address: SocketAddr,
    cases: &[Case],
    known: Recording,
    ask: &AskArgs,
) -> Result<Recorded, Mistake> {
    let preflight = record::preflight(address).map_err(|e| {
        Mistake(format!(
            "{address} cannot be recorded: {e}. Start the server first, and give its address and port"
        ))
    })?;
    let fast = cases.iter().filter(|case| !case.slow).count();
    let slow = if ask.fast { 0 } else { cases.len() - fast };
    print_err(&format!(
        "{address}{}: connects in {:.1} ms, {}. Asking {} cases twice, {slow} of which wait for timers.",
        preflight
            .server
            .as_ref()
            .map_or_else(String::new, |name| format!(" ({})", printable(name.as_bytes()))),
        preflight.latency.as_secs_f64() * 1e3,
        if preflight.keeps {
            "keeps connections"
        } else {
            "ends connections after a response"
        },
        fast + slow
    ));
    if let Some(via) = &preflight.via {
        print_err(&format!(
            "note: Via: {}. Something between answers or forwards; what is recorded is both together.",
            printable(via.as_bytes())
        ));
    }
    if preflight.one_at_a_time {
        print_err(&format!(
            "note: a client waits here while others are connected and silent. So the cases are asked one after the other, which \
             takes {}.",
            if slow > 0 {
                "hours; `--fast` leaves out what waits for timers"
            } else {
                "about an hour and a half"
            }
        ));
    }
    let cancelled = Arc::new(AtomicBool::new(false));
    cancel_on_interrupt(Arc::clone(&cancelled));
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} answers, {eta} left") {
        bar.set_style(style);
    }
    let options = Options {
        at_once: usize::from(ask.at_once),
        slow: !ask.fast,
    };
    let progress = |asked: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(asked as u64);
    };
    let recorded = record::record(address, cases, known, &preflight, options, &progress, &cancelled);
    bar.finish_and_clear();
    Ok(recorded)
}

/// Why a recording ended early, for people.
pub(super) fn why(address: SocketAddr, stopped: &Stopped) -> String {
    match stopped {
        Stopped::Gone {
            after: Some(after),
            why,
        } => {
            format!("{address} takes no connections any more ({why}); the last case that it answered is {after}")
        }
        Stopped::Gone { after: None, why } => format!("{address} takes no connections ({why})"),
        _ => "interrupted".to_owned(),
    }
}

/// Sets the flag on the first Ctrl-C, SIGTERM or SIGHUP. The second ends the program.
#[expect(
    clippy::exit,
    reason = "main waits for cases that take minutes, and the user has asked twice"
)]
fn cancel_on_interrupt(cancelled: Arc<AtomicBool>) {
    let wait = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return;
        };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            for _ in 0..2 {
                let (ProgramRequest::Stop | ProgramRequest::Reload) = signals.next().await;
                if cancelled.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
                print_err("finishing what was begun; once more ends at once");
            }
        });
    };
    std::thread::spawn(wait);
}
