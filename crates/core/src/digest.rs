//! Digests: computed piece by piece, written in hexadecimal.
//!
//! This module knows the algorithms, not what they are applied to.

use sha2::digest::DynDigest;

/// The algorithm of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1 (RFC 3174).
    Sha1,
    /// SHA-256 (RFC 6234).
    Sha256,
    /// SHA-512 (RFC 6234).
    Sha512,
}

impl Digest {
    /// Begins a digest.
    pub(crate) fn begin(self) -> Hasher {
        Hasher(match self {
            Self::Md5 => Box::new(md5::Md5::default()),
            Self::Sha1 => Box::new(sha1::Sha1::default()),
            Self::Sha256 => Box::new(sha2::Sha256::default()),
            Self::Sha512 => Box::new(sha2::Sha512::default()),
        })
    }

    /// Writes the digest of `value`.
    pub(crate) fn write(self, value: &[u8], out: &mut Vec<u8>) {
        let mut hasher = self.begin();
        hasher.update(value);
        hasher.finish(out);
    }
}

/// A digest that has begun.
pub(crate) struct Hasher(Box<dyn DynDigest>);

impl Hasher {
    /// Adds bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Writes the digest, in lower-case hexadecimal.
    pub(crate) fn finish(self, out: &mut Vec<u8>) {
        for byte in self.0.finalize() {
            out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
        }
    }
}
