//! Which server it looks like.

use super::address;
use serde::Serialize;
use std::net::SocketAddr;

/// How much a server looks like each built-in profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FingerprintMatch {
    /// The server.
    #[serde(serialize_with = "address")]
    pub server: SocketAddr,
    /// Its streams.
    pub streams: Vec<u32>,
    /// Every profile, the most alike first.
    pub scores: Vec<Score>,
    /// Whether the first one can be named.
    pub verdict: Verdict,
}

/// How sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is this one.
    Clear,
    /// It is this one, or another one that is as much like it: what was seen does not tell.
    Tied,
    /// It is most like this one, and not quite.
    Near,
    /// It is like none of them.
    None,
}

/// How much it looks like one profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The profile's name.
    pub profile: String,
    /// What it imitates.
    pub title: String,
    /// From 0 to 100.
    pub percent: u8,
    /// What was compared.
    pub traits: Vec<AspectScore>,
}

/// Something that was compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AspectScore {
    /// What it is.
    pub what: Aspect,
    /// How many observations agreed.
    pub matched: u32,
    /// Of how many.
    pub of: u32,
    /// The first that did not: what was seen and what the profile would have sent.
    pub differs: Option<(String, String)>,
    /// The frames that it was seen in, at most 8.
    pub frames: Vec<u64>,
}

/// What is compared with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The Server field.
    Server,
    /// Which fields a head has.
    Heads,
    /// Their order.
    Order,
    /// Their values, but for what the file or the time decides.
    Values,
    /// The form of the ETag.
    Etag,
    /// What is said of the connection.
    Announcement,
    /// Whether it is kept.
    Persistence,
    /// When and how it is ended.
    End,
}
