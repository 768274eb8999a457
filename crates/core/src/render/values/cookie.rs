//! The values of the placeholders about the cookie that a response replaces.

use super::ReplyValues;
use crate::http1::date;
use crate::profile::{CookiePolicy, Placeholder};

impl ReplyValues<'_> {
    /// The cookie that this response replaces; `None` for most.
    fn replaced_cookie(&self) -> Option<&CookiePolicy> {
        let profile = self.reply.profile;
        let policy = profile.cookie.as_ref()?;
        let fields = self.request?.fields();
        let values = fields.filter_map(|(name, value)| name.eq_ignore_ascii_case(b"cookie").then_some(value));
        let field = profile.joined(values, profile.repeated)?;
        policy.replaces(&field).then_some(policy)
    }

    pub(super) fn write_new_cookie(&self, out: &mut Vec<u8>) -> bool {
        let policy = self.replaced_cookie();
        if let Some(policy) = policy {
            policy.write_new(self.connection.render.random, out);
        }
        policy.is_some()
    }

    pub(super) fn write_cookie_expires(&self, out: &mut Vec<u8>) -> bool {
        let policy = self.replaced_cookie();
        if let Some(policy) = policy {
            out.extend(date::text(policy.expires_secs(self.connection.render.now_secs)));
        }
        policy.is_some()
    }

    /// Writes the names of the request fields that the response depends on (RFC 9110 section 12.5.5).
    pub(super) fn write_vary(&self, out: &mut Vec<u8>) -> bool {
        let is_negotiated = self.file_text(Placeholder::Vary, out);
        let is_replaced = self.replaced_cookie().is_some();
        if is_replaced {
            out.extend_from_slice(if is_negotiated { b", Cookie" } else { b"Cookie" });
        }
        is_negotiated || is_replaced
    }
}
