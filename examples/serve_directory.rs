//! Serves a directory as Node with Express would, asks for one file, and prints what happened.
//!
//! cargo run --example serve_directory

#![allow(clippy::print_stdout, reason = "an example shows its result")]

use labserve::{Event, Server};
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/static");
    let server = Server::builder().profile("node")?.root(directory).start()?;
    println!("serving {directory} at {}", server.url("/"));

    let mut client = TcpStream::connect(server.address())?;
    client.write_all(b"GET /static/style1.css HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
    let mut reply = String::new();
    client.read_to_string(&mut reply)?;
    let (head, body) = reply.split_once("\r\n\r\n").ok_or("a reply without a head")?;
    println!("{head}\n");
    assert_eq!(body, std::fs::read_to_string(format!("{directory}/static/style1.css"))?);

    server.wait_for(Event::closed(), Duration::from_secs(2))?;
    let report = server.stop();
    println!("{report}");
    assert_eq!(report.connections(), 1);
    assert!(report.lost().is_empty());
    Ok(())
}
