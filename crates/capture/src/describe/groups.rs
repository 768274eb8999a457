//! Which connections are alike.

use crate::describe;
use crate::model::{Capture, Connection, Group};
use crate::sentence::{Msg, Sentence};

/// How many groups are listed.
const GROUPS: usize = 20;
/// How many streams of a group are named.
const STREAMS: usize = 5;

/// The groups of a capture whose connections are not described one by one, each with its first connection.
pub(crate) fn groups(capture: &Capture) -> Vec<(&Group, &Connection)> {
    if !capture.is_summarized() {
        return Vec::new();
    }
    let first = |group: &Group| group.streams.first().and_then(|stream| capture.connection(*stream));
    let groups = capture.groups.iter().filter_map(|group| Some((group, first(group)?)));
    groups.take(GROUPS).collect()
}

/// A line about a group.
pub(crate) fn group_line(group: &Group, first: &Connection) -> Sentence {
    Sentence::new(Msg::GroupLine)
        .with("count", group.count)
        .with("server", group.server.to_string())
        .with_message("use", describe::usage(group.usage))
        .with("exchanges", group.exchanges)
        .with_message("how", describe::teardown(first))
        .with_message("why", describe::reason(group.reason))
        .with("streams", streams(group))
}

/// The first streams of a group, and an ellipsis if there are more.
pub(crate) fn streams(group: &Group) -> String {
    let named: Vec<String> = group.streams.iter().take(STREAMS).map(u32::to_string).collect();
    let more = if group.count as usize > named.len() {
        ", …"
    } else {
        ""
    };
    named.join(", ") + more
}

/// How many connections are described one by one.
pub(crate) fn described_of(capture: &Capture) -> Sentence {
    Sentence::new(Msg::DescribedOf)
        .with("shown", capture.described.len())
        .with("count", capture.connections.len())
}
