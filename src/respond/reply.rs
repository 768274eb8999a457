//! A reply: which response, with which body, about which file; and its bytes.

use crate::files::{Resource, path};
use crate::http::range::ByteRange;
use crate::http::{self, Request, ResponseId, date, field, percent};
use crate::profile::{Entity, Placeholder, Profile, Response, Values};
use std::net::SocketAddr;
use std::sync::Arc;

/// The time of a request, and the numbers that differ from reply to reply: handed in, so that deciding is pure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub now_secs: i64,
    /// How many multipart replies the server has sent, this one included.
    pub counter: u64,
    /// A number that differs from reply to reply.
    pub random: u64,
}

/// What a reply says about its connection and its place in it.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The address that the connection came in on.
    pub local: SocketAddr,
    /// How many more requests the connection may serve.
    pub remaining: Option<u64>,
    /// The lines about the connection.
    pub says: &'a [crate::profile::Template],
    /// The time and the numbers.
    pub moment: Moment,
}

/// What is to be answered.
#[derive(Clone, Debug)]
pub struct Reply<'p> {
    /// The response.
    pub response: &'p Response,
    /// The file that it is about.
    pub resource: Option<Arc<Resource>>,
    /// The body.
    pub body: Body,
    profile: &'p Profile,
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

/// Several ranges of a file, each behind a head of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The parts: what stands before each, and the range.
    pub parts: Vec<(Vec<u8>, ByteRange)>,
    /// What stands behind the last.
    pub end: Vec<u8>,
    /// The boundary.
    pub boundary: Vec<u8>,
}

impl Parts {
    fn length(&self) -> u64 {
        self.parts
            .iter()
            .map(|(head, range)| head.len() as u64 + range.length())
            .sum::<u64>()
            + self.end.len() as u64
    }
}

impl<'p> Reply<'p> {
    /// A response that is about no file.
    pub fn plain(profile: &'p Profile, id: ResponseId, method: &[u8]) -> Reply<'p> {
        Reply {
            response: profile.responses.for_method(id, method),
            resource: None,
            body: Body::Whole,
            profile,
        }
    }

    /// A response about a file.
    pub fn about(
        profile: &'p Profile,
        id: ResponseId,
        method: &[u8],
        resource: Arc<Resource>,
        body: Body,
    ) -> Reply<'p> {
        Reply {
            response: profile.responses.for_method(id, method),
            resource: Some(resource),
            body,
            profile,
        }
    }

    /// A response with several ranges of a file.
    pub fn multipart(
        profile: &'p Profile,
        method: &[u8],
        resource: Arc<Resource>,
        ranges: &[ByteRange],
        moment: &Moment,
    ) -> Reply<'p> {
        let layout = &profile.multipart;
        let mut parts = Parts::default();
        layout.boundary.render(&Numbers(moment), &mut parts.boundary);
        for range in ranges {
            let values = PartValues {
                boundary: &parts.boundary,
                resource: &resource,
                range: Some(*range),
            };
            let mut head = Vec::new();
            layout.part.render(&values, &mut head);
            parts.parts.push((head, *range));
        }
        layout.end.render(
            &PartValues {
                boundary: &parts.boundary,
                resource: &resource,
                range: None,
            },
            &mut parts.end,
        );
        Reply::about(
            profile,
            profile.responses.partial(),
            method,
            resource,
            Body::Ranges(parts),
        )
    }

    /// Renders the head into `head` and a page, if there is one, into `page`. `request` is what it answers, `None` if
    /// there was none. Says how the body is made up.
    pub fn render(
        &self,
        request: Option<&Request<'_>>,
        around: &Surroundings<'_>,
        head: &mut Vec<u8>,
        page: &mut Vec<u8>,
    ) {
        let mut values = ReplyValues {
            reply: self,
            request,
            around,
            content_length: None,
        };
        if let Entity::Page(template) = &self.response.entity {
            let page_start = page.len();
            template.render(&values, page);
            values.content_length = Some((page.len() - page_start) as u64);
        } else {
            values.content_length = self.file_length();
        }
        if !self.response.bare {
            self.response.render_head(&values, around.says, head);
        }
    }

    /// How many bytes of file content (and part heads) the body has; `None` if it is not made of the file.
    fn file_length(&self) -> Option<u64> {
        let resource = self
            .resource
            .as_ref()
            .filter(|_| self.response.entity == Entity::File)?;
        Some(match &self.body {
            Body::Range(range) => range.length(),
            Body::Ranges(parts) => parts.length(),
            Body::Empty | Body::Whole | Body::Unsatisfiable => resource.size(),
        })
    }
}

/// Writes the entity tag of a file; false if the profile has none.
pub(super) fn write_etag(profile: &Profile, resource: &Resource, now_secs: i64, out: &mut Vec<u8>) -> bool {
    let Some(template) = &profile.files.etag else {
        return false;
    };
    if let Some(span) = profile.files.weak_within
        && now_secs.saturating_sub(resource.id.mtime_secs).unsigned_abs() <= span.as_secs()
    {
        out.extend_from_slice(b"W/");
    }
    template.render(&FileValues(resource), out)
}

/// The placeholders that a file has a value for.
struct FileValues<'a>(&'a Resource);

impl Values for FileValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        let id = &self.0.id;
        let nanos = i128::from(id.mtime_secs) * 1_000_000_000 + i128::from(id.mtime_nanos);
        let positive = |n: i128| u64::try_from(n).ok();
        match placeholder {
            Placeholder::Size => Some(id.size),
            Placeholder::Mtime => positive(i128::from(id.mtime_secs)),
            Placeholder::MtimeMs => positive((nanos + 500_000).div_euclid(1_000_000)),
            Placeholder::MtimeUs => positive(nanos.div_euclid(1000)),
            // 100 ns units between 1601 and 1970.
            Placeholder::Filetime => positive(nanos.div_euclid(100) + 116_444_736_000_000_000),
            Placeholder::Inode => Some(id.inode),
            Placeholder::PathAdler32 => Some(u64::from(self.0.path_adler32)),
            _ => None,
        }
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::LastModified => {
                let mut text = [0; 29];
                date::write(self.0.id.mtime_secs, &mut text);
                out.extend_from_slice(&text);
            }
            Placeholder::MtimeFloat => {
                let seconds = self.0.id.mtime_secs as f64 + 1e-9 * f64::from(self.0.id.mtime_nanos);
                out.extend_from_slice(format!("{seconds:?}").as_bytes());
            }
            Placeholder::Name => out.extend_from_slice(self.0.name().as_bytes()),
            Placeholder::ContentType if !self.0.content_type.is_empty() => {
                out.extend_from_slice(self.0.content_type.as_bytes())
            }
            Placeholder::Encoding => match self.0.coding {
                Some(coding) => out.extend_from_slice(coding.token().as_bytes()),
                None => return false,
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

/// The placeholders of a boundary.
struct Numbers<'a>(&'a Moment);

impl Values for Numbers<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        match placeholder {
            Placeholder::Counter => Some(self.0.counter),
            Placeholder::Random => Some(self.0.random),
            _ => None,
        }
    }
    fn text(&self, _: Placeholder, _: &mut Vec<u8>) -> bool {
        false
    }
}

/// The placeholders of a part's head.
struct PartValues<'a> {
    boundary: &'a [u8],
    resource: &'a Resource,
    range: Option<ByteRange>,
}

impl Values for PartValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        FileValues(self.resource).number(placeholder)
    }
    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match (placeholder, self.range) {
            (Placeholder::Boundary, _) => out.extend_from_slice(self.boundary),
            (Placeholder::ContentRange, Some(range)) => write_content_range(range, self.resource.size(), out),
            _ => return FileValues(self.resource).text(placeholder, out),
        }
        true
    }
}

fn write_content_range(range: ByteRange, size: u64, out: &mut Vec<u8>) {
    use crate::http::text::decimal;
    out.extend_from_slice(b"bytes ");
    decimal(range.first, out);
    out.push(b'-');
    decimal(range.last, out);
    out.push(b'/');
    decimal(size, out);
}

/// Every placeholder of a head or a page.
struct ReplyValues<'a> {
    reply: &'a Reply<'a>,
    request: Option<&'a Request<'a>>,
    around: &'a Surroundings<'a>,
    content_length: Option<u64>,
}

impl ReplyValues<'_> {
    fn content_type(&self, out: &mut Vec<u8>) -> bool {
        let (Body::Ranges(parts), Some(resource)) = (&self.reply.body, &self.reply.resource) else {
            return self.file_text(Placeholder::ContentType, out);
        };
        let values = PartValues {
            boundary: &parts.boundary,
            resource,
            range: None,
        };
        self.reply.profile.multipart.content_type.render(&values, out)
    }

    fn file_text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        self.reply
            .resource
            .as_deref()
            .is_some_and(|resource| FileValues(resource).text(placeholder, out))
    }

    fn content_range(&self, out: &mut Vec<u8>) -> bool {
        let Some(resource) = &self.reply.resource else {
            return false;
        };
        match &self.reply.body {
            Body::Range(range) => write_content_range(*range, resource.size(), out),
            Body::Unsatisfiable => {
                out.extend_from_slice(b"bytes */");
                crate::http::text::decimal(resource.size(), out);
            }
            _ => return false,
        }
        true
    }

    /// A host that is safe to repeat in a head or a page: one with a character that no host has is not repeated.
    fn host(&self, out: &mut Vec<u8>) {
        let safe = |host: &&[u8]| host.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~:[]".contains(b));
        match self.request.and_then(Request::host).filter(safe) {
            Some(host) => out.extend_from_slice(host),
            None => out.extend_from_slice(self.around.local.to_string().as_bytes()),
        }
    }

    /// The host alone, as a server tells its virtual hosts apart. What could end a line is not repeated.
    fn virtual_host(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.request.and_then(Request::host) {
            Some(host) if host.iter().all(|b| *b > b' ' && *b != 0x7f) => {
                let end = http::request::host_name(host).len();
                out.extend(host[..end].to_ascii_lowercase());
            }
            _ => {}
        }
        if out.len() == start {
            out.extend_from_slice(self.around.local.ip().to_string().as_bytes());
        }
    }

    fn request_text(&self, placeholder: Placeholder, request: &Request<'_>, out: &mut Vec<u8>) -> bool {
        let target = request.target();
        let (path, query) = path::split(target, &self.reply.profile.target);
        match placeholder {
            Placeholder::Method => out.extend_from_slice(request.method()),
            Placeholder::Target => out.extend_from_slice(target),
            Placeholder::Path => out.extend_from_slice(path),
            Placeholder::DecodedPath => {
                match path::locate(target, &self.reply.profile.target, &self.reply.profile.files) {
                    Ok(located) => {
                        out.push(b'/');
                        out.extend_from_slice(located.path.as_bytes());
                        if located.trailing_slash && !located.path.is_empty() {
                            out.push(b'/');
                        }
                    }
                    Err(_) => out.extend_from_slice(&percent::decode(path)),
                }
            }
            Placeholder::Query => out.extend_from_slice(query),
            Placeholder::QueryText if query.len() > 1 => out.extend_from_slice(query),
            Placeholder::QueryText => {}
            Placeholder::Line => out.extend_from_slice(request.line()),
            Placeholder::Version => out.extend_from_slice(request.version_text()),
            Placeholder::LineAtFault => out.extend_from_slice(request.line_at_fault()),
            Placeholder::FieldAtFault => {
                let line = request.line_at_fault();
                out.extend_from_slice(memchr::memchr(b':', line).map_or(line, |colon| &line[..colon]));
            }
            Placeholder::Expect => {
                return request
                    .get(field::Name::Expect)
                    .map(|expect| out.extend_from_slice(expect))
                    .is_some();
            }
            Placeholder::Request => out.extend_from_slice(request.head_bytes()),
            _ => return false,
        }
        true
    }
}

impl Values for ReplyValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        match placeholder {
            Placeholder::Status => Some(u64::from(self.reply.response.status)),
            Placeholder::ContentLength => self.content_length.filter(|_| !self.reply.response.chunked),
            Placeholder::Port => Some(u64::from(self.around.local.port())),
            Placeholder::Remaining => self.around.remaining,
            Placeholder::Counter | Placeholder::Random => Numbers(&self.around.moment).number(placeholder),
            _ => self
                .reply
                .resource
                .as_deref()
                .and_then(|resource| FileValues(resource).number(placeholder)),
        }
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::Date => {
                let mut text = [0; 29];
                date::write(self.around.moment.now_secs, &mut text);
                out.extend_from_slice(&text);
            }
            Placeholder::Reason => self.reply.response.write_reason(self, out),
            Placeholder::Title | Placeholder::Detail => {
                let response = self.reply.response;
                let text = if placeholder == Placeholder::Title {
                    &response.title
                } else {
                    &response.detail
                };
                return text
                    .as_ref()
                    .map(|text| out.extend_from_slice(text.as_bytes()))
                    .is_some();
            }
            Placeholder::LastModified
                if self.reply.profile.files.future_as_now
                    && self
                        .reply
                        .resource
                        .as_ref()
                        .is_some_and(|r| r.id.mtime_secs > self.around.moment.now_secs) =>
            {
                let mut text = [0; 29];
                date::write(self.around.moment.now_secs, &mut text);
                out.extend_from_slice(&text);
            }
            Placeholder::ContentType => return self.content_type(out),
            Placeholder::ContentRange => return self.content_range(out),
            Placeholder::Etag => {
                let Some(resource) = &self.reply.resource else {
                    return false;
                };
                return write_etag(self.reply.profile, resource, self.around.moment.now_secs, out);
            }
            Placeholder::Allow => out.extend_from_slice(self.reply.profile.methods.allow.as_bytes()),
            Placeholder::Boundary => match &self.reply.body {
                Body::Ranges(parts) => out.extend_from_slice(&parts.boundary),
                _ => return false,
            },
            Placeholder::Host => self.host(out),
            Placeholder::VirtualHost => self.virtual_host(out),
            Placeholder::ColonPort => {
                if self.around.local.port() != 80 {
                    out.push(b':');
                    crate::http::text::decimal(u64::from(self.around.local.port()), out);
                }
            }
            Placeholder::Padding => {
                let padding = &self.reply.profile.padding;
                let agent = self.request.and_then(|request| request.get(field::Name::UserAgent));
                if agent.is_some_and(|agent| padding.is_for(agent)) {
                    out.extend_from_slice(padding.text.as_bytes());
                }
            }
            Placeholder::Hostname => {
                let start = out.len();
                self.host(out);
                let host = &out[start..];
                let port = host
                    .iter()
                    .rposition(|b| *b == b':')
                    .filter(|colon| host[colon + 1..].iter().all(u8::is_ascii_digit));
                out.truncate(start + port.unwrap_or(host.len()));
            }
            _ => {
                return match self.request {
                    Some(request) => self.request_text(placeholder, request, out) || self.file_text(placeholder, out),
                    None => self.file_text(placeholder, out),
                };
            }
        }
        true
    }
}
