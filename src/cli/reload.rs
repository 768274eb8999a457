//! Reloading a running server, and the command `labserve reload`.

use super::args::{ReloadArgs, ServeArgs};
use super::config::Config;
use super::timeline::Choice;
use super::{Mistake, control, output};
use labserve_core::http1::text::{printable, printable_lines};
use labserve_timeline::ServerSet;
use std::io::ErrorKind;
use std::net::SocketAddr;

/// The part of a configuration that a reload cannot change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fixed {
    address: SocketAddr,
    also: Option<std::net::IpAddr>,
    workers: usize,
    log: super::log::LogSpec,
    events: Option<labserve_server::events::Output>,
    timeline: Choice,
    sandbox: bool,
}

impl Fixed {
    /// The fixed part of `config`.
    pub(super) fn of(config: &Config) -> Self {
        Self {
            address: config.address,
            also: config.also,
            workers: config.workers,
            log: config.log,
            events: config.events.clone(),
            timeline: config.timeline,
            sandbox: config.sandbox,
        }
    }

    /// The keys in which `other` differs.
    fn changes(&self, other: &Self) -> Vec<&'static str> {
        [
            ("bind or port", (self.address, self.also) != (other.address, other.also)),
            ("workers", self.workers != other.workers),
            ("log", self.log != other.log),
            ("events", self.events != other.events),
            ("timeline", self.timeline != other.timeline),
            ("sandbox", self.sandbox != other.sandbox),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}

/// Reads the configuration again and serves it from the next request on. Returns a description of what was done.
pub(super) fn reload(args: &ServeArgs, fixed: &Fixed, servers: &ServerSet) -> Result<String, Mistake> {
    let config = Config::resolve(args)?;
    let changes = fixed.changes(&Fixed::of(&config));
    let mut what = format!(
        "reloaded: answering as {} (profile {}) from {}",
        printable(config.profile.title.as_bytes()),
        printable(config.profile.name.as_bytes()),
        config.root.describe()
    );
    if !changes.is_empty() {
        what.push_str(&format!("; {} will take effect at the next start", changes.join(", ")));
    }
    let site = config.site();
    // All servers serve the same site, on different addresses.
    for number in 0..servers.count() {
        servers.replace(number, config.stack.clone(), site.clone());
    }
    Ok(what)
}

/// `labserve reload`.
pub(super) fn run(args: &ReloadArgs) -> Result<(), Mistake> {
    let address = match args.port {
        Some(port) => SocketAddr::new(args.bind, port),
        None => Config::resolve(&ServeArgs::default())?.address,
    };
    match control::ask(&control::name_of(address)) {
        Ok(Ok(what)) => output::print(&format!("{}\n", printable_lines(&what))),
        Ok(Err(why)) => Err(Mistake(format!(
            "not reloaded, the previous configuration stays in force: {why}"
        ))),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            let hint = "use --port with the port that it printed when it started";
            Err(Mistake(format!("no labserve is listening on {address}; {hint}")))
        }
        Err(error) => Err(Mistake(format!("cannot reach the server on {address}: {error}"))),
    }
}
