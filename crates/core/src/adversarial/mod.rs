//! Tests with malformed and malicious input under every profile: mutated request heads and mutated profiles.
//!
//! The inputs are the same on every run, and the assertions hold for any input. `fuzz/` searches longer for new inputs;
//! the ones with which it found a defect are kept here, too.

mod heads;

use crate::profile::{Profile, builtin, layers};
use crate::test_rng::TestRng;

/// The heads that are mutated. Together they contain every field that a decision depends on.
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

/// Bytes that are special to some parser.
const SPECIAL_BYTES: &[u8] = b"\0\r\n\t :;,/\\%.#?*\"'<>&=-+0159aZ~@[]{}|\x7f\x80\xff";

/// A seed with a few bytes replaced, inserted, removed, doubled or taken from another seed.
fn mutated_head(rng: &mut TestRng) -> Vec<u8> {
    let mut bytes = SEEDS[rng.below(SEEDS.len())].to_vec();
    for _ in 0..=rng.below(6) {
        let at = rng.below(bytes.len() + 1);
        match rng.below(6) {
            0 if at < bytes.len() => bytes[at] = SPECIAL_BYTES[rng.below(SPECIAL_BYTES.len())],
            1 => bytes.insert(at, SPECIAL_BYTES[rng.below(SPECIAL_BYTES.len())]),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => {
                let end = (at + rng.below(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => {
                let other = SEEDS[rng.below(SEEDS.len())];
                let from = rng.below(other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            _ => {
                let fill = vec![SPECIAL_BYTES[rng.below(SPECIAL_BYTES.len())]; rng.below(300)];
                bytes.splice(at..at, fill);
            }
        }
    }
    bytes
}

fn profiles() -> Vec<Profile> {
    builtin::names().map(|name| layers::load(name).expect(name)).collect()
}

#[test]
fn no_text_makes_the_profile_reader_panic() {
    let mut rng = TestRng::new(0x0123_4567_89ab_cdef);
    let seeds: Vec<&str> = builtin::ALL.iter().map(|(_, text)| *text).collect();
    for _ in 0..400 {
        let mut text: Vec<char> = seeds[rng.below(seeds.len())].chars().collect();
        for _ in 0..=rng.below(4) {
            let at = rng.below(text.len() + 1);
            let end = (at + rng.below(80)).min(text.len());
            match rng.below(2) {
                0 => drop(text.drain(at..end)),
                _ => text.insert(at, char::from(SPECIAL_BYTES[rng.below(SPECIAL_BYTES.len())])),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(layer) = layers::Layer::parse("mutated", &text) {
            let _ = layers::Stack::of("mutated", layer).build();
        }
    }
}
