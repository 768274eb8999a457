//! Small captures, each an example of a kind that is easily misread (`tests/data/captures/kinds`): which findings each
//! has, what is said of it, and what must not be said.
//!
//! The same is said if sequence numbers wrap, if frames have a VLAN tag, and if client and server exchange their ports.

use crate::Lang;
use table::SAMPLES;
mod table;

use crate::model::{Capture, FindingKind as Kind};
use crate::render::{self, Ladders};

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/kinds");
    std::fs::read(format!("{folder}/{name}")).expect(name)
}

fn text(capture: &Capture) -> String {
    render::text(capture, Lang::En, Ladders::Omit)
}

fn kinds(capture: &Capture) -> Vec<Kind> {
    capture.findings.iter().map(|finding| finding.kind).collect()
}

/// A page without its legends, which name every sign.
fn without_legends(page: &str) -> String {
    let mut parts = page.split("<p class=\"legend\">");
    let first = parts.next().map(str::to_owned).unwrap_or_default();
    parts.fold(first, |text, part| {
        text + part.split_once("</p>").map_or("", |(_, rest)| rest)
    })
}

#[test]
fn every_sample_says_what_happened_and_nothing_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/kinds");
    assert_eq!(std::fs::read_dir(folder).expect("the samples").count(), SAMPLES.len());
    for (name, found, says, never) in SAMPLES {
        let capture = crate::explain_bytes(&file(name), &[]).expect(name);
        let text = text(&capture);
        assert_eq!(kinds(&capture), *found, "{name}: {text}");
        for part in *says {
            assert!(text.contains(part), "{name} does not say {part:?}: {text}");
        }
        let markdown = render::markdown(&capture, Lang::En);
        let page = without_legends(&render::html(&capture, Lang::En));
        for said in [&text, &markdown, &page] {
            for part in *never {
                assert!(!said.contains(part), "{name} says {part:?}: {said}");
            }
        }
        // Each finding is in every form and language.
        let json = render::json(&capture).expect("JSON");
        let pages = [Lang::En, Lang::Zh].map(|lang| {
            [
                render::text(&capture, lang, Ladders::Omit),
                render::markdown(&capture, lang),
                render::html(&capture, lang),
            ]
        });
        for finding in &capture.findings {
            let kind = serde_json::to_string(&finding.kind).expect("a kind");
            assert!(json.contains(&format!("\"kind\": {kind}")), "{name}: {kind}");
            let frame = finding.frames.first().expect("a frame").to_string();
            assert!(
                pages.iter().flatten().all(|page| page.contains(&frame)),
                "{name}: {kind}"
            );
        }
    }
}

/// Where the TCP header of a packet begins, and its IP header, if it is TCP over IPv4, or an ICMP error that quotes such.
fn headers(packet: &[u8], is_ethernet: bool) -> Option<(usize, usize)> {
    let outer = if is_ethernet { 14 } else { 0 };
    let is_ip = !is_ethernet || packet.get(12..14)? == [8, 0];
    let is_icmp = packet.get(outer + 9)? == &1;
    let ip = if is_icmp { outer + 28 } else { outer };
    let is_tcp = *packet.get(ip)? >> 4 == 4 && *packet.get(ip + 9)? == 6;
    let tcp = ip + usize::from(packet[ip] & 15) * 4;
    (is_ip && is_tcp && packet.len() >= tcp + 20).then_some((ip, tcp))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Changes every packet of a pcap file. `change` is given the packet and whether it is an Ethernet frame.
fn changed(file: &[u8], link_type: Option<u32>, change: impl Fn(&mut Vec<u8>, bool)) -> Vec<u8> {
    let native = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let is_ethernet = native(20) == 1;
    let mut out = file[..20].to_vec();
    out.extend(link_type.unwrap_or(native(20)).to_le_bytes());
    let mut at = 24;
    while at < file.len() {
        let (kept, len) = (native(at + 8) as usize, native(at + 12));
        let mut packet = file[at + 16..at + 16 + kept].to_vec();
        change(&mut packet, is_ethernet);
        out.extend(&file[at..at + 8]);
        out.extend((packet.len() as u32).to_le_bytes());
        out.extend((len + (packet.len() - kept) as u32).to_le_bytes());
        out.extend(packet);
        at += 16 + kept;
    }
    out
}

/// Shifts the sequence numbers of each side so that they start shortly before they wrap.
fn wrapping(file: &[u8]) -> Vec<u8> {
    // By the port of the sender: the server's is the lower one in all samples.
    let shift = |from_client: bool| if from_client { 0xffff_fff0_u32 } else { 0xffff_e000 };
    changed(file, None, |packet, is_ethernet| {
        let Some((_, tcp)) = headers(packet, is_ethernet) else {
            return;
        };
        let from_client = word(packet, tcp) >> 16 > word(packet, tcp) & 0xffff;
        let seq = word(packet, tcp + 4).wrapping_add(shift(from_client));
        packet[tcp + 4..tcp + 8].copy_from_slice(&seq.to_be_bytes());
        if packet[tcp + 13] & 0x10 != 0 {
            let ack = word(packet, tcp + 8).wrapping_add(shift(!from_client));
            packet[tcp + 8..tcp + 12].copy_from_slice(&ack.to_be_bytes());
        }
    })
}

/// Puts every packet into a VLAN.
fn tagged(file: &[u8]) -> Vec<u8> {
    changed(file, Some(1), |packet, is_ethernet| {
        let tag: &[u8] = &[0x81, 0, 0, 7];
        match is_ethernet {
            true => drop(packet.splice(12..12, tag.iter().copied())),
            false => drop(packet.splice(0..0, [&[2; 12][..], tag, &[8, 0]].concat())),
        }
    })
}

/// Exchanges the ports of client and server.
fn swapped_ports(file: &[u8]) -> Vec<u8> {
    changed(file, None, |packet, is_ethernet| {
        let Some((_, tcp)) = headers(packet, is_ethernet) else {
            return;
        };
        packet[tcp..tcp + 4].rotate_left(2);
    })
}

/// The text without addresses and initial sequence numbers, and the lines that differ between the variants for a good
/// reason.
fn normalized(capture: &Capture) -> String {
    let lines = text(capture);
    let lines = lines.lines().filter(|line| !line.contains(" and counts from "));
    let mut out = String::new();
    for word in lines.flat_map(|line| line.split_inclusive(' ').chain(["\n"])) {
        let address = word.split(':').next().filter(|host| host.starts_with("10.0."));
        out.push_str(address.unwrap_or(word));
    }
    out
}

#[test]
fn every_sample_says_the_same_in_three_other_forms() {
    type Form = (&'static str, fn(&[u8]) -> Vec<u8>);
    let forms: [Form; 3] = [
        ("numbers wrap", wrapping),
        ("VLAN", tagged),
        ("ports exchanged", swapped_ports),
    ];
    for (name, ..) in SAMPLES.iter().filter(|(name, ..)| name.ends_with(".pcap")) {
        let file = file(name);
        let of = |file: &[u8]| normalized(&crate::explain_bytes(file, &[]).expect(name));
        let want = of(&file);
        for (form, make) in forms {
            // Without payload, only the ports show which side is the client, or that two servers are the same.
            let needs_ports = name.starts_with("old-fin") || name.starts_with("syn-");
            if form == "ports exchanged" && needs_ports {
                continue;
            }
            assert_eq!(of(&make(&file)), want, "{name}: {form}");
        }
    }
}
