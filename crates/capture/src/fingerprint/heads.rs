//! Compares the head of a response with a profile: which fields, in which order, with which values.

use super::observed::ObservedResponse;
use super::tally::{Difference, Tally};
use crate::model::Aspect;
use labserve_core::profile::template::{Filter, Known};
use labserve_core::profile::{Placeholder, Profile, Response, Template};

/// A field line as a profile writes it.
struct FieldLine<'a> {
    name: &'a str,
    template: &'a Template,
}

/// A head that a profile may send.
struct ProfileHead<'a> {
    lines: Vec<FieldLine<'a>>,
    reason: &'a str,
}

/// Number of parts that were compared, and how many of them agree.
#[derive(Clone, Copy, Debug, Default)]
struct Ratio {
    matched: u32,
    of: u32,
}

impl Ratio {
    fn add(&mut self, matches: bool) {
        self.matched += u32::from(matches);
        self.of += 1;
    }

    fn score(self) -> f64 {
        if self.of == 0 {
            1.0
        } else {
            f64::from(self.matched) / f64::from(self.of)
        }
    }
}

/// How well a response fits a head, with the first difference of each kind.
#[derive(Clone, Debug, Default)]
struct Fit {
    fields: Ratio,
    order: Ratio,
    values: Ratio,
    other_field: Option<Difference>,
    other_order: Option<Difference>,
    other_value: Option<Difference>,
}

impl Fit {
    fn score(&self) -> f64 {
        self.fields.score() + self.order.score() + self.values.score()
    }
}

/// Compares a response with the head of a profile that it fits best.
pub(super) fn compare(response: &ObservedResponse<'_>, profile: &Profile, tally: &mut Tally) {
    let fits = candidates(response, profile)
        .into_iter()
        .map(|head| fit(response, profile, &head));
    let best = fits.max_by(|a, b| a.score().total_cmp(&b.score()));
    let frame = response.frame;
    match best {
        Some(fit) => {
            let mut count = |aspect, ratio: Ratio, differs| {
                tally.count(aspect, ratio.matched, ratio.of, frame, differs);
            };
            count(Aspect::Heads, fit.fields, fit.other_field);
            count(Aspect::Order, fit.order, fit.other_order);
            count(Aspect::Values, fit.values, fit.other_value);
        }
        // The profile never sends this status.
        None => tally.agree(Aspect::Heads, false, frame, || {
            (response.head.first_line().to_owned(), "-".to_owned())
        }),
    }
    compare_server(response, profile, tally);
    compare_etag(response, profile, tally);
}

/// The heads of a profile with this status, each with every form of its connection fields: none, those for closing the
/// connection, and those for keeping it.
fn candidates<'a>(response: &ObservedResponse<'_>, profile: &'a Profile) -> Vec<ProfileHead<'a>> {
    let of_status = profile
        .responses
        .iter()
        .filter(|candidate| candidate.status == response.status);
    // Of forms that fit equally well, the last is taken.
    let forms = [
        &[],
        &profile.connection.close_fields[..],
        &profile.connection.keep_fields[..],
    ];
    of_status
        .flat_map(|candidate| {
            forms.map(|connection_fields| ProfileHead {
                lines: candidate
                    .templates()
                    .iter()
                    .flat_map(|line| expand(line, connection_fields))
                    .collect(),
                reason: candidate.reason(),
            })
        })
        .collect()
}

/// The lines that a line of a profile stands for: itself, or the connection fields.
fn expand<'a>(line: &'a Template, connection_fields: &'a [Template]) -> Vec<FieldLine<'a>> {
    let named = |template: &'a Template| FieldLine {
        name: template.source().split(':').next().unwrap_or_default(),
        template,
    };
    if line.is_just(Placeholder::ConnectionFields) {
        connection_fields.iter().map(named).collect()
    } else if line.is_just_filtered(Placeholder::ConnectionFields, Filter::Reversed) {
        connection_fields.iter().rev().map(named).collect()
    } else {
        vec![named(line)]
    }
}

fn fit(response: &ObservedResponse<'_>, profile: &Profile, head: &ProfileHead<'_>) -> Fit {
    let known = |placeholder| known(response, profile, placeholder);
    let mut fit = Fit::default();
    let mut used = vec![false; head.lines.len()];
    let mut last = None;
    let mut in_order = true;
    for (name, value) in response.head.fields() {
        let same_name = |at: &usize| !used[*at] && head.lines[*at].name == name;
        let Some(at) = (0..head.lines.len()).find(same_name) else {
            fit.fields.add(false);
            fit.other_field
                .get_or_insert_with(|| (format!("{name}: {value}"), "-".to_owned()));
            continue;
        };
        used[at] = true;
        fit.fields.add(true);
        if last.is_some_and(|last| last > at) && in_order {
            in_order = false;
            fit.other_order = Some((names(response), names_of_profile(head)));
        }
        last = last.max(Some(at));
        if is_compared_elsewhere(name) {
            continue;
        }
        let line = format!("{name}: {value}");
        let fits = head.lines[at].template.fits(line.as_bytes(), &known);
        fit.values.add(fits);
        if !fits {
            fit.other_value
                .get_or_insert_with(|| (line, head.lines[at].template.source().to_owned()));
        }
    }
    let unused = head.lines.iter().zip(&used).filter(|(_, used)| !**used);
    // A line with a placeholder may be absent because the placeholder has no value.
    for (line, _) in unused.filter(|(line, _)| line.template.is_literal()) {
        fit.fields.add(false);
        fit.other_field
            .get_or_insert_with(|| ("-".to_owned(), line.template.source().to_owned()));
    }
    compare_reason(response, head, &mut fit);
    fit.order.add(in_order);
    fit
}

fn names(response: &ObservedResponse<'_>) -> String {
    let names: Vec<&str> = response.head.fields().map(|(name, _)| name).collect();
    names.join(", ")
}

fn names_of_profile(head: &ProfileHead<'_>) -> String {
    let names: Vec<&str> = head.lines.iter().map(|line| line.name).collect();
    names.join(", ")
}

/// The Server field, the ETag and the connection fields are aspects of their own.
fn is_compared_elsewhere(name: &str) -> bool {
    ["server", "etag", "connection", "keep-alive"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

/// The reason phrase counts as a value.
fn compare_reason(response: &ObservedResponse<'_>, head: &ProfileHead<'_>, fit: &mut Fit) {
    let line = response.head.first_line();
    let captured = line.splitn(3, ' ').nth(2).unwrap_or_default();
    let expected = match head.reason {
        "{reason}" => labserve_core::http1::status::reason(response.status),
        other => other,
    };
    fit.values.add(captured == expected);
    if captured != expected {
        fit.other_value
            .get_or_insert_with(|| (line.to_owned(), format!("{} {expected}", response.status)));
    }
}

/// What a response shows about the value of a placeholder. Its dates have a resolution of one second, so a time in a
/// smaller unit is only known as a range.
fn known(response: &ObservedResponse<'_>, profile: &Profile, placeholder: Placeholder) -> Known {
    let within_second = |unit: u64| match response.mtime.and_then(|mtime| mtime.checked_mul(unit)) {
        Some(low) => Known::Number(low, low.saturating_add(unit)),
        None => Known::Nothing,
    };
    match placeholder {
        Placeholder::Size => response.size.map_or(Known::Nothing, |size| Known::Number(size, size)),
        Placeholder::Mtime => match response.mtime {
            Some(mtime) => Known::Number(mtime, mtime),
            None => Known::Nothing,
        },
        Placeholder::MtimeMs => within_second(1000),
        Placeholder::MtimeUs => within_second(1_000_000),
        Placeholder::MtimeNs => within_second(1_000_000_000),
        Placeholder::Server => Known::Text(profile.server.clone()),
        Placeholder::Allow => Known::Text(profile.methods.allow.clone()),
        _ => Known::Nothing,
    }
}

/// The product in a Server field (RFC 9110 section 10.2.4), without its version.
pub(super) fn product(server: &str) -> &str {
    server.split(['/', ' ']).next().unwrap_or_default()
}

/// Whether any response of a profile has a Server field whose value satisfies `is_meant`.
pub(super) fn sends_server(profile: &Profile, is_meant: impl Fn(&str) -> bool) -> bool {
    let lines = profile.responses.iter().flat_map(|response| response.lines());
    lines
        .filter_map(|line| line.strip_prefix("Server:"))
        .any(|value| is_meant(&value.trim().replace("{server}", &profile.server)))
}

/// Compares the product in the Server field. Its version is ignored: another version is the same server.
fn compare_server(response: &ObservedResponse<'_>, profile: &Profile, tally: &mut Tally) {
    let product = |text: &str| product(text).to_ascii_lowercase();
    let is_of_status = |candidate: &&Response| candidate.status == response.status;
    let field_of = |candidate: &Response| {
        let value = candidate.lines().find_map(|line| line.strip_prefix("Server:"))?;
        Some(value.trim().replace("{server}", &profile.server))
    };
    let of_profile = || match profile.responses.iter().any(|candidate| is_of_status(&candidate)) {
        true => profile.responses.iter().filter(is_of_status).find_map(field_of),
        // The profile never sends this status. Another of its responses may have a Server field.
        false => profile.responses.iter().find_map(field_of),
    };
    let (captured, expected) = (response.head.field("server"), of_profile());
    if captured.is_none() && expected.is_none() {
        return;
    }
    let agrees = captured.map(product) == expected.as_deref().map(product);
    tally.agree(Aspect::Server, agrees, response.frame, || {
        (
            captured.unwrap_or("-").to_owned(),
            expected.clone().unwrap_or("-".to_owned()),
        )
    });
}

/// Compares the form of a file's ETag.
fn compare_etag(response: &ObservedResponse<'_>, profile: &Profile, tally: &mut Tally) {
    if !matches!(response.status, 200 | 206 | 304) {
        return;
    }
    let captured = response.head.field("etag");
    let form = profile.files.etag.as_ref();
    let agrees = match (captured, form) {
        (Some(captured), Some(form)) => form.fits(captured.as_bytes(), &|placeholder| {
            known(response, profile, placeholder)
        }),
        (None, None) => true,
        // Some servers omit it from a 304, and a 200 may be something else than a file.
        (None, Some(_)) => return,
        (Some(_), None) => false,
    };
    tally.agree(Aspect::Etag, agrees, response.frame, || {
        let form = form.map_or("-", |form| form.source());
        (captured.unwrap_or("-").to_owned(), form.to_owned())
    });
}
