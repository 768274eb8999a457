//! A profile for a server of your own: a built-in profile, and what differs from it.
//!
//! cargo run --example own_profile

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{CloseReason, Event, Server};
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// nginx as a gateway that closes a connection after two requests and responds to missing files with its own 404 page.
const PROFILE: &str = r#"
extends = "nginx"
title = "the company's gateway"

[connection]
max_requests = 2

[response.404]
head = """
Server: gateway/7
Date: {date}
Content-Type: text/plain
Content-Length: {content_length}
{connection_fields}
"""
body = "there is no {path} here\n"
crlf = false
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder().profile(PROFILE)?.file("/a.txt", "text").start()?;

    let mut client = TcpStream::connect(server.address())?;
    client.write_all(b"GET /a.txt HTTP/1.1\r\nHost: test\r\n\r\n")?;
    client.write_all(b"GET /b.txt HTTP/1.1\r\nHost: test\r\n\r\n")?;
    let mut replies = String::new();
    client.read_to_string(&mut replies)?;
    println!("{replies}");
    assert!(replies.starts_with("HTTP/1.1 200 OK\r\nServer: nginx"), "{replies}");
    assert!(replies.contains("\r\nConnection: keep-alive\r\n"), "{replies}");
    assert!(
        replies.contains("HTTP/1.1 404 Not Found\r\nServer: gateway/7\r\n"),
        "{replies}"
    );
    assert!(
        replies.ends_with("Connection: close\r\n\r\nthere is no /b.txt here\n"),
        "{replies}"
    );

    server.wait_for(
        Event::closed().reason(CloseReason::MaxRequests),
        Duration::from_secs(10),
    )?;
    println!("{}", server.stop());

    // A mistake is found before the server starts, and the message says what is expected.
    if let Err(mistake) = Server::builder().profile("extends = 'nginx'\n[timers]\nidel = '1s'\n") {
        println!("{mistake}");
    }
    Ok(())
}
