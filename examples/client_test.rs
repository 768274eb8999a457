//! A test of an HTTP client: does it reuse its connection, and does it cope when the server closes it?
//!
//! The servers are nginx and Node with Express, except that they close an idle connection after one second.
//!
//! cargo run --example client_test

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{CloseReason, Event, Running, Server, Who};
use std::error::Error;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for profile in ["nginx", "node"] {
        let server = Server::builder().profile(profile)?.set("timers.idle", "1s")?.start()?;
        test(server).await?;
    }
    Ok(())
}

async fn test(server: Running) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::new();
    for _ in 0..2 {
        let reply = client.get(server.url("/")).send().await?;
        assert_eq!(reply.status(), 200);
        reply.bytes().await?;
    }

    // No sleep: this returns when the server has closed the connection.
    let closed = server.until(Event::closed().connection(1));
    tokio::time::timeout(Duration::from_secs(5), closed).await??;
    let report = server.report();
    assert_eq!(
        report.connections(),
        1,
        "the client should reuse its connection: {report}"
    );
    let connection = report.connection(1).ok_or("the first connection")?;
    assert_eq!(connection.requests.len(), 2, "{report}");
    assert!(connection.open_for >= Duration::from_secs(1), "{report}");
    let closed = connection.closed.ok_or("it is closed")?;
    assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Idle), "{report}");

    // The client must notice the close and open a new connection.
    let reply = client.get(server.url("/nope")).send().await?;
    assert_eq!(reply.status(), 404);
    reply.bytes().await?;

    let report = server.stop();
    assert_eq!(report.connections(), 2, "{report}");
    assert!(report.lost().is_empty(), "{report}");
    println!("{report}");
    Ok(())
}
