//! The two ends of a connection in memory, and the virtual time.

use std::sync::Arc;
use std::time::Duration;

/// A piece of what the server sends.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes.
    Bytes(Vec<u8>),
    /// A part of a file: from the first offset up to, but not including, the second.
    File(Arc<[u8]>, usize, usize),
}

impl Piece {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File(content, from, to) => content.get(*from..*to).unwrap_or_default(),
        }
    }
}

/// How the server ended a connection, as seen by the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With FIN.
    Fin,
    /// With RST.
    Rst,
    /// It did not.
    Open,
}

/// An action of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAct<'s> {
    /// It sends these bytes.
    Send(&'s [u8]),
    /// Sends FIN and continues to read.
    Fin,
    /// Nothing that the server can see.
    Nothing,
    /// Closes the connection.
    Leave,
}

/// A client: it acts at times of its own choice and receives what the server sends.
///
/// Times are counted from the start of the server.
pub trait Client {
    /// When it acts next if it receives nothing before. Not earlier than its last action.
    fn wake(&self) -> Duration;

    /// Acts at the time that [`Client::wake`] returned.
    fn act(&mut self) -> ClientAct<'_>;

    /// Receives a piece of a response.
    fn hear(&mut self, at: Duration, piece: Piece);

    /// Learns that the server has ended the connection.
    fn ended(&mut self, at: Duration, end: End);
}

/// Why a wait on the wire ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Bytes have arrived.
    Bytes,
    /// The client has sent FIN, and all its bytes have been read.
    Fin,
    /// The deadline has passed.
    Deadline,
}

/// The server's end of a connection, and the virtual clock.
pub(super) struct Wire<'c> {
    pub(super) now: Duration,
    client: &'c mut dyn Client,
    /// Bytes that have arrived but were not read.
    unread: Vec<u8>,
    fin: bool,
}

impl<'c> Wire<'c> {
    pub(super) fn new(client: &'c mut dyn Client, now: Duration) -> Self {
        Wire {
            now,
            client,
            unread: Vec::new(),
            fin: false,
        }
    }

    /// The bytes that have arrived but were not read.
    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Whether the client has sent FIN and all its bytes have been read.
    pub(super) fn at_fin(&self) -> bool {
        self.fin && self.unread.is_empty()
    }

    /// Reads up to `most` bytes.
    pub(super) fn read(&mut self, most: usize) -> Vec<u8> {
        if most >= self.unread.len() {
            return std::mem::take(&mut self.unread);
        }
        let rest = self.unread.split_off(most);
        std::mem::replace(&mut self.unread, rest)
    }

    /// Waits for the client, but not beyond the deadline. `bytes_win`: bytes that arrive exactly at the deadline are in
    /// time.
    pub(super) fn wait(&mut self, deadline: Option<Duration>, bytes_win: bool) -> Arrival {
        loop {
            if !self.unread.is_empty() {
                return Arrival::Bytes;
            }
            if self.fin {
                return Arrival::Fin;
            }
            let wake = self.client.wake().max(self.now);
            if let Some(deadline) = deadline
                && (deadline < wake || (deadline == wake && !bytes_win))
            {
                self.now = self.now.max(deadline);
                return Arrival::Deadline;
            }
            // Everything that the client sends at one instant arrives together.
            self.now = wake;
            while !self.fin && self.client.wake() <= self.now {
                self.let_act();
            }
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now.saturating_add(time);
        while !self.fin && self.client.wake() <= until {
            self.now = self.now.max(self.client.wake());
            self.let_act();
        }
        self.now = until;
    }

    fn let_act(&mut self) {
        match self.client.act() {
            ClientAct::Send(bytes) => self.unread.extend_from_slice(bytes),
            ClientAct::Fin | ClientAct::Leave => self.fin = true,
            ClientAct::Nothing => {}
        }
    }

    pub(super) fn send(&mut self, piece: Piece) {
        self.client.hear(self.now, piece);
    }

    pub(super) fn end(&mut self, end: End) {
        self.client.ended(self.now, end);
    }
}
