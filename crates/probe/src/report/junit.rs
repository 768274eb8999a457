//! The comparison as JUnit XML, for CI systems.

use super::Subject;
use crate::case::group;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The comparison as JUnit XML: one suite for each group. Cases that differ have failed, and unstable cases are
/// skipped.
///
/// # Errors
/// No comparison makes this fail at present. A failure of the XML writer is returned as its text.
pub fn junit(subject: &Subject<'_>) -> Result<String, String> {
    let comparison = subject.comparison;
    let mut report = Report::new(format!("{} and {}", subject.first, subject.second));
    for (name, counts) in &comparison.groups {
        let mut suite = TestSuite::new(name.as_str());
        for (case, found) in comparison.differing.iter().filter(|(case, _)| group(case) == name) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
            status.set_message(lines.join("\n"));
            suite.add_test_case(TestCase::new(case.as_str(), status));
        }
        for case in comparison.unstable.iter().filter(|case| group(case) == name) {
            let mut status = TestCaseStatus::skipped();
            status.set_message("a server did not agree with itself");
            suite.add_test_case(TestCase::new(case.as_str(), status));
        }
        for number in 0..counts.equal {
            suite.add_test_case(TestCase::new(
                format!("equal {}", number + 1),
                TestCaseStatus::success(),
            ));
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|e| e.to_string())
}
