//! The mutation test of the cases: a key of a profile that has another value should be noticed by some case.
//!
//! What no case notices is printed. Most such keys are masked: in that profile, another key decides before them. The
//! others are holes in the case set.

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

/// Tables that do not decide what is done: texts, names and numbers of the profile itself.
const TEXTS: [&str; 7] = ["extends", "fields", "measured", "port", "response", "server", "title"];

/// The keys that a profile sets, each with other values that it might have.
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
            others.retain(|other| *other != written(value));
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

/// The schemas that a node stands for: itself, or what it refers to.
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

/// Other values for a key that has this one: the other words of its kind, a number near it, twice the time.
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

/// A profile and what it answers to each case.
struct Original<'a> {
    profile: &'a str,
    cases: &'a [Case],
    outcomes: Vec<Outcome>,
    /// The order in which the cases are asked: those that noticed something before come first.
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
        Self {
            profile,
            cases,
            outcomes: cases.iter().map(outcome).collect(),
            order: Mutex::new((0..cases.len()).collect()),
        }
    }

    /// The case that notices a key of this value; `None` if none does. `Err`: the profile would not be valid.
    fn noticed_by(&self, key: &str, value: &str) -> Result<Option<&'a str>, ()> {
        let stack = Stack::load(self.profile, &BuiltIns).expect("a built-in profile");
        let layer = Layer::from_assignment(&format!("{key}={value}")).map_err(drop)?;
        let built = stack.over(layer).build().map_err(drop)?;
        let simulation = Simulation::new(&built, ADDRESS);
        let placeholders = simulation.placeholders();
        let order = self.order.lock().expect("no panic").clone();
        let notices = |at: &usize| {
            let got = simulation.outcome(&simulation.run(&steps(&self.cases[*at], &placeholders)));
            got != self.outcomes[*at]
        };
        let Some(at) = order.iter().copied().find(|at| notices(at)) else {
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

/// How many keys of a profile some case notices, of how many; and those that none does, with the values that were tried.
fn examine(profile: &str, cases: &[Case]) -> (usize, Vec<String>) {
    let original = Original::new(profile, cases);
    let queue = Mutex::new(mutants(profile).into_iter());
    let (noticed, masked) = (Mutex::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((key, values)) = queue.lock().expect("no panic").next() else {
                        return;
                    };
                    let mut valid = Vec::new();
                    let is_noticed = values.iter().any(|value| match original.noticed_by(&key, value) {
                        Ok(Some(_)) => true,
                        Ok(None) => {
                            valid.push(value.as_str());
                            false
                        }
                        Err(()) => false,
                    });
                    if is_noticed {
                        *noticed.lock().expect("no panic") += 1;
                    } else if !valid.is_empty() {
                        masked
                            .lock()
                            .expect("no panic")
                            .push(format!("{key} = {}", valid.join(" | ")));
                    }
                }
            });
        }
    });
    let mut masked = masked.into_inner().expect("no panic");
    masked.sort();
    (noticed.into_inner().expect("no panic"), masked)
}

/// The percentage of its keys that some case notices, for each built-in profile.
const NOTICED: usize = 50;

#[test]
#[ignore = "takes a minute in a release build"]
fn most_keys_of_every_profile_are_noticed_by_a_case() {
    let cases = case::built_in();
    for profile in builtin::names() {
        let begun = std::time::Instant::now();
        let (noticed, masked) = examine(profile, &cases);
        let all = noticed + masked.len();
        println!(
            "{profile}: {noticed} of {all} keys are noticed ({:.1?}); no case notices",
            begun.elapsed()
        );
        for key in &masked {
            println!("  {key}");
        }
        assert!(
            100 * noticed >= NOTICED * all,
            "{profile}: {noticed} of {all} keys are noticed, expected {NOTICED} %"
        );
    }
}
