//! The head scanner: where a request head ends, what its parts are, and the first thing that is wrong with it.
//!
//! It knows RFC 9112's grammar and the ways in which real servers are more tolerant than it. It does not know what a
//! field means (that is [`super::request`]), and it keeps nothing: it is called with all bytes of the head so far, as
//! often as more of them arrive. Spans are offsets into those bytes, so a head stays valid while its buffer is moved.

use super::fault::{Fault, Faults, Treatment};
use super::field::{self, Name};
use super::host::HostSyntax;
use super::request::BodyRules;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Limits and tolerance of the scanner; part of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadPolicy {
    /// The longest request line, in bytes without its line end.
    pub line: usize,
    /// The longest field line, in bytes without its line end.
    pub field: usize,
    /// The most field lines.
    pub fields: usize,
    /// The longest head, in bytes with all line ends.
    pub size: usize,
    /// The buffers that limit a head, if any do.
    pub buffers: Option<Buffers>,
    /// Names of fields that may stand once only.
    pub once: Vec<String>,
    /// Whether tabs around a value are cut off.
    pub trim_tabs: bool,
    /// The longest value of a field, with those of all lines of that name joined to it.
    pub value: Option<usize>,
    /// The most empty lines before the request line.
    pub empty_lines: Option<usize>,
    /// Whether a request without a version that is refused for its line is answered like HTTP/1.0.
    pub full_http09_refusals: bool,
    /// Whether a bad field line is noticed only when the line behind it is complete.
    pub fields_by_next_line: bool,
    /// Whether the Host field is judged beside an absolute URI.
    pub host_beside_uri: bool,
    /// What a Host field may be made of.
    pub host: HostSyntax,
    /// How the fields about a body are read.
    pub body: BodyRules,
    /// Whether `size` counts target, names and values alone.
    pub counts_parts: bool,
    /// Whether a tab in the request line is a character like any other, and no white space.
    pub tab_is_text: bool,
    /// Whether spaces behind a field name belong to it.
    pub name_space_is_part: bool,
    /// Whether HTTP/2.0 is read as HTTP/1.0.
    pub http2_as_http10: bool,
    /// Whether a bad request line is noticed with its first bad byte, or only when the line is complete.
    pub by_byte: bool,
    /// Whether a line's end counts for the limits of its length, and the empty line for that of the field lines.
    pub count_ends: bool,
    /// What stands between the words of a request line.
    pub separators: Separators,
    /// Whether a CR inside a field line ends it, as LF does.
    pub cr_ends_field: bool,
    /// What a request line without a version gets.
    pub http09: Http09,
    /// What is done about each fault.
    pub faults: Faults,
    /// The methods that the profile lists; another one is [`Fault::MethodUnknown`].
    pub methods: Vec<String>,
}

/// Buffers that a head is read into. A line, counted with its end, lies in one of them whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// The size of the first.
    pub first: usize,
    /// The size of the others.
    pub size: usize,
    /// How many others there are.
    pub count: usize,
}

/// What is left of the buffers.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// The size of the buffer in use, and how much of it is taken.
    size: usize,
    taken: usize,
    /// How many more there are.
    more: usize,
}

impl Room {
    /// Takes room for a line, or for as much of it as has come; false if there is none.
    fn take(&mut self, line: usize, complete: bool, buffers: &Buffers) -> bool {
        // A line that fills its buffer and has not ended needs another one.
        let needed = line + usize::from(!complete);
        while self.taken + needed > self.size {
            let begun = self.size - self.taken;
            if begun >= buffers.size || self.more == 0 {
                return false;
            }
            // What has come of the line moves with it.
            *self = Room {
                size: buffers.size,
                taken: 0,
                more: self.more - 1,
            };
        }
        if complete {
            self.taken += line;
        }
        true
    }
}

/// The longest head where only its parts are counted: memory is no server's to give away.
const MOST_BYTES: usize = 256 << 10;
/// What stands between the words of a request line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separators {
    /// Spaces, and tabs as a fault; a line may end in them.
    #[default]
    Spaces,
    /// Whatever is white space in Latin-1: controls 0x09 to 0x0d and 0x1c to 0x1f, space, 0x85 and 0xa0.
    WhiteSpace,
}

impl Separators {
    fn holds(self, byte: u8) -> bool {
        match self {
            Separators::Spaces => matches!(byte, b' ' | b'\t'),
            Separators::WhiteSpace => matches!(byte, 0x09..=0x0d | 0x1c..=0x20 | 0x85 | 0xa0),
        }
    }
}

/// What a request line without a version gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Http09 {
    /// The body without a head, as soon as the line is complete.
    #[default]
    Body,
    /// The body without a head, once the empty line has come; also if the line says HTTP/0.9.
    LateBody,
    /// A reply with a head, once the empty line has come.
    Full,
}

/// A stretch of the head's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        // A head never comes near 4 GiB: the scanner gives up at `HeadPolicy::size`.
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The bytes of this span in `bytes`; empty if they do not reach that far.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Whether the span holds nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The protocol version that a request line names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// No version at all: HTTP/0.9.
    Http09,
    /// HTTP/1.0, and what is taken for it.
    Http10,
    /// HTTP/1.1, and what is taken for it.
    #[default]
    Http11,
}

/// One field line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// The name, as spelled.
    pub name: Span,
    /// The value, without white space around it.
    pub value: Span,
    /// The value with the white space behind it.
    pub sent: Span,
    /// Which field it is, if it is one that a decision depends on.
    pub known: Option<Name>,
}

/// The parts of a request head, as offsets into its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The request line without its line end.
    pub line: Span,
    /// The method.
    pub method: Span,
    /// The request target.
    pub target: Span,
    /// The version.
    pub version: Version,
    /// The digits behind `HTTP/`, as spelled.
    pub version_text: Span,
    /// The field lines, in order.
    pub fields: Vec<FieldLine>,
    /// The field line that a fault is about.
    pub at_fault: Span,
    /// Whether a field goes on over more than one line.
    pub folded: bool,
    /// Whether a fault was let pass: what was sent is more, less or other than what was read.
    pub has_faults: bool,
    /// The first field's offset; 0 while the request line is not complete, or is refused.
    pub fields_start: usize,
    /// How many bytes the head takes up, with the empty line that ends it.
    pub len: usize,
}

/// What the scanner found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// The head is not complete yet, and nothing is wrong with it so far; the head holds what had been read of it.
    Partial(Head),
    /// A complete head.
    Complete(Head),
    /// The profile does not accept this fault; the head holds what had been read of it.
    Refused(Fault, Head),
}

/// Scans the bytes received so far for a request head.
pub fn scan(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    let mut scanner = Scanner {
        bytes,
        policy,
        head: Head::default(),
        counted: 0,
        room: Room {
            size: policy.buffers.map_or(0, |buffers| buffers.first),
            taken: 0,
            more: policy.buffers.map_or(0, |buffers| buffers.count),
        },
        has_faults: Cell::new(false),
        folds_into: false,
        stopped: false,
    };
    let ran = scanner.run();
    scanner.head.has_faults = scanner.has_faults.get();
    match ran {
        Ok(true) => Scan::Complete(scanner.head),
        Ok(false) => Scan::Partial(scanner.head),
        Err(fault) => {
            if scanner.head.version == Version::Http09 && policy.full_http09_refusals {
                scanner.head.version = Version::Http10;
            }
            Scan::Refused(fault, scanner.head)
        }
    }
}

struct Scanner<'b> {
    bytes: &'b [u8],
    policy: &'b HeadPolicy,
    head: Head,
    room: Room,
    /// How many bytes of parts there have been.
    counted: usize,
    has_faults: Cell<bool>,
    /// Whether the last field line was kept, so that a folded line goes on with it.
    folds_into: bool,
    /// Whether the field lines from here on are left out.
    stopped: bool,
}

/// A field line that is judged with the lines that go on with it.
struct Waiting {
    line: (usize, usize),
    folds: Vec<(usize, usize)>,
    /// The length of all of them, joined with single spaces.
    joined: usize,
}

/// A line of the head: where it ends without and with its line end.
struct Line {
    end: usize,
    next: usize,
}

impl Scanner<'_> {
    /// True if the head is complete.
    fn run(&mut self) -> Result<bool, Fault> {
        let start = self.skip_empty_lines()?;
        if start == self.bytes.len() {
            return Ok(false);
        }
        // Empty lines are forgotten whenever they have filled the buffer.
        self.room.taken = start.checked_rem(self.room.size).unwrap_or(0);
        if self.policy.by_byte {
            self.check_unfinished_line(start)?;
        }
        let Some(line) = self.line(start, self.policy.line, Fault::LineTooLong, Fault::BareLfLine)? else {
            return Ok(false);
        };
        self.request_line(start, line.end)?;
        self.head.fields_start = line.next;
        if self.head.version == Version::Http09 && self.policy.http09 == Http09::Body {
            self.head.len = line.next;
            return Ok(true);
        }
        self.field_lines(line.next)
    }

    fn check(&self, fault: Fault) -> Result<(), Fault> {
        self.has_faults.set(true);
        if self.policy.faults.accepts(fault) {
            Ok(())
        } else {
            Err(fault)
        }
    }

    /// The line that begins at `start`, or `None` if it is not complete.
    fn line(&mut self, start: usize, limit: usize, too_long: Fault, bare_lf: Fault) -> Result<Option<Line>, Fault> {
        let rest = &self.bytes[start..];
        let Some(lf) = memchr::memchr(b'\n', rest) else {
            if rest.len() > limit {
                self.head.at_fault = Span::new(start, start + limit);
                return Err(too_long);
            }
            if let Some(buffers) = &self.policy.buffers
                && !self.room.take(rest.len(), false, buffers)
            {
                self.head.at_fault = Span::new(start, self.bytes.len());
                return Err(too_long);
            }
            return self.within_size(self.bytes.len()).map(|()| None);
        };
        let next = start + lf + 1;
        let end = if lf > 0 && rest[lf - 1] == b'\r' {
            next - 2
        } else {
            next - 1
        };
        self.head.at_fault = Span::new(start, end);
        let counted = if self.policy.count_ends { next } else { end };
        if counted - start > limit {
            return Err(too_long);
        }
        if let Some(buffers) = &self.policy.buffers
            && !self.room.take(next - start, true, buffers)
        {
            return Err(too_long);
        }
        self.within_size(next)?;
        if next - end == 1 {
            self.check(if end == start { Fault::BareLfEnd } else { bare_lf })?;
        }
        Ok(Some(Line { end, next }))
    }

    fn within_size(&self, len: usize) -> Result<(), Fault> {
        let most = if self.policy.counts_parts {
            MOST_BYTES
        } else {
            self.policy.size
        };
        if len > most { Err(Fault::HeadTooLarge) } else { Ok(()) }
    }

    /// Refuses a part of the head that goes beyond the limit, where only parts count.
    fn room_for(&self, len: usize) -> Result<(), Fault> {
        if self.policy.counts_parts && self.counted + len > self.policy.size {
            Err(Fault::HeadTooLarge)
        } else {
            Ok(())
        }
    }

    fn count(&mut self, len: usize) -> Result<(), Fault> {
        self.room_for(len)?;
        self.counted += len;
        Ok(())
    }

    /// Skips empty lines before the request line; returns where it begins.
    fn skip_empty_lines(&mut self) -> Result<usize, Fault> {
        let (mut at, mut count) = (0, 0);
        loop {
            let len = match &self.bytes[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => {
                    self.check(Fault::BareLfLine)?;
                    1
                }
                // Half of an empty line: wait for the rest.
                [b'\r'] => return Ok(self.bytes.len()),
                [b'\r', ..] => {
                    self.check(Fault::EmptyLineCr)?;
                    1
                }
                _ => return Ok(at),
            };
            self.check(Fault::EmptyLine)?;
            count += 1;
            if self.policy.empty_lines.is_some_and(|most| count > most) {
                return Err(Fault::EmptyLines);
            }
            at += len;
            self.within_size(at)?;
        }
    }

    /// Looks at the method of a line that has not ended, for servers that parse byte by byte.
    fn check_unfinished_line(&mut self, start: usize) -> Result<(), Fault> {
        // What lies beyond the longest line is not looked at.
        let longest = self.policy.buffers.map_or(self.policy.line, |buffers| buffers.size);
        let end = self.bytes.len().min(start + longest);
        let rest = &self.bytes[start..end];
        let word_end = rest
            .iter()
            .position(|b| matches!(b, b' ' | b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let (word, ended) = (&rest[..word_end], word_end < rest.len());
        self.head.at_fault = Span::new(start, start + word_end);
        if word.is_empty() && ended {
            return self.check(Fault::LeadingSpace);
        }
        if ended {
            self.head.method = self.head.at_fault;
        }
        self.method_chars(word)?;
        let known = |method: &String| {
            if ended {
                method.as_bytes() == word
            } else {
                method.as_bytes().starts_with(word)
            }
        };
        if !self.policy.methods.iter().any(known) {
            self.check(Fault::MethodUnknown)?;
        }
        match rest.get(word_end) {
            Some(b' ') => self.check_unfinished_target(start, start + word_end, end),
            _ => Ok(()),
        }
    }

    /// Looks at target and version of a line that has not ended, or has: what is wrong with their first bytes is wrong
    /// whatever follows.
    fn check_unfinished_target(&mut self, line: usize, after_method: usize, end: usize) -> Result<(), Fault> {
        let bytes = self.bytes;
        let rest = &bytes[after_method..end];
        let line_end = rest
            .iter()
            .position(|b| matches!(b, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let broken_end = is_cr_inside(&rest[line_end..]) || rest[line_end..].starts_with(b"\r\r");
        let line_ended = line_end < rest.len();
        let rest = &rest[..line_end];
        let spaces = rest.iter().take_while(|b| **b == b' ').count();
        let target = &rest[spaces..];
        let target_end = target.iter().position(|b| *b == b' ').unwrap_or(target.len());
        let (target, behind) = target.split_at(target_end);
        self.head.at_fault = Span::new(after_method + spaces, after_method + spaces + target_end);
        self.room_for(target.len())?;
        if spaces > 1 {
            self.check(Fault::ExtraSpace)?;
        }
        let method = &bytes[line..after_method];
        match target {
            [b'*', ..] if method == b"OPTIONS" => self.check(Fault::OptionsAsterisk)?,
            [b'*', ..] => self.check(Fault::TargetAsterisk)?,
            _ if begins_a_target(target, self.policy.faults.accepts(Fault::TargetScheme)) => {}
            _ if method == b"CONNECT" => self.check(Fault::ConnectAuthority)?,
            _ => self.check(Fault::TargetForm)?,
        }
        for byte in target {
            self.target_char(*byte)?;
        }
        // That an authority is empty is noticed when it is looked at as a host, with the whole line.
        if !target.is_empty() && (line_ended || !behind.is_empty()) && !has_empty_authority(target) {
            self.target_form(target, method)?;
        }
        let spaces = behind.iter().take_while(|b| **b == b' ').count();
        self.version_prefix(&behind[spaces..])?;
        if broken_end { self.check(Fault::BareCr) } else { Ok(()) }
    }

    /// Looks at as much of a version as has come.
    fn version_prefix(&self, text: &[u8]) -> Result<(), Fault> {
        const NAME: &[u8] = b"HTTP/";
        let named = text.len().min(NAME.len());
        if !text[..named].eq_ignore_ascii_case(&NAME[..named]) {
            return self.check(Fault::BadVersion);
        }
        if text[..named] != NAME[..named] {
            self.check(Fault::LowerVersion)?;
        }
        match text.get(NAME.len()..).unwrap_or_default() {
            numbers if numbers.len() >= b"1.1".len() && !self.policy.faults.accepts(Fault::OddVersion) => {
                // There are no longer ones: the word is complete, whether it has ended or not.
                let word = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
                let behind = &text[word..];
                self.numbered_version(&text[..word])?;
                match behind.iter().any(|b| *b != b' ') {
                    true => self.check(Fault::TargetSpace),
                    false if behind.is_empty() => Ok(()),
                    false => self.check(Fault::TrailingSpace),
                }
            }
            [major, dot, ..]
                if major.is_ascii_digit() && *dot != b'.' && !self.policy.faults.accepts(Fault::OddVersion) =>
            {
                self.check(Fault::BadVersion)
            }
            [] | [b'1'] => Ok(()),
            [b'0', ..] => self.check(Fault::OldVersion),
            [b'2'..=b'9', ..] | [b'1', b'0'..=b'9', ..] => self.check(Fault::MajorVersion),
            [b'1', b'.', minor @ ..] => {
                let digits = minor.iter().take_while(|b| b.is_ascii_digit()).count();
                match minor[digits..].iter().find(|b| **b != b' ') {
                    Some(b'\t') => self.check(Fault::TabSpace),
                    Some(_) => self.check(Fault::BadVersion),
                    None => Ok(()),
                }
            }
            _ => self.check(Fault::BadVersion),
        }
    }

    /// Looks at a field line that has not ended.
    fn check_unfinished_field(&mut self, start: usize) -> Result<(), Fault> {
        let text = &self.bytes[start..];
        if memchr::memchr(b'\n', text).is_some() {
            return Ok(());
        }
        let refuses = |fault| !matches!(self.policy.faults.of(fault), Treatment::Accept | Treatment::Drop);
        let name = memchr::memchr2(b':', b'\r', text).map_or(text, |end| &text[..end]);
        self.head.at_fault = Span::new(start, self.bytes.len());
        match name.first() {
            Some(b'\t') if self.head.fields.is_empty() => return self.drop_or(Fault::FieldTabFirst).map(drop),
            Some(b' ') if self.head.fields.is_empty() => return self.drop_or(Fault::FieldFoldFirst).map(drop),
            Some(b' ' | b'\t') => {
                self.room_for(text.len())?;
                return self.drop_or(self.fold_fault()).map(drop);
            }
            None if text.starts_with(b":") => return self.drop_or(Fault::FieldNameEmpty).map(drop),
            _ => {}
        }
        for byte in name {
            match byte {
                // It may stand inside the name or at its end.
                b'\t' if self.policy.name_space_is_part => self.check(Fault::FieldNameControl)?,
                b' ' | b'\t' if refuses(Fault::FieldNameSpace) && refuses(Fault::FieldNameInnerSpace) => {
                    return Err(Fault::FieldNameControl);
                }
                b' ' | b'\t' => {}
                0..=0x1f | 0x7f if refuses(Fault::FieldNameControl) => return Err(Fault::FieldNameControl),
                _ if !field::is_token(*byte) && refuses(Fault::FieldNameChar) => return Err(Fault::FieldNameChar),
                _ => {}
            }
        }
        if !name.is_empty() && text.get(name.len()) == Some(&b'\r') && refuses(Fault::FieldNoColon) {
            return Err(Fault::FieldNoColon);
        }
        let value = text.get(name.len() + 1..).unwrap_or_default();
        let begun = value
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t'))
            .unwrap_or(value.len());
        self.room_for(name.len() + value.len() - begun)?;
        if Name::of(name) == Some(Name::ContentLength) {
            self.length_digits(value)?;
        }
        // A CR may belong to the line's end as yet.
        let end = memchr::memchr(b'\r', value).unwrap_or(value.len());
        self.value_chars(&value[..end])?;
        if is_cr_inside(&value[end..]) {
            self.check(Fault::BareCr)?;
        }
        Ok(())
    }

    fn method_chars(&self, method: &[u8]) -> Result<(), Fault> {
        for byte in method {
            match byte {
                b'A'..=b'Z' | b'_' | b'-' => {}
                b'a'..=b'z' => self.check(Fault::MethodCase)?,
                _ if field::is_token(*byte) => self.check(Fault::MethodChar)?,
                _ => {
                    // The more special fault first: it is treated as the other unless the profile says otherwise.
                    self.check(Fault::MethodNoToken)?;
                    self.check(Fault::MethodChar)?;
                }
            }
        }
        Ok(())
    }

    fn request_line(&mut self, start: usize, mut end: usize) -> Result<(), Fault> {
        let separators = self.policy.separators;
        if separators == Separators::WhiteSpace {
            // More than one CR before the LF ends the line, too.
            let text = &self.bytes[start..end];
            end = start + text.iter().rposition(|b| *b != b'\r').map_or(0, |i| i + 1);
        }
        self.head.line = Span::new(start, end);
        let text = &self.bytes[start..end];
        let tab_is_text = self.policy.tab_is_text;
        let is_space = |b: &u8| separators.holds(*b) && !(tab_is_text && *b == b'\t');
        let first = text.iter().position(|b| !is_space(b)).unwrap_or(text.len());
        if first == text.len() && separators == Separators::WhiteSpace {
            self.check(Fault::EmptyLine)?;
        }
        if first > 0 {
            self.check(Fault::LeadingSpace)?;
        }
        let last = text.iter().rposition(|b| !is_space(b)).map_or(first, |i| i + 1);
        let after_method = text[first..last].iter().position(is_space).map_or(last, |i| first + i);
        self.head.method = Span::new(start + first, start + after_method);
        self.method_chars(&text[first..after_method])?;
        if !self
            .policy
            .methods
            .iter()
            .any(|m| m.as_bytes() == &text[first..after_method])
        {
            self.check(Fault::MethodUnknown)?;
        }
        if after_method == last {
            return Err(Fault::OneWord);
        }
        let target_start = after_method + text[after_method..last].iter().position(|b| !is_space(b)).unwrap_or(0);
        self.spaces(&text[after_method..target_start], 1)?;
        // The version is the last word. Without one the rest is the target: HTTP/0.9, or a target with a space in it.
        let version_start = text[target_start..last]
            .iter()
            .rposition(is_space)
            .map(|i| target_start + i + 1);
        let target_end = match version_start {
            Some(at) => text[..at]
                .iter()
                .rposition(|b| !is_space(b))
                .map_or(target_start, |i| i + 1),
            None => last,
        };
        if let Some(at) = version_start {
            self.spaces(&text[target_end..at], 1)?;
        }
        self.head.target = Span::new(start + target_start, start + target_end);
        match (last < text.len(), version_start) {
            (true, Some(_)) => {
                if text[last..].contains(&b'\t') {
                    self.check(Fault::TabSpace)?;
                }
                self.check(Fault::TrailingSpace)?;
            }
            (true, None) => self.check(Fault::NoVersionSpace)?,
            (false, _) => {}
        }
        let Some(at) = version_start else {
            self.check(Fault::NoVersion)?;
            if &text[first..after_method] != b"GET" {
                // The reply to such a request has no head either.
                self.head.version = Version::Http09;
                self.check(Fault::NoVersionMethod)?;
            }
            self.head.version = if self.policy.http09 == Http09::Full {
                Version::Http10
            } else {
                Version::Http09
            };
            return self.target_chars();
        };
        self.head.version_text = Span::new(start + at, start + last);
        self.head.version = self.version(&text[at..last])?;
        if separators == Separators::WhiteSpace && text[target_start..target_end].iter().any(is_space) {
            self.check(Fault::TargetSpace)?;
        }
        self.target_chars()
    }

    /// White space between the parts of the request line, or after them: so many spaces and no tab are as they should be.
    fn spaces(&self, white: &[u8], right: usize) -> Result<(), Fault> {
        if white.contains(&b'\t') {
            self.check(Fault::TabSpace)?;
        }
        if white.len() > right {
            self.check(Fault::ExtraSpace)?;
        }
        Ok(())
    }

    fn version(&mut self, text: &[u8]) -> Result<Version, Fault> {
        if !matches!(text, b"HTTP/1.1" | b"HTTP/1.0") && text.starts_with(b"HTTP/") && version_numbers(text).is_some() {
            // What stands behind the slash is the version; where it is none, the whole word is.
            self.head.version_text = Span {
                start: self.head.version_text.start + 5,
                ..self.head.version_text
            };
        }
        self.numbered_version(text)
    }

    fn numbered_version(&self, text: &[u8]) -> Result<Version, Fault> {
        match text {
            b"HTTP/1.1" => return Ok(Version::Http11),
            b"HTTP/1.0" => return Ok(Version::Http10),
            _ => {}
        }
        let Some((major, minor)) = version_numbers(text) else {
            self.check(Fault::BadVersion)?;
            return Ok(Version::Http10);
        };
        if !text.starts_with(b"HTTP/") {
            self.check(Fault::LowerVersion)?;
        }
        if text.len() != b"HTTP/1.1".len() {
            self.check(Fault::OddVersion)?;
        }
        match (major, minor) {
            (0, 9) => self.check(Fault::OldVersion).map(|()| match self.policy.http09 {
                Http09::LateBody if text == b"HTTP/0.9" => Version::Http09,
                _ => Version::Http10,
            }),
            (0, _) => self.check(Fault::FirstVersion).map(|()| Version::Http10),
            (1, 0) => Ok(Version::Http10),
            (1, 1) => Ok(Version::Http11),
            (1, _) => self.check(Fault::MinorVersion).map(|()| Version::Http11),
            (2, 0) => self.check(Fault::MajorVersion).map(|()| self.http2()),
            _ => self.check(Fault::FarVersion).map(|()| self.http2()),
        }
    }

    fn http2(&self) -> Version {
        if self.policy.http2_as_http10 {
            Version::Http10
        } else {
            Version::Http11
        }
    }

    fn target_chars(&mut self) -> Result<(), Fault> {
        let target = self.head.target.of(self.bytes);
        self.head.at_fault = self.head.target;
        for byte in target {
            self.target_char(*byte)?;
        }
        self.count(target.len())?;
        self.target_form(target, self.head.method.of(self.bytes))
    }

    fn target_form(&self, target: &[u8], method: &[u8]) -> Result<(), Fault> {
        match target {
            [b'/', ..] => Ok(()),
            b"*" if method == b"OPTIONS" => self.check(Fault::OptionsAsterisk),
            b"*" => self.check(Fault::TargetAsterisk),
            _ if has_scheme(target)
                && !has_scheme_of_letters(target)
                && !self.policy.faults.accepts(Fault::TargetScheme) =>
            {
                Err(Fault::TargetScheme)
            }
            _ if has_scheme(target) && has_plain_authority(target) => Ok(()),
            _ if has_scheme(target) => self.check(Fault::TargetAuthority),
            _ if method == b"CONNECT" => self.check(Fault::ConnectAuthority),
            [b'?', ..] => self.check(Fault::TargetQuery),
            _ if has_bare_scheme(target) => self.check(Fault::TargetBareScheme),
            _ => self.check(Fault::TargetForm),
        }
    }

    fn target_char(&self, byte: u8) -> Result<(), Fault> {
        match byte {
            0 => self.check(Fault::TargetNul),
            b'\t' if self.policy.tab_is_text => self.check(Fault::TargetTab),
            0x0c => self.check(Fault::TargetTab),
            b' ' | b'\t' => self.check(Fault::TargetSpace),
            1..=0x1f | 0x7f => self.check(Fault::TargetControl),
            0x80.. => self.check(Fault::TargetHigh),
            b'#' => self.check(Fault::TargetFragment),
            _ => Ok(()),
        }
    }

    fn field_lines(&mut self, mut at: usize) -> Result<bool, Fault> {
        // A browser sends about fifteen.
        self.head.fields.reserve(16);
        let mut count = 0;
        // Where a field line is judged with the lines that go on with it: it and they, and their length when joined.
        let mut waiting: Option<Waiting> = None;
        loop {
            if self.policy.by_byte && at < self.bytes.len() {
                self.check_unfinished_field(at)?;
            }
            let Some(line) = self.line(at, self.policy.field, Fault::FieldTooLong, Fault::BareLf)? else {
                return Ok(false);
            };
            let folded = line.end > at && matches!(self.bytes[at], b' ' | b'\t');
            if self.policy.cr_ends_field && line.end > at {
                count += 1;
                self.count_field_line(count)?;
                self.lines_between_crs(at, line.end)?;
                at = line.next;
                continue;
            }
            if let (Some(complete), false) = (&waiting, folded) {
                count += 1;
                self.counted_field_line(complete.line, count)?;
                for (start, end) in &complete.folds {
                    self.folded_line(*start, *end)?;
                }
                waiting = None;
            }
            if line.end == at {
                self.count_field_line(count + usize::from(self.policy.count_ends))?;
                self.head.len = line.next;
                return self.value_lengths().map(|()| true);
            }
            match (folded, &mut waiting) {
                (true, Some(waiting)) => {
                    self.folded_text(at, line.end)?;
                    waiting.folds.push((at, line.end));
                    waiting.joined += 1 + self.bytes[at..line.end].trim_ascii().len();
                    // The real servers that join lines keep two bytes of their room to themselves.
                    self.value_length(waiting.joined + 2)?;
                }
                (true, None) => self.folded_line(at, line.end)?,
                (false, _) if self.policy.fields_by_next_line => {
                    waiting = Some(Waiting {
                        line: (at, line.end),
                        folds: Vec::new(),
                        joined: line.end - at,
                    });
                }
                (false, _) => {
                    count += 1;
                    self.counted_field_line((at, line.end), count)?;
                }
            }
            at = line.next;
        }
    }

    fn counted_field_line(&mut self, (start, end): (usize, usize), count: usize) -> Result<(), Fault> {
        self.head.at_fault = Span::new(start, end);
        self.count_field_line(count)?;
        if self.stopped {
            return Ok(());
        }
        self.field_line(start, end)
    }

    fn count_field_line(&self, count: usize) -> Result<(), Fault> {
        if count > self.policy.fields {
            Err(Fault::FieldsTooMany)
        } else {
            Ok(())
        }
    }

    fn value_length(&self, length: usize) -> Result<(), Fault> {
        if self.policy.value.is_some_and(|most| length > most) {
            Err(Fault::FieldValueTooLong)
        } else {
            Ok(())
        }
    }

    /// Whether the values of fields of one name, joined with a comma and a space, are too long together.
    fn value_lengths(&self) -> Result<(), Fault> {
        if self.policy.value.is_none() {
            return Ok(());
        }
        let length = |field: &FieldLine| (field.value.end - field.value.start) as usize;
        // No set of fields can be too long if the head is not.
        let all: usize = self.head.fields.iter().map(|field| length(field) + 2).sum();
        if self.value_length(all).is_ok() {
            return Ok(());
        }
        let mut lengths = std::collections::HashMap::new();
        for field in &self.head.fields {
            let name = field.name.of(self.bytes).to_ascii_lowercase();
            let sum: &mut usize = lengths.entry(name).or_default();
            let mut value = Vec::new();
            field::unfold(field.value.of(self.bytes), &mut value);
            *sum += value.len() + if *sum > 0 { 2 } else { 0 };
            self.value_length(*sum)?;
        }
        Ok(())
    }

    /// Judges the text of a line that goes on with a field's value.
    fn folded_text(&self, start: usize, end: usize) -> Result<(), Fault> {
        let text = &self.bytes[start..end];
        if text.trim_ascii().is_empty() {
            self.check(Fault::FieldFoldEmpty)?;
        }
        Ok(())
    }

    /// A line in which a CR ends a line as LF does. An empty one among them ends the field lines, but not the head.
    fn lines_between_crs(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        let mut at = start;
        for piece in self.bytes[start..end].split(|b| *b == b'\r') {
            let piece_end = at + piece.len();
            self.has_faults
                .set(self.has_faults.get() || at > start || piece.is_empty());
            self.stopped |= piece.is_empty();
            if self.stopped {
                return Ok(());
            }
            self.head.at_fault = Span::new(at, piece_end);
            if matches!(self.bytes[at], b' ' | b'\t') {
                self.folded_line(at, piece_end)?;
            } else {
                self.field_line(at, piece_end)?;
            }
            at = piece_end + 1;
        }
        Ok(())
    }

    /// A line that begins with white space: the value of the field before goes on (RFC 9112 section 5.2).
    fn folded_line(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        self.head.folded = true;
        let text = &self.bytes[start..end];
        self.count(text.len())?;
        let fault = self.fold_fault();
        let Some(last) = self.head.fields.last_mut() else {
            let fault = if text.starts_with(b"\t") {
                Fault::FieldTabFirst
            } else {
                Fault::FieldFoldFirst
            };
            return self.drop_or(fault).map(drop);
        };
        if !self.folds_into {
            // It goes on with a line that was left out.
            return Ok(());
        }
        if self.policy.faults.of(fault) == Treatment::Accept {
            self.has_faults.set(true);
            last.sent.end = end as u32;
            let value = text.trim_ascii();
            if !value.is_empty() {
                if last.value.is_empty() {
                    last.value.start = (end - text.trim_ascii_start().len()) as u32;
                }
                last.value.end = (start + text.trim_ascii_end().len()) as u32;
            }
            self.folded_text(start, end)?;
            return self.value_chars(value);
        }
        self.drop_or(fault).map(drop)
    }

    /// Which fault it is that the last field goes on on the next line.
    fn fold_fault(&self) -> Fault {
        match self.head.fields.last().and_then(|field| field.known) {
            Some(name) if name.is_framing() => Fault::FramingFold,
            _ => Fault::FieldFold,
        }
    }

    /// A Content-Length is refused with its first character that is no digit.
    fn length_digits(&self, value: &[u8]) -> Result<(), Fault> {
        if value.trim_ascii().iter().all(u8::is_ascii_digit) {
            Ok(())
        } else {
            self.check(Fault::LengthChar)
        }
    }

    /// For a fault of a field line: true if the line goes on, false if it is dropped.
    fn drop_or(&mut self, fault: Fault) -> Result<bool, Fault> {
        self.has_faults.set(true);
        match self.policy.faults.of(fault) {
            Treatment::Accept => Ok(true),
            Treatment::Drop => Ok(false),
            Treatment::Stop => {
                self.stopped = true;
                Ok(false)
            }
            _ => Err(fault),
        }
    }

    fn field_line(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        self.folds_into = false;
        let text = &self.bytes[start..end];
        if text.starts_with(b"From ") && !self.drop_or(Fault::FieldEnvelope)? {
            return Ok(());
        }
        let crs = text.iter().rev().take_while(|b| **b == b'\r').count();
        if crs > 0 {
            self.check(Fault::FieldEndCr)?;
        }
        let text = &text[..text.len() - crs];
        let colon = match memchr::memchr(b':', text) {
            Some(colon) => colon,
            None if self.drop_or(Fault::FieldNoColon)? => text.len(),
            None => return Ok(()),
        };
        let name_end = text[..colon]
            .iter()
            .rposition(|b| !matches!(b, b' ' | b'\t'))
            .map_or(0, |i| i + 1);
        if colon == 0 && !self.drop_or(Fault::FieldNameEmpty)? {
            return Ok(());
        }
        let name = &text[..name_end];
        let known = Name::of(name);
        if name_end < colon {
            let fault = match known {
                Some(name) if name.is_framing() => Fault::FramingNameSpace,
                _ => Fault::FieldNameSpace,
            };
            if !self.drop_or(fault)? {
                return Ok(());
            }
        }
        let is_control = |b: &u8| *b <= b' ' || *b == 0x7f;
        // A tab is no part of a name, wherever it stands.
        let name_and_tabs = if self.policy.name_space_is_part {
            &text[..colon]
        } else {
            name
        };
        if name_and_tabs.iter().any(|b| is_control(b) && *b != b' ') && !self.drop_or(Fault::FieldNameControl)? {
            return Ok(());
        }
        if name.contains(&b' ') && !self.drop_or(Fault::FieldNameInnerSpace)? {
            return Ok(());
        }
        if !name.is_ascii() && !self.drop_or(Fault::FieldNameHigh)? {
            return Ok(());
        }
        let is_mark = |b: &u8| b.is_ascii_graphic() && !field::is_token(*b);
        if name.iter().any(is_mark) && !self.drop_or(Fault::FieldNameChar)? {
            return Ok(());
        }
        let behind = text.get(colon + 1..).unwrap_or_default();
        let is_space = |b: &u8| *b == b' ' || (self.policy.trim_tabs && b.is_ascii_whitespace());
        let from = behind.iter().position(|b| !is_space(b)).unwrap_or(behind.len());
        let to = behind.iter().rposition(|b| !is_space(b)).map_or(from, |last| last + 1);
        let value = behind.get(from..to).unwrap_or_default();
        self.value_chars(value)?;
        if self.policy.by_byte {
            // The white space around it is judged, too, where the bytes are judged as they come.
            let line_end = behind.iter().rev().take_while(|b| **b == b'\r').count();
            self.value_chars(&behind[..behind.len() - line_end])?;
            if known == Some(Name::ContentLength) {
                self.length_digits(value)?;
            }
        }
        if known == Some(Name::TransferEncoding) && !value.is_empty() && behind.ends_with(b"\t") {
            self.check(Fault::CodingTab)?;
        }
        let is_other = self.policy.name_space_is_part && name_end < colon;
        // White space before the value is not counted, behind it is.
        let counted = if value.is_empty() { 0 } else { behind.len() - from };
        self.count(name_end + counted)?;
        if self
            .policy
            .once
            .iter()
            .any(|once| once.as_bytes().eq_ignore_ascii_case(name))
            && self
                .head
                .fields
                .iter()
                .any(|earlier| earlier.name.of(self.bytes).eq_ignore_ascii_case(name))
        {
            self.check(Fault::FieldRepeated)?;
        }
        let value_start = (start + colon + 1 + from).min(start + text.len());
        self.head.fields.push(FieldLine {
            name: Span::new(start, start + if is_other { colon } else { name_end }),
            value: Span::new(value_start, value_start + value.len()),
            sent: Span::new(value_start, end.max(value_start)),
            known: known.filter(|_| !is_other),
        });
        self.folds_into = true;
        if self.policy.by_byte && Name::of(name) == Some(Name::Host) {
            self.host(value)?;
        }
        Ok(())
    }

    /// Looks at a Host field as soon as its line is complete.
    fn host(&self, host: &[u8]) -> Result<(), Fault> {
        match (host.is_empty(), self.head.version) {
            (true, Version::Http11) => self.check(Fault::HostEmpty),
            (true, _) => self.check(Fault::HostEmptyOld),
            (false, _) if self.policy.host.accepts(host) => Ok(()),
            (false, _) => self.check(Fault::HostInvalid),
        }
    }

    fn value_chars(&self, value: &[u8]) -> Result<(), Fault> {
        for byte in value {
            match byte {
                b'\t' | b' '..=b'~' | 0x80.. => {}
                0 => self.check(Fault::FieldValueNul)?,
                b'\r' => self.check(Fault::BareCr)?,
                _ => self.check(Fault::FieldValueControl)?,
            }
        }
        Ok(())
    }
}

/// The numbers of `HTTP/major.minor`, whatever the case of the name.
fn version_numbers(text: &[u8]) -> Option<(u64, u64)> {
    let (name, numbers) = text.split_at_checked(5)?;
    if !name.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    let dot = memchr::memchr(b'.', numbers)?;
    Some((number(&numbers[..dot])?, number(&numbers[dot + 1..])?))
}

fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// Whether `text` begins with CRs that no LF follows, and something else does.
fn is_cr_inside(text: &[u8]) -> bool {
    text.iter().find(|b| **b != b'\r').is_some_and(|b| *b != b'\n') && text.starts_with(b"\r")
}

/// Whether `text` is a target, or can become one.
fn begins_a_target(text: &[u8], any_scheme: bool) -> bool {
    match text {
        [] | [b'/' | b'*', ..] => true,
        [first, ..] if first.is_ascii_alphabetic() => {
            let is_scheme =
                |b: &u8| b.is_ascii_alphabetic() || any_scheme && (b.is_ascii_digit() || b"+-.".contains(b));
            let behind = &text[text.iter().position(|b| !is_scheme(b)).unwrap_or(text.len())..];
            behind.starts_with(b"://") || b"://".starts_with(behind)
        }
        _ => false,
    }
}

/// Whether an absolute URI's authority has no host.
fn has_empty_authority(target: &[u8]) -> bool {
    let authority = target.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    has_scheme(target) && matches!(target[authority..].first(), None | Some(b'/' | b':' | b'?'))
}

/// Whether the scheme of an absolute URI is of letters alone.
fn has_scheme_of_letters(target: &[u8]) -> bool {
    let letters = target.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    target[letters..].starts_with(b"://")
}

/// Whether an absolute URI's authority is a host name or an address in brackets, with or without a port, and a path or a
/// query follows it, or nothing.
fn has_plain_authority(target: &[u8]) -> bool {
    let authority = target.windows(3).position(|w| w == b"://").map_or(0, |at| at + 3);
    let rest = &target[authority..];
    let rest = match rest {
        [b'[', ..] => {
            let is_address = |b: &u8| b.is_ascii_alphanumeric() || b":.-_~!$&'()*+,;=".contains(b);
            let Some(end) = memchr::memchr(b']', rest).filter(|end| *end > 1 && rest[1..*end].iter().all(is_address))
            else {
                return false;
            };
            &rest[end + 1..]
        }
        _ => {
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-.".contains(b);
            let end = rest.iter().position(|b| !is_name(b)).unwrap_or(rest.len());
            if end == 0 {
                return false;
            }
            &rest[end..]
        }
    };
    let rest = match rest {
        [b':', port @ ..] => &port[port.iter().position(|b| !b.is_ascii_digit()).unwrap_or(port.len())..],
        _ => rest,
    };
    matches!(rest, [] | [b'/' | b'?', ..])
}

/// Whether a target is an absolute URI: a scheme and `://`.
pub fn has_scheme(target: &[u8]) -> bool {
    target.windows(3).position(|w| w == b"://").is_some_and(|at| {
        at > 0
            && target[0].is_ascii_alphabetic()
            && target[..at]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
    })
}

/// Whether a target begins with a scheme and a colon, and goes on with a path or a query, or not at all: a URI without an
/// authority.
pub fn has_bare_scheme(target: &[u8]) -> bool {
    memchr::memchr(b':', target).is_some_and(|colon| {
        matches!(target[colon + 1..], [] | [b'/' | b'?', ..])
            && target[0].is_ascii_alphabetic()
            && target[..colon]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict() -> HeadPolicy {
        let mut faults = Faults::all(Treatment::Answer(0));
        faults.set(Fault::EmptyLine, Treatment::Accept);
        HeadPolicy {
            line: 8000,
            field: 8000,
            fields: 100,
            size: 64 * 1024,
            buffers: None,
            once: Vec::new(),
            trim_tabs: true,
            value: None,
            empty_lines: None,
            full_http09_refusals: false,
            host_beside_uri: true,
            fields_by_next_line: false,
            host: HostSyntax::Characters,
            body: BodyRules::default(),
            counts_parts: false,
            tab_is_text: false,
            name_space_is_part: false,
            http2_as_http10: false,
            by_byte: false,
            count_ends: false,
            separators: Separators::Spaces,
            cr_ends_field: false,
            http09: Http09::Body,
            faults,
            methods: ["GET", "HEAD", "POST", "OPTIONS", "CONNECT"].map(String::from).to_vec(),
        }
    }

    fn lenient() -> HeadPolicy {
        HeadPolicy {
            faults: Faults::all(Treatment::Accept),
            ..strict()
        }
    }

    /// (name, head, what a strict scanner says, whether a lenient one takes it)
    const CASES: &[(&str, &[u8], Option<Fault>, bool)] = &[
        ("plain", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", None, true),
        ("no fields", b"GET / HTTP/1.1\r\n\r\n", None, true),
        (
            "empty lines before",
            b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            None,
            true,
        ),
        ("bare LF", b"GET / HTTP/1.1\nHost: a\n\n", Some(Fault::BareLfLine), true),
        (
            "leading space",
            b" GET / HTTP/1.1\r\n\r\n",
            Some(Fault::LeadingSpace),
            true,
        ),
        ("two spaces", b"GET  / HTTP/1.1\r\n\r\n", Some(Fault::ExtraSpace), true),
        ("tab", b"GET\t/ HTTP/1.1\r\n\r\n", Some(Fault::TabSpace), true),
        (
            "trailing space",
            b"GET / HTTP/1.1 \r\n\r\n",
            Some(Fault::TrailingSpace),
            true,
        ),
        ("one word", b"garbage\r\n\r\n", Some(Fault::MethodCase), false),
        ("one upper-case word", b"GET\r\n\r\n", Some(Fault::OneWord), false),
        ("lower case", b"get / HTTP/1.1\r\n\r\n", Some(Fault::MethodCase), true),
        (
            "unknown method",
            b"FOO / HTTP/1.1\r\n\r\n",
            Some(Fault::MethodUnknown),
            true,
        ),
        (
            "space in target",
            b"GET /a b HTTP/1.1\r\n\r\n",
            Some(Fault::TargetSpace),
            true,
        ),
        ("no version", b"GET /\r\n", Some(Fault::NoVersion), true),
        ("bad version", b"GET / HTTP/abc\r\n\r\n", Some(Fault::BadVersion), true),
        (
            "lower version",
            b"GET / http/1.1\r\n\r\n",
            Some(Fault::LowerVersion),
            true,
        ),
        ("1.10", b"GET / HTTP/1.10\r\n\r\n", Some(Fault::OddVersion), true),
        ("1.2", b"GET / HTTP/1.2\r\n\r\n", Some(Fault::MinorVersion), true),
        ("2.0", b"GET / HTTP/2.0\r\n\r\n", Some(Fault::MajorVersion), true),
        (
            "0.9 spelled out",
            b"GET / HTTP/0.9\r\n\r\n",
            Some(Fault::OldVersion),
            true,
        ),
        (
            "control in target",
            b"GET /\x01 HTTP/1.1\r\n\r\n",
            Some(Fault::TargetControl),
            true,
        ),
        (
            "high byte in target",
            b"GET /\xe9 HTTP/1.1\r\n\r\n",
            Some(Fault::TargetHigh),
            true,
        ),
        (
            "fragment",
            b"GET /#x HTTP/1.1\r\n\r\n",
            Some(Fault::TargetFragment),
            true,
        ),
        ("asterisk", b"GET * HTTP/1.1\r\n\r\n", Some(Fault::TargetAsterisk), true),
        (
            "asterisk for OPTIONS",
            b"OPTIONS * HTTP/1.1\r\n\r\n",
            Some(Fault::OptionsAsterisk),
            true,
        ),
        (
            "digit in method",
            b"G3T / HTTP/1.1\r\n\r\n",
            Some(Fault::MethodChar),
            true,
        ),
        (
            "control character in method",
            b"G\x01T / HTTP/1.1\r\n\r\n",
            Some(Fault::MethodNoToken),
            true,
        ),
        ("absolute", b"GET http://a/ HTTP/1.1\r\n\r\n", None, true),
        (
            "authority",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
            Some(Fault::ConnectAuthority),
            true,
        ),
        ("relative", b"GET a HTTP/1.1\r\n\r\n", Some(Fault::TargetForm), true),
        (
            "fold",
            b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            Some(Fault::FieldFold),
            true,
        ),
        (
            "fold first",
            b"GET / HTTP/1.1\r\n A: b\r\n\r\n",
            Some(Fault::FieldFoldFirst),
            true,
        ),
        (
            "space before colon",
            b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
            Some(Fault::FieldNameSpace),
            true,
        ),
        (
            "no colon",
            b"GET / HTTP/1.1\r\nA\r\n\r\n",
            Some(Fault::FieldNoColon),
            true,
        ),
        (
            "empty name",
            b"GET / HTTP/1.1\r\n: b\r\n\r\n",
            Some(Fault::FieldNameEmpty),
            true,
        ),
        (
            "name with space",
            b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
            Some(Fault::FieldNameInnerSpace),
            true,
        ),
        (
            "NUL in value",
            b"GET / HTTP/1.1\r\nA: b\0\x31\r\n\r\n",
            Some(Fault::FieldValueNul),
            true,
        ),
        (
            "control in value",
            b"GET / HTTP/1.1\r\nA: b\x01\x31\r\n\r\n",
            Some(Fault::FieldValueControl),
            true,
        ),
        (
            "CR in value",
            b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
            Some(Fault::BareCr),
            true,
        ),
    ];

    #[test]
    fn every_fault_is_named_by_a_strict_scanner_and_let_pass_by_a_lenient_one() {
        for (name, bytes, fault, accepted) in CASES {
            let got = match scan(bytes, &strict()) {
                Scan::Complete(_) => None,
                Scan::Refused(fault, _) => Some(fault),
                Scan::Partial(_) => panic!("{name}: partial"),
            };
            assert_eq!(got, *fault, "{name}");
            assert_eq!(
                matches!(scan(bytes, &lenient()), Scan::Complete(_)),
                *accepted,
                "{name}, lenient"
            );
        }
    }

    #[test]
    fn a_head_is_the_same_in_every_split_and_with_bytes_behind_it() {
        for (name, bytes, _, _) in CASES {
            let whole = scan(bytes, &lenient());
            for cut in 0..bytes.len() {
                match scan(&bytes[..cut], &lenient()) {
                    Scan::Partial(_) => {}
                    early => assert_eq!(early, whole, "{name} cut at {cut}"),
                }
            }
            if matches!(whole, Scan::Complete(_)) {
                let mut longer = bytes.to_vec();
                longer.extend_from_slice(b"GET /next HTTP/1.1\r\n");
                assert_eq!(scan(&longer, &lenient()), whole, "{name} with more behind it");
            }
        }
    }

    #[test]
    fn parts_are_found() {
        let bytes = b"HEAD /a?b HTTP/1.0\r\nhost:  x:1 \r\nRange: bytes=0-\r\n\r\nrest";
        let Scan::Complete(head) = scan(bytes, &strict()) else {
            panic!("not complete")
        };
        assert_eq!(head.method.of(bytes), b"HEAD");
        assert_eq!(head.target.of(bytes), b"/a?b");
        assert_eq!(head.version, Version::Http10);
        assert_eq!(head.fields[0].value.of(bytes), b"x:1");
        assert_eq!(head.fields[1].known, Some(Name::Range));
        assert_eq!(&bytes[head.len..], b"rest");
    }

    #[test]
    fn limits_hold_for_lines_with_and_without_an_end() {
        let policy = HeadPolicy {
            line: 20,
            field: 10,
            fields: 2,
            size: 60,
            ..strict()
        };
        let refused = |bytes: &[u8]| match scan(bytes, &policy) {
            Scan::Refused(fault, _) => Some(fault),
            _ => None,
        };
        assert_eq!(refused(b"GET /12345 HTTP/1.1\r\n\r\n"), None);
        assert_eq!(refused(b"GET /1234567 HTTP/1.1\r\n\r\n"), Some(Fault::LineTooLong));
        assert_eq!(refused(b"GET /1234567890123456"), Some(Fault::LineTooLong));
        assert_eq!(refused(b"GET / HTTP/1.1\r\nA: 12345678"), Some(Fault::FieldTooLong));
        assert_eq!(
            refused(b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
            Some(Fault::FieldsTooMany)
        );
        assert_eq!(refused(&[b'\r', b'\n'].repeat(31)), Some(Fault::HeadTooLarge));
    }

    #[test]
    fn a_byte_wise_scanner_notices_a_bad_method_before_the_line_ends() {
        let policy = HeadPolicy {
            by_byte: true,
            ..strict()
        };
        for (bytes, bad) in [
            (&b"GE"[..], false),
            (b"GEX", true),
            (b"g", true),
            (b"\x16\x03", true),
            (b"GET /x", false),
            (b" ", true),
        ] {
            assert_eq!(matches!(scan(bytes, &policy), Scan::Refused(..)), bad, "{bytes:?}");
        }
    }

    #[test]
    fn a_line_lies_in_one_buffer_whole() {
        let policy = HeadPolicy {
            line: 1 << 20,
            field: 1 << 20,
            size: 1 << 20,
            fields: 1000,
            buffers: Some(Buffers {
                first: 32,
                size: 64,
                count: 2,
            }),
            ..strict()
        };
        let refused = |bytes: &[u8]| match scan(bytes, &policy) {
            Scan::Refused(fault, _) => Some(fault),
            _ => None,
        };
        let line = b"GET / HTTP/1.1\r\n".to_vec();
        let field = |len: usize| [b"A: ".to_vec(), vec![b'x'; len - 5], b"\r\n".to_vec()].concat();
        let with = |fields: &[usize]| {
            [
                &line[..],
                &fields.iter().flat_map(|len| field(*len)).collect::<Vec<_>>(),
                b"\r\n",
            ]
            .concat()
        };
        // 16 bytes of request line, then lines that fill what is left of the first buffer and the two others.
        assert_eq!(refused(&with(&[16, 64, 62])), None);
        assert_eq!(refused(&with(&[16, 64, 63])), Some(Fault::FieldTooLong));
        assert_eq!(refused(&with(&[17, 64])), Some(Fault::FieldTooLong));
        assert_eq!(refused(&with(&[65])), Some(Fault::FieldTooLong));
        // It is noticed as soon as the buffer is full.
        assert_eq!(refused(&[b"GET /".to_vec(), vec![b'a'; 58]].concat()), None);
        assert_eq!(
            refused(&[b"GET /".to_vec(), vec![b'a'; 59]].concat()),
            Some(Fault::LineTooLong)
        );
    }

    #[test]
    fn a_byte_wise_scanner_notices_what_is_wrong_in_the_order_of_the_bytes() {
        let policy = HeadPolicy {
            by_byte: true,
            once: vec!["Host".into()],
            ..strict()
        };
        for (bytes, fault) in [
            (&b"GET /\x01"[..], Some(Fault::TargetControl)),
            (b"GET /a\x01 HTTP/2.0\r\n", Some(Fault::TargetControl)),
            (b"GET ab", None),
            (b"GET ab ", Some(Fault::TargetForm)),
            (b"GET 1", Some(Fault::TargetForm)),
            (b"GET http://u@h/ HTTP/2", Some(Fault::TargetAuthority)),
            (b"GET / HTTX", Some(Fault::BadVersion)),
            (b"GET / HTTP/2", Some(Fault::MajorVersion)),
            (b"GET / HTTP/1.1\rX", Some(Fault::BareCr)),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost", None),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", Some(Fault::FieldRepeated)),
            (b"GET / HTTP/1.1\r\nHost: a b\r\n", Some(Fault::HostInvalid)),
            (b"GET / HTTP/1.1\r\nA b", Some(Fault::FieldNameControl)),
            (b"GET / HTTP/1.1\r\nA: b\0", Some(Fault::FieldValueNul)),
        ] {
            let got = match scan(bytes, &policy) {
                Scan::Refused(fault, _) => Some(fault),
                _ => None,
            };
            assert_eq!(got, fault, "{}", bytes.escape_ascii());
        }
    }

    /// The words of the request line and the names of the fields that `flask`, which reads heads as mails are read,
    /// finds in `bytes`; or the fault.
    fn read_as_mail(bytes: &[u8]) -> Result<String, Fault> {
        let profile = crate::profile::layers::load("flask").expect("the profile");
        match scan(bytes, &profile.head) {
            Scan::Complete(head) => {
                let words = [head.method, head.target, head.version_text];
                let names = head.fields.iter().map(|field| field.name);
                let texts = words
                    .into_iter()
                    .chain(names)
                    .map(|span| String::from_utf8_lossy(span.of(bytes)));
                Ok(texts.collect::<Vec<_>>().join(" "))
            }
            Scan::Refused(fault, _) => Err(fault),
            Scan::Partial(_) => panic!("partial"),
        }
    }

    #[test]
    fn heads_are_read_as_mails_are() {
        for (bytes, want) in [
            (&b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n"[..], Ok("GET / HTTP/1.1 A B")),
            (b"\x0bGET\xa0/\x1c \tHTTP/1.1\r\r\nA: 1\n\r\n", Ok("GET / HTTP/1.1 A")),
            (b"GET / HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n", Ok("GET / HTTP/1.1 A B")),
            (b"GET / HTTP/1.1\r\nA: 1\r\r\nB: 2\r\n\r\n", Ok("GET / HTTP/1.1 A")),
            (
                b"GET / HTTP/1.1\r\nA: 1\r\nno colon\r\nB: 2\r\n\r\n",
                Ok("GET / HTTP/1.1 A"),
            ),
            (b"GET / HTTP/1.1\r\nA : 1\r\nB: 2\r\n\r\n", Ok("GET / HTTP/1.1")),
            (b"GET / HTTP/1.1\r\n\xe9: 1\r\nB: 2\r\n\r\n", Ok("GET / HTTP/1.1")),
            (
                b"GET / HTTP/1.1\r\n: 1\r\n fold\r\n@: 2\r\n\r\n",
                Ok("GET / HTTP/1.1 @"),
            ),
            (b"GET / HTTP/1.1\r\nFrom me: 1\r\nB: 2\r\n\r\n", Ok("GET / HTTP/1.1 B")),
            (b"GET / HTTP/1.1\r\n fold\r\nB: 2\r\n\r\n", Ok("GET / HTTP/1.1 B")),
            (b"GET /\r\nA: 1\r\n\r\n", Ok("GET /  A")),
            (b"HEAD /\r\n", Err(Fault::NoVersionMethod)),
            (b"hello\r\n", Err(Fault::OneWord)),
            (b" \t\r\n", Err(Fault::EmptyLine)),
            (b"GET / HTTP/1.1 x\r\n", Err(Fault::BadVersion)),
            (b"GET / x HTTP/1.1\r\n", Err(Fault::TargetSpace)),
            (b"GET / http/1.1\r\n", Err(Fault::LowerVersion)),
            (b"GET / HTTP/2.0\r\n", Err(Fault::MajorVersion)),
        ] {
            let got = read_as_mail(bytes);
            assert_eq!(
                got.as_deref(),
                want.as_ref().map(|text| *text),
                "{}",
                bytes.escape_ascii()
            );
        }
    }

    #[test]
    fn line_ends_and_the_empty_line_count_where_a_profile_says_so() {
        let line = |length: usize| [b"GET /".as_slice(), &b"a".repeat(length - 16), b" HTTP/1.1\r\n\r\n"].concat();
        assert!(read_as_mail(&line(65536)).is_ok());
        assert_eq!(read_as_mail(&line(65537)), Err(Fault::LineTooLong));
        let head = |fields| [b"GET / HTTP/1.1\r\n".as_slice(), &b"A: 1\r\n".repeat(fields), b"\r\n"].concat();
        assert!(read_as_mail(&head(99)).is_ok());
        assert_eq!(read_as_mail(&head(100)), Err(Fault::FieldsTooMany));
    }
}
