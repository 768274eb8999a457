//! Recorded bytes as responses: status, field lines, body.

use crate::placeholders::Contents;

/// A recorded response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Its status; 0 if it has no head.
    pub(super) status: u16,
    pub(super) reason: String,
    /// The field lines, in order.
    pub(super) lines: Vec<String>,
    /// The body without chunk framing. Files are represented as `{{file:/path}}`.
    pub(super) body: String,
    /// The length of the body in bytes.
    pub(super) length: usize,
    pub(super) chunked: bool,
    /// Whether it answers HEAD with a body, or ends before its announced length.
    pub(super) odd: bool,
}

impl Message {
    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim_start())
        })
    }
}

/// Splits the output of a server into responses. Interim responses are left out. `methods` are those of the requests,
/// in order.
pub(super) fn cut(text: &str, methods: &[String], contents: &Contents) -> Vec<Message> {
    let (mut all, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let method = methods.get(all.len()).map_or("GET", String::as_str);
        let (message, after) = next(rest, method, contents);
        if !(100..200).contains(&message.status) {
            all.push(message);
        }
        rest = after;
    }
    all
}

fn next<'t>(text: &'t str, method: &str, contents: &Contents) -> (Message, &'t str) {
    let without_head = || Message {
        status: 0,
        reason: String::new(),
        lines: Vec::new(),
        body: text.to_owned(),
        length: contents.length(text),
        chunked: false,
        odd: false,
    };
    let Some((head, rest)) = text.split_once("\r\n\r\n").filter(|_| text.starts_with("HTTP/1.")) else {
        return (without_head(), "");
    };
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let mut words = first.splitn(3, ' ').skip(1);
    let Some(status) = words.next().and_then(|status| status.parse().ok()) else {
        return (without_head(), "");
    };
    let mut message = Message {
        status,
        reason: words.next().unwrap_or_default().to_owned(),
        lines: lines.map(str::to_owned).collect(),
        body: String::new(),
        length: 0,
        chunked: false,
        odd: false,
    };
    let bodiless = (100..200).contains(&status) || status == 204 || status == 304 || method == "HEAD";
    if bodiless {
        // A server may send a body anyway.
        if rest.is_empty() || rest.starts_with("HTTP/1.") || (100..200).contains(&status) {
            return (message, rest);
        }
        message.odd = true;
    }
    if message
        .field("Transfer-Encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        && let Some((body, after)) = dechunked(rest, contents)
    {
        message.length = contents.length(&body);
        message.body = body;
        message.chunked = true;
        return (message, after);
    }
    let length = message
        .field("Content-Length")
        .and_then(|length| length.parse::<usize>().ok());
    let (body, after) = match length {
        Some(length) => contents.split_at(rest, length),
        None => (rest, ""),
    };
    message.body = body.to_owned();
    message.length = contents.length(body);
    message.odd |= length.is_some_and(|length| length != message.length);
    (message, after)
}

fn dechunked<'t>(mut rest: &'t str, contents: &Contents) -> Option<(String, &'t str)> {
    let mut body = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some((body, after.strip_prefix("\r\n")?));
        }
        let (piece, after) = contents.split_at(after, size);
        body.push_str(piece);
        rest = after.strip_prefix("\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelined_responses_are_cut_apart() {
        let contents = Contents::new([(vec![b'x'; 700], "/x".to_owned())]);
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n{{file:/x}}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\
                    HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\nrest";
        let methods = ["GET", "HEAD", "GET", "GET"].map(str::to_owned);
        let all = cut(text, &methods, &contents);
        let shown: Vec<_> = all
            .iter()
            .map(|message| (message.status, message.body.as_str(), message.length))
            .collect();
        assert_eq!(
            shown,
            [
                (200, "{{file:/x}}", 700),
                (200, "", 0),
                (404, "abc", 3),
                (400, "rest", 4)
            ]
        );
    }

    #[test]
    fn what_is_no_response_is_a_body() {
        let contents = Contents::default();
        for text in ["x", "HTTP/1.1 ", "HTTP/1.1 x\r\n\r\n", "{{file:"] {
            let all = cut(text, &[], &contents);
            assert_eq!((all.len(), all[0].status, all[0].body.as_str()), (1, 0, text));
        }
    }
}
