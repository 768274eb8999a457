//! A look at a server before it is recorded: whether it can be asked many things at once.

use crate::client::{self, Connection, ask};
use crate::head::field;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many silent connections are held while the server is asked.
const SILENT: usize = 16;

/// What a first look at a server has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// How long a connection took to be established: the latency of the network, there and back.
    pub latency: Duration,
    /// Whether the server answers a second request on the same connection.
    pub keeps: bool,
    /// Whether a client waits while others are connected and silent. Waits side by side would then be false.
    pub one_at_a_time: bool,
    /// The value of Via: something between has answered, or forwarded.
    pub via: Option<String>,
    /// The value of Server, if there is one.
    pub server: Option<String>,
}

/// Looks at a server. It takes about two seconds, and up to ten if the server serves one connection at a time.
///
/// # Errors
/// No connection can be established, or nothing comes back that begins like an HTTP response.
pub fn preflight(server: SocketAddr) -> io::Result<Preflight> {
    let request = format!("GET / HTTP/1.1\r\nHost: {server}\r\n\r\n");
    let begun = Instant::now();
    let mut connection = Connection::open(server)?;
    let latency = begun.elapsed();
    connection.send(request.as_bytes());
    let response = read(&mut connection)?;
    if !response.starts_with(b"HTTP/") {
        let what = if response.is_empty() {
            "it sent nothing for 1.5 s"
        } else {
            "what it sent is not an HTTP response"
        };
        return Err(io::Error::other(format!(
            "{server} does not answer `GET / HTTP/1.1`: {what}"
        )));
    }
    connection.send(request.as_bytes());
    let keeps = read(&mut connection)?.starts_with(b"HTTP/");
    drop(connection);
    let silent = (0..SILENT)
        .map(|_| Connection::open(server))
        .collect::<io::Result<Vec<_>>>()?;
    let is_served = ask(server, &request)?.starts_with(b"HTTP/");
    drop(silent);
    let head = String::from_utf8_lossy(&response).into_owned();
    Ok(Preflight {
        latency,
        keeps,
        one_at_a_time: !is_served,
        via: field(&head, "via").map(str::to_owned),
        server: field(&head, "server").map(str::to_owned),
    })
}

fn read(connection: &mut Connection) -> io::Result<Vec<u8>> {
    connection
        .read(client::QUIET)
        .map_err(|_| io::Error::other("the response to `GET /` did not end within 8 MiB or 20 s"))
}
