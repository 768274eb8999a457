//! The time of a request, and the numbers that differ from reply to reply.

use crate::http1::date;

/// The time of a request, and the numbers that differ from reply to reply: handed in, so that deciding is pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub now_secs: i64,
    /// The same as a field says it. Handed in as well: one second has many replies.
    pub date: [u8; 29],
    /// How many multipart replies the server has sent, this one included.
    pub counter: u64,
    /// A number that differs from run to run.
    pub run: u64,
    /// A number that differs from reply to reply.
    pub random: u64,
}

impl Moment {
    /// So many seconds after 1970 began, with zeros for the numbers.
    pub fn at(now_secs: i64) -> Moment {
        Moment {
            now_secs,
            date: date::text(now_secs),
            counter: 0,
            run: 0,
            random: 0,
        }
    }
}

impl Default for Moment {
    fn default() -> Moment {
        Moment::at(0)
    }
}
