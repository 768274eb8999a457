//! Every profile with an ordinary HTTP client, reqwest: what browsers and download tools need.

use std::fs;

use reqwest::{Client, Response, StatusCode, header};

use crate::support::relay::Relay;
use crate::support::server::Server;
use crate::support::site::Site;

const CSS: &str = "/static/style1.css";
const WAV: &str = "/static/BGM.wav";

/// The profiles that imitate a recorded server, those with persistent connections, and those with validators and
/// ranges.
const PROFILES: [&str; 5] = ["node", "nginx", "apache", "flask", "django"];
const KEEP_ALIVE: [&str; 4] = ["node", "nginx", "apache", "django"];
const FULL: [&str; 4] = ["node", "nginx", "apache", "flask"];

#[tokio::test]
async fn a_file_arrives_whole() {
    each(&PROFILES, async |site, server| {
        let answer = get(&server.url(CSS)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(body(answer).await, site.read(&CSS[1..]));
    })
    .await;
}

#[tokio::test]
async fn head_has_the_fields_that_get_would_have() {
    each(&FULL, async |_, server| {
        let head = client()
            .head(server.url(WAV))
            .send()
            .await
            .expect("HEAD should be answered");
        let get = get(&server.url(WAV)).await;
        assert_eq!(head.status(), StatusCode::OK);
        for name in [
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::ETAG,
            header::LAST_MODIFIED,
        ] {
            assert_eq!(head.headers().get(&name), get.headers().get(&name), "{name}");
        }
        assert!(body(head).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_missing_file_is_404() {
    each(&PROFILES, async |_, server| {
        assert_eq!(get(&server.url("/favicon.ico")).await.status(), StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_range_is_206_and_one_beyond_the_end_is_416() {
    each(&FULL, async |site, server| {
        let part = ranged(server, "bytes=100-199").await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 100-199/142130");
        assert_eq!(body(part).await, site.read(&WAV[1..])[100..200]);
        assert_eq!(
            ranged(server, "bytes=142130-").await.status(),
            StatusCode::RANGE_NOT_SATISFIABLE
        );
    })
    .await;
}

#[tokio::test]
async fn the_parts_of_a_file_make_the_file() {
    const PIECE: usize = 30_001;
    each(&FULL, async |site, server| {
        let whole = site.read(&WAV[1..]);
        let mut assembled = Vec::new();
        while assembled.len() < whole.len() {
            let part = ranged(
                server,
                &format!("bytes={}-{}", assembled.len(), assembled.len() + PIECE - 1),
            )
            .await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
            assembled.extend(body(part).await);
        }
        assert!(assembled == whole, "the parts should make the file");
    })
    .await;
}

#[tokio::test]
async fn an_unchanged_file_is_304_and_a_changed_one_is_sent() {
    each(&FULL, async |site, server| {
        let first = get(&server.url(CSS)).await;
        let etag = first.headers()[header::ETAG].clone();
        let again = async || {
            let request = client().get(server.url(CSS)).header(header::IF_NONE_MATCH, &etag);
            request.send().await.expect("a conditional GET should be answered")
        };
        assert_eq!(again().await.status(), StatusCode::NOT_MODIFIED);
        if !server.is_labserve() {
            return; // A real server has its own copy of the site, which must not be changed.
        }
        fs::write(site.root().join(&CSS[1..]), "body { color: red }").expect("the file should be writable");
        let changed = again().await;
        assert_eq!(changed.status(), StatusCode::OK);
        assert_ne!(changed.headers()[header::ETAG], etag);
        assert_eq!(body(changed).await, b"body { color: red }");
    })
    .await;
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    each(&KEEP_ALIVE, async |_, server| {
        let relay = Relay::to(server.address()).await;
        let client = client();
        for _ in 0..20 {
            let answer = client
                .get(relay.url(CSS))
                .send()
                .await
                .expect("each GET should be answered");
            assert_eq!(body(answer).await.len(), 666);
        }
        assert_eq!(relay.connections(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_closes_needs_a_connection_for_each_request() {
    each(&["flask"], async |_, server| {
        let relay = Relay::to(server.address()).await;
        let client = client();
        for _ in 0..5 {
            body(
                client
                    .get(relay.url(CSS))
                    .send()
                    .await
                    .expect("each GET should be answered"),
            )
            .await;
        }
        assert_eq!(relay.connections(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_downloads_at_once_all_arrive() {
    each(&PROFILES, async |site, server| {
        let whole = site.read(&WAV[1..]);
        let client = client();
        let downloads: Vec<_> = (0..100)
            .map(|_| {
                let request = client.get(server.url(WAV));
                tokio::spawn(async move { body(request.send().await.expect("each download should begin")).await })
            })
            .collect();
        for download in downloads {
            assert!(
                download.await.expect("the download's task") == whole,
                "each download should be the file"
            );
        }
    })
    .await;
}

/// Runs a test once for each profile, with its own site and server.
async fn each(profiles: &[&str], test: impl AsyncFn(&Site, &Server)) {
    for profile in profiles {
        println!("profile {profile}");
        let site = Site::recorded();
        let server = Server::start(profile, site.root());
        test(&site, &server).await;
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().expect("to build a client")
}

async fn get(url: &str) -> Response {
    client()
        .get(url)
        .send()
        .await
        .unwrap_or_else(|e| panic!("GET {url}: {e}"))
}

async fn ranged(server: &Server, range: &str) -> Response {
    let request = client().get(server.url(WAV)).header(header::RANGE, range);
    request
        .send()
        .await
        .unwrap_or_else(|e| panic!("GET {WAV} with Range: {range}: {e}"))
}

async fn body(answer: Response) -> Vec<u8> {
    answer.bytes().await.expect("the whole body should arrive").to_vec()
}
