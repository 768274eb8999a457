//! Whether what a scan found is to be answered.

use crate::conn::{Context, Refusal};
use crate::http1::{Head, Scan};
use crate::path;

/// A head that is complete or refused, and why it is refused; `None` if the head is incomplete.
pub(super) fn ready(scan: Scan) -> Option<(Head, Option<Refusal>)> {
    match scan {
        Scan::Complete(head) => Some((head, None)),
        Scan::Refused(fault, head) => Some((head, Some(Refusal::Fault(fault)))),
        Scan::Partial(_) => None,
    }
}

/// The refusal of a target before its head is complete, for profiles that check each byte as it arrives and targets
/// before the other parts. The result includes the head up to the request line.
pub(super) fn refused_target(input: &[u8], scan: &Scan, cx: &Context<'_>) -> Option<(Head, Option<Refusal>)> {
    let profile = cx.profile;
    let (Scan::Partial(head) | Scan::Complete(head) | Scan::Refused(_, head)) = scan;
    if head.fields_start == 0 || !profile.head.by_byte || !profile.target.before_method {
        return None;
    }
    let id = path::malformed(head.target.of(input), &profile.target, &profile.files, cx.root)?;
    let line_alone = Head {
        fields: Vec::new(),
        len: 0,
        ..head.clone()
    };
    Some((line_alone, Some(Refusal::Response(id))))
}
