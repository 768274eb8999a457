//! The states of both sides of a connection, as handshake and teardown show them (RFC 9293 section 3.3.2).

use crate::model::{
    ConnectionEnd, Fin, Handshake, HandshakeOutcome, ResetClass, Side, StateChange, TcpState, Teardown,
};

/// The states of each side in the order in which it enters them. A segment changes the state of its sender when it is
/// sent, and that of its receiver when it arrives; both are given the frame of the segment.
pub(super) fn states(handshake: &Handshake, end: &ConnectionEnd) -> Vec<StateChange> {
    let mut changes = Changes(Vec::new());
    changes.opening(handshake);
    if let Some(first) = &end.first_fin {
        match (&end.second_fin, end.teardown) {
            (Some(second), Teardown::Simultaneous) => changes.crossing(first, second),
            (second, _) => changes.closing(first, second.as_ref()),
        }
    }
    if let Some(reset) = end
        .resets
        .first()
        .filter(|_| handshake.outcome != HandshakeOutcome::Refused)
    {
        changes.add(reset.by.other(), TcpState::Closed, Some(reset.frame));
        // The sender of such a RST has had no connection for some time, so the RST does not change its state.
        if reset.class != ResetClass::NoConnection {
            changes.add(reset.by, TcpState::Closed, Some(reset.frame));
        }
    }
    changes.0
}

struct Changes(Vec<StateChange>);

impl Changes {
    /// Adds a state, unless its frame was not captured, or the side is closed.
    fn add(&mut self, side: Side, state: TcpState, frame: Option<u64>) {
        let latest = self.0.iter().rev().find(|change| change.side == side);
        let is_over = latest.is_some_and(|change| matches!(change.state, TcpState::Closed | TcpState::TimeWait));
        if let Some(frame) = frame.filter(|_| !is_over) {
            self.0.push(StateChange { side, state, frame });
        }
    }

    fn opening(&mut self, handshake: &Handshake) {
        self.add(Side::Client, TcpState::SynSent, handshake.syn);
        self.add(Side::Server, TcpState::SynReceived, handshake.syn_ack);
        self.add(Side::Client, TcpState::Established, handshake.syn_ack);
        self.add(Side::Server, TcpState::Established, handshake.ack);
        self.add(Side::Client, TcpState::Closed, handshake.refusal);
    }

    /// One side closes, and then the other.
    fn closing(&mut self, first: &Fin, second: Option<&Fin>) {
        let (active, passive) = (first.by, first.by.other());
        self.add(active, TcpState::FinWait1, Some(first.frame));
        self.add(passive, TcpState::CloseWait, Some(first.frame));
        let second_frame = second.map(|second| second.frame);
        self.add(
            active,
            TcpState::FinWait2,
            first.acked.filter(|acked| Some(*acked) != second_frame),
        );
        self.add(passive, TcpState::LastAck, second_frame);
        self.add(active, TcpState::TimeWait, second_frame);
        self.add(passive, TcpState::Closed, second.and_then(|second| second.acked));
    }

    /// Both sides close before they have received the other's FIN.
    fn crossing(&mut self, first: &Fin, second: &Fin) {
        for (fin, other) in [(first, second), (second, first)] {
            self.add(fin.by, TcpState::FinWait1, Some(fin.frame));
            // The FIN of the other side arrives after this side has sent its FIN, even if it was captured first.
            self.add(fin.by, TcpState::Closing, Some(other.frame));
            self.add(fin.by, TcpState::TimeWait, fin.acked);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Side;
    use crate::test_capture::{ACK, FIN, RST, TestFrame, explained, frame, handshake};

    fn states(end: Vec<TestFrame>, side: Side) -> Vec<(&'static str, u64)> {
        let capture = explained(&[handshake(), end].concat());
        let states = capture.connections[0].states.iter();
        let of_side = states.filter(|change| change.side == side);
        of_side.map(|change| (change.state.name(), change.frame)).collect()
    }

    #[test]
    fn each_side_passes_through_the_states_of_the_rfc() {
        let fin = |us, from_client, seq, ack| frame(us, from_client, FIN | ACK, seq, ack, "");
        let ack = |us, from_client, seq, ack| frame(us, from_client, ACK, seq, ack, "");
        let four = || {
            vec![
                fin(30_000, true, 1, 1),
                ack(30_010, false, 1, 2),
                fin(40_000, false, 1, 2),
                ack(40_010, true, 2, 2),
            ]
        };
        let three = || {
            vec![
                fin(30_000, true, 1, 1),
                fin(30_010, false, 1, 2),
                ack(30_020, true, 2, 2),
            ]
        };
        let crossing = || {
            vec![
                fin(30_000, true, 1, 1),
                fin(30_010, false, 1, 1),
                ack(30_020, true, 2, 2),
                ack(30_030, false, 2, 2),
            ]
        };
        let client = [("SYN-SENT", 1), ("ESTABLISHED", 2)];
        let server = [("SYN-RECEIVED", 2), ("ESTABLISHED", 3)];
        type Row = (&'static str, u64);
        let cases: [(Vec<TestFrame>, &[Row], &[Row]); 4] = [
            (
                four(),
                &[("FIN-WAIT-1", 4), ("FIN-WAIT-2", 5), ("TIME-WAIT", 6)],
                &[("CLOSE-WAIT", 4), ("LAST-ACK", 6), ("CLOSED", 7)],
            ),
            (
                three(),
                &[("FIN-WAIT-1", 4), ("TIME-WAIT", 5)],
                &[("CLOSE-WAIT", 4), ("LAST-ACK", 5), ("CLOSED", 6)],
            ),
            (
                crossing(),
                &[("FIN-WAIT-1", 4), ("CLOSING", 5), ("TIME-WAIT", 7)],
                &[("FIN-WAIT-1", 5), ("CLOSING", 4), ("TIME-WAIT", 6)],
            ),
            (
                vec![frame(30_000, true, RST | ACK, 1, 1, "")],
                &[("CLOSED", 4)],
                &[("CLOSED", 4)],
            ),
        ];
        for (end, of_client, of_server) in cases {
            assert_eq!(states(end.clone(), Side::Client), [&client[..], of_client].concat());
            assert_eq!(states(end, Side::Server), [&server[..], of_server].concat());
        }
    }
}
