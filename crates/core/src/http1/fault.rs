//! The faults of a request head, by name.
//!
//! Servers differ mainly in which malformed requests they accept. Each deviation from RFC 9112 therefore has a name here,
//! and a profile assigns a [`Treatment`] to each.

use std::fmt;

/// A response of a profile: an index into its `[response.NAME]` tables.
pub type ResponseId = usize;

/// What a server does with a head that has a certain fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Continue. The meaning of each fault says how the head is then read.
    Accept,
    /// Ignore the field line and continue. For faults of a field line only.
    Drop,
    /// Ignore this field line and all later ones, and continue. For faults of a field line only.
    Stop,
    /// Answer with this response. The connection ends after it, unless the response says `ends = false`.
    Respond(ResponseId),
    /// Close the connection without a response.
    Close,
    /// Send no response and continue with the next request. Acts as `Close` if the end of the head is unknown.
    Ignore,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $key:literal, $meaning:literal;)*) => {
        /// A deviation from RFC 9112 in a request head.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $(#[doc = $meaning] $variant,)* }

        impl Fault {
            /// Every fault, in the order in which profiles list them.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant,)*];

            /// The key of this fault in a profile's `[faults]` table.
            pub fn key(self) -> &'static str {
                match self { $(Fault::$variant => $key,)* }
            }

            /// A sentence that says what the fault is and how the head is read if it is accepted.
            pub fn meaning(self) -> &'static str {
                match self { $(Fault::$variant => $meaning,)* }
            }
        }
    };
}

faults! {
    EmptyLine = "empty_line", "an empty line before the request line (accepted: skipped, RFC 9112 section 2.2)";
    EmptyLines = "empty_lines", "more empty lines before the request line than [head] empty_lines";
    EmptyLineCr = "empty_line_cr", "a CR alone before the request line (accepted: skipped; not listed: as bare_cr)";
    BareLf = "bare_lf", "a line that ends in LF alone (accepted: it ends the line all the same)";
    BareLfLine = "bare_lf_line", "the same of the request line or an empty line before it; not listed: as bare_lf";
    BareLfEnd = "bare_lf_end", "the same of the empty line behind the fields; not listed: as bare_lf";
    BareCr = "bare_cr", "a CR inside a line (accepted: part of the text)";
    LeadingSpace = "leading_space", "white space before the method (accepted: skipped)";
    ExtraSpace = "extra_space", "more than one space between the parts of the request line or after them (accepted: counts as one)";
    TabSpace = "tab_space", "a tab between the parts of the request line or after them (accepted: counts as a space; not listed: as extra_space)";
    TrailingSpace = "trailing_space", "white space behind the parts of the request line (accepted: skipped); not listed: as extra_space";
    OneWord = "one_word", "a request line of a single word";
    MethodChar = "method_char", "a method with a character outside A-Z, a-z, _ and - (accepted: part of the name)";
    MethodNoToken = "method_no_token", "a method with a character that no token has (RFC 9110 section 5.6.2); as `method_char`, unless it is set";
    MethodCase = "method_case", "a method with a lower-case letter (accepted: a method of that very name)";
    MethodUnknown = "method_unknown", "a method that is not listed under [methods] (accepted: the rule `other` applies)";
    TargetSpace = "target_space", "a space inside the request target (accepted: part of the target)";
    TargetControl = "target_control", "a control character in the target (accepted: part of the target)";
    TargetTab = "target_tab", "a tab (see [head] tab) or a form feed in the target (accepted: part of the target); not listed: as target_control";
    TargetNul = "target_nul", "a NUL byte in the target (accepted: part of the target)";
    TargetHigh = "target_high", "a byte above 0x7f in the target (accepted: part of the target)";
    TargetFragment = "target_fragment", "a `#` in the target (accepted: see [target] fragment)";
    TargetQuery = "target_query", "a target that begins with `?` (accepted: see [target] no_path)";
    TargetBareScheme = "target_bare_scheme", "an absolute URI without an authority, such as `http:/x` (accepted: see [target] schemes)";
    TargetForm = "target_form", "a target that is neither a path, nor `*`, nor an absolute URI (accepted: taken as a path)";
    ConnectAuthority = "connect_authority", "the target `host:port` with the method CONNECT (accepted unless it is set: the method's rule applies)";
    ConnectOther = "connect_other", "another target than `host:port` with the method CONNECT (accepted unless it is set: the method's rule applies)";
    TargetAuthority = "target_authority", "an absolute URI whose authority is no host name with or without a port (accepted: its path counts all the same; not listed: accepted)";
    TargetScheme = "target_scheme", "an absolute URI whose scheme is not of letters alone; not listed: accepted";
    TargetAsterisk = "target_asterisk", "the target `*` (accepted: taken as a path)";
    OptionsAsterisk = "options_asterisk", "the same with the method OPTIONS (RFC 9112 section 3.2.4); as `target_asterisk`, unless it is set";
    NoVersion = "no_version", "a request line without a version, HTTP/0.9 (accepted: the reply has no head, and ends the connection)";
    NoVersionMethod = "no_version_method", "a request line without a version and with another method than GET (accepted: see no_version; not listed: accepted)";
    NoVersionSpace = "no_version_space", "white space behind a request line without a version (accepted: cut off; not listed: as extra_space)";
    BadVersion = "bad_version", "a version that is not `HTTP/` and two numbers (accepted: taken as HTTP/1.0)";
    OddVersion = "odd_version", "a version with leading zeros or more than one digit, such as HTTP/1.10 (accepted: read as numbers)";
    LowerVersion = "lower_version", "`http/1.1` (accepted: read as HTTP/1.1)";
    MinorVersion = "minor_version", "HTTP/1.2 to HTTP/1.9 (accepted: read as HTTP/1.1)";
    MajorVersion = "major_version", "HTTP/2.0 and above (accepted: read as HTTP/1.1)";
    FarVersion = "far_version", "HTTP/2.1 and above (accepted: as HTTP/2.0); not listed: as major_version";
    FirstVersion = "first_version", "HTTP/0.x other than 0.9 (accepted: read as HTTP/1.0); not listed: as old_version";
    OldVersion = "old_version", "HTTP/0.9 spelled out, or another 0.x (accepted: read as HTTP/1.0, but HTTP/0.9 as [head] http09 has it)";
    LineTooLong = "line_too_long", "a request line longer than [head] line";
    FieldNoColon = "field_no_colon", "a field line without a colon (accepted: a field without a value)";
    FieldEnvelope = "field_envelope", "a line that begins with `From `, as the envelope of a mail does (accepted: a field line like any other; not listed: accepted)";
    FieldNameEmpty = "field_name_empty", "a field line that begins with a colon";
    FieldNameChar = "field_name_char", "a field name with a character that is no token character (accepted: part of the name)";
    FieldNameControl = "field_name_control", "a field name with a space or a control character in it (accepted: part of the name; not listed: as field_name_char)";
    FieldNameHigh = "field_name_high", "a field name with a byte above 0x7f in it (accepted: part of the name); not listed: as field_name_char";
    FieldNameInnerSpace = "field_name_inner_space", "a space inside a field name (accepted: part of the name); not listed: as field_name_control";
    FramingNameSpace = "framing_name_space", "white space behind the name of a field that the connection or the body depends on; not listed: as field_name_space";
    FieldNameSpace = "field_name_space", "white space between field name and colon (accepted: see [head] name_space)";
    FieldFold = "field_fold", "a field value that goes on on the next line, obs-fold (accepted: joined)";
    FieldFoldEmpty = "field_fold_empty", "a line of white space alone behind a field line (accepted: it adds nothing to the value)";
    FramingFold = "framing_fold", "obs-fold in a field that the connection or the body depends on; not listed: as field_fold";
    FieldTabFirst = "field_tab_first", "a tab before the first field name; not listed: as field_fold_first";
    FieldFoldFirst = "field_fold_first", "white space before the first field name (accepted: skipped)";
    FieldValueNul = "field_value_nul", "a NUL byte in a field value (accepted: part of the value)";
    FieldValueControl = "field_value_control", "another control character in a field value (accepted: part of the value)";
    FieldEndCr = "field_end_cr", "more than one CR before the LF that ends a field line (accepted: part of the line end; not listed: as bare_cr)";
    FieldRepeated = "field_repeated", "a second field of a name in [head] once (accepted: see [head] repeated)";
    FieldTooLong = "field_too_long", "a field line longer than [head] field";
    FieldValueTooLong = "field_value_too_long", "a field whose values together are longer than [head] value";
    FieldsTooMany = "fields_too_many", "more field lines than [head] fields";
    HeadTooLarge = "head_too_large", "a head longer than [head] size";
    HostMissing = "host_missing", "HTTP/1.1 without Host (accepted: the server's own address stands for it)";
    HostRepeated = "host_repeated", "more than one Host field (accepted: the first counts)";
    HostEmpty = "host_empty", "an empty Host field in HTTP/1.1 (accepted: the server's own address stands for it)";
    HostEmptyOld = "host_empty_old", "an empty Host field in HTTP/1.0 (accepted: the server's own address stands for it; not listed: accepted)";
    HostInvalid = "host_invalid", "a Host field that is none by [head] host (accepted: taken as it is)";
    HostLabel = "host_label", "a Host field with an empty label, or with one of more than 63 bytes (accepted: taken as it is; not listed: accepted)";
    LengthInvalid = "length_invalid", "a Content-Length that is no number (accepted: as if it were absent)";
    LengthChar = "length_char", "a Content-Length with a character that is no digit, as soon as it has come, where bytes are judged as they come; not listed: accepted (see length_invalid)";
    LengthRepeated = "length_repeated", "two Content-Length fields of the same value (accepted: they count as one)";
    LengthConflict = "length_conflict", "two Content-Length fields of different values (accepted: the first counts)";
    LengthMissing = "length_missing", "a POST or PUT without Content-Length and Transfer-Encoding; accepted unless it is set (there is no body)";
    LengthAndCoding = "length_and_coding", "both Content-Length and Transfer-Encoding (accepted: see [request_body] both)";
    CodingUnknown = "coding_unknown", "a Transfer-Encoding with another coding than chunked (accepted: as if it were absent)";
    CodingNotChunked = "coding_not_chunked", "one whose last coding is not chunked; as `coding_unknown`, unless it is set";
    CodingTwice = "coding_twice", "a Transfer-Encoding that names chunked twice; not listed: as coding_unknown";
    CodingEmpty = "coding_empty", "an empty Transfer-Encoding (accepted: as if it were absent); not listed: as coding_not_chunked";
    CodingTab = "coding_tab", "a tab behind the value of Transfer-Encoding; not listed: accepted";
    CodingOld = "coding_old", "a Transfer-Encoding in an HTTP/1.0 request (accepted: it counts)";
    ChunkInvalid = "chunk_invalid", "a chunked body that breaks RFC 9112 section 7.1 (accepted: the connection ends without a word)";
    ChunkTrailer = "chunk_trailer", "a bad field line behind the last chunk (accepted: the connection ends without a word)";
    ChunkTooLarge = "chunk_too_large", "a chunk of 2^63 bytes or more (accepted: waited for)";
    ExpectEmpty = "expect_empty", "an Expect field without a value (accepted: ignored)";
    ExpectRepeated = "expect_repeated", "more than one Expect field (accepted: the first counts)";
    ExpectUnknown = "expect_unknown", "an Expect field other than 100-continue (accepted: ignored)";
    UpgradeWebsocket = "upgrade_websocket", "a GET or HEAD, in any case, that asks to go over to WebSocket (accepted: ignored)";
    TargetPort = "target_port", "an absolute target with a port that is none (accepted: not looked at)";
}

impl Fault {
    /// Whether this is a fault of Expect. That field is examined last.
    pub fn is_of_expect(self) -> bool {
        matches!(self, Fault::ExpectEmpty | Fault::ExpectRepeated | Fault::ExpectUnknown)
    }

    /// Whether parsers that accept this fault may disagree about the end of the message. The bytes after it cannot be
    /// trusted then.
    pub fn breaks_framing(self) -> bool {
        !matches!(
            self,
            Fault::HostMissing | Fault::HostRepeated | Fault::HostEmpty | Fault::HostEmptyOld | Fault::HostInvalid
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
    /// The faults that are accepted unless a profile sets them. RFC 9110 and RFC 9112 either allow them or leave them to the
    /// resource.
    pub const PASSED: [Fault; 15] = [
        Fault::EmptyLine,
        Fault::ConnectAuthority,
        Fault::ConnectOther,
        Fault::TargetAuthority,
        Fault::TargetScheme,
        Fault::TargetPort,
        Fault::NoVersionMethod,
        Fault::FieldEnvelope,
        Fault::HostEmptyOld,
        Fault::HostLabel,
        Fault::LengthMissing,
        Fault::LengthChar,
        Fault::CodingTab,
        Fault::ExpectRepeated,
        Fault::UpgradeWebsocket,
    ];

    /// The same treatment for every fault.
    pub fn all(treatment: Treatment) -> Faults {
        Faults([treatment; Fault::ALL.len()])
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
