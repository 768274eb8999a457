//! Measures whose values are texts: media types, the form of boundaries, and which fields change.

use super::{Asked, heard, send};
use crate::case::Step;
use crate::head::{field, fields};
use crate::site;
use std::time::Duration;

/// How many times a request is sent to see what changes.
const TIMES: u64 = 3;

/// The files of the probe site by their extensions.
pub(super) fn typed_files() -> impl Iterator<Item = (&'static str, String)> {
    site::FILES.iter().filter_map(|file| {
        let extension = file.path.strip_prefix("types/a.")?;
        Some((extension, format!("/{}", file.path)))
    })
}

/// The head of the response to a request without a body.
fn head(asked: &Asked<'_>, request_line: &str, fields: &str, again: u64) -> Option<String> {
    let text = format!(
        "{request_line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}\r\n",
        asked.host
    );
    let end = Step::End {
        within: Duration::from_millis(1500),
    };
    asked.play(vec![send(text), end], again).map(|outcome| heard(&outcome))
}

/// The media type of a file.
pub(super) fn media_type(asked: &Asked<'_>, path: &str) -> Option<String> {
    let head = head(asked, &format!("HEAD {path}"), "", 0)?;
    match (field(&head, "content-type"), crate::head::status(&head)) {
        (Some(value), Some(200)) => Some(value.to_owned()),
        (None, Some(200)) => Some("none".to_owned()),
        _ => None,
    }
}

/// The form of multipart boundaries. The second response is the second on its connection, and so on: a boundary may
/// count the responses of the server or those of the connection.
pub(super) fn boundary(asked: &Asked<'_>) -> Option<String> {
    let boundary = |again| {
        let request = |fields: &str| {
            let Asked { ranged, host, .. } = asked;
            send(format!(
                "GET {ranged} HTTP/1.1\r\nHost: {host}\r\nRange: bytes=0-1,4-5\r\n{fields}\r\n"
            ))
        };
        let mut steps = Vec::new();
        for _ in 0..again {
            let quiet = Some(Duration::from_millis(50));
            steps.extend([request(""), Step::Read { quiet }]);
        }
        let within = Duration::from_millis(1500);
        steps.extend([request("Connection: close\r\n"), Step::End { within }]);
        let text = heard(&asked.play(steps, again)?);
        let (_, value) = text.rsplit_once("boundary=")?;
        Some(value.lines().next()?.trim_matches('"').to_owned())
    };
    let values: Vec<String> = (0..TIMES).map(boundary).collect::<Option<_>>()?;
    Some(form(&values))
}

/// The names of the fields that differ between responses to one request.
pub(super) fn changing_fields(asked: &Asked<'_>) -> Option<String> {
    let heads: Vec<String> = (0..TIMES)
        .map(|again| head(asked, &format!("GET {}", asked.path), "", again))
        .collect::<Option<_>>()?;
    let first = heads.first().filter(|head| head.starts_with("HTTP/"))?;
    let changes = |name: &str| heads.iter().any(|head| field(head, name) != field(first, name));
    let mut names: Vec<String> = fields(first).map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.retain(|name| name != "date" && changes(name));
    Some(if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    })
}

/// What several values have in common: their length and characters, and whether they are equal or count up. The values
/// themselves are not included, because a server may draw them at random when it starts.
fn form(values: &[String]) -> String {
    let Some(first) = values.first() else {
        return String::new();
    };
    let is_fill = |c: char| !c.is_ascii_alphanumeric();
    let fill = &first[..first.find(|c| !is_fill(c)).unwrap_or(0)];
    let rest: Vec<&str> = values
        .iter()
        .map(|value| value.strip_prefix(fill).unwrap_or(value))
        .collect();
    let longest = rest.iter().map(|value| value.len()).max().unwrap_or(0);
    let all = |test: fn(char) -> bool| rest.iter().all(|value| value.chars().all(test));
    let characters = if all(|c| c.is_ascii_digit()) {
        "decimal digits"
    } else if all(|c| c.is_ascii_hexdigit()) {
        "hexadecimal digits"
    } else if all(|c| c.is_ascii_alphanumeric()) {
        "letters and digits"
    } else {
        "characters"
    };
    // A number without leading zeros is sometimes shorter.
    let length = longest.next_multiple_of(4);
    let before = if fill.is_empty() {
        String::new()
    } else {
        format!("`{fill}` and ")
    };
    let how = if values.iter().all(|value| value == first) {
        ", the same each time"
    } else if is_counting(&rest) {
        ", counting up"
    } else {
        ""
    };
    format!("{before}up to {length} {characters}{how}")
}

/// Whether the values are numbers that grow by less than random numbers would.
fn is_counting(values: &[&str]) -> bool {
    const LARGEST_STEP: u128 = 10_000_000_000;
    let numbers: Option<Vec<u128>> = values.iter().map(|value| value.parse().ok()).collect();
    numbers.is_some_and(|numbers| {
        let steps = numbers.windows(2).map(|pair| pair[1].checked_sub(pair[0]));
        let mut steps = steps.map(|step| step.is_some_and(|step| step > 0 && step < LARGEST_STEP));
        values[0].len() > 12 && steps.all(|grows| grows)
    })
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn values_have_a_form() {
        let table: [([&str; 3], &str); 6] = [
            (["x", "x", "x"], "up to 4 letters and digits, the same each time"),
            (
                ["00000000000000000012", "00000000000000000013", "00000000000000000019"],
                "up to 20 decimal digits, counting up",
            ),
            (
                ["18446744073709551615", "08446744073709551615", "78446744073709551615"],
                "up to 20 decimal digits",
            ),
            (
                ["--abcd12", "--01234f", "--ffffff"],
                "`--` and up to 8 hexadecimal digits",
            ),
            (["Zz09", "aaaa", "bbbb"], "up to 4 letters and digits"),
            (["a_b", "a_bc", "a_bcd"], "up to 8 characters"),
        ];
        for (values, want) in table {
            assert_eq!(form(&values.map(str::to_owned)), want);
        }
    }
}
