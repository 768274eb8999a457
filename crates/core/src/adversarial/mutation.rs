//! Mutated request heads.

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
pub(super) const SPECIAL_BYTES: &[u8] = b"\0\r\n\t :;,/\\%.#?*\"'<>&=-+0159aZ~@[]{}|\x7f\x80\xff";

/// A seed with a few bytes replaced, inserted, removed, doubled or taken from another seed.
pub(super) fn mutated_head(rng: &mut TestRng) -> Vec<u8> {
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
