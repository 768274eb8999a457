//! The steps of a search with few cases.

use super::*;
use crate::case;
use crate::simulate::Simulation;
use labserve_core::profile::builtin;
use labserve_core::profile::layers::{BuiltIns, Stack};
use labserve_core::profile::schema;
use std::net::{Ipv4Addr, SocketAddr};
use toml::Value;

fn path(key: &str) -> Vec<String> {
    key.split('.').map(str::to_owned).collect()
}

fn set(key: &str, value: Value) -> Move {
    Move(vec![(path(key), Some(value))])
}

#[test]
fn a_change_that_breaks_more_than_it_helps_is_made_with_the_one_that_mends_it() {
    // `a/b` is refused. The others are refused too, unless the syntax allows more than the default.
    let names = [
        "host-odd-2-directory",
        "host-odd-6-directory",
        "host-with-userinfo-on-directory-redirect",
        "host-with-angle-brackets-on-directory-redirect",
    ];
    let cases: Vec<_> = case::built_in()
        .into_iter()
        .filter(|case| names.contains(&case.name.as_str()))
        .collect();
    assert_eq!(cases.len(), names.len());
    let refusing = set("faults.host.invalid", 400.into());
    let visible = set("host.syntax", "visible".into());
    let wanted = refusing.on(&Table::new()).and_then(|keys| visible.on(&keys));
    let wanted = exam::profile(&wanted.expect("other keys")).expect("a profile");
    let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 18081);
    let exam = Exam::new(&Simulation::new(&wanted, address).record(&cases), &cases, address);
    let known: Vec<Table> = builtin::names()
        .filter_map(|name| Some(Stack::load(name, &BuiltIns).ok()?.merged()))
        .collect();
    let space = Space::new(schema::TEXT, &known, &BTreeSet::new());
    let accepting = set("faults.host.invalid", "accept".into()).on(&Table::new());
    let all: Vec<usize> = (0..cases.len()).collect();
    let mut search = Search::new(
        &exam,
        &space,
        all.clone(),
        Table::new(),
        accepting.expect("another value"),
        u64::MAX,
    );
    assert_eq!(search.score(), 3);

    assert!(!search.take(&refusing, None), "alone, it breaks three cases for one");
    assert_eq!(search.mended(&search.failing()), 1);

    assert_eq!(search.score(), 4);
    assert_eq!(search.keys["host"]["syntax"].as_str(), Some("visible"));
    assert_eq!(search.keys["faults"]["host"]["invalid"].as_integer(), Some(400));
}
