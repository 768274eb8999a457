//! The arguments of `labserve visit`.

use super::time;
use clap::Args;
use std::time::Duration;

/// Which page to load, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0; 1 if a request got no complete response; 2 after a mistake.\n\nExamples:\n  labserve visit http://127.0.0.1:3000/ --like firefox\n  labserve visit http://127.0.0.1:3000/ --like report-1\n  labserve visit http://127.0.0.1:3000/ --connections 6 --repeat 3"
)]
pub(in crate::cli) struct VisitArgs {
    /// The page
    #[arg(value_name = "URL")]
    pub(in crate::cli) url: String,
    /// The client to behave like: chrome, firefox, edge, ie, curl, or report-1 to report-4, four captures of a lab report
    #[arg(long, value_name = "CLIENT", default_value = "chrome")]
    pub(in crate::cli) like: String,
    /// Load the page twice, the second time with what the first load left in the cache
    #[arg(long)]
    pub(in crate::cli) cached: bool,
    /// Send one request at a time, on one connection
    #[arg(long)]
    pub(in crate::cli) serial: bool,
    /// Open one more connection, which is never used
    #[arg(long)]
    pub(in crate::cli) unused: bool,
    /// Use up to this number of connections, and ask for everything that the page refers to at once
    #[arg(long, value_name = "N", conflicts_with = "serial", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(in crate::cli) connections: Option<u16>,
    /// Load the page this number of times, on the same connections
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(in crate::cli) repeat: u16,
    /// The time between two loads, such as 5s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
    pub(in crate::cli) pause: Duration,
    /// How long the browser stays open after the last load, such as 10s [default: the client's]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) stay: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}
