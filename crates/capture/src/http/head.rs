//! Message heads: where they end, whether bytes begin one, and what a head says about the body.
//!
//! The checks are lenient, because the aim is to show what was on the wire, not to validate it.

use crate::model::{BodyEnd, Head};
use httparse::{EMPTY_HEADER, ParserConfig, Request, Response, Status};

/// Maximum length of a head.
pub(super) const MAX_HEAD: usize = 256 << 10;
/// Maximum number of fields that are parsed to recognize a message.
const MAX_FIELDS: usize = 128;

/// Position after the empty line that ends a head. The bytes before `from` were searched already.
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let from = from.saturating_sub(3).min(bytes.len());
    memchr::memchr_iter(b'\n', &bytes[from..]).find_map(|at| {
        let next = from + at + 1;
        match bytes[next..] {
            [b'\n', ..] => Some(next + 1),
            [b'\r', b'\n', ..] => Some(next + 2),
            _ => None,
        }
    })
}

/// A head as text. Bytes that are not UTF-8 are read as Latin-1. Lines end with `\n`, and the empty line is omitted.
pub(super) fn text(bytes: &[u8]) -> Head {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text = text.replace("\r\n", "\n");
    Head(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether bytes are a response, or the start of one.
pub(super) fn begins_response(bytes: &[u8]) -> bool {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let mut response = Response::new(&mut fields);
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    let begins = bytes.starts_with(b"HTTP/1.") || b"HTTP/1.".starts_with(bytes);
    begins
        && !matches!(
            config.parse_response(&mut response, bytes),
            Err(httparse::Error::Version | httparse::Error::Status)
        )
}

/// Whether bytes start with a strict request line: a method, a target and HTTP/1.x.
pub(super) fn begins_request(bytes: &[u8]) -> bool {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let mut request = Request::new(&mut fields);
    let mut config = ParserConfig::default();
    config.ignore_invalid_headers_in_requests(true);
    match config.parse_request(&mut request, bytes) {
        Ok(Status::Complete(_) | Status::Partial) => request.version.is_some(),
        Err(_) => false,
    }
}

/// Methods by which a request is recognized in the middle of a connection: HTTP (RFC 9110, RFC 5789), WebDAV (RFC 4918,
/// RFC 3253, RFC 3744, RFC 5323), UPnP, caches. If any word were accepted, so would be the end of a body and the method
/// after it.
const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "MKACTIVITY",
    "CHECKOUT",
    "MERGE",
    "ACL",
    "SEARCH",
    "LINK",
    "UNLINK",
    "MKCALENDAR",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "NOTIFY",
    "PURGE",
    "BAN",
];

/// Whether bytes in the middle of a connection start with a strict request line and a method that is known.
pub(super) fn surely_begins_request(bytes: &[u8]) -> bool {
    let is_method = |method: &str| bytes.starts_with(method.as_bytes()) && bytes.get(method.len()) == Some(&b' ');
    METHODS.iter().any(|method| is_method(method)) && begins_request(bytes)
}

/// Whether bytes start with a method and the first byte of a target.
pub(super) fn begins_with_method(bytes: &[u8]) -> bool {
    let method = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    method >= 3 && bytes[method..].starts_with(b" /")
}

/// Whether bytes from the client may be a request, or a failed attempt at one. Only for an endpoint that is known to be
/// the client.
pub(super) fn may_begin_request(bytes: &[u8]) -> bool {
    match memchr::memchr(b'\n', bytes) {
        Some(at) => is_request_line(&bytes[..at]),
        None => bytes
            .iter()
            .take(8)
            .all(|byte| matches!(byte, b'\t' | b'\r' | b' '..=b'~')),
    }
}

/// Whether a line contains `HTTP/`, or has a method and a target only, as in HTTP/0.9.
fn is_request_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_http09 = || {
        let mut words = line.split(|byte| *byte == b' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        !method.is_empty()
            && method.iter().all(u8::is_ascii_uppercase)
            && target.starts_with(b"/")
            && words.next().is_none()
    };
    line.windows(5).any(|word| word.eq_ignore_ascii_case(b"HTTP/")) || is_http09()
}

/// Whether a head is a request without a version: HTTP/0.9, whose response has no head.
pub(super) fn is_http09(head: &Head) -> bool {
    is_request_line(head.first_line().as_bytes()) && head.version().is_empty()
}

/// What delimits the body of a request, and its Content-Length (RFC 9112 section 6.3).
pub(super) fn request_body(head: &Head) -> (BodyEnd, Option<u64>) {
    let length = content_length(head);
    if head.lists("transfer-encoding", "chunked") {
        return (BodyEnd::Chunks, length);
    }
    match length {
        Some(0) | None => (BodyEnd::NoBody, length),
        Some(_) => (BodyEnd::Length, length),
    }
}

/// What delimits the body of a response, and its Content-Length. `method` is that of the request. The order is that of
/// RFC 9112 section 6.3.
pub(super) fn response_body(head: &Head, method: &str) -> (BodyEnd, Option<u64>) {
    let (status, length) = (head.status(), content_length(head));
    // Item 2, and RFC 9110 section 15.2.2.
    if status == 101 || (method == "CONNECT" && (200..300).contains(&status)) {
        return (BodyEnd::Tunnel, length);
    }
    // Item 1.
    if method == "HEAD" || status < 200 || status == 204 || status == 304 {
        return (BodyEnd::NoBody, length);
    }
    // Items 3 and 4: Transfer-Encoding overrides Content-Length.
    if head.lists("transfer-encoding", "chunked") {
        return (BodyEnd::Chunks, length);
    }
    let coded = head.field("transfer-encoding").is_some();
    match length {
        _ if coded => (BodyEnd::Close, length),
        // Item 6.
        Some(0) => (BodyEnd::NoBody, length),
        Some(_) => (BodyEnd::Length, length),
        // Item 8.
        None => (BodyEnd::Close, None),
    }
}

/// Value of Content-Length. Of a list, the first member counts (RFC 9112 section 6.3, item 5, permits equal members).
fn content_length(head: &Head) -> Option<u64> {
    let value = head.field("content-length")?.split(',').next()?.trim();
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| value.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_end_at_the_empty_line() {
        for (bytes, want) in [
            ("GET / HTTP/1.1\r\n\r\nx", Some(18)),
            ("GET / HTTP/1.1\n\nx", Some(16)),
            ("GET / HTTP/1.1\r\nA: b\n\r\n", Some(23)),
            ("GET / HTTP/1.1\r\n\r", None),
            ("", None),
        ] {
            for from in 0..=bytes.len().min(15) {
                assert_eq!(end(bytes.as_bytes(), from), want, "{bytes:?} from {from}");
            }
        }
    }

    #[test]
    fn messages_are_recognized_by_their_first_bytes() {
        for (bytes, strict, lenient, response) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n", true, true, false),
            ("GET / HTTP/1.1\r\n", true, true, false),
            ("GET /long", false, true, false),
            ("GET /\r\n", false, true, false),
            ("get x\r\n", false, false, false),
            ("GET / http/1.1\r\n\r\n", false, true, false),
            ("\x16\x03\x01\x02", false, false, false),
            ("SSH-2.0-OpenSSH\r\n", false, false, false),
            ("HTTP/1.1 200 OK\r\n", false, true, true),
            ("HTT", false, true, true),
            ("HTTP/2 200\r\n", false, true, false),
            ("HTTP/1.1 20x OK\r\n", false, true, false),
        ] {
            let bytes = bytes.as_bytes();
            let found = (begins_request(bytes), may_begin_request(bytes), begins_response(bytes));
            assert_eq!(found, (strict, lenient, response), "{:?}", text(bytes));
        }
    }

    #[test]
    fn bodies_are_delimited_as_in_the_rfc() {
        for (response, method, want) in [
            ("HTTP/1.1 200 OK\nContent-Length: 5", "GET", (BodyEnd::Length, Some(5))),
            ("HTTP/1.1 200 OK\nContent-Length: 5", "HEAD", (BodyEnd::NoBody, Some(5))),
            ("HTTP/1.1 200 OK\nContent-Length: 0", "GET", (BodyEnd::NoBody, Some(0))),
            ("HTTP/1.1 200 OK", "GET", (BodyEnd::Close, None)),
            (
                "HTTP/1.1 200 OK\ntransfer-encoding: gzip, Chunked",
                "GET",
                (BodyEnd::Chunks, None),
            ),
            (
                "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\nContent-Length: 5",
                "GET",
                (BodyEnd::Close, Some(5)),
            ),
            (
                "HTTP/1.1 304 Not Modified\nContent-Length: 5",
                "GET",
                (BodyEnd::NoBody, Some(5)),
            ),
            ("HTTP/1.1 204 No Content", "GET", (BodyEnd::NoBody, None)),
            ("HTTP/1.1 101 Switching", "GET", (BodyEnd::Tunnel, None)),
            ("HTTP/1.1 200 OK", "CONNECT", (BodyEnd::Tunnel, None)),
            ("HTTP/1.1 200 OK\nContent-Length: +5", "GET", (BodyEnd::Close, None)),
            (
                "HTTP/1.1 200 OK\nContent-Length: 5, 5",
                "GET",
                (BodyEnd::Length, Some(5)),
            ),
        ] {
            assert_eq!(
                response_body(&Head(response.to_owned()), method),
                want,
                "{response} to {method}"
            );
        }
    }
}
