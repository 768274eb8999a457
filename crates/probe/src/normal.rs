//! Blanks what differs between two runs of one server, before its answers are compared.

/// How many boundaries are blanked in one text.
const MOST_BOUNDARIES: usize = 16;

/// The minimum number of letters and digits of a cookie value that is considered random.
const SHORTEST_RANDOM: usize = 16;

/// A response without anything that differs between two runs: current dates, multipart boundaries, random values of
/// cookies, a checksum of the path in an ETag, `HOST:PORT`, and the order of the methods in Allow, which is that of a
/// hash table in some servers. `target` is the `HOST:PORT` of the requests.
pub(crate) fn normal(text: &str, target: &str) -> String {
    // A text may contain several responses, each with a different Date.
    let is_now = |value: &str| text.contains(&format!("\nDate: {value}"));
    let mut lines: Vec<String> = text.split('\n').map(|text| line(text, &is_now)).collect();
    let mut boundaries: Vec<String> = lines
        .iter()
        .filter_map(|line| boundary(line))
        .map(str::to_owned)
        .collect();
    boundaries.dedup();
    // A response has only one. A server that sends thousands of them would make this slow.
    boundaries.truncate(MOST_BOUNDARIES);
    for line in &mut lines {
        for boundary in &boundaries {
            *line = line.replace(boundary, "<boundary>");
        }
    }
    let port = target.rsplit(':').next().unwrap_or(target);
    blank_path_checksum(&lines.join("\n"))
        // Two names of the same file of the probe site.
        .replace("{{file:/link-in.txt}}", "{{file:/index.html}}")
        .replace(target, "<host>")
        .replace(&format!("Port {port}"), "Port <port>")
        .replace(&format!(":{port}"), ":<port>")
}

/// Blanks one line. `is_now`: whether a value is that of a Date. A Last-Modified with such a value was generated for
/// its response.
fn line(line: &str, is_now: &impl Fn(&str) -> bool) -> String {
    match line.split_once(": ") {
        Some((name @ ("Date" | "date" | "Expires" | "expires"), value))
            if value.strip_suffix('\r').is_some_and(is_date) =>
        {
            format!("{name}: <date>\r")
        }
        Some((name @ ("Last-Modified" | "last-modified"), value)) if is_now(value) => format!("{name}: <date>\r"),
        Some(("Allow", methods)) => {
            let separator = if methods.contains(", ") { ", " } else { "," };
            let mut methods: Vec<_> = methods.trim_end().split(separator).collect();
            methods.sort_unstable();
            format!("Allow: {}\r", methods.join(separator))
        }
        Some((name, value)) if name.eq_ignore_ascii_case("set-cookie") => {
            let parts: Vec<_> = value.split("; ").enumerate().map(cookie_part).collect();
            format!("{name}: {}", parts.join("; "))
        }
        _ => line.to_owned(),
    }
}

/// A part of Set-Cookie: the first is the name and value, the others are attributes.
fn cookie_part((at, part): (usize, &str)) -> String {
    let is_random = |value: &str| value.len() >= SHORTEST_RANDOM && value.bytes().all(|b| b.is_ascii_alphanumeric());
    match part.split_once('=') {
        Some((name, value)) if at == 0 && is_random(value) => format!("{name}=<{} letters and digits>", value.len()),
        Some((name, value)) if at > 0 && name.eq_ignore_ascii_case("expires") && is_date(value.trim_end()) => {
            format!("{name}=<date>")
        }
        _ => part.to_owned(),
    }
}

/// Whether a value has the form of an HTTP date (RFC 9110 section 5.6.7), `Tue, 31 Oct 2023 15:31:16 GMT`.
fn is_date(value: &str) -> bool {
    const SHAPE: &[u8] = b"Aaa, 00 Aaa 0000 00:00:00 GMT";
    value.len() == SHAPE.len()
        && value.bytes().zip(SHAPE).all(|(byte, &shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            b'a' => byte.is_ascii_lowercase(),
            literal => byte == literal,
        })
}

fn boundary(line: &str) -> Option<&str> {
    let (_, value) = line.split_once("boundary=")?;
    value
        .trim_start_matches('"')
        .split(|c: char| c.is_whitespace() || c == '"' || c == ';')
        .next()
        .filter(|boundary| !boundary.is_empty())
}

/// Replaces the checksum in ETags of the form `"mtime-size-checksum"`. It is computed from the file's absolute path,
/// which depends on where the site is.
pub(crate) fn blank_path_checksum(text: &str) -> String {
    let parts: Vec<_> = text
        .split('"')
        .map(|quoted| checksummed(quoted).map_or_else(|| quoted.to_owned(), |kept| format!("{kept}-{CHECKSUM}")))
        .collect();
    parts.join("\"")
}

/// The replacement for such a checksum.
pub(crate) const CHECKSUM: &str = "<adler32>";

fn checksummed(quoted: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (kept, checksum) = quoted.rsplit_once('-')?;
    // The time may be negative, or have an exponent.
    let (mtime, size) = kept.rsplit_once('-')?;
    let is_float = mtime.contains(['.', 'e']) && mtime.parse::<f64>().is_ok();
    let fits = is_float && digits(size) && digits(checksum) && checksum.len() <= 10;
    fits.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn only_what_differs_between_two_runs_is_blanked() {
        let table = [
            ("Date: Tue, 31 Oct 2023 15:31:16 GMT\r\n", "Date: <date>\r\n"),
            ("Date: now\r\n", "Date: now\r\n"),
            (
                "Last-Modified: Tue, 31 Oct 2023 15:31:16 GMT\r\n",
                "Last-Modified: Tue, 31 Oct 2023 15:31:16 GMT\r\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nDate: Tue, 31 Oct 2023 15:31:16 GMT\r\nLast-Modified: Tue, 31 Oct 2023 15:31:16 GMT\r\n",
                "HTTP/1.1 200 OK\r\nDate: <date>\r\nLast-Modified: <date>\r\n",
            ),
            (
                "Set-Cookie: a=0123456789abcdef; expires=Tue, 31 Oct 2023 15:31:16 GMT; Path=/\r\n",
                "Set-Cookie: a=<16 letters and digits>; expires=<date>; Path=/\r\n",
            ),
            ("Set-Cookie: a=b; Path=/\r\n", "Set-Cookie: a=b; Path=/\r\n"),
            (
                "Set-Cookie: a=0123456789abcde-\r\n",
                "Set-Cookie: a=0123456789abcde-\r\n",
            ),
            ("Allow: POST, GET\r\n", "Allow: GET, POST\r\n"),
            ("boundary=abc\r\n--abc--", "boundary=<boundary>\r\n--<boundary>--"),
            (
                "ETag: \"1698766276.361-17-123456\"",
                "ETag: \"1698766276.361-17-<adler32>\"",
            ),
            (
                "http://a.example:18081/ 127.0.0.1:18081 Port 18081",
                "http://a.example:<port>/ <host> Port <port>",
            ),
        ];
        for (text, want) in table {
            assert_eq!(normal(text, "127.0.0.1:18081"), want);
        }
    }
}
