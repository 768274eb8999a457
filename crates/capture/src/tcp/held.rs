//! Bytes that are held back because they respond to bytes which were not captured so far.
//!
//! A capture may hold a response before its request: several queues of a network card, several interfaces, several
//! taps. The acknowledgement number shows it: the response acknowledges bytes that come later in the file. Such bytes
//! wait, so that `http` reads what was sent in the order in which it was sent.

use crate::reassembly::{Delivery, Payload};
use std::collections::VecDeque;

/// After this many frames of the connection, the bytes that are waited for count as not captured.
const MOST_FRAMES: u32 = 64;
/// The same after this many frames in which the other endpoint acknowledges the held bytes: it must have sent the bytes
/// that are waited for long ago.
const MOST_ACKS: u32 = 3;
/// The same if more bytes than these are held.
const MOST_BYTES: usize = 1 << 20;

/// A delivery with its own bytes.
#[derive(Debug)]
enum HeldDelivery {
    Bytes(Payload<Vec<u8>>),
    Missing { at: u64, len: u64 },
}

/// What is held back of one direction, in order.
#[derive(Debug, Default)]
pub(super) struct Held {
    queue: VecDeque<HeldDelivery>,
    bytes: usize,
    frames: u32,
    acks: u32,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Position of the first delivery that is held back; the maximum if there is none.
    pub(super) fn begin(&self) -> u64 {
        match self.queue.front() {
            Some(HeldDelivery::Bytes(payload)) => payload.at,
            Some(HeldDelivery::Missing { at, .. }) => *at,
            None => u64::MAX,
        }
    }

    /// Whether a delivery has to wait. `reached` is the position up to which the other direction was delivered.
    pub(super) fn holds(&self, delivery: &Delivery<'_>, reached: u64) -> bool {
        !self.queue.is_empty() || matches!(delivery, Delivery::Bytes(payload) if payload.ack > reached)
    }

    pub(super) fn push(&mut self, delivery: &Delivery<'_>) {
        self.queue.push_back(match delivery {
            Delivery::Bytes(payload) => {
                self.bytes += payload.bytes.len();
                HeldDelivery::Bytes(payload.to_owned())
            }
            Delivery::Missing { at, len } => HeldDelivery::Missing { at: *at, len: *len },
        });
    }

    /// Counts a frame of the connection. `acked` is the position up to which the other endpoint acknowledges.
    pub(super) fn count_frame(&mut self, acked: Option<u64>) {
        if let Some(HeldDelivery::Bytes(first)) = self.queue.front() {
            self.frames += 1;
            self.acks += u32::from(acked.is_some_and(|acked| acked >= first.end()));
        }
    }

    /// Whether the bytes that are waited for are given up.
    pub(super) fn is_overdue(&self) -> bool {
        self.frames > MOST_FRAMES || self.acks > MOST_ACKS || self.bytes > MOST_BYTES
    }

    /// Position in the other direction that the first delivery waits for.
    pub(super) fn awaits(&self) -> Option<u64> {
        match self.queue.front()? {
            HeldDelivery::Bytes(payload) => Some(payload.ack),
            HeldDelivery::Missing { .. } => Some(0),
        }
    }

    /// Takes the first delivery and passes it on.
    pub(super) fn release_first(&mut self, deliver: &mut impl FnMut(&Delivery<'_>)) {
        (self.frames, self.acks) = (0, 0);
        match self.queue.pop_front() {
            Some(HeldDelivery::Bytes(payload)) => {
                self.bytes -= payload.bytes.len();
                deliver(&Delivery::Bytes(payload.borrowed()));
            }
            Some(HeldDelivery::Missing { at, len }) => deliver(&Delivery::Missing { at, len }),
            None => {}
        }
    }
}
