//! A test of a load balancer: the keep-alive time of its server is shorter than its own, so that a request meets the end
//! of the connection. What does HAProxy tell its client, and what cures it?
//!
//! Needs `haproxy` in the PATH; without it, nothing is tested.
//!
//! cargo run --example haproxy

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{Report, Rule, Server};
use std::error::Error;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// HAProxy sends a request again whose connection ended before a response.
const CURE: &str = "retries 3\n  retry-on conn-failure empty-response";

fn main() -> Result<(), Box<dyn Error>> {
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
            // The one connection that it kept, and another one if it tried again.
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

/// Two requests of two clients through HAProxy. Returns the status of the second, and what the server saw; `None` without
/// HAProxy.
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

/// A running HAProxy.
struct Proxy {
    process: Child,
    address: SocketAddr,
    config: PathBuf,
}

impl Proxy {
    fn start(server: SocketAddr, setting: &str) -> Result<Option<Self>, Box<dyn Error>> {
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = std::env::temp_dir().join(format!("labserve-haproxy-{}.cfg", address.port()));
        fs::write(
            &config,
            format!(
                "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n  http-reuse always\n  \
                 {setting}\nlisten proxy\n  bind {address}\n  server labserve {server}\n"
            ),
        )?;
        let process = match Command::new("haproxy").arg("-db").arg("-f").arg(&config).spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::remove_file(&config)?;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let proxy = Self {
            process,
            address,
            config,
        };
        // HAProxy does not say when it listens.
        let begun = Instant::now();
        while let Err(error) = TcpStream::connect(address) {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(error.into());
            }
            std::thread::yield_now();
        }
        Ok(Some(proxy))
    }

    /// Sends a request on a connection of its own. Returns the status of the response.
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
