//! Keys that are not valid alone, such as a limit without the response for requests that exceed it.

use super::exam;
use super::moves::{self, Move, Options};
use super::space::Key;
use labserve_core::profile::layers::Family;
use std::collections::BTreeMap;
use toml::Table;

/// How many values of a key are tried with each other key.
const MOST_VALUES: usize = 3;

/// Each of these keys that is not valid alone, with another key that it needs.
pub(super) fn companions(keys: &[Key]) -> BTreeMap<Vec<String>, Key> {
    let nothing = Table::new();
    let none = BTreeMap::new();
    let names: Vec<String> = exam::default_profile(&nothing)
        .responses
        .all()
        .map(|response| response.name.clone())
        .filter(|name| !name.contains(' '))
        .collect();
    let options = Options {
        base: &nothing,
        names: &names,
        statuses: BTreeMap::new(),
        lengths: &[],
        times: &[],
        members: &[],
        companions: &none,
    };
    let Some(family) = exam::family(&nothing) else {
        return none;
    };
    let changes = |key: &Key| -> Vec<Move> {
        let rounds = moves::rounds(key, &nothing, &options);
        rounds.into_iter().next().map(|round| round.changes).unwrap_or_default()
    };
    let firsts: Vec<(&Key, Move)> = keys
        .iter()
        .filter_map(|key| Some((key, changes(key).into_iter().next()?)))
        .collect();
    let mut found = BTreeMap::new();
    for key in keys {
        let changes = changes(key);
        if changes.is_empty() || changes.iter().any(|change| builds(&family, change)) {
            continue;
        }
        let needed = firsts.iter().find(|(other, first)| {
            other.path != key.path
                && changes
                    .iter()
                    .take(MOST_VALUES)
                    .any(|change| builds(&family, &Move([first.0.clone(), change.0.clone()].concat())))
        });
        if let Some((other, _)) = needed {
            found.insert(key.path.clone(), (*other).clone());
        }
    }
    found
}

fn builds(family: &Family, change: &Move) -> bool {
    change.on(&Table::new()).is_some_and(|keys| family.member(keys).is_ok())
}

#[cfg(test)]
mod tests {
    use super::companions;
    use crate::learn::space::Space;
    use labserve_core::profile::schema;
    use std::collections::BTreeSet;

    #[test]
    fn a_limit_needs_the_response_to_what_exceeds_it() {
        let space = Space::new(schema::TEXT, &[], &BTreeSet::new());
        let found = companions(&space.keys);
        let needed: Vec<(String, String)> = found
            .iter()
            .map(|(path, other)| (path.join("."), other.path.join(".")))
            .collect();
        assert!(
            needed.contains(&("limits.body".to_owned(), "request_body.too_large".to_owned())),
            "{needed:?}"
        );
    }
}
