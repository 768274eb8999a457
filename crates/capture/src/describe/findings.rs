//! The findings: for each, the statement and the explanation of it.

use crate::messages::FindingMsg;
use crate::model::{Arg, Args, Finding, FindingKind};
use crate::sentence::{Msg, Sentence};

/// The statement with its evidence, and the explanation.
pub(crate) fn finding(finding: &Finding) -> (Sentence, Sentence) {
    let has = |name| finding.args.get(name).is_some();
    let (what, why) = match finding.kind {
        FindingKind::OneConnectionKept if has("serial") => {
            (FindingMsg::OneConnectionSerial, FindingMsg::OneConnectionKeptWhy)
        }
        FindingKind::Credentials if has("answer") => (FindingMsg::CredentialsSent, FindingMsg::CredentialsWhy),
        FindingKind::SlowServer if has("round_trips") => (FindingMsg::SlowServerRoundTrips, FindingMsg::SlowServerWhy),
        FindingKind::Retransmissions if !has("longest") => (
            FindingMsg::FoundNeedlessRetransmissions,
            FindingMsg::FoundRetransmissionsWhy,
        ),
        FindingKind::ZeroWindows if has("stalled") => {
            (FindingMsg::FoundZeroWindowsFor, FindingMsg::FoundZeroWindowsWhy)
        }
        kind => messages(kind),
    };
    let sentence = |msg| Sentence::new(msg).with_args(&finding.args);
    let why = match finding.kind {
        FindingKind::Retransmissions => sentence(why).with_list("reasons", reasons(&finding.args)),
        _ => sentence(why),
    };
    let proof = finding.frames.iter().copied();
    let in_all = finding.frames.len() as u64 + finding.frames_left_out;
    (sentence(what).with_frames(proof).of_frames(in_all), why)
}

/// For which reasons segments were sent again, and how many for each.
fn reasons(args: &Args) -> Vec<Sentence> {
    let all = [
        ("timeouts", Msg::SentAgainAfterTimeout),
        ("fast", Msg::SentAgainAfterDuplicateAcks),
        ("needless", Msg::SentAgainNeedlessly),
        ("other", Msg::SentAgainForAnotherReason),
    ];
    let counted = all.into_iter().filter_map(|(name, msg)| match args.get(name) {
        Some(Arg::Count(count)) if *count > 0 => Some(Sentence::new(msg).with("count", *count)),
        _ => None,
    });
    counted.collect()
}

fn messages(kind: FindingKind) -> (FindingMsg, FindingMsg) {
    match kind {
        FindingKind::OneConnectionKept => (FindingMsg::OneConnectionKept, FindingMsg::OneConnectionKeptWhy),
        FindingKind::CloseEveryTime => (FindingMsg::CloseEveryTime, FindingMsg::CloseEveryTimeWhy),
        FindingKind::TimedOutAsAnnounced => (FindingMsg::TimedOutAsAnnounced, FindingMsg::TimedOutAsAnnouncedWhy),
        FindingKind::TimedOutUnannounced => (FindingMsg::TimedOutUnannounced, FindingMsg::TimedOutUnannouncedWhy),
        FindingKind::TimedOutOtherwise => (FindingMsg::TimedOutOtherwise, FindingMsg::TimedOutOtherwiseWhy),
        FindingKind::AnnouncedNotEnforced => (FindingMsg::AnnouncedNotEnforced, FindingMsg::AnnouncedNotEnforcedWhy),
        FindingKind::SilentAndOpen => (FindingMsg::SilentAndOpen, FindingMsg::SilentAndOpenWhy),
        FindingKind::KeptWithoutTime => (FindingMsg::KeptWithoutTime, FindingMsg::KeptWithoutTimeWhy),
        FindingKind::SpeculativeConnection => (FindingMsg::SpeculativeConnection, FindingMsg::SpeculativeConnectionWhy),
        FindingKind::SpeculativeConnectionOpen => (
            FindingMsg::SpeculativeConnectionOpen,
            FindingMsg::SpeculativeConnectionWhy,
        ),
        FindingKind::ParallelConnections => (FindingMsg::ParallelConnections, FindingMsg::ParallelConnectionsWhy),
        FindingKind::Forwarded => (FindingMsg::Forwarded, FindingMsg::ForwardedWhy),
        FindingKind::ClientErrors => (FindingMsg::ClientErrors, FindingMsg::ClientErrorsWhy),
        FindingKind::ServerErrors => (FindingMsg::ServerErrors, FindingMsg::ServerErrorsWhy),
        FindingKind::Credentials => (FindingMsg::CredentialsAsked, FindingMsg::CredentialsWhy),
        FindingKind::SlowServer => (FindingMsg::SlowServer, FindingMsg::SlowServerWhy),
        FindingKind::SlowServerPause => (FindingMsg::SlowServerPause, FindingMsg::SlowServerPauseWhy),
        FindingKind::SlowClient => (FindingMsg::SlowClient, FindingMsg::SlowClientWhy),
        FindingKind::SlowRequest => (FindingMsg::SlowRequest, FindingMsg::SlowRequestWhy),
        FindingKind::SlowResponse => (FindingMsg::SlowResponse, FindingMsg::SlowResponseWhy),
        FindingKind::SlowExpect => (FindingMsg::SlowExpect, FindingMsg::SlowExpectWhy),
        FindingKind::SlowDelayedAck => (FindingMsg::SlowDelayedAck, FindingMsg::SlowDelayedAckWhy),
        FindingKind::SlowWindow => (FindingMsg::SlowWindow, FindingMsg::SlowWindowWhy),
        FindingKind::SlowZeroWindow => (FindingMsg::SlowZeroWindow, FindingMsg::SlowZeroWindowWhy),
        FindingKind::SlowRetransmission => (FindingMsg::SlowRetransmission, FindingMsg::SlowRetransmissionWhy),
        FindingKind::SlowSyn => (FindingMsg::SlowSyn, FindingMsg::SlowSynWhy),
        FindingKind::SlowHeadOfLine => (FindingMsg::SlowHeadOfLine, FindingMsg::SlowHeadOfLineWhy),
        FindingKind::SlowRoundTrip => (FindingMsg::SlowRoundTrip, FindingMsg::SlowRoundTripWhy),
        FindingKind::AllNotModified => (FindingMsg::AllNotModified, FindingMsg::AllNotModifiedWhy),
        FindingKind::SomeNotModified => (FindingMsg::SomeNotModified, FindingMsg::SomeNotModifiedWhy),
        FindingKind::LostRace => (FindingMsg::LostRace, FindingMsg::LostRaceWhy),
        FindingKind::ResetsRefused => (FindingMsg::ResetsRefused, FindingMsg::ResetsRefusedWhy),
        FindingKind::ResetsAbort => (FindingMsg::ResetsAbort, FindingMsg::ResetsAbortWhy),
        FindingKind::ResetsLateData => (FindingMsg::ResetsLateData, FindingMsg::ResetsLateDataWhy),
        FindingKind::ResetsNoConnection => (FindingMsg::ResetsNoConnection, FindingMsg::ResetsNoConnectionWhy),
        FindingKind::ResetsAnswerFin => (FindingMsg::ResetsAnswerFin, FindingMsg::ResetsAnswerFinWhy),
        FindingKind::ResetsHarmless => (FindingMsg::ResetsHarmless, FindingMsg::ResetsHarmlessWhy),
        FindingKind::ResetsIdle => (FindingMsg::ResetsIdle, FindingMsg::ResetsIdleWhy),
        FindingKind::CutShort => (FindingMsg::FoundCutShort, FindingMsg::FoundCutShortWhy),
        FindingKind::LongHalfClosed => (FindingMsg::LongHalfClosed, FindingMsg::LongHalfClosedWhy),
        FindingKind::SentInPieces => (FindingMsg::SentInPieces, FindingMsg::SentInPiecesWhy),
        FindingKind::Pipelined => (FindingMsg::FoundPipelined, FindingMsg::FoundPipelinedWhy),
        FindingKind::Ranges => (FindingMsg::Ranges, FindingMsg::RangesWhy),
        FindingKind::NotOpened => (FindingMsg::FoundNotOpened, FindingMsg::FoundNotOpenedWhy),
        FindingKind::PortReused => (FindingMsg::PortReused, FindingMsg::PortReusedWhy),
        FindingKind::Retransmissions => (FindingMsg::FoundRetransmissions, FindingMsg::FoundRetransmissionsWhy),
        FindingKind::ZeroWindows => (FindingMsg::FoundZeroWindows, FindingMsg::FoundZeroWindowsWhy),
        FindingKind::KeepAliveProbes => (FindingMsg::FoundKeepAliveProbes, FindingMsg::FoundKeepAliveProbesWhy),
    }
}
