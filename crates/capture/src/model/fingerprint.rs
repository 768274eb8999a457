//! How closely a server matches the profiles.

use super::address;
use serde::Serialize;
use std::net::SocketAddr;

/// How closely one server matches each profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FingerprintMatch {
    /// Address of the server.
    #[serde(serialize_with = "address")]
    pub server: SocketAddr,
    /// The product in the Server field, if there is one.
    pub product: Option<String>,
    /// Streams of the connections to this server.
    pub streams: Vec<u32>,
    /// One score for each profile, the highest first. Profiles that send the product of the Server field precede others.
    pub scores: Vec<ProfileScore>,
    /// Whether the highest score identifies the server.
    pub verdict: Verdict,
}

/// Whether the highest score identifies a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The score is high, and no other profile reaches it.
    Clear,
    /// The score is high, and another profile has the same one: the capture does not distinguish them.
    Tied,
    /// The server resembles the profile, but differs in places.
    Near,
    /// The Server field names a product that is in no profile, so the server is not identified. The first profile is
    /// only the one that behaves most like it.
    OtherProduct,
    /// The server does not resemble any profile.
    None,
}

/// How closely a server matches one profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProfileScore {
    /// Name of the profile.
    pub profile: String,
    /// Name and version of the server that the profile imitates.
    pub title: String,
    /// Weighted mean of the aspects, from 0 to 100.
    pub percent: u8,
    /// The aspects that could be compared.
    pub aspects: Vec<AspectScore>,
}

/// Result of comparing one aspect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AspectScore {
    /// The aspect.
    pub aspect: Aspect,
    /// Number of observations that agree with the profile.
    pub matched: u32,
    /// Number of observations.
    pub of: u32,
    /// The first difference: what was captured, and what the profile would have sent.
    pub differs: Option<(String, String)>,
    /// Frames of the observations, at most 8.
    pub frames: Vec<u64>,
    /// Whether there are further frames.
    pub frames_left_out: bool,
}

/// An aspect of a server's behaviour that is compared with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Aspect {
    /// The product in the Server field.
    Server,
    /// Which fields a response head has.
    Heads,
    /// Order of the fields.
    Order,
    /// Values of the fields, except for values that depend on the file or on the time.
    Values,
    /// Form of the ETag.
    Etag,
    /// The Connection and Keep-Alive fields.
    Announcement,
    /// Whether the connection stays open after a response.
    Persistence,
    /// When and how an idle connection is closed.
    End,
}
