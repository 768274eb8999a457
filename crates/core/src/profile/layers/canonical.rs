//! Expands short forms into long ones, so that layers can be merged key by key.

use crate::profile::schema::{Keys, Kind, Schema};
use toml::{Table, Value};

/// Expands short forms: `types = "debian"` becomes `types.base`, the value of a fault becomes its `other`, and a key of
/// `[methods]` that names several methods becomes a key for each.
pub(super) fn spell_out(profile: &mut Table) {
    tables(&Schema::profile().root, profile);
    if let Some(Value::Table(methods)) = profile.get_mut("methods") {
        let several: Vec<String> = methods.keys().filter(|key| key.contains(' ')).cloned().collect();
        for key in several {
            let Some(rule) = methods.remove(&key) else {
                continue;
            };
            for method in key.split(' ') {
                methods.entry(method).or_insert_with(|| rule.clone());
            }
        }
    }
}

fn tables(keys: &Keys, table: &mut Table) {
    for (name, value) in table.iter_mut() {
        let Some(key) = keys.get(name) else {
            continue;
        };
        if let (Kind::Short(short, _), false) = (&key.kind, value.is_table()) {
            let word = std::mem::replace(value, Value::Table(Table::new()));
            if let Value::Table(table) = value {
                table.insert(short.clone(), word);
            }
        }
        if let (Some(keys), Value::Table(inner)) = (key.kind.keys(), value) {
            tables(keys, inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_is_the_same_as_the_long_one() {
        for (short, long) in [
            ("types = \"debian\"", "types.base = \"debian\""),
            ("faults.field.fold = 400", "faults.field.fold.other = 400"),
            (
                "faults.field = { other = 400, name = { char = \"drop\" } }",
                "faults.field.other = 400\nfaults.field.name.char.other = \"drop\"",
            ),
            (
                "methods = { \"COPY MOVE\" = 405, MOVE = 404 }",
                "methods = { COPY = 405, MOVE = 404 }",
            ),
            ("timers.idle = \"5s\"", "timers.idle = \"5s\""),
        ] {
            let mut table: Table = toml::from_str(short).expect(short);
            spell_out(&mut table);
            assert_eq!(table, toml::from_str(long).expect(long), "{short}");
        }
    }
}
