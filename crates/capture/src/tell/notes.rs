//! What could not be read, and what went wrong below HTTP.

use crate::model::{Mark, Note, NoteKind, Trouble};
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
pub fn trouble(trouble: &Trouble) -> Said {
    let msg = match trouble.mark {
        Mark::Retransmission => Msg::TroubleRetransmission,
        Mark::Overlap => Msg::TroubleOverlap,
        Mark::OutOfOrder => Msg::TroubleOutOfOrder,
        Mark::Gap => Msg::TroubleGap,
        Mark::KeepAlive => Msg::TroubleKeepAlive,
        Mark::KeepAliveAck => Msg::TroubleKeepAliveAck,
        Mark::ZeroWindow => Msg::TroubleZeroWindow,
        Mark::WindowProbe => Msg::TroubleWindowProbe,
        Mark::Cut => Msg::TroubleCut,
        Mark::AckedUnseen => Msg::TroubleAckedUnseen,
        Mark::Reassembled => Msg::TroubleReassembled,
    };
    Said::new(msg)
        .with("count", trouble.count)
        .with("side", trouble.by)
        .by(trouble.frames.iter().copied())
}

/// A mark in a word.
pub fn mark(mark: Mark) -> Msg {
    match mark {
        Mark::Retransmission => Msg::MarkRetransmission,
        Mark::Overlap => Msg::MarkOverlap,
        Mark::OutOfOrder => Msg::MarkOutOfOrder,
        Mark::Gap => Msg::MarkGap,
        Mark::KeepAlive => Msg::MarkKeepAlive,
        Mark::KeepAliveAck => Msg::MarkKeepAliveAck,
        Mark::ZeroWindow => Msg::MarkZeroWindow,
        Mark::WindowProbe => Msg::MarkWindowProbe,
        Mark::Cut => Msg::MarkCut,
        Mark::AckedUnseen => Msg::MarkAckedUnseen,
        Mark::Reassembled => Msg::MarkReassembled,
    }
}
