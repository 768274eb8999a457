//! The values of the placeholders about a file.

use crate::facts::{CachedFields, FileFacts};
use crate::http1::date;
use crate::profile::{Placeholder, Profile, Values};

/// Writes the entity tag of a file. Returns false if the profile sends none.
pub(crate) fn write_etag(profile: &Profile, file: &FileFacts, now_secs: i64, out: &mut Vec<u8>) -> bool {
    let Some(etag) = &cached_fields(profile, file).etag else {
        return false;
    };
    if let Some(span) = profile.files.weak_within
        && now_secs.saturating_sub(file.id.mtime_secs).unsigned_abs() <= span.as_secs()
    {
        out.extend_from_slice(b"W/");
    }
    out.extend_from_slice(etag);
    true
}

/// Writes the modification time of a file as Last-Modified contains it.
pub(super) fn write_last_modified(profile: &Profile, file: &FileFacts, out: &mut Vec<u8>) {
    out.extend_from_slice(&cached_fields(profile, file).last_modified);
}

/// The rendered field values of a file. Facts belong to the server of one profile, so one rendering is enough.
fn cached_fields<'r>(profile: &Profile, file: &'r FileFacts) -> &'r CachedFields {
    file.cached_fields(|| {
        let mut etag = Vec::new();
        let template = profile.files.etag.as_ref();
        CachedFields {
            etag: template
                .is_some_and(|template| template.render(&FileValues(file), &mut etag))
                .then(|| etag.into()),
            last_modified: date::text(file.id.mtime_secs).into(),
        }
    })
}

/// The values that a file has.
pub(super) struct FileValues<'a>(pub(super) &'a FileFacts);

impl Values for FileValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        let id = &self.0.id;
        let secs = i128::from(id.mtime_secs);
        let positive = |n: i128| u64::try_from(n).ok();
        match placeholder {
            Placeholder::Size => Some(id.size),
            Placeholder::Mtime => u64::try_from(id.mtime_secs).ok(),
            Placeholder::MtimeMs => positive(secs * 1000 + i128::from((id.mtime_nanos + 500_000) / 1_000_000)),
            Placeholder::MtimeUs => positive(secs * 1_000_000 + i128::from(id.mtime_nanos / 1000)),
            // A Windows FILETIME counts units of 100 ns since 1601-01-01.
            Placeholder::Filetime => {
                positive(secs * 10_000_000 + i128::from(id.mtime_nanos / 100) + 116_444_736_000_000_000)
            }
            Placeholder::Inode => Some(id.inode),
            Placeholder::PathAdler32 => Some(u64::from(self.0.path_adler32)),
            _ => None,
        }
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::LastModified => out.extend_from_slice(&date::text(self.0.id.mtime_secs)),
            Placeholder::MtimeFloat => {
                let seconds = self.0.id.mtime_secs as f64 + 1e-9 * f64::from(self.0.id.mtime_nanos);
                out.extend_from_slice(format!("{seconds:?}").as_bytes());
            }
            Placeholder::Name => out.extend_from_slice(self.0.name().as_bytes()),
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
