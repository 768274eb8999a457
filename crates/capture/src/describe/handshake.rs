//! How a connection was opened.

use crate::model::{Arg, Handshake, HandshakeOutcome, Side, SynOptions};
use crate::sentence::{Msg, Sentence};

pub(super) fn handshake(handshake: &Handshake) -> Vec<Sentence> {
    let icmp_error = handshake
        .icmp_error
        .filter(|_| handshake.outcome == HandshakeOutcome::IcmpError);
    let frames = [
        handshake.syn,
        handshake.syn_ack,
        handshake.ack,
        handshake.refusal,
        icmp_error.map(|error| error.frame),
    ];
    let msg = match handshake.outcome {
        HandshakeOutcome::Complete if handshake.round_trip_ns.is_some() => Msg::OpenedInRoundTrip,
        HandshakeOutcome::Complete => Msg::Opened,
        HandshakeOutcome::Refused => Msg::Refused,
        HandshakeOutcome::IcmpError => Msg::AnsweredByIcmp,
        HandshakeOutcome::Unanswered => Msg::Unanswered,
        HandshakeOutcome::CaptureEnds => Msg::SynAtTheEnd,
        HandshakeOutcome::Unfinished => match (handshake.syn, handshake.syn_ack) {
            (Some(_), None) => Msg::OpenedWithoutSynAck,
            (None, _) => Msg::OpenedWithoutSyn,
            (Some(_), Some(_)) => Msg::OpenedUnfinished,
        },
        HandshakeOutcome::NotCaptured => Msg::OpenedBefore,
    };
    let mut sentence = Sentence::new(msg).with_frames(frames.into_iter().flatten());
    if let Some(took) = handshake.took_ns {
        sentence = sentence.with("took", Arg::ns(took));
    }
    if let Some(error) = icmp_error {
        sentence = sentence.with("error", error.name);
    }
    let mut lines = vec![sentence];
    if !handshake.syn_retries.is_empty() {
        lines.push(
            Sentence::new(Msg::SynRetried)
                .with("count", handshake.syn_retries.len())
                .with_frames(handshake.syn_retries.iter().copied()),
        );
    }
    for (side, options) in [(Side::Client, &handshake.client), (Side::Server, &handshake.server)] {
        if let Some(options) = options {
            lines.push(
                Sentence::new(Msg::Offers)
                    .with("side", side)
                    .with("options", offered(options))
                    .with("isn", options.isn),
            );
        }
    }
    lines
}

/// The options of a SYN, as in Wireshark's Info column.
fn offered(options: &SynOptions) -> String {
    let mut parts = vec![format!("Win={}", options.window)];
    parts.extend(options.mss.map(|mss| format!("MSS={mss}")));
    parts.extend(
        options
            .window_scale
            .map(|scale| format!("WS={}", 1_u32 << scale.min(14))),
    );
    parts.extend(options.sack.then(|| "SACK_PERM".to_owned()));
    parts.extend(options.timestamps.then(|| "TS".to_owned()));
    parts.join(" ")
}
