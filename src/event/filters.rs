//! Events from the parameters of a query.

use super::{Event, What};
use labserve_core::close_reason::CloseReason;
use labserve_core::profile::near;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The kinds of events, by the name of the parameter `for`.
const EVENTS: [(&str, What); 7] = [
    ("accepted", What::Accepted),
    ("request", What::Request),
    ("reply", What::Reply),
    ("dropped_request", What::DroppedRequest),
    ("rule", What::Rule),
    ("held", What::Held),
    ("closed", What::Closed),
];

/// The other parameters.
const FILTERS: [&str; 9] = [
    "for",
    "connection",
    "method",
    "path",
    "rule",
    "name",
    "status",
    "reason",
    "times",
];

impl Event {
    /// The event for a query such as `for=closed&connection=1`.
    ///
    /// # Errors
    /// A parameter is unknown, or has a wrong value.
    pub(crate) fn from_filters(filters: &BTreeMap<String, String>) -> Result<Self, String> {
        let names = || EVENTS.iter().map(|(name, _)| *name);
        let wanted = filters.get("for").map_or("", String::as_str);
        let what = EVENTS.iter().find(|(name, _)| *name == wanted).map(|(_, what)| *what);
        let Some(what) = what else {
            return Err(unknown("for", wanted, names()));
        };
        let mut event = Self::new(what);
        for (name, value) in filters {
            match name.as_str() {
                "for" => {}
                "connection" => event.connection = Some(number(name, value)?),
                "method" => event.method = Some(value.clone()),
                "path" => event.path = Some(value.clone()),
                "rule" => event.rule = Some(value.clone()),
                "name" => event.name = Some(value.clone()),
                "status" => event.status = Some(number(name, value)?),
                "times" => event.times = number::<u64>(name, value)?.max(1),
                "reason" => {
                    let reason = CloseReason::ALL.iter().find(|reason| reason.key() == value);
                    let keys = || CloseReason::ALL.iter().map(|reason| reason.key());
                    event.reason = Some(*reason.ok_or_else(|| unknown(name, value, keys()))?);
                }
                other => return Err(unknown("the query", other, FILTERS.into_iter().chain(["within"]))),
            }
        }
        Ok(event)
    }
}

fn number<N: FromStr>(name: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{name}: expected a number, got `{value}`"))
}

fn unknown<'k>(name: &str, value: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    match near(value, known.clone()) {
        Some(near) => format!("{name}: got `{value}`; did you mean `{near}`?"),
        None => format!(
            "{name}: got `{value}`; expected one of {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_an_event_or_says_what_to_write() {
        let of = |query: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let filters = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Event::from_filters(&filters).map_or_else(|why| why, |event| event.to_string())
        };
        for (query, want) in [
            (
                "for=closed&connection=1&reason=idle",
                "a close: connection 1, reason idle",
            ),
            ("for=reply&path=/a&status=503&times=2", "2 replies: path /a, status 503"),
            ("for=rule&rule=slow", "a hit of a rule: rule slow"),
            ("for=held&name=go&times=2", "2 holds: name go"),
            ("for=close", "for: got `close`; did you mean `closed`?"),
            ("for=closed&reason=idel", "reason: got `idel`; did you mean `idle`?"),
            (
                "for=closed&conection=1",
                "the query: got `conection`; did you mean `connection`?",
            ),
            ("for=reply&status=ok", "status: expected a number, got `ok`"),
        ] {
            assert_eq!(of(query), want, "{query}");
        }
    }
}
