//! The comparison as one page that needs nothing else.

use super::Subject;
use crate::case::visible;
use crate::compare::{Counts, Difference};
use maud::{DOCTYPE, Markup, html};

const STYLE: &str = "
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: .15rem .8rem; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr.all { font-weight: 600; border-top: 1px solid; }
details { margin: .4rem 0; padding: .2rem .8rem; border-left: 3px solid #c60; } summary { cursor: pointer; }
pre { overflow-x: auto; margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.both { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } .both h4 { margin: 0; }
mark { background: #fb05; color: inherit; } .differs { color: #b40; }
@media (max-width: 40rem) { .both { grid-template-columns: 1fr; } }
";

/// The comparison as a page: the four numbers by group, then each case that differs, with what both servers sent side by
/// side.
pub fn html(subject: &Subject<'_>) -> String {
    let comparison = subject.comparison;
    let words = subject.words();
    let total = comparison.total();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (subject.first) " and " (subject.second) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { (subject.first) " and " (subject.second) }
                p {
                    (format!("{:.2}", total.percent())) " % of " (total.equal + total.differs) " cases are equal byte for byte, \
                    but for what differs between two runs of one server."
                }
                table {
                    tr { th { "group" } th { "equal" } th { "differs" } th { "unstable" } th { "not asked" } th { "equal, %" } }
                    @for (name, counts) in &comparison.groups { (row(name, counts, "")) }
                    (row("all", &total, "all"))
                }
                @if !comparison.differing.is_empty() { h2 { "What differs" } }
                @for (name, found) in &comparison.differing {
                    details {
                        summary { code { (name) } }
                        @if let Some(words) = words.get(name.as_str()) { pre { (words) } }
                        @for difference in found { (one(subject, difference)) }
                    }
                }
                @if !comparison.unstable.is_empty() {
                    h2 { "Unstable" }
                    p { "In these cases one of the two did not agree with itself: " (comparison.unstable.join(", ")) "." }
                }
            }
        }
    };
    page.into_string()
}

fn row(name: &str, counts: &Counts, class: &str) -> Markup {
    html! {
        tr class=(class) {
            td { (name) }
            td { (counts.equal) }
            td class=[(counts.differs > 0).then_some("differs")] { (counts.differs) }
            td { (counts.unstable) }
            td { (counts.not_asked) }
            td { (format!("{:.2}", counts.percent())) }
        }
    }
}

fn one(subject: &Subject<'_>, difference: &Difference) -> Markup {
    let Difference::Bytes { want, got, .. } = difference else {
        return html! { p { (difference.to_string()) } };
    };
    html! {
        div.both {
            div { h4 { (subject.first) } (lines(want, got)) }
            div { h4 { (subject.second) } (lines(got, want)) }
        }
    }
}

/// The lines of a response. Those that the other response does not have are marked.
fn lines(text: &str, other: &str) -> Markup {
    let known: std::collections::HashSet<&str> = other.split("\r\n").collect();
    html! {
        pre {
            @for line in text.split("\r\n") {
                @if known.contains(line) { (visible(line)) } @else { mark { (visible(line)) @if line.is_empty() { "␍␊" } } }
                "\n"
            }
        }
    }
}
