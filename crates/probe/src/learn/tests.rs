//! A closed loop: from the answers of a profile, a profile is learned that gives the same answers.

use super::exam::Exam;
use super::space::Space;
use super::{Finding, LearnError, Options, learn, templates};
use crate::case::{self, Case};
use crate::recording::{Answer, Recording};
use crate::simulate::Simulation;
use labserve_core::profile::builtin;
use labserve_core::profile::layers::{self, BuiltIns, Layer, Stack};
use labserve_core::profile::schema;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use toml::Table;

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 18081);

/// Up to `most` cases of each of these groups.
fn cases(groups: &[&str], most: usize) -> Vec<Case> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let of_groups = case::built_in()
        .into_iter()
        .filter(|case| groups.contains(&case.group()));
    of_groups
        .filter(|case| {
            let taken = taken.entry(case.group().to_owned()).or_default();
            *taken += 1;
            *taken <= most
        })
        .collect()
}

fn recorded(profile: &str, cases: &[Case]) -> Recording {
    let profile = layers::load(profile).expect("a built-in profile");
    Simulation::new(&profile, ADDRESS).record(cases)
}

#[test]
fn a_built_in_profile_is_recognized_and_needs_no_keys() {
    let cases = cases(&["get", "head", "range", "inm", "dir"], 8);
    for name in builtin::names() {
        let learned = learn(&recorded(name, &cases), &cases, &Options::default(), &|_| {}).expect("cases with answers");
        assert_eq!(learned.all.equal, cases.len(), "{name}");
        assert!(learned.differing.is_empty(), "{name}: {:?}", learned.differing);
        let keys: Vec<&str> = learned.text.lines().filter(|line| !line.starts_with('#')).collect();
        let [format, extends, measured] = keys[..] else {
            panic!("{name}: {}", learned.text)
        };
        assert_eq!((format, extends), ("format = 1", &*format!("extends = \"{name}\"")));
        assert!(
            measured.starts_with("measured = \"with a recording. Equal answers: "),
            "{measured}"
        );
    }
}

#[test]
fn without_its_profile_a_server_is_learned_from_its_answers() {
    let cases = cases(&["get", "range", "dir", "line"], 8);
    let options = Options {
        without: builtin::names().map(str::to_owned).collect(),
        ..Options::default()
    };
    for name in ["nginx", "apache"] {
        let recording = recorded(name, &cases);
        let learned = learn(&recording, &cases, &options, &|_| {}).expect("cases with answers");
        assert_eq!(learned.extends, None);
        assert!(
            100 * learned.all.equal >= 95 * cases.len(),
            "{name}: {} {:?}",
            learned.all,
            learned.differing
        );
        // The search assumes that faults are accepted, and keeps only what the cases determine.
        let keys: Table = toml::from_str(&learned.text).expect("TOML");
        let other = keys.get("faults").and_then(|faults| faults.get("other"));
        assert_eq!(other, None, "{}", learned.text);
        // The text that was written is the one that was compared.
        let layer = Layer::parse("learned", &learned.text).unwrap_or_else(|e| panic!("{name}: {e}\n{}", learned.text));
        let profile = Stack::of("learned", layer).build().expect("a profile");
        let again = Simulation::new(&profile, ADDRESS).record(&cases);
        let comparison = crate::compare::compare(&recording, &again);
        assert_eq!(comparison.total().equal, learned.all.equal, "{name}");
    }
}

#[test]
fn an_entity_tag_may_be_read_as_a_digest_of_the_content() {
    let cases = cases(&["get"], 8);
    for etag in ["\"{content:sha512}\"", "W/\"{size:x}-{content:md5}\""] {
        let key = Table::from_iter([(
            "files".to_owned(),
            Table::from_iter([("etag".to_owned(), etag.into())]).into(),
        )]);
        let key = Layer::from_table("a test", &key).expect("a key");
        let stack = Stack::load("nginx", &BuiltIns).expect("a profile").over(key);
        let profile = stack.build().expect("a profile");
        let exam = Exam::new(&Simulation::new(&profile, ADDRESS).record(&cases), &cases, ADDRESS);
        let space = Space::new(schema::TEXT, &[], &BTreeSet::new());
        let all: Vec<usize> = (0..exam.asked.len()).collect();
        let keys = templates::read(&exam, &all, &space.keys).keys;
        assert_eq!(keys["files"]["etag"].as_str(), Some(etag));
    }
}

#[test]
fn what_is_known_of_each_key_is_told() {
    let cases = cases(&["get", "range"], 12);
    let options = Options {
        examine: true,
        ..Options::default()
    };
    let learned = learn(&recorded("nginx", &cases), &cases, &options, &|_| {}).expect("cases with answers");
    let finding = |name: &str| learned.keys.iter().find(|key| key.key == name).map(|key| &key.finding);
    assert!(
        matches!(
            finding("range.max_ranges"),
            Some(Finding::Default { .. } | Finding::Alike { .. })
        ),
        "{:?}",
        finding("range.max_ranges")
    );
    // None of these cases has a body.
    assert_eq!(finding("request_body.delimiter"), Some(&Finding::NotAsked));
    let report = crate::report::learned(&learned, &cases);
    for part in [
        "## Learned",
        "## Not asked",
        "- request_body.delimiter",
        "## No word for it",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[test]
fn nothing_is_learned_from_no_answers() {
    let cases = cases(&["get"], 2);
    let mut recording = recorded("node", &cases);
    for answer in recording.cases.values_mut() {
        *answer = Answer::Failed {
            error: "connection refused".into(),
        };
    }
    let failed = learn(&recording, &cases, &Options::default(), &|_| {});
    assert_eq!(failed.map(|learned| learned.text), Err(LearnError::Empty));
}

#[test]
fn rubbish_is_learned_without_a_panic() {
    let cases = cases(&["get", "range"], 4);
    let mut recording = recorded("node", &cases);
    let texts = [
        "",
        "x",
        "HTTP/1.1 ",
        "HTTP/1.1 200 OK\r\nETag: {\r\n\r\n{{file:",
        "HTTP/1.1 999999 x\r\n\r\n",
        "HTTP/1.1 200\r\n: \r\n\r\n\0",
    ];
    for (answer, text) in recording.cases.values_mut().zip(texts.iter().cycle()) {
        if let Answer::Stable(outcome) = answer {
            outcome
                .heard
                .iter_mut()
                .for_each(|heard| heard.text = (*text).to_owned());
        }
    }
    let options = Options {
        effort: 0.02,
        ..Options::default()
    };
    let learned = learn(&recording, &cases, &options, &|_| {}).expect("cases with answers");
    assert!(Layer::parse("learned", &learned.text).is_ok(), "{}", learned.text);
}
