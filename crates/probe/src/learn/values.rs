//! The values of placeholders for each request of a recording.
//!
//! They are not computed here: the same cases are sent to a profile whose responses print them.

use super::exam::{self, Exam};
use super::space::{self, Key, Kind, RESPONSE};
use super::templates;
use labserve_core::digest::Digest;
use labserve_core::profile::template::Placeholder;
use labserve_core::profile::{About, Template, Values};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use toml::{Table, Value};

/// Placeholders that are known only when a response is rendered, or that represent other keys.
const NOT_PRINTED: &[Placeholder] = &[
    Placeholder::ConnectionFields,
    Placeholder::Text,
    Placeholder::Title,
    Placeholder::ContentLength,
    Placeholder::TransferEncoding,
    Placeholder::Boundary,
    Placeholder::Padding,
    Placeholder::Content,
];

/// The digests of a file's content. They are printed instead of an entity tag as long as the form of the tag is
/// unknown, because only a tag may contain them.
const DIGESTS: [(Digest, &str); 4] = [
    (Digest::Md5, "{content:md5}"),
    (Digest::Sha1, "{content:sha1}"),
    (Digest::Sha256, "{content:sha256}"),
    (Digest::Sha512, "{content:sha512}"),
];

/// The start of a line with printed digests.
const BEFORE_DIGESTS: &str = "digests ";

/// The start of a printed response.
const BEGIN: &str = "HTTP/1.1 299 values\r\n";

/// The values of the placeholders in one response.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    values: BTreeMap<&'static str, Vec<u8>>,
    /// In the order of [`DIGESTS`]; empty if they were not printed.
    digests: Vec<String>,
    /// The values of expressions, by index. They are used often.
    cache: RefCell<HashMap<usize, Option<String>>>,
}

impl Sample {
    /// The value of a placeholder.
    pub(super) fn get(&self, placeholder: Placeholder) -> Option<&[u8]> {
        self.values.get(name(placeholder)).map(Vec::as_slice)
    }

    /// The same as Latin-1.
    pub(super) fn text(&self, placeholder: Placeholder) -> Option<String> {
        self.get(placeholder).map(latin1)
    }

    pub(super) fn insert(&mut self, placeholder: Placeholder, value: Vec<u8>) {
        self.values.insert(name(placeholder), value);
        self.cache.borrow_mut().clear();
    }

    /// The text of an expression, as Latin-1; `None` if it has no value. `number` is the index of the expression.
    pub(super) fn eval(&self, number: usize, expression: &Template) -> Option<String> {
        if let Some(known) = self.cache.borrow().get(&number) {
            return known.clone();
        }
        let value = self.render(expression);
        self.cache.borrow_mut().insert(number, value.clone());
        value
    }

    /// The text of a template, as Latin-1; `None` if a placeholder has no value.
    pub(super) fn render(&self, template: &Template) -> Option<String> {
        let mut out = Vec::new();
        template.render(self, &mut out).then(|| latin1(&out))
    }
}

impl Values for Sample {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        std::str::from_utf8(self.get(placeholder)?).ok()?.parse().ok()
    }

    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match self.get(placeholder) {
            Some(value) => {
                out.extend_from_slice(value);
                true
            }
            None => false,
        }
    }

    fn digest(&self, about: About, digest: Digest, out: &mut Vec<u8>) -> bool {
        let at = DIGESTS.iter().position(|(known, _)| *known == digest);
        let known = at
            .and_then(|at| self.digests.get(at))
            .filter(|_| about == About::Content);
        out.extend(known.iter().flat_map(|text| text.bytes()));
        known.is_some()
    }
}

pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn name(placeholder: Placeholder) -> &'static str {
    Placeholder::ALL
        .iter()
        .find(|(known, ..)| *known == placeholder)
        .map_or("", |(_, name, _)| name)
}

/// The values for each request of each case, in the order in which they were answered. `keys` are those that are
/// already known.
pub(super) fn printed(exam: &Exam, space: &[Key], keys: &Table) -> Vec<Vec<Sample>> {
    let lenient = asked(exam, &lenient(space, keys));
    let strict = asked(exam, &printing(keys.clone()));
    lenient
        .into_iter()
        .zip(strict)
        .map(|(mut lenient, strict)| {
            for (at, strict) in strict.into_iter().enumerate() {
                match lenient.get_mut(at) {
                    // Only a refused request has a line with a fault.
                    Some(sample) => {
                        for (name, value) in strict.values {
                            sample.values.entry(name).or_insert(value);
                        }
                        if sample.digests.is_empty() {
                            sample.digests = strict.digests;
                        }
                    }
                    None => lenient.push(strict),
                }
            }
            lenient
        })
        .collect()
}

/// Keys with which nearly every request reaches its file.
fn lenient(space: &[Key], keys: &Table) -> Table {
    let mut keys = accepting(space, keys);
    for key in space {
        if let Kind::Rule { words, .. } = &key.kind {
            let word = words.first().map_or("serve", String::as_str);
            space::set(&mut keys, &key.path, Some(Value::from(word)));
        }
    }
    printing(keys)
}

/// The keys with every fault accepted for which that is possible.
pub(super) fn accepting(space: &[Key], keys: &Table) -> Table {
    const ACCEPT: &str = "accept";
    let mut keys = keys.clone();
    for key in space {
        if let Kind::Response(words) = &key.kind
            && words.iter().any(|word| word == ACCEPT)
        {
            space::set(&mut keys, &key.path, Some(Value::from(ACCEPT)));
        }
    }
    keys
}

/// Replaces every response by one that prints the values.
fn printing(mut keys: Table) -> Table {
    let etag = templates::key(&["files", "etag"]);
    if space::get(&keys, &etag).is_none() {
        let digests = DIGESTS.map(|(_, template)| template).join(" ");
        space::set(
            &mut keys,
            &etag,
            Some(Value::from(format!("{BEFORE_DIGESTS}{digests}"))),
        );
    }
    let printed = Placeholder::ALL
        .iter()
        .filter(|(placeholder, ..)| !NOT_PRINTED.contains(placeholder));
    let mut head: String = printed.map(|(_, name, _)| format!("{name}: {{{name}}}\n")).collect();
    head.push_str("Content-Length: 0\n");
    let names: Vec<String> = exam::profile(&keys)
        .map(|profile| profile.responses.all().map(|response| response.name.clone()).collect())
        .unwrap_or_default();
    let page = Table::from_iter([
        ("status".to_owned(), Value::from(299)),
        ("reason".to_owned(), Value::from("values")),
        ("head".to_owned(), Value::from(head)),
        ("file".to_owned(), Value::from(false)),
    ]);
    let pages: Table = names
        .into_iter()
        .map(|name| (name, Value::from(page.clone())))
        .collect();
    keys.insert(RESPONSE.to_owned(), Value::from(pages));
    keys
}

fn asked(exam: &Exam, keys: &Table) -> Vec<Vec<Sample>> {
    let Some(profile) = exam::profile(keys) else {
        return exam.asked.iter().map(|_| Vec::new()).collect();
    };
    let sent = exam.sent(&profile, None);
    let simulation = exam.simulation(&profile);
    let cases: Vec<usize> = (0..exam.asked.len()).collect();
    let of_case = |case: &usize| {
        let outcome = simulation.outcome(&simulation.run(&sent[*case]));
        let text: String = outcome.heard.iter().map(|heard| heard.text.as_str()).collect();
        text.split(BEGIN).skip(1).map(sample).collect::<Vec<Sample>>()
    };
    let pieces: Vec<&[usize]> = cases.chunks(64).collect();
    exam.side_by_side(&pieces, |piece, _| piece.iter().map(of_case).collect::<Vec<_>>())
        .concat()
}

fn sample(text: &str) -> Sample {
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut sample = Sample::default();
    for line in head.split("\r\n") {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if let Some(digests) = value
            .strip_prefix(BEFORE_DIGESTS)
            .filter(|_| name == self::name(Placeholder::Etag))
        {
            sample.digests = digests.split(' ').map(str::to_owned).collect();
            continue;
        }
        let known = Placeholder::ALL.iter().find(|(_, known, _)| *known == name);
        if let Some((placeholder, ..)) = known {
            let bytes = value.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
            sample.insert(*placeholder, bytes);
        }
    }
    sample
}
