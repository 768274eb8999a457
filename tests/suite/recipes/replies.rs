//! Recipes about responses: when they arrive, what they contain, and how the connection ends after them.

use super::{SOON, client, client_reads, get, serve};
use labserve::{CloseStyle, Event, Point, Rule, Server};
use reqwest::{Client, StatusCode};
use std::time::Duration;

/// A client that waits this long for a response.
fn impatient() -> Client {
    let builder = Client::builder().no_proxy().timeout(Duration::from_millis(20));
    builder.build().expect("a client")
}

#[tokio::test]
async fn a_response_that_comes_too_late() {
    let long = Duration::from_secs(60);
    for rule in [
        Rule::path("/a.txt").delay(long),
        Rule::path("/a.txt").body_delay(long),
        Rule::path("/a.txt").at(Point::Head).stall(long),
        Rule::path("/a.txt").after_bytes(20).stall(long),
        Rule::path("/a.txt").throttle(1),
    ] {
        let server = serve([rule.clone()]);
        let error = get(&impatient(), &server, "/a.txt").await.expect_err("too late");
        assert!(error.is_timeout(), "{rule:?}: {error}");
    }
}

#[tokio::test]
async fn a_head_and_later_its_body() {
    let server = serve([Rule::path("/a.txt").at(Point::AfterHead).hold("body")]);
    let response = client().get(server.url("/a.txt")).send().await.expect("a head");
    assert_eq!(response.status(), StatusCode::OK);
    server.until(Event::held("body")).await.expect("a hold");
    server.release("body");
    assert_eq!(response.bytes().await.expect("a body"), "text");
}

#[tokio::test]
async fn an_interim_response_before_it() {
    let server = serve([Rule::path("/a.txt")
        .interim(103)
        .interim(102)
        .delay(Duration::from_millis(1))]);
    let (status, body) = get(&client(), &server, "/a.txt").await.expect("a response");
    assert_eq!((status, body.as_slice()), (StatusCode::OK, b"text".as_slice()));
}

#[tokio::test]
async fn bytes_after_the_end_of_a_response() {
    let server = serve([Rule::path("/a.txt")
        .nth(1)
        .body("text")
        .extra_bytes("HTTP/1.1 200 OK\r\n\r\n")]);
    let client = client();
    for _ in 0..2 {
        let (status, body) = get(&client, &server, "/a.txt").await.expect("a response");
        assert_eq!((status, body.as_slice()), (StatusCode::OK, b"text".as_slice()));
    }
    // The connection is not used again, because it is unknown what its next bytes belong to.
    assert_eq!(server.stop().connections(), 2);
}

#[tokio::test]
async fn a_close_that_is_not_announced() {
    for (rule, style) in [
        (Rule::any().at(Point::AfterReply).fin(), CloseStyle::Fin),
        (Rule::any().at(Point::AfterReply).linger(), CloseStyle::Linger),
        (Rule::any().at(Point::AfterReply).half_close(), CloseStyle::HalfClose),
    ] {
        let server = serve([rule.nth(1)]);
        let client = client();
        let response = client.get(server.url("/a.txt")).send().await.expect("a response");
        assert!(
            response
                .headers()
                .get("connection")
                .is_none_or(|value| value != "close")
        );
        response.bytes().await.expect("a body");
        let closed = tokio::time::timeout(SOON, server.until(Event::closed().connection(1))).await;
        closed.expect("in time").expect("a close");
        client_reads().await;
        get(&client, &server, "/a.txt").await.expect("on another connection");
        let report = server.stop();
        assert_eq!((report.connections(), report.retries()), (2, 0), "{report}");
        let closed = report.connection(1).and_then(|first| first.closed).expect("closed");
        assert_eq!(closed.style, style, "{report}");
    }
}

#[tokio::test]
async fn a_server_that_serves_one_connection_after_the_other() {
    let server = Server::builder()
        .profile("python-http")
        .and_then(|builder| builder.set("connection.served_at_once", 1))
        .and_then(|builder| {
            builder
                .file("/a.txt", "text")
                .rule(Rule::any().nth(1).hold("go"))
                .start()
        })
        .expect("a server");
    let (one, two) = (client(), client());
    let first = get(&one, &server, "/a.txt");
    let second = async {
        server.until(Event::held("go")).await.expect("a hold");
        // The second request waits in the accept queue until the first one ends.
        let second = get(&two, &server, "/a.txt");
        let release = async { server.release("go") };
        tokio::join!(second, release).0
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        (first.expect("a response").0, second.expect("a response").0),
        (StatusCode::OK, StatusCode::OK)
    );
    let report = server.stop();
    assert_eq!(report.connections(), 2, "{report}");
}
