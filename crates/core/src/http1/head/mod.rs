//! The head scanner: where a request head ends, what its parts are, and the first thing that is wrong with it.
//!
//! It knows RFC 9112's grammar and the ways in which real servers are more tolerant than it. It does not know what a
//! field means (that is [`super::request`]), and it keeps nothing: it is called with all bytes of the head so far, as
//! often as more of them arrive. Spans are offsets into those bytes, so a head stays valid while its buffer is moved.
//!
//! [`scan`] is the way in. [`policy`] is what a profile says; the other modules are the parts of one scanner, in the order
//! of the bytes: `scanner` goes from line to line, `request_line`, `target` and `version` read the first, `field_lines`
//! and `field_line` the others, `unfinished` looks at a line of which only a part has come, and
//! `usual` knows the line that most requests have.

mod field_line;
mod field_lines;
pub mod policy;
mod request_line;
mod room;
mod scanner;
mod target;
mod unfinished;
mod usual;
mod version;

pub use policy::{Buffers, HeadPolicy, Http09, Separators};
pub(in crate::http1) use target::behind_scheme;
pub use target::{has_bare_scheme, has_scheme};

use super::fault::Fault;
use super::field::Name;
use scanner::Scanner;

/// Scans the bytes received so far for a request head.
pub fn scan(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    finish(Scanner::new(bytes, policy), policy)
}

/// The same without a shortcut for what is usual.
#[cfg(test)]
pub(crate) fn scan_the_long_way(bytes: &[u8], policy: &HeadPolicy) -> Scan {
    let mut scanner = Scanner::new(bytes, policy);
    scanner.judges_all = true;
    finish(scanner, policy)
}

fn finish(mut scanner: Scanner<'_>, policy: &HeadPolicy) -> Scan {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::fault::{Faults, Treatment};
    use crate::http1::host::HostSyntax;
    use crate::http1::request::BodyRules;

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
