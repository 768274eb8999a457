//! Resolves the table `[head]`, and the rules of `[request_body]` that apply to heads.

use super::faults::faults;
use super::names::Names;
use super::{Mistake, checked, methods};
use crate::http1::chunked::ChunkPolicy;
use crate::http1::head::{Buffers, FramingJudgedBy, Http09, Protocol};
use crate::http1::{BodyRules, HeadPolicy};
use crate::profile::raw::{self, Raw};

/// Limits on request heads, and how they are parsed.
pub(super) fn head_policy(raw: &Raw, names: &Names) -> Result<HeadPolicy, Mistake> {
    let faults = faults(raw, names)?;
    let buffers = match &raw.head.buffers {
        Some(buffers) => Some(Buffers {
            first: checked("head", "buffers", buffers.first.0, 16, 1 << 20)? as usize,
            size: checked("head", "buffers", buffers.size.0, 16, 1 << 20)? as usize,
            count: buffers.count,
        }),
        None => None,
    };
    Ok(HeadPolicy {
        line: checked("head", "line", raw.head.line.0, 16, 1 << 20)? as usize,
        field: checked("head", "field", raw.head.field.0, 16, 1 << 20)? as usize,
        fields: raw.head.fields,
        size: checked("head", "size", raw.head.size.0, 64, 4 << 20)? as usize,
        buffers,
        once: raw.head.once.clone(),
        trim_tabs: raw.head.trim_tabs,
        value: Some(raw.head.value.0 as usize).filter(|n| *n > 0),
        empty_lines: Some(raw.head.empty_lines).filter(|n| *n > 0),
        empty_lines_after: Some(raw.head.empty_lines_after).filter(|n| *n > 0),
        full_http09_refusals: raw.head.http09_refused == Http09::Full,
        host_beside_uri: raw.head.host_beside_uri,
        own_scheme: raw.target.schemes.first().filter(|scheme| *scheme != "*").cloned(),
        fields_by_next_line: raw.head.fields_judged_by == raw::FieldsJudgedBy::NextLine,
        host: raw.head.host,
        body: BodyRules {
            delimiter: raw.request_body.delimiter,
            coding_by_line: raw.head.framing_judged_by != FramingJudgedBy::Head,
            coding_after_spaces: raw.request_body.coding_after_spaces,
            length: raw.request_body.length,
            expect: raw.request_body.expect,
            expect_http10: raw.request_body.expect_http10,
            expect_connect: raw.request_body.expect_connect,
            expect_version_as_text: raw.request_body.expect_version_as_text,
            largest: checked("request_body", "largest", raw.request_body.largest.0, 0, u64::MAX)?,
            readable: unlimited(raw.request_body.readable.0),
            chunks: chunks(&raw.request_body.chunks),
        },
        drop_leading_controls: raw.target.drop_leading_controls,
        tab_is_text: raw.head.tab == raw::Tab::Text,
        name_space_is_part: raw.head.name_space == raw::NameSpace::Part,
        counts_parts: raw.head.counts == raw::Counts::Parts,
        http2_as_http10: raw.head.http2 == raw::Http2::Http10,
        by_byte: raw.head.judged_by == raw::JudgedBy::Byte,
        framing_judged_by: raw.head.framing_judged_by,
        connect_needs_host: raw.head.connect_needs_host,
        count_ends: raw.head.count_ends,
        separators: raw.head.separators,
        cr_ends_field: raw.head.cr_ends_field,
        http09: raw.head.http09,
        faults,
        methods: methods::known(raw)
            .into_iter()
            .filter(|method| {
                !raw.head
                    .protocols
                    .values()
                    .any(|protocol| protocol.own.contains(method))
            })
            .collect(),
        protocols: raw
            .head
            .protocols
            .iter()
            .map(|(name, protocol)| Protocol {
                name: format!("{name}/"),
                shared: protocol.shared.clone(),
                own: protocol.own.clone(),
            })
            .collect(),
    })
}

/// A limit of which 0 means none.
fn unlimited(most: u64) -> u64 {
    if most == 0 { u64::MAX } else { most }
}

/// What a chunked body must look like.
fn chunks(raw: &raw::RawChunks) -> ChunkPolicy {
    ChunkPolicy {
        largest: raw.largest.0,
        largest_followed: unlimited(raw.largest_followed.0),
        line_ends: raw.line_ends,
        size_space: raw.size_space,
        spaces: unlimited(raw.spaces),
        extension: raw.extension,
        extensions: unlimited(raw.extensions.0),
        line: unlimited(raw.line.0),
        by_line: raw.by_line,
        trailers: raw.trailers,
        refused: raw.refused,
    }
}
