//! A first look at a server before it is recorded: whether it can handle many requests at a time.

use crate::client::{Bounds, Connection, ask};
use crate::head::{field, status};
use crate::normal::normal;
use crate::placeholders::latin1;
use crate::recording::End;
use crate::site;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many silent connections are held while a request is sent.
const SILENT: usize = 16;

/// The results of a first look at a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preflight {
    /// How long it took to establish a connection: the round-trip time of the network.
    pub latency: Duration,
    /// Whether the server answers a second request on the same connection.
    pub keeps: bool,
    /// Whether a client waits while other clients are connected and silent. Parallel waits would then give wrong times.
    pub one_at_a_time: bool,
    /// The value of Via: an intermediary has answered, or forwarded.
    pub via: Option<String>,
    /// The value of Server, if there is one.
    pub server: Option<String>,
    /// Where `/` is redirected to, if it is.
    pub redirected_to: Option<String>,
    /// The value of Content-Encoding, although no coding was requested.
    pub coding: Option<String>,
    /// Whether `/index.html` is that of the probe site.
    pub has_probe_site: bool,
    /// Whether two responses to the same request differ in more than their dates.
    pub changes: bool,
}

/// Looks at a server. It takes about two seconds, and up to ten if the server serves one connection at a time.
///
/// # Errors
/// No connection can be established, or the response does not start like an HTTP response.
pub fn preflight(server: SocketAddr) -> io::Result<Preflight> {
    preflight_within(server, Bounds::default())
}

/// The same with other bounds.
///
/// # Errors
/// The same as those of [`preflight`].
pub fn preflight_within(server: SocketAddr, bounds: Bounds) -> io::Result<Preflight> {
    let request = format!("GET / HTTP/1.1\r\nHost: {server}\r\n\r\n");
    let begun = Instant::now();
    let mut connection = Connection::open(server, bounds)?;
    let latency = begun.elapsed();
    connection.send(request.as_bytes());
    let response = read(&mut connection, bounds)?;
    if !response.starts_with("HTTP/") {
        let what = what_came(&response, &connection, bounds);
        return Err(io::Error::other(format!(
            "{server} does not answer `GET / HTTP/1.1`: {what}"
        )));
    }
    connection.send(request.as_bytes());
    let second = read(&mut connection, bounds)?;
    let keeps = second.starts_with("HTTP/");
    drop(connection);
    let silent = (0..SILENT)
        .map(|_| Connection::open(server, bounds))
        .collect::<io::Result<Vec<_>>>()?;
    let alone = latin1(&ask(server, &request, bounds)?);
    drop(silent);
    let index = ask(server, &request.replacen("GET /", "GET /index.html", 1), bounds)?;
    let target = server.to_string();
    let again = if keeps { &second } else { &alone };
    Ok(Preflight {
        latency,
        keeps,
        one_at_a_time: !alone.starts_with("HTTP/"),
        via: field(&response, "via").map(str::to_owned),
        server: field(&response, "server").map(str::to_owned),
        redirected_to: redirection(&response),
        has_probe_site: site::contents().shortened(index).contains("{{file:/index.html}}"),
        coding: field(&response, "content-encoding").map(str::to_owned),
        changes: again.starts_with("HTTP/") && normal(&response, &target) != normal(again, &target),
    })
}

/// Where a response redirects to.
pub(super) fn redirection(response: &str) -> Option<String> {
    let redirects = status(response).is_some_and(|status| (300..400).contains(&status));
    field(response, "location").filter(|_| redirects).map(str::to_owned)
}

/// What a server did instead of sending a response.
fn what_came(response: &str, connection: &Connection, bounds: Bounds) -> String {
    match (response.is_empty(), connection.ended) {
        (true, None) => format!("it sent nothing for {} s", bounds.first.as_secs_f64()),
        (true, Some((End::Rst, _))) => "it reset the connection".to_owned(),
        (true, Some(_)) => "it closed the connection without a response".to_owned(),
        (false, _) => {
            let beginning: String = response.chars().take(40).collect();
            format!(
                "what it sent is not an HTTP response, but begins with `{}`",
                crate::case::visible(&beginning)
            )
        }
    }
}

fn read(connection: &mut Connection, bounds: Bounds) -> io::Result<String> {
    let bytes = connection.read(bounds.quiet);
    bytes
        .map(|bytes| latin1(&bytes))
        .map_err(|endless| io::Error::other(format!("`GET /`: {endless}")))
}
