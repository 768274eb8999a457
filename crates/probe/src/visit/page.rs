//! The references in pages and style sheets.
//!
//! This is not an HTML parser: it finds the tags and attributes of typical pages, and no script runs.

use super::behaviour::{Kind, Reference};

/// The targets on the same server to which a page or a style sheet refers, each once, in order.
pub(super) fn references(kind: Kind, text: &str, authority: &str, base: &str) -> Vec<Reference> {
    let found = match kind {
        Kind::Document => in_html(text),
        Kind::Style => in_css(text),
        Kind::Script | Kind::Image | Kind::Media | Kind::Icon => Vec::new(),
    };
    let mut all: Vec<Reference> = Vec::new();
    for (kind, reference) in found {
        if let Some(target) = resolved(&reference, authority, base)
            && !all.iter().any(|known| known.target == target)
        {
            all.push(Reference { kind, target });
        }
    }
    all
}

fn in_html(text: &str) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let mut within_media = false;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let end = tag_end(after);
        let (tag, after) = (&after[..end], after.get(end + 1..).unwrap_or_default());
        rest = after;
        let split = tag.find(|c: char| c.is_whitespace()).unwrap_or(tag.len());
        let name = tag[..split].trim_end_matches('/').to_ascii_lowercase();
        let attribute = |name: &str| attribute(&tag[split..], name);
        match name.as_str() {
            "img" => found.extend(attribute("src").map(|src| (Kind::Image, src))),
            "audio" | "video" => {
                within_media = true;
                found.extend(attribute("src").map(|src| (Kind::Media, src)));
                found.extend(attribute("poster").map(|src| (Kind::Image, src)));
            }
            "/audio" | "/video" => within_media = false,
            "source" if within_media => found.extend(attribute("src").map(|src| (Kind::Media, src))),
            "link" => {
                let rel = attribute("rel").unwrap_or_default().to_ascii_lowercase();
                let has = |word: &str| rel.split_ascii_whitespace().any(|known| known == word);
                let kind = match () {
                    () if has("stylesheet") => Some(Kind::Style),
                    () if has("icon") => Some(Kind::Icon),
                    () => None,
                };
                found.extend(kind.zip(attribute("href")));
            }
            "script" => {
                found.extend(attribute("src").map(|src| (Kind::Script, src)));
                rest = after.find("</script").map_or("", |at| &after[at..]);
            }
            "style" => {
                let (css, after) = after.split_at(after.find("</style").unwrap_or(after.len()));
                found.extend(in_css(css));
                rest = after;
            }
            _ => {}
        }
    }
    found
}

/// The position of the `>` of a tag, outside of quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The value of an attribute, with the only entity that URLs need decoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        // A name has at least one character, so that this loop ends.
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '=' || c.is_whitespace())
            .map_or(rest.len(), |(at, _)| at);
        let (found, after) = rest.split_at(end);
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(value) => attribute_value(value.trim_start()),
            None => ("", after),
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value.trim().replace("&amp;", "&"));
        }
        rest = after;
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &text[1..];
            inner.split_once(quote).unwrap_or((inner, ""))
        }
        _ => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

fn in_css(text: &str) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['/', 'u', '@']) {
        let after = &rest[at..];
        if let Some(comment) = after.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if let Some(inner) = after.strip_prefix("@import") {
            let inner = inner.trim_start();
            match inner.chars().next() {
                Some('"' | '\'') => {
                    let (value, after) = attribute_value(inner);
                    found.push((Kind::Style, value.to_owned()));
                    rest = after;
                }
                _ => {
                    let (value, after) = css_url(inner.strip_prefix("url(").unwrap_or_default());
                    found.push((Kind::Style, value));
                    rest = if after.is_empty() { inner } else { after };
                }
            }
        } else if let Some(inner) = after.strip_prefix("url(") {
            let (value, after) = css_url(inner);
            found.push((Kind::Image, value));
            rest = after;
        } else {
            rest = &after[1..];
        }
    }
    found
}

/// The text up to the closing parenthesis, without quotes, and the text after it.
fn css_url(text: &str) -> (String, &str) {
    let (inner, after) = text.split_once(')').unwrap_or((text, ""));
    (inner.trim().trim_matches(['"', '\'']).to_owned(), after)
}

/// The target of a reference, if it is on the same server (RFC 3986, section 5.2, as far as pages use it).
fn resolved(reference: &str, authority: &str, base: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    // Anything but visible ASCII could add a line to a head.
    if reference.is_empty() || !reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let lower = reference.to_ascii_lowercase();
    let without_scheme = match lower.strip_prefix("http:") {
        Some(_) => &reference["http:".len()..],
        None => reference,
    };
    if let Some(rest) = without_scheme.strip_prefix("//") {
        let target = rest.strip_prefix(authority)?;
        return match target.chars().next() {
            None => Some("/".to_owned()),
            Some('/') => Some(target.to_owned()),
            Some(_) => None,
        };
    }
    let has_scheme = reference
        .split_once(':')
        .is_some_and(|(scheme, _)| !scheme.contains(['/', '?']));
    if has_scheme {
        return None;
    }
    if reference.starts_with('/') {
        return Some(reference.to_owned());
    }
    let path = base.split('?').next().unwrap_or_default();
    if reference.starts_with('?') {
        return Some(format!("{path}{reference}"));
    }
    let directory = &path[..path.rfind('/').map_or(0, |at| at + 1)];
    let (relative, query) = match reference.split_once('?') {
        Some((relative, query)) => (relative, Some(query)),
        None => (reference, None),
    };
    let mut segments: Vec<&str> = directory.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_directory = relative.ends_with('/')
        || relative.ends_with('.')
            && relative
                .rsplit('/')
                .next()
                .is_some_and(|last| last == "." || last == "..");
    for segment in relative.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let mut target = format!("/{}", segments.join("/"));
    if is_directory && !target.ends_with('/') {
        target.push('/');
    }
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: Kind, text: &str) -> Vec<(Kind, String)> {
        let found = references(kind, text, "h:1", "/a/page.html");
        found.into_iter().map(|found| (found.kind, found.target)).collect()
    }

    #[test]
    fn the_references_of_a_page_are_found() {
        let page = "<!doctype html><!-- <img src=no.png> --><link rel=\"shortcut icon\" href=i.ico>\
            <LINK href='/s.css' rel=StyleSheet><link rel=preload href=p.js>\
            <script src=x.js>document.write('<img src=\"no.png\">')</script>\
            <style>b { background: url( \"b.png\" ) }</style>\
            <img alt='a > b' src=\"c.png?x=1&amp;y=2#f\"><img src=c.png?x=1&y=2><picture><source src=no.webp></picture>\
            <video poster=p.jpg><source src=./../v.mp4></video><audio src=\"//h:1/t.wav\"></audio>\
            <img src=\"http://other/no.png\"><img src=data:image/png;base64,xx><img src=''><img>";
        let want = [
            (Kind::Icon, "/a/i.ico"),
            (Kind::Style, "/s.css"),
            (Kind::Script, "/a/x.js"),
            (Kind::Image, "/a/b.png"),
            (Kind::Image, "/a/c.png?x=1&y=2"),
            (Kind::Image, "/a/p.jpg"),
            (Kind::Media, "/v.mp4"),
            (Kind::Media, "/t.wav"),
        ];
        assert_eq!(
            names(Kind::Document, page),
            want.map(|(kind, target)| (kind, target.to_owned()))
        );
    }

    #[test]
    fn the_references_of_a_style_sheet_are_found() {
        let css = "@import \"one.css\"; @import url(two.css); /* url(no.png) */ a { b: url('/c.png'); u: url(d.png }";
        let want = [
            (Kind::Style, "/a/one.css"),
            (Kind::Style, "/a/two.css"),
            (Kind::Image, "/c.png"),
        ];
        assert_eq!(
            names(Kind::Style, css)[..3],
            want.map(|(kind, target)| (kind, target.to_owned()))
        );
    }

    #[test]
    fn a_reference_is_resolved_against_the_page() {
        for (reference, want) in [
            ("x", Some("/a/x")),
            ("./x/", Some("/a/x/")),
            ("./../../x", Some("/x")),
            ("..", Some("/")),
            (".", Some("/a/")),
            ("?q", Some("/a/page.html?q")),
            ("x?y/../z", Some("/a/x?y/../z")),
            ("http://h:1", Some("/")),
            ("HTTP://h:1/x", Some("/x")),
            ("http://h:10/x", None),
            ("https://h:1/x", None),
            ("mailto:a@b", None),
            ("a\r\nb", None),
            ("#top", None),
        ] {
            assert_eq!(
                resolved(reference, "h:1", "/a/page.html").as_deref(),
                want,
                "{reference}"
            );
        }
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in [
            "<",
            "<img src",
            "<img src=\"",
            "<!--",
            "<style>",
            "<script",
            "url(",
            "@import",
            "@import x",
            "/*",
            "<é =é>",
        ] {
            names(Kind::Document, text);
            names(Kind::Style, text);
        }
    }
}
