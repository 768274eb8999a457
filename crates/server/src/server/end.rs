//! How a connection is to end.

use labserve_core::close_reason::CloseReason;
use labserve_core::profile::CloseStyle;

/// How a connection is to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) reason: CloseReason,
    /// The style, if the last reply has one of its own.
    pub(super) style: Option<CloseStyle>,
}

impl From<CloseReason> for End {
    fn from(reason: CloseReason) -> End {
        End { reason, style: None }
    }
}
