#![allow(clippy::disallowed_methods, reason = "a test that writes the table of mistakes")]

use super::text;
use crate::locale::{Lang, translate};
use crate::profile::ConfigError;
use crate::profile::layers::{BuiltIns, Source, SourceText, Stack};
use crate::profile::raw::Raw;
use crate::profile::schema::{Key, Keys, Kind, Schema};
use std::borrow::Cow;
use std::fmt::Write;

/// The schema of `server.toml`, which has a profile's tables below `[override]`.
const SERVER_TOML: &str = include_str!("../../../../../profiles/server.schema.json");

/// One text, as the profile `mine.toml`. What it extends is built in.
struct Text<'t>(&'t str);

impl Source for Text<'_> {
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError> {
        match name {
            "mine.toml" => Ok(SourceText {
                origin: name.to_owned(),
                identity: name.to_owned(),
                text: Cow::Owned(self.0.to_owned()),
                path: Some(name.to_owned()),
            }),
            _ => BuiltIns.find(name, asker),
        }
    }
}

/// What a check says of a text whose first line names the kind of file.
fn said(case: &str) -> String {
    let (kind, rest) = case.split_once('\n').unwrap_or((case, ""));
    let (mistakes, warnings) = match kind {
        "server.toml" => (text(&Schema::read(SERVER_TOML), "server.toml", rest), Vec::new()),
        "mine.toml" => {
            let report = Stack::check("mine.toml", &Text(rest), &[]);
            (report.mistakes, report.warnings)
        }
        other => panic!("{other:?} is no kind of file"),
    };
    let mut out = String::new();
    for mistake in mistakes {
        writeln!(out, "=> {mistake}").expect("a String");
    }
    for warning in warnings {
        writeln!(out, "=> warning: {warning}").expect("a String");
    }
    out
}

/// `mistakes.txt` contains texts with mistakes, each followed by the messages in both languages. `LABSERVE_BLESS`
/// rewrites the messages.
#[test]
fn each_mistake_says_what_to_write() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/check/mistakes.txt");
    let table = std::fs::read_to_string(path).expect("the table of mistakes");
    let mut cases = table.split("-- ");
    let mut want = cases.next().unwrap_or_default().to_owned();
    let mut mistakes = 0;
    for case in cases {
        let asked: String = case
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("=> ") && !line.starts_with("~> "))
            .collect();
        let said = said(&asked);
        mistakes += said.lines().count();
        for word in [
            "u16",
            "u32",
            "u64",
            "usize",
            "struct",
            "sequence",
            "nan",
            "enum",
            "variant",
            "serde",
            "i64",
            "f64",
            "expected a map",
            "invalid type",
            "Option",
            "literal string",
            "float",
        ] {
            let has = |line: &str| {
                line.split(|c: char| !c.is_alphanumeric()).any(|w| w == word)
                    || word.contains(' ') && line.contains(word)
            };
            assert!(!said.lines().any(has), "{word} in {said}");
        }
        assert!(!said.is_empty(), "nothing is said of\n{asked}");
        write!(want, "-- {asked}").expect("a String");
        for line in said.lines() {
            let message = line.trim_start_matches("=> ");
            let chinese = translate(message, Lang::Zh);
            assert_ne!(chinese, message, "locale/messages.toml has no Chinese of this");
            writeln!(want, "{line}\n~> {chinese}").expect("a String");
        }
    }
    assert!(mistakes >= 60, "{mistakes} mistakes");
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        return std::fs::write(path, want).expect("the table should be writable");
    }
    let differing = table.lines().zip(want.lines()).find(|(is, should)| is != should);
    assert!(table == want, "{differing:#?}");
}

/// What a table of texts cannot hold: bytes that an editor or Git would change.
#[test]
fn line_ends_and_marks_of_other_systems_are_read_or_explained() {
    for (text, want) in [
        ("\u{feff}format = 1\ntitle = \"a\"\n", ""),
        ("\u{feff}format = 1\ntitel = \"a\"\n", "mine.toml:2: titel: "),
        ("format = 1\r\n[timers]\r\n\tidle\t=\t\"5s\"\r\n", ""),
        (
            "format = 1\r\n[timers]\r\nidle = 5\r\n",
            "mine.toml:3: timers.idle: got 5, which has no unit",
        ),
        (
            "format = 1\r\n[response.404]\r\nbody = '''\r\na\r\n{pth}'''\r\n",
            "mine.toml:5: response.404.body: ",
        ),
        (
            "format = 1\rtitle = \"a\"\r",
            "mine.toml:1: format: a line ends with CR alone",
        ),
        ("format = 1\ntitle = \"\u{0}\"\n", "mine.toml:2: title: "),
        ("format = 1\ntitle\u{a0}= \"a\"\n", "mine.toml:2: "),
    ] {
        let said = said(&format!("mine.toml\n{text}"));
        let is_right = match want {
            "" => said.is_empty(),
            want => said.starts_with(&format!("=> {want}")),
        };
        assert!(is_right, "{text:?}: {said}");
    }
}

/// Values of every kind, right and wrong.
const VALUES: &[&str] = &[
    "true",
    "0",
    "7",
    "-1",
    "70000",
    "1.5",
    "\"text\"",
    "\"5s\"",
    "\"5\"",
    "\"64KiB\"",
    "\"{size}\"",
    "\"{sise}\"",
    "\"off\"",
    "[]",
    "[1]",
    "[\"a\"]",
    "[true]",
    "[{}]",
    "{}",
    "{ a = 1 }",
    "{ after = \"5s\" }",
    "{ found = 405 }",
    "1979-05-27",
    "9223372036854775807",
    "\"fin\"",
    "404",
    "4294967296",
];

/// For every key, and values of every kind.
#[test]
fn a_mistake_is_found_where_serde_finds_one_and_nowhere_else() {
    let mut seen = 0;
    let mut table = |path: &str, key: &Key| {
        let choices: Vec<String> = match &key.kind {
            Kind::Choice(all) => all.iter().map(|one| format!("{one:?}")).collect(),
            _ => Vec::new(),
        };
        for value in VALUES.iter().copied().chain(choices.iter().map(String::as_str)) {
            let toml = format!("{path} = {value}\n");
            let refused = toml::from_str::<Raw>(&toml).err();
            let found = text(Schema::profile(), "a", &toml);
            // Serde accepts a list as a table, the names of faults are checked later, and a rule without keys does
            // nothing.
            let is_loose = matches!(key.kind, Kind::Table(_))
                || path.starts_with("faults.")
                || [
                    "methods.allow",
                    "response.name.head",
                    "response.name.fields",
                    "types",
                    "types.base",
                    "rule",
                ]
                .contains(&path);
            assert!(refused.is_none() || !found.is_empty(), "{toml}{refused:?}");
            assert!(refused.is_some() || found.is_empty() || is_loose, "{toml}{found:?}");
            seen += 1;
        }
    };
    each("", &Schema::profile().root, &mut table);
    assert!(seen > 5000, "{seen}");
}

/// Calls `visit` with every key and its path. Names that a profile chooses are `name`.
fn each(prefix: &str, keys: &Keys, visit: &mut impl FnMut(&str, &Key)) {
    let others = keys.others.iter().map(|key| ("name", &**key));
    for (name, key) in keys.named.iter().map(|(name, key)| (name.as_str(), key)).chain(others) {
        let path = format!("{prefix}{name}");
        visit(&path, key);
        if let Some(inner) = key.kind.keys() {
            each(&format!("{path}."), inner, visit);
        }
    }
}

#[test]
fn no_mistake_is_found_in_the_built_in_profiles() {
    for name in crate::profile::builtin::names() {
        assert_eq!(Stack::check(name, &BuiltIns, &[]).mistakes, [], "{name}");
    }
    assert_eq!(Stack::check("rfc", &BuiltIns, &[]).warnings, []);
}

/// Counts the keys at the top of a text that each schema has. `server.toml` has keys that a profile does not have.
#[test]
fn the_kind_of_a_file_is_known_by_its_keys() {
    let (profile, server) = (Schema::profile(), Schema::read(SERVER_TOML));
    for (text, of_profile, of_server) in [
        ("title = \"a\"\nport = 1", 2, 1),
        ("profile = \"node\"\nport = 1", 1, 2),
        ("[timers]\nidle = 5", 1, 0),
        ("title = no\nextends = \"node\"", 2, 0),
    ] {
        assert_eq!(
            (profile.known(text), server.known(text)),
            (of_profile, of_server),
            "{text}"
        );
    }
}

/// The list of mistakes is short for a text that is not a configuration, whatever its size.
#[test]
fn a_text_of_mistakes_has_a_bounded_report() {
    for line in [
        "x{n} = 1\n",
        "= {n}\n",
        "[x{n}\n",
        "title = x{n}\n",
        "response.404.like{n} = 4\n",
    ] {
        let all: String = (0..20_000).map(|n| line.replace("{n}", &n.to_string())).collect();
        let found = text(Schema::profile(), "a", &all).len();
        assert!((1..=2 * super::MOST).contains(&found), "{line}: {found}");
    }
}
