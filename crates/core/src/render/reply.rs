//! A reply: a response of the profile, its body, and the file that it is about.

use super::context::{ConnectionContext, RenderContext};
use super::decision::Decision;
use super::parts::Parts;
use super::values::ReplyValues;
use crate::facts::FileFacts;
use crate::http1::range::ByteRange;
use crate::http1::{Request, ResponseId, Version};
use crate::profile::{Entity, LengthForHead, Profile, Response};
use std::sync::Arc;

/// A decided response, ready to be rendered.
#[derive(Clone, Debug)]
pub struct Reply<'p> {
    /// The response, as the profile describes it.
    pub response: &'p Response,
    /// The file that the response is about. A 304 or 412 has one, too.
    pub file: Option<Arc<FileFacts>>,
    /// The body. [`Body::Whole`] of a response without a file is the response's page.
    pub body: Body,
    /// What the response is based on.
    pub decision: Decision,
    /// The media type, if it does not come from a file.
    pub(super) content_type: Option<String>,
    /// The name of an index file that is a directory.
    pub(super) index: Option<String>,
    pub(super) profile: &'p Profile,
}

/// What exists at a path, for a response that is sent whether it is a file, a directory or nothing.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(Arc<FileFacts>),
    /// A directory.
    Directory,
    /// Nothing. The text is the media type that the name implies, or empty.
    Nothing(String),
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// No body.
    Empty,
    /// The whole file, or the page of a response that has one.
    Whole,
    /// The page of a 416: no range can be satisfied.
    Unsatisfiable,
    /// One range of the file.
    Range(ByteRange),
    /// Several ranges of the file. Boxed, because few replies are of this kind and every reply has the size of the largest.
    Ranges(Box<Parts>),
}

impl<'p> Reply<'p> {
    /// A response that is not about a file.
    ///
    /// `method` selects the response's variant for that method, if the profile has one.
    pub fn plain(profile: &'p Profile, id: ResponseId, method: &[u8]) -> Self {
        Reply {
            response: profile.responses.for_method(id, method),
            file: None,
            body: Body::Whole,
            decision: Decision::Unspecified,
            content_type: None,
            index: None,
            profile,
        }
    }

    /// The same reply about the index file of this name.
    #[must_use]
    pub fn with_index(self, name: String) -> Self {
        Reply {
            index: Some(name),
            ..self
        }
    }

    /// The same reply with this decision.
    #[must_use]
    pub fn decided_by(self, decision: Decision) -> Self {
        Reply { decision, ..self }
    }

    /// A response about whatever exists at a path: its media type is that of the file, the directory or the name.
    pub fn resolved(profile: &'p Profile, id: ResponseId, method: &[u8], place: Place) -> Self {
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
    pub fn about(profile: &'p Profile, id: ResponseId, method: &[u8], file: Arc<FileFacts>, body: Body) -> Self {
        Reply {
            file: Some(file),
            body,
            ..Reply::plain(profile, id, method)
        }
    }

    /// A 206 with several ranges of a file (RFC 9110 section 14.6).
    ///
    /// Some servers send no length for many parts: HTTP/1.1 clients get chunks, older ones get the end of the
    /// connection.
    pub fn multipart(
        profile: &'p Profile,
        request: &Request<'_>,
        file: Arc<FileFacts>,
        ranges: &[ByteRange],
        context: &RenderContext,
    ) -> Self {
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
            Body::Ranges(Box::new(parts)),
        )
    }

    /// Appends the head to `head` and the page, if the response has one, to `page`.
    ///
    /// `request` is `None` if the response precedes any request, as a 408 does. The content of a file is not rendered:
    /// the caller sends the bytes that [`Reply::body`] names.
    ///
    /// ```
    /// use labserve_core::profile::layers;
    /// use labserve_core::render::{ConnectionContext, RenderContext, Reply};
    ///
    /// let profile = layers::load("nginx").expect("a built-in profile");
    /// let reply = Reply::plain(&profile, profile.files.missing, b"GET");
    /// let connection = ConnectionContext {
    ///     local: ([127, 0, 0, 1], 8080).into(),
    ///     remaining: None,
    ///     connection_fields: &profile.connection.close_fields,
    ///     chunked: false,
    ///     render: RenderContext::at(1_700_000_000),
    /// };
    /// let (mut head, mut page) = (Vec::new(), Vec::new());
    /// reply.render(None, &connection, &mut head, &mut page);
    /// assert!(head.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
    /// assert!(page.starts_with(b"<html>"));
    /// ```
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
                LengthForHead::Off => !is_head,
                LengthForHead::Same => true,
            });
        if !self.response.no_head {
            let asked = request.map(Request::version);
            self.response
                .render_head(&values, asked, connection.connection_fields, head);
        }
    }

    /// The length in bytes of a body that comes from the file, with part heads; `None` for another body, or if the
    /// length is not announced.
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
