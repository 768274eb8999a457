mod policies;

use super::*;
use policies::{MERGED, OPEN, RFC, SINGLE, SPACED, TIGHT};

fn policy(text: &str) -> RangePolicy {
    toml::from_str(text).expect("a policy")
}

/// The selection as text: "200", "416", "0-9" for a single range, "0-9,20-29" for several, "(0-9)" for a multipart body
/// with one range.
fn outcome(field: &str, size: u64, policy: &RangePolicy) -> String {
    let range = |range: &ByteRange| format!("{}-{}", range.first, range.last);
    match select(field.as_bytes(), size, policy) {
        Selection::Whole => "200".to_owned(),
        Selection::Unsatisfiable => "416".to_owned(),
        Selection::Respond(id) => format!("response {id}"),
        Selection::Single(one) => range(&one),
        Selection::Several(one) if one.len() == 1 => format!("({})", range(&one[0])),
        Selection::Several(ranges) => ranges.iter().map(range).collect::<Vec<_>>().join(","),
    }
}

/// A field and its result for a file of 666 bytes under RFC, MERGED, SINGLE, SPACED and TIGHT. All columns but the
/// first were compared row by row with servers that have these policies.
const FIELDS: &[(&str, &str)] = &[
    ("bytes=0-9", "0-9 0-9 0-9 0-9 0-9"),
    ("bytes=0-", "0-665 0-665 0-665 0-665 0-665"),
    ("bytes=0-0", "0-0 0-0 0-0 0-0 0-0"),
    ("bytes=665-", "665-665 665-665 665-665 665-665 665-665"),
    ("bytes=666-", "416 416 416 416 416"),
    ("bytes=666-700", "416 416 416 416 416"),
    ("bytes=660-9999", "660-665 660-665 660-665 660-665 660-665"),
    ("bytes=-1", "665-665 665-665 665-665 665-665 665-665"),
    ("bytes=-666", "0-665 0-665 0-665 0-665 0-665"),
    ("bytes=-667", "0-665 416 416 0-665 0-665"),
    ("bytes=-0", "416 416 0-665 416 200"),
    ("bytes=-", "200 416 416 416 200"),
    ("bytes=5-2", "200 416 416 416 200"),
    ("bytes=a-b", "200 416 416 416 200"),
    ("bytes=", "200 416 416 200 200"),
    ("bytes", "200 200 416 200 200"),
    ("bytes=5", "200 5-665 416 416 200"),
    ("bytes=,", "200 416 416 416 200"),
    ("bytes=0-1,", "0-1 0-1 416 416 0-1"),
    ("bytes=,0-1", "0-1 0-1 416 416 200"),
    ("bytes=0-1,,2-3", "0-1,2-3 0-3 416 416 0-3"),
    ("bytes=0-1,5-6", "0-1,5-6 200 416 0-1,5-6 0-1,5-6"),
    ("bytes=5-6,0-1", "5-6,0-1 200 416 5-6,0-1 5-6,0-1"),
    ("bytes=0-1, 5-6", "0-1,5-6 200 416 0-1,5-6 200"),
    ("bytes=0-1 ,5-6", "0-1,5-6 200 416 0-1,5-6 200"),
    ("bytes= 0-1", "0-1 0-1 0-1 0-1 200"),
    ("bytes=0 - 1", "200 0-1 0-1 0-1 200"),
    ("bytes=0- 1", "200 0-1 0-1 0-1 200"),
    ("bytes=0 -1", "200 0-1 0-1 0-1 200"),
    ("bytes=- 1", "200 665-665 416 416 200"),
    ("bytes =0-1", "200 200 0-1 200 200"),
    ("bytes=0-1;q=1", "200 0-1 416 416 200"),
    ("BYTES=0-1", "0-1 200 0-1 0-1 0-1"),
    ("Bytes=0-1", "0-1 200 0-1 0-1 0-1"),
    ("items=0-1", "200 200 416 200 200"),
    ("none", "200 200 416 200 200"),
    ("x=0-1", "200 200 416 200 200"),
    ("bytes=0-1,a", "200 0-1 416 416 200"),
    ("bytes=a,0-1", "200 0-1 416 416 200"),
    ("bytes=0-1,5-2", "200 0-1 416 0-1 200"),
    ("bytes=5-2,0-1", "200 0-1 416 0-1 200"),
    ("bytes=0-1,700-", "0-1 0-1 416 0-1 0-1"),
    ("bytes=700-,0-1", "0-1 0-1 416 0-1 0-1"),
    ("bytes=700-,800-", "416 416 416 416 416"),
    ("bytes=0-1,-0", "0-1 0-1 416 0-1 200"),
    ("bytes=-0,0-1", "0-1 0-1 416 0-1 200"),
    ("bytes=0-9,5-14", "0-9,5-14 0-14 416 0-9,5-14 0-14"),
    ("bytes=0-9,10-19", "0-9,10-19 0-19 416 0-9,10-19 0-19"),
    ("bytes=10-19,0-9", "10-19,0-9 0-19 416 10-19,0-9 0-19"),
    ("bytes=0-9,11-19", "0-9,11-19 200 416 0-9,11-19 0-9,11-19"),
    ("bytes=0-9,0-9", "0-9,0-9 0-9 416 0-9,0-9 0-9"),
    ("bytes=0-,0-", "200 0-665 416 200 0-665"),
    ("bytes=0-,-5", "200 0-665 416 200 0-665"),
    ("bytes=0-1,0-", "200 0-665 416 200 0-665"),
    ("bytes=1-,1-", "200 1-665 416 200 1-665"),
    ("bytes=0-665", "0-665 0-665 0-665 0-665 0-665"),
    ("bytes=0-665,0-0", "200 0-665 416 200 0-665"),
    ("bytes=0-400,300-665", "200 0-665 416 200 0-665"),
    (
        "bytes=0-332,334-665",
        "0-332,334-665 200 416 0-332,334-665 0-332,334-665",
    ),
    ("bytes=18446744073709551615-", "416 416 416 416 200"),
    ("bytes=0-18446744073709551615", "0-665 0-665 0-665 416 200"),
    ("bytes=0-18446744073709551616", "0-665 0-665 0-665 416 200"),
    ("bytes=9223372036854775807-", "416 416 416 416 416"),
    ("bytes=0-9223372036854775807", "0-665 0-665 0-665 0-665 0-665"),
    ("bytes=0-9223372036854775808", "0-665 0-665 0-665 416 200"),
    ("bytes=9223372036854775808-", "416 416 416 416 200"),
    ("bytes=-9223372036854775807", "0-665 416 416 0-665 0-665"),
    ("bytes=-9223372036854775808", "0-665 416 416 416 200"),
    (
        "bytes=0-99999999999999999999999999999999999999999999",
        "0-665 0-665 0-665 416 200",
    ),
    ("bytes=00-09", "0-9 0-9 0-9 0-9 0-9"),
    ("bytes=+0-9", "200 0-9 416 416 200"),
    ("bytes=0-+9", "200 0-9 416 416 200"),
    ("bytes=0--9", "200 0-665 416 416 200"),
    ("bytes=--9", "200 416 416 416 200"),
    ("bytes=0--0", "200 0-665 0-0 416 200"),
    ("bytes=0-9-5", "200 0-9 416 416 200"),
    ("bytes=0-9-", "200 0-9 416 416 200"),
    ("bytes=0x0-9", "200 0-9 416 416 200"),
    ("bytes=1e1-20", "200 1-20 416 416 200"),
    ("bytes=1.5-3", "200 1-3 416 416 200"),
    ("bytes==0-1", "200 665-665 416 416 200"),
    ("bytes=0-1=2", "200 0-1 416 416 200"),
    ("bytes=0-1", "0-1 0-1 0-1 0-1 0-1"),
    ("bytes=\t0-1", "0-1 0-1 0-1 416 200"),
    ("bytes:0-1", "200 200 416 200 200"),
    (
        "bytes=0-4,10-14,3-6",
        "0-4,10-14,3-6 200 416 0-4,10-14,3-6 0-4,10-14,3-6",
    ),
    (
        "bytes=10-14,0-4,3-12",
        "10-14,0-4,3-12 0-14 416 10-14,0-4,3-12 10-14,0-12",
    ),
    (
        "bytes=0-1,3-4,6-7,9-10",
        "0-1,3-4,6-7,9-10 200 416 0-1,3-4,6-7,9-10 0-1,3-4,6-7,9-10",
    ),
    ("bytes=-5,-3", "661-665,663-665 661-665 416 661-665,663-665 661-665"),
    ("bytes=660-,-3", "660-665,663-665 660-665 416 660-665,663-665 660-665"),
    ("bytes=700-,a", "200 416 416 416 200"),
    ("bytes=a,700-", "200 416 416 416 200"),
    ("bytes=0-1,-700", "200 0-1 416 200 0-665"),
    ("bytes=-700,0-1", "200 0-1 416 200 0-665"),
    ("bytes=5-,0-1", "5-665,0-1 200 416 5-665,0-1 5-665,0-1"),
    ("bytes=1-2,bytes=3-4", "200 200 416 416 200"),
    ("bytes=0-1 5-6", "200 0-1 416 416 200"),
    ("bytes=abc-5", "200 661-665 416 416 200"),
    ("bytes=5-abc", "200 5-665 416 416 200"),
];

#[test]
fn each_policy_parses_a_field_by_its_own_rules() {
    let policies = [RFC, MERGED, SINGLE, SPACED, TIGHT].map(policy);
    for (field, row) in FIELDS {
        let got = policies.each_ref().map(|policy| outcome(field, 666, policy)).join(" ");
        assert_eq!(got, *row, "{field}");
    }
}

#[test]
fn the_default_is_rfc_9110_section_14() {
    assert_eq!(policy(RFC), RangePolicy::default());
    for (field, expected) in [
        ("bytes=0-499", "0-499"),
        ("bytes=500-999", "500-999"),
        ("bytes=-500", "9500-9999"),
        ("bytes=9500-", "9500-9999"),
        ("bytes=0-0,-1", "0-0,9999-9999"),
        ("bytes= 0-0 , -1", "0-0,9999-9999"),
        ("bytes= 0-999, 4500-5499, -1000", "0-999,4500-5499,9000-9999"),
        ("bytes=500-600,601-999", "500-600,601-999"),
        ("bytes=500-700,601-999", "500-700,601-999"),
        ("bytes=10000-", "416"),
        ("bytes=-0", "416"),
        ("bytes=-20000", "0-9999"),
        ("bytes=999-500", "200"),
        ("lines=1-2", "200"),
    ] {
        assert_eq!(outcome(field, 10_000, &RangePolicy::default()), expected, "{field}");
    }
}

#[test]
fn ranges_of_an_empty_file() {
    for (field, row) in [
        ("bytes=0-", "416 416 200 200 200"),
        ("bytes=0-0", "416 416 200 200 200"),
        ("bytes=5-9", "416 416 200 416 200"),
        ("bytes=-5", "200 416 200 200 200"),
        ("bytes=-0", "416 416 200 200 200"),
        ("bytes=5-9,0-", "416 416 200 200 200"),
        ("bytes=a", "200 416 200 416 200"),
        ("items=0-", "200 200 200 200 200"),
    ] {
        let got = [RFC, MERGED, SINGLE, SPACED, TIGHT]
            .map(|text| outcome(field, 0, &policy(text)))
            .join(" ");
        assert_eq!(got, row, "{field}");
    }
}

#[test]
fn members_before_a_malformed_one_can_count_and_a_comma_can_mean_several() {
    for (field, expected) in [
        ("bytes=0-1", "0-1"),
        ("bytes=0-1,", "(0-1)"),
        ("bytes=0-1,a,5-6", "(0-1)"),
        ("bytes=0-1,700-", "(0-1)"),
        ("bytes=0-1,,5-6", "0-1,5-6"),
        ("bytes=,0-1", "416"),
        ("bytes=a,0-1", "416"),
        ("bytes=0-,0-,-5", "0-665,0-665,661-665"),
        ("bytes=-1000", "0-665"),
        ("bytes=-", "416"),
        ("bytes= 0- 9", "0-9"),
        ("bytes=+0-+9", "0-9"),
        ("bytes=0-9 ", "416"),
        ("bytes=0--5", "416"),
        ("bytes=5-2", "416"),
        ("bytes=", "416"),
        ("BYTES=0-1", "0-1"),
        ("bytes", "200"),
    ] {
        assert_eq!(outcome(field, 666, &policy(OPEN)), expected, "{field}");
    }
}

#[test]
fn limits_lead_to_the_whole_file() {
    let list = |count: u64, first: fn(u64) -> u64, width: u64| {
        let members: Vec<String> = (0..count)
            .map(|i| format!("{}-{}", first(i), first(i) + width))
            .collect();
        format!("bytes={}", members.join(","))
    };
    let parts = |field: &str, text: &str| match select(field.as_bytes(), 10_000, &policy(text)) {
        Selection::Several(ranges) => ranges.len(),
        Selection::Single(_) => 1,
        _ => 0,
    };
    let apart: fn(u64) -> u64 = |i| i * 3;
    let overlapping: fn(u64) -> u64 = |i| i * 2;
    let backwards: fn(u64) -> u64 = |i| 5000 - i * 2;
    assert_eq!(parts(&list(100, apart, 0), RFC), 100);
    assert_eq!(parts(&list(101, apart, 0), RFC), 0);
    assert_eq!(parts(&list(200, apart, 0), TIGHT), 200);
    assert_eq!(parts(&list(201, apart, 0), TIGHT), 0);
    assert_eq!(parts(&list(222, apart, 0), SPACED), 222);
    assert_eq!(parts(&list(3, overlapping, 5), RFC), 3);
    assert_eq!(parts(&list(4, overlapping, 5), RFC), 0);
    assert_eq!(parts(&list(21, overlapping, 5), TIGHT), 1);
    assert_eq!(parts(&list(22, overlapping, 5), TIGHT), 0);
    assert_eq!(parts(&list(21, backwards, 5), TIGHT), 1);
    assert_eq!(parts(&list(22, backwards, 5), TIGHT), 0);
    assert_eq!(
        parts(&list(4, backwards, 5), "max_overlaps = \"off\"\nmax_reversals = 2"),
        0
    );
    assert_eq!(
        parts(&list(4, backwards, 5), "max_overlaps = \"off\"\nmax_reversals = 3"),
        4
    );
    let refused = policy("max_ranges = 1\nover_limit = \"unsatisfiable\"");
    assert_eq!(outcome("bytes=0-0,2-2", 10, &refused), "416");
}

#[test]
fn merged_ranges_take_the_position_of_their_earliest_part() {
    for (merge, field, expected) in [
        ("off", "bytes=50-59,0-9,5-20", "50-59,0-9,5-20"),
        ("neighbours", "bytes=50-59,0-9,5-20", "50-59,0-20"),
        ("neighbours", "bytes=0-9,50-59,5-20", "0-9,50-59,5-20"),
        ("all", "bytes=0-9,50-59,5-20", "0-20,50-59"),
        ("all", "bytes=50-59,5-20,0-9", "50-59,0-20"),
        ("all", "bytes=0-9,10-19", "0-19"),
    ] {
        let policy = policy(&format!("merge = {merge:?}"));
        assert_eq!(outcome(field, 100, &policy), expected, "{merge} {field}");
    }
    let apart = policy("merge = \"all\"\nmerge_adjacent = false\norder = \"sorted\"");
    assert_eq!(outcome("bytes=50-59,10-19,0-9,15-20", 100, &apart), "0-9,10-20,50-59");
}

#[test]
fn several_ranges_can_be_refused_or_cut_to_the_first() {
    let with = |several: &str| outcome("bytes=5-6,0-1", 10, &policy(&format!("several = {several:?}")));
    assert_eq!(
        ["multipart", "first", "whole", "unsatisfiable"].map(with),
        ["5-6,0-1", "5-6", "200", "416"]
    );
    assert_eq!(outcome("bytes=0-0", 10, &policy("enabled = false")), "200");
}

#[test]
fn the_largest_files_and_numbers_do_not_overflow() {
    for text in [RFC, MERGED, SINGLE, SPACED, TIGHT, OPEN] {
        let policy = policy(text);
        for size in [0, 1, u64::MAX - 1, u64::MAX] {
            for number in [
                "0",
                "1",
                "18446744073709551614",
                "18446744073709551615",
                "99999999999999999999999999",
            ] {
                for field in [
                    format!("bytes={number}-"),
                    format!("bytes=-{number}"),
                    format!("bytes=0-{number}"),
                ] {
                    let twice = format!("{field},{},{number}-{number}", &field[6..]);
                    for field in [field, twice, format!("bytes=0-{}", "9".repeat(10_000))] {
                        if let Selection::Single(range) = select(field.as_bytes(), size, &policy) {
                            assert!(range.first <= range.last && range.last < size, "{field} {size}");
                        }
                    }
                }
            }
        }
    }
    assert_eq!(
        ByteRange {
            first: 0,
            last: u64::MAX
        }
        .length(),
        u64::MAX
    );
}

#[test]
fn adversarial_lists_end_soon() {
    for text in [
        RFC,
        MERGED,
        SINGLE,
        SPACED,
        TIGHT,
        OPEN,
        "merge = \"all\"\nmax_ranges = \"off\"\nmax_overlaps = \"off\"",
    ] {
        let policy = policy(text);
        for member in [
            "0-,", "1-1,", ",", "-,", "5-2,", " ,", "-1,", "a,", "9-9,1-1,", "\u{ff}", "--", "=",
        ] {
            let field = format!("bytes={}", member.repeat(10_000));
            select(field.as_bytes(), 10, &policy);
        }
    }
}

#[test]
fn white_space_of_latin1_is_trimmed() {
    let policy = policy(SINGLE);
    for space in ["\t", "\x0b", "\x0c", "\x1c", "\x1f", "\u{85}", "\u{a0}"] {
        // Field values are Latin-1.
        let field: Vec<u8> = format!("bytes={space}0{space}-1{space}")
            .chars()
            .map(|c| c as u8)
            .collect();
        let want = Selection::Single(ByteRange { first: 0, last: 1 });
        assert_eq!(select(&field, 666, &policy), want, "{space:?}");
    }
}

#[test]
fn a_policy_can_be_printed_and_read_again() {
    for text in [RFC, MERGED, SINGLE, SPACED, TIGHT, OPEN] {
        let one = policy(text);
        assert_eq!(policy(&toml::to_string(&one).expect("toml")), one);
    }
    assert!(toml::from_str::<RangePolicy>("suffix = 1").is_err());
    assert!(toml::from_str::<RangePolicy>("merge = \"some\"").is_err());
}
