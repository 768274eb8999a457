//! Checks what a server sent, as a strict client would read it: a sequence of replies, each with only the header lines of its
//! profile, and with the body that its head announces.

use labserve_core::profile::Profile;

/// The number of final replies. `to_end` says whether the client read to the end of the connection.
///
/// # Errors
/// A reply is malformed. The message says how.
pub fn count(mut got: &[u8], profile: &Profile, to_end: bool) -> Result<usize, String> {
    let mut answers = 0;
    while !got.is_empty() {
        if !got.starts_with(b"HTTP/1.") {
            // HTTP/0.9, or a response without a head. Nothing can follow it.
            return match find(got, b"HTTP/1.1 ").filter(|at| *at > 0 && got[..*at].ends_with(b"\n")) {
                Some(_) if !has_response_without_head(profile) => {
                    Err("a reply after bytes that are not a reply".into())
                }
                _ => Ok(answers + 1),
            };
        }
        let Some(end) = find(got, b"\r\n\r\n") else {
            return if to_end { Err("half a head".into()) } else { Ok(answers) };
        };
        let head = &got[..end];
        got = &got[end + 4..];
        let status = status(head).ok_or("no status")?;
        check_lines(head, profile)?;
        if status < 200 {
            continue;
        }
        answers += 1;
        got = after_body(head, status, got)?;
    }
    Ok(answers)
}

fn has_response_without_head(profile: &Profile) -> bool {
    profile.responses.iter().any(|response| response.no_head)
}

/// An upper bound for the requests that a client has sent: each ends with an empty line, except that the last may end with
/// the input, a fault or a timer.
pub fn most_requests(sent: &[u8]) -> usize {
    let mut lines = sent.split(|b| *b == b'\n');
    let last = lines.next_back();
    let empty = lines.filter(|line| line.iter().all(|b| *b == b'\r')).count();
    empty + usize::from(last.is_some()) + 1
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn status(head: &[u8]) -> Option<u16> {
    std::str::from_utf8(head.get(9..12)?).ok()?.parse().ok()
}

fn field<'h>(head: &'h [u8], name: &str) -> Option<&'h [u8]> {
    head.split(|b| *b == b'\n').skip(1).find_map(|line| {
        let colon = line.iter().position(|b| *b == b':')?;
        line[..colon]
            .eq_ignore_ascii_case(name.as_bytes())
            .then(|| line[colon + 1..].trim_ascii())
    })
}

/// Checks that every header line is one of the profile's.
fn check_lines(head: &[u8], profile: &Profile) -> Result<(), String> {
    for (number, line) in head.split(|b| *b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.contains(&b'\r') || line.contains(&0) {
            return Err(format!("a line end within a line: {}", line.escape_ascii()));
        }
        if number == 0 {
            continue;
        }
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        let connection_fields = profile
            .connection
            .keep_fields
            .iter()
            .chain(&profile.connection.close_fields);
        let known = profile
            .responses
            .iter()
            .flat_map(|response| response.lines())
            .chain(connection_fields.map(|line| line.source()))
            .any(|source| source.split(':').next().is_some_and(|known| known.as_bytes() == name));
        if !known {
            return Err(format!("a line that is not in the profile: {}", line.escape_ascii()));
        }
    }
    Ok(())
}

/// The bytes after the body that `head` announces. The request may have been HEAD; then the next reply, or nothing, follows
/// the head directly.
fn after_body<'g>(head: &[u8], status: u16, got: &'g [u8]) -> Result<&'g [u8], String> {
    let at_reply = |rest: &[u8]| rest.is_empty() || rest.starts_with(b"HTTP/1.");
    if status == 204 || status == 304 || got.is_empty() {
        return Ok(got);
    }
    let whole = if field(head, "Transfer-Encoding").is_some() {
        after_chunks(got)
    } else if let Some(length) = field(head, "Content-Length") {
        let length: usize = std::str::from_utf8(length)
            .ok()
            .and_then(|length| length.parse().ok())
            .ok_or("a Content-Length that is not a number")?;
        got.get(length..)
    } else {
        return Ok(if at_reply(got) { got } else { &[] });
    };
    match whole {
        Some(rest) if at_reply(rest) => Ok(rest),
        _ if at_reply(got) => Ok(got),
        // An HTTP/0.9 reply follows.
        Some(rest) => Ok(rest),
        None => Err("a body that is shorter than its head announces".into()),
    }
}

fn after_chunks(mut got: &[u8]) -> Option<&[u8]> {
    loop {
        let end = find(got, b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&got[..end]).ok()?, 16).ok()?;
        got = got.get(end + 2 + size..)?.strip_prefix(b"\r\n")?;
        if size == 0 {
            return Some(got);
        }
    }
}
