//! Notes, and problems below HTTP.

use crate::model::{AnalysisFlag, Note, NoteKind, TcpIssue};
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
        NoteKind::NotTcp => Msg::NoteNotTcp,
        NoteKind::OneSided => Msg::NoteOneSided,
    };
    Sentence::new(msg)
        .with_args(&note.args)
        .with_frames(note.frames.iter().copied())
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
