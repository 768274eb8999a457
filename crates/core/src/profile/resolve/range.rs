//! Resolves the table `[range]`.

use super::Mistake;
use super::names::Names;
use crate::http1::range::{BadMember, Instead, RangePolicy};
use crate::profile::OnInput;
use crate::profile::raw::RawRange;
use crate::profile::units::Word;

const INSTEAD: [(&str, Instead); 2] = [("whole", Instead::Whole), ("unsatisfiable", Instead::Unsatisfiable)];

const BAD_MEMBER: [(&str, BadMember); 4] = [
    ("whole", BadMember::Whole),
    ("unsatisfiable", BadMember::Unsatisfiable),
    ("drop", BadMember::Drop),
    ("end", BadMember::End),
];

/// How a Range field is parsed and which ranges are served.
pub(super) fn range_policy(raw: &RawRange, names: &Names) -> Result<RangePolicy, Mistake> {
    let instead = |key, word: &Word| {
        Ok(match names.on_input(&["range", key], word, &INSTEAD)? {
            OnInput::Accept(instead) => instead,
            OnInput::Respond(id) => Instead::Respond(id),
        })
    };
    let bad_member = |key, word: &Word| {
        Ok(match names.on_input(&["range", key], word, &BAD_MEMBER)? {
            OnInput::Accept(effect) => effect,
            OnInput::Respond(id) => BadMember::Respond(id),
        })
    };
    raw.resolved(instead, bad_member)
}
