//! Why a file cannot be read as a capture.

use std::io;

/// Formats that are often mistaken for a capture, or are captures in an unsupported format: the bytes at the start of
/// such a file, what it is, and what to do about it.
const OTHER_FORMATS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive: take the capture out of it first"),
    (b"7z\xbc\xaf", "a 7z archive: take the capture out of it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with Zstandard: `zstd -dc FILE | labserve explain -` reads it",
    ),
    (
        b"\xfd7zXZ\0",
        "compressed with xz: `xz -dc FILE | labserve explain -` reads it",
    ),
    (
        b"BZh",
        "compressed with bzip2: `bzip2 -dc FILE | labserve explain -` reads it",
    ),
    (
        b"\x04\"M\x18",
        "compressed with LZ4: `lz4 -dc FILE | labserve explain -` reads it",
    ),
    (
        b"snoop\0\0\0",
        "a capture in snoop's format: save it as pcapng in Wireshark",
    ),
    (b"GMBU", "a capture of Network Monitor: save it as pcapng in Wireshark"),
];

/// Why a capture cannot be read at all.
///
/// A capture that is damaged, or that ends in the middle of a record, is not an error: what comes before is explained,
/// and a [note](crate::model::NoteKind) reports the damage.
///
/// ```
/// let error = labserve_capture::explain_bytes(b"PK\x03\x04", &[]).unwrap_err();
/// assert_eq!(error.to_string(), "it is a ZIP archive: take the capture out of it first");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file is empty.
    Empty,
    /// The file is compressed, and no byte of it can be decompressed.
    Packed,
    /// The file is not a capture; its first bytes, at most 8.
    NotACapture(Vec<u8>),
    /// Reading failed.
    Read(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty; expected a capture in pcapng or pcap format"),
            Self::Packed => f.write_str("it is compressed, and damaged or cut off at its beginning"),
            Self::NotACapture(begin) => match OTHER_FORMATS.iter().find(|(magic, _)| begin.starts_with(magic)) {
                Some((_, what)) => write!(f, "it is {what}"),
                None => {
                    let expected = "expected pcapng or pcap, maybe compressed with gzip or zstd";
                    write!(f, "it is not a capture: {expected}; it begins with")?;
                    begin.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
                }
            },
            Self::Read(error) => write!(f, "cannot read it: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::Empty | Self::Packed | Self::NotACapture(_) => None,
        }
    }
}
