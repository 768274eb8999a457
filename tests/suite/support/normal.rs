//! Normalizes what differs between two runs of the same server.
//!
//! Like wire.py: values of Date and Expires, and of a Last-Modified that equals Date, multipart boundaries, the path checksum
//! in Werkzeug's ETags, and `HOST:PORT`.
//! In addition: the port after any other name, and the order of methods in Allow, which is that of a hash table in Flask
//! and Apache.

/// The text with those parts replaced. `target` is the `HOST:PORT` of the requests.
pub(crate) fn normal(text: &str, target: &str) -> String {
    let is_now = |value: &str| text.contains(&format!("\nDate: {value}"));
    let mut out: Vec<_> = text
        .split('\n')
        .map(|text| match text.strip_prefix("Last-Modified: ") {
            Some(modified) if is_now(modified) => "Last-Modified: <date>\r".to_owned(),
            _ => line(text),
        })
        .collect();
    let boundaries: Vec<_> = out
        .iter()
        .filter_map(|line| boundary(line))
        .map(str::to_owned)
        .collect();
    for line in &mut out {
        for boundary in &boundaries {
            *line = line.replace(boundary, "<boundary>");
        }
    }
    let port = target.rsplit(':').next().unwrap_or(target);
    blank_path_checksum(&out.join("\n"))
        .replace("{{file:/link-in.txt}}", "{{file:/index.html}}") // two names of one file
        .replace(target, "<host>")
        .replace(&format!("Port {port}"), "Port <port>")
        .replace(&format!(":{port}"), ":<port>")
}

fn line(line: &str) -> String {
    match line.split_once(": ") {
        Some((name @ ("Date" | "date" | "Expires" | "expires"), value))
            if value.strip_suffix('\r').is_some_and(is_date) =>
        {
            format!("{name}: <date>\r")
        }
        Some(("Allow", methods)) => {
            let separator = if methods.contains(", ") { ", " } else { "," };
            let mut methods: Vec<_> = methods.trim_end().split(separator).collect();
            methods.sort_unstable();
            format!("Allow: {}\r", methods.join(separator))
        }
        _ => line.to_owned(),
    }
}

/// Whether a value has the shape of `Tue, 31 Oct 2023 15:31:16 GMT`.
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
        .filter(|b| !b.is_empty())
}

/// Replaces the checksum in Werkzeug's ETags, `"mtime-size-checksum"`: it is that of the file's absolute path.
fn blank_path_checksum(text: &str) -> String {
    let parts: Vec<_> = text
        .split('"')
        .map(|quoted| checksummed(quoted).map_or_else(|| quoted.to_owned(), |kept| format!("{kept}-<adler32>")))
        .collect();
    parts.join("\"")
}

fn checksummed(quoted: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (kept, checksum) = quoted.rsplit_once('-')?;
    let (mtime, size) = kept.rsplit_once('-')?;
    let is_float = mtime.contains(['.', 'e']) && mtime.parse::<f64>().is_ok();
    let fits = is_float && digits(size) && digits(checksum) && checksum.len() <= 10;
    fits.then_some(kept)
}
