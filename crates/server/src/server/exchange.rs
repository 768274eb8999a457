//! Carries out one exchange: looks up files, sends, reads the body and emits events, as [`Exchange`] asks for it.

#![expect(
    clippy::manual_async_fn,
    reason = "the future of an `async fn` stores the arguments twice for as long as the exchange runs"
)]

mod body;
mod emitting;
mod ruled;

use super::Site;
use super::closing;
use super::driver::Driver;
use super::reply_writer::ReplyWriter;
use super::request_body::RequestBody;
use super::send_error::SendError;
use crate::files::Resource;
pub(super) use body::Body;
use emitting::Sending;
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{
    Action, BodyEnd, BodyProgress, Close, Exchange, ExchangeOutcome, Finish, Happened, Leftover, PathQuery, Patience,
    Peek, Piece, Rendered, ReplyContext, Unsent,
};
use labserve_core::http1::Framing;
use labserve_core::render::RenderContext;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A connection and its site, for one exchange. It changes neither.
#[derive(Clone, Copy)]
pub(super) struct ExchangeIo<'c> {
    pub(super) driver: &'c Driver,
    pub(super) site: &'c Site,
}

/// The state that an exchange consumes or changes.
pub(super) struct Held<'c> {
    writer: ReplyWriter<'c>,
    /// The request body. Boxed, because most requests have none.
    body: Option<Box<Body<'c>>>,
    /// The file that was looked up.
    resource: Option<Arc<Resource>>,
    /// The maximum payload of a segment, in bytes; 0 until the system has been asked.
    pub(super) segment: u32,
    /// Whether the last segment of the response may be held back.
    corked: bool,
    /// The time and the numbers that the response is decided and rendered with. Reset before a step that may wait,
    /// because they would be out of date afterwards.
    render: Option<RenderContext>,
}

impl<'c> ExchangeIo<'c> {
    /// The state at the start of an exchange: the segment size if it is known, the responses that are held back until
    /// the next one, and the bytes that have `arrived` if they are not in the input.
    pub(super) fn hold(self, segment: u32, unsent: Unsent, arrived: Option<Box<Body<'c>>>) -> Held<'c> {
        let Driver { stream, server, .. } = self.driver;
        Held {
            writer: ReplyWriter::new(stream, &self.site.profile.writes, server.shared.started).after(unsent),
            body: arrived,
            resource: None,
            segment,
            corked: false,
            render: None,
        }
    }

    /// Runs the exchange.
    pub(super) fn run(self, exchange: &mut Exchange<'c>, held: &mut Held<'c>) -> impl Future<Output = ExchangeOutcome> {
        async move {
            if exchange.framing() != Framing::None {
                held.body = Box::pin(self.open_body(exchange, held)).await;
                if held.body.is_none() {
                    return without_body(exchange, held);
                }
            }
            let mut action = exchange.on(Happened::Begun);
            let finish = loop {
                action = match action {
                    Action::Lookup(query) => self.look_up(&query, exchange, held),
                    Action::SendReply => {
                        // Dropped here, so that the future does not reserve memory for it while the response is sent.
                        drop(action);
                        match self.send_reply(exchange, held).await {
                            Ok(sent) => exchange.on(Happened::Sent(sent.map_err(|error| error.failure()))),
                            Err(close) => Action::Finish(exchange.cut(close)),
                        }
                    }
                    Action::Finish(finish) => break finish,
                    // Boxed, like the body itself, because most exchanges have none of these steps.
                    rare => Box::pin(self.rare(rare, exchange, held)).await,
                };
            };
            self.outcome(finish, exchange, held)
        }
    }

    /// Carries out a step that most exchanges do not have.
    async fn rare(self, action: Action, exchange: &mut Exchange<'c>, held: &mut Held<'c>) -> Action {
        held.render = None;
        match action {
            Action::SendContinue(times) => {
                let sending = pin!(held.writer.send_continue(times));
                match self.driver.unless_closed(sending).await {
                    Ok(sent) => exchange.on(Happened::Sent(sent.map_err(|error| error.failure()))),
                    Err(close) => Action::Finish(self.cut(exchange, close)),
                }
            }
            Action::PeekBody(peek) => {
                let end = match held.reader() {
                    Some(body) => body.peek().await,
                    None => Some(BodyEnd::Complete),
                };
                if let Some(end) = end
                    && peek == Peek::AfterReply
                {
                    self.emit_body(exchange, held, end);
                }
                exchange.on(Happened::BodyPeeked(end))
            }
            Action::ReadBody(patience) => {
                let end = {
                    let reading = pin!(self.read_body(held, patience));
                    self.driver.unless_closed(reading).await
                };
                match end {
                    Ok(end) => {
                        self.emit_body(exchange, held, end);
                        exchange.on(Happened::BodyRead(end))
                    }
                    Err(close) => Action::Finish(self.cut(exchange, close)),
                }
            }
            Action::PeekSocket => {
                held.body = held.body.take().map(|body| Box::new(body.ended()));
                let beyond = held.body.as_ref().map_or(&[][..], |body| body.beyond());
                let unread = closing::unread(&self.driver.stream, self.site.profile.read).await;
                exchange.on(Happened::Unread(&[beyond, &unread].concat()))
            }
            Action::Discard(count) => {
                let beyond = held.body.as_mut().map_or(0, |body| body.discard(count));
                let mut read = vec![0; count - beyond];
                let _ = self.driver.stream.try_read(&mut read);
                exchange.on(Happened::Discarded)
            }
            Action::Lookup(_) | Action::SendReply | Action::Finish(_) => action,
        }
    }

    /// Ends an exchange before it sends its response, because the connection is to be closed like this.
    fn cut(self, exchange: &mut Exchange<'c>, close: Close) -> Finish {
        let finish = exchange.cut(close);
        // A body may be read after its response. That response is already complete.
        if !finish.answered {
            self.driver.count_cut(close);
        }
        finish
    }

    fn outcome(self, finish: Finish, exchange: &Exchange<'_>, held: &mut Held<'_>) -> ExchangeOutcome {
        // When the connection closes, the FIN is sent together with the bytes that are held back.
        if held.corked && finish.close.is_none() {
            crate::sys::cork(&self.driver.stream, false);
        }
        ExchangeOutcome {
            close: finish.close,
            also_counted: finish.also_counted,
            answered: finish.answered,
            cut_in_request: finish.cut_in_request,
            is_last: finish.is_last,
            arrived: held.arrived(exchange),
            received: held.received(),
            sent: held.writer.sent(),
            unsent: held.writer.take_unsent(),
            left: held
                .body
                .take()
                .map_or_else(|| exchange.leftover(), |body| body.into_leftover()),
        }
    }

    fn look_up(self, query: &PathQuery, exchange: &mut Exchange<'c>, held: &mut Held<'_>) -> Action {
        let (profile, server) = (&self.site.profile, &self.driver.server);
        let (lookup, first_missing) = {
            let cache = &mut *server.cache.borrow_mut();
            let cache = cache.for_request(self.driver.arrival);
            let lookup = self.site.root.find(&query.located, profile, &query.accepted, cache);
            let first_missing = query
                .first_missing
                .then(|| self.site.root.first_missing(&query.located, profile, cache).to_owned());
            (lookup, first_missing)
        };
        held.resource = lookup.resource;
        let action = exchange.on(Happened::Found {
            found: lookup.found,
            first_missing: first_missing.as_deref(),
            render: held.render.insert(server.render_context()),
        });
        if exchange.is_multipart() {
            server.shared.multiparts.fetch_add(1, Ordering::Relaxed);
        }
        action
    }

    async fn open_body(self, exchange: &Exchange<'c>, held: &mut Held<'c>) -> Option<Box<Body<'c>>> {
        let arrived = match held.body.take().map(|body| *body) {
            Some(Body::Arrived(bytes)) => bytes.into(),
            _ => exchange.input().into(),
        };
        let body = RequestBody::open(
            &self.driver.stream,
            exchange.request(),
            (arrived, exchange.head_len(), exchange.framing()),
            &self.site.profile,
        );
        Some(Box::new(Body::Reading(body.await?)))
    }

    async fn read_body(self, held: &mut Held<'_>, patience: Patience) -> BodyEnd {
        let Some(body) = held.reader() else {
            return BodyEnd::Complete;
        };
        let server = &self.driver.server;
        let timers = &self.site.profile.connection.timers;
        let mut progress = BodyProgress::new(timers, patience, server.now());
        loop {
            let next = match progress.deadline() {
                Some(at) => tokio::time::timeout_at(server.shared.started + at, body.next_chunk()).await,
                None => Ok(body.next_chunk().await),
            };
            match next {
                Ok(Ok(bytes)) => progress.received(bytes, server.now()),
                Ok(Err(end)) => return end,
                Err(_) => return progress.expired(),
            }
        }
    }

    /// Renders the response, sends it and emits its event. Returns how to close the connection, if that is requested before
    /// the response is complete.
    fn send_reply(
        self,
        exchange: &mut Exchange<'c>,
        held: &mut Held<'c>,
    ) -> impl Future<Output = Result<Result<(), SendError>, Close>> {
        async move {
            let Driver { server, meta, .. } = self.driver;
            exchange.decide_persistence(server.stopping.get());
            let (mut head, mut page) = (server.buffer(), server.buffer());
            held.writer
                .record_cuts(server.sink.wants_detail().then(Default::default));
            let before = held.writer.sent();
            let (sent, total) = {
                // In one statement, so that the context takes up no memory while the response is sent.
                let rendered = exchange.render(
                    &ReplyContext {
                        local: meta.local,
                        render: held.render.get_or_insert_with(|| server.render_context()),
                    },
                    &mut head,
                    &mut page,
                );
                self.cork(exchange, held, head.len(), &rendered);
                let sent = {
                    let sending = pin!(held.writer.send(&head, &rendered, held.resource.as_deref()));
                    self.driver.unless_closed(sending).await
                };
                let total = head.len() as u64 + rendered.body.iter().map(Piece::length).sum::<u64>();
                (sent, total)
            };
            if let Err(close) = sent {
                self.driver.count_cut(close);
            }
            let sending = Sending {
                before,
                total,
                complete: matches!(sent, Ok(Ok(()))),
            };
            self.emit_reply(exchange, held, &head, sending);
            held.render = None;
            self.driver.server.give_back(head);
            self.driver.server.give_back(page);
            sent
        }
    }

    /// Holds back the last segment of a response (TCP_CORK), if the profile does so and a capture would show the
    /// difference. There is none if the body is one piece, the response fits into one segment, the request has no body,
    /// and the connection stays open.
    fn cork(self, exchange: &Exchange<'_>, held: &mut Held<'_>, head: usize, rendered: &Rendered<'_>) {
        let profile = &self.site.profile;
        let of_file = |piece: &Piece<'_>| match piece {
            Piece::File(range) => range.length(),
            Piece::Bytes(_) => 0,
        };
        let content: u64 = rendered.body.iter().map(of_file).sum();
        if !profile.writes.cork || content == 0 {
            return;
        }
        let matters = rendered.body.len() > 1
            || rendered.closes
            || exchange.request().framing(&profile.head.body) != Framing::None
            || head as u64 + content > u64::from(self.segment(held));
        if matters {
            crate::sys::cork(&self.driver.stream, true);
            held.corked = true;
        }
    }

    /// Maximum segment size of the connection in bytes. The system is asked only if the answer matters, and only once
    /// for each connection.
    fn segment(self, held: &mut Held<'_>) -> u32 {
        if held.segment == 0 {
            held.segment = crate::sys::segment(&self.driver.stream);
        }
        held.segment
    }
}

/// The outcome if the body cannot be read. The start of the next request is then unknown.
#[cold]
fn without_body(exchange: &Exchange<'_>, held: &mut Held<'_>) -> ExchangeOutcome {
    ExchangeOutcome {
        close: Some(CloseReason::Panic.into()),
        also_counted: 0,
        answered: false,
        cut_in_request: true,
        is_last: false,
        arrived: held.arrived(exchange),
        received: 0,
        sent: 0,
        unsent: held.writer.take_unsent(),
        left: Leftover::From(exchange.input().len()),
    }
}

impl<'c> Held<'c> {
    /// The reader of the request body, while it is read.
    fn reader(&mut self) -> Option<&mut RequestBody<'c>> {
        self.body.as_mut()?.reader()
    }

    /// The number of bytes that had arrived when the exchange began.
    fn arrived(&self, exchange: &Exchange<'_>) -> u64 {
        let in_input = || exchange.input().len() as u64;
        self.body.as_ref().map_or_else(in_input, |body| body.arrived())
    }

    /// The number of bytes that were read from the socket for the body.
    fn received(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.received())
    }
}
