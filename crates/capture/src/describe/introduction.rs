//! What a report is about: which capture, when it was made, between which hosts, and which server it looks like.

use super::fingerprint::fingerprint;
use crate::model::{Capture, Format};
use crate::sentence::{Msg, Sentence};
use labserve_core::http1::date;
use std::collections::BTreeSet;

/// How many files, and how many hosts of each side, are named.
const NAMED: usize = 5;
/// How many servers are compared with profiles here.
const SERVERS: usize = 3;

/// What a report is called: it names the capture, if its name is known.
pub(crate) fn title(capture: &Capture) -> Sentence {
    match capture.file.names.is_empty() {
        true => Sentence::new(Msg::Title),
        false => Sentence::new(Msg::TitleOf).with("name", named(capture.file.names.iter().cloned())),
    }
}

/// The sentences that introduce a report.
pub(crate) fn introduction(capture: &Capture) -> Vec<Sentence> {
    let file = &capture.file;
    let format = match file.format {
        Format::Pcapng => "pcapng",
        Format::Pcap | Format::PcapNanoseconds => "pcap",
    };
    let msg = if file.names.is_empty() {
        Msg::IntroCapture
    } else {
        Msg::IntroFile
    };
    let mut lines = vec![
        Sentence::new(msg)
            .with("name", named(file.names.iter().cloned()))
            .with("format", format)
            .with("begin", utc(file.first_ns))
            .with("end", utc(file.last_ns)),
    ];
    if !capture.connections.is_empty() {
        let connections = || capture.connections.iter();
        let clients: BTreeSet<String> = connections().map(|one| one.client.ip().to_string()).collect();
        let servers: BTreeSet<String> = connections().map(|one| one.server.to_string()).collect();
        lines.push(
            Sentence::new(Msg::IntroHosts)
                .with("clients", named(clients.into_iter()))
                .with("servers", named(servers.into_iter())),
        );
    }
    let described = capture.fingerprints.iter().filter_map(fingerprint).take(SERVERS);
    lines.extend(described.map(|described| described.verdict));
    lines
}

/// A time in UTC, to the second.
fn utc(ns: i64) -> String {
    let mut text = [0; 19];
    date::write_rfc3339(ns.div_euclid(1_000_000_000), &mut text);
    String::from_utf8_lossy(&text).replace('T', " ")
}

/// The first of some names, and an ellipsis if there are more.
fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = if names.len() > NAMED { ", …" } else { "" };
    let first: Vec<String> = names.take(NAMED).collect();
    first.join(", ") + more
}
