//! The arguments of the commands that look at profiles, configurations, captures and other servers.

use clap::{Args, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;

/// Which server to reload.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  labserve reload --port 3000")]
pub(in crate::cli) struct ReloadArgs {
    /// The port of the server [default: the port that labserve would use in this directory]
    #[arg(long, value_name = "N")]
    pub(in crate::cli) port: Option<u16>,
    /// The address of the server
    #[arg(short, long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(in crate::cli) bind: IpAddr,
}

/// Which profiles to show.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  labserve profiles\n  labserve profiles --closes server --announces timeout\n  labserve profiles --timers\n  labserve profiles --why node\n  labserve profiles node\n  labserve profiles --compare node rfc"
)]
pub(in crate::cli) struct ProfilesArgs {
    /// The profile to print as TOML [default: a list of all profiles]
    #[arg(value_name = "NAME|FILE")]
    pub(in crate::cli) name: Option<String>,
    /// Print the differences between two profiles
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "name")]
    pub(in crate::cli) compare: Option<Vec<String>>,
    /// Only profiles whose idle connections this side closes
    #[arg(long, value_name = "SIDE", value_enum, conflicts_with_all = ["name", "compare"])]
    pub(in crate::cli) closes: Option<Side>,
    /// Only profiles that announce this, such as timeout, close or nothing
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["name", "compare"])]
    pub(in crate::cli) announces: Option<String>,
    /// Print in one line after how much idle time the servers close a connection
    #[arg(long, conflicts_with_all = ["name", "compare", "json"])]
    pub(in crate::cli) timers: bool,
    /// Print what a capture of each profile shows, and why
    #[arg(long, conflicts_with_all = ["compare", "json", "timers"])]
    pub(in crate::cli) why: bool,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print the JSON Schema of profiles, for editors
    #[arg(long, conflicts_with_all = ["name", "compare", "closes", "announces", "timers", "why", "json"])]
    pub(in crate::cli) schema: bool,
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Side {
    /// The server
    Server,
    /// The client
    Client,
}

/// What to check.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  labserve check\n  labserve check mine.toml --strict")]
pub(in crate::cli) struct CheckArgs {
    /// A configuration file or a profile
    #[arg(value_name = "FILE", default_value = "server.toml")]
    pub(in crate::cli) file: PathBuf,
    /// Treat warnings as mistakes
    #[arg(long)]
    pub(in crate::cli) strict: bool,
}

/// What to explain, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  labserve explain lab.pcapng\n  labserve explain lab.pcapng --stream 0 --ladder\n  labserve explain lab.pcapng --html lab.html --lang zh"
)]
pub(in crate::cli) struct ExplainArgs {
    /// Captures in pcapng or pcap format, optionally compressed with gzip or zstd; several are read as one, in order of time;
    /// - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Only connections with this port; may be repeated
    #[arg(long, value_name = "N")]
    pub(in crate::cli) port: Vec<u16>,
    /// Only this stream (tcp.stream in Wireshark); may be repeated
    #[arg(long, value_name = "N")]
    pub(in crate::cli) stream: Vec<u32>,
    /// Only connections with this address; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) host: Vec<IpAddr>,
    /// Describe each connection, even if there are many; without it, of more than 20, one of each kind and the outliers
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Add a ladder diagram of each connection
    #[arg(long)]
    pub(in crate::cli) ladder: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "ladder")]
    pub(in crate::cli) json: bool,
    /// Print a report in Markdown
    #[arg(long, conflicts_with_all = ["ladder", "json"])]
    pub(in crate::cli) markdown: bool,
    /// Write a self-contained page to this file (- for standard output) instead of printing text
    #[arg(long, value_name = "FILE", conflicts_with = "ladder")]
    pub(in crate::cli) html: Option<PathBuf>,
}

/// Which server to ask, and how.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct AskArgs {
    /// Ask only the cases of this group (see `labserve cases`); may be repeated. `measured` are the limits and other measures
    #[arg(long, value_name = "GROUP")]
    pub(in crate::cli) only: Vec<String>,
    /// How many of the fast cases are asked at once
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=48))]
    pub(in crate::cli) at_once: u16,
    /// How many connections are opened in a second at most [default: 100 on another machine, no limit on this one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) rate: Option<u32>,
    /// Leave out the cases that wait for timers, up to 146 s
    #[arg(long)]
    pub(in crate::cli) fast: bool,
    /// Ask a server on this host, which is not this machine: its owner has agreed; may be repeated
    #[arg(long, value_name = "HOST")]
    pub(in crate::cli) i_may_probe: Vec<String>,
}

/// What to record, and where to.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  labserve record --make-site ./www     (make ./www the server's document root)\n  labserve record http://127.0.0.1:8080 -o server.rec\n  labserve compare server.rec mine.toml"
)]
pub(in crate::cli) struct RecordArgs {
    /// The server, such as http://127.0.0.1:8080 if it has the probe site, or an ordinary file of any server, such as
    /// http://127.0.0.1:8080/some/file
    #[arg(value_name = "URL", required_unless_present = "make_site")]
    pub(in crate::cli) server: Option<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", required_unless_present = "make_site")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Keep what the file already holds and ask only what is missing
    #[arg(long)]
    pub(in crate::cli) resume: bool,
    /// Write the files that the cases ask for into this directory, for the server's document root
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) make_site: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) ask: AskArgs,
}

/// What to compare, and how to show it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; 1 if fewer cases are equal than --at-least says; 2 after a mistake.\n\nExamples:\n  labserve compare server.rec mine.toml\n  labserve compare http://127.0.0.1:8080 http://127.0.0.1:8081 --at-least 100\n  labserve compare node mine.toml --html differences.html"
)]
pub(in crate::cli) struct CompareArgs {
    /// The first: a URL, a recording, or a profile
    #[arg(value_name = "A")]
    pub(in crate::cli) first: String,
    /// The second: a URL, a recording, or a profile
    #[arg(value_name = "B")]
    pub(in crate::cli) second: String,
    /// Fail with exit code 1 if fewer cases are equal, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(in crate::cli) at_least: Option<f64>,
    /// How many of the cases that differ are printed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(in crate::cli) show: usize,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Write a self-contained page to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Write JUnit XML to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) ask: AskArgs,
}

/// What to learn from, and where to write the profile.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  labserve learn http://127.0.0.1:8080 -o mine.toml\n  labserve learn server.rec -o mine.toml --effort 60\n  labserve compare server.rec mine.toml"
)]
pub(in crate::cli) struct LearnArgs {
    /// The server, such as http://127.0.0.1:8080, or recordings of it
    #[arg(value_name = "URL|RECORDING", required = true)]
    pub(in crate::cli) sources: Vec<String>,
    /// The profile to write
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// Learn without these built-in profiles; names with commas between them
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(in crate::cli) without: Vec<String>,
    /// How many answers the search may look at, in millions
    #[arg(long, value_name = "N", default_value_t = 30.0)]
    pub(in crate::cli) effort: f64,
    /// Write what is known of each key to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// How many of the cases without keys are printed
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(in crate::cli) show: usize,
    #[command(flatten)]
    pub(in crate::cli) ask: AskArgs,
}

/// What to check.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; 1 if an assertion does not hold; 2 after a mistake.\n\nExample:\n  labserve assert summary.json 'connections == 1' 'requests[/big].retries <= 1'"
)]
pub(in crate::cli) struct AssertArgs {
    /// What `labserve --summary json` printed
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// A member of the summary, a comparison and a value
    #[arg(value_name = "ASSERTION", required = true)]
    pub(in crate::cli) assertions: Vec<String>,
    /// Write JUnit XML to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
}

/// Which cases to show.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  labserve cases\n  labserve cases heads")]
pub(in crate::cli) struct CasesArgs {
    /// A group or a case [default: all groups, with the number of their cases]
    #[arg(value_name = "GROUP|CASE")]
    pub(in crate::cli) name: Option<String>,
}

/// Which shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  source <(labserve completions bash)\n  labserve completions powershell >> $PROFILE"
)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Where to write manual pages.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  labserve man > labserve.1\n  labserve man --dir /usr/local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// Write the pages of labserve and of each command into this directory instead of printing the first
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}
