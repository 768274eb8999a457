mod mail;

use super::*;
use crate::http1::fault::{Faults, Treatment};
use crate::http1::host::HostSyntax;
use crate::http1::request::BodyRules;

fn strict() -> HeadPolicy {
    let mut faults = Faults::all(Treatment::Respond(0));
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
        empty_lines_after: None,
        full_http09_refusals: false,
        host_beside_uri: true,
        own_scheme: None,
        drop_leading_controls: false,
        fields_by_next_line: false,
        host: HostSyntax::Characters,
        body: BodyRules::default(),
        counts_parts: false,
        tab_is_text: false,
        name_space_is_part: false,
        http2_as_http10: false,
        by_byte: false,
        framing_judged_by: FramingJudgedBy::Head,
        connect_needs_host: true,
        count_ends: false,
        separators: Separators::Spaces,
        cr_ends_field: false,
        http09: Http09::Body,
        faults,
        protocols: Vec::new(),
        methods: ["GET", "HEAD", "POST", "OPTIONS", "CONNECT"].map(String::from).to_vec(),
    }
}

fn lenient() -> HeadPolicy {
    HeadPolicy {
        faults: Faults::all(Treatment::Accept),
        ..strict()
    }
}

/// A name, a head, its fault under the strict policy, and whether the lenient policy accepts it.
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
fn the_strict_policy_names_every_fault_and_the_lenient_one_accepts_it() {
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
fn a_head_is_the_same_in_every_split_and_with_bytes_after_it() {
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
            assert_eq!(scan(&longer, &lenient()), whole, "{name} with more bytes after it");
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
fn a_byte_wise_scanner_detects_a_bad_method_before_the_line_ends() {
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
fn a_line_must_fit_into_one_buffer() {
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
    // The request line has 16 bytes. The field lines fill the rest of the first buffer and the two others.
    assert_eq!(refused(&with(&[16, 64, 62])), None);
    assert_eq!(refused(&with(&[16, 64, 63])), Some(Fault::FieldTooLong));
    assert_eq!(refused(&with(&[17, 64])), Some(Fault::FieldTooLong));
    assert_eq!(refused(&with(&[65])), Some(Fault::FieldTooLong));
    // The fault is detected as soon as the buffer is full.
    assert_eq!(refused(&[b"GET /".to_vec(), vec![b'a'; 58]].concat()), None);
    assert_eq!(
        refused(&[b"GET /".to_vec(), vec![b'a'; 59]].concat()),
        Some(Fault::LineTooLong)
    );
}

#[test]
fn a_byte_wise_scanner_detects_faults_in_the_order_of_the_bytes() {
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
        (b"GET / HTTP/1.1\r\nHost: a\r\n\rA", Some(Fault::HeadEndCr)),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\x01", Some(Fault::HeadEndCr)),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\x7f", Some(Fault::HeadEndCr)),
    ] {
        let got = match scan(bytes, &policy) {
            Scan::Refused(fault, _) => Some(fault),
            _ => None,
        };
        assert_eq!(got, fault, "{}", bytes.escape_ascii());
    }
}
