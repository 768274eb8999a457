//! Resolves the tables about request heads, and the rules of `[request_body]` that apply to heads.

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
    let (limits, parser) = (&raw.limits, &raw.parser);
    let buffers = match &raw.limits.buffers {
        Some(buffers) => Some(Buffers {
            first: checked("limits", "buffers", buffers.first.0, 16, 1 << 20)? as usize,
            size: checked("limits", "buffers", buffers.size.0, 16, 1 << 20)? as usize,
            count: buffers.count,
        }),
        None => None,
    };
    Ok(HeadPolicy {
        line: checked("limits", "request_line", limits.request_line.0, 16, 1 << 20)? as usize,
        field: checked("limits", "field_line", limits.field_line.0, 16, 1 << 20)? as usize,
        fields: limits.fields,
        size: checked("limits", "head", limits.head.0, 64, 4 << 20)? as usize,
        buffers,
        once: raw.fields.single.clone(),
        trim_tabs: raw.fields.trim_tabs,
        value: limits.field_value.0.map(|most| most as usize),
        empty_lines: limits.empty_lines.0.map(|most| most as usize),
        empty_lines_after: limits.empty_lines_after_request.0.map(|most| most as usize),
        full_http09_refusals: parser.http09_refused == Http09::Full,
        host_beside_uri: raw.host.check_with_absolute_target,
        own_scheme: raw.target.schemes.first().filter(|scheme| *scheme != "*").cloned(),
        fields_by_next_line: parser.check_field_lines == raw::FieldsJudgedBy::NextLine,
        host: raw.host.syntax,
        body: BodyRules {
            delimiter: raw.request_body.delimiter,
            coding_by_line: parser.check_framing != FramingJudgedBy::Head,
            coding_after_spaces: raw.request_body.coding_after_spaces,
            length: raw.request_body.length_syntax,
            expect: raw.request_body.expect.matches,
            expect_http10: raw.request_body.expect.http10,
            expect_connect: raw.request_body.expect.connect,
            expect_version_as_text: raw.request_body.expect.version_as_text,
            largest: checked(
                "request_body",
                "largest_length",
                raw.request_body.largest_length.0,
                0,
                u64::MAX,
            )?,
            readable: raw.request_body.largest_read.most(),
            chunks: chunks(&raw.request_body.chunks),
        },
        drop_leading_controls: raw.target.drop_leading_controls,
        tab_is_text: parser.request_line_tab == raw::Tab::Text,
        name_space_is_part: parser.space_before_colon == raw::NameSpace::PartOfName,
        counts_parts: limits.head_counts == raw::HeadCounts::Parts,
        http2_as_http10: parser.http2 == raw::Http2::Http10,
        by_byte: parser.check_request_line == raw::JudgedBy::Byte,
        framing_judged_by: parser.check_framing,
        connect_needs_host: raw.host.needed_for_connect,
        count_ends: limits.count_line_ends,
        separators: parser.request_line_separators,
        cr_ends_field: parser.cr_ends_field,
        http09: parser.http09,
        faults,
        methods: methods::known(raw)
            .into_iter()
            .filter(|method| !parser.protocols.values().any(|protocol| protocol.own.contains(method)))
            .collect(),
        protocols: parser
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

/// What a chunked body must look like.
fn chunks(raw: &raw::RawChunks) -> ChunkPolicy {
    ChunkPolicy {
        largest: raw.max_size.0,
        largest_followed: raw.max_size_followed.most(),
        line_ends: raw.line_ends,
        size_space: raw.size_space,
        spaces: raw.max_spaces.0.unwrap_or(u64::MAX),
        extension: raw.extension_syntax,
        extensions: raw.max_extensions.most(),
        line: raw.max_line.most(),
        by_line: raw.check_complete_lines,
        trailers: raw.trailers,
        refused: raw.refused_trailers,
        close_in_trailers: raw.close_in_trailers,
    }
}
