//! Finds English in texts for Chinese readers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use labserve_core::profile::builtin;

use super::support::server::program;

/// Words that are names, keys and values: those of profiles and commands, and those in `tests/data/latin.txt`.
static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let read = |file: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
    let list = read("tests/data/latin.txt");
    let listed = list.lines().filter(|line| !line.starts_with('#'));
    let mut names: BTreeSet<String> = listed.flat_map(str::split_whitespace).map(str::to_owned).collect();
    names.extend(builtin::names().map(str::to_owned));
    names.extend(commands());
    for schema in ["profiles/schema.json", "profiles/server.schema.json"] {
        names_in(&serde_json::from_str(&read(schema)).expect(schema), &mut names);
    }
    names
});

/// The commands of the program.
pub(super) fn commands() -> Vec<String> {
    let help = program().arg("--help").output().expect("labserve should start");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let (_, list) = help.split_once("\nCommands:\n").expect("the commands");
    let (list, _) = list.split_once("\n\n").expect("the end of the commands");
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// The keys of a schema, and the words that are allowed as their values.
fn names_in(schema: &serde_json::Value, names: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            if let Some(serde_json::Value::Object(keys)) = members.get("properties") {
                names.extend(keys.keys().cloned());
            }
            let words = members.get("enum").and_then(|words| words.as_array());
            let words = words.into_iter().flatten().chain(members.get("const"));
            names.extend(words.filter_map(|word| word.as_str().map(str::to_owned)));
            members.values().for_each(|inner| names_in(inner, names));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|inner| names_in(inner, names)),
        _ => {}
    }
}

/// The English words of a line. A word in capitals, or with a digit or a symbol, is a name, a field, a path or a unit.
pub(super) fn english_in(line: &str) -> Vec<&str> {
    // Text between backticks is code, and text between quotes is a value.
    let outside = line.split('`').step_by(2).flat_map(|part| part.split('"').step_by(2));
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-./=@+%$#&*~^\\{}[]<>".contains(c);
    let words = outside.flat_map(|part| part.split(move |c| !is_part(c)));
    words
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| {
            let mut letters = word.chars();
            let is_first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
            is_first && word.len() > 1 && letters.all(|c| c.is_ascii_lowercase()) && !NAMES.contains(*word)
        })
        .collect()
}

#[cfg(unix)] // as the tests that start programs with a locale
/// The lines of a text that contain English words, each with these words. Blocks of code are left out.
pub(super) fn english_lines(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let is_command = line.trim_start().starts_with("labserve ") && !line.chars().any(is_chinese);
        let words = english_in(line);
        if !is_code && !is_command && !words.is_empty() {
            found.push(format!("{words:?} in {}", line.trim()));
        }
    }
    found
}

/// The text of a page: the text between its tags, without its styles and its blocks of code.
pub(super) fn text_of_page(page: &str) -> String {
    let mut text = String::new();
    let mut skipped = None;
    for part in page.split('<').skip(1) {
        let (tag, words) = part.split_once('>').unwrap_or((part, ""));
        let name = tag.split_whitespace().next().unwrap_or_default();
        match skipped {
            Some(end) if name.strip_prefix('/') == Some(end) => skipped = None,
            None => {
                skipped = ["style", "pre", "code", "script"]
                    .into_iter()
                    .find(|known| *known == name);
            }
            Some(_) => {}
        }
        if skipped.is_none() && !words.trim().is_empty() {
            text.push_str(words.trim());
            text.push('\n');
        }
    }
    text
}

pub(super) fn is_chinese(c: char) -> bool {
    ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c)
}

#[test]
fn names_keys_and_paths_are_no_english() {
    for (line, want) in [
        ("空闲 5s 后关闭，Keep-Alive: timeout=5", &[][..]),
        ("配置 node，端口 3000，server.toml，./site，--lang zh，FIN", &[]),
        ("运行 `labserve explain lab.pcapng` some day", &["some", "day"]),
        ("没有名为 \"proflies\" 的命令", &[]),
        ("结束：ended", &["ended"]),
        ("Idle 空闲", &["Idle"]),
    ] {
        assert_eq!(english_in(line), want, "{line}");
    }
    let page = "<style>a { color: red }</style><p>中文 text</p><pre>raw head</pre><td>wrong</td>";
    assert_eq!(text_of_page(page), "中文 text\nwrong\n");
}
