//! Conversations that each test one timer, one FIN or one body. The recorded cases are in `tests/suite/model.rs`.

use super::{End, MemorySite, Outcome, Script, Setting, Step};
use crate::profile::layers;
use std::time::Duration;

const S: fn(f64) -> Duration = Duration::from_secs_f64;

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

fn converse(profile: &str, steps: &[Step]) -> Outcome {
    let profile = layers::load(profile).expect("a built-in profile");
    let site = MemorySite::new(&profile)
        .with_file("a.txt", b"hello\n")
        .with_file("sub/index.html", b"index\n");
    Script::new(steps).run(&profile, &site, &Setting::default())
}

fn statuses(outcome: &Outcome) -> Vec<String> {
    let text: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    String::from_utf8_lossy(&text)
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|response| response.chars().take(3).collect())
        .collect()
}

const GET: &str = "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn an_idle_connection_ends_after_its_timer() {
    for (profile, end, after) in [
        ("node", End::Fin, Some(5)),
        ("apache", End::Fin, Some(5)),
        ("nginx", End::Fin, Some(75)),
        ("django", End::Open, None),
    ] {
        let outcome = converse(profile, &[send(GET), Step::End { within: S(200.0) }]);
        assert_eq!(statuses(&outcome), ["200"], "{profile}");
        assert_eq!(
            (outcome.end, outcome.after.map(|after| after.as_secs())),
            (end, after),
            "{profile}"
        );
    }
}

#[test]
fn pipelined_requests_get_their_responses_in_order() {
    let requests = format!("{GET}GET /missing HTTP/1.1\r\nHost: a\r\n\r\n{GET}");
    for profile in ["node", "nginx", "apache", "rfc", "iis"] {
        let outcome = converse(profile, &[send(&requests), Step::Read { quiet: None }]);
        assert_eq!(statuses(&outcome), ["200", "404", "200"], "{profile}");
    }
}

#[test]
fn a_body_in_pieces_belongs_to_its_request() {
    let pieces = [
        send("POST /a.txt HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"),
        Step::Sleep(S(0.5)),
        send("llo\r\n0\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n"),
        Step::Read { quiet: Some(S(2.0)) },
    ];
    let outcome = converse("rfc", &pieces);
    assert_eq!(statuses(&outcome), ["405", "200"]);
}

#[test]
fn a_head_cut_short_by_a_fin_gets_what_the_profile_says() {
    let steps = [
        send("GET /a.txt HTTP/1.1\r\nHos"),
        Step::Shut,
        Step::End { within: S(10.0) },
    ];
    for (profile, want) in [("nginx", vec![]), ("apache", vec!["400"])] {
        let outcome = converse(profile, &steps);
        assert_eq!(statuses(&outcome), want, "{profile}");
        assert_eq!(outcome.end, End::Fin, "{profile}");
    }
}

#[test]
fn however_a_request_is_cut_its_response_is_the_same() {
    for profile in ["node", "flask", "django", "apache", "nginx", "iis", "rfc"] {
        let whole = converse(profile, &[send(GET), Step::Read { quiet: None }]);
        for cut in 1..GET.len() {
            let pieces = [
                send(&GET[..cut]),
                Step::Sleep(S(0.1)),
                send(&GET[cut..]),
                Step::Read { quiet: None },
            ];
            let cut_up = converse(profile, &pieces);
            assert_eq!(cut_up.heard[0].text(), whole.heard[0].text(), "{profile}, cut at {cut}");
        }
    }
}
