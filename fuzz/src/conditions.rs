//! Conditional requests, with arbitrary fields and validators.

use crate::input::Input;
use crate::profiles;
use labserve_core::http1::precondition::{Conditional, Method, Ranged, Validators, evaluate};

/// The first bytes select which fields are present, the method and the validators. Each following line is a field.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let present = input.byte();
    let method = *input.choose(&[Method::Get, Method::Head, Method::Other]);
    let range = *input.choose(&[Ranged::Absent, Ranged::Whole, Ranged::Part]);
    let mtime_secs = *input.choose(&[0, 1_698_766_276, -1, 1_698_766_277, i64::MAX, i64::MIN, 253_402_300_799]);
    let now_secs = *input.choose(&[1_700_000_000, 0, -1, 253_402_300_799]);
    let etag = input.line();
    let fields: [&[u8]; 6] = std::array::from_fn(|_| input.line());
    let field = |number: usize| (present >> number & 1 == 1).then_some(fields[number]);
    let conditional = Conditional {
        method,
        if_match: field(0),
        if_none_match: field(1),
        if_modified_since: field(2),
        if_unmodified_since: field(3),
        if_range: field(4),
        cache_control: field(5),
        range,
    };
    let validators = Validators {
        etag: (present >> 6 & 1 == 1).then_some(etag),
        mtime_secs: (present >> 7 & 1 == 0).then_some(mtime_secs),
        now_secs,
    };
    profiles::with_all(|all| {
        for profile in all {
            let _ = evaluate(&profile.conditions, &conditional, &validators);
        }
    });
}
