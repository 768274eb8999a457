//! The sites that the tests serve: temporary copies with the modification time of the recorded files.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// The modification time of all files in the recordings: 2023-10-31 15:31:16.361 UTC.
const MODIFIED: Duration = Duration::from_millis(1_698_766_276_361);

/// A temporary document root, removed when dropped.
pub(crate) struct Site {
    /// Contains the root and, next to it, `secret.txt`, which no request may reach.
    _around: TempDir,
    root: PathBuf,
}

impl Site {
    /// The recorded site, with a link that stays within the root and one that leaves it.
    pub(crate) fn recorded() -> Self {
        let site = Self::copy_of(&package().join("crates/probe/site"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("index.html", site.root.join("link-in.txt")).expect("link-in.txt should be new");
            symlink("../secret.txt", site.root.join("link-out.txt")).expect("link-out.txt should be new");
        }
        site
    }

    /// The site that `odd-site.toml` describes.
    #[cfg(target_os = "linux")]
    pub(crate) fn odd() -> Self {
        use super::odd::OddSite;
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::{PermissionsExt, symlink};

        let around = TempDir::new().expect("a temporary directory");
        let root = around.path().join("odd");
        let odd = OddSite::load();
        let at = |path: &[u8]| {
            let full = root.join(OsStr::from_bytes(path));
            let above = full.parent().expect("a path below the root");
            fs::create_dir_all(above).expect("directories should be writable");
            full
        };
        for file in &odd.files {
            let full = at(&file.path);
            fs::write(&full, &file.content).expect("a file should be writable");
            let (secs, nanos) = file.modified;
            let since = Duration::from_secs(secs.unsigned_abs());
            let time = if secs < 0 {
                SystemTime::UNIX_EPOCH - since
            } else {
                SystemTime::UNIX_EPOCH + since
            };
            let opened = File::options()
                .write(true)
                .open(&full)
                .expect("a file should be writable");
            opened
                .set_modified(time + Duration::from_nanos(nanos.into()))
                .expect("a file should be datable");
        }
        for path in &odd.empty {
            fs::create_dir_all(at(path)).expect("a directory should be new");
        }
        for (path, target) in &odd.links {
            symlink(target, at(path)).expect("a link should be new");
        }
        for path in &odd.unreadable {
            let closed = fs::Permissions::from_mode(0o0);
            fs::set_permissions(at(path), closed).expect("permissions should be ours");
        }
        Self { _around: around, root }
    }

    /// Whether this user, or a program that it starts, can read files that only root can.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_all_readable(&self) -> bool {
        File::open(self.root.join("unreadable.txt")).is_ok()
    }

    /// The demo page that labserve serves by default.
    pub(crate) fn demo() -> Self {
        Self::copy_of(&package().join("static"))
    }

    fn copy_of(source: &Path) -> Self {
        let around = TempDir::new().expect("a temporary directory");
        let root = around.path().join("site");
        copy_tree(source, &root).unwrap_or_else(|e| panic!("cannot copy {}: {e}", source.display()));
        fs::write(around.path().join("secret.txt"), "secret\n").expect("the secret should be writable");
        Self { _around: around, root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The content of a file below the root.
    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.root.join(path)).unwrap_or_else(|e| panic!("cannot read {path} of the test site: {e}"))
    }

    /// All regular files of at least `least` bytes, largest first, each with its path in a request.
    pub(crate) fn files_from(&self, least: usize) -> Vec<(Vec<u8>, String)> {
        let mut files = Vec::new();
        collect(&self.root, "", &mut files).expect("the test site should be readable");
        files.retain(|(content, _)| content.len() >= least);
        files.sort_by_key(|(content, _)| std::cmp::Reverse(content.len()));
        files
    }
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (source, target) = {
            let e = entry?;
            (e.path(), to.join(e.file_name()))
        };
        if source.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            fs::write(&target, fs::read(&source)?)?;
            File::options()
                .write(true)
                .open(&target)?
                .set_modified(SystemTime::UNIX_EPOCH + MODIFIED)?;
        }
    }
    Ok(())
}

fn collect(dir: &Path, prefix: &str, files: &mut Vec<(Vec<u8>, String)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() {
            files.push((fs::read(entry.path())?, path));
        }
    }
    Ok(())
}
