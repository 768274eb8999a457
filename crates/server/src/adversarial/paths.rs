//! Escapes from a real directory: targets that try to leave the root by their names, and symbolic links that lead out.

use super::{Running, profiles};
use crate::files::{Cache, Content, Directory, Limits, Resource, Root};
use labserve_core::adversarial::traversal;
use labserve_core::path;
use std::path::Path;

/// The content of the files outside the root.
const SECRET: &str = "SECRET-outside-the-root";

/// A site with a secret file next to its root, and with symbolic links to it of every kind that an owner could leave
/// there by mistake.
fn site_with_a_secret() -> tempfile::TempDir {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("sub/.dot")).expect("directories");
    // A directory whose path has the root's path as a prefix.
    std::fs::create_dir_all(dir.path().join("root-too")).expect("a directory");
    for (path, text) in [
        ("secret", SECRET),
        ("secret.html", SECRET),
        ("root-too/secret", SECRET),
        ("root/index.html", "index"),
        ("root/sub/a.txt", "a"),
        ("root/..x", "dots"),
        ("root/\u{ff0e}\u{ff0e}", "wide dots"),
    ] {
        std::fs::write(dir.path().join(path), text).expect(path);
    }
    for (target, link) in [
        ("../secret", "out"),
        ("../../secret", "sub/out"),
        ("..", "up"),
        ("../root-too", "too"),
        ("index.html", "in"),
        ("loop", "loop"),
        ("/", "abs"),
        ("../secret.html", "sub/index.html"),
    ] {
        symlink(target, root.join(link)).expect(link);
    }
    dir
}

/// The first bytes of a resource.
fn content(resource: &Resource) -> Vec<u8> {
    let mut bytes = vec![0; SECRET.len()];
    match &resource.content {
        Content::File(file) => {
            let count = crate::sys::read_at(file, &mut bytes, 0).expect("a file that can be read");
            bytes.truncate(count);
            bytes
        }
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Static(bytes) => bytes.to_vec(),
    }
}

fn root_in(dir: &Path) -> Root {
    Root::Directory(Directory::open(&dir.join("root"), false).expect("the root"))
}

#[test]
fn no_target_leads_to_a_file_outside_the_root() {
    let dir = site_with_a_secret();
    let attempts = traversal::targets(&dir.path().join("secret").display().to_string());
    let root = root_in(dir.path());
    for profile in profiles() {
        let mut cache = Cache::new(Limits::default());
        for target in &attempts {
            let Ok(located) = path::locate(target, &profile.target, &profile.files, root.names()) else {
                continue;
            };
            if let Some(resource) = root.find(&located, &profile, &[], &mut cache).resource {
                assert!(
                    !content(&resource).starts_with(b"SECRET"),
                    "{} under {}",
                    target.escape_ascii(),
                    profile.name
                );
            }
        }
    }
}

#[test]
fn no_symbolic_link_leads_a_request_out_of_the_root() {
    let dir = site_with_a_secret();
    let absolute = format!("/abs{}", dir.path().join("secret").display());
    for profile in profiles() {
        let name = profile.name.clone();
        let server = Running::start(profile, root_in(dir.path()));
        assert!(server.ask("/").ends_with(b"index"), "{name}");
        for target in [
            "/out",
            "/out/",
            "/sub/out",
            "/sub/",
            "/up/secret",
            "/up/root-too/secret",
            "/too/secret",
            "/loop",
            "/loop/secret",
            "/sub/../out",
            &absolute,
        ] {
            let got = server.ask(target);
            assert!(
                !got.windows(6).any(|six| six == b"SECRET"),
                "{target} under {name}:\n{}",
                got.escape_ascii()
            );
        }
    }
}
