//! Finds the end of a response, and what a client remembers from it.

use crate::head::{fields, status};
use labserve_core::http1::chunked::{ChunkDecoder, ChunkPolicy};
use std::time::Duration;

/// The longest head that is read.
const LONGEST_HEAD: usize = 256 << 10;
/// How much of a body is kept to search it for references.
const MOST_KEPT: usize = 1 << 20;

/// A response that has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The size in bytes: head and body, including interim responses before it.
    pub size: u64,
    /// Whether the connection ends with it.
    pub ends_connection: bool,
    /// How long the server keeps the connection, according to `Keep-Alive: timeout=`.
    pub announced: Option<Duration>,
    /// The value of ETag.
    pub etag: Option<String>,
    /// The value of Last-Modified.
    pub modified: Option<String>,
    /// The number of bytes of the body.
    pub content: u64,
    /// The body, up to a limit.
    pub body: Vec<u8>,
}

/// Reads the bytes of one response.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    /// The head so far.
    head: Vec<u8>,
    reply: Reply,
    body: Option<Body>,
}

/// How the end of the body is determined.
#[derive(Debug)]
enum Body {
    Left(u64),
    Chunked(ChunkDecoder),
    UntilEnd,
}

/// The received bytes are not an HTTP/1.x response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotHttp;

impl ReplyReader {
    /// Adds received bytes, and returns the response when it is complete. Bytes after it are ignored, because no
    /// request asked for them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Option<Reply>, NotHttp> {
        self.reply.size += bytes.len() as u64;
        if self.body.is_some() {
            return Ok(self.push_body(bytes));
        }
        self.head.extend_from_slice(bytes);
        loop {
            let Some(end) = head_end(&self.head) else {
                let begins = self.head.get(..5).is_none_or(|start| start == b"HTTP/");
                return match begins && self.head.len() <= LONGEST_HEAD {
                    true => Ok(None),
                    false => Err(NotHttp),
                };
            };
            let rest = self.head.split_off(end);
            let head = String::from_utf8_lossy(&self.head).into_owned();
            self.head = rest;
            let status = status(&head).ok_or(NotHttp)?;
            // An interim response: another one follows (RFC 9110, section 15.2).
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            self.take_head(&head, status);
            let rest = std::mem::take(&mut self.head);
            return Ok(self.push_body(&rest));
        }
    }

    /// Reports that the connection has ended. That completes the response if nothing else determines its end.
    pub(super) fn finish(&mut self) -> Option<Reply> {
        match self.body {
            Some(Body::UntilEnd) => Some(std::mem::take(&mut self.reply)),
            _ => None,
        }
    }

    /// Whether any byte has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.reply.size > 0
    }

    fn take_head(&mut self, head: &str, status: u16) {
        let field = |name: &str| {
            let mut all = fields(head).filter(|(found, _)| found.eq_ignore_ascii_case(name));
            all.next().map(|(_, value)| value)
        };
        let has_token = |name: &str, token: &str| {
            fields(head)
                .filter(|(found, _)| found.eq_ignore_ascii_case(name))
                .flat_map(|(_, value)| value.split(','))
                .any(|word| word.trim().eq_ignore_ascii_case(token))
        };
        let reply = &mut self.reply;
        reply.status = status;
        reply.etag = field("etag").map(str::to_owned);
        reply.modified = field("last-modified").map(str::to_owned);
        reply.announced = field("keep-alive").and_then(announced);
        let persists = match head.starts_with("HTTP/1.0") {
            true => has_token("connection", "keep-alive"),
            false => !has_token("connection", "close"),
        };
        let body = match field("content-length").map(str::parse) {
            _ if matches!(status, 101 | 204 | 304) => Body::Left(0),
            _ if has_token("transfer-encoding", "chunked") => Body::Chunked(ChunkDecoder::default()),
            Some(Ok(length)) => Body::Left(length),
            _ => Body::UntilEnd,
        };
        reply.ends_connection = !persists || matches!(body, Body::UntilEnd);
        self.body = Some(body);
    }

    fn push_body(&mut self, bytes: &[u8]) -> Option<Reply> {
        let reply = &mut self.reply;
        let mut keep = |content: &[u8]| {
            reply.content += content.len() as u64;
            let room = MOST_KEPT.saturating_sub(reply.body.len());
            reply.body.extend_from_slice(&content[..content.len().min(room)]);
        };
        let is_complete = match self.body.as_mut()? {
            Body::Left(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                keep(&bytes[..count]);
                *left -= count as u64;
                *left == 0
            }
            Body::Chunked(decoder) => {
                decoder.decode_into(bytes, &ChunkPolicy::CAPTURE, &mut keep);
                // After a fault, the end of the body is unknown.
                if decoder.fault().is_some() {
                    reply.ends_connection = true;
                }
                decoder.is_complete() || decoder.fault().is_some()
            }
            Body::UntilEnd => {
                keep(bytes);
                false
            }
        };
        is_complete.then(|| std::mem::take(&mut self.reply))
    }
}

/// The end of a head: after an empty line, whose line end may be a bare LF.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let crlf = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(bytes, b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The time in `Keep-Alive: timeout=5, max=100`.
fn announced(value: &str) -> Option<Duration> {
    let parameters = value.split(',').filter_map(|parameter| parameter.split_once('='));
    let seconds = parameters
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))
        .find_map(|(_, value)| value.trim().parse::<u32>().ok())?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of reading a response that arrives in pieces of this size.
    fn read(text: &str, piece: usize) -> Result<Option<Reply>, NotHttp> {
        let mut reader = ReplyReader::default();
        for piece in text.as_bytes().chunks(piece) {
            if let Some(reply) = reader.push(piece)? {
                return Ok(Some(reply));
            }
        }
        Ok(reader.finish())
    }

    #[test]
    fn the_end_of_a_response_is_found() {
        for (text, want) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", Some((200, 2, false))),
            (
                "HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n",
                Some((200, 0, true)),
            ),
            (
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
                Some((304, 0, false)),
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                Some((200, 3, false)),
            ),
            (
                "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\nContent-Length: 1\n\nx",
                Some((404, 1, false)),
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", Some((200, 1, true))),
            (
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
                Some((200, 1, false)),
            ),
            ("HTTP/1.1 200 OK\r\n\r\nuntil the end", Some((200, 13, true))),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", None),
        ] {
            for piece in [1, 7, 4096] {
                let got = read(text, piece).expect("HTTP");
                let got = got.map(|reply| (reply.status, reply.content, reply.ends_connection));
                assert_eq!(got, want, "{text:?} in pieces of {piece}");
            }
        }
        assert_eq!(read("SSH-2.0-x\r\n", 4096), Err(NotHttp));
    }

    #[test]
    fn what_a_client_remembers_is_read() {
        let text = "HTTP/1.1 200 OK\r\nETag: W/\"a\"\r\nLast-Modified: x\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 2\r\n\r\nab";
        let reply = read(text, 4096).expect("HTTP").expect("a response");
        assert_eq!(reply.etag.as_deref(), Some("W/\"a\""));
        assert_eq!(reply.modified.as_deref(), Some("x"));
        assert_eq!(reply.announced, Some(Duration::from_secs(5)));
        assert_eq!((reply.size, reply.body.as_slice()), (text.len() as u64, &b"ab"[..]));
    }
}
