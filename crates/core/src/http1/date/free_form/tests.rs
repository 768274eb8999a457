use super::parse;

const T: i64 = 1_698_766_276;

#[test]
fn words_and_numbers_may_be_in_nearly_any_order() {
    for (text, expected) in [
        ("Tue Oct 31 2023 15:31:16 GMT+0000 (nested (text))", Some(T)),
        ("2023/10/31 15:31:16", Some(T)),
        ("31-Oct-2023 15:31:16", Some(T)),
        ("15:31:16 October 31 23", Some(T)),
        ("Octopus 31 2023 3:31:16 pm", Some(T)),
        ("any words 31 Oct 2023 15:31:16", Some(T)),
        ("31 Oct 2023 15:31:16 any words", None),
        ("31 Oct 2023 15:31:16.9", Some(T)),
        ("31 Oct 2023 15:31:16 +1", Some(T - 3600)),
        ("31 Oct 2023 15:31:16 -01:30", Some(T + 5400)),
        ("31 Oct 2023 15:31:16 +12345", None),
        ("31 Oct 2023 15:31:16 PDT", Some(T + 25_200)),
        ("31 Oct 2023 12:00 am", Some(T - 55_876)),
        ("31 Oct 2023 13:00 am", None),
        ("Oct 31", Some(1_004_486_400)),
        ("Oct", None),
        ("32 Oct 2023", None),
        ("31 Oct 49", Some(2_519_251_200)),
        ("31 Oct 50", Some(-604_972_800)),
        ("31 Oct 999999999", None),
        ("", None),
        (")(", None),
    ] {
        assert_eq!(parse(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn iso_8601_is_strict_once_its_time_has_begun() {
    for (text, expected) in [
        ("2023-10-31T15:31:16Z", Some(T)),
        ("2023-10-31T15:31:16.999Z", Some(T)),
        ("2023-10-31T15:31:16", Some(T)),
        ("2023-10-31T16:31:16+01:00", Some(T)),
        ("2023-10-31T16:31:16+0100", Some(T)),
        ("+002023-10-31T15:31:16Z", Some(T)),
        ("2023-10-31T15:31", Some(T - 16)),
        ("2023-10-31T24:00", Some(T + 30_524)),
        ("2023-10-31T24:01", None),
        ("2023-10-31T15", None),
        ("2023-10-31T15:31:16 Z", None),
        ("2023-10-31T15:31:60Z", None),
        ("2023", Some(1_672_531_200)),
        ("2023-10", Some(1_696_118_400)),
        ("0023-10-31", Some(-61_415_193_600)),
        ("-000000-01-01", Some(978_307_200)),
        ("-000001-01-01T00:00:00Z", Some(-62_198_755_200)),
    ] {
        assert_eq!(parse(text.as_bytes()), expected, "{text}");
    }
}
