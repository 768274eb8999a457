//! The demo site inside the binary, so that an installed program shows something without a directory.

use super::Opened;
use super::resource::{Content, Resource};
use labserve_core::facts::{FileFacts, FileId};
use labserve_core::http1::text;
use labserve_core::profile::Profile;
use std::sync::Arc;

/// The modification time of the demo site in the lab report's capture: 2023-10-31 15:31:16.361 UTC.
const MODIFIED: (i64, u32) = (1_698_766_276, 361_000_000);

const FILES: &[(&str, &[u8])] = &[
    ("index.html", include_bytes!("../../../../static/index.html")),
    (
        "static/style1.css",
        include_bytes!("../../../../static/static/style1.css"),
    ),
    ("static/head.jpg", include_bytes!("../../../../static/static/head.jpg")),
    ("static/BGM.wav", include_bytes!("../../../../static/static/BGM.wav")),
];

/// What lies at `path` in the demo site.
pub(super) fn open(path: &str, profile: &Profile) -> Opened {
    let wanted = |name: &str| name == path || (profile.files.ignore_case && name.eq_ignore_ascii_case(path));
    if let Some((number, (name, bytes))) = FILES.iter().enumerate().find(|(_, (name, _))| wanted(name)) {
        let id = FileId {
            device: 0,
            inode: number as u64 + 1,
            size: bytes.len() as u64,
            mtime_secs: MODIFIED.0,
            mtime_nanos: MODIFIED.1,
            ctime_nanos: 0,
        };
        let facts = FileFacts::new(name, text::adler32(name.as_bytes()), id, &profile.types);
        return Opened::File(Arc::new(Resource {
            facts: Arc::new(facts),
            content: Content::Static(bytes),
            place: None,
        }));
    }
    let below = |name: &str, directory: &str| name.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
    if path.is_empty() || FILES.iter().any(|(name, _)| below(name, path)) {
        return Opened::Directory;
    }
    if FILES.iter().any(|(name, _)| below(path, name)) {
        Opened::PathAfterFile
    } else {
        Opened::Missing
    }
}
