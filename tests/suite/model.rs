//! Runs every recorded case through the connection model, without sockets or processes and in virtual time, so that cases
//! which wait for minutes run too. Comparison and exceptions are the same as for real sockets (`corpus`).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use labserve_core::model::{self, MemorySite, Setting};
use labserve_core::profile::{self, Profile, layers};
use labserve_probe::client::Client;
use labserve_probe::compare::{Difference, differences};
use labserve_probe::simulate::{Simulation, steps};

use crate::corpus;
use crate::support::case::{self, Case};
use crate::support::cpu;
use crate::support::odd::OddSite;
use crate::support::recording::{End, Outcome};
use crate::support::server::Server;
use crate::support::site::Site;

/// The address of the model's server. It does not listen.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// The recorded site, in memory. The link that leaves the root is missing: the server does not follow it either.
fn in_memory<'p>(site: &Site, profile: &'p Profile) -> MemorySite<'p> {
    let mut memory = MemorySite::new(profile);
    for (content, path) in site.files_from(0) {
        memory = memory.with_file(path.trim_start_matches('/'), &content);
    }
    memory.with_file("link-in.txt", &site.read("index.html"))
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
    // Long bodies are moved out of the input of their exchange before they end.
    let length = rng.usize(4000..9000);
    let content = "u".repeat(length);
    match rng.u8(..10) {
        0 => format!("HEAD {path} HTTP/1.1\r\nHost: HOST\r\n{field}\r\n"),
        1 => format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n{field}\r\nhello"),
        2 => format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
        3 => format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nContent-Length: {length}\r\n{field}\r\n{content}"),
        4 => format!(
            "POST {path} HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{content}\r\n0\r\n\r\n"
        ),
        5 => format!("GET {path} HTTP/1.0\r\n{field}\r\n"),
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
        ordinary_user: false,
    }
}

/// Model and sockets share the code that decides. This test compares the code that carries out the decisions.
#[test]
fn random_conversations_go_the_same_way_over_sockets() {
    let site = Site::recorded();
    for name in ["node", "apache", "nginx", "django", "rfc"] {
        let server = Server::start(name, site.root());
        let client = Client::new(server.address(), corpus::contents(&site));
        let profile = layers::load(name).expect("a built-in profile");
        let memory = in_memory(&site, &profile);
        let simulation = Simulation::over(&profile, memory, corpus::contents(&site), server.address());
        let placeholders = simulation.placeholders();
        let cases: Vec<_> = (0..100).map(random_case).collect();
        let target = server.address().to_string();
        let differ = |case: &Case| {
            let modelled = simulation.outcome(&simulation.run(&steps(case, &placeholders)));
            let played = client.play(case).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            let found = in_words(&differences((&modelled, &target), (&played, &target)));
            (!found.is_empty()).then(|| format!("{:?}\n    {}", case.steps, found.join("\n    ")))
        };
        // On a busy machine, a pause may be too short for the server. Cases that differ are run again, alone.
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

fn in_words(found: &[Difference]) -> Vec<String> {
    found.iter().map(Difference::to_string).collect()
}

/// A client that sends bytes, reads everything that arrives and leaves.
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

/// The CPU time of `times` connections, each with `count` pipelined requests.
fn time_of_pipelines(profile: &Profile, memory: &MemorySite<'_>, times: usize, count: usize) -> Duration {
    let requests = b"GET /types/a.txt HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count);
    cpu::time_of(|| {
        for _ in 0..times {
            let mut client = Pipeliner {
                bytes: &requests,
                acts: 0,
                heard: 0,
            };
            model::converse(profile, memory, &Setting::default(), &mut client);
            assert!(client.heard > 0, "the first request should be answered");
        }
    })
}

/// 10,000 requests on one connection take as long as on ten connections. If the bytes after each request were parsed
/// again for each of them, they would take ten times as long.
///
/// Each measurement is of CPU time, and the shortest of three.
#[test]
fn the_cost_of_a_pipeline_is_linear() {
    let site = Site::recorded();
    for name in profile::builtin::names() {
        let mut stack = layers::Stack::load(name, &layers::BuiltIns).expect("a built-in profile");
        for key in ["connection.persistent=true", "connection.max_requests=off"] {
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

/// The CPU time that these conversations take.
fn time_of(simulation: &Simulation<'_>, conversations: &[Vec<model::Step>]) -> Duration {
    cpu::time_of(|| {
        for steps in conversations {
            simulation.run(steps);
        }
    })
}

/// The recorded cases take 2 to 6 times as long as the same number of plain requests: none of them is expensive, and
/// neither is what a profile does after requests. `cargo bench -p labserve-probe` measures the time itself.
///
/// Each measurement is of CPU time, and the shortest of three.
#[test]
fn recorded_cases_cost_little_more_than_plain_requests() {
    let site = Site::recorded();
    let plain = Case {
        name: "plain".to_owned(),
        steps: vec![
            case::Step::Send {
                text: "GET /static/style1.css HTTP/1.1\r\nHost: HOST\r\n\r\n".to_owned(),
                times: 1,
            },
            case::Step::Read { quiet: None },
        ],
        slow: false,
        ordinary_user: false,
    };
    for name in ["nginx", "node"] {
        let profile = layers::load(name).expect("a built-in profile");
        let simulation = Simulation::over(&profile, in_memory(&site, &profile), corpus::contents(&site), ADDRESS);
        let placeholders = simulation.placeholders();
        let corpora = corpus::recorded(name).into_iter().filter(|corpus| !corpus.is_odd);
        let cases = corpora.flat_map(|corpus| corpus.cases).filter(|case| !case.slow);
        // A quarter of them is enough.
        let recorded: Vec<_> = cases.step_by(4).map(|case| steps(&case, &placeholders)).collect();
        let plain = vec![steps(&plain, &placeholders); recorded.len()];
        let (mut of_recorded, mut of_plain) = (Duration::MAX, Duration::MAX);
        for _ in 0..3 {
            of_recorded = of_recorded.min(time_of(&simulation, &recorded));
            of_plain = of_plain.min(time_of(&simulation, &plain));
        }
        let ratio = of_recorded.as_secs_f64() / of_plain.as_secs_f64();
        println!(
            "{name}: {} recorded cases in {of_recorded:?}, plain requests in {of_plain:?}",
            recorded.len()
        );
        assert!(
            ratio < 6.0,
            "{name}: recorded cases take {ratio:.1} times as long as plain requests"
        );
    }
}

macro_rules! profiles {
    ($($test:ident = $profile:literal),*) => {$(
        #[test]
        fn $test() {
            replay($profile);
        }
    )*};
}

corpus::recorded_profiles!(profiles);

/// The number of parts of the gallery that run in parallel.
const PARTS: usize = 4;
/// The minimum percentage of the cases of each gallery server that must be identical, regardless of the exceptions.
const LEAST: f64 = 98.0;

macro_rules! parts_of_the_gallery {
    ($($test:ident = $part:literal),*) => {$(
        #[test]
        fn $test() {
            replay_part($part);
        }
    )*};
}

parts_of_the_gallery!(gallery_1 = 0, gallery_2 = 1, gallery_3 = 2, gallery_4 = 3);

/// Replays one server after another, those in `LABSERVE_GALLERY` or all, and reports all that differ from their
/// recordings.
fn replay_part(part: usize) {
    let chosen = std::env::var("LABSERVE_GALLERY").ok();
    let is_chosen = |name: &String| {
        chosen
            .as_ref()
            .is_none_or(|list| list.split(',').any(|one| one == name))
    };
    let names = corpus::gallery()
        .into_iter()
        .skip(part)
        .step_by(PARTS)
        .filter(is_chosen);
    let check = |name: &str| {
        let percent = replay(name);
        assert!(
            percent >= LEAST,
            "{name}: only {percent:.1} % of the cases are identical"
        );
    };
    let failed: Vec<String> = names
        .filter(|name| std::panic::catch_unwind(|| check(name)).is_err())
        .collect();
    assert!(failed.is_empty(), "not as recorded: {}", failed.join(", "));
}

/// Whether the client got no response to its last bytes on an open connection, so that it would have to wait for a
/// timer.
fn is_left_waiting(outcome: &Outcome) -> bool {
    matches!(outcome.end, End::Open) && outcome.heard.last().is_some_and(|heard| heard.text.is_empty())
}

/// Returns the percentage of the cases that are identical.
fn replay(name: &str) -> f64 {
    let site = Site::recorded();
    let profile = layers::load(name).expect("a built-in profile");
    let over = |memory| Simulation::over(&profile, memory, corpus::contents(&site), ADDRESS);
    let (usual, odd) = (
        over(in_memory(&site, &profile)),
        over(OddSite::load().in_memory(&profile)),
    );
    let target = ADDRESS.to_string();
    let (mut differing, mut chosen, mut took) = (BTreeMap::new(), Vec::new(), Duration::ZERO);
    for corpus::Recorded {
        is_odd,
        recording,
        cases,
    } in corpus::recorded(name)
    {
        let simulation = if is_odd { &odd } else { &usual };
        let placeholders = simulation.placeholders();
        let cases: Vec<_> = cases.iter().map(|case| (case, steps(case, &placeholders))).collect();
        let begun = Instant::now();
        let outcomes: Vec<_> = cases.iter().map(|(_, steps)| simulation.run(steps)).collect();
        took += begun.elapsed();
        for ((case, _), got) in cases.iter().zip(&outcomes) {
            let (want, got) = (&recording.outcomes[&case.name], simulation.outcome(got));
            // This holds for listed cases too, because no reason justifies it.
            assert!(
                !is_left_waiting(&got) || is_left_waiting(want),
                "{name} {}: silent and open where the real server is not",
                case.name
            );
            let found = in_words(&differences((want, &recording.target), (&got, &target)));
            if !found.is_empty() {
                differing.insert(case.name.clone(), found);
            }
            chosen.push(case.name.clone());
        }
    }
    println!("{name}: {} conversations in {took:?}", chosen.len());
    corpus::report(name, &chosen, &differing, &corpus::exceptions(name));
    100.0 * (chosen.len() - differing.len()) as f64 / chosen.len() as f64
}
