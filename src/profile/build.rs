//! From what was written to what cannot be wrong: resolves names, fills in defaults, checks what depends on more than one
//! key.

use super::raw::{Raw, RawResponse, Style};
use super::response::{self, Response};
use super::template::Template;
use super::types::MediaTypes;
use super::units::{RawRule, RawTimer, Span, TimerText, Word};
use super::{
    AbsoluteTarget, Backslash, ClientFinPolicy, ConnectionPolicy, Ends, EofInHead, FilePolicy, Fragment, Limit,
    MethodRule, Methods, Multipart, Padding, Profile, RequestBodyPolicy, Responses, Take, TargetPolicy, Timer, Timers,
    WritePolicy, near,
};
use crate::connection::CloseReason;
use crate::http::head::Buffers;
use crate::http::request::LARGEST;
use crate::http::{BodyRules, Fault, Faults, HeadPolicy, ResponseId, Treatment};
use std::collections::BTreeMap;
use std::time::Duration;

/// A mistake, and the key that it is about: the tables from the outside in.
pub(super) type Mistake = (Vec<String>, String);

/// Builds the profile `name`.
pub(super) fn build(name: &str, raw: &Raw) -> Result<Profile, Mistake> {
    let responses = build_responses(&raw.response)?;
    let names = Names {
        ids: responses
            .iter()
            .enumerate()
            .map(|(id, r)| (r.name.clone(), id))
            .collect(),
    };
    let body_limit = match (raw.request_body.limit, &raw.request_body.too_large) {
        (Some(limit), Some(word)) => Some((limit.0, names.answer(&["request_body", "too_large"], word)?)),
        (Some(_), None) => {
            return Err(mistake(
                &["request_body", "limit"],
                "needs `too_large`, the response for a larger body",
            ));
        }
        (None, _) => None,
    };
    Ok(Profile {
        name: name.to_owned(),
        title: raw.title.clone(),
        measured: raw.measured.clone(),
        port: raw.port.unwrap_or(3000),
        server: raw.server.clone(),
        head: head_policy(raw, &names)?,
        read: checked("head", "read", raw.head.read.0, 512, 1 << 20)? as usize,
        repeated: raw.head.repeated,
        fault_discards: raw.head.fault_behind == super::raw::FaultBehind::Discards,
        repeated_date: raw.head.repeated_date.unwrap_or(super::Repeated::First),
        fold: raw.head.fold,
        trailing_space: raw.head.trailing_space,
        methods: methods(raw, &names)?,
        target: target_policy(raw, &names)?,
        files: file_policy(raw, &names)?,
        types: MediaTypes::new(&raw.types).map_err(|why| mistake(&["types", "builtin"], why))?,
        conditions: raw.conditions.clone(),
        range: raw.range.clone(),
        multipart: Multipart {
            content_type: raw.multipart.content_type.clone(),
            boundary: raw.multipart.boundary.clone(),
            part: lines_of(&raw.multipart.part).map_err(|why| mistake(&["multipart", "part"], why))?,
            end: raw.multipart.end.clone(),
            parts_before_chunks: Some(raw.multipart.parts_before_chunks).filter(|n| *n > 0),
        },
        padding: Padding {
            text: raw.padding.text.repeat(raw.padding.times.unwrap_or(1).min(1000)),
            agents: raw.padding.agents.clone(),
        },
        request_body: RequestBodyPolicy {
            both_ends: raw.request_body.both_ends,
            read: raw.request_body.read,
            continues: raw.request_body.continues,
            continue_times: raw.request_body.continue_times.unwrap_or(1),
            continue_without_body: raw.request_body.continue_without_body,
            look_first: raw.request_body.look_first,
            before_end: raw.request_body.before_end,
            continue_unsent_ends: raw.request_body.continue_unsent_ends,
            continue_times_old: raw.request_body.continue_times_old.unwrap_or(0),
            limit: body_limit,
        },
        connection: connection_policy(raw, &names)?,
        writes: WritePolicy {
            head_apart: raw.writes.head_apart.clone(),
            page_head_apart: raw.writes.page_head_apart.clone(),
            piece: checked("writes", "piece", raw.writes.piece.0, 1, 64 << 20)? as usize,
            cork: raw.writes.cork,
            nodelay: raw.writes.nodelay,
            delay: raw.writes.delay.0,
        },
        responses: Responses {
            ok: names.required("200")?,
            partial: names.required("206")?,
            not_modified: names.required("304")?,
            precondition_failed: names.required("412")?,
            unsatisfiable: names.required("416")?,
            all: responses,
        },
    })
}

fn mistake(key: &[&str], message: impl Into<String>) -> Mistake {
    (key.iter().map(|k| (*k).to_owned()).collect(), message.into())
}

fn checked(table: &str, key: &str, value: u64, least: u64, most: u64) -> Result<u64, Mistake> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(mistake(
        &[table, key],
        format!("expected {least} to {most} bytes, got {value}"),
    ))
}

/// A template cut behind its line ends: each line stands or falls by itself.
fn lines_of(template: &Template) -> Result<Vec<Template>, String> {
    template.source().split_inclusive('\n').map(Template::parse).collect()
}

/// The responses' names.
struct Names {
    ids: BTreeMap<String, ResponseId>,
}

impl Names {
    fn answer(&self, key: &[&str], word: &Word) -> Result<ResponseId, Mistake> {
        self.ids
            .get(&word.0)
            .copied()
            .ok_or_else(|| mistake(key, self.unknown(&word.0, &[])))
    }

    fn required(&self, name: &str) -> Result<ResponseId, Mistake> {
        self.ids.get(name).copied().ok_or_else(|| {
            mistake(
                &["response"],
                format!("expected a table [response.{name}]; every profile needs one"),
            )
        })
    }

    /// A keyword or a response.
    fn take<T: Copy>(&self, key: &[&str], word: &Word, keywords: &[(&str, T)]) -> Result<Take<T>, Mistake> {
        if let Some((_, value)) = keywords.iter().find(|(k, _)| *k == word.0) {
            return Ok(Take::As(*value));
        }
        match self.ids.get(&word.0) {
            Some(id) => Ok(Take::Answer(*id)),
            None => Err(mistake(
                key,
                self.unknown(&word.0, &keywords.iter().map(|(k, _)| *k).collect::<Vec<_>>()),
            )),
        }
    }

    fn unknown(&self, word: &str, keywords: &[&str]) -> String {
        let known = || keywords.iter().copied().chain(self.ids.keys().map(String::as_str));
        if word.parse::<u16>().is_ok() {
            return format!("there is no response {word}: add a table [response.{word}]");
        }
        match near(word, known()) {
            Some(near) => format!("unknown response or keyword `{word}`; did you mean `{near}`?"),
            None => format!(
                "unknown response or keyword `{word}`; expected one of {}",
                known().collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

fn build_responses(raw: &BTreeMap<String, RawResponse>) -> Result<Vec<Response>, Mistake> {
    let (mut all, mut with_body) = (Vec::new(), Vec::new());
    for (name, response) in raw {
        let filled = filled(name, response, raw, 0).map_err(|why| mistake(&["response", name, "like"], why))?;
        with_body.push(filled.with_body.clone());
        all.push(Response::new(name, &filled).map_err(|why| mistake(&["response", name], why))?);
    }
    let ids: BTreeMap<String, ResponseId> = all.iter().enumerate().map(|(id, r)| (r.name.clone(), id)).collect();
    for (response, with_body) in all.iter_mut().zip(with_body) {
        let Some(Word(word)) = with_body else { continue };
        response.with_body = Some(ids.get(&word).copied().ok_or_else(|| {
            mistake(
                &["response", &response.name, "with_body"],
                format!("there is no response `{word}`"),
            )
        })?);
    }
    for (name, variant) in &ids {
        let Some((base, method)) = name.split_once(' ') else {
            continue;
        };
        let Some(base) = ids.get(base) else {
            return Err(mistake(
                &["response", name],
                format!("there is no response `{base}` that this could stand for"),
            ));
        };
        all[*base].variants.push((method.as_bytes().to_vec(), *variant));
    }
    Ok(all)
}

/// `response` with what it leaves out taken from the one it is like; a variant for a method is like its base.
fn filled(
    name: &str,
    response: &RawResponse,
    all: &BTreeMap<String, RawResponse>,
    depth: usize,
) -> Result<RawResponse, String> {
    let base = name.split_once(' ').map(|(base, _)| base);
    let Some(like) = response.like.as_ref().map(|w| w.0.as_str()).or(base) else {
        return Ok(response.clone());
    };
    if depth > 8 {
        return Err("the responses are like each other in a circle".into());
    }
    let other = all.get(like).ok_or_else(|| format!("there is no response `{like}`"))?;
    let mut filled = response::fill(response, &filled(like, other, all, depth + 1)?);
    // A name that is a number is a status of its own, whatever it is like.
    if response.status.is_none() && name.parse::<u16>().is_ok() {
        filled.status = None;
    }
    if filled.status.is_none() && name.split(' ').next().is_some_and(|n| n.parse::<u16>().is_err()) {
        filled.status = like.split(' ').next().and_then(|n| n.parse().ok());
    }
    if response.reason.is_none() && filled.status != all.get(like).and_then(|o| o.status) && name.parse::<u16>().is_ok()
    {
        filled.reason = None;
    }
    Ok(filled)
}

fn head_policy(raw: &Raw, names: &Names) -> Result<HeadPolicy, Mistake> {
    let refuse = names.required("400")?;
    let mut faults = Faults::all(Treatment::Answer(refuse));
    for fault in Faults::PASSED {
        faults.set(fault, Treatment::Accept);
    }
    const KEYWORDS: [(&str, Treatment); 5] = [
        ("accept", Treatment::Accept),
        ("drop", Treatment::Drop),
        ("stop", Treatment::Stop),
        ("close", Treatment::Close),
        ("ignore", Treatment::Ignore),
    ];
    let treatment = |key: &str, word: &Word| -> Result<Treatment, Mistake> {
        Ok(match names.take(&["faults", key], word, &KEYWORDS)? {
            Take::As(treatment) => treatment,
            Take::Answer(id) => Treatment::Answer(id),
        })
    };
    if let Some(word) = raw.faults.get("other") {
        faults = Faults::all(treatment("other", word)?);
    }
    for (key, word) in raw.faults.iter().filter(|(key, _)| *key != "other") {
        let Some(fault) = Fault::ALL.iter().find(|f| f.key() == key) else {
            let near = near(key, Fault::ALL.iter().map(|f| f.key()))
                .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            return Err(mistake(&["faults", key], format!("there is no such fault{near}")));
        };
        let treatment = treatment(key, word)?;
        if matches!(treatment, Treatment::Drop | Treatment::Stop) && !key.starts_with("field_") {
            return Err(mistake(&["faults", key], "only a field line can be dropped"));
        }
        faults.set(*fault, treatment);
    }
    // These are special cases of others, for profiles that make a difference.
    for (special, usual) in [
        (Fault::EmptyLines, Fault::LineTooLong),
        (Fault::EmptyLineCr, Fault::BareCr),
        (Fault::TabSpace, Fault::ExtraSpace),
        (Fault::NoVersionSpace, Fault::ExtraSpace),
        (Fault::TrailingSpace, Fault::ExtraSpace),
        (Fault::BareLfLine, Fault::BareLf),
        (Fault::BareLfEnd, Fault::BareLf),
        (Fault::TargetTab, Fault::TargetControl),
        (Fault::FarVersion, Fault::MajorVersion),
        (Fault::FirstVersion, Fault::OldVersion),
        (Fault::FramingNameSpace, Fault::FieldNameSpace),
        (Fault::FramingFold, Fault::FieldFold),
        (Fault::FieldTabFirst, Fault::FieldFoldFirst),
        (Fault::FieldNameControl, Fault::FieldNameChar),
        (Fault::FieldNameInnerSpace, Fault::FieldNameControl),
        (Fault::FieldNameHigh, Fault::FieldNameChar),
        (Fault::FieldEndCr, Fault::BareCr),
        (Fault::FieldFoldEmpty, Fault::FieldFold),
        (Fault::FieldValueTooLong, Fault::FieldTooLong),
        (Fault::MethodNoToken, Fault::MethodChar),
        (Fault::OptionsAsterisk, Fault::TargetAsterisk),
        (Fault::TargetQuery, Fault::TargetForm),
        (Fault::TargetBareScheme, Fault::TargetForm),
        (Fault::CodingNotChunked, Fault::CodingUnknown),
        (Fault::ChunkTrailer, Fault::ChunkInvalid),
        (Fault::ChunkTooLarge, Fault::ChunkInvalid),
        (Fault::ExpectEmpty, Fault::ExpectUnknown),
        (Fault::CodingEmpty, Fault::CodingNotChunked),
        (Fault::CodingTwice, Fault::CodingUnknown),
    ] {
        if !raw.faults.contains_key(special.key()) {
            faults.set(special, faults.of(usual));
        }
    }
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
        full_http09_refusals: raw.head.http09_refused == crate::http::head::Http09::Full,
        host_beside_uri: raw.head.host_beside_uri,
        fields_by_next_line: raw.head.fields_judged_by == super::raw::FieldsJudgedBy::NextLine,
        host: raw.head.host,
        body: BodyRules {
            delimiter: raw.request_body.delimiter,
            length: raw.request_body.length,
            expect: raw.request_body.expect,
            expect_http10: raw.request_body.expect_http10,
            largest: checked("request_body", "largest", raw.request_body.largest.0, 0, LARGEST)?,
        },
        tab_is_text: raw.head.tab == super::raw::Tab::Text,
        name_space_is_part: raw.head.name_space == super::raw::NameSpace::Part,
        counts_parts: raw.head.counts == super::raw::Counts::Parts,
        http2_as_http10: raw.head.http2 == super::raw::Http2::Http10,
        by_byte: raw.head.judged_by == super::raw::JudgedBy::Byte,
        count_ends: raw.head.count_ends,
        separators: raw.head.separators,
        cr_ends_field: raw.head.cr_ends_field,
        http09: raw.head.http09,
        faults,
        methods: SERVED
            .iter()
            .map(|method| (*method).to_owned())
            .chain(raw.methods.keys().cloned())
            .filter(|k| !is_reserved_method_key(k))
            .collect(),
    })
}

/// What every server has to support (RFC 9110 section 9.1) is served unless a profile says otherwise.
const SERVED: [&str; 2] = ["GET", "HEAD"];

fn is_reserved_method_key(key: &str) -> bool {
    key == "allow" || key == "other"
}

fn methods(raw: &Raw, names: &Names) -> Result<Methods, Mistake> {
    let rule = |key: &str, rule: &RawRule| -> Result<MethodRule, Mistake> {
        match rule {
            RawRule::Word(word) => Ok(match names.take(&["methods", key], word, &[("serve", ())])? {
                Take::As(()) => MethodRule::Serve,
                Take::Answer(id) => MethodRule::Answer(id),
            }),
            RawRule::Resolved(word) => names.answer(&["methods", key], word).map(MethodRule::Resolved),
            RawRule::Found(word) => names.answer(&["methods", key], word).map(MethodRule::Found),
        }
    };
    let mut rules = Vec::new();
    for (key, raw_rule) in raw.methods.iter().filter(|(key, _)| !is_reserved_method_key(key)) {
        if !key.bytes().all(crate::http::field::is_token) {
            return Err(mistake(
                &["methods", key],
                "expected the name of a method, `allow` or `other`",
            ));
        }
        rules.push((key.clone().into_bytes(), rule(key, raw_rule)?));
    }
    for method in SERVED.iter().filter(|method| !raw.methods.contains_key(**method)) {
        rules.push((method.as_bytes().to_vec(), MethodRule::Serve));
    }
    // The method of nearly every request is looked for first.
    rules.sort_by_key(|(name, _)| name != b"GET");
    let other = match raw.methods.get("other") {
        Some(raw_rule) => rule("other", raw_rule)?,
        None => MethodRule::Answer(names.answer(&["methods", "other"], &Word("405".into()))?),
    };
    let allow = match raw.methods.get("allow") {
        Some(RawRule::Word(Word(allow))) => allow.clone(),
        Some(_) => {
            return Err(mistake(&["methods", "allow"], "expected text, such as \"GET, HEAD\""));
        }
        None => "GET, HEAD".to_owned(),
    };
    let ignore_case = raw.head.method_case == super::raw::MethodCase::Ignored;
    Ok(Methods {
        allow,
        ignore_case,
        rules,
        other,
    })
}

fn target_policy(raw: &Raw, names: &Names) -> Result<TargetPolicy, Mistake> {
    let target = &raw.target;
    let latin1 = match target.charset.0.as_str() {
        "utf-8" => false,
        "latin-1" => true,
        other => {
            return Err(mistake(
                &["target", "charset"],
                format!("expected `utf-8` or `latin-1`, got `{other}`"),
            ));
        }
    };
    let limit = |key: &str, most: usize, with: &Word| -> Result<Limit, Mistake> {
        (most > 0)
            .then(|| Ok((most, names.answer(&["target", key], with)?)))
            .transpose()
    };
    let schemes = match (&target.other_scheme, target.schemes.is_empty()) {
        (_, true) => None,
        (Some(word), false) => Some((target.schemes.clone(), names.answer(&["target", "other_scheme"], word)?)),
        (None, false) => {
            return Err(mistake(
                &["target", "schemes"],
                "needs `other_scheme`, the response to any other scheme",
            ));
        }
    };
    let bad_authority = names.take(
        &["target", "bad_authority"],
        &target.bad_authority,
        &[("literally", ())],
    )?;
    Ok(TargetPolicy {
        schemes,
        bad_authority: match bad_authority {
            Take::As(()) => None,
            Take::Answer(id) => Some((raw.head.host, id)),
        },
        asterisk: names.take(&["target", "asterisk"], &target.asterisk, &[("literally", ())])?,
        connect_other: names.take(
            &["target", "connect_other"],
            &target.connect_other,
            &[("literally", ())],
        )?,
        own_name: target.own_name.clone(),
        dots_first: target.dots_first,
        absolute: names.take(
            &["target", "absolute"],
            &target.absolute,
            &[("path", AbsoluteTarget::Path), ("literally", AbsoluteTarget::Literal)],
        )?,
        absolute_empty: target
            .absolute_empty
            .as_ref()
            .map(|word| names.answer(&["target", "absolute_empty"], word))
            .transpose()?,
        absolute_host: target.absolute_host,
        fragment: names.take(
            &["target", "fragment"],
            &target.fragment,
            &[("ends", Fragment::Ends), ("literally", Fragment::Literal)],
        )?,
        no_slash: names.take(&["target", "no_slash"], &target.no_slash, &[("path", ())])?,
        no_path: names.take(&["target", "no_path"], &target.no_path, &[("root", ())])?,
        latin1,
        bad_percent: names.take(&["target", "bad_percent"], &target.bad_percent, &[("literally", ())])?,
        encoded_slash: names.take(&["target", "encoded_slash"], &target.encoded_slash, &[("slash", ())])?,
        backslash: names.take(
            &["target", "backslash"],
            &target.backslash,
            &[("literally", Backslash::Literal), ("slash", Backslash::Slash)],
        )?,
        bad_utf8: names.take(&["target", "bad_utf8"], &target.bad_utf8, &[("literally", ())])?,
        nul: names.answer(&["target", "nul"], &target.nul)?,
        above_root: names.take(&["target", "above_root"], &target.above_root, &[("root", ())])?,
        back_into_root: target.back_into_root,
        dot_dot: names.take(&["target", "dot_dot"], &target.dot_dot, &[("resolve", ())])?,
        control: names.take(&["target", "control"], &target.control, &[("literally", ())])?,
        double_encoding: names.take(
            &["target", "double_encoding"],
            &target.double_encoding,
            &[("literally", ())],
        )?,
        longest_path: limit("too_long", target.longest_path, &target.too_long)?,
        longest_query: limit("too_long", target.longest_query, &target.too_long)?,
        longest_segment: limit("bad_segments", target.longest_segment, &target.bad_segments)?,
        most_segments: limit("bad_segments", target.most_segments, &target.bad_segments)?,
        end_slash: target.end_slash,
        merge_slashes: target.merge_slashes,
        merge_leading_slashes: target.merge_leading_slashes,
        before_method: target.before_method,
    })
}

fn file_policy(raw: &Raw, names: &Names) -> Result<FilePolicy, Mistake> {
    let files = &raw.files;
    let answer = |key: &str, word: &Word| names.answer(&["files", key], word);
    for name in &files.index {
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name == ".." {
            return Err(mistake(
                &["files", "index"],
                format!("expected the name of a file, got `{name}`"),
            ));
        }
    }
    let missing = answer("missing", &files.missing)?;
    Ok(FilePolicy {
        index: files.index.clone(),
        index_for: files.index_for,
        etag: files.etag.clone().filter(|t| !t.source().is_empty()),
        weak_within: files.weak_if_modified_within.0,
        directory: answer("directory", &files.directory)?,
        no_index: answer("no_index", &files.no_index)?,
        missing,
        denied: answer("denied", &files.denied)?,
        too_long: answer("too_long", &files.too_long)?,
        behind_file: answer("behind_file", &files.behind_file)?,
        file_slash: names.take(&["files", "file_slash"], &files.file_slash, &[("serve", ())])?,
        missing_slash: files
            .missing_slash
            .as_ref()
            .map_or(Ok(missing), |word| answer("missing_slash", word))?,
        special: answer("special", &files.special)?,
        dotfiles: names.take(&["files", "dotfiles"], &files.dotfiles, &[("serve", ())])?,
        dotfiles_at_end_only: files.dotfiles_at_end_only,
        dotfiles_served: files.dotfiles_served.clone(),
        deny: files.deny.clone(),
        deny_with: if files.deny.is_empty() {
            missing
        } else {
            answer("deny_with", &files.deny_with)?
        },
        ignore_case: files.ignore_case,
        precompressed: files.precompressed.clone(),
        untyped: names.take(&["files", "untyped"], &files.untyped, &[("serve", ())])?,
        future_as_now: files.future_as_now,
        directory_type: files.directory_type.clone(),
    })
}

fn connection_policy(raw: &Raw, names: &Names) -> Result<ConnectionPolicy, Mistake> {
    let connection = &raw.connection;
    let eof = |key: &str, word: &Word| -> Result<EofInHead, Mistake> {
        Ok(
            match names.take(
                &["client_fin", key],
                word,
                &[("silent", EofInHead::Silent), ("complete", EofInHead::Complete)],
            )? {
                Take::As(eof) => eof,
                Take::Answer(id) => EofInHead::Answer(id),
            },
        )
    };
    let drops_request = match raw.client_fin.after_request.0.as_str() {
        "serve" => false,
        "drop" => true,
        other => {
            return Err(mistake(
                &["client_fin", "after_request"],
                format!("expected `serve` or `drop`, got `{other}`"),
            ));
        }
    };
    for line in connection.says.keep.iter().chain(&connection.says.close) {
        if line.source().contains(['\r', '\n']) || !line.source().contains(':') {
            return Err(mistake(
                &["connection", "says"],
                format!(
                    "expected field lines such as \"Connection: close\", got `{}`",
                    line.source()
                ),
            ));
        }
    }
    Ok(ConnectionPolicy {
        persistent: connection.persistent,
        http10_keep_alive: connection.http10_keep_alive,
        http10_needs_length: connection.http10_needs_length,
        http10_keep_wins: connection.http10_keep_wins,
        proxy_connection: connection.proxy_connection,
        upgrade_swallows: connection.upgrade_swallows,
        search: connection.search,
        repeated: connection.repeated,
        not_kept: connection.not_kept.clone(),
        max_requests: Some(connection.max_requests).filter(|n| *n > 0),
        max_age: connection.max_age.0,
        max_connections: Some(connection.max_connections).filter(|n| *n > 0),
        announce: connection.announce,
        says_keep: connection.says.keep.clone(),
        says_close: connection.says.close.clone(),
        timers: timers(raw, names)?,
        ends: ends(raw)?,
        client_fin: ClientFinPolicy {
            in_line: eof("in_line", &raw.client_fin.in_line)?,
            in_head: eof("in_head", &raw.client_fin.in_head)?,
            in_body: match names.take(&["client_fin", "in_body"], &raw.client_fin.in_body, &[("silent", ())])? {
                Take::As(()) => None,
                Take::Answer(id) => Some(id),
            },
            drops_request,
        },
    })
}

fn timers(raw: &Raw, names: &Names) -> Result<Timers, Mistake> {
    let timers = &raw.timers;
    const GRIDDED: [&str; 9] = [
        "unused",
        "line",
        "head",
        "line_again",
        "head_again",
        "blank",
        "idle",
        "body",
        "body_behind",
    ];
    if let Some(bad) = timers.on_grid.iter().find(|name| !GRIDDED.contains(&name.as_str())) {
        return Err(mistake(
            &["timers", "on_grid"],
            format!("expected names among {}, got `{bad}`", GRIDDED.join(", ")),
        ));
    }
    let timer = |key: &str, text: &TimerText| -> Result<Timer, Mistake> {
        let TimerText(RawTimer {
            after,
            since,
            say,
            bytes_per_second,
            at_most,
        }) = text;
        if after.0 == Some(Duration::ZERO) {
            return Err(mistake(&["timers", key], "expected a time above zero, or \"never\""));
        }
        Ok(Timer {
            after: after.0,
            since: *since,
            say: say
                .as_ref()
                .map(|word| names.answer(&["timers", key, "say"], word))
                .transpose()?,
            bytes_per_second: bytes_per_second.filter(|n| *n > 0),
            at_most: at_most.and_then(|Span(span)| span),
            grid: timers
                .grid
                .0
                .filter(|grid| !grid.is_zero() && timers.on_grid.iter().any(|name| name == key)),
        })
    };
    Ok(Timers {
        unused: timer("unused", &timers.unused)?,
        line: timer("line", &timers.line)?,
        head: timer("head", &timers.head)?,
        line_again: timer("line_again", timers.line_again.as_ref().unwrap_or(&timers.line))?,
        head_again: timer("head_again", timers.head_again.as_ref().unwrap_or(&timers.head))?,
        body_behind: timers
            .body_behind
            .as_ref()
            .map(|text| timer("body_behind", text))
            .transpose()?,
        blank: timers.blank.as_ref().map(|text| timer("blank", text)).transpose()?,
        idle: timer("idle", &timers.idle)?,
        body: timer("body", &timers.body)?,
    })
}

fn ends(raw: &Raw) -> Result<Ends, Mistake> {
    let ends = &raw.ends;
    let mut styles: Vec<Style> = vec![ends.default; CloseReason::ALL.len()];
    let mut unread: Vec<Option<Style>> = vec![ends.unread; CloseReason::ALL.len()];
    for (key, style) in &ends.by_reason {
        let Some(reason) = CloseReason::ALL.iter().find(|r| r.key() == key) else {
            let near = near(key, CloseReason::ALL.iter().map(|r| r.key()))
                .map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            return Err(mistake(
                &["ends", key],
                format!("there is no such reason to end a connection{near}"),
            ));
        };
        styles[*reason as usize] = *style;
        unread[*reason as usize] = None;
    }
    Ok(Ends {
        styles,
        unread,
        after_body: ends.after_body,
        linger_quiet: ends.linger_quiet.0.unwrap_or(Duration::MAX),
        linger_total: ends.linger_total.0.unwrap_or(Duration::MAX),
        pause: ends.pause.0,
        pause_holds: ends.pause_holds,
    })
}
