//! What could not be read, and which limits were met.

use super::Args;
use serde::Serialize;

/// A remark on the reading itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// What its sentence needs.
    pub args: Args,
    /// The frames it is about, at most 8.
    pub frames: Vec<u64>,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// No frame is TCP.
    NoTcp,
    /// No stream carries HTTP/1.x, and none was asked for.
    NoHttp,
    /// No stream is one that was asked for.
    NothingMatches,
    /// The file ends in the middle of a record.
    FileEnds,
    /// The file cannot be read from some byte on.
    FileDamaged,
    /// A link type that is not read.
    LinkUnknown,
    /// Frames that could not be decoded.
    Undecoded,
    /// IP fragments that were not completed.
    FragmentsMissing,
    /// IP fragments that were put together.
    FragmentsJoined,
    /// The snap length cut payloads.
    PayloadsCut,
    /// Bytes were sent that the capture does not hold.
    BytesMissing,
    /// The capture begins in the middle of the connection.
    BeginsMidway,
    /// More streams than are told apart.
    TooManyStreams,
    /// More connections than are listed.
    TooManyConnections,
    /// More exchanges than are listed.
    TooManyExchanges,
    /// More frames than are listed.
    TooManyFrames,
    /// Bytes out of order were given up, because there were too many.
    TooMuchBuffered,
    /// Heads were not kept, because there were too many.
    TooManyHeads,
    /// Bytes that are no HTTP/1.x on a connection that carries it.
    NotHttp,
    /// Frames whose time is before that of the one before.
    TimeRunsBackwards,
}
