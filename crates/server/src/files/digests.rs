//! Digests of contents, for profiles whose entity tags are computed from them.

use super::{Cache, Content, Directory, Limits, Memory, Resource, Root};
use labserve_core::digest::Digest;
use labserve_core::path::locate;
use labserve_core::profile::layers::{BuiltIns, Layer, Stack};
use labserve_core::profile::{About, Precompressed, Profile};
use std::sync::Arc;

const MD5_OF_CONTENT: &str = r#"files.etag='"{content:md5}"'"#;

fn profile(assignments: &[&str]) -> Profile {
    let mut stack = Stack::load("rfc", &BuiltIns).expect("a profile");
    for assignment in assignments {
        stack = stack.over(Layer::from_assignment(assignment).expect(assignment));
    }
    stack.build().expect("a profile")
}

fn open(root: &Root, target: &str, profile: &Profile, accepted: &[Precompressed], cache: &mut Cache) -> Arc<Resource> {
    let located = locate(target.as_bytes(), &profile.target, &profile.files, &[]).expect("a path");
    let arrival = cache.arrival();
    let lookup = root.find(&located, profile, accepted, cache.for_request(arrival));
    lookup
        .resource
        .unwrap_or_else(|| panic!("{target}: {:?}", lookup.found))
}

/// The known MD5 digest of the content; empty if there is none.
fn md5(resource: &Resource) -> String {
    let known = resource.facts.digests.get(About::Content, Digest::Md5);
    String::from_utf8_lossy(known.unwrap_or_default()).into_owned()
}

#[test]
fn a_file_that_changes_gets_another_digest() {
    let place = tempfile::tempdir().expect("a directory");
    let root = Root::Directory(Directory::open(place.path(), false).expect("a root"));
    let profile = profile(&[MD5_OF_CONTENT]);
    // In memory, as an open file, and as a file that was just written.
    for (limits, age_s) in [
        (Limits::default(), 100),
        (
            Limits {
                file: 0,
                ..Limits::default()
            },
            100,
        ),
        (Limits::default(), 0),
    ] {
        let mut cache = Cache::new(limits);
        for (at, (content, digest)) in [
            ("one", "f97c5d29941bfb1b2fdab0874906ab82"),
            ("two", "b8a9f715dbb64fd5c56e7783c6820a61"),
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ]
        .into_iter()
        .enumerate()
        {
            let path = place.path().join("a");
            std::fs::write(&path, content).expect("written");
            let file = std::fs::File::options().append(true).open(&path).expect("opened");
            let time = std::time::SystemTime::now() - std::time::Duration::from_secs(age_s);
            file.set_modified(time + std::time::Duration::from_secs(at as u64))
                .expect("dated");
            assert_eq!(
                md5(&open(&root, "/a", &profile, &[], &mut cache)),
                digest,
                "{limits:?} {age_s}"
            );
            assert_eq!(
                md5(&open(&root, "/a", &profile, &[], &mut cache)),
                digest,
                "{limits:?} {age_s}"
            );
        }
    }
}

#[test]
fn a_large_file_is_read_in_pieces_and_a_sibling_has_its_own_digest() {
    let place = tempfile::tempdir().expect("a directory");
    let content: Vec<u8> = (0..200_001_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(place.path().join("a"), &content).expect("written");
    std::fs::write(place.path().join("a.gz"), "one").expect("written");
    let root = Root::Directory(Directory::open(place.path(), false).expect("a root"));
    let profile = profile(&[MD5_OF_CONTENT, "files.precompressed=['gzip']"]);
    let mut cache = Cache::new(Limits::default());
    for (accepted, digest) in [
        (&[][..], "d7de8f34d600f89aa261d954bdac3048"),
        (&[Precompressed::Gzip], "f97c5d29941bfb1b2fdab0874906ab82"),
    ] {
        let resource = open(&root, "/a", &profile, accepted, &mut cache);
        assert_eq!(md5(&resource), digest, "{accepted:?}");
        assert!(resource.facts.negotiated);
    }
}

#[test]
fn a_file_in_memory_is_read_once() {
    let root = Root::Memory(Memory::new([("a".to_owned(), b"one".to_vec())]));
    let mut cache = Cache::new(Limits::default());
    let with = profile(&[MD5_OF_CONTENT]);
    let first = open(&root, "/a", &with, &[], &mut cache);
    assert_eq!(md5(&first), "f97c5d29941bfb1b2fdab0874906ab82");
    assert!(Arc::ptr_eq(&first, &open(&root, "/a", &with, &[], &mut cache)));
    let mut cache = Cache::new(Limits::default());
    assert_eq!(md5(&open(&root, "/a", &profile(&[]), &[], &mut cache)), "");
}

#[test]
fn what_cannot_be_read_to_its_end_has_no_digest() {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("a");
    std::fs::write(&path, "0123456789").expect("written");
    let content = Content::File(Arc::new(std::fs::File::open(&path).expect("opened")));
    for (size, want) in [(0, Some("")), (4, Some("0123")), (10, Some("0123456789")), (11, None)] {
        let mut read = Vec::new();
        let result = content.read(size, &mut |piece| read.extend_from_slice(piece));
        let read = String::from_utf8_lossy(&read);
        assert_eq!(result.is_ok().then_some(&*read), want, "{size}");
    }
}
