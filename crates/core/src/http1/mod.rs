//! HTTP/1.1 parsers: request heads, body framing, dates, entity tags, ranges, percent-encoding.
//!
//! Every parser takes bytes and a policy. The policy is the part of a profile that says how a server deviates from
//! RFC 9110 and RFC 9112.

pub(crate) mod ace;
pub mod bytes;
pub mod chunked;
pub mod chunked_body;
pub mod cookie;
pub mod date;
pub mod etag;
pub mod fault;
pub mod field;
pub mod framing;
pub mod head;
pub mod host;
pub mod other_protocol;
pub mod percent;
pub mod pipeline;
pub mod precondition;
pub mod range;
pub mod request;
pub mod status;
pub mod text;
mod uri;

pub use fault::{Fault, Faults, ResponseId, Treatment};
pub use framing::{BodyRules, Framing};
pub use head::{Head, HeadPolicy, Scan, Version};
pub use other_protocol::OtherProtocol;
pub use request::Request;
