//! The messages of a decision's trace, with placeholders for values.

use crate::locale::Lang;
use crate::sentences;
use serde::{Serialize, Serializer};
use std::fmt::Display;

sentences! {
    /// A message of a decision's trace. The API refers to it by its key.
    pub enum TraceMessage in "trace" {
        Fault = "fault",
        Refused = "refused",
        Served = "served",
        Answered = "answered",
        Resolved = "resolved",
        FoundFirst = "found_first",
        Routed = "routed",
        NotServed = "not_served",
        SlashAfterFile = "slash_after_file",
        Directory = "directory",
        NoIndex = "no_index",
        Missing = "missing",
        Denied = "denied",
        Unreadable = "unreadable",
        IndexDirectory = "index_directory",
        Dangling = "dangling",
        LinkLoop = "link_loop",
        TooLong = "too_long",
        PathAfterFile = "path_after_file",
        Special = "special",
        Unavailable = "unavailable",
        File = "file",
        NotCounted = "not_counted",
        Matches = "matches",
        MatchesNot = "matches_not",
        MatchesWithoutTag = "matches_without_tag",
        MatchesNotWithoutTag = "matches_not_without_tag",
        Changed = "changed",
        Unchanged = "unchanged",
        ClientIsBehind = "client_is_behind",
        ClientIsCurrent = "client_is_current",
        IfRangeHolds = "if_range_holds",
        IfRangeFails = "if_range_fails",
        RangeWhole = "range_whole",
        RangeSingle = "range_single",
        RangeSeveral = "range_several",
        RangeOutside = "range_outside",
        RangeRefused = "range_refused",
        Status = "status",
    }
}

impl TraceMessage {
    /// The English text with the placeholders replaced by `values`. A placeholder without a value becomes empty.
    pub(super) fn filled(self, values: &[(&'static str, String)]) -> String {
        let mut text = String::new();
        let mut rest = self.text(Lang::En);
        while let Some((before, opened)) = rest.split_once('{') {
            let (name, after) = opened.split_once('}').unwrap_or((opened, ""));
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(before);
            text.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        text + rest
    }
}

impl Serialize for TraceMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

/// A value for the placeholder `name`.
pub(super) fn value(name: &'static str, value: impl Display) -> (&'static str, String) {
    (name, value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_in_values_are_not_replaced() {
        let values = [
            value("target", "/{path}"),
            value("path", "a"),
            value("bytes", 7),
            value("modified", "x"),
        ];
        assert_eq!(
            TraceMessage::File.filled(&values),
            "/{path} is the file a: 7 bytes, modified x"
        );
        assert_eq!(
            TraceMessage::RangeWhole.filled(&[]),
            TraceMessage::RangeWhole.text(Lang::En)
        );
    }
}
