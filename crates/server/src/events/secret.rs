//! A secret of this program. It is masked in logs and events.

use std::sync::Arc;

/// How many characters of a secret must occur together to be masked. Fewer are of no use to an attacker, and could
/// occur by chance.
const MASKED_FROM: usize = 8;

/// A secret that must not be written to a log or an event: a client may send it to a served port by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The secret `text`.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Overwrites the secret in `text` with `*`: the whole secret, or its beginning where the text was cut.
    pub fn mask(&self, text: &mut [u8]) {
        let secret = self.0.as_bytes();
        let telling = &secret[..secret.len().min(MASKED_FROM)];
        if telling.is_empty() {
            return;
        }
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| memchr::memmem::find(rest, telling)) {
            let found = &mut text[from + at..];
            let length = found.iter().zip(secret).take_while(|(a, b)| a == b).count();
            found[..length].fill(b'*');
            from += at + length;
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(...)")
    }
}
