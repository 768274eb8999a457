use super::*;

const BODY: ChunkPolicy = ChunkPolicy::body(i64::MAX as u64, 100);

/// Decodes the body whole and cut at each byte; returns what belongs to it and where the decoder is after it.
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
    for (body, read, state) in [
        ("", 0, Start),
        ("5", 1, Size),
        ("5;a=b", 5, Extension),
        ("5 ;a", 4, Extension),
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
        ("a\r\n0123456789\r\n0\r\n", 18, TrailerStart),
        ("0\r\nX: 1\r\n\r\nGET", 11, End),
        ("0\r\nX\r\n\r\nGET", 7, Fault(Trailer)),
        ("0\r\n X: 1\r\n\r\n", 11, Fault(Trailer)),
        ("0\r\nX : 1\r\n\r\n", 11, Fault(Trailer)),
        ("0\r\nX: 1\rY", 8, Fault(Trailer)),
        ("000000000000000000005\r\n", 23, Data),
        ("7fffffffffffffff\r\n", 18, Data),
        ("8000000000000000", 15, Fault(TooLarge)),
        ("ffffffffffffffffff", 15, Fault(TooLarge)),
    ] {
        assert_eq!(decode(body, &BODY), (read, state), "{body:?}");
    }
}

#[test]
fn pipelined_bodies_are_read_strictly_but_for_their_trailers() {
    use ChunkState::*;
    for (body, read, state) in [
        ("5\r\nhello\r\n0\r\n\r\nGET", 15, End),
        ("005;a=\"b\"\r\nhello\r\n0 ;x\r\nT r: x\r\n\r\n", 34, End),
        ("0\r\n\r\n", 5, End),
        ("5\tx\r\n", 1, Fault(ChunkFault::Syntax)),
        ("5;\x01\r\n", 2, Fault(ChunkFault::Syntax)),
        ("10000000000000000\r\n", 16, Fault(ChunkFault::TooLarge)),
        ("8000000000000000\r\nx", 19, Data),
        ("0\r\nA: b\r\n", 9, TrailerStart),
        ("0\r\nA: b\n\n", 7, Fault(ChunkFault::Trailer)),
    ] {
        assert_eq!(decode(body, &ChunkPolicy::PIPELINE), (read, state), "{body:?}");
    }
}

#[test]
fn captured_bodies_may_have_bare_line_feeds() {
    use ChunkState::*;
    for (body, read, state) in [
        ("5\r\nhello\r\n0\r\n\r\nHTTP", 15, End),
        ("5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n", 25, End),
        ("5\nhello\n0\n\n", 11, End),
        ("1F\r\nabc", 7, Data),
        ("5\r\nhelloX", 8, Fault(ChunkFault::Syntax)),
        ("x", 0, Fault(ChunkFault::Syntax)),
        ("11111111111111111", 16, Fault(ChunkFault::TooLarge)),
    ] {
        assert_eq!(decode(body, &ChunkPolicy::CAPTURE), (read, state), "{body:?}");
    }
}

#[test]
fn only_data_can_be_passed_over() {
    let mut decoder = ChunkDecoder::default();
    decoder.decode(b"5\r\nh", &ChunkPolicy::CAPTURE);
    assert!(decoder.skip(2) && decoder.data_left() == Some(2));
    assert!(!decoder.skip(3));
    assert!(decoder.skip(2) && decoder.state() == ChunkState::DataCr);
    assert!(!decoder.skip(1));
    assert_eq!(decoder.content(), 5);
}

#[test]
fn extensions_and_trailers_are_bounded() {
    let long = "x".repeat(16 << 10);
    assert_eq!(
        decode_whole(&format!("5;{long}\r\n")),
        ChunkState::Fault(ChunkFault::Syntax)
    );
    assert_eq!(
        decode_whole(&format!("0\r\nX: {long}\r\n\r\n")),
        ChunkState::Fault(ChunkFault::Trailer)
    );
    let fields = |count| format!("0\r\n{}\r\n", "X: 1\r\n".repeat(count));
    assert_eq!(decode_whole(&fields(100)), ChunkState::End);
    assert_eq!(decode_whole(&fields(101)), ChunkState::Fault(ChunkFault::Trailer));
}

fn decode_whole(body: &str) -> ChunkState {
    let mut decoder = ChunkDecoder::default();
    decoder.decode(body.as_bytes(), &BODY);
    decoder.state()
}
