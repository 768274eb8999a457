//! The colours of the live timeline and of the page of `explain` are the same.

use std::collections::BTreeMap;

/// The colours of a style sheet that differ between light and dark, by their names.
fn colours(style: &str) -> BTreeMap<&str, &str> {
    let named = style
        .split("--")
        .skip(1)
        .filter_map(|part| part.split_once(": light-dark("));
    named
        .filter_map(|(name, rest)| Some((name, rest.split_once(')')?.0)))
        .collect()
}

#[test]
fn the_live_timeline_and_an_explained_capture_have_the_same_colours() {
    let live = colours(include_str!("../../../crates/timeline/src/web/style.css"));
    let explained = colours(include_str!("../../../crates/capture/src/render/html/style.css"));
    assert!(explained.len() >= 15, "{explained:?}");
    for (name, colour) in explained {
        // In that style sheet, `mark` is a marked frame.
        let same = if name == "edge" { "mark" } else { name };
        assert_eq!(live.get(same), Some(&colour), "{name}");
    }
}
