//! One exchange: the decision is asked for, the request's body is read, the reply is written.
//!
//! A request with a body is handed to hyper, which is the only parser of bodies here. Most have none, and then there is
//! nothing left for hyper to read: setting it up for them took 7 of 24 us of CPU a request.

use super::body::{Feed, Unsent, readable_head};
use super::driver::End;
use super::{Site, Worker, finish, wire};
use crate::connection::{CloseReason, due, fate};
use crate::events;
use crate::files::{Found, Located};
use crate::http::chunks::{Chunks, Place};
use crate::http::field::Name;
use crate::http::head::Http09;
use crate::http::request::{BodyRules, Delimiter};
use crate::http::{Fault, Framing, Head, Request, ResponseId, Scan, Treatment, Version, head, status};
use crate::profile::{Continue, Entity, MethodRule, Profile, ReadBody, Response, Timer};
use crate::respond::{self, Body, Reply, Route, Surroundings};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::service::TowerToHyperService;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// One request on a connection, and everything that it takes to answer it.
pub(super) struct Exchange<'c> {
    pub(super) stream: &'c TcpStream,
    pub(super) site: &'c Site,
    pub(super) worker: &'c Worker,
    pub(super) local: SocketAddr,
    /// The bytes that have arrived: the head, and what came behind it.
    pub(super) input: &'c [u8],
    pub(super) head: &'c Head,
    /// The request's number on its connection.
    pub(super) number: u64,
    /// How old the connection is.
    pub(super) age: Duration,
    /// Whether the reply's last segment may be held back as yet.
    pub(super) corked: Cell<bool>,
    pub(super) log: Log,
    /// How far the body's chunks have been followed.
    pub(super) chunks: Cell<Chunks>,
    /// How many requests the reply counts for, beyond the one.
    pub(super) counts_more: Cell<u64>,
}

/// Why a request is refused before it is looked at as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A fault of its head.
    Fault(Fault),
    /// Something that gets this response.
    Response(ResponseId),
}

/// What the log says of whose exchange it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    pub(super) id: u64,
    pub(super) peer: SocketAddr,
}

/// What an exchange left behind.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) end: Option<End>,
    pub(super) sent: u64,
    /// How many requests the reply counts for, beyond the one.
    pub(super) counts_more: u64,
    /// How many bytes of the body were read from the socket.
    pub(super) received: u64,
    pub(super) left: Left,
}

/// The bytes behind a request.
#[derive(Debug)]
pub(super) enum Left {
    /// The input from there on.
    From(usize),
    /// These.
    Bytes(Vec<u8>),
}

/// How reading a request body ended, if not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyEnd {
    Complete,
    Late,
    /// Nothing of it came in the time that holds behind a reply.
    Silent,
    Broken,
    ClientFin,
}

impl BodyEnd {
    fn of(error: &hyper::Error) -> BodyEnd {
        use std::error::Error;
        let cause = error
            .source()
            .and_then(|source| source.downcast_ref::<std::io::Error>());
        if error.is_incomplete_message()
            || error.is_closed()
            || cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::UnexpectedEof)
        {
            return BodyEnd::ClientFin;
        }
        tracing::debug!("request body: {error}");
        BodyEnd::Broken
    }
}

/// Takes in as much of a body as is at hand, without waiting for more. Says how it ended, if it did.
async fn look(body: &mut Incoming) -> Option<BodyEnd> {
    // hyper reads on whenever this task is polled; twice without anything new means that nothing is there.
    let mut quiet = 0;
    std::future::poll_fn(|cx| {
        loop {
            match std::pin::Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(Some(BodyEnd::Complete)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(BodyEnd::of(&error))),
                Poll::Ready(Some(Ok(_))) => quiet = 0,
                Poll::Pending if quiet >= 2 => return Poll::Ready(None),
                Poll::Pending => {
                    quiet += 1;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}

impl Exchange<'_> {
    fn profile(&self) -> &Profile {
        &self.site.profile
    }

    /// Serves the request, or refuses it for `fault`.
    pub(super) async fn run(&self, refusal: Option<Refusal>) -> Outcome {
        let request = Request::new(self.input, self.head);
        let policy = &self.profile().head;
        let refusal = refusal.or_else(|| request.fault(policy).map(Refusal::Fault));
        if let Some(refusal) = refusal {
            let head_end = if self.head.len > 0 {
                self.head.len
            } else {
                self.input.len()
            };
            let treatment = match refusal {
                Refusal::Fault(fault) => policy.faults.of(fault),
                Refusal::Response(id) => Treatment::Answer(id),
            };
            let body = self.length_behind(&request, refusal);
            return match treatment {
                Treatment::Answer(id) if body != Framing::None => self.serve_framed(&request, body, Some(id)).await,
                // Nothing is wrong with the body's framing where this is the first fault that was found.
                Treatment::Answer(id)
                    if matches!(refusal, Refusal::Fault(fault) if fault.is_of_expect()) && self.reads_body(id) =>
                {
                    let framing = request.framing(&self.profile().head.body);
                    self.serve_framed(&request, framing, Some(id)).await
                }
                Treatment::Ignore if self.head.len > 0 => Outcome {
                    end: None,
                    sent: 0,
                    received: 0,
                    left: Left::From(head_end),
                    counts_more: 0,
                },
                Treatment::Answer(id) => self.refuse(&request, id, head_end).await,
                _ => Outcome {
                    end: Some(CloseReason::BadRequest.into()),
                    sent: 0,
                    counts_more: 0,
                    received: 0,
                    left: Left::From(head_end),
                },
            };
        }
        let framing = request.framing(&self.profile().head.body);
        self.serve_framed(&request, framing, None).await
    }

    /// Whether a refusal leaves the connection, or waits, so that the request's body has to be read.
    fn reads_body(&self, id: ResponseId) -> bool {
        let response = self.profile().responses.get(id);
        response.ends == Some(false) || response.read_body == Some(ReadBody::First)
    }

    /// Answers a request, or refuses it with `refusal` once its body is read.
    async fn serve_framed(&self, request: &Request<'_>, framing: Framing, refusal: Option<ResponseId>) -> Outcome {
        if framing == Framing::None {
            let mut sent = 0;
            let (end, _) = self.answer(request, refusal, None, &mut sent).await;
            self.uncork(end);
            return Outcome {
                end,
                sent,
                counts_more: self.counts_more.get(),
                received: 0,
                left: Left::From(self.head.len),
            };
        }
        // On the heap, so that an exchange without a body does not hold the room that hyper needs.
        Box::pin(self.serve(request, framing, refusal)).await
    }

    /// What is read behind the reply to a refused request: the body that its length announces, if it is its coding that
    /// is refused and the profile reads bodies before an end.
    fn length_behind(&self, request: &Request<'_>, refusal: Refusal) -> Framing {
        let of_coding = matches!(
            refusal,
            Refusal::Fault(
                Fault::CodingNotChunked
                    | Fault::CodingEmpty
                    | Fault::CodingTwice
                    | Fault::CodingUnknown
                    | Fault::CodingOld
                    | Fault::LengthAndCoding
            )
        );
        if of_coding && self.profile().request_body.before_end {
            request.framing(&BodyRules {
                delimiter: Delimiter::LengthOnly,
                ..self.profile().head.body
            })
        } else {
            Framing::None
        }
    }

    /// Sends a response to no request; the connection ends for `reason`.
    pub(super) async fn say(&self, id: ResponseId, reason: CloseReason) -> Outcome {
        let request = Request::new(self.input, self.head);
        let reply = Reply::plain(self.profile(), id, request.method());
        let mut sent = 0;
        let end = self.write(&request, &reply, Some(reason), &mut sent).await;
        Outcome {
            end: Some(end.unwrap_or(reason.into())),
            sent,
            counts_more: 0,
            received: 0,
            left: Left::From(0),
        }
    }

    async fn refuse(&self, request: &Request<'_>, id: ResponseId, head_end: usize) -> Outcome {
        let reply = Reply::plain(self.profile(), id, request.method());
        let mut sent = 0;
        let end = self
            .write(request, &reply, Some(CloseReason::BadRequest), &mut sent)
            .await;
        // A head that was given up in the middle has not been read to its end.
        let left = if end.is_some() && self.head.len == 0 {
            0
        } else {
            head_end
        };
        Outcome {
            end,
            sent,
            counts_more: 0,
            received: 0,
            left: Left::From(left),
        }
    }

    /// Hands a request with a body to hyper and answers it, or refuses it with `refusal` once the body is read.
    async fn serve(&self, request: &Request<'_>, framing: Framing, refusal: Option<ResponseId>) -> Outcome {
        let head_len = self.head.len;
        let readable = readable_head(&self.input[..head_len], is_plain(request, framing), framing);
        let rewritten: Vec<u8>;
        let (input, head) = match &readable {
            std::borrow::Cow::Borrowed(_) => (self.input, head_len),
            std::borrow::Cow::Owned(head) => {
                rewritten = [head.as_slice(), &self.input[head_len..]].concat();
                (rewritten.as_slice(), head.len())
            }
        };
        let answered: RefCell<Option<(Option<End>, u64, bool)>> = RefCell::new(None);
        let service = ServiceBuilder::new()
            .layer(CatchPanicLayer::custom(panicked))
            .service(tower::service_fn(|incoming: hyper::Request<Incoming>| {
                let answered = &answered;
                Box::pin(async move {
                    let mut sent = 0;
                    let (end, complete) = self
                        .answer(request, refusal, Some((framing, incoming.into_body())), &mut sent)
                        .await;
                    *answered.borrow_mut() = Some((end, sent, complete));
                    Ok::<_, Infallible>(hyper::Response::new(Unsent::new()))
                })
            }));
        let too_large = Fault::ChunkTooLarge;
        let judged = !self.profile().head.faults.accepts(too_large);
        let feed = Feed::new(self.stream, input, head, framing, judged.then_some(&self.chunks));
        let connection = http1::Builder::new()
            .keep_alive(false)
            .half_close(true)
            .auto_date_header(false)
            .max_headers(self.profile().head.fields.max(100))
            .serve_connection(feed, TowerToHyperService::new(service));
        let mut connection = Box::pin(connection);
        let served = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
        if let Err(error) = &served {
            tracing::debug!("hyper: {error}");
        }
        let parts = std::pin::Pin::into_inner(connection).into_parts();
        let received = parts.io.received;
        let Some((end, sent, complete)) = answered.take() else {
            // hyper did not take the request, or the answer panicked.
            return Outcome {
                end: Some(CloseReason::Panic.into()),
                sent: 0,
                counts_more: 0,
                received: 0,
                left: Left::From(self.input.len()),
            };
        };
        let end = end.or(if complete {
            None
        } else {
            Some(CloseReason::BodyUnread.into())
        });
        self.uncork(end);
        let left = match framing {
            Framing::None => Left::From(head_len),
            Framing::Length(length) => {
                let there = usize::try_from(length)
                    .unwrap_or(usize::MAX)
                    .min(self.input.len() - head_len);
                Left::From(head_len + there)
            }
            Framing::Chunked => Left::Bytes([&parts.read_buf, parts.io.left()].concat()),
        };
        Outcome {
            end,
            sent,
            counts_more: self.counts_more.get(),
            received,
            left,
        }
    }

    /// Lets go what is held back of a reply; at the end of a connection that is left to FIN.
    fn uncork(&self, end: Option<End>) {
        if end.is_none() && self.corked.get() {
            crate::sys::cork(self.stream, false);
        }
    }

    /// Answers the request. Says how the connection ends, if it does, and whether the body was read to its end.
    async fn answer(
        &self,
        request: &Request<'_>,
        refusal: Option<ResponseId>,
        body: Option<(Framing, Incoming)>,
        sent: &mut u64,
    ) -> (Option<End>, bool) {
        let profile = self.profile();
        let policy = &profile.request_body;
        let mut body = body;
        let mut reply = match refusal {
            Some(id) => Reply::plain(profile, id, request.method()),
            None => self.decide(request),
        };
        let refused = refusal.map(|_| CloseReason::BadRequest);
        if let (Some(_), Some(id)) = (&body, reply.response.with_body) {
            reply = Reply::plain(profile, id, request.method());
        }
        let when = reply.response.read_body.unwrap_or(policy.read);
        if let (Some((Framing::Length(length), body)), Some((limit, id))) = (&mut body, policy.limit)
            && *length > limit
            && when != ReadBody::Never
            && refusal.is_none()
        {
            let reply = Reply::plain(profile, id, request.method());
            let end = self.write(request, &reply, Some(CloseReason::BadRequest), sent).await;
            return self.body_behind(request, body, end, sent).await;
        }
        if body.is_some() && request.expects_continue(&profile.head.body) && !reply.response.continues {
            let ending = Some(CloseReason::ContinueUnsent);
            return (self.write(request, &reply, ending, sent).await, false);
        }
        let says_continue = match policy.continues {
            _ if body.is_none() && !policy.continue_without_body => false,
            Continue::AtOnce => true,
            Continue::WhenRead => when == ReadBody::First,
            Continue::WithFile => reply.resource.is_some(),
            Continue::Never => false,
        };
        if says_continue && request.asks_to_continue(&profile.head.body) && refusal.is_none() {
            let times = match request.version() {
                Version::Http11 => policy.continue_times,
                Version::Http10 | Version::Http09 => policy.continue_times_old,
            };
            for _ in 0..times {
                if let Err(error) = wire::write_all(self.stream, b"HTTP/1.1 100 Continue\r\n\r\n", &[], sent).await {
                    return (Some(wire::reason_of(&error).into()), false);
                }
            }
        }
        let Some((_, mut body)) = body else {
            return (self.write(request, &reply, refused, sent).await, true);
        };
        match when {
            ReadBody::Never => (
                self.write(request, &reply, None, sent)
                    .await
                    .or(Some(CloseReason::BodyUnread.into())),
                false,
            ),
            ReadBody::First => match self.read_body(&mut body, None).await {
                BodyEnd::Complete if profile.fault_discards => match self.fault_behind().await {
                    Some(id) => {
                        let reply = Reply::plain(profile, id, request.method());
                        let end = self.write(request, &reply, Some(CloseReason::BadRequest), sent).await;
                        (end, false)
                    }
                    None => (self.write(request, &reply, refused, sent).await, true),
                },
                BodyEnd::Complete => (self.write(request, &reply, refused, sent).await, true),
                end => (Some(self.body_failed(request, end, sent).await), false),
            },
            ReadBody::After => {
                let broken = policy.look_first && look(&mut body).await == Some(BodyEnd::Broken);
                if broken && reply.resource.is_some() {
                    let end = self.body_failed(request, BodyEnd::Broken, sent).await;
                    return (Some(end), false);
                }
                let ending = broken.then_some(CloseReason::BadRequest);
                let end = self.write(request, &reply, ending, sent).await;
                self.body_behind(request, &mut body, end, sent).await
            }
        }
    }

    /// Reads the body behind the reply, if there is anybody to read it for.
    async fn body_behind(
        &self,
        request: &Request<'_>,
        body: &mut Incoming,
        end: Option<End>,
        sent: &mut u64,
    ) -> (Option<End>, bool) {
        let profile = self.profile();
        match end {
            None => match self.rest_of_body(body).await {
                BodyEnd::Complete => (None, true),
                BodyEnd::Silent => (Some(CloseReason::Idle.into()), false),
                BodyEnd::Broken if profile.request_body.look_first => (Some(CloseReason::BadRequest.into()), false),
                failed => (Some(self.body_failed(request, failed, sent).await), false),
            },
            Some(end) if !profile.request_body.before_end => (Some(end), false),
            Some(end) => match self.read_body(body, None).await {
                BodyEnd::Complete => (
                    Some(End {
                        style: end.style.or(profile.connection.ends.after_body),
                        ..end
                    }),
                    true,
                ),
                BodyEnd::Late | BodyEnd::Silent => (Some(CloseReason::BodyTimeout.into()), false),
                BodyEnd::Broken | BodyEnd::ClientFin => (Some(end), false),
            },
        }
    }

    /// What is answered to the bytes that wait behind a body, if they are no request.
    async fn fault_behind(&self) -> Option<ResponseId> {
        let waiting = finish::unread(self.stream, self.profile().read).await;
        match head::scan(&waiting, &self.profile().head) {
            Scan::Refused(fault, _) => match self.profile().head.faults.of(fault) {
                Treatment::Answer(id) => {
                    // They have been read: the end of the connection must not take them for unread.
                    let mut read = vec![0; waiting.len()];
                    let _ = self.stream.try_read(&mut read);
                    Some(id)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn decide(&self, request: &Request<'_>) -> Reply<'_> {
        let profile = self.profile();
        match respond::route(profile, request, self.site.root.names()) {
            Route::Answer(id) => Reply::plain(profile, id, request.method()),
            Route::Lookup(located) => {
                let found = self.find(request, &located);
                let named = matches!(profile.methods.rule(request.method()), MethodRule::Resolved(_))
                    .then(|| self.first_missing(&located));
                let reply = respond::file_reply(profile, request, found, named, &self.worker.moment());
                if matches!(reply.body, Body::Ranges(_)) {
                    self.worker
                        .shared
                        .multiparts
                        .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
                reply
            }
        }
    }

    /// The name in a path at which it leaves what exists, or its last one.
    fn first_missing<'l>(&self, located: &'l Located) -> &'l str {
        let mut cache = self.worker.cache.borrow_mut();
        let is_directory = |path: &str, cache: &mut crate::files::Cache| {
            let located = Located {
                path: path.to_owned(),
                trailing_slash: false,
                hidden_slash: false,
                form: Default::default(),
            };
            matches!(
                self.site.root.find(&located, self.profile(), &[], cache),
                Found::Directory
            )
        };
        let path = located.path.as_str();
        let ends = memchr::memchr_iter(b'/', path.as_bytes()).chain([path.len()]);
        let end = ends
            .map(|end| &path[..end])
            .find(|prefix| !is_directory(prefix, &mut cache))
            .unwrap_or(path);
        end.rsplit('/').next().unwrap_or(end)
    }

    fn find(&self, request: &Request<'_>, located: &Located) -> crate::files::Found {
        let accepted = if request.get(Name::AcceptEncoding).is_some() && !self.profile().files.precompressed.is_empty()
        {
            respond::accepted_codings(request, &self.profile().files.precompressed)
        } else {
            Vec::new()
        };
        self.site
            .root
            .find(located, self.profile(), &accepted, &mut self.worker.cache.borrow_mut())
    }

    /// Reads what is left of a body behind the reply to its request.
    async fn rest_of_body(&self, body: &mut Incoming) -> BodyEnd {
        let silence = self.profile().connection.timers.body_behind.as_ref();
        // What had come before the reply does not break the silence behind it.
        if silence.is_some()
            && let Some(end) = look(body).await
        {
            return end;
        }
        self.read_body(body, silence).await
    }

    /// Reads the body to its end, within the profile's time. `silence` holds until a part of it has come.
    async fn read_body(&self, body: &mut Incoming, silence: Option<&Timer>) -> BodyEnd {
        let usual = &self.profile().connection.timers.body;
        let begun = self.worker.now();
        let (mut last, mut received) = (begun, 0u64);
        loop {
            let silence = silence.filter(|_| received == 0);
            let frame = match due(silence.unwrap_or(usual), begun, last, received) {
                Some(at) => match timeout_at(self.worker.shared.started + at, body.frame()).await {
                    Ok(frame) => frame,
                    Err(_) if silence.is_some() => return BodyEnd::Silent,
                    Err(_) => return BodyEnd::Late,
                },
                None => body.frame().await,
            };
            match frame {
                None => return BodyEnd::Complete,
                Some(Ok(frame)) => {
                    received += frame.data_ref().map_or(0, |data| data.len() as u64);
                    last = self.worker.now();
                }
                Some(Err(error)) => return BodyEnd::of(&error),
            }
        }
    }

    /// What is said and done when a body was not read to its end.
    async fn body_failed(&self, request: &Request<'_>, end: BodyEnd, sent: &mut u64) -> End {
        let profile = self.profile();
        let (say, reason) = match end {
            BodyEnd::Late | BodyEnd::Silent => (profile.connection.timers.body.say, CloseReason::BodyTimeout),
            BodyEnd::Broken => match profile.head.faults.of(if self.chunks.get().too_large() {
                Fault::ChunkTooLarge
            } else if self.chunks.get().place() == Place::Trailer {
                Fault::ChunkTrailer
            } else {
                Fault::ChunkInvalid
            }) {
                Treatment::Answer(id) => (Some(id), CloseReason::BadRequest),
                _ => (None, CloseReason::BadRequest),
            },
            BodyEnd::ClientFin | BodyEnd::Complete => {
                (profile.connection.client_fin.in_body, CloseReason::ClientFinInBody)
            }
        };
        match say {
            Some(id) => {
                let reply = Reply::plain(profile, id, request.method());
                self.write(request, &reply, Some(reason), sent)
                    .await
                    .unwrap_or(reason.into())
            }
            None => reason.into(),
        }
    }

    /// Renders a reply, writes it and logs it. Says how the connection ends, if it does.
    async fn write(
        &self,
        request: &Request<'_>,
        reply: &Reply<'_>,
        ending: Option<CloseReason>,
        sent: &mut u64,
    ) -> Option<End> {
        let profile = self.profile();
        let response: &Response = reply.response;
        let ending = ending.or(if self.worker.stopping.get() {
            Some(CloseReason::Shutdown)
        } else {
            None
        });
        let unknown_length = matches!(&reply.body, Body::Ranges(parts) if parts.unknown_length);
        let ending = ending.or(if unknown_length && request.version() < Version::Http11 {
            Some(CloseReason::Http10)
        } else {
            None
        });
        self.counts_more.set(response.counts.saturating_sub(1));
        let number = self.number + self.counts_more.get();
        let fate = fate(profile, Some(request), response, number, self.age, ending);
        let around = Surroundings {
            local: self.local,
            remaining: profile.connection.max_requests.map(|most| most.saturating_sub(number)),
            says: fate.says,
            chunked: response.chunked
                && request.version() == Version::Http11
                && !(response.chunked_if_kept && fate.end.is_some()),
            moment: self.worker.moment(),
        };
        let (mut head, mut page) = (self.worker.buffer(), self.worker.buffer());
        reply.render(Some(request), &around, &mut head, &mut page);
        if request.version() == Version::Http09 && !request.line().is_empty() {
            head.clear();
        }
        if around.chunked {
            page = in_chunks(&page);
        }
        let before = *sent;
        let written = {
            let is_head = request.method() == b"HEAD"
                && !(request.version() == Version::Http09 && profile.head.http09 == Http09::Body)
                && !response.body_for_head;
            let body = if is_head || status::is_bodiless(response.status) {
                Vec::new()
            } else {
                pieces(reply, &page)
            };
            finish::delay(profile.writes.delay).await;
            // Without a cork the same leaves where one write surely holds the reply, nothing of the request is behind it,
            // and no FIN follows, which would ride on the last segment.
            let of_file = |piece: &wire::Piece<'_>| match piece {
                wire::Piece::File(range) => range.length(),
                wire::Piece::Bytes(_) => 0,
            };
            let content: u64 = body.iter().map(of_file).sum();
            let matters = || {
                body.len() > 1
                    || content > 16 << 10
                    || fate.end.is_some()
                    || request.framing(&profile.head.body) != Framing::None
            };
            if profile.writes.cork && content > 0 && matters() {
                crate::sys::cork(self.stream, true);
                self.corked.set(true);
            }
            wire::send(
                self.stream,
                &head,
                &body,
                reply.resource.as_deref(),
                (&profile.writes, response.head_apart.as_deref()),
                sent,
            )
            .await
        };
        if self.worker.logs(events::Line::Exchange) {
            events::exchange(&events::Exchange {
                connection: self.log.id,
                number: self.number,
                peer: self.log.peer,
                method: request.method(),
                target: request.target(),
                status: response.status,
                sent: *sent - before,
                head: head.len() as u64,
            });
        }
        self.worker.give_back(head);
        self.worker.give_back(page);
        match written {
            Ok(()) => fate.end.map(|reason| End {
                reason,
                style: response.style,
            }),
            Err(error) => Some(wire::reason_of(&error).into()),
        }
    }
}

/// Whether hyper parses the head as it is. Only what its parser is known to take passes: the rest is rewritten.
fn is_plain(request: &Request<'_>, framing: Framing) -> bool {
    let target = request.target();
    let visible = |b: &u8| (b'!'..=b'~').contains(b) && !b"\"#<>\\^`{|}".contains(b);
    !request.has_faults()
        && target.starts_with(b"/")
        && !request.is_folded()
        && request.method().iter().all(|b| crate::http::field::is_token(*b))
        && target.len() < 60_000
        && target.iter().all(visible)
        && request.version() == Version::Http11
        && request.version_text() == b"HTTP/1.1"
        && request.get(Name::TransferEncoding).is_none()
        && match request.get(Name::ContentLength) {
            None => true,
            Some(length) => {
                framing != Framing::None
                    && length.iter().all(u8::is_ascii_digit)
                    && request.all(Name::ContentLength).nth(1).is_none()
            }
        }
        && request.line().len() == request.method().len() + target.len() + 10
        && request.head_bytes().starts_with(request.line())
        && memchr::memmem::find(request.head_bytes(), b"\r\r").is_none()
        // Every line is a field's, written the usual way: none was left out, or has another end.
        && request.head_bytes().len()
            == request.line().len() + 4 + request.fields().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>()
        && request.fields().all(|(name, value)| {
            !name.is_empty()
                && name.iter().all(|b| crate::http::field::is_token(*b))
                && value.iter().all(|b| matches!(b, b'\t' | b' '..=b'~'))
        })
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> hyper::Response<Unsent> {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!("a request was not answered, because of a defect in labserve: {what}");
    hyper::Response::new(Unsent::new())
}

fn pieces<'b>(reply: &'b Reply<'_>, page: &'b [u8]) -> Vec<wire::Piece<'b>> {
    use crate::http::range::ByteRange;
    if !page.is_empty() {
        return vec![wire::Piece::Bytes(page)];
    }
    let Some(resource) = reply
        .resource
        .as_ref()
        .filter(|_| reply.response.entity == Entity::File)
    else {
        return Vec::new();
    };
    match &reply.body {
        Body::Range(range) => vec![wire::Piece::File(*range)],
        Body::Ranges(parts) => {
            let mut pieces = Vec::with_capacity(2 * parts.parts.len() + 1);
            for (head, range) in &parts.parts {
                pieces.push(wire::Piece::Bytes(head));
                pieces.push(wire::Piece::File(*range));
            }
            pieces.push(wire::Piece::Bytes(&parts.end));
            pieces
        }
        _ if resource.size() == 0 => Vec::new(),
        _ => vec![wire::Piece::File(ByteRange {
            first: 0,
            last: resource.size() - 1,
        })],
    }
}

/// A page as one chunk and the last (RFC 9112 section 7.1).
fn in_chunks(page: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(page.len() + 16);
    if !page.is_empty() {
        crate::http::text::hexadecimal(page.len() as u64, &mut out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(page);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}
