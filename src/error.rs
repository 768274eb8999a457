//! The errors of this crate: a text for people and a kind for programs.

use labserve_core::profile::ConfigError;
use std::fmt;

/// Why a server could not be started, or why a wait failed.
///
/// The text says what went wrong, where, and what to do about it. Programs use [`kind`](Error::kind).
/// [`source`](std::error::Error::source) is the error of the operating system, if there was one.
///
/// ```
/// let error = labserve::Server::builder().profile("nginks").unwrap_err();
/// assert_eq!(error.kind(), labserve::ErrorKind::Profile);
/// assert!(error.to_string().contains("did you mean `nginx`?"));
/// ```
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<std::io::Error>,
}

/// The kind of an [`Error`].
///
/// ```
/// use labserve::{ErrorKind, Server};
///
/// let error = Server::builder().root("no/such/directory").start().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Root);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such profile, or a profile or one of its keys has a mistake.
    Profile,
    /// The directory or the files cannot be served.
    Root,
    /// The server cannot listen on the address.
    Address,
    /// A thread cannot be started.
    Thread,
    /// The event did not happen in time.
    Timeout,
    /// The [`Event`](crate::Event) can never happen.
    Event,
    /// A capture cannot be read.
    Capture,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn with_source(self, source: std::io::Error) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }

    /// The kind of the error.
    ///
    /// ```
    /// # use labserve::{ErrorKind, Server};
    /// let error = Server::builder().set("timers.idel", "1s").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Profile);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorKind::Profile, error.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The same text as `Display`: a test that fails with `?` or `unwrap` prints it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
