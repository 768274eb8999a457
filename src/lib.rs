//! A web server for tests that behaves like the server that you choose: Node, nginx, Apache, IIS, Flask, Django or your
//! own.
//!
//! Clients, connection pools and proxies have to work with servers that you do not control. labserve imitates such
//! servers: their response heads, their timers, and how they close a connection. A *profile*, which is a TOML file,
//! describes a server. This crate starts one inside the test's process and reports what happened on it:
//!
//! ```
//! use labserve::{CloseReason, Event, Server, Who};
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use std::time::Duration;
//!
//! let server = Server::builder()
//!     .profile("nginx")?                      // a built-in name, a path, or TOML text
//!     .set("timers.idle", "100ms")?           // any key of the profile
//!     .file("/a.txt", "text")                 // or .root("some/directory"), or the demo site
//!     .start()?;                              // 127.0.0.1, a free port, threads of its own
//!
//! // The client under test. It gets its reply and leaves the connection idle.
//! let mut client = TcpStream::connect(server.address()).unwrap();
//! client.write_all(b"GET /a.txt HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
//! let mut reply = String::new();
//! client.read_to_string(&mut reply).unwrap();
//! assert!(reply.starts_with("HTTP/1.1 200 OK\r\nServer: nginx"), "{reply}");
//!
//! server.wait_for(Event::closed().connection(1), Duration::from_secs(2))?;
//! let report = server.stop();
//! assert_eq!(report.connections(), 1, "{report}");
//! let closed = report.connection(1).unwrap().closed.unwrap();
//! assert_eq!((closed.by, closed.reason), (Who::Server, CloseReason::Idle));
//! # Ok::<(), labserve::Error>(())
//! ```
//!
//! # The parts
//!
//! - [`Server::builder`] creates a [`Builder`], which [starts](Builder::start) a [`Running`] server. It runs on
//!   separate threads, so it works with any async runtime or none. It stops when it is dropped.
//! - [`Running::wait_for`] waits until an [`Event`] has happened, and [`Running::until`] does so in async code. Tests
//!   need no sleeps.
//! - [`Running::stop`] returns a [`Report`]: the connections, the [requests](Request) and [replies](Reply) on each, how
//!   each [closed](Closed), which requests were [dropped](DroppedRequest), and what was [lost](Lost). A report is also
//!   readable text, for the message of a failing assertion.
//! - [`profiles`] lists the built-in profiles. Where a server could be run, its profile is tested against recordings.
//! - The module `explain` reads captures made with Wireshark or tcpdump, and says what happened and why.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `explain` | the module `explain` |
//! | `timeline` | `Builder::timeline`: a live page of the server's connections |
//! | `cli` | nothing here; the program `labserve` |
//!
//! All are on by default, because `cargo install` builds the program. A test needs none of them:
//!
//! ```toml
//! [dev-dependencies]
//! labserve = { version = "0.1", default-features = false }
//! ```
//!
//! The server writes its log through [`tracing`](https://docs.rs/tracing), to the subscriber that the test has set, if
//! any.

#![forbid(unsafe_code)]

#[cfg(feature = "timeline")]
mod assertion;
mod builder;
mod close_style;
mod dropped;
mod error;
mod event;
#[cfg(feature = "explain")]
pub mod explain;
mod history;
mod profiles;
#[cfg(feature = "timeline")]
mod recording;
mod report;
mod rule;
mod server;
#[cfg(feature = "timeline")]
mod timeline;

#[cfg(feature = "timeline")]
#[doc(hidden)]
pub use assertion::check;
pub use builder::Builder;
pub use close_style::CloseStyle;
pub use dropped::DroppedRequest;
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use labserve_core::close_reason::{CloseReason, Who};
pub use labserve_core::conn::DropPlace;
pub use profiles::profiles;
#[cfg(feature = "timeline")]
#[doc(hidden)]
pub use recording::Recording;
pub use report::{Closed, Connection, Lost, Reply, Report, Request};
pub use rule::{Point, Rule};
pub use server::{Running, Server};

/// The examples in README.md are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples in docs/testing.md are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/testing.md")]
struct Testing;
