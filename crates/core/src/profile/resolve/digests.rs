//! The digests of a file's content that `[files] etag` and `etag_text` ask for.

use super::{Mistake, mistake};
use crate::digest::Digest;
use crate::profile::raw::RawFiles;
use crate::profile::template::{About, Placeholder, Template};
use crate::profile::units::OFF;

/// The digests, each once. Most profiles ask for none.
pub(super) fn digests(files: &RawFiles) -> Result<Vec<(About, Digest)>, Mistake> {
    let text = files.etag_text.as_ref();
    let is_streamed = text.is_some_and(|text| text.times_shown(Placeholder::Content) > 0);
    if let Some(text) = text {
        check_text(text)?;
    }
    let Some(etag) = files.etag.as_ref().filter(|etag| etag.source() != OFF) else {
        return Ok(Vec::new());
    };
    if etag.times_shown(Placeholder::Content) > 0 {
        return Err(mistake(
            &["files", "etag"],
            "a tag has a digest of the content, not the content: write `{content:sha256}`, or another digest (md5, sha1, \
             sha512), before any other filter"
                .to_owned(),
        ));
    }
    if is_streamed && etag.times_shown(Placeholder::EtagText) > 0 {
        return Err(mistake(
            &["files", "etag"],
            "`etag_text` contains `{content}`, the whole file, so there are only digests of it: write \
             `{etag_text:sha256}`, or another digest (md5, sha1, sha512), before any other filter"
                .to_owned(),
        ));
    }
    let in_text = text.filter(|_| etag.asks_for(Placeholder::EtagText));
    let mut all: Vec<(About, Digest)> = Vec::new();
    for one in etag.digests().chain(in_text.into_iter().flat_map(Template::digests)) {
        // A text without the content is short, so its digest is computed when it is rendered.
        let is_of_content = one.0 == About::Content || is_streamed;
        if is_of_content && !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

fn check_text(text: &Template) -> Result<(), Mistake> {
    let wrong = |message: &str| Err(mistake(&["files", "etag_text"], message.to_owned()));
    if text.asks_for(Placeholder::EtagText) {
        return wrong("`etag_text` is what `{etag_text}` stands for, so it cannot contain it");
    }
    let shown = text.times_shown(Placeholder::Content);
    if text.times_bare(Placeholder::Content) != shown {
        return wrong(
            "only a digest (md5, sha1, sha256, sha512) can be the first filter of `{content}`: write `{content:sha256}`, or \
             `{content}` for a text of which `etag` has a digest",
        );
    }
    if shown > 1 || shown == 1 && text.digests().next().is_some() {
        return wrong(
            "expected `{content}` once, because the file is read once: write what differs before and after it, as in \
             `{size}-{content}-{mtime}`",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_asks_for_the_digests_of_its_entity_tag() {
        let (content, text) = (About::Content, About::EtagText);
        for (etag, etag_text, want) in [
            ("off", "{content}", &[][..]),
            ("\"{size}\"", "{content}", &[]),
            ("\"{etag_text:md5}\"", "{size}", &[]),
            ("\"{content:md5}\"", "", &[(content, Digest::Md5)]),
            (
                "\"{content:md5}{content:sha1}{content:md5}\"",
                "{content}",
                &[(content, Digest::Md5), (content, Digest::Sha1)],
            ),
            ("\"{etag_text:sha1}\"", "{size}-{content}", &[(text, Digest::Sha1)]),
            ("\"{etag_text:sha1}\"", "{content:sha512}", &[(content, Digest::Sha512)]),
            ("\"{etag_text}\"", "{content:sha512}", &[(content, Digest::Sha512)]),
        ] {
            let template = |text| Some(Template::parse(text).expect(text));
            let files = RawFiles {
                etag: template(etag),
                etag_text: template(etag_text),
                ..RawFiles::default()
            };
            assert_eq!(digests(&files).expect(etag), want, "{etag} {etag_text}");
        }
    }
}
