//! Requests that arrive and get no response: finds them in a piece of input.

use crate::http1::chunked_body::ChunkedBody;
use crate::http1::head::{self, HeadPolicy, Scan};
use crate::http1::{Framing, Request};
use crate::sentences;

/// The maximum number of requests that are told apart in one piece of input. All bytes after them count as one more, so
/// that a client that pipelines thousands of requests does not cause thousands of events.
const MOST: usize = 64;

sentences! {
    /// Where a request was when it was dropped.
    pub enum DropPlace in "drop_place" {
        /// It had been read, and no response was sent.
        Read = "read",
        /// It was read after the last response and discarded.
        Discarded = "discarded",
        /// It was in the socket when that was closed.
        Unread = "unread",
    }
}

/// A request that was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// Its request line without the line end; `None` if that is incomplete.
    pub line: Option<&'a [u8]>,
    /// The number of its bytes, as far as they had arrived.
    pub bytes: usize,
    /// Whether all of it had arrived.
    pub whole: bool,
}

/// Splits `input` into requests. It starts at the first of them. Empty lines before a request count as a part of it;
/// empty lines at the end are ignored.
///
/// `beyond` is the number of further bytes that have arrived and are not in `input`. They count as a part of the last
/// request if that is incomplete, and otherwise as one more request.
pub fn dropped<'a>(input: &'a [u8], beyond: usize, policy: &HeadPolicy) -> Vec<Dropped<'a>> {
    let mut all = Vec::new();
    let mut rest = input;
    while !rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        let length = if all.len() < MOST { length(rest, policy) } else { None };
        let bytes = length.unwrap_or(rest.len());
        all.push(Dropped {
            line: request_line(rest),
            bytes,
            whole: length.is_some(),
        });
        rest = &rest[bytes..];
    }
    match all.last_mut() {
        _ if beyond == 0 => {}
        Some(last) if !last.whole => last.bytes += beyond,
        _ => all.push(Dropped {
            line: None,
            bytes: beyond,
            whole: false,
        }),
    }
    all
}

/// The length of the request that `input` begins with; `None` if its end has not arrived or cannot be determined.
fn length(input: &[u8], policy: &HeadPolicy) -> Option<usize> {
    let Scan::Complete(head) = head::scan(input, policy) else {
        return None;
    };
    let body = input.get(head.len..)?;
    let length = match Request::new(input, &head).framing(&policy.body) {
        Framing::None => 0,
        Framing::Length(length) => usize::try_from(length).ok().filter(|length| *length <= body.len())?,
        Framing::Chunked => {
            let mut chunks = ChunkedBody::default();
            let length = chunks.read(body, policy);
            chunks.is_complete().then_some(length)?
        }
    };
    Some(head.len + length).filter(|length| *length > 0)
}

/// The request line that `input` begins with, without its line end, after empty lines; `None` if it is incomplete.
pub fn request_line(input: &[u8]) -> Option<&[u8]> {
    let start = input.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let rest = &input[start..];
    let line = &rest[..memchr::memchr(b'\n', rest)?];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::profile::layers::{BuiltIns, Stack};

    fn profile() -> Profile {
        let stack = Stack::load("rfc", &BuiltIns).expect("a built-in profile");
        stack.build().expect("a valid profile")
    }

    #[test]
    fn each_request_is_told_with_its_line_and_its_bytes() {
        let get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        let post = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
        let chunks = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let (a, b, c) = (
            Some("GET /a HTTP/1.1"),
            Some("POST /b HTTP/1.1"),
            Some("POST /c HTTP/1.1"),
        );
        let whole = |line, text: &str| (line, text.len(), true);
        let profile = profile();
        for (input, want) in [
            (String::new(), vec![]),
            ("\r\n\r\n".to_owned(), vec![]),
            (get.to_owned(), vec![whole(a, get)]),
            (
                format!("{get}{post}{chunks}{get}"),
                vec![whole(a, get), whole(b, post), whole(c, chunks), whole(a, get)],
            ),
            // A head that is cut in its second line, after its first line, and before the end of its first line.
            (format!("{get}{}", &get[..20]), vec![whole(a, get), (a, 20, false)]),
            (get[..17].to_owned(), vec![(a, 17, false)]),
            (get[..15].to_owned(), vec![(None, 15, false)]),
            // A body that has not arrived completely.
            (post[..post.len() - 1].to_owned(), vec![(b, post.len() - 1, false)]),
            // Bytes after an invalid request cannot be separated from it.
            (
                format!("\0\0 nonsense\r\n{get}"),
                vec![(Some("\0\0 nonsense"), 14 + get.len() - 1, false)],
            ),
        ] {
            let found: Vec<_> = dropped(input.as_bytes(), 0, &profile.head)
                .into_iter()
                .map(|one| {
                    (
                        one.line.map(|line| std::str::from_utf8(line).expect("text")),
                        one.bytes,
                        one.whole,
                    )
                })
                .collect();
            assert_eq!(found, want, "{input:?}");
        }
    }

    #[test]
    fn thousands_of_requests_are_not_told_apart() {
        let profile = profile();
        let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let input = get.repeat(5_000);
        for beyond in [0, 7] {
            let all = dropped(input.as_bytes(), beyond, &profile.head);
            assert_eq!(all.len(), MOST + 1);
            assert_eq!(all.iter().map(|one| one.bytes).sum::<usize>(), input.len() + beyond);
        }
    }

    #[test]
    fn bytes_beyond_the_input_are_counted() {
        let profile = profile();
        let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        for (input, want) in [
            ("", vec![(false, 7)]),
            (get, vec![(true, get.len()), (false, 7)]),
            (&get[..20], vec![(false, 27)]),
        ] {
            let all = dropped(input.as_bytes(), 7, &profile.head);
            let found: Vec<_> = all.iter().map(|one| (one.whole, one.bytes)).collect();
            assert_eq!(found, want, "{input:?}");
        }
    }
}
