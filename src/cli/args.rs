//! The arguments of the command line. The doc comments are the help texts.

mod tools;
mod visit;

pub(super) use tools::{
    AskArgs, AssertArgs, CasesArgs, CheckArgs, CompareArgs, CompletionsArgs, ExplainArgs, Language, LearnArgs, ManArgs,
    ProfilesArgs, RecordArgs, ReloadArgs, Side,
};
pub(super) use visit::VisitArgs;

use super::bind::{Bind, Listen};
use super::log::LogSpec;
use clap::{Args, Parser, Subcommand};
use labserve_core::profile::units::Span;
use std::path::PathBuf;
use std::time::Duration;

/// A static-file HTTP/1.1 server that imitates other servers.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, max_term_width = 80)]
#[command(
    after_help = "Examples:\n  labserve node\n  labserve ./site -p 8080 --open\n  labserve --profile rfc --root ./site --listen 127.0.0.1:8080\n  labserve --set connection.fields.keep='[]' --set timers.idle=10s\n  labserve lab\n  labserve profiles --compare node rfc\n\nExit codes:\n  0  it stopped, and every response was complete\n  1  it stopped, and cut responses short: their time was over, or a second\n     signal came\n  2  a mistake in arguments, configuration, profile or capture"
)]
pub(super) struct Cli {
    /// The language of messages; without it, that of the locale (LC_ALL, LC_MESSAGES, LANG)
    // It is read before all other arguments, because these may have mistakes.
    #[arg(long, value_name = "LANG", value_enum, global = true)]
    pub(super) lang: Option<Language>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

/// What the program can do other than serve one profile.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve one profile, as without a command
    Serve(Box<ServeArgs>),
    /// Serve several built-in profiles at once, each on its own port
    Lab(LabArgs),
    /// List the profiles, print one, or compare two
    Profiles(ProfilesArgs),
    /// Make a running server read its configuration again
    Reload(ReloadArgs),
    /// Check a configuration and print the effective one
    Check(CheckArgs),
    /// Explain what a capture shows, and why
    Explain(ExplainArgs),
    /// Record how a running server answers
    Record(RecordArgs),
    /// Compare two servers, recordings or profiles
    Compare(CompareArgs),
    /// Learn a profile from a running server or a recording
    Learn(LearnArgs),
    /// Load a page as a browser does, and say what happened on the connections
    Visit(VisitArgs),
    /// Check assertions about what happened on a server
    Assert(AssertArgs),
    /// List the cases that servers are asked, or show some in words
    Cases(CasesArgs),
    /// Print a script that completes commands and options in a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

/// How to serve, one profile or all.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SharedArgs {
    /// The directory to serve [default: ./static, or the built-in demo site]
    #[arg(short, long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// The address to listen on, or localhost for 127.0.0.1 and ::1; --host is the same [default: 127.0.0.1]
    #[arg(short, long, alias = "host", value_name = "ADDR")]
    pub(super) bind: Option<Bind>,
    /// The format (text, json) and level (off, error, warn, info, debug, trace) of the log [default: text/info]
    #[arg(long, value_name = "FORMAT/LEVEL")]
    pub(super) log: Option<LogSpec>,
    /// Append every event of every connection to this file, as JSON Lines; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// The address, port or both of the timeline [default: 127.0.0.1:3900, or the next free port]
    #[arg(long, value_name = "ADDR", conflicts_with = "no_timeline")]
    pub(super) timeline: Option<String>,
    /// Serve no timeline
    #[arg(long)]
    pub(super) no_timeline: bool,
    /// Follow symbolic links that lead out of the root
    #[arg(long)]
    pub(super) follow_symlinks: bool,
}

/// How to serve one profile.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:\n  labserve serve node\n  labserve serve ./site -p 8080")]
pub(super) struct ServeArgs {
    /// What to serve, in short: a directory as for --root, a profile as for --profile, or both
    #[arg(value_name = "DIR|PROFILE", num_args = 0..=2)]
    pub(super) words: Vec<String>,
    /// The server to imitate: a built-in profile or a TOML file [default: node]
    #[arg(short = 'P', long, value_name = "NAME|FILE")]
    pub(super) profile: Option<String>,
    /// The port to listen on; 0 for a free one [default: the profile's]
    #[arg(short, long, value_name = "N")]
    pub(super) port: Option<u16>,
    /// The address and port to listen on, such as 127.0.0.1:8080
    #[arg(short, long, value_name = "ADDR:PORT", conflicts_with_all = ["bind", "port"])]
    pub(super) listen: Option<Listen>,
    /// Open the site in the browser once it is served
    #[arg(long, conflicts_with = "sandbox")]
    pub(super) open: bool,
    #[command(flatten)]
    pub(super) shared: SharedArgs,
    /// The configuration file [default: server.toml, if it exists]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Override a key of the profile, such as connection.persistent=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Make something happen to certain requests, such as 'path=/big nth=1 after_bytes=1000 end=reset'; may be repeated
    #[arg(long, value_name = "KEY=VALUE ...")]
    pub(super) rule: Vec<String>,
    /// Capture the server's port on the loopback interface into this file, with Wireshark's dumpcap
    #[arg(long, value_name = "FILE.pcapng")]
    pub(super) capture: Option<PathBuf>,
    /// Print what happened when it ends: the connections, the requests on each, who ended it, how and why
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) summary: Option<SummaryFormat>,
    /// When it can be used, print one line for programs instead of the text for people: its addresses, its API and the token
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) ready: Option<ReadyFormat>,
    /// The token that allows changes through the API, at least 16 characters [default: a random one]
    #[arg(long, value_name = "TOKEN", env = "LABSERVE_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
    /// Stop when standard input ends, as it does when the program that started it ends
    #[arg(long)]
    pub(super) with_parent: bool,
    /// Stop after this time, such as 60s
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(super) time: Option<Duration>,
    /// Let the Linux kernel (Landlock) deny this process all files but the root, its configuration and its event log
    #[arg(long, conflicts_with = "follow_symlinks")]
    pub(super) sandbox: bool,
    /// The number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) workers: Option<u16>,
}

/// How to serve several profiles.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  labserve lab\n  labserve lab --only node,rfc --set timers.idle=2s\n  labserve lab --capture lab.pcapng"
)]
pub(super) struct LabArgs {
    /// Serve only these profiles; names with commas between them, or TOML files
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Serve all built-in profiles, not only the usual ones
    #[arg(long, conflicts_with = "only")]
    pub(super) all: bool,
    /// Override a key of every profile, such as timers.idle=2s; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Capture the ports of all servers on the loopback interface into this file, with Wireshark's dumpcap
    #[arg(long, value_name = "FILE.pcapng")]
    pub(super) capture: Option<PathBuf>,
    /// The port of the first profile; the others get the next ones [default: each profile's own]
    #[arg(long, value_name = "N")]
    pub(super) base_port: Option<u16>,
    #[command(flatten)]
    pub(super) shared: SharedArgs,
}

/// The format of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SummaryFormat {
    /// JSON
    Json,
    /// Text
    Text,
}

/// The format of the line that says that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ReadyFormat {
    /// JSON
    Json,
}

/// A time of an argument.
fn time(text: &str) -> Result<Duration, String> {
    let time = Span::parse(text).ok().and_then(|span| span.0);
    time.ok_or_else(|| "expected a time with its unit (ms, s, m, h), such as 60s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_each_command_fits_80_columns_and_has_an_example() {
        let mut cli = Cli::command();
        cli.build();
        let name = cli.get_name().to_owned();
        let commands = cli.get_subcommands_mut().filter(|command| command.get_name() != "help");
        let mut helps: Vec<(String, String)> = commands
            .map(|command| (command.get_name().to_owned(), command.render_long_help().to_string()))
            .collect();
        helps.push((name, cli.render_long_help().to_string()));
        for (command, help) in helps {
            assert!(help.contains("\nExample"), "{command} has no example:\n{help}");
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{command}: {line}");
            }
        }
    }
}
