//! A response's head against a profile's: which fields, in which order, with which values, and what is said of the
//! connection.

use super::observed::Response;
use super::tally::Tally;
use crate::model::Aspect;
use labserve_core::profile::template::{Filter, Known};
use labserve_core::profile::{Announce, Placeholder, Profile, Template};

/// A field line as a profile writes it.
struct Line<'a> {
    name: &'a str,
    template: &'a Template,
}

/// A profile's head that a response is held against.
struct Head<'a> {
    lines: Vec<Line<'a>>,
    reason: &'a str,
}

/// How well a response fits a head: fields that agree, of how many; in order, of how many; values, of how many.
#[derive(Clone, Debug, Default)]
struct Fit {
    heads: (u32, u32),
    order: (u32, u32),
    values: (u32, u32),
    missing: Option<(String, String)>,
    disordered: Option<(String, String)>,
    other: Option<(String, String)>,
}

impl Fit {
    fn score(&self) -> f64 {
        let part = |(matched, of): (u32, u32)| {
            if of == 0 {
                1.0
            } else {
                f64::from(matched) / f64::from(of)
            }
        };
        part(self.heads) + part(self.order) + part(self.values)
    }
}

/// Compares a response with the head of a profile that it fits best.
pub(super) fn compare(response: &Response<'_>, profile: &Profile, tally: &mut Tally) {
    let fits = candidates(response, profile)
        .into_iter()
        .map(|head| fit(response, profile, &head));
    let best = fits.max_by(|a, b| a.score().total_cmp(&b.score()));
    let frame = response.frame;
    match best {
        Some(fit) => {
            tally.count(Aspect::Heads, fit.heads.0, fit.heads.1, frame, fit.missing);
            tally.count(Aspect::Order, fit.order.0, fit.order.1, frame, fit.disordered);
            tally.count(Aspect::Values, fit.values.0, fit.values.1, frame, fit.other);
        }
        // The profile never answers with this status.
        None => tally.agree(Aspect::Heads, false, frame, || {
            (response.head.first_line().to_owned(), "-".to_owned())
        }),
    }
    server(response, profile, tally);
    etag(response, profile, tally);
    announcement(response, profile, tally);
}

/// The profile's heads of this status, with what it says of the connection, be that to keep it, to close it, or nothing.
fn candidates<'a>(response: &Response<'_>, profile: &'a Profile) -> Vec<Head<'a>> {
    let of_status = profile
        .responses
        .iter()
        .filter(|candidate| candidate.status == response.status);
    let says = [
        &profile.connection.keep_fields[..],
        &profile.connection.close_fields[..],
        &[],
    ];
    of_status
        .flat_map(|candidate| {
            says.map(|says| Head {
                lines: candidate
                    .templates()
                    .iter()
                    .flat_map(|line| expand(line, says))
                    .collect(),
                reason: candidate.reason(),
            })
        })
        .collect()
}

fn expand<'a>(line: &'a Template, says: &'a [Template]) -> Vec<Line<'a>> {
    let named = |template: &'a Template| Line {
        name: template.source().split(':').next().unwrap_or_default(),
        template,
    };
    if line.is_just(Placeholder::ConnectionFields) {
        says.iter().map(named).collect()
    } else if line.is_just_filtered(Placeholder::ConnectionFields, Filter::Reversed) {
        says.iter().rev().map(named).collect()
    } else {
        vec![named(line)]
    }
}

fn fit(response: &Response<'_>, profile: &Profile, head: &Head<'_>) -> Fit {
    let known = |placeholder| known(response, profile, placeholder);
    let mut fit = Fit::default();
    let mut used = vec![false; head.lines.len()];
    let mut last = None;
    let mut in_order = true;
    for (name, value) in response.head.fields() {
        let same_name = |at: &usize| !used[*at] && head.lines[*at].name == name;
        let Some(at) = (0..head.lines.len()).find(same_name) else {
            fit.heads.1 += 1;
            fit.missing
                .get_or_insert_with(|| (format!("{name}: {value}"), "-".to_owned()));
            continue;
        };
        used[at] = true;
        fit.heads.0 += 1;
        fit.heads.1 += 1;
        if last.is_some_and(|last| last > at) && in_order {
            in_order = false;
            let names = head.lines.iter().map(|line| line.name);
            fit.disordered = Some((
                response
                    .head
                    .fields()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>()
                    .join(", "),
                names.collect::<Vec<_>>().join(", "),
            ));
        }
        last = last.max(Some(at));
        if is_judged_elsewhere(name) {
            continue;
        }
        let line = format!("{name}: {value}");
        let fits = head.lines[at].template.fits(line.as_bytes(), &known);
        fit.values.0 += u32::from(fits);
        fit.values.1 += 1;
        if !fits {
            fit.other
                .get_or_insert_with(|| (line, head.lines[at].template.source().to_owned()));
        }
    }
    for (line, _) in head
        .lines
        .iter()
        .zip(&used)
        .filter(|(line, used)| !**used && line.template.is_literal())
    {
        fit.heads.1 += 1;
        fit.missing
            .get_or_insert_with(|| ("-".to_owned(), line.template.source().to_owned()));
    }
    reason(response, head, &mut fit);
    fit.order.0 += u32::from(in_order);
    fit.order.1 += 1;
    fit
}

/// The Server field, the ETag and what is said of the connection have aspects of their own.
fn is_judged_elsewhere(name: &str) -> bool {
    ["server", "etag", "connection", "keep-alive"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

fn reason(response: &Response<'_>, head: &Head<'_>, fit: &mut Fit) {
    let line = response.head.first_line();
    let seen = line.splitn(3, ' ').nth(2).unwrap_or_default();
    let expected = match head.reason {
        "{reason}" => labserve_core::http1::status::reason(response.status),
        other => other,
    };
    fit.values.0 += u32::from(seen == expected);
    fit.values.1 += 1;
    if seen != expected {
        fit.other
            .get_or_insert_with(|| (line.to_owned(), format!("{} {expected}", response.status)));
    }
}

/// What a response tells of the values that a template asks for. A second is as exact as its dates are.
fn known(response: &Response<'_>, profile: &Profile, placeholder: Placeholder) -> Known {
    let about = |unit: u64| match response.mtime.and_then(|mtime| mtime.checked_mul(unit)) {
        Some(low) => Known::Number(low, low.saturating_add(unit)),
        None => Known::Nothing,
    };
    match placeholder {
        Placeholder::Size => response.size.map_or(Known::Nothing, |size| Known::Number(size, size)),
        Placeholder::Mtime => match response.mtime {
            Some(mtime) => Known::Number(mtime, mtime),
            None => Known::Nothing,
        },
        Placeholder::MtimeMs => about(1000),
        Placeholder::MtimeUs => about(1_000_000),
        Placeholder::Server => Known::Text(profile.server.clone()),
        Placeholder::Allow => Known::Text(profile.methods.allow.clone()),
        _ => Known::Nothing,
    }
}

/// The product that the Server field names: another version is the same server.
fn server(response: &Response<'_>, profile: &Profile, tally: &mut Tally) {
    let product = |text: &str| text.split(['/', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let of_profile = || {
        let heads = profile
            .responses
            .iter()
            .filter(|candidate| candidate.status == response.status);
        let field = heads
            .flat_map(|candidate| candidate.lines())
            .find_map(|line| line.strip_prefix("Server:"));
        field.map(|value| value.trim().replace("{server}", &profile.server))
    };
    let (seen, expected) = (response.head.field("server"), of_profile());
    if seen.is_none() && expected.is_none() {
        return;
    }
    let agrees = seen.map(product) == expected.as_deref().map(product);
    tally.agree(Aspect::Server, agrees, response.frame, || {
        (
            seen.unwrap_or("-").to_owned(),
            expected.clone().unwrap_or("-".to_owned()),
        )
    });
}

/// The form of the ETag of a file.
fn etag(response: &Response<'_>, profile: &Profile, tally: &mut Tally) {
    if !matches!(response.status, 200 | 206 | 304) {
        return;
    }
    let seen = response.head.field("etag");
    let form = profile.files.etag.as_ref();
    let agrees = match (seen, form) {
        (Some(seen), Some(form)) => form.fits(seen.as_bytes(), &|placeholder| known(response, profile, placeholder)),
        (None, None) => true,
        // A 304 need not repeat it, and not every 200 is a file.
        (None, Some(_)) => return,
        (Some(_), None) => false,
    };
    tally.agree(Aspect::Etag, agrees, response.frame, || {
        let form = form.map_or("-", |form| form.source());
        (seen.unwrap_or("-").to_owned(), form.to_owned())
    });
}

/// What is said of the connection.
fn announcement(response: &Response<'_>, profile: &Profile, tally: &mut Tally) {
    let connection = &profile.connection;
    let is_said =
        |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("connection") || name.eq_ignore_ascii_case("keep-alive");
    let seen: Vec<String> = response
        .head
        .fields()
        .filter(is_said)
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let said = |line: &&Template| is_said(&(line.source().split(':').next().unwrap_or_default(), ""));
    let fits = |says: &[Template]| {
        let said: Vec<&Template> = says.iter().filter(said).collect();
        said.len() == seen.len()
            && said
                .iter()
                .all(|line| seen.iter().any(|seen| line.fits(seen.as_bytes(), &|_| Known::Nothing)))
    };
    let keeps = connection.persistent
        && match connection.announce {
            Announce::Always => true,
            Announce::Asked => response.asked_keep,
            Announce::Http10 => response.is_old && response.asked_keep,
        };
    let fits_own = || {
        let heads = profile
            .responses
            .iter()
            .filter(|candidate| candidate.status == response.status);
        heads
            .map(|candidate| candidate.templates())
            .any(|lines| lines.iter().any(|line| said(&line)) && fits(lines))
    };
    let may_end = response.status >= 400 || response.is_old || response.head.lists("connection", "close");
    let agrees = match keeps {
        true => fits(&connection.keep_fields) || (may_end && fits(&connection.close_fields)),
        false => {
            fits(&[]) && connection.persistent || (!connection.persistent || may_end) && fits(&connection.close_fields)
        }
    };
    let agrees = agrees || fits_own();
    tally.agree(Aspect::Announcement, agrees, response.frame, || {
        let says = match (keeps, connection.persistent) {
            (true, _) => &connection.keep_fields[..],
            (false, true) => &[],
            (false, false) => &connection.close_fields[..],
        };
        let expected: Vec<&str> = says.iter().map(|line| line.source()).collect();
        let shown = |lines: Vec<&str>| {
            if lines.is_empty() {
                "-".to_owned()
            } else {
                lines.join(", ")
            }
        };
        (shown(seen.iter().map(String::as_str).collect()), shown(expected))
    });
}
