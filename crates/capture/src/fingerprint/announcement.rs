//! Compares the connection fields of a response, Connection and Keep-Alive, with a profile.

use super::observed::ObservedResponse;
use super::tally::Tally;
use crate::model::Aspect;
use labserve_core::profile::template::Known;
use labserve_core::profile::{Announce, AnnounceClose, Profile, Template};

pub(super) fn compare(response: &ObservedResponse<'_>, profile: &Profile, tally: &mut Tally) {
    let connection = &profile.connection;
    let captured: Vec<String> = response
        .head
        .fields()
        .filter(|(name, _)| is_connection_field(name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let keeps = announces_keep(response, profile);
    // A server may close after an error, after HTTP/1.0, and after a request or response that announces it.
    let may_close = response.status >= 400 || response.is_http10 || response.head.lists("connection", "close");
    let close_fields = match connection.announce_close {
        AnnounceClose::Http11 if response.is_http10 => &[],
        AnnounceClose::Http11 | AnnounceClose::Always => &connection.close_fields[..],
    };
    let fits_close = || fits(&captured, close_fields);
    let agrees = match keeps {
        true => fits(&captured, &connection.keep_fields) || (may_close && fits_close()),
        false if connection.persistent => captured.is_empty() || (may_close && fits_close()),
        false => fits_close(),
    };
    let agrees = agrees || fits_own_fields(response, profile, &captured);
    tally.agree(Aspect::Announcement, agrees, response.frame, || {
        let expected = match (keeps, connection.persistent) {
            (true, _) => &connection.keep_fields[..],
            (false, true) => &[],
            (false, false) => close_fields,
        };
        let joined = |lines: Vec<&str>| {
            if lines.is_empty() {
                "-".to_owned()
            } else {
                lines.join(", ")
            }
        };
        (
            joined(captured.iter().map(String::as_str).collect()),
            joined(expected.iter().map(|line| line.source()).collect()),
        )
    });
}

fn is_connection_field(name: &str) -> bool {
    name.eq_ignore_ascii_case("connection") || name.eq_ignore_ascii_case("keep-alive")
}

/// Whether a line of a profile is a connection field.
fn is_connection_line(line: &Template) -> bool {
    is_connection_field(line.source().split(':').next().unwrap_or_default())
}

/// Whether the connection fields of a response are those of a profile's lines, in any order.
fn fits(captured: &[String], lines: &[Template]) -> bool {
    let lines: Vec<&Template> = lines.iter().filter(|line| is_connection_line(line)).collect();
    let is_captured = |line: &&Template| {
        captured
            .iter()
            .any(|captured| line.fits(captured.as_bytes(), &|_| Known::Nothing))
    };
    lines.len() == captured.len() && lines.iter().all(is_captured)
}

/// Whether the connection fields are those that one response of the profile writes explicitly, instead of the general
/// ones.
fn fits_own_fields(response: &ObservedResponse<'_>, profile: &Profile, captured: &[String]) -> bool {
    let of_status = profile
        .responses
        .iter()
        .filter(|candidate| candidate.status == response.status);
    of_status
        .map(|candidate| candidate.templates())
        .any(|lines| lines.iter().any(is_connection_line) && fits(captured, lines))
}

/// Whether the profile announces in this response that it keeps the connection.
fn announces_keep(response: &ObservedResponse<'_>, profile: &Profile) -> bool {
    profile.connection.persistent
        && match profile.connection.announce {
            Announce::Always => true,
            Announce::Asked => response.asked_keep,
            Announce::Http10 => response.is_http10 && response.asked_keep,
        }
}
