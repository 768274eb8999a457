//! `labserve visit`: loads a page as a browser does, and says what happened on the connections.

use super::target::cancel_on_interrupt;
use crate::cli::Mistake;
use crate::cli::args::VisitArgs;
use crate::cli::language;
use crate::cli::output::print;
use labserve_core::http1::text::{printable_json, printable_lines};
use labserve_probe::visit::{self, Behaviour, Options, Site, Visit, summary};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The kind of URL that is expected.
const EXPECTED: &str = "expected a URL such as http://127.0.0.1:3000/";

pub(in crate::cli) fn run(args: &VisitArgs) -> Result<ExitCode, Mistake> {
    let behaviour = Behaviour::built_in(&args.like).map_err(|why| Mistake(format!("--like: {why}")))?;
    let site = site(&args.url).map_err(|why| Mistake(format!("{}: {why}", args.url)))?;
    let server = address(&site.authority).map_err(|why| Mistake(format!("{}: {why}", args.url)))?;
    let url = format!("http://{}{}", site.authority, site.path);
    let options = Options {
        cached: args.cached,
        serial: args.serial,
        unused: args.unused,
        connections: args.connections.map(usize::from),
        repeat: usize::from(args.repeat),
        pause: args.pause,
        stay: args.stay,
    };
    let mut visit = Visit::new(behaviour, site, options);
    let cancelled = Arc::new(AtomicBool::new(false));
    cancel_on_interrupt(Arc::clone(&cancelled));
    visit::run(server, &mut visit, &cancelled);
    let is_connected = visit.connections().iter().any(|connection| connection.port.is_some());
    if let (false, Some(why)) = (is_connected, visit.refused()) {
        return Err(Mistake(format!(
            "{server} takes no connection: {why}. Start the server first, and give its address and port"
        )));
    }
    match args.json {
        true => print(&format!(
            "{}\n",
            printable_json(&summary::json(&visit, &args.like, &url).to_string())
        ))?,
        false => {
            let text = summary::text(&visit, &args.like, &url, language::chosen());
            print(&printable_lines(&text).to_string())?;
        }
    }
    Ok(match summary::is_complete(&visit) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// Host, port and path of a URL.
fn site(url: &str) -> Result<Site, String> {
    if url.starts_with("https://") {
        return Err(format!("labserve does not speak TLS; {EXPECTED}"));
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if authority.is_empty() || authority.contains('@') || !is_plain(authority) || !is_plain(path) {
        return Err(format!("{EXPECTED}, in visible ASCII characters"));
    }
    Ok(Site {
        authority: authority.to_owned(),
        path: match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/{path}"),
        },
    })
}

/// The address of a host. IPv4 is preferred.
fn address(authority: &str) -> Result<SocketAddr, String> {
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let with_port = match has_port {
        true => authority.to_owned(),
        false => format!("{authority}:80"),
    };
    let found = with_port
        .to_socket_addrs()
        .map_err(|e| format!("this host was not found ({e}); {EXPECTED}"))?;
    let by_family = found.min_by_key(SocketAddr::is_ipv6);
    by_family.ok_or_else(|| format!("this host has no address; {EXPECTED}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_path() {
        for (url, want) in [
            ("http://127.0.0.1:3000/", Some(("127.0.0.1:3000", "/"))),
            ("localhost:3000", Some(("localhost:3000", "/"))),
            ("http://[::1]:80?x=1#y", Some(("[::1]:80", "/?x=1"))),
            ("http://h/a/b?c", Some(("h", "/a/b?c"))),
            ("https://h/", None),
            ("http://user@h/", None),
            ("http:///x", None),
            ("http://h/a b", None),
        ] {
            let got = site(url).ok().map(|site| (site.authority, site.path));
            let want = want.map(|(host, path): (&str, &str)| (host.to_owned(), path.to_owned()));
            assert_eq!(got, want, "{url}");
        }
        assert_eq!(address("127.0.0.1").expect("an address").port(), 80);
    }
}
