//! Files that change while they are sent, and entries of the root that are neither files nor directories. A client gets
//! exactly the announced number of bytes or a broken connection, and never hangs. The profile determines whether the
//! bytes may be of two versions.
#![cfg(unix)]

use crate::support::server::Server;
use crate::support::talk::Talk;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// The size of the file: more than the socket buffers hold, so that the transfer is still running when the file changes.
const SIZE: usize = 12 << 20;

/// How long a transfer, or the close after it, may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A change to a file, and its effect on a transfer in progress.
struct Change {
    name: &'static str,
    make: fn(&Path),
    transfer: Transfer,
    /// The possible statuses of the next request for the file, and its size if it is served.
    then: (&'static [u16], Option<usize>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transfer {
    /// It completes with the old version.
    Old,
    /// The connection closes before the transfer is complete.
    Broken,
    /// The connection breaks if the profile never sends bytes of two versions. With other profiles, exactly the
    /// announced number of bytes arrives.
    Written,
}

/// The profiles with `changed_file = "close"`.
const NEVER_MIXED: [&str; 2] = ["iis", "rfc"];

const REFUSED: &[u16] = &[403, 404, 500];

const CHANGES: &[Change] = &[
    Change {
        name: "replaced",
        make: |path| {
            let beside = path.with_extension("new");
            fs::write(&beside, vec![b'n'; 5000]).expect("a new version");
            fs::rename(&beside, path).expect("a new version in its place");
        },
        transfer: Transfer::Old,
        then: (&[200], Some(5000)),
    },
    Change {
        name: "deleted",
        make: |path| fs::remove_file(path).expect("a deleted file"),
        transfer: Transfer::Old,
        then: (&[404], None),
    },
    Change {
        name: "made unreadable",
        make: |path| fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("no permissions"),
        transfer: Transfer::Old,
        // Root can read it anyway.
        then: (&[200, 403, 404, 500], None),
    },
    Change {
        name: "turned into a directory",
        make: |path| {
            fs::remove_file(path).expect("a deleted file");
            fs::create_dir(path).expect("a directory in its place");
        },
        transfer: Transfer::Old,
        then: (&[301, 302, 403, 404], None),
    },
    Change {
        name: "turned into a FIFO",
        make: |path| {
            fs::remove_file(path).expect("a deleted file");
            make_fifo(path);
        },
        transfer: Transfer::Old,
        then: (REFUSED, None),
    },
    Change {
        name: "truncated",
        make: |path| resize(path, 100),
        transfer: Transfer::Broken,
        then: (&[200], Some(100)),
    },
    Change {
        name: "extended",
        make: |path| resize(path, SIZE as u64 + 1),
        transfer: Transfer::Written,
        then: (&[200], Some(SIZE + 1)),
    },
    Change {
        name: "rewritten in place",
        make: |path| {
            let mut file = OpenOptions::new().write(true).open(path).expect("the file");
            file.write_all(&vec![b'n'; SIZE]).expect("other bytes");
        },
        transfer: Transfer::Written,
        then: (&[200], Some(SIZE)),
    },
];

fn resize(path: &Path, size: u64) {
    let file = OpenOptions::new().write(true).open(path).expect("the file");
    file.set_len(size).expect("another size");
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

/// The bytes of the old version. No two parts of it are the same.
fn old_version() -> Vec<u8> {
    (0..SIZE as u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// Requests `/file.bin`, and reads the head and the first bytes of the body.
fn begin(server: &Server) -> (TcpStream, Vec<u8>) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(16 << 10).expect("a small buffer");
    socket.connect(&server.address().into()).expect("a connection");
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
        .write_all(b"GET /file.bin HTTP/1.1\r\nHost: lab.test\r\n\r\n")
        .expect("a request");
    let mut got = vec![0; 4096];
    stream.read_exact(&mut got).expect("the beginning of a reply");
    let end = got.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&got[..end]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains(&format!("Content-Length: {SIZE}")), "{head}");
    (stream, got.split_off(end))
}

/// Reads the rest of the body, up to its length or the end of the connection.
fn rest(mut stream: TcpStream, mut got: Vec<u8>) -> Vec<u8> {
    let begun = Instant::now();
    let mut buffer = vec![0; 1 << 16];
    while got.len() < SIZE {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => got.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                assert!(begun.elapsed() < PATIENCE, "the transfer hangs: {error}");
                break;
            }
        }
    }
    // Some servers also send the bytes by which the file has grown.
    got.truncate(SIZE);
    got
}

fn changes_under(profile: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("file.bin");
    let server = Server::start(profile, dir.path());
    let old = old_version();
    for change in CHANGES {
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        fs::write(&path, &old).expect("the file");
        // The change must result in a different modification time, at the file system's resolution.
        thread::sleep(Duration::from_millis(30));
        let (stream, begun) = begin(&server);
        (change.make)(&path);
        let got = rest(stream, begun);
        let what = format!("{} under {profile}", change.name);
        match change.transfer {
            Transfer::Old => assert!(got == old, "{what}: not the old version"),
            Transfer::Written if !NEVER_MIXED.contains(&profile) => assert_eq!(got.len(), SIZE, "{what}"),
            Transfer::Broken | Transfer::Written => assert!(got.len() < SIZE, "{what}: the transfer completed"),
        }
        let begun = Instant::now();
        let reply = Talk::to(&server).ask("HEAD", "/file.bin", "");
        assert!(begun.elapsed() < PATIENCE / 2, "{what}: the next request had to wait");
        let (statuses, size) = change.then;
        assert!(statuses.contains(&reply.status()), "{what}: then {}", reply.head);
        // Not every server sends Content-Length in response to HEAD.
        if let (Some(size), Some(length)) = (size, reply.field("Content-Length")) {
            assert_eq!(length, size.to_string(), "{what}: then {}", reply.head);
        }
    }
}

macro_rules! under {
    ($($test:ident: $profile:literal)*) => {$(
        #[test]
        fn $test() {
            changes_under($profile);
        }
    )*};
}

under! {
    transfers_of_changing_files_under_node: "node"
    transfers_of_changing_files_under_flask: "flask"
    transfers_of_changing_files_under_django: "django"
    transfers_of_changing_files_under_python_http11: "python-http11"
    transfers_of_changing_files_under_apache: "apache"
    transfers_of_changing_files_under_phpnow: "phpnow"
    transfers_of_changing_files_under_nginx: "nginx"
    transfers_of_changing_files_under_iis: "iis"
    transfers_of_changing_files_under_rfc: "rfc"
}

/// Every built-in profile.
fn profiles() -> Vec<String> {
    let listed = Command::new(env!("CARGO_BIN_EXE_labserve"))
        .args(["profiles", "--json"])
        .output()
        .expect("the list of profiles");
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let names = listed.as_array().expect("a list").iter();
    names
        .map(|profile| profile["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn entries_that_are_neither_files_nor_directories_are_refused_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |path: &str| dir.path().join(path);
    fs::create_dir_all(at("dir")).expect("a directory");
    fs::write(at("a.txt"), "a").expect("a file");
    for fifo in ["fifo", "fifo.html", "dir/index.html", "a.txt.gz", "a.txt.br"] {
        make_fifo(&at(fifo));
    }
    let _listening = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
    for (device, link) in [("/dev/zero", "zero"), ("/dev/tty", "tty"), ("fifo", "link")] {
        symlink(device, at(link)).expect(link);
    }
    let profiles = profiles();
    assert!(profiles.len() > 10, "{profiles:?}");
    for profile in profiles {
        let server = Server::start_with(&profile, dir.path(), &["--follow-symlinks"]);
        for target in [
            "/fifo",
            "/fifo.html",
            "/fifo/",
            "/dir/",
            "/dir/index.html",
            "/socket",
            "/socket/",
            "/zero",
            "/tty",
            "/link",
        ] {
            for method in ["GET", "HEAD"] {
                let begun = Instant::now();
                let reply = Talk::to(&server).ask(method, target, "");
                let what = format!("{method} {target} under {profile}: {}", reply.head);
                assert!(matches!(reply.status(), 400..=599), "{what}");
                assert!(begun.elapsed() < Duration::from_secs(5), "it blocks: {what}");
            }
        }
        // A precompressed sibling that is not a file does not affect the file itself.
        let reply = Talk::to(&server).ask("GET", "/a.txt", "Accept-Encoding: br, gzip\r\n");
        assert_eq!(
            (reply.status(), reply.body.as_slice()),
            (200, &b"a"[..]),
            "{profile}: {}",
            reply.head
        );
    }
}

/// A directory is repeatedly swapped with a link that leads out of the root, while a file in it is requested.
#[test]
fn a_directory_that_becomes_a_link_between_lookups_does_not_leave_the_root() {
    let around = tempfile::tempdir().expect("a directory");
    let at = |path: &str| around.path().join(path);
    for (path, text) in [("outside/a.txt", "SECRET"), ("root/inside/a.txt", "inside")] {
        fs::create_dir_all(at(path).parent().expect("its directory")).expect("a directory");
        fs::write(at(path), text).expect(path);
    }
    symlink(at("outside"), at("link")).expect("a link");
    let server = Server::start("node", &at("root"));
    let until = Instant::now() + Duration::from_secs(2);
    let swapping = {
        let (served, aside, link) = (at("root/inside"), at("aside"), at("link"));
        thread::spawn(move || {
            while Instant::now() < until {
                fs::rename(&served, &aside).expect("the directory, put aside");
                fs::rename(&link, &served).expect("the link in its place");
                fs::rename(&served, &link).expect("the link, put aside");
                fs::rename(&aside, &served).expect("the directory in its place");
            }
        })
    };
    let mut successes = 0;
    let mut talk = Talk::to(&server);
    while Instant::now() < until {
        let reply = talk.ask("GET", "/inside/a.txt", "");
        assert!(
            !reply.body.windows(6).any(|six| six == b"SECRET"),
            "the secret was served"
        );
        successes += usize::from(reply.body == b"inside");
    }
    swapping.join().expect("the swapping thread");
    assert!(successes > 0, "the file was never served");
    let _ = File::open(at("root")).expect("the root still exists");
}

/// Python's servers send the file to its end, even if that is beyond the announced length.
#[test]
fn what_a_file_grows_by_is_sent_where_the_server_sends_it() {
    for (profile, more) in [("python-http11", 100_000), ("nginx", 0)] {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file.bin");
        let server = Server::start_with(profile, dir.path(), &["--set", "timers.idle=1s"]);
        fs::write(&path, old_version()).expect("the file");
        let (mut stream, mut got) = begin(&server);
        let mut file = OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(&vec![b'n'; 100_000]).expect("more bytes");
        stream.read_to_end(&mut got).expect("the rest");
        assert_eq!(got.len(), SIZE + more, "{profile}");
    }
}
