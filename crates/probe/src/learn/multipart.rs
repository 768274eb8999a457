//! The layout of a response with several ranges.

use super::align::escaped;
use super::recorded::Recorded;
use super::space;
use super::templates::key;
use toml::Table;

/// The layout of several ranges, from a response with two or more.
pub(super) fn multipart(recorded: &[Recorded], keys: &mut Table) {
    let all: Vec<(&Recorded, &str, &str)> = recorded
        .iter()
        .filter(|one| one.message.status == 206 && !one.message.odd)
        .filter_map(|one| {
            let given = one.message.field("Content-Type")?;
            let boundary = given.split_once("boundary=")?.1.trim_matches('"').split(';').next()?;
            Some((one, given, boundary))
        })
        .collect();
    let Some((one, given, boundary)) = all.first() else {
        return;
    };
    let others: Vec<&str> = all.iter().map(|(.., boundary)| *boundary).collect();
    let set =
        |keys: &mut Table, name: &str, value: String| space::set(keys, &key(&["multipart", name]), Some(value.into()));
    set(keys, "content_type", escaped(given).replace(boundary, "{boundary}"));
    set(keys, "boundary", boundary_form(&others));
    let mark = format!("--{boundary}");
    let Some((_, rest)) = one.message.body.split_once(&mark) else {
        return;
    };
    let before = &one.message.body[..one.message.body.len() - rest.len() - mark.len()];
    let Some((head, _)) = rest.split_once("\r\n\r\n") else {
        return;
    };
    let lines: Vec<String> = head
        .split("\r\n")
        .map(|line| match line.split_once(": ") {
            Some((name, _)) if name.eq_ignore_ascii_case("content-type") => format!("{name}: {{content_type}}"),
            Some((name, _)) if name.eq_ignore_ascii_case("content-range") => format!("{name}: {{content_range}}"),
            _ => escaped(line),
        })
        .collect();
    set(
        keys,
        "part",
        format!("{before}--{{boundary}}{}\r\n\r\n", lines.join("\r\n")),
    );
    if let Some(at) = one.message.body.rfind(&mark) {
        let before = if one.message.body[..at].ends_with("\r\n") {
            "\r\n"
        } else {
            ""
        };
        let after = &one.message.body[at + mark.len()..];
        set(keys, "end", format!("{before}--{{boundary}}{}", escaped(after)));
        // A line end before a boundary belongs to the part that starts there, or to the part before it.
        if before == "\r\n" && !one.message.body.starts_with("\r\n") {
            let part = format!("--{{boundary}}{}\r\n\r\n", lines.join("\r\n"));
            set(keys, "part", part);
        }
    }
}

/// A template for boundaries of this length and kind.
fn boundary_form(all: &[&str]) -> String {
    let first = all[0];
    let is = |test: fn(char) -> bool| all.iter().all(|boundary| boundary.chars().all(test));
    let length = first.len();
    if length == 20 && is(|c| c.is_ascii_digit()) {
        return "{counter:pad20}".to_owned();
    }
    if length < 16 {
        return escaped(first);
    }
    // Letters that all have in common, followed by a number.
    let (before, _) = first.split_at(length - 16);
    let same = all.iter().all(|boundary| boundary.starts_with(before));
    match before.len() {
        0 => "{random:x16}".to_owned(),
        16 if !same => "{random:x16}{random:x16}".to_owned(),
        _ => format!("{}{{random:x16}}", escaped(before)),
    }
}
