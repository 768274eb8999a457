//! A client in the thread of the server, connected by a socket pair: no port is used, and timers expire at once.

use crate::server::{Single, Site};
use labserve_core::profile::Profile;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

/// How long to wait for the server to close, in virtual time. Longer than any timer of a built-in profile.
const PATIENCE: Duration = Duration::from_secs(900);

/// A server and the runtime in which clients talk to it.
pub(super) struct Clients {
    runtime: Runtime,
    server: Single,
}

impl Clients {
    /// Starts a server of `root` under a profile. Virtual time advances only when all tasks wait for a timer.
    pub(super) fn of(profile: &Profile, root: crate::files::Root) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let server = {
            let _inside = runtime.enter();
            Single::new(Site {
                profile: profile.clone(),
                root,
                cache: Default::default(),
            })
        };
        Self { runtime, server }
    }

    /// The bytes that a client receives that sends `bytes`, waits, and then sends a FIN.
    pub(super) fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        self.ask_in(std::iter::once(bytes))
    }

    /// The same for a client that sends the bytes in pieces, each of which arrives separately.
    pub(super) fn ask_in<'p>(&self, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        let (client, server) = UnixStream::pair().expect("a pair of sockets");
        client.set_nonblocking(true).expect("a socket");
        let talk = async {
            let mut client = tokio::net::UnixStream::from_std(client).expect("a socket");
            for piece in pieces {
                // The server may have closed the connection already. Its response can still be read.
                let _ = client.write_all(piece).await;
                sleep(Duration::from_millis(1)).await;
            }
            let mut got = Vec::new();
            if timeout(PATIENCE, client.read_to_end(&mut got)).await.is_err() {
                let _ = client.shutdown().await;
                let _ = client.read_to_end(&mut got).await;
            }
            got
        };
        let serve = self.server.serve(std::net::TcpStream::from(OwnedFd::from(server)));
        LocalSet::new()
            .block_on(&self.runtime, async { tokio::join!(talk, serve) })
            .0
    }
}
