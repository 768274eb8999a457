//! Starts an exchange for which a rule names the response.

use super::Exchange;
use crate::conn::action::{Action, Happened};
use crate::conn::course::Course;
use crate::http1::ResponseId;

impl Exchange<'_> {
    /// Starts the exchange with a response that replaces the decision. A request that is refused, or that must first
    /// send interim responses for an earlier request, starts as usual.
    pub(in crate::conn) fn begin_with(&mut self, id: ResponseId) -> Action {
        match self.course {
            Course::Serve(_, None) if self.opened.interim == 0 => {
                let reply = self.plain_reply(id);
                self.decided(reply)
            }
            _ => self.on(Happened::Begun),
        }
    }
}
