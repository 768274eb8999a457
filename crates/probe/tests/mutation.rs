//! The mutation test of the cases: if a key of a profile has another value, some case should notice it.
//!
//! Keys that no case notices are printed. Most of them are masked: in that profile, another key is decided first. The
//! others are gaps in the case set. `cargo test --release -p labserve-probe --test mutation -- --ignored --nocapture`

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by a panic; clippy.toml allows it in test functions, not in their helpers"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;

use labserve_core::profile::layers::{BuiltIns, Layer, Stack};
use labserve_core::profile::{builtin, schema};
use labserve_probe::case::{self, Case};
use labserve_probe::recording::Outcome;
use labserve_probe::simulate::{Simulation, steps};
use serde_json::Value as Json;
use toml::{Table, Value};

/// The address of the servers in memory.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// Tables that do not affect behaviour: texts, names and numbers of the profile itself.
const TEXTS: [&str; 9] = [
    "cookie",
    "extends",
    "format",
    "measured",
    "port",
    "response",
    "response_fields",
    "server",
    "title",
];

/// The keys that a profile sets, each with other values to try.
fn mutants(profile: &str) -> BTreeMap<String, Vec<String>> {
    let schema: Json = serde_json::from_str(schema::TEXT).expect("the schema");
    let merged = Stack::load(profile, &BuiltIns).expect("a built-in profile").merged();
    let mut found = BTreeMap::new();
    for (name, value) in &merged {
        if !TEXTS.contains(&name.as_str()) {
            below(&schema, &schema["properties"][name], name, value, &mut found);
        }
    }
    found
}

/// Adds the keys at and below `path`.
fn below(schema: &Json, node: &Json, path: &str, value: &Value, found: &mut BTreeMap<String, Vec<String>>) {
    match value {
        Value::Table(table) => keys_of(schema, node, path, table, found),
        _ => {
            let mut others = Vec::new();
            other_values(schema, node, value, &mut others);
            others.retain(|other| *other != written(value) && !other.contains(' '));
            others.dedup();
            if !others.is_empty() {
                found.insert(path.to_owned(), others);
            }
        }
    }
}

fn keys_of(schema: &Json, node: &Json, path: &str, table: &Table, found: &mut BTreeMap<String, Vec<String>>) {
    let mut nodes = Vec::new();
    alternatives(schema, node, &mut nodes);
    for (name, value) in table {
        let child = nodes.iter().find_map(|node| {
            let named = node["properties"].get(name);
            named.or_else(|| node.get("additionalProperties").filter(|other| other.is_object()))
        });
        if let Some(child) = child {
            below(schema, child, &format!("{path}.{name}"), value, found);
        }
    }
}

/// The schemas that a node represents: itself, or those to which it refers.
fn alternatives<'s>(schema: &'s Json, node: &'s Json, found: &mut Vec<&'s Json>) {
    if let Some(name) = node["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        alternatives(schema, &schema["definitions"][name], found);
    }
    for list in ["allOf", "anyOf", "oneOf"] {
        for other in node[list].as_array().into_iter().flatten() {
            alternatives(schema, other, found);
        }
    }
    found.push(node);
}

/// Other values for a key with this value: the other words of its kind, a number close to it, twice the time.
fn other_values(schema: &Json, node: &Json, value: &Value, found: &mut Vec<String>) {
    let mut nodes = Vec::new();
    alternatives(schema, node, &mut nodes);
    let words = nodes.iter().filter_map(|node| node["enum"].as_array()).flatten();
    let words = words.filter_map(Json::as_str).map(|word| format!("{word:?}"));
    let responses = ["404", "400", "501"].map(str::to_owned);
    match value {
        Value::Boolean(yes) => found.push((!yes).to_string()),
        Value::Integer(status) if (300..600).contains(status) => {
            found.extend(responses);
            found.extend(words);
        }
        Value::Integer(number) => found.extend([number.saturating_add(1), number / 2].map(|other| other.to_string())),
        Value::String(text) => {
            found.extend(words);
            let number: String = text.chars().take_while(char::is_ascii_digit).collect();
            match number.parse::<u32>() {
                Ok(_) if number.len() == 3 => found.extend(responses),
                Ok(number) => {
                    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
                    found.push(format!("\"{}{unit}\"", 2 * u64::from(number)));
                }
                Err(_) => found.extend(["404".to_owned(), "\"2s\"".to_owned()]),
            }
        }
        _ => {}
    }
}

fn written(value: &Value) -> String {
    value.to_string()
}

/// A profile and its answer to each case.
struct Original<'a> {
    profile: &'a str,
    cases: &'a [Case],
    outcomes: Vec<Outcome>,
    /// The order in which the cases are played: those that noticed an earlier change come first.
    order: Mutex<Vec<usize>>,
}

impl<'a> Original<'a> {
    fn new(profile: &'a str, cases: &'a [Case]) -> Self {
        let built = Stack::load(profile, &BuiltIns)
            .and_then(|stack| stack.build())
            .expect("a profile");
        let simulation = Simulation::new(&built, ADDRESS);
        let placeholders = simulation.placeholders();
        let outcome = |case: &Case| simulation.outcome(&simulation.run(&steps(case, &placeholders)));
        let mut order: Vec<usize> = (0..cases.len()).collect();
        // Neighbouring cases test similar things.
        order.sort_by_key(|at| at % 61);
        Self {
            profile,
            cases,
            outcomes: cases.iter().map(outcome).collect(),
            order: Mutex::new(order),
        }
    }

    /// The first of these cases that notices this value of a key; `None` if none does. `Err`: the profile would not be
    /// valid.
    fn first_of(&self, among: &[usize], key: &str, value: &str) -> Result<Option<usize>, ()> {
        let stack = Stack::load(self.profile, &BuiltIns).expect("a built-in profile");
        let layer = Layer::from_assignment(&format!("{key}={value}")).map_err(drop)?;
        let built = stack.over(layer).build().map_err(drop)?;
        let simulation = Simulation::new(&built, ADDRESS);
        let placeholders = simulation.placeholders();
        let notices = |at: &usize| {
            let got = simulation.outcome(&simulation.run(&steps(&self.cases[*at], &placeholders)));
            got != self.outcomes[*at]
        };
        Ok(among.iter().copied().find(notices))
    }

    /// The name of the first of all cases that notices it.
    fn noticed_by(&self, key: &str, value: &str) -> Result<Option<&'a str>, ()> {
        let order = self.order.lock().expect("no panic").clone();
        let Some(at) = self.first_of(&order, key, value)? else {
            return Ok(None);
        };
        let mut order = self.order.lock().expect("no panic");
        let place = order
            .iter()
            .position(|other| *other == at)
            .expect("each case is in the order");
        order[..=place].rotate_right(1);
        Ok(Some(&self.cases[at].name))
    }
}

/// What the cases notice about a profile.
#[derive(Default)]
struct Found {
    /// A key, another value, and the case that notices it.
    noticed: Vec<[String; 3]>,
    /// The keys that no case notices, with the values that were tried.
    masked: Vec<String>,
}

fn examine(profile: &str, cases: &[Case]) -> Found {
    let original = Original::new(profile, cases);
    let queue = Mutex::new(mutants(profile).into_iter());
    let found = Mutex::new(Found::default());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((key, values)) = queue.lock().expect("no panic").next() else {
                        return;
                    };
                    let mut valid = Vec::new();
                    let noticed = values.iter().find_map(|value| match original.noticed_by(&key, value) {
                        Ok(Some(case)) => Some([key.clone(), value.clone(), case.to_owned()]),
                        Ok(None) => {
                            valid.push(value.as_str());
                            None
                        }
                        Err(()) => None,
                    });
                    let mut found = found.lock().expect("no panic");
                    match noticed {
                        Some(noticed) => found.noticed.push(noticed),
                        None if valid.is_empty() => {}
                        None => found.masked.push(format!("{key} = {}", valid.join(" | "))),
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no panic");
    found.noticed.sort();
    found.masked.sort();
    found
}

/// The file with the keys that are noticed, each with the case that notices it.
const INDEX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/noticed.txt");

/// The minimum percentage of the keys of each built-in profile that some case notices.
const NOTICED: usize = 50;

/// With `LABSERVE_BLESS=1`, this test writes the index that the other test reads.
#[test]
#[ignore = "takes minutes in a release build"]
fn most_keys_of_every_profile_are_noticed_by_a_case() {
    let cases = case::built_in();
    let mut index = String::new();
    for profile in builtin::names() {
        let begun = std::time::Instant::now();
        let found = examine(profile, &cases);
        let (noticed, all) = (found.noticed.len(), found.noticed.len() + found.masked.len());
        println!(
            "{profile}: {noticed} of {all} keys are noticed ({:.1?}); no case notices",
            begun.elapsed()
        );
        for key in &found.masked {
            println!("  {key}");
        }
        for [key, value, case] in &found.noticed {
            index.push_str(&format!("{profile} {key} {value} {case}\n"));
        }
        assert!(
            100 * noticed >= NOTICED * all,
            "{profile}: {noticed} of {all} keys are noticed, expected {NOTICED} %"
        );
    }
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        std::fs::write(INDEX, index).expect("a writable index");
    }
}

/// Changes that cases once noticed are still noticed, except where profiles have changed since.
#[test]
fn the_cases_still_notice_what_they_did() {
    let index = std::fs::read_to_string(INDEX).expect("the index");
    let cases = case::built_in();
    let (mut held, mut lost) = (0, Vec::new());
    for profile in builtin::names() {
        let lines = index
            .lines()
            .filter_map(|line| line.strip_prefix(profile)?.strip_prefix(' '));
        let lines: Vec<[&str; 3]> = lines
            .map(|line| {
                let mut words = line.splitn(3, ' ');
                std::array::from_fn(|_| words.next().unwrap_or_default())
            })
            .collect();
        let named: Vec<Case> = cases
            .iter()
            .filter(|case| lines.iter().any(|[_, _, name]| case.name == *name))
            .cloned()
            .collect();
        let original = Original::new(profile, &named);
        for [key, value, name] in lines {
            let among = named.iter().position(|case| case.name == name);
            match original.first_of(among.as_slice(), key, value) {
                Ok(Some(_)) => held += 1,
                _ => lost.push(format!("{profile} {key} {value} {name}")),
            }
        }
    }
    assert!(
        held > 550 && lost.len() <= held / 20,
        "{held} keys are noticed; no longer are {lost:#?}"
    );
}
