//! The faults of a request head, by name.
//!
//! Servers differ mainly in which malformed requests they accept. Each deviation from RFC 9112 therefore has a name
//! here, and a profile assigns a [`Treatment`] to each. The names are a tree: a fault is a special case of its parent, and
//! is treated as that unless the profile says otherwise.

use crate::sentences;
use std::fmt;

/// A response of a profile: an index into its `[response.NAME]` tables.
pub type ResponseId = u32;

/// What a server does with a head that has a certain fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Continue. The comment of each fault says how the head is then parsed.
    Accept,
    /// Ignore the field line and continue. For faults of a field line only.
    Drop,
    /// Ignore this field line and all later ones, and continue. For faults of a field line only.
    Stop,
    /// Answer with this response. The connection ends after it, unless the response has `close = false`.
    Respond(ResponseId),
    /// Close the connection without a response.
    Close,
    /// Send no response and continue with the next request. Acts as `Close` if the end of the head is unknown.
    Ignore,
}

sentences! {
    /// A deviation from RFC 9112 in a request head.
    ///
    /// The comment of a variant says what accepting the fault means. The reference of the profile language quotes it.
    pub enum Fault in "fault" {
        /// It is skipped (RFC 9112 section 2.2).
        EmptyLine = "empty_line",
        EmptyLines = "request_line.too_long.empty_lines",
        /// It is skipped.
        EmptyLineCr = "bare_cr.empty_line",
        /// It is skipped.
        EmptyLineLf = "bare_lf.request_line.empty",
        /// The line ends there.
        BareLf = "bare_lf",
        /// The line ends there.
        BareLfLine = "bare_lf.request_line",
        /// The line ends there.
        BareLfNoVersion = "bare_lf.request_line.no_version",
        /// The head ends there.
        BareLfEnd = "bare_lf.head_end",
        /// It is part of the text.
        BareCr = "bare_cr",
        /// It is skipped.
        LeadingSpace = "request_line.leading_space",
        /// They count as one.
        ExtraSpace = "request_line.extra_space",
        /// It counts as a space.
        TabSpace = "request_line.extra_space.tab",
        /// It is skipped.
        TrailingSpace = "request_line.extra_space.trailing",
        OneWord = "request_line.one_word",
        /// It is part of the name.
        MethodChar = "method.char",
        /// It is part of the name.
        MethodNoToken = "method.char.no_token",
        /// Methods are case-sensitive: it is a different method.
        MethodCase = "method.lower_case",
        /// The rule `other` applies.
        MethodUnknown = "method.unknown",
        /// It is part of the target.
        TargetSpace = "target.space",
        /// It is part of the target.
        TargetControl = "target.control",
        /// It is part of the target.
        TargetTab = "target.control.tab",
        /// It is part of the target.
        TargetNul = "target.nul",
        /// It is part of the target.
        TargetHigh = "target.non_ascii",
        /// See `[target] fragment`.
        TargetFragment = "target.fragment",
        /// See `[target] no_path`.
        TargetQuery = "target.form.query",
        /// See `[target] schemes`.
        TargetBareScheme = "target.form.no_authority",
        /// It is taken as a path.
        TargetForm = "target.form",
        /// The method's rule applies.
        ConnectAuthority = "connect.authority",
        /// The method's rule applies.
        ConnectOther = "connect.no_authority",
        /// Its path is used.
        TargetAuthority = "target.authority",
        /// As `target.authority`.
        TargetAuthorityChar = "target.authority.char",
        /// Its path is used.
        TargetScheme = "target.scheme",
        /// It is taken as a path.
        TargetAsterisk = "target.asterisk",
        /// It is taken as a path.
        OptionsAsterisk = "target.asterisk.options",
        /// It is taken as a path.
        TargetAsteriskMore = "target.form.asterisk",
        /// As `target.asterisk.options`.
        OptionsAsteriskQuery = "target.form.asterisk.options",
        /// The response has no head, and the connection closes after it.
        NoVersion = "version.missing",
        /// As `version.missing`.
        NoVersionMethod = "version.missing_not_get",
        /// It is skipped.
        NoVersionSpace = "request_line.extra_space.no_version",
        /// It is read as HTTP/1.0.
        BadVersion = "version.invalid",
        /// The digits are read as numbers.
        OddVersion = "version.digits",
        /// It is read as HTTP/1.1.
        LowerVersion = "version.lower_case",
        /// It is read as HTTP/1.1.
        MinorVersion = "version.minor",
        /// It is read as HTTP/1.1.
        MajorVersion = "version.major",
        /// As HTTP/2.0.
        FarVersion = "version.major.above_2_0",
        /// It is read as HTTP/1.0.
        FirstVersion = "version.old.not_0_9",
        /// It is read as HTTP/1.0; for HTTP/0.9, see `[head] http09`.
        OldVersion = "version.old",
        LineTooLong = "request_line.too_long",
        /// It is a field without a value.
        FieldNoColon = "field.no_colon",
        /// It is a field line like any other.
        FieldEnvelope = "field.envelope",
        FieldNameEmpty = "field.name.empty",
        /// It is part of the name.
        FieldNameChar = "field.name.char",
        /// It is part of the name.
        FieldNameControl = "field.name.char.control",
        /// It is part of the name.
        FieldNameHigh = "field.name.char.non_ascii",
        /// It is part of the name.
        FieldNameInnerSpace = "field.name.char.control.space",
        /// See `[parser] space_before_colon`.
        FramingNameSpace = "field.name.space.framing",
        /// See `[parser] space_before_colon`.
        FieldNameSpace = "field.name.space",
        /// The lines are joined.
        FieldFold = "field.fold",
        /// It adds nothing to the value.
        FieldFoldEmpty = "field.fold.empty",
        /// The lines are joined.
        FieldFoldNoValue = "field.fold.no_value",
        /// See `[parser] check_framing`.
        FramingFold = "field.fold.framing",
        /// The lines are joined.
        LengthFold = "field.fold.framing.content_length",
        /// It is skipped.
        FieldTabFirst = "field.leading_space.tab",
        /// It is skipped.
        FieldFoldFirst = "field.leading_space",
        /// It is part of the value.
        FieldValueNul = "field.value.nul",
        /// It is part of the value.
        FieldValueControl = "field.value.control",
        /// They are part of the line end.
        FieldEndCr = "bare_cr.field_end",
        /// See `[fields] repeated`.
        FieldRepeated = "field.repeated",
        /// The head ends with that byte.
        HeadEndCr = "bare_cr.head_end",
        FieldTooLong = "field.too_long",
        FieldValueTooLong = "field.too_long.value",
        FieldsTooMany = "head.too_many_fields",
        HeadTooLarge = "head.too_large",
        /// The server's own address is used.
        HostMissing = "host.missing",
        /// The first counts.
        HostRepeated = "host.repeated",
        /// The server's own address is used.
        HostEmpty = "host.empty",
        /// The server's own address is used.
        HostEmptyOld = "host.empty_http10",
        /// It is used as it is.
        HostInvalid = "host.invalid",
        /// It is used as it is.
        HostLabel = "host.label",
        /// As if it were absent.
        LengthInvalid = "content_length.invalid",
        /// It is checked when the field is complete; see `content_length.invalid`.
        LengthChar = "content_length.char",
        /// They count as one.
        LengthRepeated = "content_length.repeated",
        /// The first counts.
        LengthConflict = "content_length.conflict",
        /// There is no body.
        LengthMissing = "content_length.missing",
        /// See `[request_body] delimiter`.
        LengthAndCoding = "transfer_encoding.with_content_length",
        /// As if it were absent.
        CodingUnknown = "transfer_encoding.unknown",
        /// As if it were absent.
        CodingNotChunked = "transfer_encoding.not_chunked",
        /// They count as one.
        CodingTwice = "transfer_encoding.unknown.chunked_twice",
        /// As if it were absent.
        CodingEmpty = "transfer_encoding.not_chunked.empty",
        /// It is skipped.
        CodingTab = "transfer_encoding.tab",
        /// It is used.
        CodingOld = "transfer_encoding.http10",
        /// The connection closes without a response.
        ChunkInvalid = "chunk",
        /// The connection closes without a response.
        ChunkExtension = "chunk.extension",
        /// The server waits for it.
        ChunkTooLarge = "chunk.too_large",
        /// It is ignored.
        ExpectEmpty = "expect.unknown.empty",
        /// The first counts.
        ExpectRepeated = "expect.repeated",
        /// It is ignored.
        ExpectUnknown = "expect.unknown",
        /// It is ignored.
        UpgradeWebsocket = "upgrade.websocket",
        /// It is read as far as it can be.
        TargetSyntax = "target.syntax",
        /// It is ignored.
        TargetPort = "target.port",
        /// It is used as it is.
        TargetBrackets = "target.brackets",
        /// It is used as it is.
        TargetAceHost = "target.ace_host",
        /// It is ignored.
        AfterLast = "after_last_request",
    }
}

impl Fault {
    /// The fault that it is a special case of.
    pub fn parent(self) -> Option<Self> {
        let (parent, _) = self.key().rsplit_once('.')?;
        Self::ALL.iter().find(|fault| fault.key() == parent).copied()
    }

    /// Whether the fault with this key is one of a single field line, which can then be left out.
    pub fn is_of_field_line(key: &str) -> bool {
        key == "field" || key.starts_with("field.") || key == Self::FieldEndCr.key()
    }

    /// Whether this is a fault of Expect. That field is examined last.
    pub fn is_of_expect(self) -> bool {
        matches!(self, Self::ExpectEmpty | Self::ExpectRepeated | Self::ExpectUnknown)
    }

    /// Whether parsers that accept this fault may disagree about the end of the message. The bytes after it cannot be
    /// trusted then.
    pub fn breaks_framing(self) -> bool {
        !matches!(
            self,
            Self::HostMissing | Self::HostRepeated | Self::HostEmpty | Self::HostEmptyOld | Self::HostInvalid
        ) && !self.is_of_expect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A profile's treatment of every fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults([Treatment; Fault::ALL.len()]);

impl Faults {
    /// The faults that are accepted unless a profile sets them. RFC 9110 and RFC 9112 either allow them or leave them
    /// to the resource.
    pub const PASSED: [Fault; 23] = [
        Fault::EmptyLine,
        Fault::MinorVersion,
        Fault::MethodChar,
        Fault::MethodCase,
        Fault::MethodUnknown,
        Fault::ConnectAuthority,
        Fault::ConnectOther,
        Fault::TargetAuthority,
        Fault::TargetScheme,
        Fault::TargetSyntax,
        Fault::TargetPort,
        Fault::TargetBrackets,
        Fault::TargetAceHost,
        Fault::NoVersionMethod,
        Fault::FieldEnvelope,
        Fault::HostEmptyOld,
        Fault::HostLabel,
        Fault::LengthMissing,
        Fault::LengthChar,
        Fault::CodingTab,
        Fault::ExpectRepeated,
        Fault::UpgradeWebsocket,
        Fault::AfterLast,
    ];

    /// The same treatment for every fault.
    pub fn all(treatment: Treatment) -> Self {
        Self([treatment; Fault::ALL.len()])
    }

    /// The treatment of `fault`.
    pub fn of(&self, fault: Fault) -> Treatment {
        self.0[fault as usize]
    }

    /// Sets the treatment of `fault`.
    pub fn set(&mut self, fault: Fault, treatment: Treatment) {
        self.0[fault as usize] = treatment;
    }

    /// Whether `fault` is accepted.
    pub fn accepts(&self, fault: Fault) -> bool {
        self.of(fault) == Treatment::Accept
    }
}
