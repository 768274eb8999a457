//! Visits to a server in memory and in virtual time, which answers each request after 2 ms.

use super::record::Outcome;
use super::{Behaviour, Options, Reply, Site, Step, Visit};
use crate::recording::End;
use std::collections::BTreeMap;
use std::time::Duration;

const PAGE: &str = "<link rel=stylesheet href=s.css><img src=i.png><audio src=a.wav></audio>";

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The behaviour of the server in memory.
#[derive(Clone, Copy, Default)]
struct Server {
    /// The time without a request after which it sends FIN.
    idle: Option<Duration>,
    /// Whether it announces that time.
    announces: bool,
    /// Whether it closes each connection after its response.
    closes: bool,
    /// The connection that it ends when its second request arrives.
    ends_on_second: Option<usize>,
    /// Whether its second connection is established after 20 ms instead of 1 ms.
    accepts_late: bool,
    /// Whether it answers requests for style sheets after 20 ms instead of 2 ms.
    styles_late: bool,
}

enum Happens {
    Connected(usize),
    Reply(usize, Box<Reply>),
    End(usize, End),
}

fn reply(head: &str, server: Server) -> Reply {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let is_known = head.contains("\r\nIf-None-Match: \"e\"\r\n");
    let (status, body) = match target {
        "/" => (200, PAGE),
        "/favicon.ico" => (404, ""),
        _ => (200, "x"),
    };
    let is_range = status == 200 && head.contains("\r\nRange: ");
    Reply {
        status: match (is_known, is_range) {
            (true, _) => 304,
            (false, true) => 206,
            (false, false) => status,
        },
        size: 100,
        ends_connection: server.closes,
        announced: server.idle.filter(|_| server.announces),
        etag: (status == 200).then(|| "\"e\"".to_owned()),
        modified: None,
        content: body.len() as u64,
        body: if is_known { Vec::new() } else { body.as_bytes().to_vec() },
    }
}

/// Plays a visit and describes it, with one line for each connection.
fn visit(like: &str, options: Options, server: Server) -> Vec<String> {
    let behaviour = Behaviour::built_in(like).expect(like);
    let site = Site {
        authority: "h:1".to_owned(),
        path: "/".to_owned(),
    };
    let mut visit = Visit::new(behaviour, site, options);
    let mut agenda: BTreeMap<(Duration, usize), Happens> = BTreeMap::new();
    let (mut now, mut order) = (Duration::ZERO, 0);
    let mut served: BTreeMap<usize, usize> = BTreeMap::new();
    while !visit.is_over() {
        for step in visit.steps(now) {
            order += 1;
            match step {
                Step::Connect(lane) => {
                    let takes = if server.accepts_late && lane == 1 {
                        ms(20)
                    } else {
                        ms(1)
                    };
                    agenda.insert((now + takes, order), Happens::Connected(lane));
                }
                Step::Send(lane, head) => {
                    agenda.retain(|_, happens| !matches!(happens, Happens::End(other, _) if *other == lane));
                    let count = served.entry(lane).or_default();
                    *count += 1;
                    let ends = server.ends_on_second == Some(lane) && *count == 2;
                    let head = String::from_utf8(head).expect("text");
                    let takes = match server.styles_late && head.starts_with("GET /s.css ") {
                        true => ms(20),
                        false => ms(2),
                    };
                    let happens = match ends {
                        true => Happens::End(lane, End::Rst),
                        false => Happens::Reply(lane, Box::new(reply(&head, server))),
                    };
                    agenda.insert((now + takes, order), happens);
                    if let Some(idle) = server.idle {
                        agenda.insert((now + takes + idle, order + 1_000_000), Happens::End(lane, End::Fin));
                    }
                }
                Step::Close(lane) => {
                    agenda.retain(|_, happens| !matches!(happens, Happens::End(other, _) if *other == lane));
                    agenda.insert((now, order), Happens::End(lane, End::Fin));
                }
                Step::Drop(lane) => {
                    agenda.retain(|_, happens| !matches!(happens, Happens::End(other, _) if *other == lane));
                }
            }
        }
        if visit.is_over() {
            break;
        }
        let next = agenda.keys().next().map(|(at, _)| *at);
        let wake = visit.wake();
        now = next
            .into_iter()
            .chain(wake)
            .min()
            .unwrap_or_else(|| panic!("{like}: nothing will ever happen: {visit:?}"))
            .max(now);
        if next.is_some_and(|at| at <= now)
            && let Some((_, happens)) = agenda.pop_first()
        {
            match happens {
                Happens::Connected(lane) => visit.connected(lane, 40_000, now),
                Happens::Reply(lane, reply) => visit.replied(lane, &reply, now),
                Happens::End(lane, end) => visit.ended(lane, end, false, now),
            }
        }
    }
    visit.connections().iter().map(described).collect()
}

fn described(connection: &super::Connection) -> String {
    let requests = connection.exchanges.iter().map(|exchange| {
        let status = match exchange.outcome {
            Outcome::Response { status, .. } => status.to_string(),
            other => format!("{other:?}"),
        };
        let retry = if exchange.is_retry { " again" } else { "" };
        format!("{} {status}{retry}", exchange.target)
    });
    let closed = connection.closed.expect("closed");
    let followed = connection
        .followed
        .map_or(String::new(), |(_, at)| format!(" +{:?}", at - closed.at));
    let requests: Vec<String> = requests.collect();
    format!("{} | {:?} {:?}{followed}", requests.join(", "), closed.by, closed.after)
}

#[test]
fn each_behaviour_has_its_connections() {
    let five = Server {
        idle: Some(ms(5_000)),
        announces: true,
        ..Server::default()
    };
    let none = Options::default();
    for (like, want) in [
        (
            "chrome",
            &[
                "/ 200, /s.css 200, /a.wav 206, /favicon.ico 404 | Server 5s +5s",
                "/i.png 200 | Server 5s +5.004s",
            ][..],
        ),
        (
            "edge",
            &[
                "/ 200, /s.css 200, /a.wav 206, /favicon.ico 404 | Server 5s +5s",
                "/i.png 200 | Server 5s +5.004s",
            ],
        ),
        (
            "firefox",
            &[
                "/ 200, /s.css 200 | Server 5s +0ns",
                "/i.png 200, /a.wav 206, /favicon.ico 404 | Server 5s +0ns",
            ],
        ),
        ("curl", &["/ 200 | Client 0ns +0ns"]),
        (
            "report-1",
            &[
                "/ 200, /s.css 200, /i.png 200, /a.wav 206, /favicon.ico 404 | Server 5s +0ns",
                " | Client 7.99s +0ns",
            ],
        ),
        (
            "report-3",
            &[
                "/ 200, /s.css 200 | Server 5s +0ns",
                "/i.png 200, /a.wav 206 | Server 5s +0ns",
            ],
        ),
    ] {
        assert_eq!(visit(like, none, five), want, "{like}");
    }
    // A server that does not close.
    let want = [
        "/ 200, /s.css 200, /i.png 200, /a.wav 206, /favicon.ico 404 | Client 10s +0ns",
        " | Client 9.99s +0ns",
    ];
    assert_eq!(visit("report-4", none, Server::default()), want);
}

#[test]
fn the_second_load_is_conditional_where_the_browser_asks_so() {
    let cached = Options {
        cached: true,
        serial: true,
        ..Options::default()
    };
    let loads = |like| visit(like, cached, Server::default());
    assert_eq!(
        loads("firefox"),
        [
            "/ 200, /s.css 200, /i.png 200, /a.wav 206, /favicon.ico 404 | Client 0ns +0ns",
            "/ 304, /s.css 304, /i.png 304, /a.wav 304 | Client 10s +0ns",
        ]
    );
    let ie = loads("ie");
    assert!(!ie[1].contains("304") && ie[1].contains("/s.css 200"), "{ie:?}");
}

#[test]
fn options_change_the_connections() {
    let closes = Server {
        closes: true,
        ..Server::default()
    };
    let serial = Options {
        serial: true,
        ..Options::default()
    };
    let one = visit("chrome", serial, Server::default());
    assert_eq!(one.len(), 1, "{one:?}");
    let five = visit("chrome", serial, closes);
    assert_eq!(five.len(), 5, "one connection for each request: {five:?}");
    assert!(five.iter().all(|line| line.ends_with("| Client 0ns +0ns")), "{five:?}");
    let unused = Options {
        unused: true,
        ..Options::default()
    };
    let lines = visit("firefox", unused, Server::default());
    assert_eq!(
        lines.iter().filter(|line| line.starts_with(" |")).count(),
        1,
        "{lines:?}"
    );
    let repeated = Options {
        repeat: 3,
        connections: Some(6),
        stay: Some(Duration::ZERO),
        ..Options::default()
    };
    let lines = visit("chrome", repeated, Server::default());
    let pages: usize = lines.iter().map(|line| line.matches("/ ").count()).sum();
    assert_eq!((lines.len(), pages), (3, 3), "{lines:?}");
}

#[test]
fn a_request_that_meets_the_end_of_its_connection_is_sent_again() {
    let server = Server {
        ends_on_second: Some(0),
        ..Server::default()
    };
    let serial = Options {
        serial: true,
        ..Options::default()
    };
    let lines = visit("firefox", serial, server);
    assert_eq!(lines[0], "/ 200, /s.css Nothing(Rst) | Server 2ms");
    assert!(lines[1].starts_with("/s.css 200 again, /i.png 200"), "{lines:?}");
}

#[test]
fn how_long_connections_and_responses_take_changes_no_request() {
    let usual = Server::default();
    let slow = [
        Server {
            accepts_late: true,
            ..usual
        },
        Server {
            styles_late: true,
            ..usual
        },
    ];
    let requests = |like, server| -> Vec<String> {
        let lines = visit(like, Options::default(), server).into_iter();
        lines
            .map(|line| line.split(" |").next().unwrap_or_default().to_owned())
            .collect()
    };
    for (like, want) in [
        (
            "chrome",
            ["/ 200, /s.css 200, /a.wav 206, /favicon.ico 404", "/i.png 200"],
        ),
        (
            "firefox",
            ["/ 200, /s.css 200", "/i.png 200, /a.wav 206, /favicon.ico 404"],
        ),
    ] {
        assert_eq!(requests(like, usual), want);
        for server in slow {
            assert_eq!(requests(like, server), want, "{like}");
        }
    }
}
