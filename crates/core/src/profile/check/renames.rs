//! What the keys of profiles were called before format 1.

use crate::profile::schema::Schema;

/// Old keys and new ones. `*` is any name.
const RENAMES: [(&str, &str); 180] = [
    ("head.line", "limits.request_line"),
    ("head.field", "limits.field_line"),
    ("head.fields", "limits.fields"),
    ("head.size", "limits.head"),
    ("head.counts", "limits.head_counts"),
    ("head.count_ends", "limits.count_line_ends"),
    ("head.buffers", "limits.buffers"),
    ("head.value", "limits.field_value"),
    ("head.empty_lines", "limits.empty_lines"),
    ("head.empty_lines_after", "limits.empty_lines_after_request"),
    ("head.read", "limits.read_size"),
    ("head.judged_by", "parser.check_request_line"),
    ("head.fields_judged_by", "parser.check_field_lines"),
    ("head.framing_judged_by", "parser.check_framing"),
    ("head.separators", "parser.request_line_separators"),
    ("head.tab", "parser.request_line_tab"),
    ("head.name_space", "parser.space_before_colon"),
    ("head.cr_ends_field", "parser.cr_ends_field"),
    ("head.method_case", "parser.method_case"),
    ("head.http09", "parser.http09"),
    ("head.http09_refused", "parser.http09_refused"),
    ("head.http2", "parser.http2"),
    ("head.pipelined_fault", "parser.pipelined_fault"),
    ("head.protocols", "parser.protocols"),
    ("head.repeated", "fields.repeated"),
    ("head.repeated_date", "fields.repeated_date"),
    ("head.once", "fields.single"),
    ("head.fold", "fields.fold"),
    ("head.trailing_space", "fields.trailing_space"),
    ("head.trim_tabs", "fields.trim_tabs"),
    ("head.host", "host.syntax"),
    ("head.host_beside_uri", "host.check_with_absolute_target"),
    ("head.connect_needs_host", "host.needed_for_connect"),
    ("target.own_name", "host.default"),
    ("target.longest_path", "limits.path"),
    ("target.longest_query", "limits.query"),
    ("target.longest_segment", "limits.path_segment"),
    ("target.most_segments", "limits.path_segments"),
    ("request_body.limit", "limits.body"),
    ("connection.http10_keep_alive", "connection.http10.keep_alive"),
    ("connection.http10_needs_length", "connection.http10.needs_length"),
    ("connection.http10_keep_wins", "connection.http10.keep_alive_wins"),
    ("connection.search", "connection.token_search"),
    ("connection.repeated", "connection.repeated_field"),
    ("connection.not_kept", "connection.close_after"),
    ("connection.upgrade_swallows", "connection.discard_after_upgrade"),
    ("connection.full", "connection.too_many"),
    ("timers.tie", "timers.unread_at_expiry"),
    ("timers.blank", "timers.empty_lines"),
    ("timers.*.say", "timers.*.response"),
    ("request_body.both_ends", "request_body.close_after_both"),
    ("request_body.look_first", "request_body.check_arrived"),
    ("request_body.before_end", "request_body.read_before_close"),
    ("request_body.length", "request_body.length_syntax"),
    ("request_body.largest", "request_body.largest_length"),
    ("request_body.readable", "request_body.largest_read"),
    ("request_body.expect", "request_body.expect.match"),
    (
        "request_body.expect_version_as_text",
        "request_body.expect.version_as_text",
    ),
    ("request_body.expect_http10", "request_body.expect.http10"),
    ("request_body.expect_connect", "request_body.expect.connect"),
    ("request_body.continues", "request_body.expect.send_continue"),
    ("request_body.continue_times", "request_body.expect.times"),
    ("request_body.continue_times_old", "request_body.expect.times_http10"),
    ("request_body.continue_times_padded", "request_body.expect.times_padded"),
    ("request_body.continue_without_body", "request_body.expect.without_body"),
    ("request_body.continue_unsent_ends", "request_body.expect.close_unsent"),
    ("request_body.chunks.largest", "request_body.chunks.max_size"),
    (
        "request_body.chunks.largest_followed",
        "request_body.chunks.max_size_followed",
    ),
    ("request_body.chunks.spaces", "request_body.chunks.max_spaces"),
    ("request_body.chunks.extension", "request_body.chunks.extension_syntax"),
    ("request_body.chunks.extensions", "request_body.chunks.max_extensions"),
    ("request_body.chunks.line", "request_body.chunks.max_line"),
    (
        "request_body.chunks.by_line",
        "request_body.chunks.check_complete_lines",
    ),
    ("request_body.chunks.refused", "request_body.chunks.refused_trailers"),
    ("conditions.age_with_range", "conditions.min_age_with_range"),
    ("conditions.if_range_date_age", "conditions.if_range_min_age"),
    ("types.builtin", "types.base"),
    ("response.*.counts", "response.*.request_count"),
    ("response.*.continues", "response.*.send_continue"),
    ("faults.empty_lines", "faults.request_line.too_long.empty_lines"),
    ("faults.empty_line_cr", "faults.bare_cr.empty_line"),
    ("faults.empty_line_lf", "faults.bare_lf.request_line.empty"),
    ("faults.bare_lf_line", "faults.bare_lf.request_line"),
    ("faults.bare_lf_no_version", "faults.bare_lf.request_line.no_version"),
    ("faults.bare_lf_end", "faults.bare_lf.head_end"),
    ("faults.leading_space", "faults.request_line.leading_space"),
    ("faults.extra_space", "faults.request_line.extra_space"),
    ("faults.tab_space", "faults.request_line.extra_space.tab"),
    ("faults.trailing_space", "faults.request_line.extra_space.trailing"),
    ("faults.one_word", "faults.request_line.one_word"),
    ("faults.method_char", "faults.method.char"),
    ("faults.method_no_token", "faults.method.char.no_token"),
    ("faults.method_case", "faults.method.lower_case"),
    ("faults.method_unknown", "faults.method.unknown"),
    ("faults.target_space", "faults.target.space"),
    ("faults.target_control", "faults.target.control"),
    ("faults.target_tab", "faults.target.control.tab"),
    ("faults.target_nul", "faults.target.nul"),
    ("faults.target_high", "faults.target.non_ascii"),
    ("faults.target_fragment", "faults.target.fragment"),
    ("faults.target_query", "faults.target.form.query"),
    ("faults.target_bare_scheme", "faults.target.form.no_authority"),
    ("faults.target_form", "faults.target.form"),
    ("faults.connect_authority", "faults.connect.authority"),
    ("faults.connect_other", "faults.connect.no_authority"),
    ("faults.target_authority", "faults.target.authority"),
    ("faults.target_authority_char", "faults.target.authority.char"),
    ("faults.target_scheme", "faults.target.scheme"),
    ("faults.target_asterisk", "faults.target.asterisk"),
    ("faults.options_asterisk", "faults.target.asterisk.options"),
    ("faults.target_asterisk_more", "faults.target.form.asterisk"),
    ("faults.options_asterisk_query", "faults.target.form.asterisk.options"),
    ("faults.no_version", "faults.version.missing"),
    ("faults.no_version_method", "faults.version.missing_not_get"),
    ("faults.no_version_space", "faults.request_line.extra_space.no_version"),
    ("faults.bad_version", "faults.version.invalid"),
    ("faults.odd_version", "faults.version.digits"),
    ("faults.lower_version", "faults.version.lower_case"),
    ("faults.minor_version", "faults.version.minor"),
    ("faults.major_version", "faults.version.major"),
    ("faults.far_version", "faults.version.major.above_2_0"),
    ("faults.first_version", "faults.version.old.not_0_9"),
    ("faults.old_version", "faults.version.old"),
    ("faults.line_too_long", "faults.request_line.too_long"),
    ("faults.field_no_colon", "faults.field.no_colon"),
    ("faults.field_envelope", "faults.field.envelope"),
    ("faults.field_name_empty", "faults.field.name.empty"),
    ("faults.field_name_char", "faults.field.name.char"),
    ("faults.field_name_control", "faults.field.name.char.control"),
    ("faults.field_name_high", "faults.field.name.char.non_ascii"),
    ("faults.field_name_inner_space", "faults.field.name.char.control.space"),
    ("faults.framing_name_space", "faults.field.name.space.framing"),
    ("faults.field_name_space", "faults.field.name.space"),
    ("faults.field_fold", "faults.field.fold"),
    ("faults.field_fold_empty", "faults.field.fold.empty"),
    ("faults.field_fold_no_value", "faults.field.fold.no_value"),
    ("faults.framing_fold", "faults.field.fold.framing"),
    ("faults.length_fold", "faults.field.fold.framing.content_length"),
    ("faults.field_tab_first", "faults.field.leading_space.tab"),
    ("faults.field_fold_first", "faults.field.leading_space"),
    ("faults.field_value_nul", "faults.field.value.nul"),
    ("faults.field_value_control", "faults.field.value.control"),
    ("faults.field_end_cr", "faults.bare_cr.field_end"),
    ("faults.field_repeated", "faults.field.repeated"),
    ("faults.head_end_cr", "faults.bare_cr.head_end"),
    ("faults.field_too_long", "faults.field.too_long"),
    ("faults.field_value_too_long", "faults.field.too_long.value"),
    ("faults.fields_too_many", "faults.head.too_many_fields"),
    ("faults.head_too_large", "faults.head.too_large"),
    ("faults.host_missing", "faults.host.missing"),
    ("faults.host_repeated", "faults.host.repeated"),
    ("faults.host_empty", "faults.host.empty"),
    ("faults.host_empty_old", "faults.host.empty_http10"),
    ("faults.host_invalid", "faults.host.invalid"),
    ("faults.host_label", "faults.host.label"),
    ("faults.length_invalid", "faults.content_length.invalid"),
    ("faults.length_char", "faults.content_length.char"),
    ("faults.length_repeated", "faults.content_length.repeated"),
    ("faults.length_conflict", "faults.content_length.conflict"),
    ("faults.length_missing", "faults.content_length.missing"),
    (
        "faults.length_and_coding",
        "faults.transfer_encoding.with_content_length",
    ),
    ("faults.coding_unknown", "faults.transfer_encoding.unknown"),
    ("faults.coding_not_chunked", "faults.transfer_encoding.not_chunked"),
    ("faults.coding_twice", "faults.transfer_encoding.unknown.chunked_twice"),
    ("faults.coding_empty", "faults.transfer_encoding.not_chunked.empty"),
    ("faults.coding_tab", "faults.transfer_encoding.tab"),
    ("faults.coding_old", "faults.transfer_encoding.http10"),
    ("faults.chunk_invalid", "faults.chunk"),
    ("faults.chunk_extension", "faults.chunk.extension"),
    ("faults.chunk_too_large", "faults.chunk.too_large"),
    ("faults.expect_empty", "faults.expect.unknown.empty"),
    ("faults.expect_repeated", "faults.expect.repeated"),
    ("faults.expect_unknown", "faults.expect.unknown"),
    ("faults.upgrade_websocket", "faults.upgrade.websocket"),
    ("faults.target_brackets", "faults.target.brackets"),
    ("faults.target_ace_host", "faults.target.ace_host"),
    ("faults.target_port", "faults.target.port"),
    ("faults.after_last", "faults.after_last_request"),
    ("fields.*", "response_fields.*"),
    ("types.guess", "types.base"),
];

/// What the key with this path is called now; `None` if it never had another name.
pub(super) fn current(path: &[String]) -> Option<String> {
    RENAMES.iter().find_map(|(old, new)| {
        let old: Vec<&str> = old.split('.').collect();
        let is_it = old.len() == path.len() && old.iter().zip(path).all(|(old, part)| *old == "*" || old == part);
        let name = old.iter().zip(path).find(|(old, _)| **old == "*").map(|(_, part)| part);
        is_it.then(|| name.map_or_else(|| (*new).to_owned(), |name| new.replace('*', name)))
    })
}

/// The tables that the keys of a former table are in now; empty if there was no such table, or if it still exists.
pub(super) fn tables_of(former: &[String]) -> Vec<&'static str> {
    let path: Vec<&str> = former.iter().map(String::as_str).collect();
    let prefix = path.join(".") + ".";
    let moved = RENAMES.iter().filter(|(old, _)| old.starts_with(&prefix));
    let mut tables: Vec<&str> = moved.filter_map(|(_, new)| new.split('.').next()).collect();
    tables.dedup();
    tables.retain(|_| Schema::profile().kind(&path).is_none());
    tables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::schema::Kind;

    #[test]
    fn each_old_key_is_gone_and_each_new_one_exists() {
        let schema = Schema::profile();
        for (old, new) in RENAMES {
            let path = |key: &str| key.replace('*', "idle");
            let (old, new) = (path(old), path(new));
            let parts = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
            let kind = |key: &str| schema.kind(&key.split('.').collect::<Vec<_>>());
            assert!(kind(&new).is_some(), "{new}");
            // A key may have become a table.
            let is_gone = kind(&old).is_none_or(|kind| matches!(kind, Kind::Table(_)));
            assert!(is_gone, "{old}");
            assert_eq!(current(&parts(&old)), Some(new));
        }
        assert_eq!(current(&["timers".to_owned(), "idle".to_owned()]), None);
    }
}
