//! Lists of entity tags, in every syntax.

use crate::input::Input;
use labserve_core::http1::etag::{Comparison, ListSyntax, matches, unquoted};

/// The first line is the file's tag, the rest is the field.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let tag = input.line();
    let field = input.0;
    let _ = unquoted(tag);
    for syntax in [
        ListSyntax::Rfc9110,
        ListSyntax::Quoted,
        ListSyntax::Commas,
        ListSyntax::Prefix,
        ListSyntax::Bare,
        ListSyntax::Substring,
    ] {
        for etag in [None, Some(tag)] {
            let weak = matches(field, etag, Comparison::Weak, syntax);
            let strong = matches(field, etag, Comparison::Strong, syntax);
            // The property holds only for real tags, which are quoted.
            let is_tag = tag.starts_with(b"\"") || tag.starts_with(b"W/\"");
            assert!(
                weak || !strong || !is_tag || syntax == ListSyntax::Quoted,
                "{} matches {} strongly but not weakly in {syntax:?}",
                field.escape_ascii(),
                tag.escape_ascii()
            );
        }
    }
}
