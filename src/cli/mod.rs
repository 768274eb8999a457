//! The command line: from arguments to a running server or to printed output.
//!
//! Every mistake of the user is reported as one line, with exit code 2. A stop that cuts responses short ends with 1.

mod args;
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
mod sandbox;
mod serve;
mod signals;
mod timeline;

use args::{Cli, Command};
use clap::Parser;
use program::Ended;
use std::fmt::Display;
use std::process::ExitCode;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A mistake of the user, as one line: what was wrong, where, and what was expected.
#[derive(Debug)]
pub(crate) struct Mistake(String);

impl<E: Display> From<E> for Mistake {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Lab(args)) => lab::run(&args),
        Some(Command::Profiles(args)) => profiles::run(&args).map(|()| Ended::Clean),
        Some(Command::Reload(args)) => reload::run(&args).map(|()| Ended::Clean),
        Some(Command::Check(args)) => check::run(&args).map(|()| Ended::Clean),
        Some(Command::Explain(args)) => explain::run(&args).map(|()| Ended::Clean),
    };
    match done {
        Ok(ended) => ExitCode::from(ended as u8),
        Err(Mistake(message)) => {
            eprintln!("labserve: {message}");
            ExitCode::from(2)
        }
    }
}
