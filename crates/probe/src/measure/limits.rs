//! Limits: sizes at which servers typically have their limits, then bisection between two of them.

use super::{Asked, Measure, heard, send};
use crate::case::Step;
use crate::recording::{End, Outcome};
use std::time::Duration;

/// Something with a limit.
#[derive(Debug)]
pub(super) struct Limited {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    /// Sizes in ascending order. Every server that can be measured accepts the first; the last is the largest that is
    /// tried.
    ladder: &'static [u64],
    /// What a client does for this size.
    steps: fn(&Asked<'_>, u64) -> Vec<Step>,
    /// How many responses arrive if the size is accepted.
    responses: usize,
}

/// Lengths of lines and heads: powers of two, and values just below and above the limits of servers.
const LENGTHS: &[u64] = &[
    200, 1023, 1024, 2048, 4094, 4096, 8000, 8176, 8190, 8192, 12288, 16384, 24576, 32766, 32768, 65534, 65536, 81920,
    131_072, 262_144,
];

pub(super) const LIMITS: &[Limited] = &[
    Limited {
        name: "line",
        words: "the longest request line, in bytes without its end",
        ladder: LENGTHS,
        steps: |asked, length| {
            let fixed = format!("GET {}? HTTP/1.1", asked.path).len();
            head(asked, &padding(length, fixed), "")
        },
        responses: 1,
    },
    Limited {
        name: "field",
        words: "the longest field line, in bytes without its end",
        ladder: LENGTHS,
        steps: |asked, length| {
            head(
                asked,
                "",
                &format!("X-Padding: {}\r\n", padding(length, "X-Padding: ".len())),
            )
        },
        responses: 1,
    },
    Limited {
        name: "fields",
        words: "the largest number of field lines, Host included",
        ladder: &[
            3, 32, 48, 64, 96, 99, 100, 101, 127, 128, 199, 200, 255, 256, 500, 512, 999, 1000, 1024, 2000, 4096,
            10_000,
        ],
        // Host and Connection are two of them. The others have different names, because some servers join the values of
        // fields with the same name, and limit the length of the result.
        steps: |asked, count| {
            let fields: String = (2..count).map(|number| format!("A{number:x}:b\r\n")).collect();
            head(asked, "", &fields)
        },
        responses: 1,
    },
    Limited {
        name: "head",
        words: "the longest head, in bytes, in lines of up to 4 KB",
        ladder: LENGTHS,
        steps: |asked, length| {
            const LONGEST: usize = 4000;
            let plain = heads_length(&head(asked, "", ""));
            let mut left = small(length).saturating_sub(plain);
            let mut fields = String::new();
            for number in 10.. {
                let line = match left {
                    0 => break,
                    // The rest must be long enough for a complete line.
                    _ if left > LONGEST => LONGEST.min(left / 2),
                    _ => left,
                };
                let name = format!("A{number}: ");
                fields.push_str(&format!("{name}{}\r\n", padding(line as u64, name.len() + 2)));
                left -= line;
            }
            head(asked, "", &fields)
        },
        responses: 1,
    },
    Limited {
        name: "name",
        words: "the longest name in a path that is treated like a short one, in bytes",
        ladder: &[
            10, 127, 128, 143, 254, 255, 256, 512, 1023, 1024, 2048, 4094, 4096, 8000, 16_384, 65_536,
        ],
        steps: |asked, length| ask(asked, &format!("GET /{} HTTP/1.1\r\n", "n".repeat(small(length))), ""),
        responses: 1,
    },
    Limited {
        name: "unread-body",
        words: "the longest request body after which a request still gets its response on the same connection, in bytes",
        ladder: &[
            1, 1024, 4096, 8192, 16_384, 65_535, 65_536, 102_400, 131_072, 262_144, 524_288, 1_048_576, 2_097_152,
        ],
        steps: |asked, length| {
            let (path, host) = (asked.path, &asked.host);
            let post = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
            let mut steps = vec![
                send(post),
                Step::Send {
                    text: "x".to_owned(),
                    times: small(length),
                },
            ];
            steps.extend(head(asked, "", ""));
            steps
        },
        responses: 2,
    },
];

/// A request for the file with a query of this padding and these fields, followed by a read of the response.
fn head(asked: &Asked<'_>, query: &str, fields: &str) -> Vec<Step> {
    ask(asked, &format!("GET {}?{query} HTTP/1.1\r\n", asked.path), fields)
}

fn ask(asked: &Asked<'_>, line: &str, fields: &str) -> Vec<Step> {
    let host = &asked.host;
    vec![
        send(format!("{line}Host: {host}\r\nConnection: close\r\n{fields}\r\n")),
        Step::End {
            within: Duration::from_millis(1500),
        },
    ]
}

/// Padding that extends `fixed` bytes to `length`.
fn padding(length: u64, fixed: usize) -> String {
    "x".repeat(small(length).saturating_sub(fixed))
}

fn small(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The length of the head that the steps send first.
fn heads_length(steps: &[Step]) -> usize {
    match steps.first() {
        Some(Step::Send { text, .. }) => text.len(),
        _ => 0,
    }
}

/// The reaction to a size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Met {
    responses: usize,
    /// The first status line, or how the connection ended if there is none.
    what: String,
}

fn met(outcome: &Outcome) -> Met {
    let text = heard(outcome);
    let first = text.lines().next().unwrap_or_default();
    Met {
        responses: responses_in(&text),
        what: match (first.is_empty(), outcome.end) {
            (false, _) => first.to_owned(),
            (true, End::Open) => "silence".to_owned(),
            (true, end) => end.to_string(),
        },
    }
}

/// How many status lines a text has. A response without a line feed at its end is followed by the next one directly.
fn responses_in(text: &str) -> usize {
    text.matches("HTTP/1.").count()
}

/// Finds a limit.
pub(super) fn limit(asked: &Asked<'_>, limited: &Limited) -> Option<Measure> {
    let at = |size: u64| asked.play((limited.steps)(asked, size), 0).map(|outcome| met(&outcome));
    let (&smallest, &largest) = (limited.ladder.first()?, limited.ladder.last()?);
    let usual = at(smallest).filter(|usual| usual.responses >= limited.responses)?;
    if at(largest)? == usual {
        return Some(Measure::Limit {
            most: largest,
            then: None,
        });
    }
    // The sizes between which the limit lies.
    let (mut accepted, mut refused) = (0, limited.ladder.len() - 1);
    while refused - accepted > 1 {
        let middle = usize::midpoint(accepted, refused);
        if at(limited.ladder[middle])? == usual {
            accepted = middle;
        } else {
            refused = middle;
        }
    }
    let (mut most, mut too_much) = (limited.ladder[accepted], limited.ladder[refused]);
    while too_much - most > 1 {
        let middle = u64::midpoint(most, too_much);
        if at(middle)? == usual {
            most = middle;
        } else {
            too_much = middle;
        }
    }
    // A server that was busy for a moment does not have a limit there.
    let beyond = at(too_much)?;
    (at(most)? == usual && beyond != usual).then(|| Measure::Limit {
        most,
        then: Some(if beyond.what == usual.what {
            "the connection ends".to_owned()
        } else {
            beyond.what
        }),
    })
}

/// The largest number of requests that are sent on one connection.
const MOST_REQUESTS: usize = 1_100;

/// How many requests one connection serves. Each request is sent after the response to the one before.
pub(super) fn requests(asked: &Asked<'_>) -> Option<Measure> {
    let request = format!("HEAD {} HTTP/1.1\r\nHost: {}\r\n\r\n", asked.path, asked.host);
    let mut steps = Vec::new();
    for _ in 0..MOST_REQUESTS {
        steps.push(send(request.as_str()));
        steps.push(Step::Read {
            quiet: Some(Duration::from_millis(4)),
        });
    }
    let outcome = asked.play(steps, 0)?;
    let most = responses_in(&heard(&outcome)) as u64;
    match outcome.end {
        _ if most == 0 => None,
        End::Open => Some(Measure::Limit { most, then: None }),
        end => Some(Measure::Limit {
            most,
            then: Some(end.to_string()),
        }),
    }
}
