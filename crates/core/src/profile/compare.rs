//! Compares two profiles: the keys in which they differ.

use std::collections::BTreeMap;
use toml::{Table, Value};

/// A key in which two profiles differ, with both values. `None`: the key has its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The key, with its tables.
    pub key: String,
    /// The value in the first profile.
    pub left: Option<Value>,
    /// The value in the second profile.
    pub right: Option<Value>,
}

/// The keys in which `left` and `right` differ, in alphabetical order.
pub fn differences(left: &Table, right: &Table) -> Vec<Difference> {
    let (left, right) = (flat(left), flat(right));
    let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    keys.into_iter()
        .filter(|key| left.get(*key) != right.get(*key))
        .map(|key| Difference {
            key: key.clone(),
            left: left.get(key).cloned(),
            right: right.get(key).cloned(),
        })
        .collect()
}

fn flat(table: &Table) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    flatten("", table, &mut out);
    out
}

fn flatten(prefix: &str, table: &Table, out: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let key = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            Value::Table(inner) => flatten(&key, inner, out),
            other => {
                out.insert(key, other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_listed() {
        let left: Table = toml::from_str("a = 1\nb = 2\n[c]\nd = \"x\"\ne = 1").expect("TOML");
        let right: Table = toml::from_str("a = 1\nb = 3\n[c]\nd = \"y\"\n[f]\ng = true").expect("TOML");
        let keys: Vec<String> = differences(&left, &right).into_iter().map(|d| d.key).collect();
        assert_eq!(keys, ["b", "c.d", "c.e", "f.g"]);
    }
}
