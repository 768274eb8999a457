//! A guard against slowdowns that needs no clock: how many heap allocations an exchange makes.

use super::*;
use crate::files::Directory;
use crate::sys::allocations;
use labserve_core::profile::{builtin, layers};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The most allocations that an exchange on a persistent connection may make.
const MOST: u64 = 12;

/// The largest allocation for a request with a body, in bytes: the buffer of the body. Profiles differ in how many
/// fields they accept; the reader of bodies must not reserve memory for that many.
const LARGEST: usize = 64 << 10;

/// Sends `request` `times` times, one after the other, and reads each reply to its end.
fn ask(client: &mut TcpStream, request: &str, times: u64) {
    for _ in 0..times {
        client.write_all(request.as_bytes()).expect("sent");
        let mut reply = Vec::new();
        let mut buffer = [0; 65536];
        loop {
            let count = client.read(&mut buffer).expect("read");
            assert!(count > 0, "the connection ended");
            reply.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&reply);
            let Some((head, _)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("Content-Length: "))
                .map_or(0, |length| length.parse().expect("a number"));
            let body = if head.starts_with("HTTP/1.1 304") { 0 } else { length };
            if reply.len() >= head.len() + 4 + body {
                break;
            }
        }
    }
}

#[test]
fn an_exchange_allocates_little() {
    let place = tempfile::tempdir().expect("a directory");
    std::fs::write(place.path().join("small.css"), [b'a'; 666]).expect("written");
    std::fs::write(place.path().join("large.bin"), [b'a'; 100_000]).expect("written");
    // A file that changed within the last clock tick is not cached.
    std::thread::sleep(Duration::from_millis(50));
    let profiles = builtin::names().map(|name| layers::load(name).expect("a profile"));
    for profile in profiles.filter(|profile| profile.connection.persistent) {
        let name = profile.name.clone();
        let site = Site {
            profile,
            root: Root::Directory(Directory::open(place.path(), false).expect("a root")),
            cache: Limits::default(),
        };
        let server = Server::bind(site, ([127, 0, 0, 1], 0).into()).expect("bound");
        let address = server.address();
        let (commands, received) = unbounded_channel();
        let spec = ServerSpec {
            listener: server.listener,
            site: server.site,
            admitted: Arc::default(),
            turns: Arc::default(),
            senders: Default::default(),
        };
        let options = Options {
            workers: 1,
            grace: Duration::ZERO,
            throttle_log: true,
        };
        let worker = std::thread::spawn(move || {
            allocations::count_this_thread();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build_local(Default::default())
                .expect("a runtime");
            runtime.block_on(work(vec![spec], Arc::new(Shared::new()), received, options));
        });
        let mut client = TcpStream::connect(address).expect("connected");
        for request in [
            "GET /small.css HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /large.bin HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n",
            "GET /small.css HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n\r\n",
        ] {
            ask(&mut client, request, 5);
            let before = allocations::count();
            ask(&mut client, request, 20);
            let each = (allocations::count() - before) as f64 / 20.0;
            assert!(each <= MOST as f64, "{name}: {each} allocations for {request:?}");
        }
        allocations::take_largest();
        ask(
            &mut client,
            "OPTIONS /small.css HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            1,
        );
        let largest = allocations::take_largest();
        assert!(largest <= LARGEST, "{name}: {largest} bytes at once for a body of five");
        drop(commands);
        drop(client);
        worker.join().expect("no panic");
    }
}
