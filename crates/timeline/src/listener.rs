//! Accepts the clients of the timeline. Each connection is served by a task of its own.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may be idle and take to send a request head, together. A slower client would hold a descriptor that a
/// client of the lab servers could use.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after `accept` has failed: descriptors may have run out, and become free again.
const RETRY: Duration = Duration::from_millis(200);

/// Accepts connections and serves them from `router`, until the task is aborted.
pub(super) async fn accept(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve_connection(stream, router.clone()))),
            Err(error) => {
                tracing::debug!("timeline: cannot accept a connection, trying again: {error}");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = served.await {
        tracing::debug!("timeline: a connection failed: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_head_that_never_ends_times_out_and_other_clients_are_served() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(async || "here"));
        let pages = tokio::spawn(accept(listener, router));
        let (mut slow, mut answer) = (TcpStream::connect(address).await.expect("connected"), Vec::new());
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").await.expect("sent");
        let begun = Instant::now();
        slow.read_to_end(&mut answer).await.expect("an orderly close");
        assert!(
            (HEAD_TIMEOUT..2 * HEAD_TIMEOUT).contains(&begun.elapsed()),
            "{:?}",
            begun.elapsed()
        );
        let mut quick = TcpStream::connect(address).await.expect("connected");
        quick
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .await
            .expect("sent");
        answer.clear();
        quick.read_to_end(&mut answer).await.expect("an orderly close");
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(b"here"));
        pages.abort();
    }
}
