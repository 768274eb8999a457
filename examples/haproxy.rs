//! A test of a load balancer: its server closes idle connections earlier than it does, so that a request arrives while
//! the connection is being closed. What does HAProxy report to its client, and which setting helps?
//!
//! Needs `haproxy` in the PATH. Without it, nothing is tested.
//!
//! cargo run --example haproxy

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{Report, Rule, Server};
use std::error::Error;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// With this setting, HAProxy sends a request again if its connection ended before a response.
const CURE: &str = "retries 3\n  retry-on conn-failure empty-response";

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    for race in [
        Rule::connection(1).fin_meets_request(),
        Rule::connection(1).reset_meets_request(),
    ] {
        for (what, setting, want) in [("as it is", "", "502"), ("with retry-on", CURE, "200")] {
            let Some((status, report)) = run(race.clone(), setting)? else {
                println!("SKIPPED: haproxy is not installed");
                return Ok(());
            };
            println!("{what}: the second request gets {status}");
            assert_eq!(status, want, "{report}");
            // The connection that HAProxy kept, and a second one if it tried again.
            let connections = if setting.is_empty() { 1 } else { 2 };
            assert_eq!(
                (report.connections(), report.retries()),
                (connections, connections - 1),
                "{report}"
            );
        }
    }
    Ok(())
}

/// Sends two requests from two clients through HAProxy. Returns the status of the second, and what the server saw;
/// `None` without HAProxy.
fn run(race: Rule, setting: &str) -> Result<Option<(String, Report)>, Box<dyn Error>> {
    let server = Server::builder().profile("nginx")?.rule(race).start()?;
    let Some(proxy) = Proxy::start(server.address(), setting)? else {
        return Ok(None);
    };
    let first = proxy.ask()?;
    assert_eq!(first, "200");
    // The server ends the connection that HAProxy kept when the first byte of this request arrives.
    let second = proxy.ask()?;
    drop(proxy);
    Ok(Some((second, server.stop())))
}

/// A socket for HAProxy to inherit. It is already listening, so the port cannot be taken by another program, and
/// clients need not wait for HAProxy.
#[cfg(unix)]
fn as_standard_input(listener: TcpListener) -> Option<Stdio> {
    Some(std::os::fd::OwnedFd::from(listener).into())
}

/// HAProxy runs only on Unix.
#[cfg(not(unix))]
fn as_standard_input(_: TcpListener) -> Option<Stdio> {
    None
}

/// A running HAProxy.
struct Proxy {
    process: Child,
    address: SocketAddr,
    config: PathBuf,
}

impl Proxy {
    /// Starts HAProxy; `None` if it is not installed.
    fn start(server: SocketAddr, setting: &str) -> Result<Option<Self>, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let Some(listener) = as_standard_input(listener) else {
            return Ok(None);
        };
        let config = std::env::temp_dir().join(format!("labserve-haproxy-{}.cfg", address.port()));
        fs::write(
            &config,
            format!(
                "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 60s\n  timeout client 60s\n  timeout server 60s\n  http-reuse always\n  \
                 {setting}\nlisten proxy\n  bind fd@0\n  server labserve {server}\n"
            ),
        )?;
        let command = &mut Command::new("haproxy");
        let process = match command.arg("-db").arg("-f").arg(&config).stdin(listener).spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::remove_file(&config)?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Self {
            process,
            address,
            config,
        }))
    }

    /// Sends a request on a new connection. Returns the status of the response.
    fn ask(&self) -> Result<String, Box<dyn Error>> {
        let mut client = TcpStream::connect(self.address)?;
        client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
        let mut response = String::new();
        client.read_to_string(&mut response)?;
        Ok(response.split(' ').nth(1).unwrap_or("nothing").to_owned())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.config);
    }
}
