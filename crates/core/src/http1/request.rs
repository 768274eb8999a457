//! A parsed request: access to its fields, and faults that appear only when its fields are interpreted.
//!
//! The fields about the body are interpreted in [`super::framing`].

use super::ace::is_ace_host;
use super::fault::Fault;
use super::field::{Name, TokenSearch};
use super::head::{Head, HeadPolicy, Version, after_scheme, has_scheme};
use super::host::{has_good_brackets, host_and_port, is_16_bits};

pub use super::framing::{BodyRules, Delimiter, Expect, Framing, LengthSyntax};

/// A request: a scanned head and the bytes that it was scanned from.
///
/// ```
/// use labserve_core::http1::field::Name;
/// use labserve_core::http1::{Request, Scan, Version, head};
/// use labserve_core::profile::layers;
///
/// let profile = layers::load("rfc").expect("a built-in profile");
/// let bytes = b"GET /a HTTP/1.1\r\nHost: example.com:80\r\nRange: bytes=0-9\r\n\r\n";
/// let Scan::Complete(head) = head::scan(bytes, &profile.head) else {
///     panic!("the head is complete and valid")
/// };
/// let request = Request::new(bytes, &head);
/// assert_eq!(request.method(), b"GET");
/// assert_eq!(request.version(), Version::Http11);
/// assert_eq!(request.get(Name::Range), Some(&b"bytes=0-9"[..]));
/// assert_eq!(request.host(), Some(&b"example.com:80"[..]));
/// assert_eq!(request.fault(&profile.head), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    bytes: &'a [u8],
    head: &'a Head,
}

impl<'a> Request<'a> {
    /// A view of `head`, which must have been scanned from `bytes`.
    pub fn new(bytes: &'a [u8], head: &'a Head) -> Self {
        Request { bytes, head }
    }

    /// The bytes that the head was scanned from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The method as sent.
    pub fn method(&self) -> &'a [u8] {
        self.head.method.of(self.bytes)
    }

    /// The request target as sent.
    pub fn target(&self) -> &'a [u8] {
        self.head.target.of(self.bytes)
    }

    /// The request line, without its line end.
    pub fn line(&self) -> &'a [u8] {
        self.head.line.of(self.bytes)
    }

    /// The version as sent, without `HTTP/`.
    pub fn version_text(&self) -> &'a [u8] {
        self.head.version_text.of(self.bytes)
    }

    /// The line with the fault, for a refused head.
    pub fn line_at_fault(&self) -> &'a [u8] {
        self.head.at_fault.of(self.bytes)
    }

    /// Whether any field uses obs-fold (RFC 9112 section 5.2).
    pub fn is_folded(&self) -> bool {
        self.head.folded
    }

    /// The head as sent, including the empty line that ends it.
    pub fn head_bytes(&self) -> &'a [u8] {
        &self.bytes[..self.head.len.min(self.bytes.len())]
    }

    /// Whether the head has a fault that the profile accepts.
    pub fn has_faults(&self) -> bool {
        self.head.has_faults
    }

    /// The protocol version.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: Name) -> Option<&'a [u8]> {
        self.get_as(name, false)
    }

    /// The value of the first field of this name. If `sent` is true, it includes its trailing white space.
    pub fn get_as(&self, name: Name, sent: bool) -> Option<&'a [u8]> {
        let index = self.head.fields.first(name)?;
        let field = self.head.fields.get(index)?;
        Some(if sent { field.sent } else { field.value }.of(self.bytes))
    }

    /// Whether the request has a field of any of these names.
    pub fn has_any(&self, names: &[Name]) -> bool {
        names.iter().any(|name| self.head.fields.first(*name).is_some())
    }

    /// Whether the request has more than one field of this name.
    pub fn is_repeated(&self, name: Name) -> bool {
        self.head.fields.is_repeated(name)
    }

    /// The values of all fields of this name, in order. If `sent` is true, each value includes its trailing white
    /// space.
    pub fn all_as(&self, name: Name, sent: bool) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (bytes, skip) = (self.bytes, self.head.fields.first(name).unwrap_or(usize::MAX));
        self.head
            .fields
            .iter()
            .skip(skip)
            .filter(move |field| field.known == Some(name))
            .map(move |field| if sent { field.sent } else { field.value }.of(bytes))
    }

    /// The values of all fields of this name, in order.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.all_as(name, false)
    }

    /// The name and value of each field, as sent.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        self.head
            .fields
            .iter()
            .map(move |field| (field.name.of(bytes), field.value.of(bytes)))
    }

    /// The name and value of each field, as sent, except for fields whose name is a [`Name`].
    pub fn other_fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        let others = self.head.fields.iter().filter(|field| field.known.is_none());
        others.map(move |field| (field.name.of(bytes), field.value.of(bytes)))
    }

    /// Whether any Connection field contains `word`, which must be in lower case.
    pub fn connection_lists(&self, word: &[u8], search: TokenSearch) -> bool {
        self.all_as(Name::Connection, search.needs_trailing_space())
            .any(|value| search.finds(value, word))
    }

    /// Whether the method is `GET` or `HEAD`, in upper case.
    pub fn is_get_or_head(&self) -> bool {
        matches!(self.method(), b"GET" | b"HEAD")
    }

    /// The host and port that the request is for: those of an absolute target, else those of the Host field (RFC 9112
    /// section 3.3). An empty one counts as absent.
    pub fn host(&self) -> Option<&'a [u8]> {
        let target = self.target();
        if has_scheme(target) {
            let rest = after_scheme(target);
            let end = rest
                .iter()
                .position(|b| matches!(b, b'/' | b'?' | b'#'))
                .unwrap_or(rest.len());
            if end > 0 {
                return Some(&rest[..end]);
            }
        }
        self.get(Name::Host).filter(|host| !host.is_empty())
    }

    /// The first fault of Host, body framing, Expect and Upgrade that `policy` does not accept.
    ///
    /// [`head::scan`](super::head::scan) finds faults in the syntax; this function finds faults in the meaning.
    pub fn fault(&self, policy: &HeadPolicy) -> Option<Fault> {
        let refused = |fault: Fault| {
            if policy.faults.accepts(fault) {
                None
            } else {
                Some(fault)
            }
        };
        self.target_fault(&refused)
            .or_else(|| self.host_fault(policy, &refused))
            .or_else(|| self.label_fault(&refused))
            .or_else(|| self.framing_fault(policy, &refused))
            .or_else(|| self.expect_fault(&policy.body, &refused))
            .or_else(|| self.upgrade_fault(&refused))
    }

    fn host_fault(&self, policy: &HeadPolicy, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let Some(host) = self.get(Name::Host) else {
            return if self.version() == Version::Http11 && (policy.connect_needs_host || self.method() != b"CONNECT") {
                refused(Fault::HostMissing)
            } else {
                None
            };
        };
        if !policy.host_beside_uri && self.names_host(policy) {
            return None;
        }
        if self.all(Name::Host).nth(1).is_some()
            && let Some(fault) = refused(Fault::HostRepeated)
        {
            return Some(fault);
        }
        if host.is_empty() {
            return refused(if self.version() == Version::Http11 {
                Fault::HostEmpty
            } else {
                Fault::HostEmptyOld
            });
        }
        // A byte-wise parser has already checked the value at the end of its line. Only a folded line can have extended
        // it.
        if (policy.by_byte && !self.is_folded()) || policy.host.accepts(host) {
            None
        } else {
            refused(Fault::HostInvalid)
        }
    }

    /// Whether the target is a URI whose authority is the host.
    fn names_host(&self, policy: &HeadPolicy) -> bool {
        let target = self.target();
        let is_own = |own: &String| {
            let scheme = target.get(..own.len());
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(own.as_bytes()))
                && target.get(own.len()) == Some(&b':')
        };
        has_scheme(target) && policy.own_scheme.as_ref().is_none_or(is_own)
    }

    /// Checks the labels of the host, which may come from the Host field or from an absolute target.
    fn label_fault(&self, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        // Check the treatment first, because most profiles accept any label.
        let fault = refused(Fault::HostLabel)?;
        let host = self.host()?;
        let name = &host[..memchr::memchr(b':', host).unwrap_or(host.len())];
        (!has_good_labels(name)).then_some(fault)
    }

    fn target_fault(&self, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        if !has_scheme(self.target()) {
            return None;
        }
        let authority = self.host()?;
        let (host, port) = host_and_port(authority);
        let bad_brackets = !has_good_brackets(authority);
        let bad_port = !port.is_empty() && !is_16_bits(port);
        None.or_else(|| refused(Fault::TargetBrackets).filter(|_| bad_brackets))
            .or_else(|| refused(Fault::TargetPort).filter(|_| bad_port))
            .or_else(|| refused(Fault::TargetAceHost).filter(|_| host.is_ascii() && !is_ace_host(host)))
    }

    fn upgrade_fault(&self, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let asks = self
            .get(Name::Upgrade)
            .is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(b"websocket"))
            && self.connection_lists(b"upgrade", TokenSearch::Substring);
        let is_get = |method: &[u8]| method.eq_ignore_ascii_case(b"GET") || method.eq_ignore_ascii_case(b"HEAD");
        if asks && is_get(self.method()) {
            refused(Fault::UpgradeWebsocket)
        } else {
            None
        }
    }

    /// Whether the client asks to change the protocol (RFC 9110 section 7.8).
    pub fn asks_to_upgrade(&self) -> bool {
        self.get(Name::Upgrade).is_some() && self.connection_lists(b"upgrade", TokenSearch::List)
    }
}

/// Whether every label of a host name has 1 to 63 bytes (RFC 1035 section 2.3.4), and the name contains no control
/// character of Latin-1. A trailing dot is allowed, and so is an empty name.
fn has_good_labels(host: &[u8]) -> bool {
    let name = host.strip_suffix(b".").unwrap_or(host);
    let has_control = host.iter().any(|b| (0x80..0xa0).contains(b));
    host.is_empty() || !has_control && name.split(|b| *b == b'.').all(|label| (1..64).contains(&label.len()))
}
