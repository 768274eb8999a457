//! A response as data, and its bytes: the head and the page, from the templates of a profile.
//!
//! This module knows the values of placeholders. [`crate::decide`] chooses the response first.

mod context;
mod decision;
mod digests;
mod parts;
mod reply;
mod values;

pub use context::{ConnectionContext, RenderContext};
pub use decision::{Decision, LookupKind};
pub use digests::with_digests;
pub use parts::Parts;
pub use reply::{Body, Place, Reply};

pub(crate) use values::write_etag;
