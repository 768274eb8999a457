//! Conditional requests: RFC 9110, section 13.

use super::{CONTENT, EARLIER, FILE, LAST_MODIFIED, LATER, start, text};
use crate::support::talk::Talk;

/// The steps of section 13.2.2, in their order. In the fields, `TAG` is replaced by the file's entity tag, `MTIME` by its
/// modification time, and `|` separates lines.
#[test]
fn preconditions_are_evaluated_in_the_order_of_section_13_2_2() {
    let (_site, server) = start();
    let mut talk = Talk::to(&server);
    let tag = talk
        .ask("HEAD", FILE, "")
        .field("ETag")
        .expect("an entity tag")
        .to_owned();
    assert!(tag.starts_with('"'), "{tag} should be strong");
    for (fields, status) in [
        // 1. If-Match (13.1.1), strong comparison
        ("If-Match: TAG", 200),
        ("If-Match: *", 200),
        ("If-Match: \"x\", TAG", 200),
        ("If-Match: \"x\"", 412),
        ("If-Match: W/TAG", 412),
        ("If-Match: ", 412),
        ("If-Match: TAG|If-Unmodified-Since: EARLIER", 200),
        ("If-Match: \"x\"|If-None-Match: TAG", 412),
        ("If-Match: TAG|If-None-Match: TAG", 304),
        ("If-Match: TAG|If-None-Match: \"x\"", 200),
        // 2. If-Unmodified-Since (13.1.4), only without If-Match
        ("If-Unmodified-Since: MTIME", 200),
        ("If-Unmodified-Since: LATER", 200),
        ("If-Unmodified-Since: EARLIER", 412),
        ("If-Unmodified-Since: nonsense", 200),
        ("If-Unmodified-Since: EARLIER|If-None-Match: TAG", 412),
        ("If-Unmodified-Since: LATER|If-None-Match: TAG", 304),
        // 3. If-None-Match (13.1.2), weak comparison
        ("If-None-Match: TAG", 304),
        ("If-None-Match: W/TAG", 304),
        ("If-None-Match: *", 304),
        ("If-None-Match: \"x\", W/\"y\", TAG", 304),
        ("If-None-Match: \"x\"", 200),
        ("If-None-Match: \"x\"|If-None-Match: TAG", 304),
        // 4. If-Modified-Since (13.1.3), only without If-None-Match
        ("If-Modified-Since: MTIME", 304),
        ("If-Modified-Since: LATER", 304),
        ("If-Modified-Since: EARLIER", 200),
        ("If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT", 304),
        ("If-Modified-Since: Tue Nov 14 22:13:20 2023", 304),
        ("If-Modified-Since: nonsense", 200),
        ("If-Modified-Since: 0", 200),
        ("If-None-Match: \"x\"|If-Modified-Since: MTIME", 200),
        ("If-None-Match: TAG|If-Modified-Since: EARLIER", 304),
        // 5. If-Range (13.1.5), strong comparison; ignored without Range
        ("Range: bytes=0-1|If-Range: TAG", 206),
        ("Range: bytes=0-1|If-Range: W/TAG", 200),
        ("Range: bytes=0-1|If-Range: \"x\"", 200),
        ("Range: bytes=0-1|If-Range: MTIME", 206),
        ("Range: bytes=0-1|If-Range: LATER", 200),
        ("Range: bytes=0-1|If-Range: EARLIER", 200),
        ("Range: bytes=99-|If-Range: \"x\"", 200),
        ("If-Range: \"x\"", 200),
        // Range is evaluated last: 304 and 412 win over 206 and 416.
        ("Range: bytes=0-1|If-None-Match: TAG", 304),
        ("Range: bytes=0-1|If-Match: \"x\"", 412),
        ("Range: bytes=99-|If-None-Match: TAG", 304),
        ("Range: bytes=99-|If-Match: TAG", 416),
    ] {
        let lines = format!("{}\r\n", fields.replace('|', "\r\n"))
            .replace("TAG", &tag)
            .replace("MTIME", LAST_MODIFIED)
            .replace("EARLIER", EARLIER)
            .replace("LATER", LATER);
        let reply = talk.ask("GET", FILE, &lines);
        assert_eq!(reply.status(), status, "{fields}");
        if !fields.contains("Range: ") {
            assert_eq!(talk.ask("HEAD", FILE, &lines).status(), status, "HEAD, {fields}");
        }
        match status {
            200 => assert_eq!(text(&reply), CONTENT, "{fields}"),
            206 => assert_eq!(text(&reply), "01", "{fields}"),
            304 => assert_eq!(reply.field("ETag"), Some(tag.as_str()), "{fields}"),
            _ => {}
        }
    }
}
