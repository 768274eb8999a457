//! The resolved table `[cookie]`.

use crate::http1::cookie;

/// A cookie that the server replaces if the value that the client sends has another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePolicy {
    pub(in crate::profile) name: String,
    /// The first is that of a new value. Never empty.
    pub(in crate::profile) lengths: Vec<u64>,
    /// How long a new value is valid, in seconds.
    pub(in crate::profile) max_age_secs: i64,
}

/// The characters of a new value.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl CookiePolicy {
    /// Whether the cookie in this Cookie field is replaced. A client without the cookie gets none.
    pub fn replaces(&self, field: &[u8]) -> bool {
        let is_good = |value: &str| {
            self.lengths.contains(&(value.len() as u64)) && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        cookie::last_value(field, &self.name).is_some_and(|value| !is_good(&value))
    }

    /// Writes a new value made from a random number.
    pub fn write_new(&self, random: u64, out: &mut Vec<u8>) {
        let mut state = random;
        for _ in 0..self.lengths[0] {
            // A step of SplitMix64, so that one number is enough for any length.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            out.push(ALPHABET[(mixed >> 33) as usize % ALPHABET.len()]);
        }
    }

    /// When a new value that is sent at `now_secs` expires, in seconds since 1970-01-01 UTC.
    pub fn expires_secs(&self, now_secs: i64) -> i64 {
        now_secs.saturating_add(self.max_age_secs)
    }
}
