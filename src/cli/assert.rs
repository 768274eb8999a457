//! `labserve assert`: checks assertions about a summary.

use super::Mistake;
use super::args::AssertArgs;
use super::language::translated;
use super::output::{print, write};
use labserve::check;
use labserve_server::text_file::{self, shown};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value;
use std::process::ExitCode;

pub(super) fn run(args: &AssertArgs) -> Result<ExitCode, Mistake> {
    let text = text_file::read(&args.file, "summary")?;
    let summary: Value = serde_json::from_str(&text).map_err(|error| {
        Mistake(format!(
            "{}: expected a summary as JSON; the mistake is on line {}, column {}",
            shown(&args.file),
            error.line(),
            error.column()
        ))
    })?;
    let results: Vec<(&str, Option<String>)> = args
        .assertions
        .iter()
        .map(|assertion| (assertion.as_str(), check(&summary, assertion).err()))
        .collect();
    if let Some(file) = &args.junit {
        write(file, "the JUnit XML", &junit(&results)?)?;
    }
    let failures: Vec<&String> = results.iter().filter_map(|(_, failure)| failure.as_ref()).collect();
    let lines: String = failures.iter().map(|failure| format!("{failure}\n")).collect();
    print(&translated(&lines))?;
    Ok(match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// The assertions as JUnit XML, one test case for each.
fn junit(results: &[(&str, Option<String>)]) -> Result<String, Mistake> {
    let mut suite = TestSuite::new("labserve assert");
    for (assertion, failure) in results {
        let status = match failure {
            None => TestCaseStatus::success(),
            Some(sentence) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(sentence.as_str());
                status
            }
        };
        suite.add_test_case(TestCase::new(*assertion, status));
    }
    let mut report = Report::new("labserve assert");
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}
