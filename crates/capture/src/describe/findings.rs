//! The findings: for each, the statement and the explanation of it.

use crate::model::{Finding, FindingKind};
use crate::sentence::{Msg, Sentence};

/// The statement with its evidence, and the explanation.
pub(crate) fn finding(finding: &Finding) -> (Sentence, Sentence) {
    let (what, why) = match finding.kind {
        FindingKind::SlowServer if finding.args.get("round_trips").is_some() => {
            (Msg::SlowServerRoundTrips, Msg::SlowServerWhy)
        }
        kind => messages(kind),
    };
    let sentence = |msg| Sentence::new(msg).with_args(&finding.args);
    (
        sentence(what).with_frames(finding.frames.iter().copied()),
        sentence(why),
    )
}

fn messages(kind: FindingKind) -> (Msg, Msg) {
    match kind {
        FindingKind::OneConnectionKept => (Msg::OneConnectionKept, Msg::OneConnectionKeptWhy),
        FindingKind::CloseEveryTime => (Msg::CloseEveryTime, Msg::CloseEveryTimeWhy),
        FindingKind::TimedOutAsAnnounced => (Msg::TimedOutAsAnnounced, Msg::TimedOutAsAnnouncedWhy),
        FindingKind::TimedOutUnannounced => (Msg::TimedOutUnannounced, Msg::TimedOutUnannouncedWhy),
        FindingKind::TimedOutOtherwise => (Msg::TimedOutOtherwise, Msg::TimedOutOtherwiseWhy),
        FindingKind::AnnouncedNotEnforced => (Msg::AnnouncedNotEnforced, Msg::AnnouncedNotEnforcedWhy),
        FindingKind::SilentAndOpen => (Msg::SilentAndOpen, Msg::SilentAndOpenWhy),
        FindingKind::KeptWithoutTime => (Msg::KeptWithoutTime, Msg::KeptWithoutTimeWhy),
        FindingKind::SpeculativeConnection => (Msg::SpeculativeConnection, Msg::SpeculativeConnectionWhy),
        FindingKind::SpeculativeConnectionOpen => (Msg::SpeculativeConnectionOpen, Msg::SpeculativeConnectionWhy),
        FindingKind::ParallelConnections => (Msg::ParallelConnections, Msg::ParallelConnectionsWhy),
        FindingKind::SlowServer => (Msg::SlowServer, Msg::SlowServerWhy),
        FindingKind::SlowServerPause => (Msg::SlowServerPause, Msg::SlowServerPauseWhy),
        FindingKind::SlowClient => (Msg::SlowClient, Msg::SlowClientWhy),
        FindingKind::SlowRequest => (Msg::SlowRequest, Msg::SlowRequestWhy),
        FindingKind::SlowResponse => (Msg::SlowResponse, Msg::SlowResponseWhy),
        FindingKind::SlowExpect => (Msg::SlowExpect, Msg::SlowExpectWhy),
        FindingKind::SlowDelayedAck => (Msg::SlowDelayedAck, Msg::SlowDelayedAckWhy),
        FindingKind::SlowWindow => (Msg::SlowWindow, Msg::SlowWindowWhy),
        FindingKind::SlowZeroWindow => (Msg::SlowZeroWindow, Msg::SlowZeroWindowWhy),
        FindingKind::SlowRetransmission => (Msg::SlowRetransmission, Msg::SlowRetransmissionWhy),
        FindingKind::SlowSyn => (Msg::SlowSyn, Msg::SlowSynWhy),
        FindingKind::SlowHeadOfLine => (Msg::SlowHeadOfLine, Msg::SlowHeadOfLineWhy),
        FindingKind::SlowRoundTrip => (Msg::SlowRoundTrip, Msg::SlowRoundTripWhy),
        FindingKind::AllNotModified => (Msg::AllNotModified, Msg::AllNotModifiedWhy),
        FindingKind::SomeNotModified => (Msg::SomeNotModified, Msg::SomeNotModifiedWhy),
        FindingKind::LostRace => (Msg::LostRace, Msg::LostRaceWhy),
        FindingKind::ResetsRefused => (Msg::ResetsRefused, Msg::ResetsRefusedWhy),
        FindingKind::ResetsAbort => (Msg::ResetsAbort, Msg::ResetsAbortWhy),
        FindingKind::ResetsLateData => (Msg::ResetsLateData, Msg::ResetsLateDataWhy),
        FindingKind::ResetsNoConnection => (Msg::ResetsNoConnection, Msg::ResetsNoConnectionWhy),
        FindingKind::ResetsAnswerFin => (Msg::ResetsAnswerFin, Msg::ResetsAnswerFinWhy),
        FindingKind::ResetsHarmless => (Msg::ResetsHarmless, Msg::ResetsHarmlessWhy),
        FindingKind::ResetsIdle => (Msg::ResetsIdle, Msg::ResetsIdleWhy),
        FindingKind::CutShort => (Msg::FoundCutShort, Msg::FoundCutShortWhy),
        FindingKind::LongHalfClosed => (Msg::LongHalfClosed, Msg::LongHalfClosedWhy),
        FindingKind::SentInPieces => (Msg::SentInPieces, Msg::SentInPiecesWhy),
        FindingKind::Pipelined => (Msg::FoundPipelined, Msg::FoundPipelinedWhy),
        FindingKind::Ranges => (Msg::Ranges, Msg::RangesWhy),
        FindingKind::NotOpened => (Msg::FoundNotOpened, Msg::FoundNotOpenedWhy),
        FindingKind::Retransmissions => (Msg::FoundRetransmissions, Msg::FoundRetransmissionsWhy),
        FindingKind::ZeroWindows => (Msg::FoundZeroWindows, Msg::FoundZeroWindowsWhy),
        FindingKind::KeepAliveProbes => (Msg::FoundKeepAliveProbes, Msg::FoundKeepAliveProbesWhy),
    }
}
