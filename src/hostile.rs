//! Tests with hostile input: mutated request heads, taken through everything that is pure, under every profile.
//!
//! Deterministic: the same mutations on every run. What is asserted holds for any input whatever: nothing panics, no path
//! leaves the root, no reply head has a line that its profile did not put there.

use crate::files::{Content, FileId, Found, Resource};
use crate::http::{Head, Request, Scan, head};
use crate::profile::{Profile, builtin, layers};
use crate::respond::{self, Moment, Reply, Route, Surroundings};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// Heads that mutation starts from: together they touch every field that a decision reads.
const SEEDS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a.example:81\r\nConnection: keep-alive, close\r\n\r\n",
    b"GET /static/../a%2e%2e%2fb%00%zz//c?d=e&f#g HTTP/1.1\r\nHost: a\r\nRange: bytes=0-5,7-,-9,1000000000000-\r\n\r\n",
    b"HEAD http://u@h:1/x HTTP/1.0\r\nIf-None-Match: W/\"a\", \"b,c\", *\r\nIf-Match: \"x\"\r\nIf-Range: \"y\"\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: \r\nExpect: 100-continue\r\nIf-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n\r\n",
    b"get /\xe9\x9f\xb3\\..\\c:\\con HTTP/9.9\r\n folded\r\nX : y\r\nNo colon\r\n: empty\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /a HTTP/1.1\nHost: a\nIf-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT\nCache-Control: no-cache\n\n",
    b"\r\n\r\nGET /x y z\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nAccept-Encoding: br;q=0, gzip;q=0.5\r\nUpgrade: h2c\r\n\r\n",
];

/// Bytes that matter to some parser.
const SPICE: &[u8] = b"\0\r\n\t :;,/\\%.#?*\"'<>&=-+0159aZ~@[]{}|\x7f\x80\xff";

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }

    /// A seed with a few bytes changed, put in, left out, doubled or swapped for another seed's.
    fn head(&mut self) -> Vec<u8> {
        let mut bytes = SEEDS[self.roll(SEEDS.len())].to_vec();
        for _ in 0..=self.roll(6) {
            let at = self.roll(bytes.len() + 1);
            match self.roll(6) {
                0 if at < bytes.len() => bytes[at] = SPICE[self.roll(SPICE.len())],
                1 => bytes.insert(at, SPICE[self.roll(SPICE.len())]),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => {
                    let end = (at + self.roll(40)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
                4 => {
                    let other = SEEDS[self.roll(SEEDS.len())];
                    let from = self.roll(other.len());
                    bytes.splice(at.., other[from..].iter().copied());
                }
                _ => {
                    let fill = vec![SPICE[self.roll(SPICE.len())]; self.roll(300)];
                    bytes.splice(at..at, fill);
                }
            }
        }
        bytes
    }
}

fn profiles() -> Vec<Profile> {
    builtin::names().map(|name| layers::load(name).expect(name)).collect()
}

fn resource(profile: &Profile, size: usize) -> Arc<Resource> {
    let id = FileId {
        size: size as u64,
        mtime_secs: 1_698_766_276,
        ..FileId::default()
    };
    let content = Content::Bytes(vec![b'x'; size].into());
    Arc::new(Resource::new(
        "dir/a name\r\n\"é.html",
        Path::new("/r/x"),
        content,
        id,
        profile,
    ))
}

/// Every line of the head is one that the profile's response has, and there is no line end within one.
fn assert_sound(profile: &Profile, reply: &Reply<'_>, request: Option<&Request<'_>>, input: &[u8]) {
    let local: SocketAddr = ([127, 0, 0, 1], 3000).into();
    let around = Surroundings {
        local,
        remaining: Some(1),
        says: &profile.connection.says_keep,
        chunked: false,
        moment: Moment::default(),
    };
    let (mut head, mut page) = (Vec::new(), Vec::new());
    reply.render(request, &around, &mut head, &mut page);
    if reply.response.bare {
        return;
    }
    let shown = || {
        format!(
            "{} under {}\n{}",
            input.escape_ascii(),
            profile.name,
            head.escape_ascii()
        )
    };
    assert!(head.ends_with(b"\r\n\r\n"), "no end: {}", shown());
    let names: Vec<&str> = reply
        .response
        .lines()
        .chain(profile.connection.says_keep.iter().map(|t| t.source()))
        .collect();
    for (number, line) in head[..head.len() - 4].split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(
            !line.contains(&b'\r') && !line.contains(&0),
            "a line end within a line: {}",
            shown()
        );
        if number > 0 {
            let name = line.split(|b| *b == b':').next().unwrap_or_default();
            let known = names
                .iter()
                .any(|source| source.split(':').next().is_some_and(|n| n.as_bytes() == name));
            assert!(known, "a line that the profile has not: {}", shown());
        }
    }
}

#[test]
fn no_head_makes_anything_panic_or_puts_a_line_into_a_reply() {
    let profiles = profiles();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..12_000 {
        let input = dice.head();
        let profile = &profiles[round % profiles.len()];
        let (fault, head): (_, Head) = match head::scan(&input, &profile.head) {
            Scan::Complete(head) => (None, head),
            Scan::Refused(fault, head) => (Some(fault), head),
            Scan::Partial { .. } => continue,
        };
        assert!(head.len <= input.len());
        let request = Request::new(&input, &head);
        if fault.is_some() || request.fault(&profile.head).is_some() {
            for id in 0..profile.responses.iter().count() {
                let reply = Reply::plain(profile, id, request.method());
                assert_sound(profile, &reply, Some(&request), &input);
            }
            continue;
        }
        let _ = request.framing(&profile.head.body);
        match respond::route(profile, &request, &[]) {
            Route::Answer(id) => assert_sound(
                profile,
                &Reply::plain(profile, id, request.method()),
                Some(&request),
                &input,
            ),
            Route::Lookup(located) => {
                let outside = located.path.split('/').any(|s| s == ".." || s == ".") || located.path.starts_with('/');
                assert!(!outside, "{} -> {}", input.escape_ascii(), located.path);
                let size = [0, 1, 10, 70_000][dice.roll(4)];
                let founds = [
                    Found::File(resource(profile, size)),
                    Found::FileWithSlash(resource(profile, size)),
                    Found::Directory,
                    Found::NoIndex,
                    Found::Missing,
                    Found::BehindFile,
                ];
                for found in founds {
                    let reply = respond::file_reply(profile, &request, found, None, &Moment::default());
                    assert_sound(profile, &reply, Some(&request), &input);
                }
            }
        }
    }
}

/// The shortcut for usual request lines finds what judging them finds, faults and limits included.
#[test]
fn a_usual_line_is_read_as_any_other() {
    let profiles = profiles();
    let mut dice = Dice(0x5eed_0002);
    let same = |bytes: &[u8]| {
        for profile in &profiles {
            let (short, long) = (
                head::scan(bytes, &profile.head),
                head::scan_the_long_way(bytes, &profile.head),
            );
            assert_eq!(short, long, "{}: {}", profile.name, String::from_utf8_lossy(bytes));
        }
    };
    for length in (0..200).chain([1000, 4085, 8160, 8170, 8176, 8190, 16_370, 16_383, 16_400, 65_600]) {
        for end in ["1.1\r\n", "1.0\r\nHost: a\r\n\r\n", "1.1\r\nHost: a\r\nA: b", "1.1"] {
            same(format!("GET /{} HTTP/{end}", "a".repeat(length)).as_bytes());
        }
    }
    for _ in 0..5_000 {
        same(&dice.head());
    }
}

#[test]
fn no_text_makes_the_profile_reader_panic() {
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let seeds: Vec<&str> = builtin::ALL.iter().map(|(_, text)| *text).collect();
    for _ in 0..400 {
        let mut text: Vec<char> = seeds[dice.roll(seeds.len())].chars().collect();
        for _ in 0..=dice.roll(4) {
            let at = dice.roll(text.len() + 1);
            let end = (at + dice.roll(80)).min(text.len());
            match dice.roll(2) {
                0 => drop(text.drain(at..end)),
                _ => text.insert(at, char::from(SPICE[dice.roll(SPICE.len())])),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(layer) = layers::Layer::parse("mutated", &text) {
            let _ = layers::Stack::of("mutated", layer).build();
        }
    }
}

/// A site with a secret beside it, and every kind of link to it that a careless owner could leave behind.
#[cfg(unix)]
fn site_with_a_secret() -> tempfile::TempDir {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("root");
    std::fs::create_dir_all(root.join("sub/.dot")).expect("directories");
    for (path, text) in [
        ("secret", "SECRET"),
        ("root/index.html", "index"),
        ("root/sub/a.txt", "a"),
        ("root/..x", "dots"),
    ] {
        std::fs::write(dir.path().join(path), text).expect(path);
    }
    for (target, link) in [
        ("../secret", "out"),
        ("../../secret", "sub/out"),
        ("..", "up"),
        ("index.html", "in"),
        ("loop", "loop"),
        ("/", "abs"),
    ] {
        symlink(target, root.join(link)).expect(link);
    }
    dir
}

#[cfg(unix)]
#[test]
fn no_path_leads_to_a_file_beside_the_root() {
    use crate::files::{Cache, Directory, Root};
    let dir = site_with_a_secret();
    let root = Root::Directory(Directory::open(&dir.path().join("root"), false).expect("the root"));
    let pieces = [
        "..",
        "%2e%2e",
        ".%2E",
        "%252e%252e",
        "..%00",
        "%c0%ae%c0%ae",
        "%u002e",
        "/",
        "//",
        "%2f",
        "%252f",
        "\\",
        "%5c",
        ".",
        "sub",
        "out",
        "up",
        "abs",
        "in",
        "secret",
        "SECRET",
        "secret%00.html",
        ";",
        "?",
        "#",
        "~",
        "file:",
        "..;",
        "%e0%80%af",
        "..%ef%bc%8f",
        " ",
        "%20",
        "%0d%0a",
    ];
    let mut dice = Dice(0xfeed_beef_cafe_f00d);
    for profile in profiles() {
        let mut cache = Cache::new(crate::files::Limits::default());
        for _ in 0..5_000 {
            let target: String = std::iter::once("/")
                .chain((0..=dice.roll(7)).map(|_| pieces[dice.roll(pieces.len())]))
                .collect();
            let Ok(located) =
                crate::files::path::locate(target.as_bytes(), &profile.target, &profile.files, root.names())
            else {
                continue;
            };
            if let Found::File(resource) | Found::FileWithSlash(resource) =
                root.find(&located, &profile, &[], &mut cache)
            {
                assert_ne!(
                    resource.size(),
                    "SECRET".len() as u64,
                    "{target} under {}",
                    profile.name
                );
            }
        }
    }
}
