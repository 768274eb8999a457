//! The final findings about each key: whether the cases determine it, and which values they cannot distinguish.

use super::evidence::Evidence;
use super::exam::{self, Exam, Sent};
use super::moves::{self, Move, Options};
use super::space::{self, Key, Space};
use labserve_core::profile::Profile;
use labserve_core::profile::layers::Family;
use std::collections::BTreeMap;
use toml::Table;

/// What the cases say about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// They determine its value.
    Learned {
        /// How many of them get a different answer without it.
        cases: usize,
        /// One of them.
        example: String,
    },
    /// They show that the default value is right: with another value, this case gets a different answer.
    Default {
        /// The case.
        example: String,
    },
    /// With these other values, all of them get the same answers.
    Alike {
        /// Some of the values.
        values: Vec<String>,
    },
    /// None of them gets a different answer with any value that was tried: no case depends on it, or another key is
    /// decided first.
    NotAsked,
}

/// A key and the findings about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFinding {
    /// Its tables and its name, separated by dots.
    pub key: String,
    /// Its value, if the profile has one.
    pub value: Option<String>,
    /// What the cases say.
    pub finding: Finding,
}

/// How many values of a key are tried.
const MOST_VALUES: usize = 4;

/// The state at the end of the search.
pub(super) struct End<'e> {
    pub(super) exam: &'e Exam,
    pub(super) space: &'e Space,
    /// The cases whose answers are right.
    pub(super) right: Vec<usize>,
    pub(super) base: &'e Table,
    pub(super) keys: &'e Table,
    pub(super) profile: &'e Profile,
    pub(super) sent: &'e Sent,
    pub(super) evidence: &'e BTreeMap<Vec<String>, Evidence>,
}

impl End<'_> {
    /// The findings about each key that does not belong to a response. The keys of responses are read from the answers.
    pub(super) fn findings(&mut self) -> Vec<KeyFinding> {
        // Neighbouring cases are similar, and the slowest ones come last.
        self.right.sort_by_key(|case| (self.exam.cost(*case), case % 61, *case));
        let names: Vec<String> = self.profile.responses.all().map(|one| one.name.clone()).collect();
        let names: Vec<String> = names.into_iter().filter(|name| !name.contains(' ')).collect();
        let options = Options {
            base: self.base,
            names: &names,
            statuses: BTreeMap::new(),
            lengths: &[],
            times: &[],
            members: &[],
            companions: &BTreeMap::new(),
        };
        let family = exam::family(self.keys);
        let mut others = self.keys.clone();
        Family::strip(&mut others);
        let findings = self.exam.side_by_side(&self.space.keys, |key, worker| {
            let changes = changes(key, self.keys, &options);
            let built = changes.into_iter().filter_map(|change| {
                let profile = family.as_ref()?.member(change.on(&others)?).ok()?;
                Some((change, profile))
            });
            let built: Vec<(Move, Profile)> = built.take(MOST_VALUES).collect();
            Some(KeyFinding {
                key: key.path.join("."),
                value: space::get(self.keys, &key.path).map(ToString::to_string),
                finding: self.finding(key, &built, worker)?,
            })
        });
        findings.into_iter().flatten().collect()
    }

    /// `None` for a table whose keys have separate findings, and for a key that has no other value.
    fn finding(&self, key: &Key, built: &[(Move, Profile)], worker: usize) -> Option<Finding> {
        if space::get(self.keys, &key.path).is_some_and(toml::Value::is_table) || built.is_empty() {
            return None;
        }
        let mut decided = None;
        let mut alike = Vec::new();
        for (change, profile) in built {
            match self.first_other(profile, worker) {
                Some(case) => decided = decided.or(Some(case)),
                None => alike.extend(change.0.iter().map(|(_, value)| match value {
                    Some(value) => value.to_string(),
                    None => "the default".to_owned(),
                })),
            }
        }
        let name = |case: usize| self.exam.asked[case].case.name.clone();
        Some(match (self.evidence.get(&key.path), decided) {
            (_, Some(_)) if !alike.is_empty() => Finding::Alike { values: alike },
            (Some(evidence), _) if evidence.count > 0 => Finding::Learned {
                cases: evidence.count,
                example: evidence.example.or(decided).map(name).unwrap_or_default(),
            },
            (_, Some(case)) => Finding::Default { example: name(case) },
            (_, None) => Finding::NotAsked,
        })
    }

    /// The first case that gets a different answer.
    fn first_other(&self, profile: &Profile, worker: usize) -> Option<usize> {
        let simulation = self.exam.simulation(profile);
        let is_other = |case: &usize| !self.exam.ask(&simulation, self.sent, *case, worker).equal;
        self.right.iter().copied().find(is_other)
    }
}

/// Other values of a key.
fn changes(key: &Key, keys: &Table, options: &Options<'_>) -> Vec<Move> {
    let rounds = moves::rounds(key, keys, options);
    rounds.into_iter().flat_map(|round| round.changes).collect()
}
