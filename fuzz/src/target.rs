//! From a request target to a file: no target may lead out of the root.

use crate::{profiles, site};
use labserve_core::path;
use labserve_server::files::{Cache, Limits};

/// Locates and looks up the bytes as a target, under every profile.
pub fn run(data: &[u8]) {
    let root = site::root();
    let mut cache = Cache::new(Limits::default());
    profiles::with_all(|all| {
        for profile in all {
            let _ = path::malformed(data, &profile.target, &profile.files, root.names());
            let _ = path::has_no_path(data, &profile.target);
            let parts = path::split(data, &profile.target);
            assert!(parts.query.is_empty() || parts.query.starts_with(b"?"));
            let Ok(located) = path::locate(data, &profile.target, &profile.files, root.names()) else {
                continue;
            };
            let shown = || format!("{} -> {:?} under {}", data.escape_ascii(), located.path.escape_ascii(), profile.name);
            assert!(
                !located.path.starts_with(b"/") && !located.path.contains(&0),
                "{}",
                shown()
            );
            assert!(
                !located.path.split(|b| *b == b'/').any(|name| matches!(name, b"." | b"..")),
                "{}",
                shown()
            );
            if let Some(resource) = root.find(&located, profile, &[], &mut cache).resource {
                assert_ne!(resource.size(), site::SECRET.len() as u64, "{}", shown());
            }
        }
    });
}
