//! One exchange without I/O: a request is refused or decided on, its body is read, and the response is sent, in the
//! order of the plan.
//!
//! ```text
//!  Begun ──> interim responses ──> Lookup ──> plan ──> interim ──> body before ──> SendReply ──> body after ──> Finished
//! ```
//!
//! [`Exchange::on`] takes the result of the last action and returns the next one. It skips steps that the plan does not
//! have.

mod body;
mod ruled;

use super::action::{Action, Finish, Happened, Leftover, PathQuery, Peek};
use super::body_plan::{AfterReply, BeforeReply, BodyPlan, body_plan};
use super::course::Course;
use super::{BodyEnd, Close, Context, Opened, Patience};
use crate::close_reason::CloseReason;
use crate::decide::{self, Route};
use crate::http1::field::Name;
use crate::http1::{Framing, Request, ResponseId};
use crate::profile::{MethodRule, Profile, Template};
use crate::render::{Body, Decision, Reply};
use std::time::Duration;

/// What an exchange is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The start.
    Begin,
    /// The interim responses to an earlier request were sent.
    EarlierInterim,
    /// The lookup.
    Lookup,
    /// The interim responses of the plan were sent.
    Interim,
    /// A check of the body before the response.
    PeekBody,
    /// The body, before the response.
    BodyBefore,
    /// The bytes that follow the body.
    Following,
    /// The bytes after the body are discarded. Then this is sent.
    Discard(Verdict),
    /// The response was sent.
    Reply(Then),
    /// A check of the body before it is read after the response.
    PeekAfter,
    /// The body, after the response. Then the connection closes like this, or persists.
    BodyAfter(Option<Close>),
    /// Nothing: the exchange is finished.
    Finished,
}

/// What follows the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The end of the exchange. The body was read, or there is none.
    Finish,
    /// The end of the exchange. The body was not read completely, so the connection closes.
    FinishUnread,
    /// Reading the body.
    ReadBody,
    /// The end of the exchange. The connection closes for this reason, unless the response has another one.
    Fail(CloseReason),
}

/// What is sent in place of the response, if the bytes after the body end the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This response.
    Refusal(ResponseId),
    /// Nothing.
    Nothing,
}

/// One request on a connection, and its response.
#[derive(Debug)]
pub struct Exchange<'c> {
    pub(super) profile: &'c Profile,
    root: &'c [String],
    opened: &'c Opened,
    pub(super) request: Request<'c>,
    /// The number of the request on its connection.
    pub(super) number: u64,
    /// The age of the connection.
    pub(super) age: Duration,
    course: Course,
    plan: BodyPlan,
    pub(super) reply: Option<Reply<'c>>,
    /// Why the connection closes with the response, as far as that is known before it is rendered.
    pub(super) ending: Option<CloseReason>,
    /// How the connection closes after the response, once that is decided.
    pub(super) close: Option<Close>,
    /// The field lines about the connection.
    pub(super) connection_fields: &'c [Template],
    pub(super) also_counted: u64,
    /// Whether the body has been read to its end.
    body_complete: bool,
    /// Whether its trailers say that no request follows.
    is_last: bool,
    stage: Stage,
}

impl<'c> Exchange<'c> {
    pub(super) fn new(opened: &'c Opened, input: &'c [u8], number: u64, age: Duration, cx: &Context<'c>) -> Self {
        let request = Request::new(input, &opened.head);
        Exchange {
            profile: cx.profile,
            root: cx.root,
            opened,
            request,
            number,
            age,
            course: Course::of(opened, &request, cx.profile),
            plan: BodyPlan::reply_only(None),
            reply: None,
            ending: None,
            close: None,
            connection_fields: &[],
            also_counted: 0,
            body_complete: false,
            is_last: false,
            stage: Stage::Begin,
        }
    }

    /// The request.
    pub fn request(&self) -> &Request<'c> {
        &self.request
    }

    /// The input that the exchange was opened over. The request's head is at its beginning.
    pub fn input(&self) -> &'c [u8] {
        self.request.bytes()
    }

    /// The length of the request's head in bytes; 0 if it was refused before its end.
    pub fn head_len(&self) -> usize {
        self.opened.head.len
    }

    /// The number of the request on its connection, from 1; 0 if there was none.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How the request's body is delimited; [`Framing::None`] if none is read.
    pub fn framing(&self) -> Framing {
        match self.course {
            Course::Serve(framing, _) => framing,
            Course::Refuse(_) | Course::Silent(_) | Course::Drop | Course::Unasked(..) => Framing::None,
        }
    }

    /// The response that was decided on. `None` before the first [`Action::SendReply`].
    pub fn reply(&self) -> Option<&Reply<'c>> {
        self.reply.as_ref()
    }

    /// The offset in the input at which the next request starts, if the body is not read.
    pub fn leftover(&self) -> Leftover {
        let head = &self.opened.head;
        Leftover::From(match self.course {
            Course::Unasked(..) | Course::Drop => 0,
            // The rest of a head that was refused before its end was not read.
            Course::Refuse(_) if head.len == 0 && self.close.is_some() => 0,
            _ if head.len == 0 => self.input().len(),
            _ => head.len,
        })
    }

    /// Whether the response is multipart. Each such response uses up a number.
    pub fn is_multipart(&self) -> bool {
        matches!(&self.reply, Some(reply) if matches!(reply.body, Body::Ranges(_)))
    }

    /// The next action after this result.
    pub fn on(&mut self, happened: Happened<'_>) -> Action {
        match (self.stage, self.noted(happened)) {
            (Stage::Begin, Happened::Begun) => self.begin(),
            (Stage::EarlierInterim | Stage::Interim | Stage::Reply(_), Happened::Sent(Err(failure))) => {
                self.close = Some(failure.close());
                match self.stage {
                    // The body may still be read before the connection closes.
                    Stage::Reply(Then::ReadBody) => self.body_after(),
                    _ => self.finish(),
                }
            }
            (Stage::EarlierInterim, Happened::Sent(Ok(()))) => self.answer(),
            (
                Stage::Lookup,
                Happened::Found {
                    found,
                    first_missing,
                    render,
                },
            ) => {
                let reply = decide::file_reply(self.profile, &self.request, found, first_missing, render);
                self.decided(reply)
            }
            (Stage::Interim, Happened::Sent(Ok(()))) => self.body_before(),
            (Stage::PeekBody, Happened::BodyPeeked(end)) => self.peeked(end),
            (Stage::BodyBefore, Happened::BodyRead(BodyEnd::Complete)) if self.profile.pipelined_fault_discards => {
                self.stage = Stage::Following;
                Action::PeekSocket
            }
            (Stage::BodyBefore, Happened::BodyRead(BodyEnd::Complete)) => self.send(self.plan.ending, Then::Finish),
            (Stage::BodyBefore, Happened::BodyRead(end)) => self.body_failed(end),
            (Stage::Following, Happened::Unread(bytes)) => self.following(bytes),
            (Stage::Discard(verdict), Happened::Discarded) => self.discarded(verdict),
            (Stage::Reply(then), Happened::Sent(Ok(()))) => self.replied(then),
            (Stage::PeekAfter, Happened::BodyPeeked(Some(end))) => self.body_read_after(None, end),
            (Stage::PeekAfter, Happened::BodyPeeked(None)) => {
                self.stage = Stage::BodyAfter(None);
                Action::ReadBody(Patience::AfterReply)
            }
            (Stage::BodyAfter(close), Happened::BodyRead(end)) => self.body_read_after(close, end),
            // The caller reported a result that was not asked for. The exchange ends.
            _ => self.finish(),
        }
    }

    fn begin(&mut self) -> Action {
        match self.opened.interim + self.course.interim(self.opened, &self.request, self.profile) {
            0 => self.answer(),
            times => {
                self.stage = Stage::EarlierInterim;
                Action::SendContinue(times)
            }
        }
    }

    fn answer(&mut self) -> Action {
        match self.course {
            Course::Unasked(id, reason) => {
                self.plain(id);
                self.send(Some(reason), Then::Fail(reason))
            }
            Course::Serve(_, Some(id)) => {
                let reply = self.plain_reply(id);
                self.decided(reply)
            }
            Course::Serve(_, None) => self.decide(),
            Course::Refuse(id) => {
                self.plain(id);
                self.send(Some(CloseReason::BadRequest), Then::Finish)
            }
            Course::Drop => {
                self.close = Some(CloseReason::BadRequest.into());
                self.finish()
            }
            Course::Silent(reason) => {
                self.close = reason.map(Close::from);
                self.finish()
            }
        }
    }

    /// Decides on a request that is not refused, or asks for the lookup that the decision needs.
    fn decide(&mut self) -> Action {
        match decide::route(self.profile, &self.request, self.root) {
            Route::Respond(id) => {
                let reply = self.plain_reply(id).decided_by(Decision::Route);
                self.decided(reply)
            }
            Route::Lookup(located) => {
                let known = &self.profile.files.precompressed;
                let accepts = !known.is_empty() && self.request.get(Name::AcceptEncoding).is_some();
                self.stage = Stage::Lookup;
                Action::Lookup(PathQuery {
                    located,
                    accepted: if accepts {
                        decide::accepted_codings(&self.request, known)
                    } else {
                        Vec::new()
                    },
                    first_missing: matches!(
                        self.profile.methods.rule(self.request.method()),
                        MethodRule::Resolved(_)
                    ),
                })
            }
        }
    }

    /// A response was decided on. Makes the plan for the body and starts to carry it out.
    fn decided(&mut self, reply: Reply<'c>) -> Action {
        let reply = match reply.response.with_body {
            Some(id) if self.framing() != Framing::None => self.plain_reply(id),
            _ => reply,
        };
        self.plan = body_plan(
            self.profile,
            &self.request,
            self.framing(),
            &reply,
            matches!(self.course, Course::Serve(_, Some(_))),
            self.closes_after(&reply),
        );
        self.reply = Some(match self.plan.instead {
            Some(id) => self.plain_reply(id),
            None => reply,
        });
        match self.plan.interim {
            0 => self.body_before(),
            times => {
                self.stage = Stage::Interim;
                Action::SendContinue(times)
            }
        }
    }

    fn body_before(&mut self) -> Action {
        match self.plan.before {
            BeforeReply::Nothing => self.send_planned(),
            BeforeReply::Peek => {
                self.stage = Stage::PeekBody;
                Action::PeekBody(Peek::BeforeReply)
            }
            BeforeReply::Read => {
                self.stage = Stage::BodyBefore;
                Action::ReadBody(Patience::Usual)
            }
        }
    }

    fn send_planned(&mut self) -> Action {
        let then = match self.plan.after {
            AfterReply::Nothing => Then::Finish,
            AfterReply::LeaveUnread => Then::FinishUnread,
            AfterReply::Read => Then::ReadBody,
        };
        self.send(self.plan.ending, then)
    }

    fn replied(&mut self, then: Then) -> Action {
        match then {
            Then::Finish => self.finish(),
            Then::FinishUnread => {
                self.close.get_or_insert(CloseReason::BodyUnread.into());
                self.finish()
            }
            Then::Fail(reason) => {
                self.close.get_or_insert(reason.into());
                self.finish()
            }
            Then::ReadBody => self.body_after(),
        }
    }

    fn plain_reply(&self, id: ResponseId) -> Reply<'c> {
        Reply::plain(self.profile, id, self.request.method())
    }

    fn plain(&mut self, id: ResponseId) {
        self.reply = Some(self.plain_reply(id));
    }

    fn send(&mut self, ending: Option<CloseReason>, then: Then) -> Action {
        self.ending = ending;
        self.stage = Stage::Reply(then);
        Action::SendReply
    }

    /// Ends the exchange at its current step. The connection closes like this, even if bytes are still to be sent.
    pub fn cut(&mut self, close: Close) -> Finish {
        self.close = Some(close);
        self.ended()
    }

    fn finish(&mut self) -> Action {
        Action::Finish(self.ended())
    }

    fn ended(&mut self) -> Finish {
        let stage = std::mem::replace(&mut self.stage, Stage::Finished);
        Finish {
            close: self.close,
            also_counted: self.also_counted,
            answered: matches!(stage, Stage::Reply(_) | Stage::PeekAfter | Stage::BodyAfter(_)),
            cut_in_request: self.close.is_some() && self.is_cut_in_request(),
            is_last: self.is_last,
        }
    }

    /// Whether a part of the request has not been read, as far as its head shows.
    fn is_cut_in_request(&self) -> bool {
        match self.course {
            Course::Unasked(..) => true,
            // The head of a dropped request is still in the input.
            Course::Drop => false,
            Course::Serve(framing, _) => framing != Framing::None && !self.body_complete,
            Course::Refuse(_) | Course::Silent(_) => {
                self.opened.head.len == 0 || self.request.framing(&self.profile.head.body) != Framing::None
            }
        }
    }
}
