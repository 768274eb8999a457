//! The vocabulary of HTTP/1.1 and its pure parsers: request heads, dates, entity tags, ranges, percent-encoding.
//!
//! Nothing here reads a socket, a file or a clock, and nothing here knows a profile beyond the policy value it is handed.

pub mod bytes;
pub mod chunks;
pub mod date;
pub mod etag;
pub mod fault;
pub mod field;
pub mod framing;
pub mod head;
pub mod host;
pub mod percent;
pub mod pipeline;
pub mod precondition;
pub mod range;
pub mod request;
pub mod status;
pub mod text;

pub use fault::{Fault, Faults, ResponseId, Treatment};
pub use framing::{BodyRules, Framing};
pub use head::{Head, HeadPolicy, Scan, Version};
pub use request::Request;
