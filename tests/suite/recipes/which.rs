//! Recipes about selecting the requests and connections to which a rule applies.

use super::{client, get, serve};
use labserve::{CloseReason, Event, Point, Rule, Running, Who};
use reqwest::{Client, Method};

/// The statuses of this number of requests, one after another.
async fn statuses(client: &Client, server: &Running, count: usize) -> Vec<u16> {
    let mut all = Vec::new();
    for _ in 0..count {
        let (status, _) = get(client, server, "/a.txt").await.expect("a response");
        all.push(status.as_u16());
    }
    all
}

#[tokio::test]
async fn one_connection_for_all_requests() {
    let server = serve([]);
    assert_eq!(statuses(&client(), &server, 5).await, [200; 5]);
    let report = server.stop();
    assert_eq!(report.connections(), 1, "{report}");
    assert_eq!(report.connection(1).expect("one").requests.len(), 5, "{report}");
}

#[tokio::test]
async fn certain_requests_are_refused() {
    for (rule, want) in [
        (Rule::any().request(2), [200, 503, 200, 200, 200, 200]),
        (Rule::any().overall(3), [200, 200, 503, 200, 200, 200]),
        (Rule::any().nth(4), [200, 200, 200, 503, 200, 200]),
        (Rule::any().every(3), [200, 200, 503, 200, 200, 503]),
        (Rule::path("/*.txt").every(2).times(2), [200, 503, 200, 503, 200, 200]),
        (Rule::path("/*.css"), [200; 6]),
        (Rule::any().method("POST"), [200; 6]),
        (Rule::any().header("Accept: text/*"), [200; 6]),
        (Rule::any().header("Accept"), [503; 6]),
    ] {
        let server = serve([rule.clone().status(503)]);
        assert_eq!(statuses(&client(), &server, 6).await, want, "{rule:?}");
        assert_eq!(server.stop().connections(), 1, "{rule:?}");
    }
}

#[tokio::test]
async fn a_method_is_refused() {
    let server = serve([Rule::any().method("HEAD").status(503)]);
    let client = client();
    let head = client
        .request(Method::HEAD, server.url("/a.txt"))
        .send()
        .await
        .expect("a response");
    assert_eq!(head.status(), 503);
    assert_eq!(statuses(&client, &server, 1).await, [200]);
}

#[tokio::test]
async fn some_of_all_requests_fail_by_chance_and_the_same_in_every_run() {
    let rule = |seed| Rule::any().percent(30, seed).status(503);
    let run = async |seed| statuses(&client(), &serve([rule(seed)]), 40).await;
    let first = run(7).await;
    assert_eq!(run(7).await, first);
    assert_ne!(run(8).await, first);
    let failed = first.iter().filter(|status| **status == 503).count();
    assert!((4..=20).contains(&failed), "{first:?}");
}

#[tokio::test]
async fn the_second_connection_is_reset_at_once() {
    let server = serve([Rule::connection(2).at(Point::Accept).reset()]);
    let first = client();
    get(&first, &server, "/a.txt").await.expect("the first connection");
    get(&client(), &server, "/a.txt").await.expect_err("the second one");
    get(&first, &server, "/a.txt")
        .await
        .expect("the first one is as it was");
    get(&client(), &server, "/a.txt").await.expect("a third one");
    server.until(Event::closed().connection(2)).await.expect("a close");
    let report = server.stop();
    let closed = report.connection(2).and_then(|second| second.closed).expect("closed");
    assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Rule), "{report}");
    assert_eq!(report.connections(), 3, "{report}");
}
