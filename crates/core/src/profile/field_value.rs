//! The value of a request field that is repeated or folded, as a profile reads it.

use super::{Fold, Profile, Repeated};
use crate::http1::field;
use std::borrow::Cow;

impl Profile {
    /// The values of a repeated field as one (RFC 9110 section 5.3). `None` if there are none.
    pub fn joined<'r>(&self, values: impl Iterator<Item = &'r [u8]>, repeated: Repeated) -> Option<Cow<'r, [u8]>> {
        let mut values = values.map(|value| unfolded(value, self.fold));
        let first = values.next()?;
        let mut more = values.peekable();
        if more.peek().is_none() {
            return Some(first);
        }
        let between: &[u8] = match repeated {
            Repeated::First => return Some(first),
            Repeated::Last => return more.last(),
            Repeated::Join => b", ",
            Repeated::JoinTight => b",",
        };
        let mut whole = first.into_owned();
        for value in more {
            whole.extend_from_slice(between);
            whole.extend_from_slice(&value);
        }
        Some(Cow::Owned(whole))
    }
}

/// The value with obs-fold (RFC 9112 section 5.2) removed or replaced, as the profile says.
fn unfolded(value: &[u8], fold: Fold) -> Cow<'_, [u8]> {
    if fold == Fold::AsSent || memchr::memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut whole = Vec::with_capacity(value.len());
    match fold {
        Fold::Space => field::unfold(value, &mut whole),
        Fold::Removed | Fold::AsSent => {
            for line in value.split(|b| *b == b'\n') {
                whole.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            }
        }
    }
    Cow::Owned(whole)
}
