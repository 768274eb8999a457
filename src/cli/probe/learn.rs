//! `labserve learn`: finds the profile that answers in the same way as a recorded server.

use super::chosen;
use super::source::Source;
use crate::cli::Mistake;
use crate::cli::args::LearnArgs;
use crate::cli::language::translated;
use crate::cli::output::{print, print_err, write};
use labserve_core::profile::builtin;
use labserve_probe::adapt::adapted;
use labserve_probe::learn::{self, Learned, Options, Progress};
use labserve_probe::{Case, Recording, report};
use labserve_server::text_file::shown;
use std::fmt::Write;
use std::process::ExitCode;

pub(in crate::cli) fn run(args: &LearnArgs) -> Result<ExitCode, Mistake> {
    if let Some(unknown) = args
        .without
        .iter()
        .find(|name| !builtin::names().any(|known| known == *name))
    {
        let known: Vec<&str> = builtin::names().collect();
        return Err(Mistake(format!(
            "--without {unknown}: there is no such built-in profile; expected some of {}",
            known.join(", ")
        )));
    }
    if !(0.0..=10_000.0).contains(&args.effort) {
        return Err(Mistake(
            "--effort: expected a number of millions from 0 to 10000, such as 30".to_owned(),
        ));
    }
    if args.output.exists() {
        return Err(Mistake(format!(
            "{}: this file exists. Use another name",
            shown(&args.output)
        )));
    }
    let mut cases = chosen(&args.ask.only)?;
    if args.ask.fast {
        cases.retain(|case| !case.slow);
    }
    let recording = recording(args, &cases)?;
    let options = Options {
        without: args.without.clone(),
        effort: args.effort,
        examine: args.report.is_some(),
    };
    let learned = learn::learn(&recording, &cases, &options, &|progress| print_err(&in_words(progress)))?;
    write(&args.output, "the profile", &learned.text)?;
    if let Some(file) = &args.report {
        let asked = adapted(&cases, recording.file.as_ref());
        write(file, "the report", &report::learned(&learned, &asked))?;
    }
    print(&translated(&summary(&learned, &cases, args)))?;
    Ok(ExitCode::SUCCESS)
}

/// A source, unless it is a profile: a profile cannot be learned from.
fn learnable(source: Source, word: &str) -> Result<Source, Mistake> {
    match source {
        Source::Profile(_) => Err(Mistake(format!(
            "`{word}` is a profile already. Expected a URL such as http://127.0.0.1:8080, or a file that `labserve record` wrote"
        ))),
        source => Ok(source),
    }
}

/// The recordings that the user named, merged into one. A server is recorded now.
fn recording(args: &LearnArgs, cases: &[Case]) -> Result<Recording, Mistake> {
    let mut all: Option<Recording> = None;
    for word in &args.sources {
        let source = learnable(Source::find(word, &args.ask)?, word)?;
        let recording = source.answers(cases, &args.ask, None)?;
        match &mut all {
            None => all = Some(recording),
            Some(all) => all.absorb(recording),
        }
    }
    all.ok_or_else(|| Mistake("expected a URL or a recording, such as server.rec".to_owned()))
}

fn in_words(progress: Progress) -> String {
    match progress {
        Progress::Start => "looking for the nearest built-in profile and reading the responses".to_owned(),
        Progress::Search(figure) => format!("{figure} agree from the start; trying the values of all keys"),
        Progress::All(figure) => format!("{figure} agree; going on with all cases"),
        Progress::Prune(figure) => format!("{figure} agree; leaving out the keys that no case decides"),
        _ => String::new(),
    }
}

fn summary(learned: &Learned, cases: &[Case], args: &LearnArgs) -> String {
    let mut out = String::new();
    let file = shown(&args.output);
    let base = learned
        .extends
        .as_ref()
        .map_or_else(String::new, |base| format!(", which extends {base}"));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "wrote {file}{base}");
    let _ = writeln!(out, "  equal answers   {}", learned.all);
    let _ = writeln!(
        out,
        "  held out        {}: cases that a first search did not see",
        learned.held_out
    );
    for literal in &learned.literal {
        let _ = writeln!(out, "  not explained   {literal}: stays as it was sent");
    }
    if !learned.differing.is_empty() {
        let _ = writeln!(out, "\nno keys were found for {} cases:", learned.differing.len());
    }
    for (name, difference) in learned.differing.iter().take(args.show) {
        let _ = writeln!(out, "\n{name}");
        if let Some(case) = cases.iter().find(|case| case.name == *name) {
            for line in case.words().lines() {
                let _ = writeln!(out, "  | {line}");
            }
        }
        let _ = writeln!(out, "  {difference}");
    }
    if learned.differing.len() > args.show {
        let _ = writeln!(
            out,
            "\nand {} more; `--show N` prints more of them",
            learned.differing.len() - args.show
        );
    }
    let _ = writeln!(out, "\nserve it: labserve --profile {file}");
    out
}
