//! Reads a capture and says what it shows: per TCP connection what happened, who ended it and why, each statement with
//! the frames that prove it.
//!
//! [`read`] takes frames apart, `flow` puts streams together, `http` finds requests and responses in them; the result is
//! the plain data of [`model`]. [`tell`] turns facts into messages, [`say`] messages into a language, [`show`] lays them
//! out. Knows nothing of serving, and no server by name: what it compares with are the profiles.

pub mod model;
pub mod read;
pub mod say;
pub mod show;
pub mod tell;
