//! A whole connection: a client sends arbitrary bytes, cut anywhere, and ends in one of three ways. Client and server are in
//! memory and time is virtual ([`labserve_core::model`]), so that timers of minutes pass at once.

use crate::input::Input;
use crate::{profiles, replies, site, under_chosen};
use labserve_core::model::{MemorySite, Script, Setting, Step};
use labserve_core::profile::Profile;
use std::time::Duration;

/// What the client does after sending everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Sends FIN, and keeps reading.
    Shut,
    /// Waits longer than any timer of a built-in profile, then sends FIN.
    Wait,
    /// Closes the connection at once, without reading a response.
    Close,
}

/// Longer than any timer of a built-in profile. A connection must have ended by then.
const LONG: Duration = Duration::from_secs(900);

/// Sends the bytes to a server under the profile that the first byte selects.
pub fn run(data: &[u8]) {
    under_chosen(run_under, data);
}

/// The same under the `number`th profile.
pub fn run_under(number: usize, data: &[u8]) {
    let mut input = Input(data);
    let ending = *input.choose(&[Ending::Shut, Ending::Wait, Ending::Close]);
    let cut = usize::from(input.byte());
    let bytes = input.0;
    let pieces: Vec<&[u8]> = match cut {
        0 => vec![bytes],
        // Single bytes only for short inputs: there is a wait after each.
        1 if bytes.len() < 300 => bytes.chunks(1).collect(),
        _ => bytes.chunks(cut * 3).collect(),
    };
    profiles::with_all(|all| converse_and_check(&all[number], bytes, &pieces, ending));
}

fn converse_and_check(profile: &Profile, bytes: &[u8], pieces: &[&[u8]], ending: Ending) {
    let got = converse(profile, &site::in_memory(profile), pieces, ending);
    let shown = || {
        format!(
            "{} under {}:\n{}",
            bytes.escape_ascii(),
            profile.name,
            got.escape_ascii()
        )
    };
    assert!(
        memmem(&got, site::SECRET.as_bytes()).is_none(),
        "the secret was served: {}",
        shown()
    );
    let answers = match replies::count(&got, profile, ending != Ending::Close) {
        Ok(answers) => answers,
        Err(wrong) => panic!("{wrong}: {}", shown()),
    };
    let most = replies::most_requests(bytes);
    assert!(
        answers <= most,
        "{answers} answers to at most {most} requests: {}",
        shown()
    );
}

fn memmem(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Serves one connection on which the client sends `pieces`, and returns what the server sent.
pub fn converse(profile: &Profile, site: &MemorySite<'_>, pieces: &[&[u8]], ending: Ending) -> Vec<u8> {
    let mut steps = Vec::new();
    for piece in pieces {
        steps.push(Step::Send(piece.to_vec()));
        steps.push(Step::Sleep(Duration::from_millis(1)));
    }
    let read = Step::End { within: LONG };
    match ending {
        Ending::Shut => steps.extend([Step::Shut, read]),
        Ending::Wait => steps.extend([read.clone(), Step::Shut, read]),
        Ending::Close => {}
    }
    let outcome = Script::new(&steps).run(profile, site, &Setting::default());
    outcome.heard.iter().flat_map(|heard| heard.text()).collect()
}
