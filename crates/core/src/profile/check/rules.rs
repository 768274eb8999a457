//! Mistakes in rules whose keys are valid individually.

use super::Finding;
use crate::profile::raw::RuleTable;
use crate::profile::resolve::check_rule;
use toml::Table;
use toml::de::DeTable;

/// The mistakes in the rules of a text, apart from rules in which a single key is invalid.
pub(super) fn findings(text: &str, document: &DeTable<'_>) -> Vec<Finding> {
    let Some(items) = document.get("rule").and_then(|value| value.get_ref().as_array()) else {
        return Vec::new();
    };
    let whole = toml::from_str::<Table>(text).unwrap_or_default();
    let tables = whole.get("rule").and_then(toml::Value::as_array);
    let rules: Vec<Option<RuleTable>> = tables
        .into_iter()
        .flatten()
        .map(|table| table.clone().try_into().ok())
        .collect();
    let mistake = |(rule, item): (&Option<RuleTable>, &toml::Spanned<toml::de::DeValue<'_>>)| {
        let wrong = check_rule(rule.as_ref()?).err()?;
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
