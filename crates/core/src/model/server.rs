//! Carries out the actions of [`crate::conn`] in memory. It makes no decision.

use super::body::MemoryBody;
use super::site::{MemoryFile, MemorySite};
use super::wire::{Arrival, Client, End, Piece, Wire};
use crate::conn::{
    self, Action, Close, Conn, Context, Exchange, ExchangeOutcome, Finish, Happened, Next, Opened, Patience,
    ReplyContext, Ruled, Settle, Stage, Unsent, WakeReason,
};
use crate::http1::Head;
use crate::lookup;
use crate::profile::{AtExpiry, CloseStyle, Profile};
use crate::render::RenderContext;
use crate::rule::Hit;
use core::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The maximum number of bytes that are read ahead to see whether the client's FIN follows them.
const MOST_AHEAD: usize = 64 << 10;

/// The place and time of a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The address that the client connects to.
    pub local: SocketAddr,
    /// When the connection is accepted, as time since the start of the server.
    pub accepted: Duration,
    /// The number of the connection, from 1.
    pub connection: u64,
    /// When everything that rules hold is released, as time since the start of the server.
    pub released: Duration,
    /// The time of day at the start of the server, and the numbers that responses may contain.
    pub render: RenderContext,
}

impl Default for Setting {
    /// 127.0.0.1:3000, one second after the start of the server, at the beginning of 1970.
    fn default() -> Self {
        Self {
            local: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            accepted: Duration::from_secs(1),
            connection: 1,
            released: Duration::ZERO,
            render: RenderContext::default(),
        }
    }
}

/// Serves one connection until it closes or the client leaves.
pub fn converse(profile: &Profile, site: &MemorySite<'_>, setting: &Setting, client: &mut dyn Client) {
    let mut server = Server {
        profile,
        site,
        setting: *setting,
        conn: Conn::new(setting.accepted),
        wire: Wire::new(client, setting.accepted),
        multiparts: 0,
    };
    let close = server.serve();
    server.close(close);
}

pub(super) struct Server<'s, 'c> {
    pub(super) profile: &'s Profile,
    site: &'s MemorySite<'s>,
    pub(super) setting: Setting,
    pub(super) conn: Conn,
    pub(super) wire: Wire<'c>,
    multiparts: u64,
}

impl<'s> Server<'s, '_> {
    pub(super) fn context(&self) -> Context<'s> {
        Context {
            profile: self.profile,
            root: self.site.root(),
            now: self.wire.now,
            stopping: false,
        }
    }

    fn serve(&mut self) -> Close {
        if let Some(close) = self.rule_at(Stage::Accepted) {
            return close;
        }
        let mut next = self.conn.next(&self.context());
        loop {
            next = match next {
                Next::Wait => {
                    if let Some(close) = self.rule_at(Stage::Waits) {
                        return close;
                    }
                    if self.first_byte_is_unread()
                        && let Some(close) = self.rule_at(Stage::FirstByte)
                    {
                        return close;
                    }
                    let reason = self.wait();
                    self.conn.on(reason, &self.context())
                }
                Next::Settle(head, settle) => self.settle(head, settle),
                Next::Serve(opened) => {
                    let close = self.exchange(&opened);
                    self.send_due(close.is_some());
                    match close {
                        Some(close) => return close,
                        None if !self.conn.input().is_empty() => match self.rule_at(Stage::FirstByte) {
                            Some(close) => return close,
                            None => self.conn.next(&self.context()),
                        },
                        None => self.conn.next(&self.context()),
                    }
                }
                Next::Close(close) => return close,
            }
        }
    }

    fn wait(&mut self) -> WakeReason {
        let deadline = self.conn.deadline(self.profile);
        let bytes_win = self.profile.connection.timers.tie == AtExpiry::Read;
        match (
            self.wire.wait(deadline.map(|deadline| deadline.at), bytes_win),
            deadline,
        ) {
            (Arrival::Bytes, _) => WakeReason::Received(self.receive()),
            (Arrival::Deadline, Some(deadline)) => WakeReason::Expired(deadline),
            (Arrival::Fin | Arrival::Deadline, _) => {
                self.conn.receive_fin();
                WakeReason::Fin
            }
        }
    }

    /// If rules may act on the first byte of the next request, waits for that byte. Returns whether it has arrived.
    fn first_byte_is_unread(&mut self) -> bool {
        let deadline = self.conn.deadline(self.profile).map(|deadline| deadline.at);
        let rules = &self.profile.rules;
        self.conn.leaves_first_byte(self.setting.connection, rules) && self.wire.wait(deadline, true) == Arrival::Bytes
    }

    fn receive(&mut self) -> usize {
        let bytes = self.wire.read(self.conn.read_size(self.profile));
        self.conn.receive(&bytes, Vec::new);
        bytes.len()
    }

    fn settle(&mut self, head: Head, settle: Settle) -> Next {
        let mut fin = false;
        if let Settle::Within(within) = settle {
            let until = self.conn.last_byte().saturating_add(within);
            self.wire.pass(until.saturating_sub(self.wire.now));
            while !self.wire.unread().is_empty() && self.conn.input().len() < MOST_AHEAD {
                self.receive();
            }
            fin = self.wire.at_fin();
        }
        self.conn.settled(head, fin, &self.context())
    }

    /// Sends the responses that were held back, if they are due.
    fn send_due(&mut self, closes: bool) {
        if let Some(bytes) = self.conn.take_due(closes, &self.context()) {
            self.wire.send(Piece::Bytes(bytes));
        }
    }

    fn exchange(&mut self, opened: &Opened) -> Option<Close> {
        let hit = self.conn.rule(opened, self.setting.connection, &self.profile.rules);
        let input = self.conn.take_input();
        let exchange = self.conn.exchange(opened, &input, &self.context());
        let outcome = self.run(exchange, hit, opened, &input);
        self.conn.finished(opened, input, outcome, &self.context())
    }

    fn run(&mut self, mut exchange: Exchange<'_>, hit: Option<Hit>, opened: &Opened, input: &[u8]) -> ExchangeOutcome {
        let mut held = Held {
            sent: 0,
            unsent: self.conn.take_unsent(),
            file: None,
            body: MemoryBody::new(input, opened.head.len, exchange.framing(), self.profile),
        };
        if let Some(body) = &mut held.body {
            body.read_ahead(&mut self.wire);
        }
        let finish = match hit {
            None => {
                let mut action = exchange.on(Happened::Begun);
                loop {
                    action = match action {
                        Action::Finish(finish) => break finish,
                        action => self.carry_out(action, &mut exchange, &mut held),
                    }
                }
            }
            Some(hit) => self.run_ruled(&mut exchange, Ruled::new(hit), &mut held),
        };
        outcome(finish, &exchange, held)
    }

    /// Carries out one action of an exchange. Returns the next one.
    pub(super) fn carry_out(&mut self, action: Action, exchange: &mut Exchange<'_>, held: &mut Held<'_>) -> Action {
        match action {
            Action::SendContinue(times) => {
                self.send_held(&mut held.unsent);
                for _ in 0..times {
                    held.sent += self.send(Piece::Bytes(conn::CONTINUE.to_vec()));
                }
                exchange.on(Happened::Sent(Ok(())))
            }
            Action::Lookup(query) => {
                let render = self.render_context();
                let mut tree = self.site;
                let found = lookup::find(&mut tree, &query.located, self.profile, &query.accepted);
                let missing = query
                    .first_missing
                    .then(|| lookup::first_missing(&mut tree, &query.located).to_owned());
                held.file = found.resource;
                let action = exchange.on(Happened::Found {
                    found: found.found,
                    first_missing: missing.as_deref(),
                    render: &render,
                });
                self.multiparts += u64::from(exchange.is_multipart());
                action
            }
            Action::PeekBody(_) => {
                let end = held.body.as_mut().and_then(|body| body.peek(&mut self.wire));
                exchange.on(Happened::BodyPeeked(end))
            }
            Action::ReadBody(patience) => {
                let end = self.read_body(held.body.as_mut(), patience);
                exchange.on(Happened::BodyRead(end))
            }
            Action::PeekSocket => {
                let beyond = held.body.as_ref().map(MemoryBody::beyond).unwrap_or_default();
                exchange.on(Happened::Unread(&[beyond, self.wire.unread()].concat()))
            }
            Action::Discard(count) => {
                let beyond = held.body.as_mut().map_or(0, |body| body.discard(count));
                self.wire.read(count - beyond);
                exchange.on(Happened::Discarded)
            }
            Action::SendReply => {
                held.sent += self.send_reply(exchange, held.file.as_ref(), &mut held.unsent);
                exchange.on(Happened::Sent(Ok(())))
            }
            Action::Finish(_) => action,
        }
    }

    fn read_body(&mut self, body: Option<&mut MemoryBody<'_>>, patience: Patience) -> conn::BodyEnd {
        match body {
            Some(body) => body.read(&mut self.wire, &self.profile.connection.timers, patience),
            None => conn::BodyEnd::Complete,
        }
    }

    fn send_reply(&mut self, exchange: &mut Exchange<'_>, file: Option<&MemoryFile>, unsent: &mut Unsent) -> u64 {
        let (mut head, mut page) = (Vec::new(), Vec::new());
        let writes = &self.profile.writes;
        exchange.decide_persistence(false);
        let render = self.render_context();
        let rendered = exchange.render(
            &ReplyContext {
                local: self.setting.local,
                render: &render,
            },
            &mut head,
            &mut page,
        );
        if let Some(time) = writes.delay {
            self.wire.pass(time);
        }
        if rendered.may_wait {
            let before = unsent.bytes.len();
            unsent.add(&head, &rendered.body);
            return (unsent.bytes.len() - before) as u64;
        }
        self.send_held(unsent);
        let mut sent = 0;
        if !head.is_empty() {
            sent += self.send(Piece::Bytes(head));
            if let Some(time) = writes.body_delay.filter(|_| !rendered.body.is_empty()) {
                self.wire.pass(time);
            }
        }
        for piece in rendered.body.iter() {
            sent += match (piece, file) {
                (conn::Piece::Bytes(bytes), _) => self.send(Piece::Bytes(bytes.to_vec())),
                (conn::Piece::File(range), Some(file)) => {
                    let (from, to) = (range.first as usize, range.last as usize + 1);
                    self.send_file(file, from, to)
                }
                (conn::Piece::File(_), None) => 0,
            }
        }
        sent
    }

    pub(super) fn send_held(&mut self, unsent: &mut Unsent) {
        let held = std::mem::take(unsent);
        if !held.bytes.is_empty() {
            self.wire.send(Piece::Bytes(held.bytes));
        }
    }

    pub(super) fn send_file(&mut self, file: &MemoryFile, from: usize, to: usize) -> u64 {
        let Some(pause) = self.profile.writes.pause else {
            return self.send(Piece::File(file.content.clone(), from, to));
        };
        let mut sent = 0;
        for at in (from..to).step_by(self.profile.writes.chunk_size.max(1)) {
            if at > from {
                self.wire.pass(pause);
            }
            let end = to.min(at + self.profile.writes.chunk_size.max(1));
            sent += self.send(Piece::File(file.content.clone(), at, end));
        }
        sent
    }

    pub(super) fn send(&mut self, piece: Piece) -> u64 {
        let count = piece.bytes().len() as u64;
        self.wire.send(piece);
        count
    }

    pub(super) fn render_context(&self) -> RenderContext {
        RenderContext {
            counter: self.multiparts + 1,
            ..self.setting.render
        }
    }

    fn close(&mut self, close: Close) {
        self.send_due(true);
        let policy = &self.profile.connection.close;
        let closing = self.conn.close(close, &self.context());
        if let Some(pause) = closing.pause {
            self.pause(pause);
        }
        // Bytes that the client sends at this instant arrive before the connection is closed.
        self.wire.pass(Duration::ZERO);
        let has_unread = !self.wire.unread().is_empty();
        match closing.style(policy, || has_unread) {
            CloseStyle::Rst => self.wire.end(End::Rst),
            CloseStyle::Close if has_unread => self.wire.end(End::Rst),
            CloseStyle::Fin | CloseStyle::Linger | CloseStyle::Close | CloseStyle::HalfClose => {
                self.wire.end(End::Fin);
            }
            CloseStyle::Hold => {}
        }
    }

    /// Waits before the close: for the time of `pause`, or until the client's FIN. If `pause.holds`, a byte from the
    /// client removes the time limit.
    fn pause(&mut self, pause: conn::Pause) {
        let mut until = Some(self.wire.now + pause.time);
        loop {
            match self.wire.wait(until, true) {
                Arrival::Deadline | Arrival::Fin => return,
                Arrival::Bytes => {
                    self.wire.read(usize::MAX);
                    if pause.holds {
                        until = None;
                    }
                }
            }
        }
    }
}

/// The resources of an exchange.
pub(super) struct Held<'b> {
    /// The number of bytes that were sent.
    pub(super) sent: u64,
    /// Responses that are held back until the next one.
    pub(super) unsent: Unsent,
    /// The file that was looked up.
    pub(super) file: Option<MemoryFile>,
    body: Option<MemoryBody<'b>>,
}

fn outcome(finish: Finish, exchange: &Exchange<'_>, held: Held<'_>) -> ExchangeOutcome {
    let Held { sent, unsent, body, .. } = held;
    ExchangeOutcome {
        close: finish.close,
        also_counted: finish.also_counted,
        answered: finish.answered,
        cut_in_request: finish.cut_in_request,
        is_last: finish.is_last,
        arrived: exchange.input().len() as u64,
        received: body.as_ref().map_or(0, |body| body.received),
        sent,
        unsent,
        left: body.map_or_else(|| exchange.leftover(), MemoryBody::into_leftover),
    }
}
