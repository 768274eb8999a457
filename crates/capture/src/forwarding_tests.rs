//! Both sides of an exchange with a proxy are one forwarded exchange; exchanges that only look alike are not.

use crate::model::{Arg, Capture, FindingKind};
use crate::test_capture::{ACK, Endpoint, PSH, SYN, TestFrame, explained, frame};

const PROXY: Endpoint = (2, 8080);
const UPSTREAM: Endpoint = (3, 80);

/// An exchange on a separate connection: the times of request and response, and both heads.
fn exchange(from: Endpoint, to: Endpoint, us: [u64; 2], request: &str, response: &str) -> Vec<TestFrame> {
    let len = request.len() as u32;
    let frames = [
        frame(us[0] - 300, true, SYN, 0, 0, ""),
        frame(us[0] - 200, false, SYN | ACK, 0, 1, ""),
        frame(us[0] - 100, true, ACK, 1, 1, ""),
        frame(us[0], true, PSH | ACK, 1, 1, request),
        frame(us[1], false, PSH | ACK, 1, 1 + len, response),
    ];
    let moved = frames.into_iter().map(|mut frame| {
        let from_client = frame.to.1 == 80;
        (frame.from, frame.to) = if from_client { (from, to) } else { (to, from) };
        frame
    });
    moved.collect()
}

fn forwarded(exchanges: [Vec<TestFrame>; 2]) -> Option<(Option<Arg>, Vec<u32>)> {
    let mut frames = exchanges.concat();
    frames.sort_by_key(|frame| frame.us);
    let capture: Capture = explained(&frames);
    let finding = capture
        .findings
        .iter()
        .find(|finding| finding.kind == FindingKind::Forwarded)?;
    Some((finding.args.get("inner").cloned(), finding.streams.clone()))
}

#[test]
fn both_sides_of_a_proxy_are_one_exchange() {
    let ok = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n");
    let get = |target: &str, fields: &str| format!("GET {target} HTTP/1.1\r\nHost: c\r\n{fields}\r\n");
    let same = "User-Agent: x/1\r\nAccept-Language: de\r\n";
    let dated = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"a\"\r\n";
    let (client, proxy) = ((1, 40_000), (2, 50_000));
    let outer = |request: String, response: String| exchange(client, PROXY, [10_000, 60_000], &request, &response);
    let inner = |us: [u64; 2], request: String, response: String| exchange(proxy, UPSTREAM, us, &request, &response);
    for (name, exchanges, want) in [
        (
            "Via",
            [
                outer(get("http://c/a", ""), ok("Via: 1.1 b\r\n")),
                inner([20_000, 50_000], get("/a", "Via: 1.1 b\r\n"), ok("")),
            ],
            true,
        ),
        (
            "X-Forwarded-For",
            [
                outer(get("/a", ""), ok("")),
                inner([20_000, 50_000], get("/a", "X-Forwarded-For: 10.0.0.1\r\n"), ok("")),
            ],
            true,
        ),
        (
            "equal heads",
            [
                outer(get("/a", same), ok(dated)),
                inner([20_000, 50_000], get("/a", same), ok(dated)),
            ],
            true,
        ),
        (
            "only the path is equal",
            [
                outer(get("/a", ""), ok("")),
                inner([20_000, 50_000], get("/a", ""), ok("")),
            ],
            false,
        ),
        (
            "another response",
            [
                outer(get("/a", same), ok(dated)),
                inner([20_000, 50_000], get("/a", same), ok("")),
            ],
            false,
        ),
        (
            "another path",
            [
                outer(get("/a", ""), ok("")),
                inner([20_000, 50_000], get("/b", "Via: 1.1 b\r\n"), ok("")),
            ],
            false,
        ),
        (
            "not within it",
            [
                outer(get("/a", ""), ok("")),
                inner([20_000, 70_000], get("/a", "Via: 1.1 b\r\n"), ok("")),
            ],
            false,
        ),
        (
            "before it",
            [
                outer(get("/a", ""), ok("")),
                inner([5000, 50_000], get("/a", "Via: 1.1 b\r\n"), ok("")),
            ],
            false,
        ),
    ] {
        let found = forwarded(exchanges);
        let want = want.then(|| (Some(Arg::ns(30_000_000_i64)), vec![0, 1]));
        assert_eq!(found, want, "{name}");
    }
    let strange = exchange(
        (9, 1),
        UPSTREAM,
        [20_000, 50_000],
        &get("/a", "Via: 1.1 b\r\n"),
        &ok(""),
    );
    assert_eq!(
        forwarded([outer(get("/a", ""), ok("")), strange]),
        None,
        "from another host"
    );
}
