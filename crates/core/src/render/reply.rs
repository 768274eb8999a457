//! A reply: which response, with which body, about which file; and its bytes.

use super::context::{ConnectionContext, RenderContext};
use super::decision::Decision;
use super::parts::Parts;
use super::values::ReplyValues;
use crate::facts::FileFacts;
use crate::http1::range::ByteRange;
use crate::http1::{Request, ResponseId, Version};
use crate::profile::{Entity, LengthForHead, Profile, Response};
use std::sync::Arc;

/// What is to be answered.
#[derive(Clone, Debug)]
pub struct Reply<'p> {
    /// The response.
    pub response: &'p Response,
    /// The file that it is about.
    pub file: Option<Arc<FileFacts>>,
    /// The body.
    pub body: Body,
    /// Why it is this one.
    pub decision: Decision,
    /// The media type of what is no file.
    pub(super) content_type: Option<String>,
    pub(super) profile: &'p Profile,
}

/// What a path names.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(Arc<FileFacts>),
    /// A directory.
    Directory,
    /// Nothing, of this media type by its name.
    Nothing(String),
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// What the response has for a page, or the whole file.
    Whole,
    /// A page about a range that cannot be satisfied.
    Unsatisfiable,
    /// One range of the file.
    Range(ByteRange),
    /// Several ranges of the file.
    Ranges(Parts),
}

impl<'p> Reply<'p> {
    /// A response that is about no file.
    pub fn plain(profile: &'p Profile, id: ResponseId, method: &[u8]) -> Reply<'p> {
        Reply {
            response: profile.responses.for_method(id, method),
            file: None,
            body: Body::Whole,
            decision: Decision::Unspecified,
            content_type: None,
            profile,
        }
    }

    /// The same, for this reason.
    #[must_use]
    pub fn decided_by(self, decision: Decision) -> Reply<'p> {
        Reply { decision, ..self }
    }

    /// A response about what a path names, whatever that is.
    pub fn resolved(profile: &'p Profile, id: ResponseId, method: &[u8], place: Place) -> Reply<'p> {
        let (file, content_type) = match place {
            Place::File(file) => (Some(file), None),
            Place::Directory => (None, Some(profile.files.directory_type.clone())),
            Place::Nothing(content_type) => (None, Some(content_type)),
        };
        Reply {
            file,
            content_type,
            ..Reply::plain(profile, id, method)
        }
    }

    /// A response about a file.
    pub fn about(profile: &'p Profile, id: ResponseId, method: &[u8], file: Arc<FileFacts>, body: Body) -> Reply<'p> {
        Reply {
            file: Some(file),
            body,
            ..Reply::plain(profile, id, method)
        }
    }

    /// A response with several ranges of a file.
    pub fn multipart(
        profile: &'p Profile,
        request: &Request<'_>,
        file: Arc<FileFacts>,
        ranges: &[ByteRange],
        context: &RenderContext,
    ) -> Reply<'p> {
        let layout = &profile.multipart;
        let mut parts = Parts::new(layout, &file, ranges, context);
        if let Some(most) = layout.parts_before_chunks.filter(|most| ranges.len() > *most) {
            parts.unknown_length = true;
            if request.version() == Version::Http11 {
                parts.cut_into_chunks(most);
            }
        }
        Reply::about(
            profile,
            profile.responses.partial(),
            request.method(),
            file,
            Body::Ranges(parts),
        )
    }

    /// Renders the head into `head` and a page, if there is one, into `page`. `request` is what it answers, `None` if
    /// there was none.
    pub fn render(
        &self,
        request: Option<&Request<'_>>,
        connection: &ConnectionContext<'_>,
        head: &mut Vec<u8>,
        page: &mut Vec<u8>,
    ) {
        let is_head = request.is_some_and(|request| request.method() == b"HEAD");
        let mut values = ReplyValues {
            reply: self,
            request,
            connection,
            content_length: None,
            is_head,
        };
        if let Entity::Page(template) = &self.response.entity {
            let page_start = page.len();
            template.render(&values, page);
            values.content_length = Some((page.len() - page_start) as u64);
        } else {
            values.content_length = self.file_length();
        }
        values.content_length = values
            .content_length
            .filter(|length| match self.response.length_for_head {
                LengthForHead::Nonzero => !is_head || *length > 0,
                LengthForHead::None => !is_head,
                LengthForHead::Same => true,
            });
        if !self.response.no_head {
            self.response.render_head(&values, connection.connection_fields, head);
        }
    }

    /// How many bytes of file content (and part heads) the body has; `None` if it is not made of the file.
    fn file_length(&self) -> Option<u64> {
        let file = self.file.as_ref().filter(|_| self.response.entity == Entity::File)?;
        Some(match &self.body {
            Body::Ranges(parts) if parts.unknown_length => return None,
            Body::Range(range) => range.length(),
            Body::Ranges(parts) => parts.length(),
            Body::Empty | Body::Whole | Body::Unsatisfiable => file.size(),
        })
    }
}
