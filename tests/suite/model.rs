//! Runs every recorded case through the connection model, without sockets or processes and in virtual time, so that cases
//! which wait for minutes run too. Comparison and exceptions are the same as for real sockets (`corpus`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use labserve_core::model::{self, MemorySite, Script, Setting};
use labserve_core::profile::{self, Profile, layers};
use labserve_core::render::RenderContext;

use crate::corpus;
use crate::support::case::{self, Case};
use crate::support::client::{Client, Placeholders};
use crate::support::compare::{Measured, differences};
use crate::support::recording::{End, Heard, Outcome};
use crate::support::server::Server;
use crate::support::site::Site;

/// The address of the model's server. Nothing listens there.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// The recorded site, in memory. The link that leaves the root is missing: the server does not follow it either.
fn in_memory<'p>(site: &Site, profile: &'p Profile) -> MemorySite<'p> {
    let mut memory = MemorySite::new(profile);
    for (content, path) in site.files_from(0) {
        memory = memory.with_file(path.trim_start_matches('/'), &content);
    }
    memory.with_file("link-in.txt", &site.read("index.html"))
}

fn setting() -> Setting {
    Setting {
        local: ADDRESS,
        // 2026-05-28: later than every file of the site, and earlier than the dates that cases use for the future. The random
        // numbers have as many digits as those of the recorded servers.
        render: RenderContext {
            run: 0x8123_4567_89ab_cdef,
            random: 0x9123_4567_89ab_cdef,
            ..RenderContext::at(1_780_000_000)
        },
        ..Setting::default()
    }
}

/// A request of a random conversation.
fn random_request(rng: &mut fastrand::Rng) -> String {
    let paths = [
        "/types/a.txt",
        "/",
        "/missing",
        "/sub",
        "/sub/",
        "/static/style1.css",
        "/types/empty.txt",
        "/a%2fb",
    ];
    let path = paths[rng.usize(..paths.len())];
    let fields = [
        "",
        "Connection: close\r\n",
        "Range: bytes=0-3\r\n",
        "Range: bytes=2-3,5-6\r\n",
        "If-None-Match: *\r\n",
        "If-Modified-Since: Wed, 01 Nov 2023 00:00:00 GMT\r\n",
        "Connection: keep-alive\r\n",
    ];
    let field = fields[rng.usize(..fields.len())];
    match rng.u8(..8) {
        0 => format!("HEAD {path} HTTP/1.1\r\nHost: HOST\r\n{field}\r\n"),
        1 => format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n{field}\r\nhello"),
        2 => format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        3 => format!("GET {path} HTTP/1.0\r\n{field}\r\n"),
        _ => format!("GET {path} HTTP/1.1\r\nHost: HOST\r\n{field}\r\n"),
    }
}

/// A client that sends up to four requests in pieces with pauses between them, may send FIN, and reads.
fn random_case(number: u64) -> Case {
    let mut rng = fastrand::Rng::with_seed(number);
    let text: String = (0..rng.usize(1..5)).map(|_| random_request(&mut rng)).collect();
    let mut steps = Vec::new();
    let mut rest = text.as_str();
    for _ in 0..rng.usize(..4) {
        let (piece, after) = rest.split_at(rng.usize(..=rest.len()));
        steps.push(case::Step::Send {
            text: piece.to_owned(),
            times: 1,
        });
        steps.push(case::Step::Sleep(Duration::from_millis(60)));
        rest = after;
    }
    steps.push(case::Step::Send {
        text: rest.to_owned(),
        times: 1,
    });
    if rng.u8(..3) == 0 {
        steps.push(case::Step::Sleep(Duration::from_millis(60)));
        steps.push(case::Step::Shut);
    }
    steps.push(case::Step::Read { quiet: None });
    steps.retain(|step| !matches!(step, case::Step::Send { text, .. } if text.is_empty()));
    Case {
        name: format!("random-{number}"),
        steps,
        slow: false,
    }
}

/// Model and sockets share the code that decides. This test compares the code that carries out the decisions.
#[test]
fn random_conversations_go_the_same_way_over_sockets() {
    let site = Site::recorded();
    for name in ["node", "apache", "nginx", "django", "rfc"] {
        let server = Server::start(name, site.root());
        let client = Client::new(server.address(), &site);
        let profile = layers::load(name).expect("a built-in profile");
        let memory = in_memory(&site, &profile);
        let setting = Setting {
            local: server.address(),
            ..setting()
        };
        let placeholders = Placeholders::new(server.address(), &site, |_| Vec::new());
        let cases: Vec<_> = (0..100).map(random_case).collect();
        let target = server.address().to_string();
        let differ = |case: &Case| {
            let steps = steps(case, &placeholders);
            let modelled = outcome(&Script::new(&steps).run(&profile, &memory, &setting), &placeholders);
            let want = Measured {
                outcome: &modelled,
                target: &target,
            };
            let found = differences(
                &want,
                &Measured {
                    outcome: &client.run(case),
                    target: &target,
                },
            );
            (!found.is_empty()).then(|| format!("{:?}\n    {}", case.steps, found.join("\n    ")))
        };
        // On a busy machine a pause can be too short for the server: cases that differ are tried again, alone.
        let again = corpus::side_by_side(16, cases.iter(), |case| differ(case).is_some());
        for case in again {
            let mut found = None;
            let differs = (0..3).all(|_| {
                found = differ(case);
                found.is_some()
            });
            assert!(!differs, "{name} {}: {}", case.name, found.unwrap_or_default());
        }
    }
}

fn steps(case: &Case, placeholders: &Placeholders<'_>) -> Vec<model::Step> {
    case.steps
        .iter()
        .map(|step| match step {
            case::Step::Send { text, times } => model::Step::Send(placeholders.fill(text).repeat(*times)),
            case::Step::Read { quiet } => model::Step::Read { quiet: *quiet },
            case::Step::Shut => model::Step::Shut,
            case::Step::Sleep(time) => model::Step::Sleep(*time),
            case::Step::End { within } => model::Step::End { within: *within },
        })
        .collect()
}

fn outcome(outcome: &model::Outcome, placeholders: &Placeholders<'_>) -> Outcome {
    Outcome {
        heard: outcome
            .heard
            .iter()
            .map(|heard| Heard {
                text: placeholders.text(heard.text()),
                at_s: heard.at.map(|at| at.as_secs_f64()),
            })
            .collect(),
        end: match outcome.end {
            model::End::Fin => End::Fin,
            model::End::Rst => End::Rst,
            model::End::Open => End::Open,
        },
        after_s: outcome.after.map(|after| after.as_secs_f64()),
    }
}

/// A client that sends bytes, reads all that comes and leaves.
struct Pipeliner<'b> {
    bytes: &'b [u8],
    acts: u32,
    heard: usize,
}

impl model::Client for Pipeliner<'_> {
    fn wake(&self) -> Duration {
        Duration::from_secs(1 + u64::from(self.acts))
    }

    fn act(&mut self) -> model::ClientAct<'_> {
        self.acts += 1;
        match self.acts {
            1 => model::ClientAct::Send(self.bytes),
            _ => model::ClientAct::Leave,
        }
    }

    fn hear(&mut self, _: Duration, piece: model::Piece) {
        self.heard += piece.bytes().len();
    }

    fn ended(&mut self, _: Duration, _: model::End) {}
}

/// The time of `times` connections, each with `count` pipelined requests.
fn time_of_pipelines(profile: &Profile, memory: &MemorySite<'_>, times: usize, count: usize) -> Duration {
    let requests = b"GET /types/a.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count);
    let begun = Instant::now();
    for _ in 0..times {
        let mut client = Pipeliner {
            bytes: &requests,
            acts: 0,
            heard: 0,
        };
        model::converse(profile, memory, &setting(), &mut client);
        assert!(client.heard > 0, "the first request should be answered");
    }
    begun.elapsed()
}

/// 10,000 requests on one connection take as long as on ten connections. If the bytes after each request were parsed
/// again for each of them, they would take ten times as long.
///
/// Both measurements are of equal length, so that a busy machine affects both alike. Each is the shortest of three.
#[test]
fn the_cost_of_a_pipeline_is_linear() {
    let site = Site::recorded();
    for name in profile::builtin::names() {
        let mut stack = layers::Stack::load(name, &layers::BuiltIns).expect("a built-in profile");
        for key in ["connection.persistent=true", "connection.max_requests=0"] {
            stack = stack.over(layers::Layer::from_assignment(key).expect("a key"));
        }
        let profile = stack.build().expect("a profile");
        let memory = in_memory(&site, &profile);
        let (mut ten, mut one) = (Duration::MAX, Duration::MAX);
        for _ in 0..3 {
            ten = ten.min(time_of_pipelines(&profile, &memory, 10, 1_000));
            one = one.min(time_of_pipelines(&profile, &memory, 1, 10_000));
        }
        let ratio = one.as_secs_f64() / ten.as_secs_f64();
        println!("{name}: {ten:?} on ten connections, {one:?} on one");
        assert!(
            ratio < 4.0,
            "{name}: 10,000 requests on one connection take {ratio:.1} times as long as on ten"
        );
    }
}

macro_rules! profiles {
    ($($profile:ident),*) => {$(
        #[test]
        fn $profile() {
            replay(stringify!($profile));
        }
    )*};
}

profiles!(node, node20, flask, django, apache, nginx);

/// Whether the client got no response to its last bytes and the connection is open, so that it would wait for a timer.
fn is_left_waiting(outcome: &Outcome) -> bool {
    matches!(outcome.end, End::Open) && outcome.heard.last().is_some_and(|heard| heard.text.is_empty())
}

fn replay(name: &str) {
    let site = Site::recorded();
    let profile = layers::load(name).expect("a built-in profile");
    let memory = in_memory(&site, &profile);
    let ask = |path: &str| {
        let request = format!("HEAD {path} HTTP/1.1\r\nHost: {ADDRESS}\r\nConnection: close\r\n\r\n");
        let steps = [
            model::Step::Send(request.into_bytes()),
            model::Step::Read { quiet: None },
        ];
        Script::new(&steps).run(&profile, &memory, &setting()).heard[0].text()
    };
    let placeholders = Placeholders::new(ADDRESS, &site, ask);
    let (mut differing, mut chosen, mut took) = (BTreeMap::new(), Vec::new(), Duration::ZERO);
    for corpus::Recorded { recording, cases } in corpus::recorded(name) {
        let cases: Vec<_> = cases.iter().map(|case| (case, steps(case, &placeholders))).collect();
        let begun = Instant::now();
        let outcomes: Vec<_> = cases
            .iter()
            .map(|(_, steps)| Script::new(steps).run(&profile, &memory, &setting()))
            .collect();
        took += begun.elapsed();
        for ((case, _), got) in cases.iter().zip(&outcomes) {
            let want = Measured {
                outcome: &recording.outcomes[&case.name],
                target: &recording.target,
            };
            let got = Measured {
                outcome: &outcome(got, &placeholders),
                target: &ADDRESS.to_string(),
            };
            // This holds for listed cases too, because no reason justifies it.
            assert!(
                !is_left_waiting(got.outcome) || is_left_waiting(want.outcome),
                "{name} {}: silent and open where the real server is not",
                case.name
            );
            let found = differences(&want, &got);
            if !found.is_empty() {
                differing.insert(case.name.clone(), found);
            }
            chosen.push(case.name.clone());
        }
    }
    println!("{name}: {} conversations in {took:?}", chosen.len());
    corpus::report(name, &chosen, &differing, &corpus::exceptions(name));
}
