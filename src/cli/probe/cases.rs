//! `labserve cases`: lists the groups of cases, or shows cases in words.

use super::no_such;
use crate::cli::Mistake;
use crate::cli::args::CasesArgs;
use crate::cli::language::translated;
use crate::cli::output::print;
use labserve_probe::case;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(in crate::cli) fn run(args: &CasesArgs) -> Result<(), Mistake> {
    let cases = case::built_in();
    let mut out = String::new();
    match &args.name {
        None => {
            let mut groups: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
            for case in &cases {
                groups.entry(case.group()).or_insert((0, &case.name)).0 += 1;
            }
            // Writing to a String cannot fail.
            for (group, (count, example)) in groups {
                let _ = writeln!(out, "{group:14} {count:4}   such as {example}");
            }
            let _ = writeln!(
                out,
                "\n{} cases; `labserve cases GROUP` shows a group in words",
                cases.len()
            );
        }
        Some(name) => {
            let chosen: Vec<_> = cases
                .iter()
                .filter(|case| case.group() == name || case.name == *name)
                .collect();
            if chosen.is_empty() {
                return Err(no_such(name, &cases));
            }
            for case in chosen {
                let slow = if case.slow { " (slow)" } else { "" };
                let _ = writeln!(out, "{}{slow}", case.name);
                for line in case.words().lines() {
                    let _ = writeln!(out, "  {line}");
                }
            }
        }
    }
    print(&translated(&out))
}
