//! Reads the sources of a profile's types: keys and values, with their doc comments.
//!
//! It is not a parser of Rust. It knows the layout that rustfmt gives to structs and enums, and a test notices a key that
//! it does not find.

use std::collections::BTreeMap;

pub(super) const SOURCES: &[&str] = &[
    include_str!("../raw/mod.rs"),
    include_str!("../raw/connection.rs"),
    include_str!("../raw/close.rs"),
    include_str!("../raw/files.rs"),
    include_str!("../raw/head.rs"),
    include_str!("../raw/multipart.rs"),
    include_str!("../raw/padding.rs"),
    include_str!("../raw/request_body.rs"),
    include_str!("../raw/response.rs"),
    include_str!("../raw/target.rs"),
    include_str!("../raw/timers.rs"),
    include_str!("../raw/types.rs"),
    include_str!("../raw/writes.rs"),
    include_str!("../units.rs"),
    include_str!("../../http1/range/policy.rs"),
    include_str!("../../http1/precondition/policy.rs"),
    include_str!("../../http1/date.rs"),
    include_str!("../../http1/etag.rs"),
    include_str!("../../http1/field.rs"),
    include_str!("../../http1/host.rs"),
    include_str!("../../http1/head/policy.rs"),
    include_str!("../../http1/framing.rs"),
];

/// A struct or an enum, with its members in order.
pub(super) struct Shape {
    pub(super) members: Vec<Member>,
    pub(super) is_enum: bool,
}

pub(super) struct Member {
    /// The key or the value, as written in a profile.
    pub(super) name: String,
    pub(super) doc: String,
    /// The type of a field; empty for a variant.
    pub(super) kind: String,
}

/// Every struct with named fields and every enum in the sources that is deserialized.
pub(super) fn shapes() -> BTreeMap<String, Shape> {
    let mut shapes = BTreeMap::new();
    for source in SOURCES {
        let (mut doc, mut rename, mut is_read) = (String::new(), None, false);
        let mut open: Option<(String, Shape)> = None;
        for line in source.lines() {
            let text = line.trim();
            if let Some(words) = text.strip_prefix("///") {
                doc += words;
                continue;
            }
            if let Some((_, name)) = text.split_once("rename = \"") {
                rename = name.split('"').next().map(str::to_owned);
            }
            if text.starts_with("#[") {
                is_read |= text.starts_with("#[derive(") && text.contains("Deserialize");
                continue;
            }
            let doc_text = std::mem::take(&mut doc).trim().to_owned();
            let renamed = rename.take();
            let is_read = std::mem::take(&mut is_read);
            if let Some((_, shape)) = &mut open {
                if line == "}" {
                    shapes.extend(open.take());
                } else if let Some((name, kind)) = text.strip_prefix("pub ").and_then(|f| f.split_once(": ")) {
                    shape.members.push(Member {
                        name: renamed.unwrap_or_else(|| name.to_owned()),
                        doc: doc_text,
                        kind: kind.trim_end_matches(',').to_owned(),
                    });
                } else if let Some(variant) = text.strip_suffix(',').filter(|_| shape.is_enum) {
                    shape.members.push(Member {
                        name: renamed.unwrap_or_else(|| kebab(variant)),
                        doc: doc_text,
                        kind: String::new(),
                    });
                }
            } else if let Some((is_enum, name)) = opening(line).filter(|_| is_read) {
                let shape = Shape {
                    members: Vec::new(),
                    is_enum,
                };
                open = Some((name.to_owned(), shape));
            }
        }
    }
    shapes
}

/// Whether a struct or an enum begins on this line: whether it is an enum, and its name.
fn opening(line: &str) -> Option<(bool, &str)> {
    let name = |text: &'static str| line.strip_prefix(text)?.strip_suffix(" {");
    name("pub enum ")
        .map(|n| (true, n))
        .or(name("pub struct ").map(|n| (false, n)))
}

/// The name as serde's `kebab-case` writes it.
fn kebab(variant: &str) -> String {
    let mut out = String::new();
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
