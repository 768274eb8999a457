//! The summary of a visit, for people and for programs.

use super::plan::Visit;
use super::record::{Closer, Connection, Exchange, Outcome, Why};
use super::sentence::Seen;
use crate::recording::End;
use labserve_core::locale::{Lang, filled};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// The summary as text: each connection with its requests, and who closed it, when and why.
pub fn text(visit: &Visit, like: &str, url: &str, lang: Lang) -> String {
    let say = |seen: Seen, values: &[(&str, String)]| filled(seen.text(lang), values);
    let mut text = say(Seen::Title, &[("url", url.to_owned()), ("like", like.to_owned())]);
    text.push('\n');
    for (number, connection) in (1..).zip(visit.connections()) {
        let values = [
            ("number", number.to_string()),
            ("port", connection.port.unwrap_or_default().to_string()),
            ("at", time(connection.opened)),
        ];
        let heading = match connection.port {
            Some(_) => Seen::Connection,
            None => Seen::NotEstablished,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}", say(heading, &values));
        if connection.port.is_none() {
            continue;
        }
        if connection.exchanges.is_empty() {
            let _ = writeln!(text, "  {}", say(Seen::NoRequest, &[]));
        }
        for (at, exchange) in (1..).zip(&connection.exchanges) {
            let _ = writeln!(text, "  {number}.{at:<3} {}", row(exchange, lang));
        }
        for line in ending(connection, lang) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let total = [
        ("connections", visit.connections().len().to_string()),
        ("requests", exchanges(visit).count().to_string()),
        ("statuses", statuses(visit, lang)),
    ];
    let _ = writeln!(text, "\n{}", say(Seen::Total, &total));
    let retries = exchanges(visit).filter(|exchange| exchange.is_retry).count();
    if retries > 0 {
        let _ = writeln!(text, "{}", say(Seen::Retried, &[("count", retries.to_string())]));
    }
    text
}

fn exchanges(visit: &Visit) -> impl Iterator<Item = &Exchange> {
    visit.connections().iter().flat_map(|connection| &connection.exchanges)
}

/// Whether each request got a complete response, possibly only after it was sent again.
pub fn is_complete(visit: &Visit) -> bool {
    exchanges(visit).all(|exchange| match exchange.outcome {
        Outcome::Response { .. } => true,
        Outcome::Nothing(_) => exchanges(visit).any(|other| {
            other.is_retry && other.target == exchange.target && other.at >= exchange.at && other != exchange
        }),
        Outcome::Cut(_) | Outcome::NotHttp | Outcome::TooLate | Outcome::Pending => false,
    })
}

/// The statuses as text, such as `200 × 3, 404`.
fn statuses(visit: &Visit, lang: Lang) -> String {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for exchange in exchanges(visit) {
        if let Outcome::Response { status, .. } = exchange.outcome {
            *counts.entry(status).or_default() += 1;
        }
    }
    let all: Vec<String> = counts
        .iter()
        .map(|(status, count)| match count {
            1 => status.to_string(),
            _ => format!("{status} × {count}"),
        })
        .collect();
    match all.is_empty() {
        true => "-".to_owned(),
        false => all.join(match lang {
            Lang::En => ", ",
            Lang::Zh => "、",
        }),
    }
}

fn row(exchange: &Exchange, lang: Lang) -> String {
    let how = |end: End| vec![("how", name(end).to_owned())];
    let (status, (seen, values)) = match exchange.outcome {
        Outcome::Response { status, bytes, after } => {
            let values = vec![
                ("sent", exchange.sent.to_string()),
                ("received", bytes.to_string()),
                ("time", time(after)),
            ];
            (status.to_string(), (Seen::Response, values))
        }
        Outcome::Nothing(end) => ("-".to_owned(), (Seen::Nothing, how(end))),
        Outcome::Cut(end) => ("-".to_owned(), (Seen::Cut, how(end))),
        Outcome::NotHttp => ("-".to_owned(), (Seen::NotHttp, Vec::new())),
        Outcome::TooLate => ("-".to_owned(), (Seen::TooLate, Vec::new())),
        Outcome::Pending => ("-".to_owned(), (Seen::Pending, Vec::new())),
    };
    let mut row = format!(
        "{status:<3} GET {}  {}",
        exchange.target,
        filled(seen.text(lang), &values)
    );
    let marks = [
        (exchange.is_conditional, Seen::Conditional),
        (exchange.is_retry, Seen::Retry),
    ];
    for (_, mark) in marks.iter().filter(|(is_so, _)| *is_so) {
        row.push_str("  ");
        row.push_str(mark.text(lang));
    }
    row
}

/// Who closed a connection, when and why, and the reaction of the other side.
fn ending(connection: &Connection, lang: Lang) -> Vec<String> {
    let Some(closed) = connection.closed else {
        return Vec::new();
    };
    let is_unused = connection.exchanges.is_empty();
    let seen = match (closed.by, is_unused) {
        (Closer::Server, false) => Seen::ServerClosed,
        (Closer::Server, true) => Seen::ServerClosedUnused,
        (Closer::Client, false) => Seen::ClientClosed,
        (Closer::Client, true) => Seen::ClientClosedUnused,
    };
    let why = closed.why.map_or("", |why| reason(why).text(lang));
    let values = [
        ("how", name(closed.how).to_owned()),
        ("after", time(closed.after)),
        ("why", why.to_owned()),
    ];
    let mut lines = vec![filled(seen.text(lang), &values)];
    match connection.followed {
        Some((how, at)) => {
            let seen = match closed.by {
                Closer::Server => Seen::ClientFollowed,
                Closer::Client => Seen::ServerFollowed,
            };
            let values = [
                ("how", name(how).to_owned()),
                ("after", time(at.saturating_sub(closed.at))),
            ];
            lines.push(filled(seen.text(lang), &values));
        }
        None if closed.how == End::Fin => lines.push(Seen::Open.text(lang).to_owned()),
        None => {}
    }
    lines
}

fn reason(why: Why) -> Seen {
    match why {
        Why::Asked => Seen::Asked,
        Why::Announced => Seen::Announced,
        Why::Idle => Seen::Idle,
        Why::Unused => Seen::Unused,
        Why::Left => Seen::Left,
        Why::GaveUp => Seen::GaveUp,
    }
}

/// The name of a segment that ends a connection.
fn name(end: End) -> &'static str {
    match end {
        End::Rst => "RST",
        End::Fin | End::Open => "FIN",
    }
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.3} s"),
    }
}

/// The summary as JSON. Times are in milliseconds since the start of the visit; the documentation of `labserve visit`
/// lists the members.
pub fn json(visit: &Visit, like: &str, url: &str) -> Value {
    let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
    let exchange = |exchange: &Exchange| {
        let (outcome, status, received, after) = match exchange.outcome {
            Outcome::Response { status, bytes, after } => ("response", Some(status), Some(bytes), Some(ms(after))),
            Outcome::Nothing(_) => ("nothing", None, None, None),
            Outcome::Cut(_) => ("cut", None, None, None),
            Outcome::NotHttp => ("not_http", None, None, None),
            Outcome::TooLate => ("too_late", None, None, None),
            Outcome::Pending => ("pending", None, None, None),
        };
        json!({
            "kind": exchange.kind, "method": "GET", "target": exchange.target, "conditional": exchange.is_conditional,
            "retry": exchange.is_retry, "at_ms": ms(exchange.at), "sent_bytes": exchange.sent, "outcome": outcome,
            "status": status, "received_bytes": received, "took_ms": after,
        })
    };
    let connection = |connection: &Connection| {
        let closed = connection.closed.map(|closed| {
            json!({
                "by": match closed.by { Closer::Client => "client", Closer::Server => "server" },
                "how": closed.how, "at_ms": ms(closed.at), "after_ms": ms(closed.after),
                "why": closed.why.map(|why| reason(why).key().trim_start_matches("why_")),
            })
        });
        let followed = connection
            .followed
            .map(|(how, at)| json!({"how": how, "at_ms": ms(at)}));
        json!({
            "port": connection.port, "opened_ms": ms(connection.opened), "closed": closed, "followed": followed,
            "requests": connection.exchanges.iter().map(exchange).collect::<Vec<_>>(),
        })
    };
    json!({
        "url": url, "like": like, "measured": visit.behaviour().measured, "complete": is_complete(visit),
        "connections": visit.connections().iter().map(connection).collect::<Vec<_>>(),
    })
}
