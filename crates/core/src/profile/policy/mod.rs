//! The tables of a [`super::Profile`], resolved: names are references to responses, templates are compiled, and units are
//! read.
//!
//! A field without a comment is the key of the same name in [`super::raw`], where it is documented.

mod body;
mod connection;
mod cookie;
mod files;
mod methods;
mod responses;
mod target;
mod writes;

pub use body::{Multipart, Padding, RequestBodyPolicy};
pub use connection::{ClientFinPolicy, ClosePolicy, ConnectionPolicy, EofInHead, Timer, Timers};
pub use cookie::CookiePolicy;
pub use files::FilePolicy;
pub use methods::{MethodRule, Methods};
pub use responses::Responses;
pub use target::{AbsoluteTarget, Backslash, BadUtf8, Fragment, Limit, TargetPolicy};
pub use writes::{Hold, WritePolicy};

use crate::http1::ResponseId;

/// What a server does about an input that it may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInput<T> {
    /// Accept it, with this meaning.
    Accept(T),
    /// Send this response.
    Respond(ResponseId),
}
