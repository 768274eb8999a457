//! The log: its format, its level, and its output.

use super::human::{Human, LogFormat};
use super::log_writer::{LastLines, LogWriter};
use labserve_core::http1::text::printable_json;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::str::FromStr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// The format and level of the log, as in `json/debug`. Either may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogSpec {
    pub(super) format: LogFormat,
    level: LevelFilter,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: LevelFilter::INFO,
        }
    }
}

impl FromStr for LogSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut spec = Self::default();
        for word in text.split('/') {
            match word {
                "text" => spec.format = LogFormat::Text,
                "json" => spec.format = LogFormat::Json,
                level => {
                    let known = ["off", "error", "warn", "info", "debug", "trace"].contains(&level);
                    spec.level = level.parse().ok().filter(|_| known).ok_or_else(|| {
                        format!("got {word:?}; expected text or json, and off, error, warn, info, debug or trace, as in json/debug")
                    })?;
                }
            }
        }
        Ok(spec)
    }
}

/// Starts the log on standard error, so that standard output contains only what was requested. The last lines are
/// written when the returned value is dropped. With `names`, lines about a connection start with the name of its
/// server.
pub(super) fn start(spec: LogSpec, names: &[(String, SocketAddr)]) -> io::Result<LastLines> {
    let (writer, last_lines) = LogWriter::start(io::stderr())?;
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::OFF.into())
        .parse_lossy(format!("labserve={}", spec.level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let started = match spec.format {
        LogFormat::Json => builder
            .with_writer(move || JsonLines(writer.clone()))
            .json()
            .flatten_event(true)
            // In events, `target` already means the target of a request.
            .with_target(false)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
        LogFormat::Text => {
            // Colour only on a terminal, and not if the user has turned it off (no-color.org).
            let wanted = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
            let ansi = wanted && labserve_server::sys::shows_colour(&io::stderr());
            builder
                .with_writer(writer)
                .with_ansi(ansi)
                .event_format(Human::new(names))
                .try_init()
        }
    };
    // If a log was already started in this process, it stays in use.
    drop(started);
    // The standard library would print a panic to standard error itself, and block until the output is read.
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.to_string().replace('\n', " ");
        tracing::error!("{said}");
    }));
    Ok(last_lines)
}

/// Accepts lines of JSON for the log, and escapes characters that a serializer does not escape.
struct JsonLines(LogWriter);

impl Write for JsonLines {
    /// Accepts one line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(printable_json(text).as_bytes())?,
            Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_and_level_in_any_order() {
        for (text, format, level) in [
            ("json", LogFormat::Json, LevelFilter::INFO),
            ("debug", LogFormat::Text, LevelFilter::DEBUG),
            ("json/warn", LogFormat::Json, LevelFilter::WARN),
            ("off", LogFormat::Text, LevelFilter::OFF),
        ] {
            assert_eq!(text.parse(), Ok(LogSpec { format, level }), "{text}");
        }
        for bad in ["", "xml", "json/loud", "5"] {
            assert!(bad.parse::<LogSpec>().is_err(), "{bad}");
        }
    }
}
