//! Digests of a file's content, for entity tags that are made of them.

use super::values::TextValues;
use crate::facts::FileFacts;
use crate::profile::{About, FilePolicy, Placeholder};

/// The facts about a file with the digests of its content that the profile asks for.
///
/// If there are any, `read` is called once. It passes the whole content to its parameter, in pieces of any length. If it
/// returns `None`, because the content cannot be read, no digest is known, and the response has no entity tag.
pub fn with_digests(
    mut facts: FileFacts,
    policy: &FilePolicy,
    read: impl FnOnce(&mut dyn FnMut(&[u8])) -> Option<()>,
) -> FileFacts {
    if policy.digests.is_empty() {
        return facts;
    }
    let text = policy.etag_text.as_ref();
    // `None` if another placeholder of the text has no value for this file.
    let around = text.and_then(|text| text.render_around(Placeholder::Content, &TextValues(&facts)));
    let begun = policy.digests.iter().filter_map(|(about, digest)| {
        let mut hasher = digest.begin();
        if *about == About::EtagText {
            hasher.update(&around.as_ref()?.0);
        }
        Some(((*about, *digest), hasher))
    });
    let mut begun: Vec<_> = begun.collect();
    let is_read = read(&mut |piece| {
        for (_, hasher) in &mut begun {
            hasher.update(piece);
        }
    });
    if is_read.is_none() {
        return facts;
    }
    let known = begun.into_iter().map(|((about, digest), mut hasher)| {
        if let (About::EtagText, Some((_, after))) = (about, &around) {
            hasher.update(after);
        }
        let mut text = Vec::new();
        hasher.finish(&mut text);
        ((about, digest), text.into())
    });
    facts.digests = known.collect();
    facts
}
