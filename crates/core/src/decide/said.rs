//! The sentences of a decision's trace: each has a name, so that a page can say it in another language, and its English.
//!
//! Knows words. Does not know when which is said.

use serde::{Serialize, Serializer};
use std::fmt::Display;

macro_rules! sentences {
    ($($variant:ident = $name:literal, $english:literal;)*) => {
        /// A sentence. Places for values stand in braces.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // its English says it
        pub enum TraceMessage {
            $($variant,)*
        }

        impl TraceMessage {
            /// Every sentence.
            pub const ALL: &[TraceMessage] = &[$(TraceMessage::$variant,)*];

            /// Its name, in the API and in the page's table of messages.
            pub fn name(self) -> &'static str {
                match self { $(TraceMessage::$variant => $name,)* }
            }

            /// Its English.
            pub fn english(self) -> &'static str {
                match self { $(TraceMessage::$variant => $english,)* }
            }
        }
    };
}

sentences! {
    Fault = "fault", "the request is refused: {meaning} ({fault})";
    Refused = "refused", "{words}";
    Served = "served", "{method} is served";
    Answered = "answered", "{method} has a response of its own, whatever the target";
    Resolved = "resolved", "{method} has a response of its own, once the path is known";
    FoundFirst = "found_first", "{method} has a response of its own where there is a file";
    Routed = "routed", "the target {target} is answered before any file is looked for";
    NotServed = "not_served", "{target} is a file, which this method or type does not get";
    SlashBehindFile = "slash_behind_file", "{target} is a file, with a slash behind it";
    Directory = "directory", "{target} is a directory, and the path has no slash at its end";
    NoIndex = "no_index", "{target} is a directory without an index file";
    Missing = "missing", "{target} does not exist";
    Denied = "denied", "{target} may not be read";
    TooLong = "too_long", "{target} has a name longer than the file system allows";
    BehindFile = "behind_file", "{target} goes on behind a file";
    Special = "special", "{target} is neither a file nor a directory";
    Unavailable = "unavailable", "{target} cannot be opened now: no descriptor is left";
    File = "file", "{target} is the file {path}: {bytes} bytes, modified {modified}";
    NotCounted = "not_counted", "{field} does not count here";
    Matches = "matches", "{field} matches {ours}";
    MatchesNot = "matches_not", "{field} does not match {ours}";
    MatchesWithoutTag = "matches_without_tag", "{field} matches anything: the file has no entity tag";
    MatchesNotWithoutTag = "matches_not_without_tag", "{field} does not match anything: the file has no entity tag";
    Changed = "changed", "{field}: the file has changed since";
    Unchanged = "unchanged", "{field}: the file has not changed since";
    ClientIsBehind = "client_is_behind", "{field}: the client does not have this version";
    ClientIsCurrent = "client_is_current", "{field}: the client has this version";
    IfRangeHolds = "if_range_holds", "If-Range holds: Range counts";
    IfRangeFails = "if_range_fails", "If-Range does not hold: Range does not count";
    RangeWhole = "range_whole", "Range does not count: the whole file";
    RangeSingle = "range_single", "Range asks for bytes {first} to {last} of {size}";
    RangeSeveral = "range_several", "Range asks for {count} ranges of {size} bytes";
    RangeOutside = "range_outside", "Range lies outside the file's {size} bytes";
    Status = "status", "{status} {phrase}";
}

impl TraceMessage {
    /// Its English with these values in its places.
    pub(super) fn text(self, values: &[(&'static str, String)]) -> String {
        let mut text = String::new();
        let mut rest = self.english();
        while let Some((before, behind)) = rest.split_once('{') {
            let (place, after) = behind.split_once('}').unwrap_or((behind, ""));
            let value = values.iter().find(|(name, _)| *name == place);
            text.push_str(before);
            text.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        text + rest
    }
}

impl Serialize for TraceMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A value for a place.
pub(super) fn value(name: &'static str, value: impl Display) -> (&'static str, String) {
    (name, value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places_and_are_not_read_for_places_themselves() {
        let values = [
            value("target", "/{path}"),
            value("path", "a"),
            value("bytes", 7),
            value("modified", "x"),
        ];
        assert_eq!(
            TraceMessage::File.text(&values),
            "/{path} is the file a: 7 bytes, modified x"
        );
        assert_eq!(TraceMessage::RangeWhole.text(&[]), TraceMessage::RangeWhole.english());
    }
}
