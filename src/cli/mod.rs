//! The command line: from arguments to a running server or to printed output.
//!
//! Every mistake of the user is reported as one line, with exit code 2. A stop that cuts responses short ends with 1.

mod args;
mod assert;
mod bind;
mod capture;
mod check;
mod config;
mod control;
mod explain;
mod help;
mod human;
mod lab;
mod language;
mod log;
mod log_writer;
mod manual;
mod output;
mod parent;
mod probe;
mod profiles;
mod program;
mod ready;
mod reload;
mod sandbox;
mod serve;
mod signals;
mod timeline;
mod usage;
mod words;

use args::{Cli, Command};
use clap::FromArgMatches;
use labserve_core::http1::text::printable_lines;
use labserve_core::profile::ConfigError;
use std::fmt::Display;
use std::process::ExitCode;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A mistake of the user, or several with one on each line: what is wrong, where, and what was expected.
#[derive(Debug)]
pub(crate) struct Mistake(String);

impl<E: Display> From<E> for Mistake {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Mistake {
    /// Several mistakes in configuration files, one per line.
    fn several(mistakes: &[ConfigError]) -> Self {
        match mistakes {
            [one] => Self(one.to_string()),
            all => {
                let lines: String = all.iter().map(|mistake| format!("\n  {mistake}")).collect();
                Self(format!("{} mistakes{lines}", all.len()))
            }
        }
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments = language::choose(std::env::args_os().collect());
    let cli = match help::command()
        .try_get_matches_from(arguments)
        .and_then(|found| Cli::from_arg_matches(&found))
    {
        Ok(cli) => cli,
        // Help and version.
        Err(asked) if !asked.use_stderr() => asked.exit(),
        Err(error) => {
            output::print_err(&format!("labserve: {}", printable_lines(&usage::message(&error))));
            return ExitCode::from(2);
        }
    };
    let done = match cli.command {
        None => serve::run(cli.serve).map(ExitCode::from),
        Some(Command::Serve(args)) => serve::run(*args).map(ExitCode::from),
        Some(Command::Lab(args)) => lab::run(&args).map(ExitCode::from),
        Some(Command::Profiles(args)) => profiles::run(&args).map(success),
        Some(Command::Reload(args)) => reload::run(&args).map(success),
        Some(Command::Check(args)) => check::run(&args).map(success),
        Some(Command::Explain(args)) => explain::run(&args).map(success),
        Some(Command::Record(args)) => probe::record::run(&args),
        Some(Command::Compare(args)) => probe::compare::run(&args),
        Some(Command::Learn(args)) => probe::learn::run(&args),
        Some(Command::Assert(args)) => assert::run(&args),
        Some(Command::Visit(args)) => probe::visit::run(&args),
        Some(Command::Cases(args)) => probe::cases::run(&args).map(success),
        Some(Command::Completions(args)) => manual::completions(&args).map(success),
        Some(Command::Man(args)) => manual::man(&args).map(success),
    };
    match done {
        Ok(code) => code,
        Err(Mistake(message)) => {
            // Even if the message cannot be written, the exit code reports the mistake.
            output::print_err(&format!("labserve: {}", printable_lines(&message)));
            ExitCode::from(2)
        }
    }
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}
