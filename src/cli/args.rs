//! The arguments of the command line. The doc comments are the help texts.

use super::bind::Bind;
use super::log::LogSpec;
use clap::{Args, Parser, Subcommand};
use labserve_core::profile::units::Span;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A static-file HTTP/1.1 server that imitates other servers.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, max_term_width = 80)]
#[command(
    after_help = "Examples:\n  labserve --profile node\n  labserve --profile rfc --root ./site --port 8080\n  labserve --set connection.fields.keep='[]' --set timers.idle=10s\n  labserve lab\n  labserve profiles --compare node rfc\n\nExit codes:\n  0  it stopped, and every response was complete\n  1  it stopped, and cut responses short: their time was over, or a second\n     signal came\n  2  a mistake in arguments, configuration, profile or capture"
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
    /// Serve the built-in profiles that have a port of their own, all at once
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
    /// Check assertions about what happened on a server
    Assert(AssertArgs),
    /// List the cases that servers are asked, or show some in words
    Cases(CasesArgs),
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

/// How to serve the profiles that have a port of their own.
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
    /// The profile to print as TOML [default: a list of all profiles]
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
    /// Treat warnings as mistakes
    #[arg(long)]
    pub(super) strict: bool,
}

/// What to explain, and how.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Captures in pcapng or pcap format, optionally compressed with gzip or zstd; several are read as one, in order of time;
    /// - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Only connections with this port; may be repeated
    #[arg(long, value_name = "N")]
    pub(super) port: Vec<u16>,
    /// Only this stream (tcp.stream in Wireshark); may be repeated
    #[arg(long, value_name = "N")]
    pub(super) stream: Vec<u32>,
    /// Only connections with this address; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(super) host: Vec<IpAddr>,
    /// Describe each connection, even if there are many; without it, of more than 20, one of each kind and the outliers
    #[arg(long)]
    pub(super) all: bool,
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
    /// The language of the text; without it, that of the locale (LC_ALL, LC_MESSAGES, LANG)
    #[arg(long, value_name = "LANG", value_enum)]
    pub(super) lang: Option<Language>,
}

/// Which server to ask, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct AskArgs {
    /// Ask only the cases of this group (see `labserve cases`); may be repeated. `measured` are the limits and other measures
    #[arg(long, value_name = "GROUP")]
    pub(super) only: Vec<String>,
    /// How many of the fast cases are asked at once
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=48))]
    pub(super) at_once: u16,
    /// How many connections are opened in a second at most [default: 100 on another machine, no limit on this one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rate: Option<u32>,
    /// Leave out the cases that wait for timers, up to 146 s
    #[arg(long)]
    pub(super) fast: bool,
    /// Ask a server on this host, which is not this machine: its owner has agreed; may be repeated
    #[arg(long, value_name = "HOST")]
    pub(super) i_may_probe: Vec<String>,
}

/// What to record, and where to.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  labserve record --make-site ./www     (make ./www the server's document root)\n  labserve record http://127.0.0.1:8080 -o server.rec\n  labserve compare server.rec mine.toml"
)]
pub(super) struct RecordArgs {
    /// The server, such as http://127.0.0.1:8080 if it has the probe site, or an ordinary file of any server, such as
    /// http://127.0.0.1:8080/some/file
    #[arg(value_name = "URL", required_unless_present = "make_site")]
    pub(super) server: Option<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", required_unless_present = "make_site")]
    pub(super) output: Option<PathBuf>,
    /// Keep what the file already holds and ask only what is missing
    #[arg(long)]
    pub(super) resume: bool,
    /// Write the files that the cases ask for into this directory, for the server's document root
    #[arg(long, value_name = "DIR")]
    pub(super) make_site: Option<PathBuf>,
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// What to compare, and how to show it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; 1 if fewer cases are equal than --at-least says; 2 after a mistake.\n\nExamples:\n  labserve compare server.rec mine.toml\n  labserve compare http://127.0.0.1:8080 http://127.0.0.1:8081 --at-least 100\n  labserve compare node mine.toml --html differences.html"
)]
pub(super) struct CompareArgs {
    /// The first: a URL, a recording, or a profile
    #[arg(value_name = "A")]
    pub(super) first: String,
    /// The second: a URL, a recording, or a profile
    #[arg(value_name = "B")]
    pub(super) second: String,
    /// Fail with exit code 1 if fewer cases are equal, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(super) at_least: Option<f64>,
    /// How many of the cases that differ are printed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) show: usize,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Write a self-contained page to this file
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write JUnit XML to this file
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// What to learn from, and where to write the profile.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  labserve learn http://127.0.0.1:8080 -o mine.toml\n  labserve learn server.rec -o mine.toml --effort 60\n  labserve compare server.rec mine.toml"
)]
pub(super) struct LearnArgs {
    /// The server, such as http://127.0.0.1:8080, or recordings of it
    #[arg(value_name = "URL|RECORDING", required = true)]
    pub(super) sources: Vec<String>,
    /// The profile to write
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Learn without these built-in profiles; names with commas between them
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) without: Vec<String>,
    /// How many answers the search may look at, in millions
    #[arg(long, value_name = "N", default_value_t = 30.0)]
    pub(super) effort: f64,
    /// Write what is known of each key to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// How many of the cases without keys are printed
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(super) show: usize,
    #[command(flatten)]
    pub(super) ask: AskArgs,
}

/// What to check.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; 1 if an assertion does not hold; 2 after a mistake.\n\nExample:\n  labserve assert summary.json 'connections == 1' 'requests[/big].retries <= 1'"
)]
pub(super) struct AssertArgs {
    /// What `labserve --summary json` printed
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// A member of the summary, a comparison and a value
    #[arg(value_name = "ASSERTION", required = true)]
    pub(super) assertions: Vec<String>,
    /// Write JUnit XML to this file
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
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

/// Which cases to show.
#[derive(Debug, Args)]
pub(super) struct CasesArgs {
    /// A group or a case [default: all groups, with the number of their cases]
    #[arg(value_name = "GROUP|CASE")]
    pub(super) name: Option<String>,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Language {
    /// English
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
