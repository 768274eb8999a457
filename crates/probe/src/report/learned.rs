//! The result of learning, as Markdown.

use crate::case::{Case, visible};
use crate::learn::{Finding, KeyFinding, Learned};
use std::fmt::Write;

/// The findings about each key, and the cases that no key explains, as Markdown. `cases` are those that were learned
/// from.
pub fn learned(learned: &Learned, cases: &[Case]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# What was learned\n");
    let _ = writeln!(out, "- equal answers: {}", learned.all);
    let _ = writeln!(
        out,
        "- held out: {}, cases that a first search did not see",
        learned.held_out
    );
    if let Some(base) = &learned.extends {
        let _ = writeln!(out, "- extends {base}: only keys that differ from its own are learned");
    }
    for literal in &learned.literal {
        let _ = writeln!(out, "- not explained: `{}` stays as it was sent", visible(literal));
    }
    decided(&mut out, &learned.keys);
    alike(&mut out, &learned.keys);
    not_asked(&mut out, &learned.keys);
    without_a_word(&mut out, learned, cases);
    out
}

fn decided(out: &mut String, keys: &[KeyFinding]) {
    let _ = writeln!(
        out,
        "\n## Learned\n\n| key | value | decided by | such as |\n|---|---|---|---|"
    );
    for key in keys {
        let (cases, example) = match &key.finding {
            Finding::Learned { cases, example } => (format!("{cases} cases"), example),
            Finding::Default { example } => ("at least 1 case".to_owned(), example),
            _ => continue,
        };
        let value = value(key);
        let _ = writeln!(out, "| {} | {value} | {cases} | {example} |", key.key);
    }
}

fn alike(out: &mut String, keys: &[KeyFinding]) {
    let _ = writeln!(
        out,
        "\n## Cannot be told apart\n\nWith these other values, all cases get the same answers.\n\n| key | value | other values |\n|---|---|---|"
    );
    for key in keys {
        if let Finding::Alike { values } = &key.finding {
            let values: Vec<String> = values.iter().map(|value| cell(value)).collect();
            let _ = writeln!(out, "| {} | {} | {} |", key.key, value(key), values.join(", "));
        }
    }
}

fn not_asked(out: &mut String, keys: &[KeyFinding]) {
    let _ = writeln!(
        out,
        "\n## Not asked\n\nNo case got another answer with any value that was tried: no case asks for it, or another key decides first.\n"
    );
    for key in keys.iter().filter(|key| key.finding == Finding::NotAsked) {
        let _ = writeln!(out, "- {}", key.key);
    }
}

fn without_a_word(out: &mut String, learned: &Learned, cases: &[Case]) {
    let _ = writeln!(
        out,
        "\n## No word for it\n\nNo keys were found with which these cases get the recorded answers."
    );
    for (name, difference) in &learned.differing {
        let _ = writeln!(out, "\n### {name}\n\n```text");
        if let Some(case) = cases.iter().find(|case| case.name == *name) {
            let _ = writeln!(out, "{}", case.words().trim_end());
        }
        let _ = writeln!(out, "{difference}\n```");
    }
}

fn value(key: &KeyFinding) -> String {
    key.value.as_deref().map_or_else(|| "the default".to_owned(), cell)
}

/// A value in a cell of a table.
fn cell(value: &str) -> String {
    /// The maximum number of characters.
    const LONGEST: usize = 60;
    let mut text: String = visible(value).replace('|', "\\|");
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST).collect::<String>() + "...";
    }
    format!("`{text}`")
}
