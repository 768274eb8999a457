//! Which rules apply to a connection and to its requests.

use super::Conn;
use crate::conn::{Context, Opened, Purpose};
use crate::http1::Request;
use crate::rule::{Hit, Occasion};

impl Conn {
    /// The rule that applies to the request of an exchange. `id` is the number of the connection.
    pub fn rule(&self, opened: &Opened, id: u64, cx: &Context<'_>) -> Option<Hit> {
        match opened.purpose {
            Purpose::Request(_) => {
                let request = Request::new(&self.input, &opened.head);
                cx.profile
                    .rules
                    .hit(id, Occasion::Request(self.life.requests(), &request))
            }
            Purpose::Unasked(..) => None,
        }
    }
}
