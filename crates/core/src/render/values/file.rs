//! The values of the placeholders about a file.

use crate::digest::Digest;
use crate::facts::{CachedFields, FileFacts};
use crate::http1::date;
use crate::modified;
use crate::profile::{About, Placeholder, Profile, Template, Values};
use crate::render::context::RenderContext;

/// Writes the entity tag of a file. Returns false if the profile sends none.
pub(crate) fn write_etag(profile: &Profile, file: &FileFacts, now_secs: i64, out: &mut Vec<u8>) -> bool {
    let Some(etag) = &cached_fields(profile, file).etag else {
        return false;
    };
    if let Some(span) = profile.files.weak_within
        && u64::try_from(now_secs.saturating_sub(file.id.mtime_secs)).map_or(true, |age| age <= span.as_secs())
    {
        out.extend_from_slice(b"W/");
    }
    out.extend_from_slice(etag);
    true
}

/// Writes the value of Last-Modified. Returns false if the profile sends none for this file.
pub(super) fn write_last_modified(
    profile: &Profile,
    file: &FileFacts,
    context: &RenderContext,
    out: &mut Vec<u8>,
) -> bool {
    if profile.files.mtime.is_future(file.id.modified(), context.now_secs) {
        out.extend_from_slice(&context.date);
        return true;
    }
    let cached = cached_fields(profile, file).last_modified;
    out.extend(cached.iter().flatten());
    cached.is_some()
}

/// The rendered field values of a file. Facts belong to the server of one profile, so one rendering is enough.
fn cached_fields<'r>(profile: &Profile, file: &'r FileFacts) -> &'r CachedFields {
    file.cached_fields(|| {
        let mut etag = Vec::new();
        let is_known = !profile.files.mtime.is_unknown(file.id.modified());
        let template = profile.files.etag.as_ref().filter(|_| is_known);
        let values = EtagValues {
            file,
            text: profile.files.etag_text.as_ref(),
        };
        CachedFields {
            etag: template
                .is_some_and(|template| template.render(&values, &mut etag))
                .then(|| etag.into()),
            last_modified: profile
                .files
                .mtime
                .last_modified(file.id.modified(), i64::MAX)
                .map(date::text),
        }
    })
}

/// The values in an entity tag: those of the file, and the text that the profile builds from them.
struct EtagValues<'a> {
    file: &'a FileFacts,
    text: Option<&'a Template>,
}

impl Values for EtagValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        FileValues(self.file).number(placeholder)
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::EtagText => self
                .text
                .is_some_and(|template| template.render(&TextValues(self.file), out)),
            _ => FileValues(self.file).text(placeholder, out),
        }
    }

    fn digest(&self, about: About, digest: Digest, out: &mut Vec<u8>) -> bool {
        if about == About::Content || self.file.digests.get(about, digest).is_some() {
            return TextValues(self.file).digest(about, digest, out);
        }
        let mut text = Vec::new();
        let is_known = self.text(Placeholder::EtagText, &mut text);
        if is_known {
            digest.write(&text, out);
        }
        is_known
    }
}

/// The values in the text that an entity tag is a digest of: those of the file, and the digests of its content.
pub(in crate::render) struct TextValues<'a>(pub(in crate::render) &'a FileFacts);

impl Values for TextValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        FileValues(self.0).number(placeholder)
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        FileValues(self.0).text(placeholder, out)
    }

    fn digest(&self, about: About, digest: Digest, out: &mut Vec<u8>) -> bool {
        let known = self.0.digests.get(about, digest);
        out.extend(known.iter().copied().flatten());
        known.is_some()
    }
}

/// The values that a file has.
pub(super) struct FileValues<'a>(pub(super) &'a FileFacts);

impl Values for FileValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        let id = &self.0.id;
        let secs = i128::from(id.mtime_secs);
        Some(match placeholder {
            Placeholder::Size => id.size.into(),
            Placeholder::Mtime => secs,
            Placeholder::MtimeMs => modified::milliseconds(id.modified()).into(),
            Placeholder::MtimeUs => secs * 1_000_000 + i128::from(id.mtime_nanos / 1000),
            Placeholder::MtimeNs => secs * 1_000_000_000 + i128::from(id.mtime_nanos),
            // A Windows FILETIME counts units of 100 ns since 1601-01-01.
            Placeholder::Filetime => secs * 10_000_000 + i128::from(id.mtime_nanos / 100) + 116_444_736_000_000_000,
            Placeholder::Inode => id.inode.into(),
            Placeholder::PathAdler32 => self.0.path_adler32.into(),
            _ => return None,
        })
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::LastModified => out.extend_from_slice(&date::text(self.0.id.mtime_secs)),
            Placeholder::MtimeFloat => {
                let text = format!("{:?}", modified::seconds(self.0.id.modified()));
                // `1e-9` in Rust, `1e-09` in Python, whose servers send such numbers.
                match text.split_once("e-") {
                    Some((number, exponent)) => out.extend_from_slice(format!("{number}e-{exponent:0>2}").as_bytes()),
                    None => out.extend_from_slice(text.as_bytes()),
                }
            }
            Placeholder::MtimeIso => {
                let mut text = [0; 19];
                date::write_rfc3339(self.0.id.mtime_secs, &mut text);
                out.extend_from_slice(&text);
                out.extend_from_slice(format!(".{:03}Z", self.0.id.mtime_nanos / 1_000_000).as_bytes());
            }
            Placeholder::Name => out.extend_from_slice(self.0.name()),
            Placeholder::Extension => {
                let name = self.0.name();
                // A dot at the beginning hides a name.
                let dot = memchr::memrchr(b'.', name).filter(|at| *at > 0);
                out.extend_from_slice(&name[dot.unwrap_or(name.len())..]);
            }
            Placeholder::ContentType if !self.0.content_type.is_empty() => {
                out.extend_from_slice(self.0.content_type.as_bytes());
            }
            Placeholder::Encoding => match self.0.coding {
                Some(coding) => out.extend_from_slice(coding.token().as_bytes()),
                None if self.0.named_coding.is_empty() => return false,
                None => out.extend_from_slice(self.0.named_coding.as_bytes()),
            },
            Placeholder::EncodingSuffix => {
                if let Some(coding) = self.0.coding {
                    out.push(b'-');
                    out.extend_from_slice(coding.token().as_bytes());
                }
            }
            Placeholder::Vary if self.0.negotiated => out.extend_from_slice(b"Accept-Encoding"),
            _ => return false,
        }
        true
    }
}
