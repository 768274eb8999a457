//! Heads under the profile `flask`, whose server uses a parser for mail headers.

use crate::http1::Fault;
use crate::http1::head::{Scan, scan};

/// The words of the request line and the field names that the profile finds in `bytes`, joined with spaces; or the
/// fault.
fn scan_as_mail(bytes: &[u8]) -> Result<String, Fault> {
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
fn heads_are_parsed_like_mail_headers() {
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
        let got = scan_as_mail(bytes);
        assert_eq!(
            got.as_deref(),
            want.as_ref().map(|text| *text),
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn line_ends_and_the_empty_line_count_towards_limits() {
    let line = |length: usize| [b"GET /".as_slice(), &b"a".repeat(length - 16), b" HTTP/1.1\r\n\r\n"].concat();
    assert!(scan_as_mail(&line(65536)).is_ok());
    assert_eq!(scan_as_mail(&line(65537)), Err(Fault::LineTooLong));
    let head = |fields| [b"GET / HTTP/1.1\r\n".as_slice(), &b"A: 1\r\n".repeat(fields), b"\r\n"].concat();
    assert!(scan_as_mail(&head(99)).is_ok());
    assert_eq!(scan_as_mail(&head(100)), Err(Fault::FieldsTooMany));
}
