//! Mistakes in arguments that the parser finds, in the form of all other mistakes.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use labserve_core::profile::builtin;
use std::error::Error;

/// What the values of those arguments are that the parser itself reads, with an example.
const EXPECTED: [(&str, &str, &str); 13] = [
    ("--port", "a port, a number from 0 to 65535", "8080"),
    ("--base-port", "a port, a number from 0 to 65535", "8080"),
    ("--workers", "a number from 1 to 512", "4"),
    ("--stream", "the number of a stream, from 0", "3"),
    ("--host", "an IP address", "192.168.0.1"),
    ("--bind", "an IP address", "127.0.0.1"),
    ("--at-once", "a number from 1 to 48", "8"),
    ("--rate", "a number from 1", "50"),
    ("--at-least", "a number of percent", "99.5"),
    ("--show", "a number from 0", "20"),
    ("--connections", "a number from 1 to 64", "6"),
    ("--repeat", "a number from 1 to 1000", "3"),
    ("--effort", "a number of millions", "60"),
];

/// What is wrong with the arguments, and what to write instead.
pub(super) fn message(error: &clap::Error) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(ContextValue::Strings(all)) => all.first().map(String::as_str),
        _ => None,
    };
    let list = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(all)) => all.join(", "),
        _ => String::new(),
    };
    let whole = text(ContextKind::InvalidArg).unwrap_or_default();
    let name = whole.split([' ', '=']).next().unwrap_or_default();
    let got = text(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidValue if got.is_empty() => format!("{name}: the value is missing; expected {whole}"),
        ErrorKind::InvalidValue => format!(
            "{name}: got {got:?}; expected one of {}{}",
            list(ContextKind::ValidValue),
            meant(text(ContextKind::SuggestedValue))
        ),
        // A user may write `-p` for the profile, as in other programs.
        ErrorKind::ValueValidation if name == "--port" && builtin::text(got).is_some() => {
            format!(
                "--port: got {got:?}, which is a profile; expected a port, such as -p 8080: write -P {got} for the profile"
            )
        }
        ErrorKind::ValueValidation => format!("{name}: {}", invalid(name, got, error.source())),
        ErrorKind::UnknownArgument if !name.starts_with('-') => format!(
            "got {name:?}, where nothing more is expected; `labserve --help` shows what may be written{}",
            meant(text(ContextKind::SuggestedSubcommand))
        ),
        ErrorKind::UnknownArgument => format!(
            "there is no option {name} here{} `--help` lists all",
            meant_or(text(ContextKind::SuggestedArg))
        ),
        ErrorKind::InvalidSubcommand => format!(
            "there is no command {:?}{} `labserve --help` lists all",
            text(ContextKind::InvalidSubcommand).unwrap_or_default(),
            meant_or(text(ContextKind::SuggestedSubcommand))
        ),
        ErrorKind::ArgumentConflict => conflict(name, whole, &list(ContextKind::PriorArg)),
        ErrorKind::MissingRequiredArgument => {
            format!("expected {}; `--help` shows an example", list(ContextKind::InvalidArg))
        }
        ErrorKind::TooManyValues if !name.starts_with('-') => {
            format!(
                "got {got:?}, where nothing more is expected; expected a profile and a directory at most, such as `labserve node ./site`"
            )
        }
        ErrorKind::TooManyValues if whole == name => format!("{name}: got {got:?}; this option takes no value"),
        ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues | ErrorKind::TooManyValues => {
            format!("{name}: expected {whole}")
        }
        // The first line contains the message; the rest repeats the usage.
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            format!("{}; `--help` lists all options", first.trim_start_matches("error: "))
        }
    }
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map_or(String::new(), |meant| format!("; did you mean {meant}?"))
}

/// The same, with a semicolon if there is no suggestion, so that another sentence can follow.
fn meant_or(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(|| ";".to_owned(), |suggestion| meant(Some(suggestion)))
}

/// What is wrong with a value that could not be read. If `why` is a message of this program, it already says that.
fn invalid(name: &str, got: &str, why: Option<&(dyn Error + 'static)>) -> String {
    let why = why.map(ToString::to_string).filter(|why| why.contains("expected"));
    match (why, EXPECTED.iter().find(|(known, ..)| *known == name)) {
        (Some(why), _) if why.starts_with("got") => why,
        (Some(why), _) => format!("got {got:?}; {why}"),
        (None, Some((_, expected, example))) => format!("got {got:?}; expected {expected}, such as {name} {example}"),
        (None, None) => format!("got {got:?}, which it cannot be"),
    }
}

/// What is wrong with two arguments that cannot be combined.
fn conflict(name: &str, whole: &str, prior: &str) -> String {
    let prior = prior.split([' ', '=']).next().unwrap_or_default();
    match prior == name || prior.is_empty() {
        true => format!("{name} is given twice; expected it once: {whole}"),
        false => format!("{name} and {prior} exclude each other; leave out one of them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    #[test]
    fn each_mistake_says_what_to_write() {
        let mut wrong = Vec::new();
        for (arguments, want) in [
            (
                "--port abc",
                "--port: got \"abc\"; expected a port, a number from 0 to 65535, such as --port 8080",
            ),
            (
                "--port 99999",
                "--port: got \"99999\"; expected a port, a number from 0 to 65535, such as --port 8080",
            ),
            (
                "--port 1 --port 2",
                "--port is given twice; expected it once: --port <N>",
            ),
            (
                "--bind localhost:80",
                "--bind: got \"localhost:80\"; expected an address of this machine without a port, such as \"127.0.0.1\", \"0.0.0.0\" for all, or \"localhost\"",
            ),
            (
                "--workers 0",
                "--workers: got \"0\"; expected a number from 1 to 512, such as --workers 4",
            ),
            (
                "--workers many",
                "--workers: got \"many\"; expected a number from 1 to 512, such as --workers 4",
            ),
            (
                "--for 60",
                "--for: got \"60\"; expected a time with its unit (ms, s, m, h), such as 60s",
            ),
            (
                "--log json/loud",
                "--log: got \"loud\"; expected text or json, and off, error, warn, info, debug or trace, as in json/debug",
            ),
            (
                "--no-timeline --timeline 3900",
                "--no-timeline and --timeline exclude each other; leave out one of them",
            ),
            (
                "--profile",
                "--profile: the value is missing; expected --profile <NAME|FILE>",
            ),
            (
                "--prfile node",
                "there is no option --prfile here; did you mean --profile? `--help` lists all",
            ),
            ("--summary xml", "--summary: got \"xml\"; expected one of json, text"),
            (
                "help proflies",
                "there is no command \"proflies\"; `labserve --help` lists all",
            ),
            (
                "node ./site more",
                "got \"more\", where nothing more is expected; expected a profile and a directory at most, such as `labserve node ./site`",
            ),
            (
                "-p node",
                "--port: got \"node\", which is a profile; expected a port, such as -p 8080: write -P node for the profile",
            ),
            (
                "--listen 127.0.0.1:1 --host ::1",
                "--listen and --bind exclude each other; leave out one of them",
            ),
            ("explain", "expected <FILE>...; `--help` shows an example"),
            ("explain a.pcap --lang de", "--lang: got \"de\"; expected one of en, zh"),
            ("profiles --compare node", "--compare: expected --compare <A> <B>"),
            (
                "record http://a -o x --at-once 100",
                "--at-once: got \"100\"; expected a number from 1 to 48, such as --at-once 8",
            ),
            (
                "compare a b --at-least many",
                "--at-least: got \"many\"; expected a number of percent, such as --at-least 99.5",
            ),
        ] {
            let all = ["labserve"].into_iter().chain(arguments.split(' '));
            let said = message(&Cli::try_parse_from(all).expect_err(arguments));
            if said != want {
                wrong.push(format!("{arguments}\n  is   {said}\n  want {want}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
