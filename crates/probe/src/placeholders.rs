//! Placeholders: in the text of a case they stand for what only the server knows, and in a recording for whole files.

use crate::head::field;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Shorter files are recorded as bytes: these may occur in a response by chance.
const SHORTEST_FILE: usize = 600;

/// The files of the site whose contents a recording shows as `{{file:/path}}`.
#[derive(Clone, Debug, Default)]
pub struct Contents(Arc<[(Vec<u8>, String)]>);

impl Contents {
    /// The contents, each with its path in a request.
    pub fn new(files: impl IntoIterator<Item = (Vec<u8>, String)>) -> Self {
        let mut files: Vec<_> = files
            .into_iter()
            .filter(|(content, _)| content.len() >= SHORTEST_FILE)
            .collect();
        // One file may contain another, so longer files come first.
        files.sort_by(|(a, path), (b, other)| b.len().cmp(&a.len()).then_with(|| path.cmp(other)));
        Self(files.into())
    }

    /// The text of a response as Latin-1, with whole files as placeholders.
    pub fn shortened(&self, mut response: Vec<u8>) -> String {
        for (content, path) in self.0.iter() {
            response = replace(response, content, format!("{{{{file:{path}}}}}").as_bytes());
        }
        latin1(&response)
    }
}

impl Contents {
    /// The length in bytes of a text that [`Contents::shortened`] returned.
    pub(crate) fn length(&self, text: &str) -> usize {
        self.pieces(text).map(|(_, length)| length).sum()
    }

    /// Splits such a text after `length` bytes: at its end if it is shorter, and before a file that would be cut.
    pub(crate) fn split_at<'t>(&self, text: &'t str, length: usize) -> (&'t str, &'t str) {
        let (mut at, mut counted) = (0, 0);
        for (piece, bytes) in self.pieces(text) {
            if counted + bytes > length {
                break;
            }
            counted += bytes;
            at += piece.len();
        }
        text.split_at(at)
    }

    /// The characters and files of such a text, each with its length in bytes.
    fn pieces<'t>(&self, text: &'t str) -> impl Iterator<Item = (&'t str, usize)> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let file = rest.strip_prefix("{{file:").and_then(|after| {
                let (path, _) = after.split_once("}}")?;
                let (content, _) = self.0.iter().find(|(_, known)| known == path)?;
                Some((path.len() + "{{file:}}".len(), content.len()))
            });
            let (end, bytes) = file.unwrap_or((first.len_utf8(), 1));
            let (piece, after) = rest.split_at(end);
            rest = after;
            Some((piece, bytes))
        })
    }
}

/// Returns the response to a HEAD request for a path.
type Ask<'a> = Box<dyn Fn(&str) -> Vec<u8> + Send + Sync + 'a>;

/// The values of placeholders in the text of cases, for one server. Each ETag is requested only once.
pub struct Placeholders<'a> {
    host: String,
    etags: Mutex<HashMap<String, String>>,
    ask: Ask<'a>,
}

impl std::fmt::Debug for Placeholders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placeholders")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl<'a> Placeholders<'a> {
    /// `ask` sends a HEAD request for a path to `server` and returns the response.
    pub fn new(server: SocketAddr, ask: impl Fn(&str) -> Vec<u8> + Send + Sync + 'a) -> Self {
        Self {
            host: server.to_string(),
            etags: Mutex::default(),
            ask: Box::new(ask),
        }
    }

    /// The bytes of a text.
    pub fn fill(&self, text: &str) -> Vec<u8> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = split_at_placeholder(rest) {
            filled.push_str(before);
            filled.push_str(&self.value(name));
            rest = after;
        }
        filled.push_str(rest);
        // A case holds Latin-1 only, which `case::parse` checks.
        filled
            .replace("HOST", &self.host)
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect()
    }

    fn value(&self, placeholder: &str) -> String {
        let (kind, path) = placeholder.split_once(':').unwrap_or((placeholder, "/"));
        let tag = self.tag(path);
        match (kind, tag.strip_prefix("W/")) {
            ("flip", Some(strong)) => strong.to_owned(),
            ("flip", None) => format!("W/{tag}"),
            _ => tag,
        }
    }

    /// The ETag of a path; `"none"` if the response has none. The request is made without the lock, so that no thread
    /// waits for the request of another.
    fn tag(&self, path: &str) -> String {
        let known = || self.etags.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tag) = known().get(path) {
            return tag.clone();
        }
        let response = (self.ask)(path);
        let tag = field(&latin1(&response), "etag").unwrap_or("\"none\"").to_owned();
        // If there was no answer, the ETag is still unknown, and the next case asks again.
        if !response.is_empty() {
            known().insert(path.to_owned(), tag.clone());
        }
        tag
    }
}

/// The text before the first `{{etag:..}}` or `{{flip:..}}`, the content of the placeholder, and the text after it.
fn split_at_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let begins = ["{{etag:", "{{flip:"]
        .iter()
        .filter_map(|begin| text.find(begin))
        .min()?;
    let (name, after) = text[begins + 2..].split_once("}}")?;
    Some((&text[..begins], name, after))
}

/// Bytes as a string of the characters U+0000 to U+00FF.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    // A growing string may allocate twice the memory that it needs, and recordings keep many strings.
    let mut text = String::with_capacity(bytes.len() + bytes.iter().filter(|byte| !byte.is_ascii()).count());
    text.extend(bytes.iter().map(|&byte| char::from(byte)));
    text
}

/// Replaces every occurrence of a file's content. Only its first bytes are searched for, and the rest is compared,
/// because building a searcher for a large file would cost more than the search.
fn replace(text: Vec<u8>, what: &[u8], with: &[u8]) -> Vec<u8> {
    let beginning = &what[..what.len().min(64)];
    let (mut out, mut kept, mut from) = (Vec::new(), 0, 0);
    while let Some(at) = memchr::memmem::find(&text[from..], beginning).map(|at| from + at) {
        if text[at..].starts_with(what) {
            out.extend_from_slice(&text[kept..at]);
            out.extend_from_slice(with);
            kept = at + what.len();
            from = kept;
        } else {
            from = at + 1;
        }
    }
    if kept == 0 {
        return text;
    }
    out.extend_from_slice(&text[kept..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_from_the_servers_own_answers() {
        let asked = Mutex::new(Vec::new());
        let ask = |path: &str| {
            asked.lock().expect("no panic").push(path.to_owned());
            b"HTTP/1.1 200 OK\r\netag:  W/\"5-1\"\r\n\r\n".to_vec()
        };
        let placeholders = Placeholders::new("127.0.0.1:80".parse().expect("an address"), ask);
        let filled = placeholders.fill("Host: HOST\r\nIf-Match: {{etag:/a}}, {{flip:/a}}, {{b}}");
        assert_eq!(
            String::from_utf8(filled).expect("ASCII"),
            "Host: 127.0.0.1:80\r\nIf-Match: W/\"5-1\", \"5-1\", {{b}}"
        );
        assert_eq!(*asked.lock().expect("no panic"), ["/a"], "one question for both");
    }

    #[test]
    fn whole_files_are_shown_by_their_path() {
        let content: Vec<u8> = (0..700_u32).map(|n| (n % 251) as u8).collect();
        let contents = Contents::new([(content.clone(), "/a".to_owned()), (b"short".to_vec(), "/b".to_owned())]);
        let mut response = b"short ".to_vec();
        response.extend(&content);
        response.extend(&content[..699]);
        let text = contents.shortened(response);
        assert!(text.starts_with("short {{file:/a}}\0"), "{text}");
        assert_eq!(text.chars().count(), "short {{file:/a}}".len() + 699);
    }
}
