//! A parser of pipelined requests that shares no code with the server: the interpretations of an input that RFC 9112
//! permits.

/// How a parser treats the deviations that RFC 9112 lets it accept or refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Refuses all of them.
    Strict,
    /// Accepts LF as a line end, a CR within a line as a space, folded lines, HTTP/0.9, a missing or repeated Host
    /// field, and chunked after another coding (RFC 9112 sections 2.2, 3, 5.2 and 6.3).
    Tolerant,
    /// Accepts any lines as field lines, white space after field names, and both chunked and a length without closing
    /// the connection, as servers did before RFC 7230 forbade it.
    Old,
}

/// The requests that a parser finds in an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The targets of the complete requests.
    pub(super) targets: Vec<String>,
    /// Whether bytes follow that are not a complete request. They may get a response, too.
    pub(super) more: bool,
}

/// The parser cannot continue.
struct Stop;

/// The requests that this parser finds in `bytes`.
pub(super) fn read(mut bytes: &[u8], reader: Reader) -> Reading {
    let mut reading = Reading::default();
    loop {
        while let Some(rest) = bytes.strip_prefix(b"\r\n").or(match bytes {
            [b'\r' | b'\n', rest @ ..] if reader != Reader::Strict => Some(rest),
            _ => None,
        }) {
            bytes = rest;
        }
        if bytes.is_empty() {
            return reading;
        }
        let Ok(request) = request(bytes, reader) else {
            reading.more = true;
            return reading;
        };
        reading.targets.push(request.target);
        match request.length {
            // The response may precede the body, and a fault in the body gets another response.
            None => {
                reading.more = true;
                return reading;
            }
            Some(_) if !request.is_persistent => return reading,
            Some(length) => bytes = &bytes[length..],
        }
    }
}

/// A line without its end, and its length including the end.
fn line(bytes: &[u8], reader: Reader) -> Result<(Vec<u8>, usize), Stop> {
    let lf = memchr::memchr(b'\n', bytes).ok_or(Stop)?;
    let text = match bytes[..lf].strip_suffix(b"\r") {
        Some(text) => text,
        None if reader == Reader::Strict => return Err(Stop),
        None => &bytes[..lf],
    };
    if (text.contains(&b'\r') && reader == Reader::Strict) || (text.contains(&0) && reader != Reader::Old) {
        return Err(Stop);
    }
    let text = text.iter().map(|b| if *b == b'\r' { b' ' } else { *b });
    Ok((text.collect(), lf + 1))
}

/// The fields of a head, with their names in lower case, and its length.
fn fields(bytes: &[u8], reader: Reader) -> Result<(Fields, usize), Stop> {
    let mut fields = Fields::new();
    let mut at = 0;
    loop {
        let (text, length) = line(&bytes[at..], reader)?;
        at += length;
        if text.is_empty() {
            return Ok((fields, at));
        }
        if matches!(text[0], b' ' | b'\t') {
            match (reader, fields.last_mut()) {
                (Reader::Strict, _) | (Reader::Tolerant, None) => return Err(Stop),
                (_, Some((_, value))) => {
                    value.push(b' ');
                    value.extend_from_slice(text.trim_ascii());
                }
                (Reader::Old, None) => {}
            }
            continue;
        }
        let Some(colon) = memchr::memchr(b':', &text) else {
            if reader == Reader::Old {
                continue;
            }
            return Err(Stop);
        };
        let name = text[..colon].to_ascii_lowercase();
        let value = text[colon + 1..].to_vec();
        if reader == Reader::Old {
            fields.push((name.trim_ascii_end().to_vec(), value));
            continue;
        }
        let is_control = |b: &u8| b.is_ascii_control() && *b != b'\t';
        if name.is_empty() || !name.iter().all(|b| crate::http1::field::is_token(*b)) || value.iter().any(is_control) {
            return Err(Stop);
        }
        fields.push((name, value));
    }
}

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// A request at the start of an input.
struct ParsedRequest {
    target: String,
    /// The length in bytes; `None` if the head is valid, but the body is invalid or incomplete.
    length: Option<usize>,
    /// Whether the connection may carry another request.
    is_persistent: bool,
}

fn request(bytes: &[u8], reader: Reader) -> Result<ParsedRequest, Stop> {
    let (start, line_length) = line(bytes, reader)?;
    let start = if reader == Reader::Strict {
        &start[..]
    } else {
        start.trim_ascii()
    };
    let words: Vec<&[u8]> = start.split(|b| *b == b' ').collect();
    let (method, target, version) = match words.as_slice() {
        [method, target, version] => (*method, *target, *version),
        [b"GET", target] if reader != Reader::Strict => {
            let target = String::from_utf8_lossy(target).into_owned();
            return Ok(ParsedRequest {
                target,
                length: Some(line_length),
                is_persistent: false,
            });
        }
        _ => return Err(Stop),
    };
    if !matches!(version, b"HTTP/1.1" | b"HTTP/1.0") || method.is_empty() || target.is_empty() {
        return Err(Stop);
    }
    let (fields, length) = fields(&bytes[line_length..], reader)?;
    let body = &bytes[line_length + length..];
    let all = |name: &str| -> Vec<&[u8]> {
        fields
            .iter()
            .filter(|(n, _)| n == name.as_bytes())
            .flat_map(|(_, value)| value.split(|b| *b == b','))
            .map(<[u8]>::trim_ascii)
            .collect()
    };
    if version == b"HTTP/1.1" && all("host").len() != 1 && reader == Reader::Strict {
        return Err(Stop);
    }
    let (lengths, codings) = (all("content-length"), all("transfer-encoding"));
    let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let by_length = match lengths.first() {
        None => Some(0),
        Some(first) => {
            let digits = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
            if codings.is_empty() && (!digits || lengths.iter().any(|other| other != first)) {
                return Err(Stop);
            }
            let length: Option<usize> = String::from_utf8_lossy(first).parse().ok();
            length.filter(|length| *length <= body.len())
        }
    };
    let by_chunks = || chunks(body, reader).ok();
    let (body_length, is_persistent) = if codings.is_empty() {
        (by_length, true)
    } else if reader == Reader::Strict && (codings.len() != 1 || version == b"HTTP/1.0")
        || !codings.last().is_some_and(is_chunked)
    {
        return Err(Stop);
    } else {
        // With both fields, and with chunks in HTTP/1.0, the connection must close (RFC 9112 section 6.1), unless both
        // lengths agree.
        let doubtful = !lengths.is_empty() || version == b"HTTP/1.0";
        let chunked = by_chunks();
        (chunked, !doubtful || reader == Reader::Old || chunked == by_length)
    };
    Ok(ParsedRequest {
        target: String::from_utf8_lossy(target).into_owned(),
        length: body_length.map(|body_length| line_length + length + body_length),
        is_persistent,
    })
}

/// The length of the chunked body that `bytes` begin with.
fn chunks(bytes: &[u8], reader: Reader) -> Result<usize, Stop> {
    let mut at = 0;
    loop {
        let (text, length) = line(&bytes[at..], reader)?;
        at += length;
        let digits = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let rest = text[digits..].trim_ascii_start();
        if digits == 0 || !(rest.is_empty() || rest.starts_with(b";")) {
            return Err(Stop);
        }
        let size = u64::from_str_radix(&String::from_utf8_lossy(&text[..digits]), 16).map_err(|_| Stop)?;
        if size == 0 {
            break;
        }
        at = usize::try_from(size)
            .ok()
            .and_then(|size| at.checked_add(size))
            .ok_or(Stop)?;
        let rest = bytes.get(at..).ok_or(Stop)?;
        let (text, length) = line(rest, reader)?;
        if !text.is_empty() {
            return Err(Stop);
        }
        at += length;
    }
    loop {
        let (text, length) = line(&bytes[at..], reader)?;
        at += length;
        if text.is_empty() {
            return Ok(at);
        }
        if memchr::memchr(b':', &text).is_none_or(|colon| text[..colon].contains(&b' ')) {
            return Err(Stop);
        }
    }
}
