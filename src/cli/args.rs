//! The arguments of the command line. The doc comments are the help texts.

use super::bind::Bind;
use super::log::LogSpec;
use clap::{Args, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;

/// A static-file HTTP/1.1 server that answers as another server would.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, max_term_width = 80)]
#[command(
    after_help = "Examples:\n  labserve --profile node\n  labserve --profile rfc --root ./site --port 8080\n  labserve --set connection.fields.keep='[]' --set timers.idle=10s\n  labserve lab\n  labserve profiles --compare node rfc"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: ServeArgs,
}

/// What the program can do other than serve one profile.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve all built-in profiles, each on its own port
    Lab(LabArgs),
    /// List the profiles, print one, or compare two
    Profiles(ProfilesArgs),
    /// Make a running server read its configuration again
    Reload(ReloadArgs),
    /// Check a configuration and print the effective one
    Check(CheckArgs),
    /// Explain what a capture shows, and why
    Explain(ExplainArgs),
}

/// How to serve, one profile or all.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct SharedArgs {
    /// The directory to serve [default: ./static, or the built-in demo site]
    #[arg(short, long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// The address to listen on, or localhost for 127.0.0.1 and ::1 [default: 127.0.0.1]
    #[arg(short, long, value_name = "ADDR")]
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
pub(super) struct ServeArgs {
    /// The server to imitate: a built-in profile or a TOML file [default: node]
    #[arg(short, long, value_name = "NAME|FILE")]
    pub(super) profile: Option<String>,
    /// The port to listen on; 0 for a free one [default: the profile's]
    #[arg(long, value_name = "N")]
    pub(super) port: Option<u16>,
    #[command(flatten)]
    pub(super) shared: SharedArgs,
    /// The configuration file [default: server.toml, if it exists]
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Override a key of the profile, such as connection.persistent=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Capture the server's port on the loopback interface into this file, with Wireshark's dumpcap
    #[arg(long, value_name = "FILE.pcapng")]
    pub(super) capture: Option<PathBuf>,
    /// The number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) workers: Option<u16>,
}

/// How to serve all profiles.
#[derive(Debug, Args)]
pub(super) struct LabArgs {
    /// The port of the first profile; the others get the next ones [default: each profile's own]
    #[arg(long, value_name = "N")]
    pub(super) base_port: Option<u16>,
    #[command(flatten)]
    pub(super) shared: SharedArgs,
}

/// Which server to reload.
#[derive(Debug, Args)]
pub(super) struct ReloadArgs {
    /// The port of the server [default: the port that labserve would use in this directory]
    #[arg(long, value_name = "N")]
    pub(super) port: Option<u16>,
    /// The address of the server
    #[arg(short, long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(super) bind: IpAddr,
}

/// Which profiles to show.
#[derive(Debug, Args)]
pub(super) struct ProfilesArgs {
    /// The profile to print as TOML
    #[arg(value_name = "NAME|FILE")]
    pub(super) name: Option<String>,
    /// Print the differences between two profiles
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "name")]
    pub(super) compare: Option<Vec<String>>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Print the JSON Schema of profiles, for editors
    #[arg(long, conflicts_with_all = ["name", "compare", "json"])]
    pub(super) schema: bool,
}

/// What to check.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// A configuration file or a profile
    #[arg(value_name = "FILE", default_value = "server.toml")]
    pub(super) file: PathBuf,
    /// Take what can hardly be right for a mistake
    #[arg(long)]
    pub(super) strict: bool,
}

/// What to explain, and how.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A capture in pcapng or pcap format, optionally compressed with gzip; - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Only connections with this port; may be repeated
    #[arg(long, value_name = "N")]
    pub(super) port: Vec<u16>,
    /// Only this stream (tcp.stream in Wireshark); may be repeated
    #[arg(long, value_name = "N")]
    pub(super) stream: Vec<u32>,
    /// Only connections with this address; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(super) host: Vec<IpAddr>,
    /// Add a ladder diagram of each connection
    #[arg(long)]
    pub(super) ladder: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "ladder")]
    pub(super) json: bool,
    /// Print a report in Markdown
    #[arg(long, conflicts_with_all = ["ladder", "json"])]
    pub(super) markdown: bool,
    /// Write a self-contained page to this file (- for standard output) instead of printing text
    #[arg(long, value_name = "FILE", conflicts_with = "ladder")]
    pub(super) html: Option<PathBuf>,
    /// The language of the text
    #[arg(long, value_name = "LANG", value_enum, default_value_t)]
    pub(super) lang: Language,
}

/// A language.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(super) enum Language {
    /// English
    #[default]
    En,
    /// Chinese
    Zh,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
