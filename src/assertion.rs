//! Assertions about a summary: `requests[/big].retries <= 1`.

use labserve_core::profile::near;
use serde_json::Value;

/// Checks an assertion: the path of a member of the summary, `==`, `!=`, `<=`, `>=`, `<` or `>`, and a value.
///
/// Members are separated by dots. `requests[/big]` selects one path, and `connections[1]` selects one connection by its
/// number. If a member is a table, its `count` is compared.
///
/// # Errors
/// The assertion does not hold, or cannot be parsed. The message says what the summary contains.
#[doc(hidden)]
pub fn check(summary: &Value, assertion: &str) -> Result<(), String> {
    let parsed = OPERATORS
        .iter()
        .filter_map(|(operator, holds)| assertion.split_once(operator).map(|sides| (sides, operator, holds)))
        .min_by_key(|((path, _), ..)| path.len());
    let Some(((path, want), operator, holds)) = parsed else {
        return Err(format!(
            "`{assertion}`: expected a member, a comparison and a value, such as 'requests[/big].retries <= 1'"
        ));
    };
    let (path, want) = (path.trim(), want.trim().trim_matches(['"', '\'']));
    let found = member(summary, path).map_err(|why| format!("`{assertion}`: {why}"))?;
    let found = found.get("count").unwrap_or(found);
    let shown = match found {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let order = match (found.as_f64(), want.parse::<f64>()) {
        (Some(found), Ok(want)) => found.partial_cmp(&want),
        _ => (shown == want).then_some(std::cmp::Ordering::Equal),
    };
    if holds(order) {
        return Ok(());
    }
    Err(format!("{path} is {shown}; expected {operator} {want}"))
}

type Holds = fn(Option<std::cmp::Ordering>) -> bool;

/// The comparisons. If two match at the same place, the first one wins.
const OPERATORS: [(&str, Holds); 6] = [
    ("==", |order| order.is_some_and(std::cmp::Ordering::is_eq)),
    ("!=", |order| !order.is_some_and(std::cmp::Ordering::is_eq)),
    ("<=", |order| order.is_some_and(std::cmp::Ordering::is_le)),
    (">=", |order| order.is_some_and(std::cmp::Ordering::is_ge)),
    ("<", |order| order.is_some_and(std::cmp::Ordering::is_lt)),
    (">", |order| order.is_some_and(std::cmp::Ordering::is_gt)),
];

/// The member of a summary with this path.
fn member<'s>(summary: &'s Value, path: &str) -> Result<&'s Value, String> {
    let mut value = summary;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']').ok_or("expected `]`")?;
            value = element(value, key.trim_matches(['"', '\'']))?;
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            value = value.get(name).ok_or_else(|| {
                let known: Vec<&str> = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.as_str())
                    .collect();
                let known = known.iter().copied();
                match near(name, known.clone()) {
                    Some(near) => format!("there is no `{name}`; did you mean `{near}`?"),
                    None => format!(
                        "there is no `{name}`; expected one of {}",
                        known.collect::<Vec<_>>().join(", ")
                    ),
                }
            })?;
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    Ok(value)
}

/// One path of `requests`, one connection of `connections` by its number, or one request of a connection by its number.
fn element<'s>(value: &'s Value, key: &str) -> Result<&'s Value, String> {
    if let Some(paths) = value.get("paths") {
        return paths.get(key).ok_or_else(|| format!("there was no request for {key}"));
    }
    let list = value.get("list").unwrap_or(value).as_array();
    let is_it = |item: &&Value| {
        let number = item.get("connection").or_else(|| item.get("request"));
        number
            .and_then(Value::as_u64)
            .is_some_and(|number| key.parse() == Ok(number))
    };
    let found = list.into_iter().flatten().find(is_it);
    found.ok_or_else(|| format!("there is no number {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_assertion_holds_or_says_what_there_is() {
        let summary = json!({
            "connections": {"count": 2, "reused": 1, "list": [{"connection": 1, "who": "server"}]},
            "requests": {"count": 3, "paths": {"/big": {"count": 2, "retries": 2}, "/a.b": {"count": 1}}},
        });
        for (assertion, want) in [
            ("connections == 2", ""),
            ("connections.reused >= 1", ""),
            (
                "requests[/big].retries <= 1",
                "requests[/big].retries is 2; expected <= 1",
            ),
            ("requests[/a.b] == 1", ""),
            ("connections[1].who == server", ""),
            (
                "connections[1].who != 'server'",
                "connections[1].who is server; expected != server",
            ),
            ("connections < 2", "connections is 2; expected < 2"),
            (
                "conections == 1",
                "`conections == 1`: there is no `conections`; did you mean `connections`?",
            ),
            (
                "requests[/no] == 1",
                "`requests[/no] == 1`: there was no request for /no",
            ),
            (
                "connections",
                "`connections`: expected a member, a comparison and a value, such as 'requests[/big].retries <= 1'",
            ),
        ] {
            assert_eq!(
                check(&summary, assertion).err().unwrap_or_default(),
                want,
                "{assertion}"
            );
        }
    }
}
