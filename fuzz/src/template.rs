//! Templates, with arbitrary text, values and filters.

use crate::input::Input;
use labserve_core::profile::{Placeholder, Template, Values};

/// The same value for every placeholder, or none.
struct Same<'d> {
    text: Option<&'d [u8]>,
    number: Option<u64>,
}

impl Values for Same<'_> {
    fn number(&self, _: Placeholder) -> Option<i128> {
        self.number.map(i128::from)
    }

    fn text(&self, _: Placeholder, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.text.unwrap_or_default());
        self.text.is_some()
    }
}

/// The first line is the template, the rest is the value of its placeholders.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let number = *input.choose(&[0, 1, 0x1234_5678_9abc_def0, u64::MAX]);
    let Ok(source) = std::str::from_utf8(input.line()) else {
        return;
    };
    let Ok(template) = Template::parse(source) else { return };
    assert_eq!(template.source(), source);
    let mut out = b"before".to_vec();
    for (text, number) in [
        (Some(input.0), Some(number)),
        (None, Some(number)),
        (Some(input.0), None),
    ] {
        out.truncate(6);
        if !template.render(&Same { text, number }, &mut out) {
            assert_eq!(out, b"before", "a template that fails must not change the output");
        }
        assert!(out.starts_with(b"before"));
    }
}
