//! A client that loads a page as a browser does: which requests go out on which connection, with which heads, in which
//! order, and who closes.
//!
//! A [`Behaviour`] is what one browser was observed to do, as data (`browsers/*.toml`). A [`Visit`] decides from it
//! what to do next, without sockets and with the time as a parameter. [`run`] carries that out with sockets, and passes
//! the results to the visit. [`summary`] describes what the client saw.

mod assign;
mod behaviour;
mod close;
mod load;
mod page;
mod plan;
mod record;
mod reply;
mod run;
mod sentence;
pub mod summary;
#[cfg(test)]
mod tests;

pub use behaviour::{AfterFin, BUILT_IN, Behaviour, Cached, Icon, Kind, Media, Reference, Reuse, Spare};
pub use plan::{Options, Site, Step, Visit};
pub use record::{Closed, Closer, Connection, Exchange, Outcome, Why};
pub use reply::Reply;
pub use run::run;
pub use sentence::Seen;
