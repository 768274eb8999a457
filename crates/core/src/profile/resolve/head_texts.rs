//! Texts of a profile that go into response heads. Each must stay on its line.
//!
//! A field with a CR, LF or NUL in its value would silently be left out of the response: see
//! [`crate::profile::response`].

use super::{Mistake, mistake};
use crate::profile::raw::Raw;
use crate::profile::template::Template;
use crate::profile::units::{RawRule, Word};

/// Checks all keys whose values go into response heads, except for those whose form is checked elsewhere.
pub(super) fn check(raw: &Raw) -> Result<(), Mistake> {
    let (files, multipart, types) = (&raw.files, &raw.multipart, &raw.types.0);
    one_line(&["server"], raw.server.text(), "Example/1.0")?;
    if let Some(etag) = &files.etag {
        template(&["files", "etag"], etag, "\"{mtime:x}-{size:x}\"")?;
    }
    one_line(&["files", "directory_type"], files.directory_type.text(), "text/html")?;
    template(
        &["multipart", "content_type"],
        &multipart.content_type,
        "multipart/byteranges; boundary={boundary}",
    )?;
    template(&["multipart", "boundary"], &multipart.boundary, "{random:x16}")?;
    for (key, text, example) in [
        ("default", &types.default, "application/octet-stream"),
        ("charset", &types.charset, "; charset=utf-8"),
    ] {
        one_line(&["types", key], text.text(), example)?;
    }
    for (extension, media_type) in &types.extensions {
        one_line(&["types", "extensions", extension], media_type.text(), "text/html")?;
    }
    for (extension, coding) in &types.codings {
        one_line(&["types", "codings", extension], coding, "gzip")?;
    }
    for line in types.table.lines() {
        one_line(&["types", "table"], line, "text/html html htm")?;
    }
    if let Some(RawRule::Word(Word(allow))) = raw.methods.get("allow") {
        one_line(&["methods", "allow"], allow, "GET, HEAD")?;
    }
    for (key, lines, example) in [
        ("keep", &raw.connection.fields.keep, "Connection: keep-alive"),
        ("close", &raw.connection.fields.close, "Connection: close"),
    ] {
        for line in lines {
            template(&["connection", "fields", key], line, example)?;
        }
    }
    for (name, value) in &raw.response_fields {
        template(&["response_fields", name], value, "no-store")?;
    }
    for (name, response) in &raw.response {
        if let Some(reason) = &response.reason {
            template(&["response", name, "reason"], reason, "Not Found")?;
        }
        for line in response.fields.iter().flat_map(|fields| fields.lines()) {
            one_line(&["response", name, "fields"], line, "Cache-Control: no-store")?;
        }
        for line in response.head.iter().flat_map(|head| head.lines()) {
            one_line(&["response", name, "head"], line, "Cache-Control: no-store")?;
        }
    }
    Ok(())
}

fn template(key: &[&str], template: &Template, example: &str) -> Result<(), Mistake> {
    one_line(key, template.source(), example)
}

fn one_line(key: &[&str], text: &str, example: &str) -> Result<(), Mistake> {
    let Some(found) = text.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) else {
        return Ok(());
    };
    let name = match found {
        '\r' => "CR",
        '\n' => "LF",
        _ => "NUL",
    };
    Err(mistake(
        key,
        format!(
            "expected text without CR, LF and NUL, because it goes into a response head, such as `{example}`; got {name} in {text:?}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use crate::profile::layers::{BuiltIns, Layer, Stack};

    /// The error message for the rfc profile with `text` over it; `None` if that is valid.
    fn mistake(text: &str) -> Option<String> {
        let layer = Layer::parse("test", text).expect(text);
        let stack = Stack::load("rfc", &BuiltIns).expect("a profile").over(layer);
        stack.build().err().map(|error| error.to_string())
    }

    #[test]
    fn a_text_that_would_break_its_line_is_refused_with_its_key_and_an_example() {
        for (key, before, after) in [
            ("server", "server = ", ""),
            ("files.etag", "[files]\netag = ", ""),
            ("files.directory_type", "[files]\ndirectory_type = ", ""),
            ("multipart.content_type", "[multipart]\ncontent_type = ", ""),
            ("multipart.boundary", "[multipart]\nboundary = ", ""),
            ("types.default", "[types]\ndefault = ", ""),
            ("types.charset", "[types]\ncharset = ", ""),
            ("types.extensions.a", "[types.extensions]\na = ", ""),
            ("types.codings.a", "[types.codings]\na = ", ""),
            ("methods.allow", "[methods]\nallow = ", ""),
            ("connection.fields.keep", "[connection.fields]\nkeep = [", "]"),
            ("connection.fields.close", "[connection.fields]\nclose = [", "]"),
            ("response_fields.X-A", "[response_fields]\nX-A = ", ""),
            ("response.404.reason", "[response.404]\nreason = ", ""),
        ] {
            for end in ["\\r", "\\n", "\\u0000", "\\r\\nB: c"] {
                let text = format!("{before}\"A: b{end}c\"{after}\n");
                let said = mistake(&text).unwrap_or_else(|| panic!("{text} should be refused"));
                for part in ["test:", key, "without CR, LF and NUL", "such as `"] {
                    assert!(said.contains(part), "{text}: {said}");
                }
            }
            let text = format!("{before}\"A: b\"{after}\n");
            assert_eq!(mistake(&text), None, "{text}");
        }
    }

    #[test]
    fn a_head_may_have_lines_but_no_other_ends_in_them() {
        let head = |text: &str| mistake(&format!("[response.404]\nhead = \"{text}\"\n"));
        assert_eq!(head("A: b\\r\\nC: d\\n"), None);
        for text in ["A: b\\rC: d", "A: b\\u0000"] {
            assert!(
                head(text).is_some_and(|said| said.contains("response.404.head")),
                "{text}"
            );
        }
    }
}
