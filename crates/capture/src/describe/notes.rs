//! Notes, and problems below HTTP.

use crate::model::{AnalysisFlag, Arg, Note, NoteKind, TcpIssue};
use crate::sentence::{Msg, Sentence};

/// Describes a note.
pub(crate) fn note(note: &Note) -> Sentence {
    let msg = match note.kind {
        NoteKind::NoTcp => Msg::NoteNoTcp,
        NoteKind::NoHttp => Msg::NoteNoHttp,
        NoteKind::NothingMatches => Msg::NoteNothingMatches,
        NoteKind::FileEnds => Msg::NoteFileEnds,
        NoteKind::FileDamaged => Msg::NoteFileDamaged,
        NoteKind::LinkUnknown => Msg::NoteLinkUnknown,
        NoteKind::Undecoded => Msg::NoteUndecoded,
        NoteKind::FragmentsMissing => Msg::NoteFragmentsMissing,
        NoteKind::FragmentsJoined => Msg::NoteFragmentsJoined,
        NoteKind::PayloadsCut => Msg::NotePayloadsCut,
        NoteKind::BytesMissing => Msg::NoteBytesMissing,
        NoteKind::BeginsMidway => Msg::NoteBeginsMidway,
        NoteKind::TooManyStreams => Msg::NoteTooManyStreams,
        NoteKind::TooManyConnections => Msg::NoteTooManyConnections,
        NoteKind::TooManyExchanges => Msg::NoteTooManyExchanges,
        NoteKind::TooManyFrames => Msg::NoteTooManyFrames,
        NoteKind::TooMuchBuffered => Msg::NoteTooMuchBuffered,
        NoteKind::TooManyHeads => Msg::NoteTooManyHeads,
        NoteKind::NotHttp => Msg::NoteNotHttp,
        NoteKind::NotRead => Msg::NoteNotRead,
        NoteKind::TimeRunsBackwards => Msg::NoteTimeRunsBackwards,
        NoteKind::RecordedTwice => Msg::NoteRecordedTwice,
        NoteKind::NotPackets => Msg::NoteNotPackets,
        NoteKind::QuotedOnly => Msg::NoteQuoted,
        NoteKind::Encapsulated => Msg::NoteEncapsulated,
        NoteKind::NotTcp => Msg::NoteNotTcp,
        NoteKind::OneSided => Msg::NoteOneSided,
    };
    let sentence = Sentence::new(msg)
        .with_args(&note.args)
        .with_frames(note.frames.iter().copied());
    match note.args.get("count") {
        Some(Arg::Count(count)) if counts_frames(note.kind) => sentence.of_frames(*count),
        _ => sentence,
    }
}

/// Whether a note counts frames, of which it names the first; others count bytes, streams or messages.
fn counts_frames(kind: NoteKind) -> bool {
    matches!(
        kind,
        NoteKind::Undecoded
            | NoteKind::FragmentsMissing
            | NoteKind::FragmentsJoined
            | NoteKind::PayloadsCut
            | NoteKind::TimeRunsBackwards
            | NoteKind::RecordedTwice
            | NoteKind::QuotedOnly
    )
}

/// Describes the segments of one side that have the same analysis flag.
pub(crate) fn tcp_issue(issue: &TcpIssue) -> Sentence {
    let msg = match issue.flag {
        AnalysisFlag::Retransmission => Msg::IssueRetransmission,
        AnalysisFlag::SpuriousRetransmission => Msg::IssueSpuriousRetransmission,
        AnalysisFlag::FastRetransmission => Msg::IssueFastRetransmission,
        AnalysisFlag::Overlap => Msg::IssueOverlap,
        AnalysisFlag::OutOfOrder => Msg::IssueOutOfOrder,
        AnalysisFlag::Gap => Msg::IssueGap,
        AnalysisFlag::DuplicateAck => Msg::IssueDuplicateAck,
        AnalysisFlag::KeepAlive => Msg::IssueKeepAlive,
        AnalysisFlag::KeepAliveAck => Msg::IssueKeepAliveAck,
        AnalysisFlag::ZeroWindow => Msg::IssueZeroWindow,
        AnalysisFlag::WindowProbe => Msg::IssueWindowProbe,
        AnalysisFlag::WindowFull => Msg::IssueWindowFull,
        AnalysisFlag::Cut => Msg::IssueCut,
        AnalysisFlag::AckedUnseen => Msg::IssueAckedUnseen,
        AnalysisFlag::Reassembled => Msg::IssueReassembled,
        AnalysisFlag::RecordedTwice => Msg::IssueRecordedTwice,
    };
    Sentence::new(msg)
        .with("count", issue.count)
        .with("side", issue.by)
        .with_frames(issue.frames.iter().copied())
        .of_frames(issue.count)
}

/// An analysis flag, as a label.
pub(crate) fn analysis_flag(flag: AnalysisFlag) -> Msg {
    match flag {
        AnalysisFlag::Retransmission => Msg::FlagRetransmission,
        AnalysisFlag::SpuriousRetransmission => Msg::FlagSpuriousRetransmission,
        AnalysisFlag::FastRetransmission => Msg::FlagFastRetransmission,
        AnalysisFlag::Overlap => Msg::FlagOverlap,
        AnalysisFlag::OutOfOrder => Msg::FlagOutOfOrder,
        AnalysisFlag::Gap => Msg::FlagGap,
        AnalysisFlag::DuplicateAck => Msg::FlagDuplicateAck,
        AnalysisFlag::KeepAlive => Msg::FlagKeepAlive,
        AnalysisFlag::KeepAliveAck => Msg::FlagKeepAliveAck,
        AnalysisFlag::ZeroWindow => Msg::FlagZeroWindow,
        AnalysisFlag::WindowProbe => Msg::FlagWindowProbe,
        AnalysisFlag::WindowFull => Msg::FlagWindowFull,
        AnalysisFlag::Cut => Msg::FlagCut,
        AnalysisFlag::AckedUnseen => Msg::FlagAckedUnseen,
        AnalysisFlag::Reassembled => Msg::FlagReassembled,
        AnalysisFlag::RecordedTwice => Msg::FlagRecordedTwice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Args;
    use crate::sentence::Lang;

    #[test]
    fn frames_that_are_not_named_are_hinted_at() {
        for (kind, count, want) in [
            (NoteKind::RecordedTwice, 3_u64, "[frames 2, 4, ...]"),
            (NoteKind::RecordedTwice, 2, "[frames 2, 4]"),
            (NoteKind::NotHttp, 1400, "[frames 2, 4]"),
        ] {
            let said = note(&Note {
                kind,
                args: Args::default().with("count", count),
                frames: vec![2, 4],
            });
            assert_eq!(said.evidence(Lang::En), want, "{kind:?}");
        }
    }
}
