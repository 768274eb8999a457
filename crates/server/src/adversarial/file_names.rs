//! Files whose names contain line ends and markup, in a real directory.

use super::{Running, profiles};
use crate::files::{Directory, Root};

/// The names, and the target of each.
const FILES: &[(&str, &str)] = &[
    ("f\r\nX-Injected: yes", "/f%0d%0aX-Injected:%20yes"),
    ("f\nX-Injected: yes.bin", "/f%0aX-Injected:%20yes.bin"),
    ("d\r\nX-Injected: yes/a", "/d%0d%0aX-Injected:%20yes"),
    ("q\".html", "/q%22.html"),
    ("<script>", "/%3Cscript%3E"),
];

#[test]
fn no_file_name_injects_a_line_or_markup_into_a_response() {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, _) in FILES {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect(name);
        std::fs::write(path, "0123456789").expect(name);
    }
    for profile in profiles() {
        let name = profile.name.clone();
        let root = Root::Directory(Directory::open(dir.path(), false).expect("the root"));
        let server = Running::start(profile, root);
        for (_, target) in FILES {
            for target in [(*target).to_owned(), format!("{target}/"), format!("{target}/x")] {
                let got = server.ask(&target);
                let shown = || format!("{target} under {name}:\n{}", got.escape_ascii());
                // A page may quote the decoded name, and a field such as Content-Disposition may contain markup.
                let end = memchr::memmem::find(&got, b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {}", shown()));
                let (head, body) = got.split_at(end);
                let injects = |line: &[u8]| line.trim_ascii_start().starts_with(b"X-Injected");
                assert!(!head.split(|b| matches!(b, b'\r' | b'\n')).any(injects), "{}", shown());
                assert!(memchr::memmem::find(body, b"<script").is_none(), "{}", shown());
            }
        }
    }
}
