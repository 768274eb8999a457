//! A reply as data, and its bytes: the head and the page, from the templates of a profile.
//!
//! Knows what placeholders stand for. What is answered was decided before, by [`crate::decide`].

mod context;
mod decision;
mod parts;
mod reply;
mod values;

pub use context::{ConnectionContext, RenderContext};
pub use decision::{Decision, LookupKind};
pub use parts::Parts;
pub use reply::{Body, Place, Reply};

pub(crate) use values::write_etag;
