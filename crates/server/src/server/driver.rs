//! Drives one connection: carries out on its socket what [`Conn`] asks for, and reports the results to it.
//!
//! [`super::wait`] contains how the driver waits, [`super::exchange`] how it runs one exchange, and [`super::closing`]
//! how it closes the connection. The driver makes no decision.

use super::Site;
use super::exchange::{Body, ExchangeIo};
use super::guard::{Panicked, guarded};
use super::local_server::LocalServer;
use super::registry::Registered;
use super::reply_writer::ReplyWriter;
use super::wait::{Armed, WaitOutcome};
use crate::events::{self, ConnectionMeta, Event};
use crate::files::Arrival;
use labserve_core::close_reason::CloseReason;
use labserve_core::conn::{Close, Conn, Context, Exchange, Next, Opened, Purpose, Refusal, Settle, Stage, WakeReason};
use labserve_core::http1::Head;
use labserve_core::profile::Profile;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Whether a new connection is within the limit of open connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is served.
    Admitted,
    /// It is served, after it waited in the accept queue for another connection to end.
    Queued,
    /// It gets the profile's response for too many connections.
    Refused,
}

/// Serves a connection until it closes.
///
/// The driver is boxed, because a future stores twice what is moved into it. Rare steps are boxed while they run, so
/// that an idle connection does not reserve memory for them.
pub(super) async fn drive(mut driver: Box<Driver>, entry: Entry) {
    // Dropped before the socket, on every path out of this function.
    let registered = Registered::new(&driver.server, &driver.meta, crate::sys::socket(&driver.stream));
    driver.emit(&Event::Accepted {
        queued: entry == Entry::Queued,
    });
    let served = {
        // Pinned here and passed by reference, because a future stores twice what is moved into it.
        let serving = std::pin::pin!(async {
            match entry {
                Entry::Admitted | Entry::Queued => tokio::select! {
                    biased;
                    close = driver.serve() => close,
                    close = registered.close_request().made() => close,
                },
                Entry::Refused => Box::pin(driver.refuse()).await,
            }
        });
        guarded(serving).await
    };
    Box::pin(driver.finish(served, registered)).await;
}

/// The next thing that a driver does.
enum Step<'d> {
    /// Wait for input or a timer.
    Wait,
    /// Close the connection.
    Close(Close),
    /// Run an exchange. The future returns how the connection closes, if it does. It is boxed, so that an idle
    /// connection does not reserve the memory for an exchange.
    Exchange(Pin<Box<dyn Future<Output = Option<Close>> + 'd>>),
}

impl Step<'_> {
    /// Carries out the step. Returns how the connection closes, if it does.
    async fn done(self) -> Option<Close> {
        match self {
            Self::Wait => None,
            Self::Close(close) => Some(close),
            Self::Exchange(exchange) => exchange.await,
        }
    }
}

/// The socket of a connection, and its state.
pub(super) struct Driver {
    pub(super) stream: TcpStream,
    pub(super) meta: Rc<ConnectionMeta>,
    pub(super) conn: Conn,
    /// When the last bytes arrived.
    pub(super) arrival: Arrival,
    /// The maximum payload of a segment of the connection, in bytes; 0 until the system has been asked.
    segment: u32,
    pub(super) timer: Option<Armed>,
    pub(super) server: Rc<LocalServer>,
}

impl Driver {
    /// The driver of a connection that was just accepted.
    pub(super) fn new(stream: TcpStream, meta: Rc<ConnectionMeta>, server: Rc<LocalServer>) -> Self {
        Self {
            stream,
            meta,
            conn: Conn::new(server.now()),
            arrival: Arrival::default(),
            segment: 0,
            timer: None,
            server,
        }
    }

    /// Closes the connection after it was served, or after a panic.
    async fn finish(self: Box<Self>, served: Result<Close, Panicked>, registered: Registered) {
        let id = self.meta.id;
        let close = served.unwrap_or_else(|panicked| {
            panicked.log(format_args!("connection #{id}"));
            CloseReason::Panic.into()
        });
        // If closing panics too, nothing else can be done.
        if let Err(panicked) = guarded(Box::pin(self.close(close, registered))).await {
            panicked.log(format_args!("the end of connection #{id}"));
        }
    }

    pub(super) fn emit(&self, event: &Event<'_>) {
        self.server.emit(&self.meta, self.conn.standing(), event);
    }

    pub(super) fn context<'s>(&self, site: &'s Site) -> Context<'s> {
        self.context_at(site, self.server.now())
    }

    fn context_at<'s>(&self, site: &'s Site, now: Duration) -> Context<'s> {
        Context {
            profile: &site.profile,
            root: site.root.names(),
            now,
            stopping: self.server.stopping.get(),
        }
    }

    async fn refuse(&mut self) -> Close {
        let site = self.server.site();
        let cx = self.context(&site);
        let next = self.conn.refuse(&cx);
        let close = self.start(&site, cx, next).done().await;
        close.unwrap_or(CloseReason::TooMany.into())
    }

    async fn serve(&mut self) -> Close {
        if self.has_rules()
            && let Some(due) = self.due_rule(Stage::Accepted)
            && let Some(close) = Box::pin(self.carry_out(due)).await
        {
            return close;
        }
        let mut waits = self.conn.input().is_empty();
        loop {
            if self.has_rules() {
                let stage = if waits { Stage::Waits } else { Stage::FirstByte };
                if let Some(due) = self.due_rule(stage)
                    && let Some(close) = Box::pin(self.carry_out(due)).await
                {
                    return close;
                }
            }
            let reason = if waits {
                let site = self.server.site();
                match self.wait(&site).await {
                    WaitOutcome::Wake(reason) => Some(reason),
                    WaitOutcome::RuleDue(due) => match Box::pin(self.carry_out(*due)).await {
                        Some(close) => return close,
                        None => continue,
                    },
                }
            } else {
                None
            };
            // Yield between requests, so that one pipelining client cannot starve the others on this worker.
            tokio::task::coop::consume_budget().await;
            let site = self.server.site();
            match self.next_step(&site, reason) {
                Step::Wait => {
                    waits = true;
                    continue;
                }
                Step::Close(close) => return close,
                Step::Exchange(exchange) => {
                    if let Some(close) = exchange.await {
                        return close;
                    }
                }
            }
            // Without input, the next thing to do is to wait.
            waits = self.conn.input().is_empty();
        }
    }

    /// The next step. `reason` is the result of the wait before it, if there was one.
    fn next_step<'d>(&'d mut self, site: &'d Rc<Site>, reason: Option<WakeReason>) -> Step<'d> {
        match reason {
            Some(WakeReason::Fin) => self.note_client_fin(),
            Some(WakeReason::Expired(deadline)) => self.emit(&Event::Timer {
                reason: deadline.reason,
            }),
            Some(WakeReason::Received(_) | WakeReason::Broken(_) | WakeReason::Stop) | None => {}
        }
        let cx = self.context(site);
        let next = match reason {
            Some(reason) => self.conn.on(reason, &cx),
            None => self.conn.next(&cx),
        };
        self.start(site, cx, next)
    }

    /// Starts what [`Conn`] asks for.
    fn start<'d>(&'d mut self, site: &'d Rc<Site>, cx: Context<'d>, next: Next) -> Step<'d> {
        match next {
            Next::Wait => Step::Wait,
            Next::Close(close) => Step::Close(close),
            Next::Serve(opened) => {
                if let Purpose::Request(refusal) = opened.purpose {
                    self.emit_head(&opened.head, refusal);
                }
                Step::Exchange(Box::pin(self.run(site, cx.now, opened)))
            }
            Next::Settle(head, settle) => {
                self.emit_head(&head, None);
                if self.waits_to_settle(settle) {
                    Step::Exchange(Box::pin(self.settle_and_run(site, cx.now, head, settle)))
                } else {
                    self.settled(site, &cx, head, false)
                }
            }
        }
    }

    /// Waits until the bytes after a head have settled, then runs the exchange. Returns how the connection closes, if it
    /// does.
    async fn settle_and_run(&mut self, site: &Rc<Site>, now: Duration, head: Head, settle: Settle) -> Option<Close> {
        let fin = self.settle(settle).await;
        let now = match settle {
            // This wait is too short for the time to matter.
            Settle::TakeTurns => now,
            Settle::Within(_) => self.server.now(),
        };
        let cx = self.context_at(site, now);
        self.settled(site, &cx, head, fin).done().await
    }

    /// Starts what follows once the bytes after a head have settled. `fin`: the client's FIN has arrived.
    fn settled<'d>(&'d mut self, site: &'d Rc<Site>, cx: &Context<'_>, head: Head, fin: bool) -> Step<'d> {
        match self.conn.settled(head, fin, cx) {
            Next::Serve(opened) => {
                if !opened.displaced.is_empty() {
                    self.emit_displaced(site, &opened);
                }
                Step::Exchange(Box::pin(self.run(site, cx.now, opened)))
            }
            Next::Close(close) => Step::Close(close),
            Next::Wait | Next::Settle(..) => Step::Wait,
        }
    }

    /// Emits the event for the client's FIN, once. Every later read returns the FIN again.
    pub(super) fn note_client_fin(&mut self) {
        let state = self.conn.standing().state;
        if self.conn.receive_fin() {
            self.emit(&Event::ClientFin { state });
        }
    }

    /// Runs one exchange, which starts at `now`. Returns how the connection closes, if it does.
    #[expect(
        clippy::manual_async_fn,
        reason = "the future of an `async fn` stores the arguments twice for as long as the exchange runs"
    )]
    fn run<'d>(
        &'d mut self,
        site: &'d Rc<Site>,
        now: Duration,
        opened: Opened,
    ) -> impl Future<Output = Option<Close>> + use<'d> {
        async move {
            // Looked up only if the site has rules. Boxed, because most requests have no rule.
            let hit = match site.profile.rules.is_empty() {
                true => None,
                false => self.conn.rule(&opened, self.meta.id, &site.profile.rules).map(Box::new),
            };
            let mut input = self.conn.take_input();
            let unsent = self.conn.take_unsent();
            let (outcome, segment) = {
                let io = ExchangeIo { driver: self, site };
                let mut held = io.hold(self.segment, unsent, take_long_body(&opened, &mut input, &site.profile));
                let mut exchange = self.conn.exchange(&opened, &input, &self.context_at(site, now));
                let outcome = match hit {
                    None => io.run(&mut exchange, &mut held).await,
                    Some(hit) => Box::pin(io.run_ruled(&mut exchange, *hit, &mut held)).await,
                };
                (outcome, held.segment)
            };
            self.segment = segment;
            if !outcome.answered {
                self.emit_unanswered(&input, &outcome);
            }
            let after = self.context(site);
            let mut close = self.conn.finished(&opened, input, outcome, &after);
            if let Some(due) = self.conn.take_due(close.is_some(), &after) {
                close = close.or(Box::pin(self.send_due(site, &due)).await);
            }
            // An idle connection holds no buffer.
            if let Some(buffer) = self.conn.take_spare() {
                self.server.give_back(buffer);
            }
            if close.is_none() && self.conn.input().is_empty() {
                let since = self.conn.last_byte();
                let deadline = self.conn.deadline(&site.profile);
                self.emit(&Event::Idle {
                    ends_after: deadline.map(|deadline| deadline.at.saturating_sub(since)),
                });
            }
            close
        }
    }

    /// Sends the responses that were held back. If that fails, returns how the connection closes.
    pub(super) async fn send_due(&self, site: &Site, bytes: &[u8]) -> Option<Close> {
        let mut writer = ReplyWriter::new(&self.stream, &site.profile.writes, self.server.shared.started);
        let sending = pin!(writer.send_bytes(bytes));
        match self.unless_closed(sending).await {
            Ok(sent) => sent.err().map(|error| error.failure().close()),
            Err(close) => {
                self.count_cut(close);
                Some(close)
            }
        }
    }

    pub(super) fn emit_head(&self, head: &Head, refusal: Option<Refusal>) {
        let input = self.conn.input();
        self.emit(&Event::Head(events::Head {
            request: self.conn.standing().requests,
            method: head.method.of(input),
            target: head.target.of(input),
            version: head.version,
            bytes: head.len,
            fault: match refusal {
                Some(Refusal::Fault(fault)) => Some(fault),
                Some(Refusal::Response(_)) | None => None,
            },
            raw: &input[..received_of(head, input)],
        }));
    }
}

/// If a long body has begun, moves it out of the input and leaves only the head there. Bytes that were moved out can be
/// freed as they are read, whereas the input is held until the exchange ends.
fn take_long_body<'c>(opened: &Opened, input: &mut Vec<u8>, profile: &Profile) -> Option<Box<Body<'c>>> {
    Exchange::has_long_body(opened, input, profile).then(|| {
        let head = input[..opened.head.len].to_vec();
        Box::new(Body::Arrived(std::mem::replace(input, head)))
    })
}

/// The number of bytes of `input` that belong to a head. A head that was refused before its end extends to the next
/// empty line, if there is one: what follows is a body or another request.
fn received_of(head: &Head, input: &[u8]) -> usize {
    match head.len {
        0 => memchr::memmem::find(input, b"\r\n\r\n").map_or(input.len(), |at| at + 4),
        len => len,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest allocation in bytes that glibc serves from its per-thread cache (tcache). With a future of 2,504
    /// bytes, an exchange took 5 % more instructions.
    const CACHED: usize = 1032;

    /// The size of the future that `start` returns.
    fn size_of_future<'d, F>(_start: impl FnOnce(&'d mut Driver, &'d Rc<Site>, Duration, Opened) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_memory_of_an_exchange_comes_from_the_cache_of_the_allocator() {
        let size = size_of_future(Driver::run);
        println!("{size} bytes");
        assert!(size <= CACHED, "{size} bytes");
    }
}
