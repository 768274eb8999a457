//! Templates: text with `{placeholder}`s and `{placeholder:filter}`s, compiled once and rendered by copying.
//!
//! Knows names and filters; where the values come from is the [`Values`] of the caller. A placeholder may have no
//! value; then the whole text, or the head line it stands in, is left out.

mod filter;
mod fits;

pub use filter::Filter;
pub use fits::Known;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! placeholders {
    ($($variant:ident = $name:literal $kind:ident, $meaning:literal;)*) => {
        /// What a template can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Placeholder { $(#[doc = $meaning] $variant,)* }

        impl Placeholder {
            /// Every placeholder: itself, its name, its meaning.
            pub const ALL: &'static [(Placeholder, &'static str, &'static str)] = &[$((Placeholder::$variant, $name, $meaning),)*];

            fn is_number(self) -> bool {
                match self { $(Placeholder::$variant => placeholders!(@ $kind),)* }
            }
        }
    };
    (@ number) => { true };
    (@ text) => { false };
}

placeholders! {
    ConnectionFields = "connection_fields" text, "the lines of [connection.fields] that apply; stands on a line of its own";
    Status = "status" number, "the status code";
    Reason = "reason" text, "the reason phrase";
    Date = "date" text, "the current time as an IMF-fixdate";
    ContentLength = "content_length" number, "the length of the body in bytes; none if the body has no known length";
    ContentType = "content_type" text, "the file's media type, or the multipart type with its boundary; none if the file has none";
    ContentRange = "content_range" text, "`bytes 0-9/100` of a single range, `bytes */100` where none can be satisfied; otherwise none";
    LastModified = "last_modified" text, "the file's modification time as an IMF-fixdate";
    Etag = "etag" text, "the file's entity tag, by [files] etag";
    Allow = "allow" text, "[methods] allow";
    Boundary = "boundary" text, "the boundary of a multipart body";
    Size = "size" number, "the file's size in bytes";
    Mtime = "mtime" number, "the file's modification time in seconds since 1970";
    MtimeMs = "mtime_ms" number, "the same in milliseconds, rounded to the nearest";
    MtimeUs = "mtime_us" number, "the same in microseconds, rounded down";
    MtimeFloat = "mtime_float" text, "the same in seconds as the shortest decimal fraction that names the double next to it";
    Filetime = "filetime" number, "the same in units of 100 ns since 1601";
    Inode = "inode" number, "the file's number in its file system";
    Name = "name" text, "the file's name, without its directory";
    PathAdler32 = "path_adler32" number, "the Adler-32 checksum of the file's path on this machine";
    Encoding = "encoding" text, "the content coding of a precompressed sibling that is sent in the file's place, or the one that the file's name ends in by [types] codings";
    EncodingSuffix = "encoding_suffix" text, "`-` and that of a sibling; nothing without one";
    Vary = "vary" text, "`Accept-Encoding` if the file has precompressed siblings; otherwise none";
    Method = "method" text, "the request method";
    Target = "target" text, "the request target as sent";
    Path = "path" text, "the target's path as sent, without query and fragment";
    DecodedPath = "decoded_path" text, "the same with percent-encoding decoded and dot segments resolved";
    Query = "query" text, "the target's query with its `?`, or nothing";
    Origin = "origin" text, "the scheme and authority of an absolute target, or nothing";
    Fragment = "fragment" text, "the target's fragment with its `#`, or nothing";
    Line = "line" text, "the request line";
    Version = "version" text, "the version as sent, without `HTTP/`";
    LineAtFault = "line_at_fault" text, "the line that the request is refused for";
    FieldAtFault = "field_at_fault" text, "the same up to its colon";
    Expect = "expect" text, "the request's Expect field";
    Text = "text" text, "the `text` of the response, in a `body` that several responses share";
    Title = "title" text, "the response's `title`; for bodies only";
    Server = "server" text, "the profile's `server`; none if it is empty";
    TransferEncoding = "transfer_encoding" text, "`chunked` if the body is sent in chunks; otherwise none";
    RequestMerged = "request_merged" text, "the request head with the fields of one name joined by commas";
    RunRandom = "run_random" number, "a number that differs from run to run of the server, of sixteen hexadecimal digits";
    Request = "request" text, "the request head as sent";
    Host = "host" text, "the Host field, or the host of an absolute target, or the server's own address";
    Hostname = "hostname" text, "the same without the port";
    VirtualHost = "virtual_host" text, "the host that is asked for, up to a colon, in lower case, without a dot at its end, whatever visible characters it has; the server's own address if there is none";
    ColonPort = "colon_port" text, "`:` and the port that the connection came in on, or nothing if that is 80";
    QueryText = "query_text" text, "the target's query with its `?`, or nothing, also for a `?` alone";
    Padding = "padding" text, "the text of [padding] if that is for this client, or nothing";
    Port = "port" number, "the port that the connection came in on";
    Remaining = "remaining" number, "how many more requests [connection] max_requests allows";
    Counter = "counter" number, "a number that grows by one for every multipart reply of the server";
    Random = "random" number, "a number that differs from reply to reply";
}

/// Where a template's values come from.
pub trait Values {
    /// The value of a numeric placeholder.
    fn number(&self, placeholder: Placeholder) -> Option<u64>;
    /// Writes the value of any other placeholder; false if it has none.
    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool;
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Vec<u8>),
    Value(Placeholder, Vec<Filter>),
}

/// A compiled template. Two are equal if their source is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    segments: Vec<Segment>,
}

impl Template {
    /// Compiles a template. `{{` stands for a brace; a brace that no name follows stands for itself.
    ///
    /// # Errors
    /// A placeholder or filter that does not exist, or a filter that does not fit; the message names what does.
    pub fn parse(source: &str) -> Result<Template, String> {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(brace) = rest.find('{') {
            literal.push_str(&rest[..brace]);
            rest = &rest[brace..];
            if rest.starts_with("{{") {
                literal.push('{');
                rest = &rest[2..];
                continue;
            }
            let Some(inside) = placeholder_text(rest) else {
                literal.push('{');
                rest = &rest[1..];
                continue;
            };
            if !literal.is_empty() {
                segments.push(Segment::Literal(std::mem::take(&mut literal).into_bytes()));
            }
            segments.push(parse_placeholder(inside)?);
            rest = &rest[inside.len() + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal.into_bytes()));
        }
        Ok(Template {
            source: source.to_owned(),
            segments,
        })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it asks for `placeholder`.
    pub fn asks_for(&self, placeholder: Placeholder) -> bool {
        self.segments
            .iter()
            .any(|s| matches!(s, Segment::Value(p, _) if *p == placeholder))
    }

    /// Its text, if it asks for nothing.
    pub fn fixed(&self) -> Option<&[u8]> {
        match self.segments.as_slice() {
            [] => Some(b""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is `placeholder` and nothing else.
    pub fn is_just(&self, placeholder: Placeholder) -> bool {
        matches!(self.segments.as_slice(), [Segment::Value(p, filters)] if *p == placeholder && filters.is_empty())
    }

    /// Whether it is `placeholder` and nothing else, with this filter alone.
    pub fn is_just_filtered(&self, placeholder: Placeholder, filter: Filter) -> bool {
        matches!(self.segments.as_slice(), [Segment::Value(p, filters)] if *p == placeholder && *filters == [filter])
    }

    /// Writes it; false, and nothing written, if a placeholder has no value.
    pub fn render(&self, values: &impl Values, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        for segment in &self.segments {
            let written = match segment {
                Segment::Literal(text) => {
                    out.extend_from_slice(text);
                    true
                }
                Segment::Value(placeholder, filters) => render_value(*placeholder, filters, values, out),
            };
            if !written {
                out.truncate(start);
                return false;
            }
        }
        true
    }
}

/// The text between the braces, if `text` begins with a placeholder.
fn placeholder_text(text: &str) -> Option<&str> {
    let inside = &text[1..text.find('}')?];
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | ':');
    (inside.starts_with(|c: char| c.is_ascii_lowercase()) && inside.chars().all(is_name)).then_some(inside)
}

fn parse_placeholder(inside: &str) -> Result<Segment, String> {
    let mut words = inside.split(':');
    let name = words.next().unwrap_or_default();
    let Some((placeholder, ..)) = Placeholder::ALL.iter().find(|(_, n, _)| *n == name) else {
        return Err(
            unknown("placeholder", name, Placeholder::ALL.iter().map(|(_, n, _)| *n)) + "; write {{ for a brace",
        );
    };
    let mut filters = Vec::new();
    for word in words {
        let Some((filter, ..)) = Filter::ALL.iter().find(|(_, n, _)| *n == word) else {
            return Err(unknown("filter", word, Filter::ALL.iter().map(|(_, n, _)| *n)));
        };
        if filter.is_for_numbers() && !(placeholder.is_number() && filters.is_empty()) {
            return Err(format!("the filter `{word}` is for numbers, and `{name}` is none"));
        }
        filters.push(*filter);
    }
    Ok(Segment::Value(*placeholder, filters))
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    match super::near(name, known.clone()) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown {what} `{name}`; known are {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    }
}

fn render_value(placeholder: Placeholder, filters: &[Filter], values: &impl Values, out: &mut Vec<u8>) -> bool {
    let (mut filters, start) = (filters, out.len());
    if placeholder.is_number() {
        let Some(n) = values.number(placeholder) else {
            return false;
        };
        filter::write_number(filters.first().copied(), n, out);
        filters = filters.get(1..).unwrap_or_default();
    } else if !values.text(placeholder, out) {
        return false;
    }
    for filter in filters {
        let value = out.split_off(start);
        if !filter.apply(&value, out) {
            return false;
        }
    }
    true
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
        let source = String::deserialize(deserializer)?;
        Template::parse(&source).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample;

    impl Values for Sample {
        fn number(&self, placeholder: Placeholder) -> Option<u64> {
            match placeholder {
                Placeholder::Size => Some(682),
                Placeholder::Filetime => Some(0x01da_0bde_3071_f1b0),
                _ => None,
            }
        }
        fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
            match placeholder {
                Placeholder::Path => out.extend_from_slice("/a b/<é>".as_bytes()),
                Placeholder::Name => out.extend_from_slice(b"a.txt"),
                _ => return false,
            }
            true
        }
    }

    fn render(source: &str) -> Option<String> {
        let mut out = Vec::new();
        let template = Template::parse(source).expect("a good template");
        template
            .render(&Sample, &mut out)
            .then(|| String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn placeholders_filters_and_braces() {
        for (source, want) in [
            ("", Some("")),
            ("W/\"{size:x}\"", Some("W/\"2aa\"")),
            ("\"{filetime:bytes}:0\"", Some("\"b0f17130debda1:0\"")),
            ("{path:encode:html}", Some("/a%20b/%3C%C3%A9%3E")),
            ("{path:html-text}", Some("/a b/&lt;é&gt;")),
            ("x{etag}", None),
            ("{name:if-ascii}", Some("a.txt")),
            ("{name:if-beyond-ascii}", None),
            ("{path:drop-beyond-ascii}", Some("/a b/<>")),
            ("body{margin:0;} {{size}", Some("body{margin:0;} {size}")),
        ] {
            assert_eq!(render(source).as_deref(), want, "{source}");
        }
    }

    #[test]
    fn mistakes_are_explained() {
        for (source, part) in [
            ("{sise}", "did you mean `size`"),
            ("{size:hexx}", "unknown filter"),
            ("{name:x}", "is for numbers"),
        ] {
            let error = Template::parse(source).expect_err(source);
            assert!(error.contains(part), "{error}");
        }
    }
}
