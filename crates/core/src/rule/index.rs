//! Finds the subjects that an occasion may match, without checking each of them.

use super::condition::{Rest, Seen, SeenRequest, Subject};
use super::prefixes::Prefixes;
use super::sorted::Sorted;
use crate::glob::Glob;
use crate::http1::field::Name;
use std::collections::{BTreeMap, HashMap};

/// The maximum number of bytes at the end of a path by which subjects are found.
const LONGEST_ENDING: usize = 32;

/// Finds each subject by one of its conditions.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    connections: Sorted,
    requests: Sorted,
    overall: Sorted,
    methods: Prefixes,
    /// By the whole path.
    paths: Prefixes,
    /// By the beginning of the target.
    beginnings: Prefixes,
    /// By the last bytes of the path, backwards.
    endings: Prefixes,
    /// By the name of a field that is a [`Name`], and the beginning of its value.
    known_fields: Vec<(Name, Prefixes)>,
    /// By the name of another field in lower case, and the beginning of its value; sorted by name.
    fields: Vec<(Vec<u8>, Prefixes)>,
    /// The bits ([`bit`]) of the names in `fields`. They rule out most fields of a request.
    names: u64,
    /// Subjects without any of these conditions.
    others: Vec<usize>,
}

/// A condition by which a subject can be found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Overall(u64),
    Connection(u64),
    Request(u64),
    Path(Vec<u8>),
    Beginning(Vec<u8>),
    Ending(Vec<u8>),
    Field(Vec<u8>, Vec<u8>),
    Method(Vec<u8>),
}

impl Index {
    /// The index of these subjects. Each comes with its number, and with `overall` as a number among all requests. Also
    /// returns the conditions that remain to be checked for each subject after the index has found it.
    pub(super) fn new<'s>(
        subjects: impl Iterator<Item = (usize, &'s Subject, Option<u64>)>,
    ) -> (Self, Vec<(usize, Rest)>) {
        let all: Vec<(usize, &Subject, Vec<Key>)> = subjects
            .map(|(number, subject, overall)| (number, subject, keys(subject, overall)))
            .collect();
        let mut sizes: HashMap<&Key, usize> = HashMap::new();
        for key in all.iter().flat_map(|(_, _, keys)| keys) {
            *sizes.entry(key).or_default() += 1;
        }
        let mut index = Self::default();
        let (mut methods, mut paths) = (Vec::new(), Vec::new());
        let (mut beginnings, mut endings) = (Vec::new(), Vec::new());
        let mut fields: BTreeMap<Vec<u8>, Vec<(Vec<u8>, usize)>> = BTreeMap::new();
        let mut rests = Vec::new();
        for (number, subject, keys) in &all {
            // The key that the fewest subjects share is the most selective.
            let key = keys.iter().min_by_key(|key| sizes.get(key));
            rests.push((*number, rest(subject, key)));
            match key.cloned() {
                None => index.others.push(*number),
                Some(Key::Overall(key)) => index.overall.insert(key, *number),
                Some(Key::Connection(key)) => index.connections.insert(key, *number),
                Some(Key::Request(key)) => index.requests.insert(key, *number),
                Some(Key::Method(key)) => methods.push((key, *number)),
                Some(Key::Path(key)) => paths.push((key, *number)),
                Some(Key::Beginning(key)) => beginnings.push((key, *number)),
                Some(Key::Ending(key)) => endings.push((key, *number)),
                Some(Key::Field(name, value)) => fields.entry(name).or_default().push((value, *number)),
            }
        }
        for (name, values) in fields {
            let values = Prefixes::new(values);
            match Name::of(&name) {
                Some(name) => index.known_fields.push((name, values)),
                None => {
                    index.names |= bit(&name);
                    index.fields.push((name, values));
                }
            }
        }
        let index = Self {
            methods: Prefixes::new(methods),
            paths: Prefixes::new(paths),
            beginnings: Prefixes::new(beginnings),
            endings: Prefixes::new(endings),
            ..index
        };
        (index, rests)
    }

    /// Calls `each` with the number of every subject that the occasion may match, at most once. `overall`: the number
    /// of the request among all.
    pub(super) fn candidates(&self, seen: &Seen<'_>, overall: u64, mut each: impl FnMut(usize)) {
        let by_number = [
            (&self.connections, seen.connection),
            (&self.requests, seen.number),
            (&self.overall, overall),
        ];
        for (numbers, key) in by_number {
            numbers.get(key).iter().copied().for_each(&mut each);
        }
        if let Some(request) = &seen.request {
            self.of_request(request, &mut each);
        }
        self.others.iter().copied().for_each(each);
    }

    fn of_request(&self, request: &SeenRequest<'_>, mut each: impl FnMut(usize)) {
        let exact = [(&self.methods, request.whole.method()), (&self.paths, request.path)];
        for (texts, text) in exact {
            if texts.may_begin(text) {
                texts.exactly(text).iter().copied().for_each(&mut each);
            }
        }
        if self.beginnings.may_begin(request.target) {
            self.beginnings.of(request.target).for_each(&mut each);
        }
        // The last byte rules out most paths, which need not be reversed then.
        if let Some(last) = request.path.last()
            && self.endings.has_beginning(*last)
        {
            let mut backwards = [0; LONGEST_ENDING];
            let end = backwards.iter_mut().zip(request.path.iter().rev());
            let length = end.map(|(to, from)| *to = *from).count();
            self.endings.of(&backwards[..length]).for_each(&mut each);
        }
        // A repeated field may match the same subject twice.
        let mut found = Vec::new();
        for (name, values) in &self.known_fields {
            found.extend(request.whole.all(*name).flat_map(|value| values.of(value)));
        }
        if self.names != 0 {
            for (name, value) in request.whole.other_fields() {
                if self.names & bit(name) != 0 {
                    found.extend(self.values_of(name).into_iter().flat_map(|values| values.of(value)));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().for_each(each);
    }

    /// The subjects that require a field with this name, in any case, by the beginning of its value.
    fn values_of(&self, name: &[u8]) -> Option<&Prefixes> {
        let lower = || name.iter().map(u8::to_ascii_lowercase);
        let at = self
            .fields
            .binary_search_by(|(other, _)| other.iter().copied().cmp(lower()));
        at.ok().map(|at| &self.fields[at].1)
    }
}

/// One of 64 bits, chosen by the length, the first letter and the last letter of a name.
fn bit(name: &[u8]) -> u64 {
    let letter = |at: Option<&u8>| at.map_or(0, |letter| u64::from(letter.to_ascii_lowercase()));
    let like = (name.len() as u64) << 16 | letter(name.first()) << 8 | letter(name.last());
    // The multiplication spreads differences over the upper bits (Fibonacci hashing).
    1 << (like.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}

/// The conditions by which a subject can be found, the most selective first.
fn keys(subject: &Subject, overall: Option<u64>) -> Vec<Key> {
    let path = subject.path.as_ref();
    let whole = path.filter(|glob| !glob.has_query()).and_then(|glob| glob.only());
    let beginning = path.map(|glob| glob.beginning().to_vec());
    let ending = path
        .filter(|glob| !glob.has_query())
        .map(|glob| glob.ending().iter().rev().take(LONGEST_ENDING).copied().collect());
    let field = subject.header.as_ref().map(|(name, value)| {
        let value = value.as_ref().map_or(&[][..], |glob| glob.beginning());
        Key::Field(name.to_ascii_lowercase().into_bytes(), value.to_vec())
    });
    let some = |text: &Vec<u8>| !text.is_empty();
    [
        overall.map(Key::Overall),
        subject.connection.map(Key::Connection),
        whole.map(|path| Key::Path(path.to_vec())),
        beginning.filter(some).map(Key::Beginning),
        subject.request.map(Key::Request),
        ending.filter(some).map(Key::Ending),
        field,
        subject.method.clone().map(|method| Key::Method(method.into_bytes())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The conditions of a subject that remain to be checked if it is found by this key.
fn rest(subject: &Subject, key: Option<&Key>) -> Rest {
    let path = subject.path.as_ref();
    let mut rest = subject.clone();
    match key {
        Some(Key::Overall(_)) | None => {}
        Some(Key::Connection(_)) => rest.connection = None,
        Some(Key::Request(_)) => rest.request = None,
        Some(Key::Method(_)) => rest.method = None,
        Some(Key::Path(_)) => rest.path = None,
        Some(Key::Beginning(_)) => rest.path = rest.path.filter(|glob| !glob.is_beginning()),
        Some(Key::Ending(key)) => {
            let is_all = path.is_some_and(|glob| glob.is_ending() && glob.ending().len() == key.len());
            rest.path = rest.path.filter(|_| !is_all);
        }
        Some(Key::Field(..)) => {
            rest.header = rest
                .header
                .filter(|(_, value)| value.as_ref().is_some_and(|glob| !glob.is_beginning()));
        }
    }
    // The caller compares this number.
    rest.overall = None;
    match key {
        _ if rest.is_anything() => Rest::Nothing,
        Some(Key::Beginning(key)) if rest.is_path_alone() && path.is_some_and(Glob::is_beginning_of_name) => {
            Rest::NoSlashAfter(key.len())
        }
        _ => Rest::Subject(Box::new(rest)),
    }
}
