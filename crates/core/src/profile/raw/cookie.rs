//! `[cookie]`: a cookie that the server replaces.

use crate::profile::units::{Span, TextOrOff};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[cookie]`: a cookie that the server replaces if its value has another form.
///
/// The placeholders `{new_cookie}` and `{cookie_expires}` have a value only then, and `{vary}` names the Cookie field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawCookie {
    /// The name of the cookie, in the case in which clients send it. `"off"`: there is no such
    /// cookie.
    pub name: TextOrOff,
    /// The lengths that its value may have, 1 to 256 characters each. All must be ASCII letters and digits. A new value
    /// has the first of these lengths.
    pub lengths: Vec<u64>,
    /// How long a new value is valid, for `{cookie_expires}`.
    pub max_age: Span,
}

impl Default for RawCookie {
    fn default() -> Self {
        Self {
            name: TextOrOff(None),
            lengths: vec![32],
            max_age: Span(Some(Duration::from_secs(3600))),
        }
    }
}
