//! Profiles: arbitrary TOML, alone or over a built-in profile. A profile that is accepted must be able to serve requests.

use crate::input::Input;
use crate::{exchange, profiles, site};
use labserve_core::profile::layers::{BuiltIns, Layer, Stack};

const REQUESTS: &[&[u8]] = &[
    b"GET /large.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1,5-6,9-\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /types/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabcHEAD / HTTP/1.0\r\n\r\n",
    b"GET /types/a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"a\"\r\nIf-Modified-Since: Tue, 31 Oct 2023 15:31:16 GMT\r\n\r\n",
    b"GET / HTT",
];

/// Parses the bytes as a layer over a built-in profile or as a complete profile, and serves a request with it.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let (base, request) = (usize::from(input.byte()), *input.choose(REQUESTS));
    let Ok(text) = std::str::from_utf8(input.0) else { return };
    let Ok(layer) = Layer::parse("fuzzed", text) else {
        return;
    };
    let stack = profiles::with_all(|all| match base % (all.len() + 1) {
        0 => Stack::of("fuzzed", layer),
        number => Stack::load(&all[number - 1].name, &BuiltIns)
            .expect("a built-in profile")
            .over(layer),
    });
    if let Ok(profile) = stack.build() {
        exchange::converse(&profile, &site::in_memory(&profile), &[request], exchange::Ending::Shut);
    }
}
