//! The bytes of a response that a rule changes and cuts.

use crate::conn::action::{Piece, Rendered};
use crate::http1::range::ByteRange;
use crate::rule::ReplyChange;

/// A response as a sequence of bytes: its head, then its body.
#[derive(Debug, Default)]
pub struct RuledReply {
    /// The head.
    pub head: Vec<u8>,
    /// How the head is split into writes; `None` to split it as the profile says ([`Rendered::split_head`]).
    pub split_head: Option<Vec<usize>>,
    body: Vec<OwnedPiece>,
}

#[derive(Debug)]
enum OwnedPiece {
    Bytes(Vec<u8>),
    File(ByteRange),
}

impl RuledReply {
    /// The response with this head and body, changed. `sends_body`: whether a body follows the head (not for HEAD).
    pub(super) fn new(head: Vec<u8>, rendered: &Rendered<'_>, change: &ReplyChange, sends_body: bool) -> Self {
        let mut body: Vec<OwnedPiece> = match &change.body {
            Some(bytes) if sends_body => vec![OwnedPiece::Bytes(bytes.clone())],
            Some(_) => Vec::new(),
            None => rendered
                .body
                .iter()
                .map(|piece| match piece {
                    Piece::Bytes(bytes) => OwnedPiece::Bytes(bytes.to_vec()),
                    Piece::File(range) => OwnedPiece::File(*range),
                })
                .collect(),
        };
        if !change.extra_bytes.is_empty() {
            // One write sends them with the bytes before them, so that a client can read them together.
            match body.last_mut() {
                Some(OwnedPiece::Bytes(bytes)) => bytes.extend_from_slice(&change.extra_bytes),
                _ => body.push(OwnedPiece::Bytes(change.extra_bytes.clone())),
            }
        }
        // A response of HTTP/0.9 has no head.
        let head = if head.is_empty() {
            head
        } else {
            changed_head(&head, change)
        };
        Self {
            head,
            split_head: rendered.split_head.map(<[usize]>::to_vec),
            body,
        }
    }

    /// Whether the body is a file, or parts of one.
    pub fn has_file(&self) -> bool {
        self.body.iter().any(|piece| matches!(piece, OwnedPiece::File(_)))
    }

    /// The number of its bytes.
    pub fn length(&self) -> u64 {
        self.head.len() as u64 + self.body.iter().map(OwnedPiece::length).sum::<u64>()
    }

    /// The bytes from offset `from` up to, but not including, `to`: those of the head, and the pieces of the body.
    pub fn part(&self, from: u64, to: u64) -> (&[u8], Vec<Piece<'_>>) {
        let mut parts = Vec::new();
        let mut start = self.head.len() as u64;
        let head = &self.head[from.min(start) as usize..to.min(start) as usize];
        for piece in &self.body {
            let end = start + piece.length();
            let (first, last) = (from.max(start), to.min(end));
            if first < last {
                parts.push(match piece {
                    OwnedPiece::Bytes(bytes) => Piece::Bytes(&bytes[(first - start) as usize..(last - start) as usize]),
                    OwnedPiece::File(range) => Piece::File(ByteRange {
                        first: range.first + (first - start),
                        last: range.first + (last - start) - 1,
                    }),
                });
            }
            start = end;
        }
        (head, parts)
    }
}

impl OwnedPiece {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(range) => range.length(),
        }
    }
}

/// Fields that describe a body. They are removed when a rule replaces the body.
const OF_BODY: [&str; 3] = ["Transfer-Encoding", "Content-Encoding", "Content-Range"];

fn changed_head(head: &[u8], change: &ReplyChange) -> Vec<u8> {
    let text = head.strip_suffix(b"\r\n\r\n").unwrap_or(head);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut start = 0;
    for end in memchr::memmem::find_iter(text, b"\r\n").chain([text.len()]) {
        lines.push(text[start..end].to_vec());
        start = end + 2;
    }
    if let Some(body) = &change.body {
        for name in OF_BODY {
            lines.retain(|line| !has_name(line, name));
        }
        set(&mut lines, &format!("Content-Length: {}", body.len()));
    }
    for line in &change.fields {
        set(&mut lines, line);
    }
    if let Some(length) = change.content_length {
        set(&mut lines, &format!("Content-Length: {length}"));
    }
    let mut out = lines.join(b"\r\n".as_slice());
    out.extend_from_slice(b"\r\n\r\n");
    out
}

/// Replaces the field lines with the name of `line`, at the position of the first of them, or adds `line` at the end.
fn set(lines: &mut Vec<Vec<u8>>, line: &str) {
    let name = line.split(':').next().unwrap_or_default();
    // The first line is the status line.
    let at = lines
        .iter()
        .skip(1)
        .position(|other| has_name(other, name))
        .map(|at| at + 1);
    lines.retain({
        let mut number = 0;
        move |other| {
            number += 1;
            number == 1 || !has_name(other, name)
        }
    });
    lines.insert(at.unwrap_or(lines.len()).min(lines.len()), line.as_bytes().to_vec());
}

fn has_name(line: &[u8], name: &str) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && line.get(name.len()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 5\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n";

    #[test]
    fn a_field_takes_the_place_of_those_with_its_name() {
        let change = |fields: &[&str], body: Option<&str>, content_length| ReplyChange {
            fields: fields.iter().map(|line| (*line).to_owned()).collect(),
            body: body.map(|text| text.as_bytes().to_vec()),
            content_length,
            ..ReplyChange::default()
        };
        for (change, want) in [
            (
                change(&["A: 3", "B: 4"], None, None),
                "HTTP/1.1 200 OK\r\nA: 3\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nB: 4\r\n\r\n",
            ),
            (
                change(&[], Some("ab"), None),
                "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\na: 2\r\n\r\n",
            ),
            (
                change(&[], None, Some(9)),
                "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 9\r\na: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
        ] {
            let head = changed_head(HEAD, &change);
            assert_eq!(String::from_utf8_lossy(&head), want);
        }
    }

    #[test]
    fn a_response_is_cut_at_any_byte() {
        let reply = RuledReply {
            head: b"head".to_vec(),
            split_head: None,
            body: vec![
                OwnedPiece::Bytes(b"ab".to_vec()),
                OwnedPiece::File(ByteRange { first: 10, last: 14 }),
            ],
        };
        assert_eq!(reply.length(), 11);
        let file = |first, last| Piece::File(ByteRange { first, last });
        for (from, to, head, body) in [
            (0, 11, "head", vec![Piece::Bytes(b"ab"), file(10, 14)]),
            (0, 4, "head", vec![]),
            (3, 5, "d", vec![Piece::Bytes(b"a")]),
            (7, 9, "", vec![file(11, 12)]),
            (11, 11, "", vec![]),
        ] {
            assert_eq!(reply.part(from, to), (head.as_bytes(), body), "{from} to {to}");
        }
    }
}
