//! A reply as data, and its bytes: the head and the page, from the templates of a profile.
//!
//! Knows what placeholders stand for. What is answered was decided before, by [`crate::decide`].

mod moment;
mod parts;
mod reply;
mod values;
mod why;

pub use moment::Moment;
pub use parts::Parts;
pub use reply::{Body, Place, Reply, Surroundings};
pub use why::{Lay, Why};

pub(crate) use values::write_etag;
