//! The handlers for rules: list them, add some, remove some, and release what they hold.

use super::AppState;
use super::describe::{Answer, number};
use super::json::Json;
use super::managed_server::Change;
use super::query::query;
use super::refusal::Refusal;
use super::{ManagedServer, body};
use axum::extract::{Path, Request, State};
use axum::http::Uri;
use labserve_core::profile::ConfigError;
use labserve_core::profile::layers::Layer;
use labserve_core::profile::raw::RuleTable;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::Table;

type Timeline = State<Arc<AppState>>;

/// The origin that errors show for added rules.
const ORIGIN: &str = "the rule";

/// `GET rules`: the rules of all servers, or of one, with how often each has applied, and what is held.
pub(super) async fn list(State(state): Timeline, uri: Uri) -> Answer {
    listed(&state, &servers(&state, &query(&uri)?)?)
}

/// `POST rules`: adds a rule, or a list of several. Each is a table, or a line in the form that `--rule` accepts.
pub(super) async fn add(State(state): Timeline, uri: Uri, request: Request) -> Answer {
    let servers = servers(&state, &query(&uri)?)?;
    let body = body::json(request).await?;
    let all = body.as_array().map_or(std::slice::from_ref(&body), Vec::as_slice);
    let (mut new, mut mistakes) = (Vec::new(), Vec::new());
    for value in all {
        match rule(value) {
            Ok(rule) => new.push(rule),
            Err(refusal) => mistakes.push(refusal),
        }
    }
    if let Some(refusal) = Refusal::all(mistakes) {
        return Err(refusal);
    }
    for number in servers.clone() {
        state.servers.change(number, |server| server.add_rules(&new))?;
    }
    in_force(&state, &servers).await
}

/// `DELETE rules`: removes all rules, or those with the name in the query.
pub(super) async fn remove(State(state): Timeline, uri: Uri) -> Answer {
    let query = query(&uri)?;
    let servers = servers(&state, &query)?;
    let name = query.get("name").map(String::as_str);
    for number in servers.clone() {
        state.servers.change(number, |server| server.remove_rules(name))?;
    }
    in_force(&state, &servers).await
}

/// `POST release/NAME`: releases what rules hold under this name.
pub(super) async fn release(State(state): Timeline, Path(name): Path<String>) -> Answer {
    let released = state.servers.control().release(&name);
    Ok(Json(json!({"hold": name, "released": released})))
}

/// `POST reset`: restores the rules of the configuration, sets their counters to zero, releases everything that is
/// held, and clears the recording.
pub(super) async fn reset(State(state): Timeline) -> Answer {
    let servers = 0..state.servers.names().len();
    for number in servers.clone() {
        state.servers.change(number, ManagedServer::reset_rules)?;
    }
    state.servers.control().release_all();
    if let Some(recording) = state.servers.recording() {
        recording.reset();
    }
    in_force(&state, &servers).await
}

/// The numbers of the servers that a request refers to: all, or the one in its query.
fn servers(state: &AppState, query: &BTreeMap<String, String>) -> Result<Range<usize>, Refusal> {
    let all = state.servers.names().len();
    match query.get("server") {
        None => Ok(0..all),
        Some(text) => {
            let number = number(text)?;
            (number < all)
                .then_some(number..number + 1)
                .ok_or_else(|| Refusal::no_server(text))
        }
    }
}

/// Describes the rules, once every worker uses the changed ones.
async fn in_force(state: &AppState, servers: &Range<usize>) -> Answer {
    state.servers.control().carried_out().await;
    listed(state, servers)
}

fn listed(state: &AppState, servers: &Range<usize>) -> Answer {
    let mut rules = Vec::new();
    for number in servers.clone() {
        rules.extend(state.servers.with(number, |server| Ok(server.describe_rules(number)))?);
    }
    let held = state.servers.control().held();
    let held: Vec<Value> = held
        .into_iter()
        .map(|(hold, count)| json!({"hold": hold, "count": count}))
        .collect();
    Ok(Json(json!({"rules": rules, "held": held})))
}

/// A rule as it was sent.
fn rule(value: &Value) -> Result<RuleTable, Refusal> {
    let layer = match value {
        Value::String(line) => Layer::from_rule(line),
        Value::Object(_) => {
            let table: Table = serde_json::from_value(value.clone()).map_err(Refusal::bad_json)?;
            Layer::from_table(
                ORIGIN,
                &Table::from_iter([("rule".to_owned(), toml::Value::from(vec![table]))]),
            )
        }
        _ => {
            return Err(Refusal::bad_json(
                "expected a rule such as {\"path\": \"/big\", \"after_bytes\": 1000, \"end\": \"reset\"}, a line of text such as \
                 \"path=/big end=reset\", or a list of either",
            ));
        }
    };
    let rules = layer.map_err(|error| refused(&error))?.rules();
    rules.into_iter().next().ok_or_else(Refusal::internal)
}

/// The refusal for a mistake in a rule.
fn refused(error: &ConfigError) -> Refusal {
    let message = match &error.key {
        Some(key) => format!("{key}: {}", error.message),
        None => error.message.clone(),
    };
    Refusal::bad_value(error.key.as_deref(), message)
}

impl ManagedServer {
    /// Adds rules after the existing ones.
    fn add_rules(&mut self, new: &[RuleTable]) -> Result<Vec<Change>, Refusal> {
        let mut rules = self.stack.rules();
        let mut changes = Vec::new();
        for rule in new {
            let is_free = |name: &String| rules.iter().all(|known| known.name.as_ref() != Some(name));
            let name = match &rule.name {
                Some(name) => name.clone(),
                None => (1..)
                    .map(|number| format!("rule-{number}"))
                    .find(is_free)
                    .unwrap_or_default(),
            };
            changes.push(json!({"what": "rule", "rule": name}));
            rules.push(RuleTable {
                name: Some(name),
                ..rule.clone()
            });
        }
        self.put_rules(&rules)?;
        Ok(changes)
    }

    /// Removes the rules with this name, or all rules.
    fn remove_rules(&mut self, name: Option<&str>) -> Result<Vec<Change>, Refusal> {
        let is_removed = |rule: &RuleTable| name.is_none_or(|name| rule.name.as_deref() == Some(name));
        let (gone, kept): (Vec<_>, Vec<_>) = self.stack.rules().into_iter().partition(is_removed);
        self.put_rules(&kept)?;
        let change = |rule: RuleTable| json!({"what": "rule-removed", "rule": rule.name});
        Ok(gone.into_iter().map(change).collect())
    }

    /// Restores the rules of the configuration and sets their counters to zero.
    fn reset_rules(&mut self) -> Result<Vec<Change>, Refusal> {
        let configured = self.configured_rules.clone();
        self.put_rules(&configured)?;
        let rules = std::mem::take(&mut self.site.profile.rules);
        self.site.profile.rules = rules.without_counts();
        Ok(vec![json!({"what": "rules-reset"})])
    }

    fn put_rules(&mut self, rules: &[RuleTable]) -> Result<(), Refusal> {
        let stack = self.stack.clone().with_rules(ORIGIN, rules);
        self.put(stack.map_err(|error| refused(&error))?, None)
    }

    /// Its rules in the form in which the API describes them. `number` is the number of the server.
    fn describe_rules(&self, number: usize) -> Vec<Value> {
        let hits = self.site.profile.rules.iter().map(|(_, hits)| hits);
        let describe = |(table, hits): (RuleTable, u64)| {
            let mut value = json!(table);
            value["server"] = number.into();
            value["hits"] = hits.into();
            value
        };
        self.stack.rules().into_iter().zip(hits).map(describe).collect()
    }
}
