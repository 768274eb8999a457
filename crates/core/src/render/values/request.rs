//! The values of the placeholders about the request.

use crate::http1::{Request, field, percent};
use crate::path;
use crate::profile::{Placeholder, Profile};

/// Writes the value of a placeholder about the request. Returns false for any other placeholder, and where the request
/// has no such value.
pub(super) fn write_request_text(
    profile: &Profile,
    request: &Request<'_>,
    placeholder: Placeholder,
    out: &mut Vec<u8>,
) -> bool {
    let target = request.target();
    let parts = path::split(target, &profile.target);
    let query = &*parts.query;
    match placeholder {
        Placeholder::Method => out.extend_from_slice(request.method()),
        Placeholder::Target => out.extend_from_slice(target),
        Placeholder::Origin => out.extend_from_slice(&parts.origin),
        Placeholder::Fragment => out.extend_from_slice(&parts.fragment),
        Placeholder::Path => out.extend_from_slice(&parts.path),
        Placeholder::DecodedPath => match path::locate(target, &profile.target, &profile.files, &[]) {
            Ok(located) => {
                out.push(b'/');
                out.extend_from_slice(&located.path);
                if located.trailing_slash && !located.path.is_empty() {
                    out.push(b'/');
                }
            }
            Err(_) => out.extend_from_slice(&percent::decode(&parts.path)),
        },
        Placeholder::Query => out.extend_from_slice(query),
        Placeholder::QueryText if query.len() > 1 => out.extend_from_slice(query),
        Placeholder::QueryText => {}
        Placeholder::Line => out.extend_from_slice(request.line()),
        Placeholder::Version => out.extend_from_slice(request.version_text()),
        Placeholder::LineAtFault => out.extend_from_slice(request.line_at_fault()),
        Placeholder::FieldAtFault => {
            let line = request.line_at_fault();
            out.extend_from_slice(memchr::memchr(b':', line).map_or(line, |colon| &line[..colon]));
        }
        Placeholder::Expect => {
            let mut values = request.all(field::Name::Expect);
            let Some(first) = values.next() else {
                return false;
            };
            field::unfold(first, out);
            for value in values {
                out.extend_from_slice(b", ");
                field::unfold(value, out);
            }
        }
        Placeholder::RequestMerged => {
            write_merged(request, path::replaced_host(request, &profile.target).as_deref(), out);
        }
        Placeholder::Request => out.extend_from_slice(request.head_bytes()),
        _ => return false,
    }
    true
}

/// Writes the request line, the fields, and an empty line. Fields with the same name are joined with a comma at the
/// position of the first. The value of Host is `host`.
fn write_merged(request: &Request<'_>, host: Option<&[u8]>, out: &mut Vec<u8>) {
    let fields: Vec<(&[u8], &[u8])> = request.fields().collect();
    out.extend_from_slice(request.line());
    out.extend_from_slice(b"\r\n");
    let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
    for (at, (name, _)) in fields.iter().enumerate() {
        if fields[..at].iter().any(|(earlier, _)| same(earlier, name)) {
            continue;
        }
        out.extend_from_slice(name);
        let mut between: &[u8] = b": ";
        if let (Some(host), true) = (host, same(name, b"host")) {
            out.extend_from_slice(between);
            out.extend_from_slice(host);
            out.extend_from_slice(b"\r\n");
            continue;
        }
        for (_, value) in fields[at..].iter().filter(|(later, _)| same(later, name)) {
            out.extend_from_slice(between);
            field::unfold(value, out);
            between = b", ";
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
}
