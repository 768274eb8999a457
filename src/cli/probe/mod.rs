//! `labserve record`, `compare`, `learn` and `cases`: what servers are asked, what they answer, and which profile
//! answers in the same way. `labserve visit`: loads a page as a browser does.

pub(super) mod cases;
pub(super) mod compare;
pub(super) mod learn;
pub(super) mod record;
mod source;
mod target;
pub(super) mod visit;

use super::Mistake;
use labserve_probe::{Case, case, measure};

/// The built-in cases of these groups; all of them if no group is named.
fn chosen(groups: &[String]) -> Result<Vec<Case>, Mistake> {
    let mut cases = case::built_in();
    if let Some(unknown) = groups
        .iter()
        .find(|group| *group != measure::GROUP && !cases.iter().any(|case| case.group() == *group))
    {
        return Err(no_such(unknown, &cases));
    }
    cases.retain(|case| groups.is_empty() || groups.iter().any(|group| case.group() == group));
    Ok(cases)
}

/// Whether these groups include the group of measures.
fn asks_for_measures(groups: &[String]) -> bool {
    groups.is_empty() || groups.iter().any(|group| group == measure::GROUP)
}

/// The error for a name that is neither a group nor a case. It suggests similar names.
fn no_such(name: &str, cases: &[Case]) -> Mistake {
    let known = cases.iter().flat_map(|case| [case.group(), case.name.as_str()]);
    let near = labserve_core::profile::near(name, known);
    let hint = near.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
    Mistake(format!(
        "`{name}` is not a group of cases; `labserve cases` lists them.{hint}"
    ))
}
