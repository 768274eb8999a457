//! Why a response was not sent completely, and what that means for its connection.

use labserve_core::close_reason::CloseReason;
use labserve_core::conn::SendFailure;
use std::io::{self, ErrorKind};

/// Why a response was not sent completely.
#[derive(Debug)]
pub(super) enum SendError {
    /// The connection failed.
    Client(io::Error),
    /// The file changed while it was sent.
    FileChanged {
        /// Whether all bytes had been passed to the system before the change was noticed.
        all_sent: bool,
    },
    /// The client accepted too few bytes in time.
    SlowReader,
}

impl SendError {
    /// The same error without the message of the system.
    pub(super) fn failure(&self) -> SendFailure {
        match self {
            Self::Client(error) => match close_reason(error) {
                CloseReason::ClientReset => SendFailure::Reset,
                _ => SendFailure::Io,
            },
            Self::FileChanged { all_sent } => SendFailure::FileChanged { all_sent: *all_sent },
            Self::SlowReader => SendFailure::SlowReader,
        }
    }
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::Client(error)
    }
}

/// The reason to close a connection after this error of its socket.
pub(super) fn close_reason(error: &io::Error) -> CloseReason {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => CloseReason::ClientReset,
        _ => CloseReason::IoError,
    }
}
