//! What could not be read, and which limits were reached.

use super::Args;
use serde::Serialize;

/// A remark on how completely the capture was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// What the note is about.
    pub kind: NoteKind,
    /// Values that its sentence needs.
    pub args: Args,
    /// Frames that it concerns, at most 8.
    pub frames: Vec<u64>,
}

/// Kind of a [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoteKind {
    /// No frame holds TCP.
    NoTcp,
    /// No stream carries HTTP/1.x, and the filter is empty.
    NoHttp,
    /// No stream passes the filter.
    NothingMatches,
    /// The file ends in the middle of a record.
    FileEnds,
    /// The file is damaged; it was read up to the damage.
    FileDamaged,
    /// Frames with a link type that is not supported.
    LinkUnknown,
    /// Frames that could not be decoded, such as truncated headers.
    Undecoded,
    /// IP fragments of datagrams that are incomplete.
    FragmentsMissing,
    /// Datagrams that were reassembled from IP fragments.
    FragmentsJoined,
    /// The snap length truncated payloads.
    PayloadsCut,
    /// Bytes were sent that were not captured.
    BytesMissing,
    /// The capture begins in the middle of the connection.
    BeginsMidway,
    /// [`Limits::streams`](crate::Limits::streams) was reached.
    TooManyStreams,
    /// [`Limits::connections`](crate::Limits::connections) was reached.
    TooManyConnections,
    /// [`Limits::exchanges`](crate::Limits::exchanges) was reached.
    TooManyExchanges,
    /// [`Limits::frames`](crate::Limits::frames), or the bound of one connection, was reached.
    TooManyFrames,
    /// [`Limits::buffered`](crate::Limits::buffered) was reached: out-of-order bytes were delivered with a gap.
    TooMuchBuffered,
    /// [`Limits::head_bytes`](crate::Limits::head_bytes) was reached.
    TooManyHeads,
    /// Bytes that are not HTTP/1.x on a connection that carries HTTP/1.x.
    NotHttp,
    /// Bytes of unknown meaning on a connection that carries HTTP/1.x, because bytes before them were not captured.
    NotRead,
    /// Frames that are earlier than a frame before them.
    TimeRunsBackwards,
    /// Frames that were recorded twice. Each counts once.
    RecordedTwice,
    /// Blocks of a pcapng file that are not packets, and are numbered like packets.
    NotPackets,
    /// Streams without a segment in the capture, which only an ICMP error quotes. Wireshark numbers them too.
    QuotedOnly,
    /// Frames whose TCP segment is carried in another protocol, such as VXLAN: how many in each.
    Encapsulated,
    /// Frames that are not TCP: how many of each protocol.
    NotTcp,
    /// Only the frames of one side were captured.
    OneSided,
}
