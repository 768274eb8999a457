//! Carries out one exchange: looks up files, sends, reads the body and emits events, as [`Exchange`] asks for it.

mod emitting;
mod ruled;

use super::Site;
use super::closing;
use super::local_server::LocalServer;
use super::reply_writer::{ReplyWriter, SendError};
use super::request_body::RequestBody;
use crate::events::{ConnectionMeta, Cuts};
use crate::files::{Arrival, Resource};
use emitting::Sending;
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{
    Action, BodyEnd, BodyProgress, CONTINUE, Close, Exchange, ExchangeOutcome, Finish, Happened, Leftover, Patience,
    Peek, Piece, Rendered, ReplyContext, Standing, Unsent,
};
use labserve_core::http1::Framing;
use labserve_core::render::RenderContext;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// The socket and the server of a connection, for one exchange.
pub(super) struct ExchangeIo<'c> {
    pub(super) stream: &'c TcpStream,
    pub(super) site: &'c Site,
    pub(super) server: &'c LocalServer,
    pub(super) meta: &'c ConnectionMeta,
    /// The state and the counters of the connection before the exchange.
    pub(super) before: Standing,
    /// When the last bytes of the request arrived.
    pub(super) arrival: Arrival,
    /// The maximum payload of a segment, in bytes; 0 until the system has been asked.
    pub(super) segment: &'c mut u32,
    /// Responses that are held back until the next one.
    pub(super) unsent: Unsent,
}

/// The resources of an exchange.
struct Held<'c> {
    writer: ReplyWriter<'c>,
    /// The request body while it is read. Boxed, because most requests have none.
    body: Option<Box<RequestBody<'c>>>,
    /// What is left of a body that was read to its end, and how many bytes of it were read from the socket.
    ended: Option<(Leftover, u64)>,
    /// The file that was looked up.
    resource: Option<Arc<Resource>>,
    /// Whether the last segment of the response may be held back.
    corked: bool,
    /// The time and the numbers that the response was decided with. Forgotten where a wait may follow the decision.
    render: Option<RenderContext>,
}

impl<'c> ExchangeIo<'c> {
    /// Runs the exchange of the request whose head is the first `head_len` bytes of `input`.
    pub(super) async fn run(
        mut self,
        exchange: &mut Exchange<'c>,
        input: &'c [u8],
        head_len: usize,
    ) -> ExchangeOutcome {
        let mut held = self.held();
        if exchange.framing() != Framing::None {
            held.body = Box::pin(self.open_body(exchange, input, head_len)).await;
            if held.body.is_none() {
                return without_body(held, input);
            }
        }
        let mut action = exchange.on(Happened::Begun);
        let finish = loop {
            action = match action {
                Action::Lookup => self.look_up(exchange, &mut held),
                Action::SendReply => match self.send_reply(exchange, &mut held).await {
                    Ok(sent) => exchange.on(Happened::Sent(sent.map_err(|error| error.failure()))),
                    Err(close) => {
                        self.count_cut(close);
                        Action::Finish(exchange.cut(close))
                    }
                },
                Action::Finish(finish) => break finish,
                // Boxed, like the body itself, because most exchanges have none of these steps.
                rare => Box::pin(self.rare(rare, exchange, &mut held)).await,
            };
        };
        self.outcome(finish, exchange, held)
    }

    fn held(&mut self) -> Held<'c> {
        Held {
            writer: ReplyWriter::new(self.stream, &self.site.profile.writes, self.server.shared.started)
                .after(std::mem::take(&mut self.unsent)),
            body: None,
            ended: None,
            resource: None,
            corked: false,
            render: None,
        }
    }

    /// Carries out a step that most exchanges do not have.
    async fn rare(&self, action: Action, exchange: &mut Exchange<'c>, held: &mut Held<'c>) -> Action {
        held.render = None;
        match action {
            Action::SendContinue(times) => {
                let mut sent = Ok(());
                for _ in 0..times {
                    sent = held.writer.send_bytes(CONTINUE).await;
                    if sent.is_err() {
                        break;
                    }
                }
                exchange.on(Happened::Sent(sent.map_err(|error| error.failure())))
            }
            Action::PeekBody(peek) => {
                let end = match &mut held.body {
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
                    self.unless_closed(reading).await
                };
                let end = match end {
                    Ok(end) => end,
                    Err(close) => {
                        let finish = exchange.cut(close);
                        // A body may be read after its response, which is complete then.
                        if !finish.answered {
                            self.count_cut(close);
                        }
                        return Action::Finish(finish);
                    }
                };
                self.emit_body(exchange, held, end);
                exchange.on(Happened::BodyRead(end))
            }
            Action::PeekSocket => {
                held.end_body();
                let unread = closing::unread(self.stream, self.site.profile.read).await;
                exchange.on(Happened::Unread(&[held.beyond(), &unread].concat()))
            }
            Action::Discard(count) => {
                let beyond = held.discard(count);
                let mut read = vec![0; count - beyond];
                let _ = self.stream.try_read(&mut read);
                exchange.on(Happened::Discarded)
            }
            Action::Lookup | Action::SendReply | Action::Finish(_) => action,
        }
    }

    fn outcome(&self, finish: Finish, exchange: &Exchange<'_>, mut held: Held<'_>) -> ExchangeOutcome {
        // When the connection closes, the FIN is sent together with the bytes that are held back.
        if held.corked && finish.close.is_none() {
            crate::sys::cork(self.stream, false);
        }
        ExchangeOutcome {
            close: finish.close,
            also_counted: finish.also_counted,
            answered: finish.answered,
            cut_in_request: finish.cut_in_request,
            received: held.received(),
            sent: held.writer.sent(),
            unsent: held.writer.take_unsent(),
            left: {
                held.end_body();
                held.ended.map_or_else(|| exchange.leftover(), |(left, _)| left)
            },
        }
    }

    fn look_up(&self, exchange: &mut Exchange<'c>, held: &mut Held<'_>) -> Action {
        let Some(query) = exchange.query() else {
            return exchange.on(Happened::Discarded);
        };
        let profile = &self.site.profile;
        let (lookup, first_missing) = {
            let cache = &mut *self.server.cache.borrow_mut();
            let cache = cache.for_request(self.arrival);
            let lookup = self.site.root.find(&query.located, profile, &query.accepted, cache);
            let first_missing = query
                .first_missing
                .then(|| self.site.root.first_missing(&query.located, profile, cache).to_owned());
            (lookup, first_missing)
        };
        held.resource = lookup.resource;
        let render = held.render.insert(self.server.render_context());
        let action = exchange.on(Happened::Found {
            found: lookup.found,
            first_missing: first_missing.as_deref(),
            render,
        });
        if exchange.is_multipart() {
            self.server.shared.multiparts.fetch_add(1, Ordering::Relaxed);
        }
        action
    }

    async fn open_body(
        &self,
        exchange: &Exchange<'c>,
        input: &'c [u8],
        head_len: usize,
    ) -> Option<Box<RequestBody<'c>>> {
        let body = RequestBody::open(
            self.stream,
            exchange.request(),
            (input, head_len, exchange.framing()),
            &self.site.profile.head,
        );
        body.await.map(Box::new)
    }

    async fn read_body(&self, held: &mut Held<'_>, patience: Patience) -> BodyEnd {
        let Some(body) = &mut held.body else {
            return BodyEnd::Complete;
        };
        let timers = &self.site.profile.connection.timers;
        let mut progress = BodyProgress::new(timers, patience, self.server.now());
        loop {
            let next = match progress.deadline() {
                Some(at) => tokio::time::timeout_at(self.server.shared.started + at, body.next_chunk()).await,
                None => Ok(body.next_chunk().await),
            };
            match next {
                Ok(Ok(bytes)) => progress.received(bytes, self.server.now()),
                Ok(Err(end)) => return end,
                Err(_) => return progress.expired(),
            }
        }
    }

    /// The result of `work`, or how to close the connection, if that is requested first.
    fn unless_closed<T>(&self, mut work: Pin<&mut impl Future<Output = T>>) -> impl Future<Output = Result<T, Close>> {
        poll_fn(move |cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            // A request to close wakes the task.
            Poll::Pending => match self.server.registry.close_requested(self.meta.id) {
                Some(close) => Poll::Ready(Err(close)),
                None => Poll::Pending,
            },
        })
    }

    /// Counts a response that a stop cuts short.
    fn count_cut(&self, close: Close) {
        if close.reason == CloseReason::Shutdown {
            self.server.shared.cut_replies.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Renders the response, sends it and emits its event. Returns how to close the connection, if that is requested before
    /// the response is complete.
    async fn send_reply(
        &mut self,
        exchange: &mut Exchange<'c>,
        held: &mut Held<'c>,
    ) -> Result<Result<(), SendError>, Close> {
        exchange.decide_persistence(self.server.stopping.get());
        let (mut head, mut page) = (self.server.buffer(), self.server.buffer());
        let render = held.render.take().unwrap_or_else(|| self.server.render_context());
        let context = ReplyContext {
            local: self.meta.local,
            render: &render,
        };
        let before = held.writer.sent();
        let cuts = self.server.sink.wants_detail().then(Cuts::default);
        held.writer.record_cuts(cuts);
        let mut total = 0;
        let sent = {
            let rendered = exchange.render(&context, &mut head, &mut page);
            self.cork(exchange, held, head.len(), &rendered);
            let delay = self.site.profile.writes.delay;
            let send = pin!(async {
                if let Some(time) = delay {
                    Box::pin(sleep(time)).await;
                }
                held.writer.send(&head, &rendered, held.resource.as_deref()).await
            });
            let sent = self.unless_closed(send).await;
            if !is_complete(&sent) {
                total = head.len() as u64 + rendered.body.iter().map(Piece::length).sum::<u64>();
            }
            sent
        };
        let sending = Sending {
            before,
            total,
            complete: is_complete(&sent),
            render: &render,
        };
        self.emit_reply(exchange, held, &head, &sending);
        self.server.give_back(head);
        self.server.give_back(page);
        sent
    }

    /// Holds back the last segment of a response (TCP_CORK), if the profile does so and a capture would show it. It
    /// would not if one segment holds the whole response, nothing of the request follows, and no FIN could share the
    /// last segment.
    fn cork(&mut self, exchange: &Exchange<'_>, held: &mut Held<'_>, head: usize, rendered: &Rendered<'_>) {
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
            || head as u64 + content > u64::from(self.segment())
            || exchange.request().framing(&profile.head.body) != Framing::None;
        if matters {
            crate::sys::cork(self.stream, true);
            held.corked = true;
        }
    }

    /// The maximum payload of a segment of the connection, in bytes. The system is asked once.
    fn segment(&mut self) -> u32 {
        if *self.segment == 0 {
            *self.segment = crate::sys::segment(self.stream);
        }
        *self.segment
    }
}

/// The outcome if the body cannot be read. It is unknown where the next request would start.
#[cold]
fn without_body(mut held: Held<'_>, input: &[u8]) -> ExchangeOutcome {
    ExchangeOutcome {
        close: Some(CloseReason::Panic.into()),
        also_counted: 0,
        answered: false,
        cut_in_request: true,
        received: 0,
        sent: 0,
        unsent: held.writer.take_unsent(),
        left: Leftover::From(input.len()),
    }
}

fn is_complete(sent: &Result<Result<(), SendError>, Close>) -> bool {
    matches!(sent, Ok(Ok(())))
}

impl Held<'_> {
    /// The number of bytes that were read from the socket for the body.
    fn received(&self) -> u64 {
        let ended = self.ended.as_ref().map_or(0, |(_, received)| *received);
        self.body.as_ref().map_or(ended, |body| body.received())
    }

    /// Ends the reading of the body.
    fn end_body(&mut self) {
        if let Some(body) = self.body.take() {
            let received = body.received();
            self.ended = Some((body.into_leftover(), received));
        }
    }

    /// The bytes that arrived with the end of the body, if it ended in bytes that arrived after the head.
    fn beyond(&self) -> &[u8] {
        match &self.ended {
            Some((Leftover::Bytes(bytes), 1..)) => bytes,
            _ => &[],
        }
    }

    /// Discards up to `count` of those bytes. Returns how many there were.
    fn discard(&mut self, count: usize) -> usize {
        match &mut self.ended {
            Some((Leftover::Bytes(bytes), 1..)) => bytes.drain(..bytes.len().min(count)).count(),
            _ => 0,
        }
    }
}
