//! The log for people: one line for each exchange and each close.

use super::language::translated;
use labserve_core::http1::text::printable;
use labserve_server::events::{CONNECTION, EXCHANGE};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// JSON Lines.
    Json,
}

/// Formats log events for people.
#[derive(Clone, Debug)]
pub(super) struct Human {
    /// The names of servers by their addresses as text, all padded to the same width. Empty if there is only one
    /// server.
    names: BTreeMap<String, String>,
}

impl Human {
    /// A formatter that starts each line about a connection with the name of its server, if `names` contains one.
    pub(super) fn new(names: &[(String, SocketAddr)]) -> Self {
        let width = names.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let padded = |name: &str| format!("{:<width$} ", printable(name.as_bytes()).to_string());
        let names = names.iter().map(|(name, address)| (address.to_string(), padded(name)));
        Self { names: names.collect() }
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Fields {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }
}

impl<S, N> FormatEvent<S, N> for Human
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let ansi = writer.has_ansi_escapes();
        if let Some(name) = self.names.get(fields.get("local")) {
            write!(writer, "{name}")?;
        }
        match event.metadata().target() {
            EXCHANGE => exchange_line(&mut writer, &fields, ansi),
            CONNECTION if !fields.get("reason").is_empty() => closed_line(&mut writer, &fields, ansi),
            _ => {
                let (word, colour) = match *event.metadata().level() {
                    Level::ERROR => ("error: ", "31"),
                    Level::WARN => ("warning: ", "33"),
                    _ => ("", "0"),
                };
                let message = printable(fields.get("message").as_bytes());
                writeln!(
                    writer,
                    "{}",
                    paint(ansi, colour, &translated(&format!("{word}{message}")))
                )
            }
        }
    }
}

fn exchange_line(writer: &mut Writer<'_>, fields: &Fields, ansi: bool) -> fmt::Result {
    let place = format!("#{}.{}", fields.get("connection"), fields.get("request"));
    if !fields.get("where").is_empty() {
        return dropped_line(writer, &place, fields, ansi);
    }
    if !fields.get("rule").is_empty() {
        let line = format!("{place:<8} rule {}, time {}", fields.get("rule"), fields.get("number"));
        return writeln!(writer, "{}", paint(ansi, "35", &translated(&line)));
    }
    let status = fields.get("status");
    let colour = match status.bytes().next() {
        Some(b'2') => "32",
        Some(b'3') => "36",
        Some(b'4') => "33",
        _ => "31",
    };
    let method = if fields.get("method").is_empty() {
        "-"
    } else {
        fields.get("method")
    };
    let none = translated("(no request)");
    let target = match fields.get("target") {
        "" => &none,
        target => target,
    };
    let bytes = fields.number("head_bytes") + fields.number("body_bytes");
    let sent = match fields.get("complete") {
        "false" => format!("{bytes} of {} bytes, cut short", fields.get("total_bytes")),
        _ => format!("{bytes} bytes"),
    };
    writeln!(
        writer,
        "{place:<8} {} {method:<4} {target}  {}",
        paint(ansi, colour, status),
        translated(&sent),
    )
}

fn dropped_line(writer: &mut Writer<'_>, place: &str, fields: &Fields, ansi: bool) -> fmt::Result {
    let none = translated("(no complete request line)");
    let line = match fields.get("line") {
        "" => &none,
        line => line,
    };
    let what = format!("{} bytes, dropped: {}", fields.get("bytes"), fields.get("words"));
    writeln!(
        writer,
        "{place:<8} {} {line}  {}",
        paint(ansi, "35", "---"),
        translated(&what),
    )
}

fn closed_line(writer: &mut Writer<'_>, fields: &Fields, ansi: bool) -> fmt::Result {
    let (who, how) = match (fields.get("who"), fields.get("reason"), fields.get("style")) {
        ("client", "client_reset", _) => ("client", "RST"),
        ("client", _, "hold") => ("client", "FIN, for which the server waited"),
        ("client", ..) => ("client", "FIN"),
        (_, _, "rst") => ("server", "RST"),
        (_, _, "half-close") => ("server", "FIN, then waiting for the client"),
        (_, _, "linger") => ("server", "FIN, then lingering"),
        _ => ("server", "FIN"),
    };
    let requests = match fields.get("requests") {
        "1" => "1 request".to_owned(),
        n => format!("{n} requests"),
    };
    let seconds: f64 = fields.number("open_ns") as f64 / 1e9;
    let line = format!(
        "#{:<7} closed by the {who} ({how}): {}; {requests} in {seconds:.1} s, port {}",
        fields.get("connection"),
        fields.get("words"),
        fields.get("peer").rsplit(':').next().unwrap_or_default(),
    );
    writeln!(writer, "{}", paint(ansi, "2", &translated(&line)))
}

fn paint(ansi: bool, colour: &str, text: &str) -> String {
    if ansi {
        format!("\x1b[{colour}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
