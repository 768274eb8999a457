//! What could not be read, and what went wrong below HTTP.

use crate::model::{AnalysisFlag, Note, NoteKind, TcpIssue};
use crate::say::{Msg, Said};

/// Tells of a limit or a fault of the reading.
pub fn note(note: &Note) -> Said {
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
        NoteKind::TimeRunsBackwards => Msg::NoteTimeRunsBackwards,
    };
    Said {
        msg,
        args: note.args.clone(),
        frames: note.frames.clone(),
    }
}

/// Tells of segments that are special.
pub fn trouble(trouble: &TcpIssue) -> Said {
    let msg = match trouble.mark {
        AnalysisFlag::Retransmission => Msg::IssueRetransmission,
        AnalysisFlag::Overlap => Msg::IssueOverlap,
        AnalysisFlag::OutOfOrder => Msg::IssueOutOfOrder,
        AnalysisFlag::Gap => Msg::IssueGap,
        AnalysisFlag::KeepAlive => Msg::IssueKeepAlive,
        AnalysisFlag::KeepAliveAck => Msg::IssueKeepAliveAck,
        AnalysisFlag::ZeroWindow => Msg::IssueZeroWindow,
        AnalysisFlag::WindowProbe => Msg::IssueWindowProbe,
        AnalysisFlag::Cut => Msg::IssueCut,
        AnalysisFlag::AckedUnseen => Msg::IssueAckedUnseen,
        AnalysisFlag::Reassembled => Msg::IssueReassembled,
    };
    Said::new(msg)
        .with("count", trouble.count)
        .with("side", trouble.by)
        .by(trouble.frames.iter().copied())
}

/// A mark in a word.
pub fn mark(mark: AnalysisFlag) -> Msg {
    match mark {
        AnalysisFlag::Retransmission => Msg::FlagRetransmission,
        AnalysisFlag::Overlap => Msg::FlagOverlap,
        AnalysisFlag::OutOfOrder => Msg::FlagOutOfOrder,
        AnalysisFlag::Gap => Msg::FlagGap,
        AnalysisFlag::KeepAlive => Msg::FlagKeepAlive,
        AnalysisFlag::KeepAliveAck => Msg::FlagKeepAliveAck,
        AnalysisFlag::ZeroWindow => Msg::FlagZeroWindow,
        AnalysisFlag::WindowProbe => Msg::FlagWindowProbe,
        AnalysisFlag::Cut => Msg::FlagCut,
        AnalysisFlag::AckedUnseen => Msg::FlagAckedUnseen,
        AnalysisFlag::Reassembled => Msg::FlagReassembled,
    }
}
