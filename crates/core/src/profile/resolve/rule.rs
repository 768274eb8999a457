//! Resolves `[[rule]]`. A mistake in a single rule is found together with the mistakes of its keys, so that its line is
//! known.

use super::names::Names;
use super::{Mistake, mistake, waits};
use crate::glob::Glob;
use crate::http1::field::is_token;
use crate::profile::raw::{RawResponse, RuleEnd, RulePoint, RuleRace, RuleTable};
use crate::profile::units::{Span, Word};
use crate::rule::{Act, Condition, End, Point, ReplyChange, Rule, Rules, Subject, Wanted};
use std::collections::BTreeMap;

/// Which key of a rule is wrong, and why.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::profile) struct RuleMistake {
    pub(in crate::profile) key: &'static str,
    pub(in crate::profile) message: String,
}

fn wrong<T>(key: &'static str, message: impl Into<String>) -> Result<T, RuleMistake> {
    Err(RuleMistake {
        key,
        message: message.into(),
    })
}

/// Resolves the rules of a profile.
pub(super) fn rules(
    tables: &[RuleTable],
    own: &BTreeMap<String, RawResponse>,
    names: &Names,
) -> Result<Rules, Mistake> {
    let rule = |(at, table): (usize, &RuleTable)| {
        check(table).map_err(|wrong| mistake(&["rule", wrong.key], wrong.message))?;
        let response = match &table.status {
            Some(Word(word)) => Some(match of_rules(word, own) {
                Some((name, _)) => names.answer(&["rule", "status"], &Word(name))?,
                None => names.answer(&["rule", "status"], &Word(word.clone()))?,
            }),
            None => None,
        };
        Ok(Rule {
            name: table.name.clone().unwrap_or_else(|| format!("rule-{}", at + 1)),
            when: condition(table),
            reply: ReplyChange {
                response,
                fields: table.fields.clone(),
                body: table.body.as_ref().map(|text| text.as_bytes().to_vec()),
                content_length: table.content_length,
                extra_bytes: table.extra_bytes.clone().unwrap_or_default().into_bytes(),
                interim: table.interim.clone(),
                delay: table.delay.and_then(waits),
                body_delay: table.body_delay.and_then(waits),
                throttle: table.throttle.map(|size| size.0),
            },
            act: act(table),
        })
    };
    let rules: Result<Vec<Rule>, Mistake> = tables.iter().enumerate().map(rule).collect();
    Ok(Rules::new(rules?))
}

/// The responses that rules name by a status, and that the profile does not define itself (`own`).
pub(super) fn responses_of_rules(
    tables: &[RuleTable],
    own: &BTreeMap<String, RawResponse>,
) -> Vec<(String, RawResponse)> {
    let named = tables.iter().filter_map(|table| table.status.as_ref());
    named.filter_map(|Word(word)| of_rules(word, own)).collect()
}

/// The response for a status that a rule names and the profile does not define: its name, and a response like the
/// profile's 404. The default responses of all profiles are not used, because some, such as 503, end the connection.
fn of_rules(word: &str, own: &BTreeMap<String, RawResponse>) -> Option<(String, RawResponse)> {
    let status = word.parse().ok().filter(|status| (200..=599).contains(status))?;
    let response = RawResponse {
        status: Some(status),
        like: Some(Word("404".to_owned())),
        ..RawResponse::default()
    };
    (!own.contains_key(word)).then(|| (format!("rule-{status}"), response))
}

fn condition(table: &RuleTable) -> Condition {
    let header = table.header.as_deref().map(|text| match text.split_once(':') {
        Some((name, value)) => (name.trim().to_owned(), Some(Glob::text(value.trim()))),
        None => (text.trim().to_owned(), None),
    });
    Condition {
        subject: Subject {
            path: table.path.as_deref().map(Glob::path),
            method: table.method.clone(),
            header,
            request: table.request.or(table.race.map(|_| 2)),
            connection: table.connection,
            overall: table.overall,
        },
        wanted: Wanted {
            nth: table.nth,
            every: table.every,
            percent: table.percent,
            seed: table.seed.unwrap_or(0),
        },
        times: table.times,
    }
}

fn act(table: &RuleTable) -> Act {
    let at = match (table.at, table.after_bytes) {
        _ if table.race.is_some() => Point::FirstByte,
        (_, Some(bytes)) => Point::AfterBytes(bytes),
        (Some(point), None) => match point {
            RulePoint::Accept => Point::Accept,
            RulePoint::FirstByte => Point::FirstByte,
            RulePoint::Head => Point::Head,
            RulePoint::BeforeReply => Point::BeforeReply,
            RulePoint::AfterHead => Point::AfterHead,
            RulePoint::AfterReply => Point::AfterReply,
            RulePoint::Idle => Point::Idle,
        },
        (None, None) if changes_reply(table) => Point::AfterReply,
        (None, None) => Point::BeforeReply,
    };
    let end = match (table.race, table.end) {
        (Some(RuleRace::FinMeetsRequest), _) => Some(End::Fin),
        (Some(RuleRace::ResetMeetsRequest), _) => Some(End::Reset),
        (None, end) => end.map(|end| match end {
            RuleEnd::Fin => End::Fin,
            RuleEnd::Reset => End::Reset,
            RuleEnd::Linger => End::Linger,
            RuleEnd::Never => End::Never,
            RuleEnd::HalfClose => End::HalfClose,
        }),
    };
    Act {
        at,
        hold: table.hold.clone(),
        stall: table.stall.and_then(waits),
        end,
    }
}

/// The first key of a rule that changes a response.
fn change(table: &RuleTable) -> Option<&'static str> {
    let set = [
        ("status", table.status.is_some()),
        ("fields", !table.fields.is_empty()),
        ("body", table.body.is_some()),
        ("content_length", table.content_length.is_some()),
        ("extra_bytes", table.extra_bytes.is_some()),
        ("interim", !table.interim.is_empty()),
        ("delay", table.delay.is_some()),
        ("body_delay", table.body_delay.is_some()),
        ("throttle", table.throttle.is_some()),
    ];
    set.into_iter().find(|(_, is_set)| *is_set).map(|(key, _)| key)
}

fn changes_reply(table: &RuleTable) -> bool {
    change(table).is_some()
}

/// Checks the keys of a rule together.
pub(in crate::profile) fn check(table: &RuleTable) -> Result<(), RuleMistake> {
    check_values(table)?;
    check_point(table)?;
    if !changes_reply(table)
        && table.hold.is_none()
        && table.stall.is_none()
        && table.end.is_none()
        && table.race.is_none()
    {
        let key = if table.after_bytes.is_some() {
            "after_bytes"
        } else {
            "at"
        };
        return wrong(
            if table.at.is_some() || table.after_bytes.is_some() {
                key
            } else {
                ""
            },
            "this rule says when, but not what is to happen; add `end`, `hold`, `stall`, `status`, `delay` or another \
             key of what, such as `end = \"reset\"`",
        );
    }
    Ok(())
}

/// Checks single values, beyond their types.
fn check_values(table: &RuleTable) -> Result<(), RuleMistake> {
    if let Some(path) = &table.path
        && !path.starts_with(['/', '*'])
    {
        return wrong(
            "path",
            format!("got {path:?}; expected a path from the slash on, such as `path = \"/{path}\"`"),
        );
    }
    if let Some(header) = &table.header {
        let name = header.split(':').next().unwrap_or_default().trim();
        if name.is_empty() || !name.bytes().all(is_token) {
            return wrong(
                "header",
                format!(
                    "got {header:?}; expected the name of a field, or a name and a value, such as `header = \"Accept: text/*\"`"
                ),
            );
        }
    }
    for field in &table.fields {
        let name = field.split_once(':').map(|(name, _)| name);
        let is_line = name.is_some_and(|name| !name.is_empty() && name.bytes().all(is_token));
        if !is_line || field.contains(['\r', '\n', '\0']) {
            return wrong(
                "fields",
                format!("got {field:?}; expected field lines, such as `fields = [\"Retry-After: 1\"]`"),
            );
        }
    }
    if let Some(name) = &table.hold
        && (name.is_empty() || !name.bytes().all(is_token))
    {
        return wrong(
            "hold",
            format!("got {name:?}; expected a name without spaces, such as `hold = \"first\"`"),
        );
    }
    if table.throttle.is_some_and(|size| size.0 == 0) {
        return wrong(
            "throttle",
            "got 0; expected bytes per second, such as `throttle = \"10KiB\"`; `end = \"never\"` stops for good",
        );
    }
    for (key, span) in [
        ("delay", table.delay),
        ("body_delay", table.body_delay),
        ("stall", table.stall),
    ] {
        if span == Some(Span(None)) {
            return wrong(
                key,
                format!("got \"never\"; expected a time, such as `{key} = \"1s\"`; `end = \"never\"` waits for good"),
            );
        }
    }
    if table.seed.is_some() && table.percent.is_none() {
        return wrong("seed", "only `percent` uses a seed; add it, such as `percent = 10`");
    }
    Ok(())
}

/// Checks the point at which something happens.
fn check_point(table: &RuleTable) -> Result<(), RuleMistake> {
    if table.race.is_some() {
        let others = [
            ("at", table.at.is_some()),
            ("after_bytes", table.after_bytes.is_some()),
            ("end", table.end.is_some()),
        ];
        if let Some((key, _)) = others.into_iter().find(|(_, is_set)| *is_set) {
            return wrong(
                key,
                "`race` says where and how the connection ends; leave this out, or `race`",
            );
        }
        if table.request == Some(1) {
            return wrong(
                "request",
                "got 1; a connection is idle only after its first request: expected 2 or more with `race`",
            );
        }
    }
    if table.after_bytes.is_some() && table.at.is_some() {
        return wrong("at", "`after_bytes` is a point itself; leave out one of the two");
    }
    let at = act(table).at;
    if !matches!(at, Point::Accept | Point::FirstByte) {
        return Ok(());
    }
    let where_ = if at == Point::Accept { "accept" } else { "first-byte" };
    let of_request = [
        ("path", table.path.is_some()),
        ("method", table.method.is_some()),
        ("header", table.header.is_some()),
        ("overall", table.overall.is_some()),
        ("request", table.request.is_some() && at == Point::Accept),
    ];
    if let Some((key, _)) = of_request.into_iter().find(|(_, is_set)| *is_set) {
        let instead = if at == Point::Accept {
            "`connection`"
        } else {
            "`connection` and `request`"
        };
        return wrong(
            key,
            format!("no request is known yet at `{where_}`; say which one with {instead}"),
        );
    }
    if let Some(key) = change(table) {
        return wrong(
            key,
            format!("there is no response yet at `{where_}`; use another rule for it, or a later point"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_the_key_and_what_to_write() {
        for (text, key, part) in [
            ("path = 'big'\nend = 'fin'", "path", "`path = \"/big\"`"),
            ("path = '/big'", "", "not what is to happen"),
            ("at = 'head'", "at", "not what is to happen"),
            ("at = 'accept'\npath = '/'\nend = 'fin'", "path", "`connection`"),
            ("at = 'first-byte'\nstatus = 503", "status", "no response yet"),
            ("at = 'head'\nafter_bytes = 1\nend = 'fin'", "at", "leave out one"),
            ("race = 'fin-meets-request'\nend = 'fin'", "end", "`race` says"),
            ("race = 'fin-meets-request'\nrequest = 1", "request", "2 or more"),
            ("header = 'a b'\nend = 'fin'", "header", "Accept: text/*"),
            ("fields = ['no colon']", "fields", "Retry-After: 1"),
            ("fields = [\"a: b\\r\\nc: d\"]", "fields", "field lines"),
            ("hold = 'two words'", "hold", "without spaces"),
            ("throttle = 0", "throttle", "bytes per second"),
            ("delay = 'off'", "delay", "end = \"never\""),
            ("seed = 1\nend = 'fin'", "seed", "percent = 10"),
        ] {
            let table: RuleTable = toml::from_str(text).expect(text);
            let wrong = check(&table).expect_err(text);
            assert_eq!(wrong.key, key, "{text}: {}", wrong.message);
            assert!(wrong.message.contains(part), "{text}: {}", wrong.message);
        }
    }

    #[test]
    fn where_a_rule_acts_that_does_not_say_it() {
        for (text, at) in [
            ("end = 'fin'", Point::BeforeReply),
            ("hold = 'a'", Point::BeforeReply),
            ("status = 503\nend = 'fin'", Point::AfterReply),
            ("after_bytes = 9\nend = 'fin'", Point::AfterBytes(9)),
            ("race = 'fin-meets-request'", Point::FirstByte),
        ] {
            let table: RuleTable = toml::from_str(text).expect(text);
            assert_eq!((check(&table), act(&table).at), (Ok(()), at), "{text}");
        }
    }
}
