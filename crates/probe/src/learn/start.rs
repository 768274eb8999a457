//! The start of the search: the nearest built-in profile, and what the responses show directly.

use super::evidence::leaves;
use super::exam::{self, Exam};
use super::moves::Move;
use super::search::Search;
use super::space::{self, RESPONSE, Space};
use super::templates;
use super::values;
use toml::{Table, Value};

/// A built-in profile is near if it gives this percentage of the answers.
const NEAR: usize = 90;

/// The built-in profile that gives most of the answers, if it gives enough of them.
pub(super) fn nearest(exam: &Exam, cases: &[usize], known: &[(String, Table)]) -> Option<(String, Table)> {
    let scored = known.iter().filter_map(|(name, keys)| {
        let profile = exam::profile(keys)?;
        let sent = exam.sent(&profile, None);
        let verdicts = exam.ask_together(&profile, &sent, cases);
        Some((verdicts.iter().filter(|verdict| verdict.equal).count(), name, keys))
    });
    // The first of equal ones.
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (score, name, keys) = best?;
    (100 * score >= NEAR * cases.len()).then(|| (name.clone(), keys.clone()))
}

/// The keys that are not those of `base`.
pub(super) fn beyond(keys: &Table, base: &Table) -> Table {
    let mut beyond = Table::new();
    for path in leaves(keys) {
        let value = space::get(keys, &path);
        if value != space::get(base, &path) {
            space::set(&mut beyond, &path, value.cloned());
        }
    }
    beyond
}

/// What the responses show directly, in addition to what is known.
pub(super) struct Start<'e> {
    exam: &'e Exam,
    space: &'e Space,
    base: &'e Table,
    /// Keys that may be better than the current ones.
    offers: Vec<Move>,
    /// Texts that nothing explains.
    pub(super) literal: Vec<String>,
}

impl<'e> Start<'e> {
    pub(super) fn new(exam: &'e Exam, space: &'e Space, base: &'e Table) -> Self {
        Self {
            exam,
            space,
            base,
            offers: Vec::new(),
            literal: Vec::new(),
        }
    }

    /// `keys` with the responses that these cases show in addition.
    pub(super) fn keys(&mut self, cases: &[usize], keys: &Table) -> Table {
        // Cases that are already right need no other response.
        let wrong: Vec<usize> = match exam::profile(keys) {
            Some(profile) if !keys.is_empty() => {
                let sent = self.exam.sent(&profile, None);
                let verdicts = self.exam.ask_together(&profile, &sent, cases);
                cases
                    .iter()
                    .zip(verdicts)
                    .filter(|(_, verdict)| !verdict.equal)
                    .map(|(case, _)| *case)
                    .collect()
            }
            _ => cases.to_vec(),
        };
        let from = if self.base.is_empty() { cases } else { &wrong };
        let read = templates::read(self.exam, from, &self.space.keys);
        self.literal = read.literal;
        if keys.is_empty() {
            // The treatment of an accepted request depends on other keys. While the request is refused, none of them
            // can be found; while it is accepted, the key that refuses it can.
            return self.valid(values::accepting(&self.space.keys, &read.keys));
        }
        let mut merged = keys.clone();
        let mut offered = read.keys;
        let responses = offered.remove(RESPONSE);
        let no_response = Table::new();
        for (name, page) in responses.as_ref().and_then(Value::as_table).unwrap_or(&no_response) {
            add_response(&mut merged, name, page);
        }
        self.offers = leaves(&offered)
            .into_iter()
            .map(|path| {
                let value = space::get(&offered, &path).cloned();
                Move(vec![(path, value)])
            })
            .collect();
        self.valid(merged)
    }

    /// `keys` without those that are not valid in any profile, such as a page with a placeholder that is unknown there.
    fn valid(&mut self, keys: Table) -> Table {
        if exam::profile(&keys).is_some() {
            return keys;
        }
        let mut valid = self.base.clone();
        // A response stays or is removed as a whole.
        let mut paths: Vec<Vec<String>> = leaves(&keys);
        for path in &mut paths {
            if path[0] == RESPONSE {
                path.truncate(2);
            }
        }
        paths.dedup();
        // The response that another extends with `like` may come after it.
        for _ in 0..2 {
            paths.retain(|path| {
                let mut tried = valid.clone();
                space::set(&mut tried, path, space::get(&keys, path).cloned());
                let fits = exam::profile(&tried).is_some();
                if fits {
                    valid = tried;
                }
                !fits
            });
        }
        self.literal.extend(paths.iter().map(|path| path.join(".")));
        valid
    }

    /// Lets the search adopt offers that are better than its current keys.
    pub(super) fn offer(&self, search: &mut Search<'_>) {
        for offer in &self.offers {
            search.take(offer, None);
        }
    }
}

/// Adds a response under a free name, unless there is an equal one.
fn add_response(keys: &mut Table, name: &str, page: &Value) {
    let known = keys
        .get(RESPONSE)
        .and_then(Value::as_table)
        .cloned()
        .unwrap_or_default();
    if name.contains(' ') && known.contains_key(name) {
        return;
    }
    let Some(page) = page.as_table() else { return };
    // The response in `like` may have another name here.
    if page.contains_key("like") || known.values().any(|known| shows_the_same(known, page)) {
        return;
    }
    let mut page = page.clone();
    let status: String = name.chars().take_while(char::is_ascii_digit).collect();
    let mut free = name.to_owned();
    let mut number = 2;
    while known.contains_key(&free) {
        free = format!("{status}-{number}");
        number += 1;
    }
    if free != status
        && let Ok(status) = status.parse::<i64>()
    {
        page.insert("status".to_owned(), status.into());
    }
    space::set(keys, &[RESPONSE.to_owned(), free], Some(page.into()));
}

fn shows_the_same(known: &Value, page: &Table) -> bool {
    ["head", "body", "reason", "close", "file"]
        .iter()
        .all(|key| known.get(key) == page.get(*key))
}
