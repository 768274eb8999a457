//! Tests over real sockets for what depends on the operating system: escapes from a directory, file names, and panics.
//! The tests that need no sockets are in `labserve_core::adversarial`.

#[cfg(unix)]
mod file_names;
mod panics;
#[cfg(unix)]
mod paths;

use crate::events::EventSenders;
use crate::files::Root;
use crate::server::{GRACE, Options, Server, Site, run};
use labserve_core::profile::{Profile, builtin, layers};
#[cfg(unix)]
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn profiles() -> Vec<Profile> {
    builtin::names().map(|name| layers::load(name).expect(name)).collect()
}

/// A server with one worker thread on a free port.
struct Running {
    running: crate::server::Running,
    address: SocketAddr,
}

impl Running {
    // The tests that call this need directories and names that only Unix has.
    #[cfg(unix)]
    fn start(profile: Profile, root: Root) -> Self {
        Self::with_events(profile, root, &EventSenders::default())
    }

    fn with_events(profile: Profile, root: Root, events: &EventSenders) -> Self {
        let site = Site {
            profile,
            root,
            cache: Default::default(),
        };
        let server = Server::bind(site, ([127, 0, 0, 1], 0).into()).expect("a port");
        let address = server.address();
        let options = Options {
            workers: 1,
            grace: GRACE,
            throttle_log: false,
        };
        let running = run(vec![server], options, events).expect("a running server");
        Self { running, address }
    }

    /// What a GET of `target` receives on a new connection.
    #[cfg(unix)]
    fn ask(&self, target: &str) -> Vec<u8> {
        let mut stream = self.connect();
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut got = vec![0; 4096];
        // A connection that closes without a response may be reset.
        let count = stream.read(&mut got).unwrap_or(0);
        got.truncate(count);
        // Some profiles wait for the client's FIN before they close. In other profiles, an earlier FIN would cancel the
        // request.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut got);
        got
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
    }
}
