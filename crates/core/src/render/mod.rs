//! A reply as data, and its bytes: the head and the page, from the templates of a profile.
//!
//! Knows what placeholders stand for. What is answered was decided before, by [`crate::decide`].

mod context;
mod parts;
mod reply;
mod values;
mod why;

pub use context::{ConnectionContext, RenderContext};
pub use parts::Parts;
pub use reply::{Body, Place, Reply};
pub use why::{Lay, Why};

pub(crate) use values::write_etag;
