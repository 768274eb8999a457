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
    let arrived = input.len() as u64;
    let outcome = ExchangeOutcome {
        close: None,
        also_counted: 0,
        answered: true,
        cut_in_request: false,
        is_last: false,
        arrived,
        received: 0,
        sent: 0,
        unsent: Unsent::default(),
        left: Leftover::From(opened.head.len),
    };
    conn.finished(opened, input, outcome, cx)
}

/// The profile `rfc` with these keys.
fn profile(keys: &[&str]) -> Profile {
    let mut stack = Stack::load("rfc", &BuiltIns).expect("a built-in profile");
    for key in keys {
        stack = stack.over(Layer::from_assignment(key).expect("a key"));
    }
    stack.build().expect("a profile")
}

/// The context at the start of the server.
fn at_start(profile: &Profile) -> Context<'_> {
    Context {
        profile,
        root: &[],
        now: Duration::ZERO,
        stopping: false,
    }
}

/// Bytes that arrive after dropped empty lines are scanned like all others.
#[test]
fn dropped_empty_lines_do_not_count_as_judged() {
    let profile = profile(&[
        "limits.empty_lines_after_request=10",
        "parser.pipelined_fault=\"drop-earlier\"",
    ]);
    let cx = at_start(&profile);
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

/// A first read that waits for the preface of another protocol takes no more than that, and leaves the rest unread.
#[test]
fn too_few_bytes_are_not_parsed() {
    let profile = profile(&[
        "limits.first_read=14",
        "limits.next_read=4",
        "limits.blank_after_post=4",
        "faults.empty_line=400",
    ]);
    let cx = at_start(&profile);
    let receive = |conn: &mut Conn, text: &str| {
        conn.receive(text.as_bytes(), Vec::new);
        conn.on(WakeReason::Received(text.len()), &cx)
    };
    let mut conn = Conn::new(Duration::ZERO);
    assert_eq!(conn.read_size(&profile), 14);
    assert!(matches!(receive(&mut conn, "bad\r\n"), Next::Wait));
    assert_eq!((conn.standing().state, conn.read_size(&profile)), (State::Line, 9));
    assert!(matches!(receive(&mut conn, "bad\r\nmore"), Next::Serve(_)));
    assert_eq!(conn.read_size(&profile), profile.read);

    let mut cut = Conn::new(Duration::ZERO);
    assert!(matches!(receive(&mut cut, "bad\r\n"), Next::Wait));
    cut.receive_fin();
    assert!(matches!(cut.on(WakeReason::Fin, &cx), Next::Serve(_)));

    let mut posted = Conn::new(Duration::ZERO);
    posted.receive(b"POST /a HTTP/1.1\r\nHost: a\r\n\r\n", Vec::new);
    let first = settle(&mut posted, &cx);
    assert_eq!(finish(&mut posted, &first, &cx), None);
    assert!(matches!(receive(&mut posted, "\r\n\r\n"), Next::Wait));
    assert!(matches!(receive(&mut posted, "\r\n\r\n"), Next::Serve(_)));

    let mut kept = Conn::new(Duration::ZERO);
    kept.receive(REQUEST.as_bytes(), Vec::new);
    let first = settle(&mut kept, &cx);
    assert_eq!(finish(&mut kept, &first, &cx), None);
    assert!(matches!(receive(&mut kept, "\r\n\0"), Next::Wait));
    assert_eq!(kept.standing().state, State::Idle);
    assert!(matches!(receive(&mut kept, "\r\n"), Next::Serve(_)));
}
