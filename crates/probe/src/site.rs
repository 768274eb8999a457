//! The probe site: the files that the cases request.
//!
//! Once it is in the document root of a server ([`write()`]), all cases can be sent to that server.

use crate::placeholders::Contents;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

/// A file of the probe site.
#[derive(Clone, Copy, Debug)]
pub struct ProbeFile {
    /// Its path below the document root.
    pub path: &'static str,
    /// Its bytes.
    pub content: &'static [u8],
}

macro_rules! file {
    ($path:literal) => {
        ProbeFile {
            path: $path,
            content: include_bytes!(concat!("../site/", $path)),
        }
    };
}

/// The files, and a second name of one of them.
pub const FILES: &[ProbeFile] = &[
    file!(".hidden"),
    file!(".well-known/x.txt"),
    file!("index.html"),
    file!("static/BGM.wav"),
    file!("static/head.jpg"),
    file!("static/style1.css"),
    file!("sub/index.html"),
    file!("types/B.HTML"),
    file!("types/a+b.txt"),
    file!("types/a.ico"),
    file!("types/a.js"),
    file!("types/a.json"),
    file!("types/a.md"),
    file!("types/a.mjs"),
    file!("types/a.mp3"),
    file!("types/a.mp4"),
    file!("types/a.pdf"),
    file!("types/a.png"),
    file!("types/a.svg"),
    file!("types/a.tar.gz"),
    file!("types/a.txt"),
    file!("types/a.wasm"),
    file!("types/a.webp"),
    file!("types/a.woff2"),
    file!("types/a.xml"),
    file!("types/a.zzz"),
    file!("types/empty.txt"),
    file!("types/noext"),
    file!("types/with space.txt"),
    file!("types/音乐.txt"),
    ProbeFile {
        path: LINK.0,
        content: include_bytes!("../site/index.html"),
    },
];

/// A link within the site, and its target.
const LINK: (&str, &str) = ("link-in.txt", "index.html");

/// The modification time of all files: 2023-10-31 15:31:16.361 UTC. The fraction shows how a server handles it.
pub const MODIFIED: Duration = Duration::from_millis(1_698_766_276_361);

/// The contents that a recording shows as `{{file:/path}}`.
pub fn contents() -> Contents {
    static CONTENTS: LazyLock<Contents> = LazyLock::new(|| {
        Contents::new(
            FILES
                .iter()
                .filter(|file| file.path != LINK.0)
                .map(|file| (file.content.to_vec(), format!("/{}", file.path))),
        )
    });
    CONTENTS.clone()
}

/// The path of a file and its content.
pub(crate) type SharedFile = (&'static str, Arc<[u8]>);

/// The paths of all files, and their contents in a form that many sites in memory can share.
pub(crate) fn shared() -> &'static [SharedFile] {
    static SHARED: LazyLock<Vec<SharedFile>> =
        LazyLock::new(|| FILES.iter().map(|file| (file.path, file.content.into())).collect());
    &SHARED
}

/// A recorded text in which a file with two names always has the first one.
pub(crate) fn with_one_name(text: &str) -> String {
    text.replace(
        &format!("{{{{file:/{}}}}}", LINK.0),
        &format!("{{{{file:/{}}}}}", LINK.1),
    )
}

/// Writes the site into a directory, with its modification times. On Unix it has a symbolic link, too.
///
/// # Errors
/// A file cannot be written, or a different file with this name exists. Files that were already written stay.
///
/// ```
/// let directory = tempfile::tempdir().expect("a temporary directory");
/// labserve_probe::site::write(directory.path()).expect("a writable directory");
/// assert!(directory.path().join("types/a.txt").exists());
/// ```
pub fn write(directory: &Path) -> io::Result<()> {
    for ProbeFile { path, content } in FILES {
        let target = directory.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        #[cfg(unix)]
        if *path == LINK.0 {
            // There may be a link from an earlier run.
            if fs::symlink_metadata(&target).is_ok_and(|found| found.is_symlink()) {
                fs::remove_file(&target)?;
            }
            std::os::unix::fs::symlink(LINK.1, &target)?;
            continue;
        }
        // A file of the user, or a link to somewhere else, is not overwritten.
        if fs::symlink_metadata(&target).is_ok() && fs::read(&target).ok().as_deref() != Some(*content) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{path} is there already, with other content"),
            ));
        }
        fs::write(&target, content)?;
        File::options()
            .write(true)
            .open(&target)?
            .set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_user_is_not_written_over() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("index.html"), "mine").expect("a file");
        let error = write(directory.path()).expect_err("a file is in the way");
        assert!(error.to_string().contains("index.html is there already"), "{error}");
        assert_eq!(fs::read(directory.path().join("index.html")).expect("a file"), b"mine");
    }

    #[test]
    fn it_can_be_written_again_over_itself() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for _ in 0..2 {
            write(directory.path()).expect("a writable directory");
        }
        for file in FILES {
            assert_eq!(
                fs::read(directory.path().join(file.path)).expect("a file"),
                file.content
            );
        }
    }
}
