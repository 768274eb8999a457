//! Tests of the ring and its blocks.

use super::*;

fn texts(unread: &Unread) -> Vec<&str> {
    unread
        .batches
        .iter()
        .map(|batch| std::str::from_utf8(batch).expect("text"))
        .collect()
}

fn read(ring: &Ring, place: Place) -> Unread {
    ring.read(place, u64::MAX, 1000)
}

#[test]
fn it_keeps_its_limit_and_a_slow_reader_learns_what_it_missed() {
    let mut ring = Ring::new(12);
    let start = ring.oldest();
    for text in ["a\nb\n", "c\n", "d\ne\n"] {
        ring.push(text.into());
    }
    let quick = read(&ring, start);
    assert_eq!((texts(&quick), quick.missed), (vec!["a\nb\n", "c\n", "d\ne\n"], 0));
    ring.push("f\ng\n".into());
    assert!(ring.stats().bytes <= 12);
    let slow = read(&ring, start);
    assert_eq!((texts(&slow), slow.missed), (vec!["c\n", "d\ne\n", "f\ng\n"], 2));
    let quick = read(&ring, quick.next);
    assert_eq!((texts(&quick), quick.missed), (vec!["f\ng\n"], 0));
    assert_eq!(texts(&read(&ring, quick.next)).len(), 0);
    let stats = ring.stats();
    assert_eq!((stats.first, stats.lines, stats.next), (1, 5, 4));
}

#[test]
fn a_reader_that_comes_back_continues_where_it_was() {
    let mut ring = Ring::new(8);
    for text in ["a\n", "b\n", "c\n", "d\n", "e\n"] {
        ring.push(text.into());
    }
    for (batch, want, missed) in [
        (3, vec!["d\n", "e\n"], 0),
        (0, vec!["b\n", "c\n", "d\n", "e\n"], 1),
        (9, vec![], 0),
    ] {
        let unread = read(&ring, ring.place(batch));
        assert_eq!((texts(&unread), unread.missed), (want, missed), "{batch}");
        assert_eq!(unread.next, ring.newest());
    }
}

#[test]
fn much_is_read_in_parts() {
    let mut ring = Ring::new(100);
    ring.push("aaaa\n".into());
    ring.push("bb\n".into());
    ring.push("c\n".into());
    let first = ring.read(ring.oldest(), u64::MAX, 4);
    assert_eq!(texts(&first), ["aaaa\n"], "a batch is never cut");
    assert_eq!(texts(&ring.read(first.next, u64::MAX, 5)), ["bb\n", "c\n"]);
}

/// Lines like those of events: equal except for their numbers. A batch has 1 to 40 of them.
fn batch(number: u64) -> String {
    let line = |at: u64| {
        let time = (number * 40 + at) * 7_919_317;
        format!(
            "{{\"time\":\"2026-11-25T22:13:07.{time:09}Z\",\"connection\":{number},\"event\":\"idle\",\"sent\":{at}}}\n"
        )
    };
    (0..1 + number % 40).map(line).collect()
}

/// A ring with many batches, of which the older ones are compressed.
fn full() -> (Ring, u64) {
    let mut ring = Ring::new(1 << 20);
    let pushed = 4000;
    (0..pushed).for_each(|number| ring.push(batch(number).into()));
    (ring, pushed)
}

#[test]
fn old_lines_are_compressed_and_read_as_they_were() {
    let (ring, pushed) = full();
    let stats = ring.stats();
    let kept: usize = (stats.first..pushed).map(|number| batch(number).len()).sum();
    assert!(
        stats.bytes <= 1 << 20 && kept > 3 * stats.bytes,
        "{kept} bytes in {}",
        stats.bytes
    );
    assert_eq!(
        stats.lines,
        (stats.first..pushed).map(|number| 1 + number % 40).sum::<u64>()
    );
    let mut place = ring.oldest();
    while place != ring.newest() {
        let unread = ring.read(place, u64::MAX, 1000);
        assert!(unread.batches.iter().map(Bytes::len).sum::<usize>() <= BLOCK && unread.missed == 0);
        let want: Vec<String> = (place.batch..unread.next.batch).map(batch).collect();
        assert_eq!(texts(&unread), want);
        place = unread.next;
    }
}

#[test]
fn a_place_can_be_anywhere_and_a_reading_can_end_anywhere() {
    let (ring, pushed) = full();
    let first = ring.stats().first;
    let lines = |range: std::ops::Range<u64>| range.map(|number| 1 + number % 40).sum::<u64>();
    for from in (first..pushed).step_by(97) {
        let until = from + 3;
        let mut place = ring.place(from);
        assert_eq!(place.lines, Some(lines(0..from)));
        assert_eq!(ring.earlier(place), lines(first..from));
        let mut got = Vec::new();
        loop {
            let unread = ring.read(place, until, BLOCK);
            if unread.batches.is_empty() {
                break;
            }
            got.extend(texts(&unread).into_iter().map(str::to_owned));
            place = unread.next;
        }
        assert_eq!(got, (from..until.min(pushed)).map(batch).collect::<Vec<_>>());
    }
    for wanted in [0, 1, 39, 5000, 30_000, 40_000_000] {
        let place = ring.latest(wanted);
        let follow = lines(place.batch..pushed);
        assert!(follow >= wanted.min(ring.stats().lines), "{follow} of {wanted}");
        assert!(
            follow <= wanted + 1000 || place.batch == first,
            "{follow} instead of {wanted}"
        );
    }
}

#[test]
fn a_reader_that_was_left_behind_learns_what_a_dropped_block_had() {
    let mut ring = Ring::new(1 << 20);
    ring.push(batch(0).into());
    let start = ring.read(ring.oldest(), u64::MAX, 1000).next;
    (1..6000).for_each(|number| ring.push(batch(number).into()));
    let first = ring.stats().first;
    let unread = ring.read(start, u64::MAX, 1000);
    assert_eq!(unread.missed, (1..first).map(|number| 1 + number % 40).sum::<u64>());
    assert_eq!(texts(&unread)[0], batch(first));
}

#[test]
fn lines_that_compress_well_have_a_limit_of_their_own() {
    let limit = 256 << 10;
    let mut ring = Ring::new(limit);
    let text = format!("{}\n", "z".repeat(9999));
    (0..1000).for_each(|_| ring.push(text.clone().into()));
    let kept = usize::try_from(ring.stats().lines).expect("a count") * text.len();
    assert!(kept <= 12 * limit && kept > 11 * limit, "{kept}");
    assert!(ring.stats().bytes < limit / 2);
}
