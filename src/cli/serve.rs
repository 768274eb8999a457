//! `labserve`: serve one profile until a signal comes.

use super::args::ServeArgs;
use super::config::Config;
use super::log::LogSpec;
use super::{Mistake, log};
use crate::VERSION;
use crate::events::LogFormat;
use crate::profile::Profile;
use crate::serve::{GRACE, Options, Running, Server, Site, run as run_servers};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;

pub(super) fn run(args: &ServeArgs) -> Result<(), Mistake> {
    let config = Config::resolve(args)?;
    let site = Site {
        profile: config.profile,
        root: config.root,
        cache: config.cache,
    };
    let server = bind(site, config.address)?;
    log::start(config.log);
    greet(&server, config.file.as_deref());
    warn_if_reachable(server.address());
    let running = run_servers(vec![server], options(config.workers, config.log))?;
    until_stopped(running)
}

/// Binds a server, or explains why not.
pub(super) fn bind(site: Site, address: SocketAddr) -> Result<Server, Mistake> {
    Server::bind(site, address).map_err(|error| {
        Mistake(match error.kind() {
            ErrorKind::AddrInUse => format!(
                "port {} on {} is in use; choose another with --port, or --port 0 for a free one",
                address.port(),
                address.ip()
            ),
            ErrorKind::AddrNotAvailable => format!(
                "{} is no address of this machine; choose another with --bind",
                address.ip()
            ),
            ErrorKind::PermissionDenied => format!(
                "port {} needs more rights than this process has; choose one above 1023 with --port",
                address.port()
            ),
            _ => format!("cannot listen on {address}: {error}"),
        })
    })
}

/// How servers run: a log for people is kept readable, one for machines complete.
pub(super) fn options(workers: usize, log: LogSpec) -> Options {
    Options {
        workers,
        grace: GRACE,
        throttle_log: log.format == LogFormat::Text,
    }
}

/// The URL of a server.
pub(super) fn url(address: SocketAddr) -> String {
    format!("http://{address}/")
}

fn greet(server: &Server, file: Option<&std::path::Path>) {
    let profile: &Profile = &server.site().profile;
    let mut text = format!(
        "labserve {VERSION}, answering as {} (profile {})\n",
        profile.title, profile.name
    );
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<10} {value}\n"));
    line("url", &url(server.address()));
    line("root", &server.site().root.describe());
    if let Some(file) = file {
        line("config", &file.display().to_string());
    }
    line("announces", &profile.announces());
    line("does", &profile.does());
    line("wireshark", &format!("tcp.port == {}", server.address().port()));
    say(&text);
}

/// Prints to standard output. A reader that is gone is no reason to stop serving.
pub(super) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Warns if others than this machine can reach the server.
pub(super) fn warn_if_reachable(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines; labserve is meant for a lab, not for the internet"
        );
    }
}

/// Serves until a signal comes; then stops gracefully. A second signal ends the process at once.
pub(super) fn until_stopped(running: Running) -> Result<(), Mistake> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        signals.next().await;
        tracing::info!(
            "stopping: running replies have {} s to finish; a second signal ends them",
            GRACE.as_secs()
        );
        let stop = tokio::task::spawn_blocking(move || running.stop());
        tokio::select! {
            done = stop => done.map_err(Mistake::from),
            () = signals.next() => std::process::exit(1),
        }
    })
}

/// The signals that ask the program to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    ctrl_close: tokio::signal::windows::CtrlClose,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Signals> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        Ok(Signals {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            ctrl_close: ctrl_close()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
            _ = self.ctrl_close.recv() => {}
        }
    }
}
