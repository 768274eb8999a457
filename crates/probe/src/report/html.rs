//! The comparison as a self-contained page.

use super::Subject;
use super::frequent::{brief, frequent, telling_first};
use crate::case::{group, visible};
use crate::compare::{Counts, Difference};
use maud::{DOCTYPE, Markup, html};

/// How many of the differences that many cases share are listed.
const FREQUENT: usize = 20;

const STYLE: &str = "
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif;
  --muted: light-dark(#5b6470, #a3adba); --line: light-dark(#d5dae0, #3a414a);
  --first: light-dark(#fde3d3, #5a2f14); --second: light-dark(#d8ecd5, #1f4a22); --warn: light-dark(#a63600, #ff9d66); }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.35; } h2 { margin-top: 2.2rem; } h3 { margin: 1.6rem 0 .4rem; }
code, pre { font: .87rem/1.45 ui-monospace, monospace; }
table { border-collapse: collapse; } th { color: var(--muted); font-weight: 500; vertical-align: bottom; }
th, td { padding: .15rem .7rem; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tr.all { font-weight: 600; } tr.all td { border-top: 1px solid var(--line); }
.lines th, .lines td { text-align: left; vertical-align: top; }
.lines td { border-top: 1px solid var(--line); }
.lines :is(th, td):nth-child(-n+2) { text-align: right; overflow-wrap: normal; }
.zero, .brief { color: var(--muted); } .differs { color: var(--warn); }
details { border-top: 1px solid var(--line); padding: .25rem 0; } summary { cursor: pointer; }
.brief { display: block; padding-left: 1.1rem; font-size: .87rem; }
pre { margin: .4rem 0; white-space: pre-wrap; } .words { color: var(--muted); padding-left: 1.1rem; }
.both { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; padding-left: 1.1rem; }
.both h4 { margin: 0; font-weight: 500; color: var(--muted); }
mark { color: inherit; } .first mark { background: var(--first); } .second mark { background: var(--second); }
@media (max-width: 40rem) { .both { grid-template-columns: 1fr; } th, td { padding: .15rem .28rem; }
  table { font-size: .84rem; } .lines code { font-size: .78rem; } }
";

/// The comparison as a page: the four counts by group, the most frequent differences, then each case that differs, with
/// the output of both servers side by side.
pub fn html(subject: &Subject<'_>) -> String {
    let comparison = subject.comparison;
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
                    @for (name, counts) in &comparison.groups { (row(name, counts)) }
                    (total_row(&total))
                }
                (most_frequent(subject))
                (cases(subject))
                @if !comparison.unstable.is_empty() {
                    h2 { "Unstable" }
                    p { "In these cases one of the two did not agree with itself: " (comparison.unstable.join(", ")) "." }
                }
            }
        }
    };
    page.into_string()
}

fn row(name: &str, counts: &Counts) -> Markup {
    html! {
        tr {
            td {
                @if counts.differs > 0 { a href=(format!("#group-{name}")) { (name) } } @else { (name) }
            }
            (numbers(counts))
        }
    }
}

fn total_row(total: &Counts) -> Markup {
    html! { tr.all { td { "all" } (numbers(total)) } }
}

fn numbers(counts: &Counts) -> Markup {
    let number = |count: usize, class: &str| {
        let class = if count == 0 { "zero" } else { class };
        html! { td class=(class) { (count) } }
    };
    html! {
        (number(counts.equal, ""))
        (number(counts.differs, "differs"))
        (number(counts.unstable, ""))
        (number(counts.not_asked, ""))
        td { (format!("{:.2}", counts.percent())) }
    }
}

/// The lines that differ in the same way in many cases.
fn most_frequent(subject: &Subject<'_>) -> Markup {
    let lines = frequent(subject, FREQUENT);
    html! {
        @if !lines.is_empty() {
            h2 { "What differs most often" }
            table.lines {
                tr { th { "cases" } th { "nothing else in" } th { (subject.first) } th { (subject.second) } }
                @for line in &lines {
                    tr {
                        td { a href=(format!("#{}", line.example)) { (line.cases) } }
                        td class=[(line.alone == 0).then_some("zero")] { (line.alone) }
                        td { (line_or_nothing(line.first.as_deref())) }
                        td { (line_or_nothing(line.second.as_deref())) }
                    }
                }
            }
        }
    }
}

fn line_or_nothing(line: Option<&str>) -> Markup {
    html! {
        @if let Some(line) = line { code { (escaped(line)) } } @else { span.zero { "nothing" } }
    }
}

/// The cases that differ, by group. Those that differ only in one of the lines above come last.
fn cases(subject: &Subject<'_>) -> Markup {
    let differing = telling_first(subject);
    let words = subject.words();
    html! {
        @if !differing.is_empty() { h2 { "All that differs" } }
        @for name in subject.comparison.groups.keys() {
            @let of_group: Vec<_> = differing.iter().copied().filter(|(case, _)| group(case) == name).collect();
            @if !of_group.is_empty() {
                h3 id=(format!("group-{name}")) { (name) }
                @for (case, found) in of_group {
                    details id=(case) {
                        summary { code { (case) } span.brief { (escaped(&brief(found))) } }
                        @if let Some(words) = words.get(case.as_str()) { pre.words { (escaped(words)) } }
                        @for difference in found { (one(subject, difference)) }
                    }
                }
            }
        }
    }
}

fn one(subject: &Subject<'_>, difference: &Difference) -> Markup {
    let (first, second) = difference.sides();
    html! {
        div.both {
            div.first { h4 { (subject.first) } (lines(&first, &second)) }
            div.second { h4 { (subject.second) } (lines(&second, &first)) }
        }
    }
}

/// The lines of a response. Lines that the other response does not have are marked.
fn lines(text: &str, other: &str) -> Markup {
    if text.is_empty() {
        return html! { pre { mark { "nothing" } } };
    }
    let known: std::collections::HashSet<&str> = other.split("\r\n").collect();
    let shown = |line: &str| escaped(&visible(line));
    html! {
        pre {
            @for line in text.split("\r\n") {
                @if known.contains(line) { (shown(line)) } @else { mark { (shown(line)) @if line.is_empty() { "\\r\\n" } } }
                "\n"
            }
        }
    }
}

/// A text in which pictures of control characters are replaced by escapes, because few fonts contain the pictures.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '␍' => out.push_str("\\r"),
            '␊' => out.push_str("\\n"),
            '␉' => out.push_str("\\t"),
            '␡' => out.push_str("\\x7f"),
            '\u{2400}'..='\u{241f}' => out.push_str(&format!("\\x{:02x}", u32::from(c) - 0x2400)),
            c => out.push(c),
        }
    }
    out
}
