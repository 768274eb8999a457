//! The comparison of wire.py in Rust: describes the differences between two outcomes of a case.

use super::normal::normal;
use super::recording::Outcome;

/// An outcome, and the `HOST:PORT` that it came from.
pub(crate) struct Measured<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) target: &'a str,
}

/// One line for each difference.
pub(crate) fn differences(want: &Measured<'_>, got: &Measured<'_>) -> Vec<String> {
    let (a, b) = (want.outcome, got.outcome);
    let mut found = Vec::new();
    for (step, (x, y)) in a.heard.iter().zip(&b.heard).enumerate() {
        if let Some(line) = first_difference(&normal(&x.text, want.target), &normal(&y.text, got.target)) {
            found.push(format!("step {step} {line}"));
        } else if !close(x.at_s, y.at_s) {
            found.push(format!(
                "step {step}: first byte after {:.3?} s, want {:.3?} s",
                y.at_s, x.at_s
            ));
        }
    }
    if a.end != b.end {
        found.push(format!(
            "end: want {:?} after {:?}, got {:?} after {:.3?}",
            a.end, a.after_s, b.end, b.after_s
        ));
    } else if !close(a.after_s, b.after_s) {
        found.push(format!(
            "end {:?}: want after {:.3?} s, got after {:.3?} s",
            a.end, a.after_s, b.after_s
        ));
    }
    found
}

fn first_difference(want: &str, got: &str) -> Option<String> {
    if want == got {
        return None;
    }
    let (a, b): (Vec<_>, Vec<_>) = (want.split("\r\n").collect(), got.split("\r\n").collect());
    let line = a
        .iter()
        .zip(&b)
        .position(|(x, y)| x != y)
        .unwrap_or(a.len().min(b.len()));
    let show = |lines: &[&str]| {
        lines.get(line).map_or("(end)".to_owned(), |text| {
            format!("{:?}", text.chars().take(140).collect::<String>())
        })
    };
    Some(format!(
        "line {line}: want {} got {} ({} / {} bytes)",
        show(&a),
        show(&b),
        want.chars().count(),
        got.chars().count()
    ))
}

/// Whether two delays are equal within 0.25 s or 5 %, whichever is larger. All delays between 60 s and 91 s are equal: one
/// server checks its timers only every 30 s.
fn close(want: Option<f64>, got: Option<f64>) -> bool {
    let (Some(want), Some(got)) = (want, got) else {
        return true;
    };
    let is_ticked = |s: f64| 60.5 < s && s < 91.0;
    (want - got).abs() <= f64::max(0.25, 0.05 * want) || is_ticked(want) && is_ticked(got)
}
