//! A reply: which response, with which body, about which file; and its bytes.

use crate::files::{Resource, path};
use crate::http::host::split_port;
use crate::http::range::ByteRange;
use crate::http::{self, Request, ResponseId, Version, date, field, percent};
use crate::profile::{Entity, LengthForHead, Placeholder, Profile, Response, Values};
use std::net::SocketAddr;
use std::sync::Arc;

/// The time of a request, and the numbers that differ from reply to reply: handed in, so that deciding is pure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970.
    pub now_secs: i64,
    /// How many multipart replies the server has sent, this one included.
    pub counter: u64,
    /// A number that differs from run to run.
    pub run: u64,
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
    /// The page is sent in chunks.
    pub chunked: bool,
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
    /// The media type of what is no file.
    content_type: Option<String>,
    profile: &'p Profile,
}

/// What a path names.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    File(Arc<Resource>),
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

/// Several ranges of a file, each behind a head of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The parts: what stands before each, and the range.
    pub parts: Vec<(Vec<u8>, ByteRange)>,
    /// What stands behind the last.
    pub end: Vec<u8>,
    /// The boundary.
    pub boundary: Vec<u8>,
    /// The length is not announced...
    pub unknown_length: bool,
    /// ... and what stands before parts and behind the last cuts the body into chunks.
    pub chunked: bool,
}

impl Parts {
    /// Cuts the body into chunks: the first of `most` parts and one, the others of `most`, the last with what is left.
    fn cut_into_chunks(&mut self, most: usize) {
        self.chunked = true;
        let count = self.parts.len();
        let mut from = 0;
        let mut before: &[u8] = b"";
        while from < count {
            let mut until = (if from == 0 { most + 1 } else { from + most }).min(count);
            let mut size: u64 = 0;
            for (head, range) in &self.parts[from..until] {
                size += head.len() as u64 + range.length();
            }
            // Parts that do not fill a chunk share the last one with the end.
            if until == count && (count - from) < (if from == 0 { most + 1 } else { most }) {
                size += self.end.len() as u64;
                self.end.extend_from_slice(b"\r\n");
                until = count;
            } else if until == count {
                let mut end = Vec::new();
                end.extend_from_slice(b"\r\n");
                crate::http::text::hexadecimal(self.end.len() as u64, &mut end);
                end.extend_from_slice(b"\r\n");
                end.append(&mut self.end);
                end.extend_from_slice(b"\r\n");
                self.end = end;
            }
            let mut head = before.to_vec();
            crate::http::text::hexadecimal(size, &mut head);
            head.extend_from_slice(b"\r\n");
            head.append(&mut self.parts[from].0);
            self.parts[from].0 = head;
            before = b"\r\n";
            from = until;
        }
        self.end.extend_from_slice(b"0\r\n\r\n");
    }

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
            content_type: None,
            profile,
        }
    }

    /// A response about what a path names, whatever that is.
    pub fn resolved(profile: &'p Profile, id: ResponseId, method: &[u8], place: Place) -> Reply<'p> {
        let (resource, content_type) = match place {
            Place::File(resource) => (Some(resource), None),
            Place::Directory => (None, Some(profile.files.directory_type.clone())),
            Place::Nothing(content_type) => (None, Some(content_type)),
        };
        Reply {
            resource,
            content_type,
            ..Reply::plain(profile, id, method)
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
            content_type: None,
            profile,
        }
    }

    /// A response with several ranges of a file.
    pub fn multipart(
        profile: &'p Profile,
        request: &Request<'_>,
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
            for line in &layout.part {
                line.render(&values, &mut head);
            }
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
        let is_head = request.is_some_and(|request| request.method() == b"HEAD");
        let mut values = ReplyValues {
            reply: self,
            request,
            around,
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
            Body::Ranges(parts) if parts.unknown_length => return None,
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

/// The placeholders of a boundary.
struct Numbers<'a>(&'a Moment);

impl Values for Numbers<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<u64> {
        match placeholder {
            Placeholder::Counter => Some(self.0.counter),
            Placeholder::Random => Some(self.0.random),
            Placeholder::RunRandom => Some(self.0.run),
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

/// The request line and the fields, those of one name in the place of the first of them; an empty line. The Host field is
/// that of `host`.
fn write_merged(request: &Request<'_>, host: Option<&[u8]>, out: &mut Vec<u8>) {
    let fields: Vec<(&[u8], &[u8])> = request.fields().collect();
    out.extend_from_slice(request.line());
    out.extend_from_slice(b"\r\n");
    let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
    for (at, (name, _)) in fields.iter().enumerate() {
        if fields[..at].iter().any(|(earlier, _)| same(earlier, name)) {
            continue;
        }
        out.extend_from_slice(name);
        let mut between: &[u8] = b": ";
        if let (Some(host), true) = (host, same(name, b"host")) {
            out.extend_from_slice(between);
            out.extend_from_slice(host);
            out.extend_from_slice(b"\r\n");
            continue;
        }
        for (_, value) in fields[at..].iter().filter(|(later, _)| same(later, name)) {
            out.extend_from_slice(between);
            field::unfold(value, out);
            between = b", ";
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
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
    is_head: bool,
}

impl ReplyValues<'_> {
    fn content_type(&self, out: &mut Vec<u8>) -> bool {
        if let Some(content_type) = &self.reply.content_type {
            out.extend_from_slice(content_type.as_bytes());
            return !content_type.is_empty();
        }
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
        let own_name = &self.reply.profile.target.own_name;
        match self
            .request
            .and_then(|request| path::host(request, &self.reply.profile.target))
            .filter(safe)
        {
            Some(host) => out.extend_from_slice(host),
            None if !own_name.is_empty() => out.extend_from_slice(own_name.as_bytes()),
            None => out.extend_from_slice(self.around.local.to_string().as_bytes()),
        }
    }

    /// The host alone, as a server tells its virtual hosts apart. What could end a line is not repeated.
    fn virtual_host(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.request.and_then(Request::host) {
            Some(host) if host.iter().all(|b| *b > b' ' && *b != 0x7f) => {
                let end = http::host::host_name(host).len();
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
        let parts = path::split(target, &self.reply.profile.target);
        let query = parts.query;
        match placeholder {
            Placeholder::Method => out.extend_from_slice(request.method()),
            Placeholder::Target => out.extend_from_slice(target),
            Placeholder::Origin => out.extend_from_slice(parts.origin),
            Placeholder::Fragment => out.extend_from_slice(parts.fragment),
            Placeholder::Path => out.extend_from_slice(&parts.path),
            Placeholder::DecodedPath => {
                match path::locate(target, &self.reply.profile.target, &self.reply.profile.files, &[]) {
                    Ok(located) => {
                        out.push(b'/');
                        out.extend_from_slice(located.path.as_bytes());
                        if located.trailing_slash && !located.path.is_empty() {
                            out.push(b'/');
                        }
                    }
                    Err(_) => out.extend_from_slice(&percent::decode(&parts.path)),
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
                let mut values = request.all(field::Name::Expect);
                let Some(first) = values.next() else {
                    return false;
                };
                field::unfold(first, out);
                for value in values {
                    out.extend_from_slice(b", ");
                    field::unfold(value, out);
                }
            }
            Placeholder::RequestMerged => write_merged(request, path::host(request, &self.reply.profile.target), out),
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
            Placeholder::RunRandom => Numbers(&self.around.moment).number(placeholder),
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
            Placeholder::TransferEncoding => {
                let parts = matches!(&self.reply.body, Body::Ranges(parts) if parts.chunked);
                if self.is_head || !(self.around.chunked || parts) {
                    return false;
                }
                out.extend_from_slice(b"chunked");
            }
            Placeholder::Server => {
                let server = &self.reply.profile.server;
                out.extend_from_slice(server.as_bytes());
                return !server.is_empty();
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
                let name = split_port(&out[start..]).0.len();
                out.truncate(start + name);
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
