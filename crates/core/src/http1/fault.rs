//! The faults of a request head, by name.
//!
//! Servers differ mainly in which malformed requests they accept. Each deviation from RFC 9112 therefore has a name
//! here, and a profile assigns a [`Treatment`] to each.

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
        EmptyLines = "empty_lines",
        /// It is skipped.
        EmptyLineCr = "empty_line_cr",
        /// It is skipped.
        EmptyLineLf = "empty_line_lf",
        /// The line ends there.
        BareLf = "bare_lf",
        /// The line ends there.
        BareLfLine = "bare_lf_line",
        /// The line ends there.
        BareLfNoVersion = "bare_lf_no_version",
        /// The head ends there.
        BareLfEnd = "bare_lf_end",
        /// It is part of the text.
        BareCr = "bare_cr",
        /// It is skipped.
        LeadingSpace = "leading_space",
        /// They count as one.
        ExtraSpace = "extra_space",
        /// It counts as a space.
        TabSpace = "tab_space",
        /// It is skipped.
        TrailingSpace = "trailing_space",
        OneWord = "one_word",
        /// It is part of the name.
        MethodChar = "method_char",
        /// It is part of the name.
        MethodNoToken = "method_no_token",
        /// Methods are case-sensitive: it is a different method.
        MethodCase = "method_case",
        /// The rule `other` applies.
        MethodUnknown = "method_unknown",
        /// It is part of the target.
        TargetSpace = "target_space",
        /// It is part of the target.
        TargetControl = "target_control",
        /// It is part of the target.
        TargetTab = "target_tab",
        /// It is part of the target.
        TargetNul = "target_nul",
        /// It is part of the target.
        TargetHigh = "target_high",
        /// See `[target] fragment`.
        TargetFragment = "target_fragment",
        /// See `[target] no_path`.
        TargetQuery = "target_query",
        /// See `[target] schemes`.
        TargetBareScheme = "target_bare_scheme",
        /// It is taken as a path.
        TargetForm = "target_form",
        /// The method's rule applies.
        ConnectAuthority = "connect_authority",
        /// The method's rule applies.
        ConnectOther = "connect_other",
        /// Its path is used.
        TargetAuthority = "target_authority",
        /// As `target_authority`.
        TargetAuthorityChar = "target_authority_char",
        /// Its path is used.
        TargetScheme = "target_scheme",
        /// It is taken as a path.
        TargetAsterisk = "target_asterisk",
        /// It is taken as a path.
        OptionsAsterisk = "options_asterisk",
        /// It is taken as a path.
        TargetAsteriskMore = "target_asterisk_more",
        /// As `options_asterisk`.
        OptionsAsteriskQuery = "options_asterisk_query",
        /// The response has no head, and the connection closes after it.
        NoVersion = "no_version",
        /// As `no_version`.
        NoVersionMethod = "no_version_method",
        /// It is skipped.
        NoVersionSpace = "no_version_space",
        /// It is read as HTTP/1.0.
        BadVersion = "bad_version",
        /// The digits are read as numbers.
        OddVersion = "odd_version",
        /// It is read as HTTP/1.1.
        LowerVersion = "lower_version",
        /// It is read as HTTP/1.1.
        MinorVersion = "minor_version",
        /// It is read as HTTP/1.1.
        MajorVersion = "major_version",
        /// As HTTP/2.0.
        FarVersion = "far_version",
        /// It is read as HTTP/1.0.
        FirstVersion = "first_version",
        /// It is read as HTTP/1.0; for HTTP/0.9, see `[head] http09`.
        OldVersion = "old_version",
        LineTooLong = "line_too_long",
        /// It is a field without a value.
        FieldNoColon = "field_no_colon",
        /// It is a field line like any other.
        FieldEnvelope = "field_envelope",
        FieldNameEmpty = "field_name_empty",
        /// It is part of the name.
        FieldNameChar = "field_name_char",
        /// It is part of the name.
        FieldNameControl = "field_name_control",
        /// It is part of the name.
        FieldNameHigh = "field_name_high",
        /// It is part of the name.
        FieldNameInnerSpace = "field_name_inner_space",
        /// See `[head] name_space`.
        FramingNameSpace = "framing_name_space",
        /// See `[head] name_space`.
        FieldNameSpace = "field_name_space",
        /// The lines are joined.
        FieldFold = "field_fold",
        /// It adds nothing to the value.
        FieldFoldEmpty = "field_fold_empty",
        /// The lines are joined.
        FieldFoldNoValue = "field_fold_no_value",
        /// See `[head] framing_judged_by`.
        FramingFold = "framing_fold",
        /// The lines are joined.
        LengthFold = "length_fold",
        /// It is skipped.
        FieldTabFirst = "field_tab_first",
        /// It is skipped.
        FieldFoldFirst = "field_fold_first",
        /// It is part of the value.
        FieldValueNul = "field_value_nul",
        /// It is part of the value.
        FieldValueControl = "field_value_control",
        /// They are part of the line end.
        FieldEndCr = "field_end_cr",
        /// See `[head] repeated`.
        FieldRepeated = "field_repeated",
        /// The head ends with that byte.
        HeadEndCr = "head_end_cr",
        FieldTooLong = "field_too_long",
        FieldValueTooLong = "field_value_too_long",
        FieldsTooMany = "fields_too_many",
        HeadTooLarge = "head_too_large",
        /// The server's own address is used.
        HostMissing = "host_missing",
        /// The first counts.
        HostRepeated = "host_repeated",
        /// The server's own address is used.
        HostEmpty = "host_empty",
        /// The server's own address is used.
        HostEmptyOld = "host_empty_old",
        /// It is used as it is.
        HostInvalid = "host_invalid",
        /// It is used as it is.
        HostLabel = "host_label",
        /// As if it were absent.
        LengthInvalid = "length_invalid",
        /// It is checked when the field is complete; see `length_invalid`.
        LengthChar = "length_char",
        /// They count as one.
        LengthRepeated = "length_repeated",
        /// The first counts.
        LengthConflict = "length_conflict",
        /// There is no body.
        LengthMissing = "length_missing",
        /// See `[request_body] both`.
        LengthAndCoding = "length_and_coding",
        /// As if it were absent.
        CodingUnknown = "coding_unknown",
        /// As if it were absent.
        CodingNotChunked = "coding_not_chunked",
        /// They count as one.
        CodingTwice = "coding_twice",
        /// As if it were absent.
        CodingEmpty = "coding_empty",
        /// It is skipped.
        CodingTab = "coding_tab",
        /// It is used.
        CodingOld = "coding_old",
        /// The connection closes without a response.
        ChunkInvalid = "chunk_invalid",
        /// The connection closes without a response.
        ChunkExtension = "chunk_extension",
        /// The server waits for it.
        ChunkTooLarge = "chunk_too_large",
        /// It is ignored.
        ExpectEmpty = "expect_empty",
        /// The first counts.
        ExpectRepeated = "expect_repeated",
        /// It is ignored.
        ExpectUnknown = "expect_unknown",
        /// It is ignored.
        UpgradeWebsocket = "upgrade_websocket",
        /// It is ignored.
        TargetPort = "target_port",
        /// It is used as it is.
        TargetBrackets = "target_brackets",
        /// It is used as it is.
        TargetAceHost = "target_ace_host",
        /// It is ignored.
        AfterLast = "after_last",
    }
}

impl Fault {
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
    pub const PASSED: [Fault; 20] = [
        Fault::EmptyLine,
        Fault::MinorVersion,
        Fault::MethodUnknown,
        Fault::ConnectAuthority,
        Fault::ConnectOther,
        Fault::TargetAuthority,
        Fault::TargetScheme,
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
