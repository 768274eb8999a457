//! A client in the same thread as the server: what is answered to some bytes, without a port and without waiting.

use crate::server::{Single, Site};
use labserve_core::profile::Profile;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

/// Longer than any timer of a built-in profile.
const PATIENCE: Duration = Duration::from_secs(900);

/// Clients of one server.
pub(super) struct Clients {
    runtime: Runtime,
    server: Single,
}

impl Clients {
    /// Of a server of the demo site, or of `root`, under a profile. Its clock stands still but for timers, which pass at
    /// once.
    pub(super) fn of(profile: &Profile, root: crate::files::Root) -> Clients {
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
        Clients { runtime, server }
    }

    /// What is answered to a client that sends these bytes, waits, and then ends its side.
    pub(super) fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        self.ask_in(std::iter::once(bytes))
    }

    /// The same to a client that sends them in pieces, and lets each of them arrive by itself.
    pub(super) fn ask_in<'p>(&self, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        let (client, server) = UnixStream::pair().expect("a pair of sockets");
        client.set_nonblocking(true).expect("a socket");
        let talk = async {
            let mut client = tokio::net::UnixStream::from_std(client).expect("a socket");
            for piece in pieces {
                // A server that is gone has said what it had to say.
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
