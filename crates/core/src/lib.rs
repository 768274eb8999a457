//! What labserve decides, without any I/O: the grammar of HTTP/1.1, profiles of servers, and what each answers.
//!
//! A [`profile`] is a server's behaviour as data. [`facts`] are what there is to know of a file, [`decide`] says what a
//! request is answered with, [`render`] makes bytes of it; the life of a connection is the pure state machine in
//! [`connection`]. Time is a parameter; there is no file, socket, clock or thread.

#![forbid(unsafe_code)]

#[cfg(test)]
mod adversarial;
pub mod close_reason;
pub mod connection;
pub mod decide;
pub mod facts;
pub mod http1;
pub mod locale;
pub mod lookup;
pub mod path;
pub mod profile;
pub mod render;
#[cfg(any(test, feature = "test-support"))]
pub mod test_rng;
