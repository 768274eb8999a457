//! The command line: from arguments to a running server or to printed output.
//!
//! Every mistake of the user is reported on one line, with exit code 2.

mod args;
mod bind;
mod capture;
mod check;
mod config;
mod control;
mod explain;
mod human;
mod lab;
mod log;
mod log_writer;
mod profiles;
mod program;
mod reload;
mod serve;
mod signals;
mod timeline;

use args::{Cli, Command};
use clap::Parser;
use labserve_core::profile::ConfigError;
use std::fmt::Display;
use std::process::ExitCode;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A mistake of the user, or several with one on each line: what was wrong, where, and what was expected.
#[derive(Debug)]
pub(crate) struct Mistake(String);

impl<E: Display> From<E> for Mistake {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Mistake {
    /// Several mistakes in configuration files, one a line.
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
    let cli = Cli::parse();
    let done = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Lab(args)) => lab::run(&args),
        Some(Command::Profiles(args)) => profiles::run(&args),
        Some(Command::Reload(args)) => reload::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Mistake(message)) => {
            eprintln!("labserve: {message}");
            ExitCode::from(2)
        }
    }
}
