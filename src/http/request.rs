//! A request as a decision sees it: what its head says, read once.
//!
//! Knows what fields mean; does not know what any server does about them.

use super::fault::Fault;
use super::field::{Name, TokenSearch};
use super::head::{Head, HeadPolicy, Version, has_scheme};

/// A request: a scanned head and the bytes it was scanned from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    bytes: &'a [u8],
    head: &'a Head,
    first: [u16; Name::COUNT],
}

/// How the body of a request is delimited (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    None,
    /// A body of this many bytes.
    Length(u64),
    /// A body in chunks.
    Chunked,
}

/// Which of Content-Length and Transfer-Encoding counts where a profile accepts both, or ignores one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delimiter {
    /// Transfer-Encoding, if there is one (RFC 9112 section 6.3).
    #[default]
    Coding,
    /// Content-Length, if there is one.
    Length,
    /// Content-Length alone; Transfer-Encoding is not known to this server.
    LengthOnly,
    /// Neither: no request has a body.
    Nothing,
}

/// How a Content-Length is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LengthSyntax {
    /// Digits (RFC 9110 section 8.6).
    #[default]
    Digits,
    /// Digits with single underscores between them, a plus before them and white space around it all.
    Integer,
}

impl LengthSyntax {
    /// The number that `value` is. Above `largest`, digits are none, and an integer counts as the largest.
    pub fn read(self, value: &[u8], largest: u64) -> Option<u64> {
        match self {
            LengthSyntax::Digits => length(value, largest),
            LengthSyntax::Integer => {
                let text = value.trim_ascii();
                let text = text.strip_prefix(b"+").unwrap_or(text);
                let digits: Vec<u8> = text.iter().filter(|b| **b != b'_').copied().collect();
                let lone = !text.starts_with(b"_") && !text.ends_with(b"_") && !text.windows(2).any(|two| two == b"__");
                if !lone || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return None;
                }
                let add = |n: u64, d: &u8| n.saturating_mul(10).saturating_add(u64::from(d - b'0')).min(largest);
                Some(digits.iter().fold(0, add))
            }
        }
    }
}

/// Which Expect fields ask for `100 Continue`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// `100-continue` and nothing else.
    #[default]
    Exact,
    /// What holds `100-continue` as a word, whatever stands around it.
    Word,
}

/// How the fields about a body are read; part of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyRules {
    /// Which of Content-Length and Transfer-Encoding counts.
    pub delimiter: Delimiter,
    /// How a Content-Length is written.
    pub length: LengthSyntax,
    /// Which Expect fields are known.
    pub expect: Expect,
    /// Whether an unknown Expect field is a fault in HTTP/1.0 too.
    pub expect_http10: bool,
    /// The largest Content-Length that is a number.
    pub largest: u64,
}

impl Default for BodyRules {
    fn default() -> BodyRules {
        BodyRules {
            delimiter: Delimiter::default(),
            length: LengthSyntax::default(),
            expect: Expect::default(),
            expect_http10: true,
            largest: i64::MAX.unsigned_abs(),
        }
    }
}

/// The largest length that the body reader takes: hyper keeps the two above it to itself.
pub const LARGEST: u64 = u64::MAX - 2;

impl<'a> Request<'a> {
    /// A view of `head` over the bytes that it was scanned from.
    pub fn new(bytes: &'a [u8], head: &'a Head) -> Request<'a> {
        let mut first = [u16::MAX; Name::COUNT];
        for (index, field) in head.fields.iter().enumerate().take(usize::from(u16::MAX)) {
            if let Some(name) = field.known
                && first[name as usize] == u16::MAX
            {
                first[name as usize] = index as u16;
            }
        }
        Request { bytes, head, first }
    }

    /// The method, as spelled.
    pub fn method(&self) -> &'a [u8] {
        self.head.method.of(self.bytes)
    }

    /// The request target, as sent.
    pub fn target(&self) -> &'a [u8] {
        self.head.target.of(self.bytes)
    }

    /// The request line, without its line end.
    pub fn line(&self) -> &'a [u8] {
        self.head.line.of(self.bytes)
    }

    /// What stood for the version behind `HTTP/`.
    pub fn version_text(&self) -> &'a [u8] {
        self.head.version_text.of(self.bytes)
    }

    /// The field line that a fault is about.
    pub fn line_at_fault(&self) -> &'a [u8] {
        self.head.at_fault.of(self.bytes)
    }

    /// Whether a field goes on over more than one line.
    pub fn is_folded(&self) -> bool {
        self.head.folded
    }

    /// The head as sent, from the request line to the empty line.
    pub fn head_bytes(&self) -> &'a [u8] {
        &self.bytes[..self.head.len.min(self.bytes.len())]
    }

    /// Whether a fault of the head was let pass.
    pub fn has_faults(&self) -> bool {
        self.head.has_faults
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: Name) -> Option<&'a [u8]> {
        let index = usize::from(self.first[name as usize]);
        self.head.fields.get(index).map(|field| field.value.of(self.bytes))
    }

    /// The values of all fields of this name, in order; with `sent`, each with the white space behind it.
    pub fn all_as(&self, name: Name, sent: bool) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (bytes, skip) = (self.bytes, usize::from(self.first[name as usize]));
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

    /// Every field, as sent: name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        self.head
            .fields
            .iter()
            .map(move |field| (field.name.of(bytes), field.value.of(bytes)))
    }

    /// Whether any `Connection` field holds `word` (lower case).
    pub fn connection_says(&self, word: &[u8], search: TokenSearch) -> bool {
        self.all_as(Name::Connection, search == TokenSearch::Verbatim)
            .any(|value| search.finds(value, word))
    }

    /// The method is GET or HEAD, spelled so.
    pub fn is_get_or_head(&self) -> bool {
        matches!(self.method(), b"GET" | b"HEAD")
    }

    /// The host that the request is for: that of an absolute target, else the Host field. Without its port if the
    /// target says none. What is empty counts as absent.
    pub fn host(&self) -> Option<&'a [u8]> {
        let target = self.target();
        if has_scheme(target) {
            let after = target.windows(3).position(|w| w == b"://")? + 3;
            let rest = &target[after..];
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

    /// The first fault in what the fields mean together, that `policy` does not accept: Host, body framing, Expect.
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
            .or_else(|| self.framing_fault(policy, &refused))
            .or_else(|| self.expect_fault(&policy.body, &refused))
            .or_else(|| self.upgrade_fault(&refused))
    }

    fn host_fault(&self, policy: &HeadPolicy, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let Some(host) = self.get(Name::Host) else {
            return if self.version() == Version::Http11 {
                refused(Fault::HostMissing)
            } else {
                None
            };
        };
        if self.all(Name::Host).nth(1).is_some()
            && let Some(fault) = refused(Fault::HostRepeated)
        {
            return Some(fault);
        }
        if !policy.host_beside_uri && has_scheme(self.target()) {
            return None;
        }
        if host.is_empty() {
            return refused(if self.version() == Version::Http11 {
                Fault::HostEmpty
            } else {
                Fault::HostEmptyOld
            });
        }
        if !policy.host.accepts(host) {
            return refused(Fault::HostInvalid);
        }
        self.host()
            .filter(|host| !has_good_labels(host))
            .and_then(|_| refused(Fault::HostLabel))
    }

    fn target_fault(&self, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        if !has_scheme(self.target()) {
            return None;
        }
        let authority = self.host()?;
        let port = match authority.iter().rposition(|b| *b == b':') {
            Some(colon) if !authority[colon..].contains(&b']') => &authority[colon + 1..],
            _ => return None,
        };
        let number = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok());
        if port.is_empty() || number.is_some() {
            None
        } else {
            refused(Fault::TargetPort)
        }
    }

    fn upgrade_fault(&self, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let asks = self.connection_says(b"upgrade", TokenSearch::Substring)
            && self
                .get(Name::Upgrade)
                .is_some_and(|upgrade| upgrade.eq_ignore_ascii_case(b"websocket"));
        let is_get = matches!(self.method().to_ascii_uppercase().as_slice(), b"GET" | b"HEAD");
        if is_get && asks {
            refused(Fault::UpgradeWebsocket)
        } else {
            None
        }
    }

    fn framing_fault(&self, policy: &HeadPolicy, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let mut lengths = self.all(Name::ContentLength);
        let first = lengths.next();
        if let Some(first) = first {
            if length(first, policy.body.largest).is_none() {
                return refused(Fault::LengthInvalid);
            }
            for other in lengths {
                let fault = if other == first {
                    Fault::LengthRepeated
                } else {
                    Fault::LengthConflict
                };
                if let Some(fault) = refused(fault) {
                    return Some(fault);
                }
            }
        }
        let Some(coding) = self.last_coding() else {
            let must_have = matches!(self.method(), b"POST" | b"PUT");
            return (must_have && first.is_none())
                .then(|| refused(Fault::LengthMissing))
                .flatten();
        };
        let tab = !policy.trim_tabs && self.all(Name::TransferEncoding).any(|value| value.contains(&b'\t'));
        let unusual = if self.all(Name::TransferEncoding).all(<[u8]>::is_empty) {
            Some(Fault::CodingEmpty)
        } else if tab || !coding.eq_ignore_ascii_case(b"chunked") {
            Some(Fault::CodingNotChunked)
        } else if self.codings().filter(|c| c.eq_ignore_ascii_case(b"chunked")).count() > 1 {
            Some(Fault::CodingTwice)
        } else if self.codings().count() > 1 {
            Some(Fault::CodingUnknown)
        } else {
            None
        };
        if self.version() < Version::Http11
            && let Some(fault) = refused(Fault::CodingOld)
        {
            return Some(fault);
        }
        if let Some(fault) = unusual.and_then(refused) {
            return Some(fault);
        }
        first.and_then(|_| refused(Fault::LengthAndCoding))
    }

    fn expect_fault(&self, rules: &BodyRules, refused: &impl Fn(Fault) -> Option<Fault>) -> Option<Fault> {
        let expect = self.get(Name::Expect)?;
        if self.version() < Version::Http11 && !rules.expect_http10 {
            return None;
        }
        let repeated = self
            .all(Name::Expect)
            .nth(1)
            .and_then(|_| refused(Fault::ExpectRepeated));
        if repeated.is_some() {
            return repeated;
        }
        if expect.is_empty() {
            refused(Fault::ExpectEmpty)
        } else if self.asks_to_continue(rules) {
            None
        } else {
            refused(Fault::ExpectUnknown)
        }
    }

    /// Whether the Expect field asks for `100 Continue`, whatever the version.
    pub fn asks_to_continue(&self, rules: &BodyRules) -> bool {
        match rules.expect {
            Expect::Exact => self
                .get(Name::Expect)
                .is_some_and(|expect| expect.eq_ignore_ascii_case(b"100-continue")),
            Expect::Word => self.all(Name::Expect).any(|expect| has_word(expect, b"100-continue")),
        }
    }

    fn codings(&self) -> impl Iterator<Item = &'a [u8]> {
        self.all(Name::TransferEncoding)
            .flat_map(|value| value.split(|b| *b == b',').map(<[u8]>::trim_ascii))
    }

    fn last_coding(&self) -> Option<&'a [u8]> {
        let last = self.all(Name::TransferEncoding).last()?;
        last.rsplit(|b| *b == b',').next().map(<[u8]>::trim_ascii)
    }

    /// How the body is delimited, of a request in which [`Request::fault`] found nothing.
    pub fn framing(&self, rules: &BodyRules) -> Framing {
        let length = self
            .get(Name::ContentLength)
            .and_then(|value| rules.length.read(value, rules.largest));
        let chunked = self
            .last_coding()
            .is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
        match (rules.delimiter, length, chunked) {
            (Delimiter::Nothing, _, _) => Framing::None,
            (Delimiter::Coding, _, true) | (Delimiter::Length, None, true) => Framing::Chunked,
            (_, None | Some(0), _) => Framing::None,
            (_, Some(length), _) => Framing::Length(length),
        }
    }

    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    pub fn expects_continue(&self, rules: &BodyRules) -> bool {
        self.version() == Version::Http11 && self.asks_to_continue(rules)
    }

    /// Whether the client asks to change the protocol (RFC 9110 section 7.8).
    pub fn asks_to_upgrade(&self) -> bool {
        self.get(Name::Upgrade).is_some() && self.connection_says(b"upgrade", TokenSearch::List)
    }
}

/// Whether every label of a host name is there and no longer than DNS has them (RFC 1035 section 2.3.4). A dot at the
/// end is fine.
fn has_good_labels(host: &[u8]) -> bool {
    let name = host.strip_suffix(b".").unwrap_or(host);
    name.split(|b| *b == b'.').all(|label| (1..64).contains(&label.len()))
}

/// A Content-Length value: digits only, and no more than `largest`.
fn length(value: &[u8], largest: u64) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let more = |n: u64, d: &u8| n.checked_mul(10)?.checked_add(u64::from(d - b'0'));
    value.iter().try_fold(0, more).filter(|n| *n <= largest)
}

/// Whether `text` holds `word`, with no letter, digit or `_` on either side of it.
fn has_word(text: &[u8], word: &[u8]) -> bool {
    let of_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    (0..text.len()).any(|at| {
        text[at..].len() >= word.len()
            && text[at..at + word.len()].eq_ignore_ascii_case(word)
            && !(at > 0 && of_word(text.get(at - 1)))
            && !of_word(text.get(at + word.len()))
    })
}
