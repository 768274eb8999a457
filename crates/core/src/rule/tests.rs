//! Tests that the index finds the same rules as a check of every rule, and that it examines few of them.

use super::condition::Seen;
use super::rules::Asked;
use super::*;
use crate::glob::Glob;
use crate::http1::head::{self, Scan};
use crate::http1::{Head, Request};
use crate::profile::Profile;
use crate::profile::layers::{BuiltIns, Stack};
use crate::test_rng::TestRng;
use std::sync::LazyLock;

/// Calls `with` with the request of this text.
fn with_request<T>(text: &str, with: impl FnOnce(&Request<'_>) -> T) -> T {
    static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
        let stack = Stack::load("rfc", &BuiltIns);
        stack.and_then(|stack| stack.build()).expect("a profile")
    });
    let head: Head = match head::scan(text.as_bytes(), &PROFILE.head) {
        Scan::Complete(head) => head,
        _ => panic!("{text}"),
    };
    with(&Request::new(text.as_bytes(), &head))
}

fn rule(when: Condition, at: Point) -> Rule {
    Rule {
        name: format!("{when:?}"),
        when,
        reply: ReplyChange::default(),
        act: Act {
            at,
            hold: None,
            stall: None,
            end: Some(End::Fin),
        },
    }
}

fn of_subject(subject: Subject) -> Rule {
    let when = Condition {
        subject,
        ..Condition::default()
    };
    rule(when, Point::Head)
}

/// Rules as the documentation describes them: each is checked and counts separately.
#[derive(Default)]
struct OneByOne(Vec<(Rule, [u64; 3])>);

impl OneByOne {
    fn hit(&mut self, connection: u64, occasion: Occasion<'_>) -> Option<(String, u64)> {
        let mut found = None;
        for (rule, [requests, matches, hits]) in &mut self.0 {
            let is_asked = match occasion {
                Occasion::Accept => rule.act.at == Point::Accept,
                Occasion::FirstByte(_) => rule.act.at == Point::FirstByte,
                Occasion::Request(..) => !matches!(rule.act.at, Point::Accept | Point::FirstByte),
            };
            if !is_asked {
                continue;
            }
            *requests += 1;
            let subject = &rule.when.subject;
            if subject.overall.is_some_and(|want| want != *requests)
                || !subject.is_met(&Seen::new(connection, occasion))
            {
                continue;
            }
            *matches += 1;
            let most = rule.when.times.unwrap_or(u64::MAX);
            if found.is_none() && rule.when.wanted.includes(*matches) && *hits < most {
                *hits += 1;
                found = Some((rule.name.clone(), *hits));
            }
        }
        found
    }
}

/// A path that is longer than the endings in the index.
const LONG: &str = "/0123456789012345678901234567890123456789";

fn some_rule(rng: &mut TestRng, name: usize) -> Rule {
    let one_in = |rng: &mut TestRng, n: usize| rng.below(n) == 0;
    let paths = [
        "/a",
        "/a/b",
        "/a/*",
        "/a**",
        "/**",
        "**/b",
        "*/b",
        "/a*",
        "/b?x=*",
        "/b?x**",
        "/a/b?x=1",
        "*",
        "**",
        LONG,
        "**0123456789012345678901234567890123456789",
        "**123456789012345678901234567890123456789/",
    ];
    let headers = [
        ("X-A", None),
        ("x-a", Some("1")),
        ("X-A", Some("1*")),
        ("x-B", Some("*")),
        ("X-B", Some("*2")),
    ];
    let number = |rng: &mut TestRng| Some(1 + rng.below(4) as u64);
    let at = [Point::Accept, Point::FirstByte, Point::Head, Point::AfterReply][rng.below(4)];
    let mut subject = Subject::default();
    let is_of_request = !matches!(at, Point::Accept | Point::FirstByte);
    if is_of_request {
        if one_in(rng, 2) {
            subject.path = Some(Glob::path(paths[rng.below(paths.len())]));
        }
        if one_in(rng, 4) {
            subject.method = Some(["GET", "POST"][rng.below(2)].to_owned());
        }
        if one_in(rng, 4) {
            let (name, value) = headers[rng.below(headers.len())];
            subject.header = Some((name.to_owned(), value.map(Glob::text)));
        }
        if one_in(rng, 6) {
            subject.overall = Some(1 + rng.below(30) as u64);
        }
    }
    if at != Point::Accept && one_in(rng, 5) {
        subject.request = number(rng);
    }
    if one_in(rng, 5) {
        subject.connection = number(rng);
    }
    let mut when = Condition {
        subject,
        ..Condition::default()
    };
    match rng.below(5) {
        0 => when.wanted.nth = number(rng),
        1 => when.wanted.every = number(rng),
        2 => (when.wanted.percent, when.wanted.seed) = (Some(40), rng.below(9) as u64),
        _ => {}
    }
    if one_in(rng, 2) {
        when.times = number(rng);
    }
    let rule = rule(when, at);
    Rule {
        name: name.to_string(),
        ..rule
    }
}

#[test]
fn the_index_finds_what_a_look_at_every_rule_finds() {
    let requests = [
        "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /a/b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 12\r\n\r\n",
        "GET /b?x=1 HTTP/1.1\r\nHost: h\r\nX-B: 12\r\nAccept: a\r\n\r\n",
        "GET http://h/a/b?x=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n",
        "PUT /c/b HTTP/1.1\r\nHost: h\r\nX-B: 3\r\n\r\n",
        &format!("GET {LONG} HTTP/1.1\r\nHost: h\r\n\r\n"),
        &format!("GET /other{LONG}?x HTTP/1.1\r\nHost: h\r\n\r\n"),
    ];
    let mut rng = TestRng::new(17);
    for round in 0..60 {
        let mut number = 0;
        let mut new = |rng: &mut TestRng, count: usize| -> Vec<Rule> {
            (0..count)
                .map(|_| {
                    number += 1;
                    some_rule(rng, number)
                })
                .collect()
        };
        let first = new(&mut rng, 12);
        let mut rules = Rules::new(first.clone());
        let mut plain = OneByOne(first.into_iter().map(|rule| (rule, [0; 3])).collect());
        for step in 0..120 {
            if step % 40 == 39 {
                // Some rules are removed, some are added, and the others keep their counts.
                plain.0.retain(|_| rng.below(4) != 0);
                plain.0.extend(new(&mut rng, 4).into_iter().map(|rule| (rule, [0; 3])));
                let now = plain.0.iter().map(|(rule, _)| rule.clone()).collect();
                rules = Rules::new(now).with_counts_of(&rules);
            }
            let connection = 1 + rng.below(4) as u64;
            let request = 1 + rng.below(4) as u64;
            let text = requests[rng.below(requests.len())];
            let kind = rng.below(4);
            with_request(text, |parsed| {
                let occasion = match kind {
                    0 => Occasion::Accept,
                    1 => Occasion::FirstByte(request),
                    _ => Occasion::Request(request, parsed),
                };
                // A first byte on which no rule may act is not counted either.
                let is_asked = match occasion {
                    Occasion::FirstByte(request) => rules.may_act_at_first_byte(connection, request),
                    Occasion::Accept | Occasion::Request(..) => true,
                };
                let hit = is_asked.then(|| rules.hit(connection, occasion)).flatten();
                let hit = hit.map(|hit| (hit.rule.name.clone(), hit.number));
                assert_eq!(
                    hit,
                    plain.hit(connection, occasion),
                    "round {round}, step {step}, {occasion:?}"
                );
            });
        }
    }
}

#[test]
fn rules_that_count_nothing_begin_again() {
    let rules = Rules::new(vec![rule(
        Condition {
            wanted: Wanted {
                nth: Some(2),
                ..Wanted::default()
            },
            ..Condition::default()
        },
        Point::Accept,
    )]);
    let hits = |rules: &Rules| {
        (0..3)
            .map(|_| rules.hit(1, Occasion::Accept).is_some())
            .collect::<Vec<_>>()
    };
    assert_eq!(hits(&rules), [false, true, false]);
    assert_eq!(hits(&rules.clone()), [false, false, false]);
    assert_eq!(hits(&rules.without_counts()), [false, true, false]);
}

/// The first byte of a request is examined separately only for a rule that may act on it.
#[test]
fn no_first_byte_is_waited_for_without_a_rule_that_may_act_on_it() {
    let of = |subject: Subject, wanted: Wanted, times| {
        let when = Condition { subject, wanted, times };
        Rules::new(vec![rule(when, Point::FirstByte)])
    };
    let nth = |nth| Wanted {
        nth: Some(nth),
        ..Wanted::default()
    };
    let second_of_third = Subject {
        connection: Some(3),
        request: Some(2),
        ..Subject::default()
    };
    let rules = of(second_of_third, Wanted::default(), None);
    let asked = [(3, 1), (3, 2), (2, 2)].map(|(connection, request)| rules.may_act_at_first_byte(connection, request));
    assert_eq!(asked, [false, true, false]);
    for (what, wanted, times, want) in [
        ("the second", nth(2), None, [true, true, false, false]),
        ("the first two", Wanted::default(), Some(2), [true, true, false, false]),
        ("each", Wanted::default(), None, [true; 4]),
    ] {
        let rules = of(Subject::default(), wanted, times);
        let asked = [1, 2, 3, 4].map(|request| {
            let may_act = rules.may_act_at_first_byte(1, request);
            if may_act {
                rules.hit(1, Occasion::FirstByte(request));
            }
            may_act
        });
        assert_eq!(asked, want, "{what}");
    }
    let other_point = Rules::new(vec![of_subject(Subject::default())]);
    assert!(!other_point.may_act_at_first_byte(1, 1));
}

/// A hundred rules must cost a request little more than one. The cost is the number of subjects and rules that are
/// examined.
#[test]
fn of_a_hundred_rules_a_request_looks_at_those_that_it_may_meet() {
    let subject = Subject::default;
    let text = "GET /index.html HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAccept: */*\r\nX-A: 7\r\n\r\n";
    let numbered = |nth| Condition {
        subject: Subject {
            path: Some(Glob::path("/index.html")),
            ..subject()
        },
        wanted: Wanted {
            nth: Some(nth),
            ..Wanted::default()
        },
        times: None,
    };
    type Make<'m> = &'m dyn Fn(u64) -> Rule;
    for (what, make, most) in [
        (
            "other paths",
            &(|n| {
                of_subject(Subject {
                    path: Some(Glob::path(&format!("/other/{n}"))),
                    ..subject()
                })
            }) as Make<'_>,
            0,
        ),
        (
            "beginnings and ends of paths",
            &|n| {
                of_subject(Subject {
                    path: Some(Glob::path(&if n % 2 == 0 {
                        format!("/{n}/**")
                    } else {
                        format!("**/{n}.html")
                    })),
                    ..subject()
                })
            },
            0,
        ),
        (
            "the values of a field",
            &|n| {
                of_subject(Subject {
                    header: Some(("X-A".to_owned(), Some(Glob::text(&n.to_string())))),
                    ..subject()
                })
            },
            2,
        ),
        (
            "a path of all and a field of each",
            &|n| {
                of_subject(Subject {
                    path: Some(Glob::path("/index.html")),
                    header: Some((format!("X-{n}"), None)),
                    ..subject()
                })
            },
            0,
        ),
        (
            "connections",
            &|n| {
                of_subject(Subject {
                    connection: Some(n + 2),
                    request: Some(2),
                    ..subject()
                })
            },
            0,
        ),
        (
            "requests among all",
            &|n| {
                of_subject(Subject {
                    overall: Some(n + 2),
                    ..subject()
                })
            },
            0,
        ),
        (
            "methods",
            &|n| {
                of_subject(Subject {
                    method: Some(if n % 2 == 0 { "POST" } else { "PUT" }.to_owned()),
                    ..subject()
                })
            },
            0,
        ),
        ("other numbers of this path", &|n| rule(numbered(n + 5), Point::Head), 1),
        (
            "accepts and first bytes",
            &|n| rule(Condition::default(), [Point::Accept, Point::FirstByte][n as usize % 2]),
            0,
        ),
        (
            "half of them this path",
            &|n| match n % 2 {
                0 => rule(numbered(n + 5), Point::Head),
                _ => of_subject(Subject {
                    path: Some(Glob::path(&format!("/other/{n}"))),
                    ..subject()
                }),
            },
            1,
        ),
    ] {
        let rules = Rules::new((1..=100).map(make).collect());
        let looked_at = with_request(text, |request| {
            rules.looks_at(Asked::Request, 1, Occasion::Request(1, request))
        });
        assert!(looked_at <= most, "{what}: {looked_at}");
    }
}
