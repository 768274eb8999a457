//! `labserve`: serve one profile until a signal comes.

use super::args::ServeArgs;
use super::config::Config;
use super::log::LogSpec;
use super::program::Program;
use super::reload::{Fixed, reload};
use super::{Mistake, control, log};
use crate::VERSION;
use crate::events::{LogFormat, Output, Recorder};
use crate::profile::Profile;
use crate::serve::{GRACE, Options, Server, Site, run as run_servers};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;

pub(super) fn run(args: &ServeArgs) -> Result<(), Mistake> {
    let config = Config::resolve(args)?;
    let fixed = Fixed::of(&config);
    let (address, file) = (config.address, config.file.clone());
    let (options, log_spec, events) = (options(config.workers, config.log), config.log, config.events.clone());
    let server = bind(config.into_site(), address)?;
    let recorder = events.as_ref().map(|output| record(output, [&server])).transpose()?;
    log::start(log_spec);
    let address = server.address();
    greet(&greeting(&server, file.as_deref()), events.as_ref());
    warn_if_reachable(address);
    let running = run_servers(vec![server], options, recorder.as_ref())?;
    let args = args.clone();
    Program {
        running,
        recorder,
        reload: Box::new(move |running| reload(&args, &fixed, running)),
        endpoint: Some(control::name_of(address)),
    }
    .run_to_end()
}

/// Opens the event log of these servers, or explains why not.
pub(super) fn record<'s>(output: &Output, servers: impl IntoIterator<Item = &'s Server>) -> Result<Recorder, Mistake> {
    let servers: Vec<(&str, SocketAddr)> = servers
        .into_iter()
        .map(|server| (server.site().profile.name.as_str(), server.address()))
        .collect();
    Recorder::start(output, &servers).map_err(|error| match output {
        Output::File(path) => Mistake(format!("cannot write the event log {}: {error}", path.display())),
        Output::Stdout => Mistake(format!("cannot write the event log: {error}")),
    })
}

/// Binds a server, or explains why not.
pub(super) fn bind(site: Site, address: SocketAddr) -> Result<Server, Mistake> {
    Server::bind(site, address).map_err(|error| Mistake(why_not_bound(&error, address, cfg!(windows))))
}

fn why_not_bound(error: &io::Error, address: SocketAddr, on_windows: bool) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("port {port} on {ip} is in use; choose another with --port, or --port 0 for a free one")
        }
        ErrorKind::AddrNotAvailable => format!("{ip} is no address of this machine; choose another with --bind"),
        // Hyper-V and its like reserve hundreds of ports, others with every start of the machine.
        ErrorKind::PermissionDenied if on_windows => format!(
            "port {port} is reserved by Windows (netsh interface ipv4 show excludedportrange tcp) or another program's alone; \
             choose another with --port, or --port 0 for a free one"
        ),
        ErrorKind::PermissionDenied => {
            format!("port {port} needs more rights than this process has; choose one above 1023 with --port")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
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

fn greeting(server: &Server, file: Option<&std::path::Path>) -> String {
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
    text
}

/// Prints what a person sees first; to standard error where standard output belongs to the event log.
pub(super) fn greet(text: &str, events: Option<&Output>) {
    if events == Some(&Output::Stdout) {
        eprint!("{text}");
    } else {
        say(text);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
            let said = why_not_bound(&kind.into(), address, on_windows);
            assert!(said.contains(part), "{kind}: {said}");
        }
    }
}
