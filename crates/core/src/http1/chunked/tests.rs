use super::*;

/// Decodes the body as a whole and cut at each byte. Returns the bytes that belong to it, and the final state.
fn decode(body: &str, policy: &ChunkPolicy) -> (usize, ChunkState) {
    let mut whole = ChunkDecoder::default();
    let result = (whole.decode(body.as_bytes(), policy), whole.state());
    for cut in 0..=body.len() {
        let mut cut_up = ChunkDecoder::default();
        let (first, second) = body.as_bytes().split_at(cut);
        let mut read = cut_up.decode(first, policy);
        if read == first.len() {
            read += cut_up.decode(second, policy);
        }
        assert_eq!((read, cut_up.state()), result, "{body:?} cut at {cut}");
    }
    result
}

#[test]
fn a_body_is_decoded_the_same_in_every_split() {
    use ChunkFault::*;
    use ChunkState::*;
    let policy = ChunkPolicy::default();
    for (body, read, state) in [
        ("", 0, Start),
        ("5", 1, Size),
        ("5;a=b", 5, Extension(ExtensionPart::Start)),
        ("5\t \r", 4, SizeLf),
        ("5 x", 2, Fault(Syntax)),
        ("5;a\n", 3, Fault(Syntax)),
        ("5\rh", 2, Fault(Syntax)),
        ("0x5\r\n", 1, Fault(Syntax)),
        ("\r\n", 0, Fault(Syntax)),
        ("5\n", 1, Fault(Syntax)),
        ("5\r\nhello!", 8, Fault(Syntax)),
        ("5\r\nhe", 5, Data),
        ("5\r\nhello", 8, DataCr),
        ("5\r\nhello\r", 9, DataLf),
        ("5\r\nhello\r\n", 10, Start),
        ("a\r\n0123456789\r\n0\r\nA: b", 18, TrailerStart),
        ("000000000000000000005\r\n", 23, Data),
        ("7fffffffffffffff\r\n", 18, Data),
        ("8000000000000000", 15, Fault(TooLarge)),
        ("ffffffffffffffffff", 15, Fault(TooLarge)),
    ] {
        assert_eq!(decode(body, &policy), (read, state), "{body:?}");
    }
}

#[test]
fn each_rule_of_a_policy() {
    use ChunkFault::*;
    let default = ChunkPolicy::default();
    let lines = ChunkPolicy {
        trailers: Trailers::Lines,
        ..default
    };
    let lf = ChunkPolicy {
        line_ends: LineEnds::Lf,
        ..lines
    };
    let unchecked = ChunkPolicy {
        line_ends: LineEnds::Unchecked,
        ..lines
    };
    let two_spaces = ChunkPolicy { spaces: 2, ..lines };
    let begins = ChunkPolicy {
        size_space: SizeSpace::BeginsExtension,
        ..lines
    };
    let space_begins = ChunkPolicy {
        size_space: SizeSpace::SpaceBeginsExtension,
        ..lines
    };
    let no_space = ChunkPolicy {
        size_space: SizeSpace::Refused,
        ..lines
    };
    let at_end = ChunkPolicy {
        size_space: SizeSpace::SkippedAtEnd,
        digits: 3,
        ..lines
    };
    let tokens = ChunkPolicy {
        extension: ExtensionText::Tokens,
        ..lines
    };
    let text = ChunkPolicy {
        extension: ExtensionText::Text,
        ..lines
    };
    let no_controls = ChunkPolicy {
        extension: ExtensionText::NoControls,
        ..lines
    };
    let short = ChunkPolicy { extensions: 3, ..lines };
    let short_line = ChunkPolicy { line: 6, ..lines };
    let small = ChunkPolicy {
        largest_followed: 0xf,
        ..lines
    };
    for (policy, line, want) in [
        (lines, "5;\u{1}\r\n", None),
        (lf, "5\n", None),
        (lf, "5\r\r\n", Some(Syntax)),
        (unchecked, "5\rx", None),
        (unchecked, "5\n", Some(Syntax)),
        (two_spaces, "5 \t\r\n", None),
        (two_spaces, "5   \r\n", Some(Syntax)),
        (begins, "5\tx\r\n", None),
        (space_begins, "5 x\r\n", None),
        (space_begins, "5\tx\r\n", Some(Syntax)),
        (no_space, "5 \r\n", Some(Syntax)),
        (at_end, "005 \t\r\n", None),
        (at_end, "5;a \r\n", None),
        (at_end, "5 ;a\r\n", Some(Syntax)),
        (at_end, "0005\r\n", Some(TooLarge)),
        (tokens, "5;a=b;c;=d;e=;f=\"g\\\"; h\"\r\n", None),
        (tokens, "5;\r\n", Some(Syntax)),
        (tokens, "5; a\r\n", Some(Syntax)),
        (tokens, "5;a=\"b\r\n", Some(Syntax)),
        (tokens, "5;a=\"b\"c\r\n", Some(Syntax)),
        (text, "5;a\tb\u{e9}\r\n", None),
        (text, "5;\u{7f}\r\n", Some(Syntax)),
        (no_controls, "5;a\tb\r\n", None),
        (no_controls, "5;\u{1}\r\n", Some(Syntax)),
        (short, "5;abc\r\n", None),
        (short, "5;abcd\r\n", Some(ExtensionTooLong)),
        (short_line, "5;ab\r\n", None),
        (short_line, "5;abc\r\n", Some(ExtensionTooLong)),
        (small, "f\r\n", None),
        (small, "10", None),
        (small, "10\r", Some(TooLarge)),
    ] {
        let mut decoder = ChunkDecoder::default();
        decoder.decode(line.as_bytes(), &policy);
        assert_eq!(decoder.fault(), want, "{line:?} {policy:?}");
    }
}

#[test]
fn a_policy_by_lines_judges_a_line_at_its_end() {
    let policy = ChunkPolicy {
        by_line: true,
        ..ChunkPolicy::default()
    };
    let fault = |body: &str| {
        let mut decoder = ChunkDecoder::default();
        decoder.decode(body.as_bytes(), &policy);
        decoder.fault()
    };
    assert_eq!(fault("g"), None);
    assert_eq!(fault("g\r"), None);
    assert_eq!(fault("g\r\n"), Some(ChunkFault::Syntax));
    assert_eq!(fault("5\r\nhellox"), None);
    assert_eq!(fault("5\r\nhellox\n"), Some(ChunkFault::Syntax));
    assert_eq!(fault(&"g".repeat(8191)), None);
    assert_eq!(fault(&"g".repeat(8192)), Some(ChunkFault::Syntax));
}

#[test]
fn captured_bodies_are_read_leniently() {
    use ChunkState::*;
    for (body, read, state) in [
        ("5\nhello\n0\n\nGET", 11, End),
        ("5\r\r\nhello\r\r\n0\r\r\n\r\r\nGET", 19, End),
        ("5\tx\r\nhello\r\n0\r\nno field\r\n\r\nGET", 27, End),
        ("5\r\nhello!", 8, Fault(ChunkFault::Syntax)),
    ] {
        assert_eq!(decode(body, &ChunkPolicy::CAPTURE), (read, state), "{body:?}");
    }
}

#[test]
fn missing_bytes_of_data_are_passed_over() {
    let mut decoder = ChunkDecoder::default();
    decoder.decode(b"5\r\nh", &ChunkPolicy::CAPTURE);
    assert!(decoder.skip(2) && decoder.data_left() == Some(2));
    assert!(!decoder.skip(3));
    assert!(decoder.skip(2) && decoder.state() == ChunkState::DataCr);
    assert!(!decoder.skip(1));
    assert_eq!(decoder.content(), 5);
}
