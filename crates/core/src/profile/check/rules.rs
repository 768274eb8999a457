//! Mistakes in rules whose keys are right one by one.

use super::Finding;
use crate::profile::raw::RuleTable;
use crate::profile::resolve::check_rule;
use serde::Deserialize;
use toml::de::DeTable;

/// The rules of a file, whatever else is in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rules {
    rule: Vec<RuleTable>,
}

/// The mistakes in the rules of a text that has no others.
pub(super) fn findings(text: &str, document: &DeTable<'_>) -> Vec<Finding> {
    let Some(items) = document.get("rule").and_then(|value| value.get_ref().as_array()) else {
        return Vec::new();
    };
    let rules = toml::from_str::<Rules>(text).unwrap_or_default().rule;
    let mistake = |(rule, item): (&RuleTable, &toml::Spanned<toml::de::DeValue<'_>>)| {
        let wrong = check_rule(rule).err()?;
        let named = item
            .get_ref()
            .as_table()
            .and_then(|table| table.keys().find(|name| name.get_ref() == wrong.key));
        Some(Finding {
            span: named.map_or_else(|| item.span(), |name| name.span()),
            key: ["rule", wrong.key]
                .iter()
                .filter(|key| !key.is_empty())
                .map(|key| (*key).to_owned())
                .collect(),
            message: wrong.message,
        })
    };
    rules.iter().zip(items.iter()).filter_map(mistake).collect()
}
