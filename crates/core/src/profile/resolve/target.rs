//! Resolves the table `[target]`.

use super::names::Names;
use super::{Mistake, mistake};
use crate::profile::raw::{Charset, Raw};
use crate::profile::units::{Count, Word};
use crate::profile::{AbsoluteTarget, Backslash, BadUtf8, Fragment, Limit, OnInput, TargetPolicy};

/// How targets become paths.
pub(super) fn target_policy(raw: &Raw, names: &Names) -> Result<TargetPolicy, Mistake> {
    let target = &raw.target;
    let on_input = |key: &str, word: &Word, keyword: &str| names.on_input(&["target", key], word, &[(keyword, ())]);
    let limit = |key: &str, most: Count, with: &Word| -> Result<Limit, Mistake> {
        let limited = most.0.map(|_| Ok((most.most(), names.answer(&["target", key], with)?)));
        limited.transpose()
    };
    let schemes = match (&target.other_scheme, target.schemes.is_empty()) {
        (_, true) => None,
        (Some(word), false) => Some((target.schemes.clone(), names.answer(&["target", "other_scheme"], word)?)),
        (None, false) => {
            return Err(mistake(
                &["target", "schemes"],
                "expected `other_scheme`, too: the response to any other scheme",
            ));
        }
    };
    let bad_authority = on_input("bad_authority", &target.bad_authority, "literally")?;
    Ok(TargetPolicy {
        schemes,
        bad_authority: match bad_authority {
            OnInput::Accept(()) => None,
            OnInput::Respond(id) => Some((raw.host.syntax, id)),
        },
        asterisk: on_input("asterisk", &target.asterisk, "literally")?,
        own_name: raw.host.default.text().to_owned(),
        dots_first: target.dots_first,
        absolute: names.on_input(
            &["target", "absolute"],
            &target.absolute,
            &[("path", AbsoluteTarget::Path), ("literally", AbsoluteTarget::Literal)],
        )?,
        authority: target.authority,
        reader: target.reader,
        invalid: names.answer(&["target", "invalid"], &target.invalid)?,
        fragment: names.on_input(
            &["target", "fragment"],
            &target.fragment,
            &[("ends", Fragment::Ends), ("literally", Fragment::Literal)],
        )?,
        no_slash: on_input("no_slash", &target.no_slash, "path")?,
        no_path: on_input("no_path", &target.no_path, "root")?,
        latin1: target.charset == Charset::Latin1,
        bad_percent: on_input("bad_percent", &target.bad_percent, "literally")?,
        encoded_slash: on_input("encoded_slash", &target.encoded_slash, "slash")?,
        backslash: names.on_input(
            &["target", "backslash"],
            &target.backslash,
            &[("literally", Backslash::Literal), ("slash", Backslash::Slash)],
        )?,
        bad_utf8: names.on_input(
            &["target", "bad_utf8"],
            &target.bad_utf8,
            &[("literally", BadUtf8::Literal), ("escaped", BadUtf8::Escaped)],
        )?,
        line_feed: on_input("line_feed", &target.line_feed, "literally")?,
        line_feed_first: on_input(
            "line_feed_first",
            target.line_feed_first.as_ref().unwrap_or(&target.line_feed),
            "literally",
        )?,
        nul: names.answer(&["target", "nul"], &target.nul)?,
        above_root: on_input("above_root", &target.above_root, "root")?,
        back_into_root: target.back_into_root,
        dot_dot: on_input("dot_dot", &target.dot_dot, "resolve")?,
        control: on_input("control", &target.control, "literally")?,
        double_encoding: on_input("double_encoding", &target.double_encoding, "literally")?,
        longest_path: limit("too_long", raw.limits.path, &target.too_long)?,
        longest_query: limit("too_long", raw.limits.query, &target.too_long)?,
        longest_segment: limit("bad_segments", raw.limits.path_segment, &target.bad_segments)?,
        most_segments: limit("bad_segments", raw.limits.path_segments, &target.bad_segments)?,
        end_slash: target.end_slash,
        merge_leading_slashes: target.merge_leading_slashes,
        two_slashes_are_root: target.two_slashes_are_root,
        rootless: target.rootless,
        opaque: target.opaque,
        punycode: target.punycode,
        before_method: target.before_method,
    })
}
