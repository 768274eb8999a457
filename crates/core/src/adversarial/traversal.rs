//! Targets that try to leave the root, with every spelling of `..`, every separator and every prefix.
//!
//! The test of this crate sends them to a site in memory; the server's test looks them up in real directories.

use crate::test_rng::TestRng;

/// How a target may begin.
const PREFIXES: &[&str] = &[
    "/",
    "",
    "//",
    "///",
    "/sub/",
    "/sub/../",
    "/sub/./",
    "/out/",
    "/up/",
    "/too/",
    "/abs/",
    "/in/",
    "/missing/",
    "/sub/a.txt/",
    "http://h/",
    "http://h",
    "HTTP://h:80/sub/",
    "file://",
    "file:///",
    "\\",
    "/\\",
    "/%2f",
    "/%5c",
    "*/",
    "/;/",
    "/?/",
    "/#/",
    "/~",
    "/c:/",
    "/%00/",
];

/// Spellings of `..`.
const PARENTS: &[&str] = &[
    "..",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%2e.",
    "%252e%252e",
    "%25252e%25252e",
    "%%32%65%%32%65",
    "%c0%ae%c0%ae",
    "%C0%2e%C0%2e",
    "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae%f0%80%80%ae",
    "%u002e%u002e",
    "%uff0e%uff0e",
    "\u{ff0e}\u{ff0e}",
    "%ef%bc%8e%ef%bc%8e",
    "\u{2025}",
    "\u{2026}",
    ".\u{301}.",
    "\u{2024}\u{2024}",
    "...",
    "....",
    "..%00",
    "%00..",
    "..%20",
    "..%09",
    "..;",
    "..%3b",
    "..;a=b",
    "..%0d%0a",
    "..::$DATA",
    "..%c0%80",
    "%20..",
    "..\u{feff}",
    "..%e2%80%8b",
    ". .",
    "..?",
    "..#",
    "\\\\?\\..",
    "..+",
];

/// Spellings of `/`.
const SEPARATORS: &[&str] = &[
    "/",
    "//",
    "\\",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%252f",
    "%255c",
    "%%32%66",
    "%c0%af",
    "%c1%9c",
    "%e0%80%af",
    "%f0%80%80%af",
    "%u2215",
    "%u002f",
    "\u{ff0f}",
    "%ef%bc%8f",
    "\u{2215}",
    "%e2%88%95",
    "%e2%81%84",
    "/./",
    "/%2e/",
    ";/",
    "/;x=y/",
    "%00/",
    "%0a/",
    "%20/",
    "/\\/",
    "%2f%2f",
];

/// Spellings of the file outside the root.
const WANTED: &[&str] = &[
    "secret",
    "Secret",
    "%73ecret",
    "s%65cret",
    "secret%00.html",
    "secret/",
    "secret/.",
    "secret.",
    "secret%20",
    "secret::$DATA",
    "secret;.html",
    "secret?x",
    "secret#x",
    "secret.html",
    "\u{ff53}ecret",
    "root-too/secret",
    "root/../secret",
    "secr%c0%e5t",
];

/// Every attempt to reach the file `secret` next to the root; `secret` is its absolute path.
pub fn targets(secret: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for prefix in PREFIXES {
        for parent in PARENTS {
            for separator in SEPARATORS {
                let depth = 1 + all.len() % 4;
                let wanted = WANTED[all.len() % WANTED.len()];
                all.push(format!("{prefix}{}{wanted}", format!("{parent}{separator}").repeat(depth)).into_bytes());
            }
        }
    }
    // The absolute path of the file.
    for prefix in PREFIXES {
        for separator in SEPARATORS {
            all.push(format!("{prefix}{}", secret.replace('/', separator)).into_bytes());
        }
    }
    // Random combinations.
    let mut rng = TestRng::new(0xfeed_beef_cafe_f00d);
    let lists = [
        PREFIXES,
        PARENTS,
        SEPARATORS,
        WANTED,
        &["sub", "out", "up", "abs", "too", "in", ".", "root"],
    ];
    for _ in 0..4_000 {
        let mut target = b"/".to_vec();
        for _ in 0..=rng.below(7) {
            let list = lists[rng.below(lists.len())];
            target.extend_from_slice(list[rng.below(list.len())].as_bytes());
        }
        if rng.below(4) == 0 {
            let at = rng.below(target.len());
            target[at] = [0, 0x80, 0xc0, 0xff, b'\\', b'%'][rng.below(6)];
        }
        all.push(target);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::targets;
    use crate::adversarial::client::ask;
    use crate::adversarial::profiles;
    use crate::model::MemorySite;

    /// The secret lies where a path that leaves the root would find it.
    #[test]
    fn no_request_returns_a_file_outside_the_root() {
        let targets = targets("/secret");
        assert!(targets.len() > 30_000, "{} targets", targets.len());
        for profile in profiles() {
            let mut site = MemorySite::new(&profile)
                .with_file("index.html", b"index")
                .with_file("sub/a.txt", b"a")
                .with_file("..x", b"dots");
            for outside in [
                "../secret",
                "../secret.html",
                "../root-too/secret",
                "/secret",
                "sub/../../secret",
            ] {
                site = site.with_file(outside, b"SECRET");
            }
            let index = ask(
                &profile,
                &site,
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            );
            assert!(index.ends_with(b"index"), "{}", index.escape_ascii());
            for (number, target) in targets.iter().step_by(7).enumerate() {
                let method: &[u8] = [b"GET".as_slice(), b"POST", b"GET", b"HEAD", b"OPTIONS"][number % 5];
                let fields = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
                let request = [method, b" ", target.as_slice(), fields].concat();
                let got = ask(&profile, &site, &request);
                assert!(
                    memchr::memmem::find(&got, b"SECRET").is_none(),
                    "{} under {}:\n{}",
                    request.escape_ascii(),
                    profile.name,
                    got.escape_ascii()
                );
            }
        }
    }
}
