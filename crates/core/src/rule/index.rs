//! Which subjects something may meet, found without asking each.

use super::condition::{Occasion, Subject, origin_form, path_of};
use super::prefixes::Prefixes;
use super::sorted::Sorted;
use crate::http1::Request;
use std::collections::HashMap;

/// Finds subjects by one thing that each requires.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    connections: Sorted<u64>,
    requests: Sorted<u64>,
    overall: Sorted<u64>,
    methods: Sorted<Vec<u8>>,
    /// By the beginning of the target.
    beginnings: Prefixes,
    /// By the end of the path, backwards.
    endings: Prefixes,
    /// By the name of a field in lower case, a colon, and the beginning of its value.
    fields: Prefixes,
    /// The lengths of the names of these fields, as bits. A request has many other fields.
    name_lengths: u64,
    /// Subjects that require nothing of this.
    others: Vec<usize>,
}

/// What a subject requires.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Overall(u64),
    Connection(u64),
    Request(u64),
    Beginning(Vec<u8>),
    Ending(Vec<u8>),
    Field(Vec<u8>),
    Method(Vec<u8>),
}

impl Index {
    /// The index of these subjects. With each: its number, and the number that `overall` means among all requests.
    pub(super) fn new<'s>(subjects: impl Iterator<Item = (usize, &'s Subject, Option<u64>)>) -> Self {
        let all: Vec<(usize, Vec<Key>)> = subjects
            .map(|(number, subject, overall)| (number, keys(subject, overall)))
            .collect();
        let mut sizes: HashMap<&Key, usize> = HashMap::new();
        for key in all.iter().flat_map(|(_, keys)| keys) {
            *sizes.entry(key).or_default() += 1;
        }
        let mut index = Self::default();
        let (mut beginnings, mut endings, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for (number, keys) in &all {
            // The key that the fewest others have tells the most.
            match keys.iter().min_by_key(|key| sizes.get(key)).cloned() {
                None => index.others.push(*number),
                Some(Key::Overall(key)) => index.overall.insert(key, *number),
                Some(Key::Connection(key)) => index.connections.insert(key, *number),
                Some(Key::Request(key)) => index.requests.insert(key, *number),
                Some(Key::Method(key)) => index.methods.insert(key, *number),
                Some(Key::Beginning(key)) => beginnings.push((key, *number)),
                Some(Key::Ending(key)) => endings.push((key, *number)),
                Some(Key::Field(key)) => {
                    let length = memchr::memchr(b':', &key).unwrap_or(0);
                    index.name_lengths |= bit(length);
                    fields.push((key, *number));
                }
            }
        }
        Self {
            beginnings: Prefixes::new(beginnings),
            endings: Prefixes::new(endings),
            fields: Prefixes::new(fields),
            ..index
        }
    }

    /// Calls `each` with the number of every subject that this may meet, at most once. `overall`: the number of the
    /// request among all.
    pub(super) fn candidates(
        &self,
        connection: u64,
        overall: u64,
        occasion: Occasion<'_>,
        mut each: impl FnMut(usize),
    ) {
        let by_number = [
            (&self.connections, connection),
            (&self.requests, occasion.number()),
            (&self.overall, overall),
        ];
        for (numbers, key) in by_number {
            numbers.get(&key).iter().copied().for_each(&mut each);
        }
        if let Occasion::Request(_, request) = occasion {
            self.of_request(request, &mut each);
        }
        self.others.iter().copied().for_each(each);
    }

    fn of_request(&self, request: &Request<'_>, mut each: impl FnMut(usize)) {
        if !self.methods.is_empty() {
            self.methods.get(request.method()).iter().copied().for_each(&mut each);
        }
        if !self.beginnings.is_empty() {
            self.beginnings.of(origin_form(request.target())).for_each(&mut each);
        }
        if !self.endings.is_empty() {
            let path = path_of(origin_form(request.target()));
            let backwards: Vec<u8> = path.iter().rev().copied().collect();
            self.endings.of(&backwards).for_each(&mut each);
        }
        if self.name_lengths == 0 {
            return;
        }
        // A field may be there twice, and meet the same subject twice.
        let mut found = Vec::new();
        for (name, value) in request.fields() {
            if self.name_lengths & bit(name.len()) != 0 {
                let mut line = name.to_ascii_lowercase();
                line.push(b':');
                line.extend_from_slice(value);
                found.extend(self.fields.of(&line));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().for_each(each);
    }
}

/// The bit for names of this length.
fn bit(length: usize) -> u64 {
    1 << (length % 64)
}

/// What a subject requires; the most telling first.
fn keys(subject: &Subject, overall: Option<u64>) -> Vec<Key> {
    let path = subject.path.as_ref();
    let beginning = path.map(|glob| glob.beginning().to_vec());
    let ending = path
        .filter(|glob| !glob.has_query())
        .map(|glob| glob.ending().iter().rev().copied().collect::<Vec<u8>>());
    let field = subject.header.as_ref().map(|(name, value)| {
        let mut line = name.to_ascii_lowercase().into_bytes();
        line.push(b':');
        line.extend_from_slice(value.as_ref().map_or(&[], |glob| glob.beginning()));
        line
    });
    let some = |text: &Vec<u8>| !text.is_empty();
    [
        overall.map(Key::Overall),
        subject.connection.map(Key::Connection),
        beginning.filter(some).map(Key::Beginning),
        subject.request.map(Key::Request),
        ending.filter(some).map(Key::Ending),
        field.map(Key::Field),
        subject.method.clone().map(|method| Key::Method(method.into_bytes())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
