//! The recipes of docs/testing.md, with reqwest as the client under test. None sleeps.

#[path = "../../../examples/haproxy.rs"]
mod haproxy;
mod replies;
mod which;

use labserve::{CloseReason, Event, Point, Rule, Running, Server, Who};
use reqwest::{Client, StatusCode};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The time limit for things that should happen at once. It only ends a test that would otherwise wait forever.
const SOON: Duration = Duration::from_secs(60);

fn serve(rules: impl IntoIterator<Item = Rule>) -> Running {
    let builder = Server::builder()
        .profile("nginx")
        .expect("a profile")
        .grace(Duration::ZERO)
        .file("/a.txt", "text")
        .file("/big", vec![b'x'; 100_000]);
    let builder = rules.into_iter().fold(builder, labserve::Builder::rule);
    builder.start().expect("a server")
}

/// A client that does not use the proxy of the environment.
fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

async fn get(client: &Client, server: &Running, path: &str) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
    let response = client.get(server.url(path)).send().await?;
    Ok((response.status(), response.bytes().await?.to_vec()))
}

/// Lets the tasks of the client, which share this runtime, read what has arrived, such as a FIN. Until then, its pool
/// assumes that the connection is open, and a request on it is lost.
async fn client_reads() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn busy_twice_then_well() {
    let server = serve([Rule::path("/a.txt").status(503).field("Retry-After: 0").times(2)]);
    let client = client();
    let mut statuses = Vec::new();
    while statuses.last() != Some(&200) {
        let (status, _) = get(&client, &server, "/a.txt").await.expect("a response");
        statuses.push(status.as_u16());
    }
    assert_eq!(statuses, [503, 503, 200]);
    assert_eq!(server.stop().connections(), 1);
}

#[tokio::test]
async fn a_download_that_is_reset() {
    let server = serve([Rule::path("/big").nth(1).after_bytes(1000).reset()]);
    let client = client();
    get(&client, &server, "/big").await.expect_err("it is cut short");
    let (status, body) = get(&client, &server, "/big").await.expect("the second time");
    assert_eq!((status, body.len()), (StatusCode::OK, 100_000));
    let report = server.stop();
    assert_eq!((report.connections(), report.retries()), (2, 1), "{report}");
    let cut = report
        .connection(1)
        .and_then(|first| first.requests[0].reply)
        .expect("a reply");
    assert_eq!(cut.head_bytes + cut.body_bytes, 1000, "{report}");
}

#[tokio::test]
async fn the_keep_alive_race_with_fin() {
    the_end_meets_a_request(Rule::any().fin_meets_request()).await;
}

#[tokio::test]
async fn the_keep_alive_race_with_reset() {
    the_end_meets_a_request(Rule::any().reset_meets_request()).await;
}

async fn the_end_meets_a_request(race: Rule) {
    let server = serve([race]);
    let client = client();
    get(&client, &server, "/a.txt").await.expect("the first");
    // reqwest does not repeat a request that it has sent.
    get(&client, &server, "/a.txt").await.expect_err("the connection ended");
    get(&client, &server, "/a.txt").await.expect("on another connection");
    let report = server.stop();
    assert_eq!((report.connections(), report.retries()), (2, 1), "{report}");
    let closed = report.connection(1).and_then(|first| first.closed).expect("closed");
    assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Rule), "{report}");
}

/// The recipe is the example. Without HAProxy, it tests nothing.
#[test]
fn a_backend_whose_keep_alive_is_shorter_than_that_of_its_proxy() {
    haproxy::main().expect("what HAProxy does");
}

#[tokio::test]
async fn an_idle_connection_that_ends_without_a_word() {
    let server = serve([Rule::path("/a.txt").nth(1).at(Point::Idle).fin()]);
    let client = client();
    get(&client, &server, "/a.txt").await.expect("the first");
    server.until(Event::closed().connection(1)).await.expect("a close");
    client_reads().await;
    get(&client, &server, "/a.txt").await.expect("on another connection");
    assert_eq!(server.stop().connections(), 2);
}

#[tokio::test]
async fn a_server_that_announces_more_than_it_does() {
    let server = Server::builder()
        .profile("node")
        .and_then(|builder| builder.set("timers.idle", "20ms"))
        .and_then(|builder| builder.file("/a.txt", "text").start())
        .expect("a server");
    let client = client();
    let response = client.get(server.url("/a.txt")).send().await.expect("a response");
    assert_eq!(response.headers()["keep-alive"], "timeout=5");
    response.bytes().await.expect("a body");
    let idle = Event::closed().reason(CloseReason::Idle);
    tokio::time::timeout(SOON, server.until(idle))
        .await
        .expect("in time")
        .expect("a close");
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let server = serve([Rule::path("/a.txt").never()]);
    let client = client();
    // A client with a timeout might give up before it has connected. This one gives up once its request has arrived.
    tokio::select! {
        response = get(&client, &server, "/a.txt") => panic!("{response:?}"),
        arrived = server.until(Event::request()) => arrived.expect("a request"),
    };
    server.until(Event::closed()).await.expect("a close");
    let report = server.stop();
    let closed = report.connection(1).and_then(|first| first.closed).expect("closed");
    assert_eq!(closed.by, Who::Client, "{report}");
}

#[tokio::test]
async fn the_order_of_two_responses_is_chosen() {
    let server = serve([Rule::path("/a.txt").hold("go")]);
    let client = client();
    let slow = get(&client, &server, "/a.txt");
    let quick = async {
        server.until(Event::held("go")).await.expect("a hold");
        let done = get(&client, &server, "/big").await;
        server.release("go");
        done
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(
        (slow.expect("a response").0, quick.expect("a response").0),
        (StatusCode::OK, StatusCode::OK)
    );
    // The first request was not finished when the second one arrived.
    assert_eq!(server.stop().connections(), 2);
}

#[tokio::test]
async fn bytes_that_drip() {
    let server = serve([Rule::path("/a.txt").throttle(10_000)]);
    let (status, body) = get(&client(), &server, "/a.txt").await.expect("a response");
    assert_eq!((status, body.as_slice()), (StatusCode::OK, b"text".as_slice()));
}

#[tokio::test]
async fn a_body_shorter_than_announced() {
    let server = serve([Rule::path("/a.txt").content_length(99).at(Point::AfterReply).fin()]);
    get(&client(), &server, "/a.txt").await.expect_err("an incomplete body");
}

#[tokio::test]
async fn a_server_with_one_place() {
    let server = Server::builder()
        .profile("nginx")
        .and_then(|builder| builder.set("connection.max_connections", 1))
        .and_then(|builder| builder.rule(Rule::any().nth(1).hold("go")).start())
        .expect("a server");
    let client = client();
    let first = get(&client, &server, "/");
    let second = async {
        server.until(Event::held("go")).await.expect("a hold");
        // The refusal does not wait for a request. A client that is about to send one may report it as an unexpected
        // response.
        let mut other = TcpStream::connect(server.address()).await.expect("a connection");
        let mut refusal = Vec::new();
        other.read_to_end(&mut refusal).await.expect("a refusal");
        server.release("go");
        String::from_utf8(refusal).expect("a response")
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.expect("a response").0, StatusCode::OK);
    assert!(second.starts_with("HTTP/1.1 503 "), "{second}");
}
