//! The rules of all layers of a profile.

use super::{Layer, RULES, Stack};
use crate::profile::error::ConfigError;
use crate::profile::raw::RuleTable;

impl Stack {
    /// The rules of all layers, in their order, each with its name.
    pub fn rules(&self) -> Vec<RuleTable> {
        let merged = self.merged();
        let tables = merged.get(RULES).and_then(toml::Value::as_array);
        let rules = tables
            .into_iter()
            .flatten()
            .filter_map(|table| table.clone().try_into().ok());
        let named = |(at, rule): (usize, RuleTable)| RuleTable {
            name: rule.name.clone().or_else(|| Some(format!("rule-{}", at + 1))),
            ..rule
        };
        rules.enumerate().map(named).collect()
    }

    /// The same layers with these rules instead of theirs. `origin` names them in errors.
    ///
    /// # Errors
    /// A rule that cannot be carried out.
    pub fn with_rules(mut self, origin: &str, rules: &[RuleTable]) -> Result<Self, ConfigError> {
        for layer in &mut self.layers {
            layer.table.remove(RULES);
        }
        Ok(match rules {
            [] => self,
            rules => self.over(Layer::of_rules(origin, rules)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layers::BuiltIns;

    #[test]
    fn rules_are_replaced_and_keep_their_names() {
        let stack = Stack::load("node", &BuiltIns).expect("a profile");
        let layer = Layer::from_rule("path=/a end=fin").expect("a rule");
        let stack = stack.over(layer.clone()).over(layer);
        let mut rules = stack.rules();
        let names = |rules: &[RuleTable]| rules.iter().filter_map(|rule| rule.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&rules), ["rule-1", "rule-2"]);
        rules.remove(0);
        let stack = stack.with_rules("a test", &rules).expect("rules");
        assert_eq!(names(&stack.rules()), ["rule-2"]);
        assert!(stack.with_rules("a test", &[]).expect("rules").rules().is_empty());
    }
}
