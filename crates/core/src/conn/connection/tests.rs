use super::*;
use crate::profile::layers::{BuiltIns, Layer, Stack};

const REQUEST: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

/// Completes the settling of the first request in the input. Returns the exchange that is started.
fn settle(conn: &mut Conn, cx: &Context<'_>) -> Opened {
    let Next::Settle(head, _) = conn.next(cx) else {
        panic!("a complete head settles")
    };
    match conn.settled(head, false, cx) {
        Next::Serve(opened) => opened,
        other => panic!("{other:?}"),
    }
}

/// Finishes the exchange of the first request in the input. The connection persists.
fn finish(conn: &mut Conn, opened: &Opened, cx: &Context<'_>) -> Option<Close> {
    let input = conn.take_input();
    let outcome = ExchangeOutcome {
        close: None,
        also_counted: 0,
        answered: true,
        cut_in_request: false,
        is_last: false,
        received: 0,
        sent: 0,
        unsent: Unsent::default(),
        left: Leftover::From(opened.head.len),
    };
    conn.finished(opened, input, outcome, cx)
}

/// Bytes that arrive after dropped empty lines are scanned like all others.
#[test]
fn dropped_empty_lines_do_not_count_as_judged() {
    let mut stack = Stack::load("rfc", &BuiltIns).expect("a built-in profile");
    for key in [
        "limits.empty_lines_after_request=10",
        "parser.pipelined_fault=\"drop-earlier\"",
    ] {
        stack = stack.over(Layer::from_assignment(key).expect("a key"));
    }
    let profile = stack.build().expect("a profile");
    let cx = Context {
        profile: &profile,
        root: &[],
        now: Duration::ZERO,
        stopping: false,
    };
    let mut conn = Conn::new(Duration::ZERO);
    conn.receive(format!("{REQUEST}\r\n\r\n{REQUEST}").as_bytes(), Vec::new);
    let first = settle(&mut conn, &cx);
    assert_eq!(first.purpose, Purpose::Request(None));
    assert_eq!(finish(&mut conn, &first, &cx), None);
    assert_eq!(conn.input(), REQUEST.as_bytes());
    conn.receive(b"\x01\r\n", Vec::new);
    let second = settle(&mut conn, &cx);
    assert!(
        matches!(second.purpose, Purpose::Request(Some(Refusal::Fault(_)))),
        "{second:?}"
    );
}
