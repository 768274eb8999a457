//! A running server to record: whether recording it is allowed, a first look at it, and the recording with its
//! progress.

use super::asks_for_measures;
use crate::cli::Mistake;
use crate::cli::args::AskArgs;
use crate::cli::output::print_err;
use crate::cli::signals::{ProgramRequest, Signals};
use indicatif::{ProgressBar, ProgressStyle};
use labserve_core::http1::text::printable;
use labserve_probe::adapt::{OrdinaryFile, adapted};
use labserve_probe::client::Bounds;
use labserve_probe::record::{self, Options, Preflight, Recorded, Stopped};
use labserve_probe::{Case, Recording, case};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many connections to open to another machine per second, if the user does not say.
const RATE_ELSEWHERE: u32 = 100;

/// A server that may be recorded.
pub(super) struct Target {
    pub(super) address: SocketAddr,
    /// The path of an ordinary file, if the URL names one.
    path: Option<String>,
}

impl Target {
    /// Finds the server of a URL.
    pub(super) fn parse(url: &str, ask: &AskArgs) -> Result<Self, Mistake> {
        const EXPECTED: &str = "expected a URL such as http://127.0.0.1:8080";
        if url.starts_with("https://") {
            return Err(Mistake(format!("{url}: labserve does not speak TLS; {EXPECTED}")));
        }
        let rest = url.strip_prefix("http://").unwrap_or(url);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A placeholder starts with two braces.
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.contains(['?', '#', '{']) {
            return Err(Mistake(format!(
                "{url}: expected the path of a file in visible ASCII characters, without ?, # and {{, such as \
                 http://127.0.0.1:8080/some/file"
            )));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
        });
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
            return Err(Mistake(format!(
                "{host} is not this machine. labserve would {}. If its owner has agreed, add `--i-may-probe {host}`",
                load(&case::built_in(), ask)
            )));
        }
        Ok(Self {
            address,
            path: (!path.is_empty()).then(|| format!("/{path}")),
        })
    }

    /// Sends the cases that `known` does not contain, with a progress bar, until done or Ctrl-C.
    pub(super) fn ask(&self, cases: &[Case], mut known: Recording, ask: &AskArgs) -> Result<Recorded, Mistake> {
        let preflight = record::preflight(self.address).map_err(|e| {
            Mistake(format!(
                "{} cannot be recorded: {e}. Start the server first, and give its address and port",
                self.address
            ))
        })?;
        let file = self.file(&preflight)?;
        if !known.cases.is_empty() && known.file != file {
            return Err(Mistake(format!(
                "{}: the recording is of {}, and the server has {} now. Record into another file",
                self.address,
                named(known.file.as_ref()),
                named(file.as_ref())
            )));
        }
        known.file = file;
        self.announce(&preflight, cases, &known, ask);
        let cancelled = Arc::new(AtomicBool::new(false));
        cancel_on_interrupt(Arc::clone(&cancelled));
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} answers, {eta} left") {
            bar.set_style(style);
        }
        let elsewhere = (!record::is_own(self.address.ip())).then_some(RATE_ELSEWHERE);
        let options = Options {
            at_once: usize::from(ask.at_once),
            slow: !ask.fast,
            measures: asks_for_measures(&ask.only),
            per_second: ask.rate.or(elsewhere),
            ..Options::default()
        };
        let progress = |asked: usize, of: usize| {
            bar.set_length(of as u64);
            bar.set_position(asked as u64);
        };
        let recorded = record::record(self.address, cases, known, &preflight, options, &progress, &cancelled);
        bar.finish_and_clear();
        Ok(recorded)
    }

    /// The ordinary file that the cases ask for; `None` for the probe site.
    fn file(&self, preflight: &Preflight) -> Result<Option<OrdinaryFile>, Mistake> {
        let learn = |path: &str| record::ordinary_file(self.address, path, Bounds::default());
        if let Some(path) = &self.path {
            let cannot = |e| Mistake(format!("{}: {e}", self.address));
            return learn(path).map(Some).map_err(cannot);
        }
        if preflight.has_probe_site {
            return Ok(None);
        }
        let advice = "`labserve record --make-site DIR` writes the site for the server's document root";
        match learn("/") {
            Ok(file) => {
                print_err(&format!(
                    "note: the server does not have the probe site, so the cases ask for `/` instead. A URL with a path names \
                     another file; {advice}."
                ));
                Ok(Some(file))
            }
            Err(why) => {
                print_err(&format!(
                    "note: the server does not have the probe site, and {why}. Cases that ask for files say little. A URL with \
                     a path names an ordinary file to ask for instead; {advice}."
                ));
                Ok(None)
            }
        }
    }

    /// Prints what the server is and what it will be sent.
    fn announce(&self, preflight: &Preflight, all: &[Case], known: &Recording, ask: &AskArgs) {
        let server = preflight.server.as_ref();
        let name = server.map_or_else(String::new, |name| format!(" ({})", printable(name.as_bytes())));
        let cases = adapted(all, known.file.as_ref());
        print_err(&format!(
            "{}{name}: connects in {:.1} ms, {}. labserve will {}.",
            self.address,
            preflight.latency.as_secs_f64() * 1e3,
            if preflight.keeps {
                "keeps connections"
            } else {
                "ends connections after a response"
            },
            load(&cases, ask)
        ));
        for note in notes(preflight, ask) {
            print_err(&format!("note: {note}"));
        }
    }

    /// Why a recording ended early, as text for people.
    pub(super) fn why(&self, stopped: &Stopped) -> String {
        let address = self.address;
        match stopped {
            Stopped::Gone {
                after: Some(after),
                why,
            } => {
                format!("{address} takes no connections any more ({why}); the last case that it answered is {after}")
            }
            Stopped::Gone { after: None, why } => format!("{address} takes no connections ({why})"),
            Stopped::Hopeless { why } => format!("{address} cannot be recorded: many cases in a row failed ({why})"),
            Stopped::TooLarge => format!("the responses of {address} are larger than a recording may be"),
            Stopped::TooLong(time) => format!("it took longer than {} minutes", time.as_secs() / 60),
            _ => "interrupted".to_owned(),
        }
    }
}

/// What a recording demands of a server, as text for people.
fn load(cases: &[Case], ask: &AskArgs) -> String {
    let slow = if ask.fast {
        0
    } else {
        cases.iter().filter(|case| case.slow).count()
    };
    let fast = cases.iter().filter(|case| !case.slow).count();
    // Each case is sent twice; those that wait for timers are sent in parallel.
    let connections = 2 * (slow + fast);
    let at_once = usize::from(ask.at_once) + 2 * slow;
    let waits = if slow == 0 {
        ""
    } else {
        ", and keep silent ones open for minutes"
    };
    let measures = if asks_for_measures(&ask.only) {
        ", and look for limits with up to 2 MiB in a request and 1,100 requests on a connection"
    } else {
        ""
    };
    format!(
        "open some {connections} connections to it, up to {at_once} at once, send many malformed requests{waits}{measures}"
    )
}

/// Other results of the first look that the user should know.
fn notes(preflight: &Preflight, ask: &AskArgs) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(via) = &preflight.via {
        notes.push(format!(
            "Via: {}. Something between answers or forwards; what is recorded is both together.",
            printable(via.as_bytes())
        ));
    }
    if let Some(location) = &preflight.redirected_to {
        notes.push(format!(
            "`/` is redirected to {}. Redirects are recorded, and not followed.",
            printable(location.as_bytes())
        ));
    }
    if let Some(coding) = &preflight.coding {
        notes.push(format!(
            "the server compresses without being asked to (Content-Encoding: {}).",
            printable(coding.as_bytes())
        ));
    }
    if preflight.changes {
        notes.push("two responses to `GET /` differ, so many cases may turn out unstable.".to_owned());
    }
    if preflight.one_at_a_time {
        notes.push(format!(
            "a client waits here while others are connected and silent. So the cases are asked one after the other, which \
             takes {}.",
            if ask.fast {
                "about an hour and a half"
            } else {
                "hours; `--fast` leaves out what waits for timers"
            }
        ));
    }
    notes
}

/// What a recording asks for, as text for people.
fn named(file: Option<&OrdinaryFile>) -> String {
    file.map_or_else(
        || "the probe site".to_owned(),
        |file| format!("{} with {} bytes", file.path, file.content.len()),
    )
}

/// Sets the flag on the first Ctrl-C, SIGTERM or SIGHUP. The second one ends the program.
#[expect(
    clippy::exit,
    reason = "main waits for what takes minutes, and the user has asked twice"
)]
pub(super) fn cancel_on_interrupt(cancelled: Arc<AtomicBool>) {
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
