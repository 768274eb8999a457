//! Reads the text of a profile or a configuration, in bounded time and memory, whatever its path names.

use crate::sys;
use labserve_core::http1::text::printable;
use labserve_core::profile::ConfigError;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file that is read, in bytes. The built-in profiles are smaller than 32 KiB.
const LARGEST: u64 = 1 << 20;

/// Reads the file at `path`, which must be a regular UTF-8 file of at most 1 MiB. `what` names the kind of file in
/// error messages: `profile` or `configuration`.
///
/// # Errors
/// There is no such file, it cannot be read, or it is not acceptable: a directory, a pipe, a device, too large, or in
/// another encoding.
pub fn read(path: &Path, what: &str) -> Result<String, ConfigError> {
    read_up_to(path, what, LARGEST)
}

/// Like [`read`], for a file of at most `most` bytes.
///
/// # Errors
/// The same as those of [`read`].
pub fn read_up_to(path: &Path, what: &str, most: u64) -> Result<String, ConfigError> {
    text_at(path, most).map_err(|why| ConfigError {
        origin: path.display().to_string(),
        line: None,
        key: None,
        message: format!("cannot read this {what}: {why}"),
    })
}

/// A path as it is printed for people.
pub fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes()).to_string()
}

fn text_at(path: &Path, most: u64) -> Result<String, String> {
    let said = |error: io::Error| error.to_string();
    // Checked before the file is opened, because opening some devices has side effects.
    must_be_a_file(&std::fs::metadata(path).map_err(said)?)?;
    let file = sys::open_without_waiting(path).map_err(said)?;
    must_be_a_file(&file.metadata().map_err(said)?)?;
    let bytes = content(file, most)?;
    if is_utf16(&bytes) {
        return Err("it is in UTF-16; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..at];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        format!("line {line} is not UTF-8, because of the byte 0x{byte:02x}; save it as UTF-8")
    })
}

fn must_be_a_file(metadata: &std::fs::Metadata) -> Result<(), String> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() {
        "a directory"
    } else {
        "a device, a pipe or a socket"
    };
    Err(format!("it is {what}; expected a regular file"))
}

fn content(file: File, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // The size in the metadata is not reliable: a file can grow, and some files in /proc report a size of 0.
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("it is larger than {} MiB", most >> 20));
    }
    Ok(bytes)
}

/// Whether the text starts with a UTF-16 byte order mark, or with an ASCII character in UTF-16 without one.
fn is_utf16(bytes: &[u8]) -> bool {
    let has_mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    has_mark || matches!(bytes, [a, b, ..] if (*a == 0) != (*b == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn what_is_not_a_small_text_file_is_an_error_that_says_so() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name);
        let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for (name, bytes) in [
            ("large", vec![b'#'; LARGEST as usize + 1]),
            ("largest", vec![b'#'; LARGEST as usize]),
            ("utf-16-bom", utf16("\u{feff}title = \"x\"\n")),
            ("utf-16", utf16("title = \"x\"\n")),
            ("latin-1", b"# a\n# b\ntitle = \"caf\xe9\"\n".to_vec()),
            ("empty", Vec::new()),
        ] {
            std::fs::write(path(name), bytes).expect(name);
        }
        let mut cases = vec![
            ("large", Some("larger than 1 MiB")),
            ("largest", None),
            ("empty", None),
            ("utf-16-bom", Some("UTF-16; save it as UTF-8")),
            ("utf-16", Some("UTF-16; save it as UTF-8")),
            ("latin-1", Some("line 3 is not UTF-8, because of the byte 0xe9")),
            ("missing", Some("cannot read this profile: ")),
            (".", Some("it is a directory; expected a regular file")),
        ];
        if cfg!(unix) {
            // Only a reader of a pipe waits for its writer; `mkfifo` itself does not.
            let made = std::process::Command::new("mkfifo").arg(path("pipe")).status();
            assert!(made.expect("mkfifo").success());
            cases.push(("pipe", Some("a pipe or a socket; expected a regular file")));
            cases.push(("/dev/zero", Some("a device")));
        }
        let begun = Instant::now();
        for (name, part) in cases {
            let read = read(&path(name), "profile");
            match part {
                None => assert!(read.is_ok(), "{name}: {read:?}"),
                Some(part) => {
                    let said = read.expect_err(name).to_string();
                    assert!(said.contains(part), "{name}: {said}");
                }
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
