//! Parses JSON, as far as a schema uses it, into TOML values. `null` is not supported.

use toml::{Table, Value};

/// The value of a JSON text; `None` if it is not JSON.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut rest = Rest(text);
    let value = rest.value(0)?;
    rest.trim().is_empty().then_some(value)
}

/// How deep values may be nested.
const DEPTH: usize = 64;

/// The text that has not been read yet.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    fn trim(&mut self) -> &'t str {
        self.0 = self.0.trim_ascii_start();
        self.0
    }

    /// Reads `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        match self.trim().strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        if self.take("{") {
            let mut table = Table::new();
            self.items("}", |rest| {
                let key = rest.text()?;
                let value = rest.take(":").then(|| rest.value(depth + 1))??;
                table.insert(key, value);
                Some(())
            })?;
            return Some(Value::Table(table));
        }
        if self.take("[") {
            let mut values = Vec::new();
            self.items("]", |rest| {
                values.push(rest.value(depth + 1)?);
                Some(())
            })?;
            return Some(Value::Array(values));
        }
        if self.trim().starts_with('"') {
            return self.text().map(Value::String);
        }
        for (token, value) in [("true", true), ("false", false)] {
            if self.take(token) {
                return Some(Value::Boolean(value));
            }
        }
        let digits = self
            .0
            .bytes()
            .take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b))
            .count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        // A limit above the integers of TOML is never reached by a value in TOML, so the largest integer replaces it.
        let whole = number
            .parse::<i64>()
            .or_else(|_| number.parse::<u64>().map(|_| i64::MAX));
        whole
            .ok()
            .map(Value::Integer)
            .or_else(|| number.parse().ok().map(Value::Float))
    }

    /// Reads items, with commas between them, up to `end`.
    fn items(&mut self, end: &str, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.take(end) {
            return Some(());
        }
        loop {
            item(self)?;
            if self.take(end) {
                return Some(());
            }
            self.take(",").then_some(())?;
        }
    }

    fn text(&mut self) -> Option<String> {
        self.take("\"").then_some(())?;
        let mut out = String::new();
        loop {
            // Most of a schema is text without escapes.
            let end = memchr::memchr2(b'"', b'\\', self.0.as_bytes())?;
            let (plain, rest) = self.0.split_at(end);
            out.push_str(plain);
            let mut chars = rest.chars();
            let is_end = chars.next()? == '"';
            if !is_end {
                out.push(match chars.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    other => other,
                });
            }
            self.0 = chars.as_str();
            if is_end {
                return Some(out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = read(r#" {"a": [1, -2, true, {}], "b\"\u00e9\n": "x", "c": 18446744073709551615} "#).expect("JSON");
        assert_eq!(value["a"].as_array().map(Vec::len), Some(4));
        assert_eq!(value["b\"é\n"].as_str(), Some("x"));
        assert_eq!(value["c"].as_integer(), Some(i64::MAX));
        assert_eq!(read(r#""é\\\"""#).expect("JSON").as_str(), Some("é\\\""));
        for bad in [
            "",
            "\"\\",
            "\"\\u00",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "\"a",
            "tru",
            "1 2",
            &"[".repeat(1000),
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
