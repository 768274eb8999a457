//! The head scanner. Where a head ends must depend only on its bytes, not on how they were split.

use crate::input::Input;
use crate::{profiles, under_chosen};
use labserve_core::conn::is_last;
use labserve_core::http1::{Request, Scan, head, pipeline};
use labserve_core::profile::Profile;

/// Scans the bytes under the profile that the first byte selects.
pub fn run(data: &[u8]) {
    under_chosen(run_under, data);
}

/// Scans the bytes as a whole and up to two cuts, under the `number`th profile.
pub fn run_under(number: usize, data: &[u8]) {
    let mut input = Input(data);
    let cuts = [input.byte(), input.byte()];
    profiles::with_all(|all| scan(input.0, cuts, &all[number]));
}

fn scan(bytes: &[u8], cuts: [u8; 2], profile: &Profile) {
    let whole = head::scan(bytes, &profile.head);
    let (Scan::Partial(found) | Scan::Complete(found) | Scan::Refused(_, found)) = &whole;
    assert!(found.len <= bytes.len());
    let request = Request::new(bytes, found);
    let _ = (
        request.method(),
        request.target(),
        request.line(),
        request.line_at_fault(),
    );
    let _ = (request.host(), request.fault(&profile.head), request.asks_to_upgrade());
    let _ = request.framing(&profile.head.body);
    let Scan::Complete(found) = &whole else { return };
    let alone = head::scan(&bytes[..found.len], &profile.head);
    assert_eq!(
        alone, whole,
        "the bytes after a head changed it, under {}",
        profile.name
    );
    for cut in cuts {
        let beginning = &bytes[..found.len * usize::from(cut) / 256];
        match head::scan(beginning, &profile.head) {
            Scan::Partial(_) => {}
            Scan::Complete(other) => assert_eq!(&other, found, "two ends of one head, under {}", profile.name),
            Scan::Refused(fault, _) => panic!(
                "{} refuses {} for {fault} but accepts {}",
                profile.name,
                beginning.escape_ascii(),
                bytes.escape_ascii()
            ),
        }
    }
    if request.fault(&profile.head).is_none() {
        let _ = pipeline::look_ahead(bytes, found, &profile.head, |request| {
            is_last(request, &profile.connection)
        });
    }
}
