//! `labserve compare`: the cases in which two servers differ, and how they differ.

use super::chosen;
use super::source::Source;
use crate::cli::Mistake;
use crate::cli::args::CompareArgs;
use crate::cli::language::translated;
use crate::cli::output::{print, print_err, write};
use labserve_probe::adapt::adapted;
use labserve_probe::compare::compare;
use labserve_probe::report::{self, Subject};
use std::process::ExitCode;

pub(in crate::cli) fn run(args: &CompareArgs) -> Result<ExitCode, Mistake> {
    if args.at_least.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
        return Err(Mistake(
            "--at-least: expected a percentage from 0 to 100, such as 99.5".to_owned(),
        ));
    }
    let mut cases = chosen(&args.ask.only)?;
    if args.ask.fast {
        cases.retain(|case| !case.slow);
    }
    let first = Source::find(&args.first, &args.ask)?;
    let second = Source::find(&args.second, &args.ask)?;
    let (first, second) = Source::answers_of_both(first, second, &cases, &args.ask)?;
    // Shows the cases as they were sent.
    let cases = adapted(&cases, first.file.as_ref());
    let comparison = compare(&first, &second);
    let subject = Subject {
        first: &args.first,
        second: &args.second,
        cases: &cases,
        comparison: &comparison,
    };
    if let Some(file) = &args.html {
        write(file, "the page", &report::html(&subject))?;
    }
    if let Some(file) = &args.junit {
        write(file, "the JUnit XML", &report::junit(&subject)?)?;
    }
    if args.json {
        print(&format!("{:#}\n", report::json(&subject)))?;
    } else {
        print(&translated(&report::text(&subject, args.show)))?;
    }
    let total = comparison.total();
    let percent = total.percent();
    match args.at_least {
        Some(_) if total.equal + total.differs == 0 => {
            print_err("labserve: no case has an answer of both, so --at-least cannot be met");
            Ok(ExitCode::FAILURE)
        }
        Some(least) if percent < least => {
            print_err(&format!(
                "labserve: {percent:.2} % are equal, and --at-least wants {least} %"
            ));
            Ok(ExitCode::FAILURE)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
