//! How an exchange begins for which a rule names the response.

use super::Exchange;
use crate::conn::action::{Action, Happened};
use crate::conn::course::Course;
use crate::http1::ResponseId;

impl Exchange<'_> {
    /// Begins with a response that takes the place of the one that would be decided on. A request that is refused is
    /// refused all the same.
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
