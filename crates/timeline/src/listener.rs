//! Takes clients in and has each served on a task of its own.
//!
//! Knows sockets and how long a client may take over a head. Does not know what is answered.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may take to send a head, and to rest before it: who waits longer holds a descriptor that a client of the
/// servers could have.
const HEAD: Duration = Duration::from_secs(30);

/// The pause after a client could not be taken in: descriptors may be short, and are given back.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves every client from `router`, without end.
pub(super) async fn accept(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream, router.clone()))),
            Err(error) => {
                tracing::debug!("timeline: no client is taken in for now: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = served.await {
        tracing::debug!("timeline: a client's connection ended: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_end_ends_its_connection_and_no_other() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(async || "here"));
        let pages = tokio::spawn(accept(listener, router));
        let (mut slow, mut answer) = (TcpStream::connect(address).await.expect("taken in"), Vec::new());
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.expect("sent");
        let begun = Instant::now();
        slow.read_to_end(&mut answer).await.expect("ended in order");
        assert!((HEAD..2 * HEAD).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        let mut quick = TcpStream::connect(address).await.expect("taken in");
        quick
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await
            .expect("sent");
        answer.clear();
        quick.read_to_end(&mut answer).await.expect("ended in order");
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"here"));
        pages.abort();
    }
}
