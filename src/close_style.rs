//! How a server closes its side of a connection.

use labserve_core::profile;

/// How a server closes its side of a connection. The names are those of profiles and of the event log.
///
/// [`Closed`](crate::Closed) has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseStyle {
    /// It sends FIN and closes the socket.
    Fin,
    /// It closes the socket. The system sends FIN, or RST if bytes from the client are unread.
    Close,
    /// It sends FIN and continues to read until the client closes its side or is silent for a long time.
    Linger,
    /// It sends RST.
    Rst,
    /// It sends nothing and waits for the client to close.
    Hold,
    /// It sends FIN and waits for the client to close.
    HalfClose,
}

impl CloseStyle {
    /// Its name in profiles and in the event log.
    ///
    /// ```
    /// assert_eq!(labserve::CloseStyle::Linger.key(), "linger");
    /// ```
    pub fn key(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Close => "close",
            Self::Linger => "linger",
            Self::Rst => "rst",
            Self::Hold => "hold",
            Self::HalfClose => "half-close",
        }
    }
}

impl From<profile::CloseStyle> for CloseStyle {
    fn from(style: profile::CloseStyle) -> Self {
        match style {
            profile::CloseStyle::Fin => Self::Fin,
            profile::CloseStyle::Close => Self::Close,
            profile::CloseStyle::Linger => Self::Linger,
            profile::CloseStyle::Rst => Self::Rst,
            profile::CloseStyle::Hold => Self::Hold,
            profile::CloseStyle::HalfClose => Self::HalfClose,
        }
    }
}
