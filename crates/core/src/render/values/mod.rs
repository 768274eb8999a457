//! The values of the placeholders in a head or a page.

mod cookie;
mod file;
mod part;
mod request;

pub(super) use file::TextValues;
pub(crate) use file::write_etag;
pub(super) use part::{Numbers, PartValues};

use super::context::ConnectionContext;
use super::reply::{Body, Reply};
use crate::http1::ace::ace_host;
use crate::http1::host::{host_name, split_port};
use crate::http1::text::decimal;
use crate::http1::{Request, field};
use crate::path;
use crate::profile::{Placeholder, Values};
use file::{FileValues, write_last_modified};
use part::write_content_range;
use request::write_request_text;
use std::borrow::Cow;

/// The values for one response.
pub(super) struct ReplyValues<'a> {
    pub(super) reply: &'a Reply<'a>,
    pub(super) request: Option<&'a Request<'a>>,
    pub(super) connection: &'a ConnectionContext<'a>,
    pub(super) content_length: Option<u64>,
    pub(super) is_head: bool,
}

impl ReplyValues<'_> {
    fn content_type(&self, out: &mut Vec<u8>) -> bool {
        if let Some(content_type) = &self.reply.content_type {
            out.extend_from_slice(content_type.as_bytes());
            return !content_type.is_empty();
        }
        let (Body::Ranges(parts), Some(file)) = (&self.reply.body, &self.reply.file) else {
            return self.file_text(Placeholder::ContentType, out);
        };
        let values = PartValues {
            boundary: &parts.boundary,
            file,
            range: None,
        };
        self.reply.profile.multipart.content_type.render(&values, out)
    }

    fn file_text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        self.reply
            .file
            .as_deref()
            .is_some_and(|file| FileValues(file).text(placeholder, out))
    }

    fn content_range(&self, out: &mut Vec<u8>) -> bool {
        let Some(file) = &self.reply.file else {
            return false;
        };
        match &self.reply.body {
            Body::Range(range) => write_content_range(*range, file.size(), out),
            Body::Unsatisfiable => {
                out.extend_from_slice(b"bytes */");
                decimal(file.size(), out);
            }
            _ => return false,
        }
        true
    }

    /// Writes the request's host. A host with a control character or a byte above 0x7f is replaced by the server's own
    /// name, so that a client cannot inject a field line. Templates of pages escape markup.
    fn host(&self, out: &mut Vec<u8>) {
        let safe = |host: &Cow<'_, [u8]>| host.iter().all(|b| (b' '..0x7f).contains(b));
        let policy = &self.reply.profile.target;
        let own_name = &policy.own_name;
        let host = self.request.and_then(|request| path::host(request, policy));
        let host = match host {
            Some(host) if policy.punycode && !host.is_ascii() => ace_host(&host).map(Cow::Owned),
            host => host,
        };
        match host.filter(safe) {
            Some(host) => out.extend_from_slice(&host),
            None if !own_name.is_empty() => out.extend_from_slice(own_name.as_bytes()),
            None => out.extend_from_slice(self.connection.local.to_string().as_bytes()),
        }
    }

    /// Writes the host in lower case and without its port, the form in which a server selects a virtual host. A host
    /// that contains a space or a control character is replaced by the local address.
    fn virtual_host(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.request.and_then(Request::host) {
            Some(host) if host.iter().all(|b| *b > b' ' && *b != 0x7f) => {
                let end = host_name(host).len();
                out.extend(host[..end].to_ascii_lowercase());
            }
            _ => {}
        }
        if out.len() == start {
            out.extend_from_slice(self.connection.local.ip().to_string().as_bytes());
        }
    }
}

impl Values for ReplyValues<'_> {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        match placeholder {
            Placeholder::Status => Some(self.reply.response.status.into()),
            Placeholder::ContentLength => {
                let length = self.content_length.filter(|_| !self.reply.response.chunked)?;
                Some(length.into())
            }
            Placeholder::Port => Some(self.connection.local.port().into()),
            Placeholder::Remaining => self.connection.remaining.map(i128::from),
            Placeholder::Counter | Placeholder::Random | Placeholder::RunRandom => {
                Numbers(&self.connection.render).number(placeholder)
            }
            _ => self
                .reply
                .file
                .as_deref()
                .and_then(|file| FileValues(file).number(placeholder)),
        }
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::Date => out.extend_from_slice(&self.connection.render.date),
            Placeholder::Reason => self.reply.response.write_reason(self, out),
            Placeholder::LastModified => {
                let Some(file) = &self.reply.file else {
                    return false;
                };
                return write_last_modified(self.reply.profile, file, &self.connection.render, out);
            }
            Placeholder::ContentType => return self.content_type(out),
            Placeholder::ContentRange => return self.content_range(out),
            Placeholder::Index => match &self.reply.index {
                Some(name) => out.extend_from_slice(name.as_bytes()),
                None => return false,
            },
            Placeholder::Etag => {
                let Some(file) = &self.reply.file else {
                    return false;
                };
                return write_etag(self.reply.profile, file, self.connection.render.now_secs, out);
            }
            Placeholder::TransferEncoding => {
                let parts = matches!(&self.reply.body, Body::Ranges(parts) if parts.chunked);
                if self.is_head || !(self.connection.chunked || parts) {
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
                if self.connection.local.port() != 80 {
                    out.push(b':');
                    decimal(u64::from(self.connection.local.port()), out);
                }
            }
            Placeholder::NewCookie => return self.write_new_cookie(out),
            Placeholder::CookieExpires => return self.write_cookie_expires(out),
            Placeholder::Vary => return self.write_vary(out),
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
                return self.file_text(placeholder, out)
                    || self
                        .request
                        .is_some_and(|request| write_request_text(self.reply.profile, request, placeholder, out));
            }
        }
        true
    }
}
