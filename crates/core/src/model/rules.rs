//! Rules in conversations in memory: what the client receives, and when.

use super::{End, MemorySite, Outcome, Script, Setting, Step};
use crate::profile::layers::{BuiltIns, Layer, Stack};
use std::time::Duration;

const S: fn(f64) -> Duration = Duration::from_secs_f64;
const GET: &str = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends these requests one after the other to a server with these rules. Returns what the client receives.
fn ask(rules: &[&str], requests: &[&str], setting: &Setting) -> Outcome {
    let stack = rules
        .iter()
        .fold(Stack::load("rfc", &BuiltIns).expect("a profile"), |stack, line| {
            stack.over(Layer::from_rule(line).expect(line))
        });
    let profile = stack.build().expect("a profile");
    let site = MemorySite::new(&profile).with_file("a.txt", b"0123456789");
    let mut steps = Vec::new();
    for request in requests {
        steps.push(Step::Send(request.as_bytes().to_vec()));
        steps.push(Step::Read { quiet: Some(S(3.0)) });
    }
    steps.push(Step::End { within: S(2.0) });
    Script::new(&steps).run(&profile, &site, setting)
}

fn text(outcome: &Outcome) -> String {
    let bytes: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn statuses(outcome: &Outcome) -> String {
    let text = text(outcome);
    let all = text
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|response| response.get(..3).unwrap_or(response));
    all.collect::<Vec<_>>().join(" ")
}

#[test]
fn which_requests_a_rule_hits() {
    let other = "GET /missing HTTP/1.1\r\nHost: a\r\nX-A: text/css, a/b\r\n\r\n";
    for (rules, requests, want) in [
        (
            &["path=/a.txt status=503 times=2"][..],
            &[GET, GET, GET][..],
            "503 503 200",
        ),
        (&["path=/a.txt nth=2 status=503"], &[GET, GET, GET], "200 503 200"),
        (&["every=2 status=503"], &[GET, GET, GET, GET], "200 503 200 503"),
        (&["request=2 status=418"], &[GET, other, GET], "200 418 200"),
        (&["overall=3 status=418"], &[GET, other, GET], "200 404 418"),
        (&["connection=2 status=418"], &[GET], "200"),
        (&["method=POST status=418"], &[GET], "200"),
        (&["header=x-a status=418"], &[GET, other], "200 418"),
        (&["header='X-A: text/*' status=418"], &[GET, other], "200 418"),
        (&["header='X-A: image/*' status=418"], &[GET, other], "200 404"),
        (&["path=/m* status=200"], &[GET, other], "200 200"),
        // The first rule that applies is carried out. The others have counted the request.
        (&["nth=1 status=503", "nth=1 status=418"], &[GET, GET], "503 200"),
        (
            &["times=1 status=503", "times=1 status=418"],
            &[GET, GET, GET],
            "503 418 200",
        ),
    ] {
        assert_eq!(statuses(&ask(rules, requests, &Setting::default())), want, "{rules:?}");
    }
}

#[test]
fn a_rule_ends_the_connection_after_exactly_so_many_bytes() {
    let whole = text(&ask(&[], &[GET], &Setting::default()));
    let length = whole.len();
    for bytes in [0, 1, 17, length - 10, length - 1, length, length + 100] {
        for (end, want) in [("fin", End::Fin), ("reset", End::Rst)] {
            let rule = format!("path=/a.txt after_bytes={bytes} end={end}");
            let outcome = ask(&[&rule], &[GET], &Setting::default());
            assert_eq!(text(&outcome), whole[..bytes.min(length)], "{rule}");
            assert_eq!(outcome.end, want, "{rule}");
        }
    }
}

#[test]
fn a_rule_ends_the_connection_at_its_point() {
    let whole = text(&ask(&[], &[GET], &Setting::default()));
    let head = whole.len() - 10;
    for (rule, sent, end) in [
        ("at=head end=fin", 0, End::Fin),
        ("at=before-reply end=reset", 0, End::Rst),
        ("end=never", 0, End::Open),
        ("at=after-head end=fin", head, End::Fin),
        ("at=after-head end=never", head, End::Open),
        ("at=after-reply end=reset", whole.len(), End::Rst),
        ("at=after-reply end=half-close", whole.len(), End::Fin),
    ] {
        let outcome = ask(&[rule], &[GET], &Setting::default());
        assert_eq!((text(&outcome).as_str(), outcome.end), (&whole[..sent], end), "{rule}");
    }
}

#[test]
fn a_rule_acts_on_the_connection_before_and_between_requests() {
    let one = text(&ask(&[], &[GET], &Setting::default()));
    let two = one.repeat(2);
    for (rule, requests, want, end) in [
        ("at=accept end=reset", &[GET][..], "", End::Rst),
        ("at=accept end=fin connection=2", &[GET], &one, End::Open),
        ("at=first-byte end=fin", &[GET], "", End::Fin),
        ("at=first-byte request=2 end=reset", &[GET, GET], &one, End::Rst),
        ("at=first-byte nth=2 end=never", &[GET, GET], &one, End::Open),
        ("race=fin-meets-request", &[GET, GET], &one, End::Fin),
        ("race=reset-meets-request request=3", &[GET, GET, GET], &two, End::Rst),
        ("race=fin-meets-request", &[&GET.repeat(2)], &one, End::Fin),
        ("at=idle end=fin", &[GET], &one, End::Fin),
        ("at=idle stall=4s end=fin", &[GET, GET], &two, End::Fin),
        ("at=idle stall=9s end=fin", &[GET, GET], &two, End::Open),
    ] {
        let outcome = ask(&[rule], requests, &Setting::default());
        assert_eq!((text(&outcome).as_str(), outcome.end), (want, end), "{rule}");
    }
}

#[test]
fn a_rule_waits_at_its_point() {
    let released = Setting {
        released: S(2.5),
        ..Setting::default()
    };
    for (rule, setting, parts) in [
        ("delay=1s", Setting::default(), &[(1000, "HTTP"), (1000, "0123")][..]),
        ("body_delay=1s", Setting::default(), &[(0, "HTTP"), (1000, "0123")]),
        (
            "at=after-head stall=2s",
            Setting::default(),
            &[(0, "HTTP"), (2000, "0123")],
        ),
        ("hold=a", released, &[(1500, "HTTP"), (1500, "0123")]),
        ("at=after-head hold=a", released, &[(0, "HTTP"), (1500, "0123")]),
        (
            "delay=500ms hold=a at=before-reply",
            released,
            &[(1500, "HTTP"), (1500, "0123")],
        ),
    ] {
        let profile = Stack::load("rfc", &BuiltIns).and_then(|stack| Ok(stack.over(Layer::from_rule(rule)?)));
        let profile = profile.and_then(|stack| stack.build()).expect(rule);
        let site = MemorySite::new(&profile).with_file("a.txt", b"0123456789");
        let mut client = Timed {
            sent: false,
            heard: Vec::new(),
        };
        super::converse(&profile, &site, &setting, &mut client);
        let heard: Vec<(u64, &str)> = client.heard.iter().map(|(at, text)| (*at, &text[..4])).collect();
        assert_eq!(heard, parts, "{rule}");
    }
}

/// A client that sends one request and notes when each piece of the response arrives, in milliseconds.
struct Timed {
    sent: bool,
    heard: Vec<(u64, String)>,
}

impl super::Client for Timed {
    fn wake(&self) -> Duration {
        if self.sent { S(60.0) } else { S(1.0) }
    }
    fn act(&mut self) -> super::ClientAct<'_> {
        if std::mem::replace(&mut self.sent, true) {
            return super::ClientAct::Leave;
        }
        super::ClientAct::Send(GET.as_bytes())
    }
    fn hear(&mut self, at: Duration, piece: super::Piece) {
        let text = String::from_utf8_lossy(piece.bytes()).into_owned();
        let at = at.saturating_sub(S(1.0)).as_millis() as u64;
        self.heard.push((at, text));
    }
    fn ended(&mut self, _: Duration, _: End) {}
}

#[test]
fn a_rule_changes_the_response() {
    let head_of = |outcome: &Outcome| text(outcome).split("\r\n\r\n").next().unwrap_or_default().to_owned();
    let body = |outcome: &Outcome| {
        text(outcome)
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default()
    };
    let setting = Setting::default();
    let replaced = ask(
        &["body=abc fields='X-B: 1' fields='Content-Type: a/b'"],
        &[GET],
        &setting,
    );
    assert!(head_of(&replaced).contains("\r\nX-B: 1"), "{}", head_of(&replaced));
    assert!(
        head_of(&replaced).contains("\r\nContent-Type: a/b\r\n"),
        "{}",
        head_of(&replaced)
    );
    assert!(
        head_of(&replaced).contains("\r\nContent-Length: 3\r\n"),
        "{}",
        head_of(&replaced)
    );
    assert_eq!(body(&replaced), "abc");
    let wrong = ask(&["content_length=99 extra_bytes=xyz"], &[GET], &setting);
    assert!(
        head_of(&wrong).contains("\r\nContent-Length: 99\r\n"),
        "{}",
        head_of(&wrong)
    );
    assert_eq!(body(&wrong), "0123456789xyz");
    let early = ask(&["interim=103 interim=103"], &[GET], &setting);
    assert_eq!(statuses(&early), "103 103 200");
    let head = ask(&["body=abc"], &[&GET.replace("GET", "HEAD")], &setting);
    assert!(head_of(&head).contains("\r\nContent-Length: 3"), "{}", head_of(&head));
    assert_eq!(body(&head), "");
}

#[test]
fn a_throttled_response_takes_its_time() {
    let outcome = ask(&["throttle=100"], &[GET, GET], &Setting::default());
    let one = text(&ask(&[], &[GET], &Setting::default()));
    assert_eq!(text(&outcome), one.repeat(2));
    let pieces = outcome.heard[0].pieces.len();
    assert_eq!(pieces, one.len().div_ceil(2), "two bytes each 20 ms");
}
