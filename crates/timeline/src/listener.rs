//! Accepts the clients of the timeline. Each connection has a seat and is served by a separate task.

use super::connection_io::ConnectionIo;
use super::seats::{Activity, SeatLimits, Seats};
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use labserve_server::server::FdReserve;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a client may be idle plus take to send a request head. A slower client would occupy a descriptor that a
/// client of the served ports may need.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after `accept` has failed. Descriptors may have run out, and may become free again.
const RETRY: Duration = Duration::from_millis(200);

/// Accepts connections and serves them from `router`, until the task is aborted. Then all connections are closed. If
/// all seats are taken, a new connection gets the seat of another.
pub(super) async fn accept(listener: TcpListener, router: Router) {
    let reserve = FdReserve::of_process();
    let limits = SeatLimits::of(reserve);
    let mut seats = Seats::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                seats.make_room(limits.in_force(reserve.is_reached_by(&stream))).await;
                let activity = Activity::new();
                let task = tokio::spawn(serve_connection(stream, router.clone(), activity.clone()));
                seats.take(activity, task);
            }
            Err(error) => {
                tracing::debug!("timeline: cannot accept a connection, trying again: {error}");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router, activity: Activity) {
    let io = TokioIo::new(ConnectionIo::new(stream, activity.clone()));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        activity.asked();
        router.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(io, service);
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

    #[tokio::test]
    async fn a_thousand_idle_clients_hold_128_connections_and_lose_them_to_one_that_asks() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let most = SeatLimits::of(FdReserve::of_process()).in_force(false);
        let router = Router::new().route("/", get(async || "here"));
        let pages = tokio::spawn(accept(listener, router));
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut page = TcpStream::connect(address).await.expect("connected");
        let mut reply = [0; 4096];
        page.write_all(request).await.expect("sent");
        assert!(page.read(&mut reply).await.expect("a response") > 0);
        let mut idle = Vec::new();
        for _ in 0..3 * most {
            idle.push(TcpStream::connect(address).await.expect("connected"));
        }
        // The page was idle for longer than the others, but it has sent a request.
        page.write_all(request).await.expect("sent");
        assert!(page.read(&mut reply).await.expect("a response") > 0);
        // The first ones have lost their seats. The last ones have not.
        assert!(matches!(idle[0].read(&mut reply).await, Ok(0) | Err(_)));
        let last = idle.last_mut().expect("a client");
        last.write_all(request).await.expect("sent");
        assert!(last.read(&mut reply).await.expect("a response") > 0);
        let mut open = 0;
        for client in &idle {
            open += usize::from(
                matches!(client.try_read(&mut reply), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock),
            );
        }
        assert!(open <= most, "{open} of {most}");
        pages.abort();
    }
}
