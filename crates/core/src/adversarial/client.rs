//! A client of the in-memory server that sends bytes and collects the bytes of the responses.

use crate::model::{MemorySite, Script, Setting, Step};
use crate::profile::Profile;
use std::time::Duration;

/// How long to wait for the server to close, in virtual time. Longer than any timer of a built-in profile.
const PATIENCE: Duration = Duration::from_secs(900);

/// Sends `bytes`, waits, and then sends a FIN. Returns the bytes that the client receives.
pub(super) fn ask(profile: &Profile, site: &MemorySite<'_>, bytes: &[u8]) -> Vec<u8> {
    ask_in(profile, site, std::iter::once(bytes))
}

/// The same, but the bytes are sent in pieces, each of which arrives separately.
pub(super) fn ask_in<'p>(profile: &Profile, site: &MemorySite<'_>, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
    let mut steps = Vec::new();
    for piece in pieces {
        steps.push(Step::Send(piece.to_vec()));
        steps.push(Step::Sleep(Duration::from_millis(1)));
    }
    steps.extend([
        Step::End { within: PATIENCE },
        Step::Shut,
        Step::End { within: PATIENCE },
    ]);
    let outcome = Script::new(&steps).run(profile, site, &Setting::default());
    outcome.heard.iter().flat_map(|heard| heard.text()).collect()
}
