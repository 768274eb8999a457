//! `labserve`: serves one profile until a signal arrives.

use super::args::{ReadyFormat, ServeArgs};
use super::capture::Capturing;
use super::config::Config;
use super::human::LogFormat;
use super::language::translated;
use super::log::LogSpec;
use super::output::padded;
use super::parent::Until;
use super::program::{Ended, Program};
use super::reload::{Fixed, reload};
use super::timeline::Prepared;
use super::{Mistake, VERSION, control, log, ready, sandbox, timeline, words};
use labserve::Recording;
use labserve_core::http1::text::printable;
use labserve_core::profile::Profile;
use labserve_server::events::{Output, Recorder, Secret};
use labserve_server::server::{GRACE, Options, Server, Site, run as run_servers};
use labserve_server::sys::passed_listeners;
use labserve_server::text_file::shown;
use labserve_timeline::ManagedServer;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};

pub(super) fn run(args: ServeArgs) -> Result<Ended, Mistake> {
    let args = words::settled(args)?;
    let config = Config::resolve(&args)?;
    let fixed = Fixed::of(&config);
    let bound = match passed(&args)? {
        listeners if listeners.is_empty() => bind_all(config.site(), config.address, config.also, OTHER_PORT)?,
        listeners => {
            let servers = listeners
                .into_iter()
                .map(|listener| Server::on(config.site(), listener));
            servers.collect::<io::Result<_>>()?
        }
    };
    let server = &bound[0];
    let last_lines = log::start(config.log, &[])?;
    let prepared = timeline::prepare(config.timeline, args.token.as_deref())?;
    let recording = (args.summary.is_some() || args.ready.is_some()).then(Recording::new);
    let secret = prepared.as_ref().map(Prepared::secret);
    last_lines.mask(secret.clone());
    let names = timeline::names(&bound);
    let recorder = config
        .events
        .as_ref()
        .map(|output| record(output, &names, secret.clone()))
        .transpose()?;
    let address = server.address();
    let text = match (args.ready, config.log.format) {
        (Some(ReadyFormat::Json), _) | (None, LogFormat::Json) => ready::line(&bound, prepared.as_ref()),
        (None, LogFormat::Text) => greeting(server, config.file.as_deref(), prepared.as_ref()),
    };
    // Captures until the servers have stopped.
    let _capturing = args
        .capture
        .as_deref()
        .map(|file| Capturing::start(file, &[(server.site().profile.name.as_str(), address)]))
        .transpose()?;
    if config.sandbox {
        // All threads that process input from clients are started after this.
        sandbox::confine(&config)?;
    }
    warn_if_root();
    let addresses: Vec<SocketAddr> = bound
        .iter()
        .map(Server::address)
        .chain(prepared.iter().map(|timeline| timeline.address()))
        .collect();
    let senders = timeline::senders(recorder.as_ref(), prepared.as_ref(), recording.as_ref());
    let program_events = timeline::program_events(recorder.as_ref(), prepared.as_ref());
    let manage = |server: &Server| ManagedServer::new(server.address(), config.stack.clone(), server.site().clone());
    let managed = bound.iter().map(manage).collect();
    let running = run_servers(bound, options(config.workers, config.log), &senders)?;
    // The event log ends when its last sender is dropped.
    drop(senders);
    let (servers, timeline) =
        timeline::start(prepared, managed, &running, &program_events, &names, recording.as_ref())?;
    let until = Until {
        with_parent: args.with_parent,
        time: args.time,
    };
    let summary = args.summary.zip(recording);
    let page = args.open.then(|| url(address));
    Program {
        running,
        recorder,
        timeline,
        program_events,
        reload: Box::new(move || reload(&args, &fixed, &servers)),
        endpoint: Some(control::name_of(address)),
        until,
        summary,
    }
    .run_to_end(move || {
        greet(&text, config.events.as_ref(), &addresses);
        page.as_deref().into_iter().for_each(open);
    })
}

/// Opens a page in the browser of the user.
fn open(url: &str) {
    if let Err(error) = open::that_detached(url) {
        tracing::warn!("cannot open {url} in a browser: {error}");
    }
}

/// Opens the event log of these servers.
pub(super) fn record(
    output: &Output,
    servers: &[(String, SocketAddr)],
    secret: Option<Secret>,
) -> Result<Recorder, Mistake> {
    Recorder::start(output, servers, secret).map_err(|error| match output {
        Output::File(path) => Mistake(format!("cannot write the event log {}: {error}", shown(path))),
        Output::Stdout => Mistake(format!("cannot write the event log: {error}")),
    })
}

/// The sockets that systemd has opened for this program, if any.
fn passed(args: &ServeArgs) -> Result<Vec<TcpListener>, Mistake> {
    let listeners = passed_listeners().map_err(|_| {
        "LISTEN_FDS names a descriptor that is not a TCP socket that listens; expected a socket unit with an address and a \
         port, such as ListenStream=127.0.0.1:8080"
    })?;
    if !listeners.is_empty() && (args.port.is_some() || args.shared.bind.is_some()) {
        return Err(
            "the sockets were opened before this program was started (LISTEN_FDS), so they have their addresses already; \
             leave out --port, --bind and --listen"
                .into(),
        );
    }
    Ok(listeners)
}

/// What the user can do if the port of a server is in use.
const OTHER_PORT: &str = "choose another with --port, or --port 0 for a free one";

/// Binds a server. `other_port` says what to do if its port is in use.
fn bind(site: Site, address: SocketAddr, other_port: &str) -> Result<Server, Mistake> {
    Server::bind(site, address).map_err(|error| Mistake(why_not_bound(&error, address, other_port, cfg!(windows))))
}

/// Binds a server, and a second one for its second address, on the same port. A machine without IPv6 has no second one.
/// `other_port` tells the user what to do if the port is in use.
pub(super) fn bind_all(
    site: Site,
    address: SocketAddr,
    also: Option<IpAddr>,
    other_port: &str,
) -> Result<Vec<Server>, Mistake> {
    let Some(also) = also else {
        return Ok(vec![bind(site, address, other_port)?]);
    };
    let attempts = if address.port() == 0 { ATTEMPTS } else { 1 };
    same_port(
        attempts,
        || bind(site.clone(), address, other_port),
        |first| {
            let second = SocketAddr::new(also, first.address().port());
            match Server::bind(site.clone(), second) {
                Ok(server) => Ok(Some(server)),
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    Err(Mistake(why_not_bound(&error, second, other_port, cfg!(windows))))
                }
                Err(_) => Ok(None),
            }
        },
    )
}

/// How often to ask the system for a free port, until one is free on both addresses.
const ATTEMPTS: usize = 16;

/// Binds the first address, then the second on the same port. If the port is in use at the second, both are tried again
/// with another port, up to this number of attempts. Without a second address, only the first is bound.
fn same_port<S, E>(
    attempts: usize,
    first: impl Fn() -> Result<S, E>,
    second: impl Fn(&S) -> Result<Option<S>, E>,
) -> Result<Vec<S>, E> {
    // Ports that are in use at the second address. They stay bound at the first address, so that the system offers
    // other ports.
    let mut unusable = Vec::new();
    loop {
        let bound = first()?;
        match second(&bound) {
            Ok(other) => return Ok([Some(bound), other].into_iter().flatten().collect()),
            Err(_) if unusable.len() + 1 < attempts => unusable.push(bound),
            Err(in_use) => return Err(in_use),
        }
    }
}

fn why_not_bound(error: &io::Error, address: SocketAddr, other_port: &str, on_windows: bool) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("port {port} on {ip} is in use; {other_port}")
        }
        ErrorKind::AddrNotAvailable => format!("{ip} is not an address of this machine; choose another with --bind"),
        // Hyper-V and other programs reserve hundreds of ports, which change each time the machine starts.
        ErrorKind::PermissionDenied if on_windows => format!(
            "port {port} is reserved by Windows (netsh interface ipv4 show excludedportrange tcp) or used exclusively by another program; \
             {other_port}"
        ),
        ErrorKind::PermissionDenied => {
            format!("port {port} needs more privileges than this process has; choose one above 1023 with --port")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}

/// How to run servers. A log that people read is limited, and a log that programs read is complete.
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

fn greeting(server: &Server, file: Option<&std::path::Path>, timeline: Option<&Prepared>) -> String {
    let profile: &Profile = &server.site().profile;
    let first = format!(
        "labserve {VERSION}, answering as {} (profile {})\n",
        printable(translated(&profile.title).as_bytes()),
        printable(profile.name.as_bytes())
    );
    let mut text = translated(&first).into_owned();
    let mut line = |name: &str, value: &str| {
        let name = padded(&translated(name), 10);
        text.push_str(&format!("  {name} {}\n", printable(translated(value).as_bytes())));
    };
    line("url", &url(server.address()));
    line("root", &server.site().root.describe());
    if let Some(file) = file {
        line("config", &shown(file));
    }
    line("announces", &profile.announces());
    line("does", &profile.does());
    line("wireshark", &format!("tcp.port == {}", server.address().port()));
    if let Some(timeline) = timeline {
        line("timeline", &timeline.url());
    }
    text
}

/// Prints the start message, on standard error if standard output is the event log. Warns about addresses that other
/// machines can reach.
pub(super) fn greet(text: &str, events: Option<&Output>, addresses: &[SocketAddr]) {
    if events == Some(&Output::Stdout) {
        // If this cannot be written, the program still serves.
        let _ = write!(io::stderr(), "{text}");
    } else {
        print_out(text);
    }
    addresses.iter().copied().for_each(warn_if_reachable);
}

/// Prints to standard output. If this fails, the program still serves.
pub(super) fn print_out(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Warns if the program runs as root, because a defect in it would then have the rights of root.
pub(super) fn warn_if_root() {
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        tracing::warn!("running as root, which labserve never needs: start it as a user with few rights");
    }
}

/// Warns if other machines can reach the server.
fn warn_if_reachable(address: SocketAddr) {
    if !address.ip().is_loopback() {
        tracing::warn!(
            "{address} can be reached from other machines; labserve is meant for a lab, not for the internet"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each server is represented by its port; the fake system offers the ports 1, 2, 3 ...
    #[test]
    fn a_free_port_is_free_on_both_addresses() {
        let ports = |attempts, first_free: u16, has_second: bool| {
            let offered = std::cell::Cell::new(0);
            let first = || {
                offered.set(offered.get() + 1);
                Ok(offered.get())
            };
            let second = |port: &u16| match *port >= first_free {
                true => Ok(has_second.then_some(*port)),
                false => Err("in use"),
            };
            same_port(attempts, first, second)
        };
        assert_eq!(ports(1, 1, true), Ok(vec![1, 1]));
        assert_eq!(ports(1, 1, false), Ok(vec![1]));
        assert_eq!(ports(1, 2, true), Err("in use"));
        assert_eq!(ports(3, 3, true), Ok(vec![3, 3]));
        assert_eq!(ports(3, 4, true), Err("in use"));
    }

    #[test]
    fn why_a_port_cannot_be_had_depends_on_the_system() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        for (kind, on_windows, part) in [
            (ErrorKind::AddrInUse, false, "in use"),
            (ErrorKind::AddrInUse, true, "in use"),
            (ErrorKind::AddrNotAvailable, true, "--bind"),
            (ErrorKind::PermissionDenied, false, "above 1023"),
            (ErrorKind::PermissionDenied, true, "excludedportrange"),
            (ErrorKind::OutOfMemory, false, "cannot listen on 127.0.0.1:80"),
        ] {
            let said = why_not_bound(&kind.into(), address, OTHER_PORT, on_windows);
            assert!(said.contains(part), "{kind}: {said}");
        }
    }
}
