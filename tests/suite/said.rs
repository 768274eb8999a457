//! What the program says: of wrong command lines in both languages, and to a reader of Chinese.
#![cfg(unix)]

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;

use super::support::server::{is_built_here, program};

/// The arguments of a line; a text in double quotes is one.
fn arguments(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// A directory with what the command lines name.
fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect(name);
    std::fs::create_dir(dir.path().join("site")).expect("a directory");
    write("file", "");
    write("mine.toml", "format = 1\nextends = \"node\"\n");
    write(
        "bad.toml",
        "profile = \"node\"\nprot = 80\nworkers = 0\n[override.timers]\nidle = 5\n",
    );
    write("broken.toml", "a = [\n");
    dir
}

/// What is said of a mistake, in a language.
fn said(dir: &Path, lang: &str, line: &str) -> String {
    let output = program()
        .args(["--lang", lang])
        .args(arguments(line))
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .expect("labserve should start");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{line}: {said}");
    // What is running as root is warned of.
    let lines = said
        .lines()
        .filter(|line| !line.contains("root,") && !line.contains(" root "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// `tests/data/said.txt`: command lines with mistakes, and after each what is said. `LABSERVE_BLESS` writes what is said.
#[test]
fn each_wrong_command_line_is_explained_in_both_languages() {
    if !is_built_here() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/said.txt");
    let table = std::fs::read_to_string(&path).expect("the table");
    let dir = place();
    let mut want: String = table
        .lines()
        .take_while(|line| !line.starts_with("-- "))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut english_only = Vec::new();
    for line in table.lines().filter_map(|line| line.strip_prefix("-- ")) {
        let (english, chinese) = (said(dir.path(), "en", line), said(dir.path(), "zh", line));
        // A file with several mistakes gets a line for each.
        assert!(
            english.lines().count() == 1 || english.contains("mistakes"),
            "{line}: {english}"
        );
        assert!(english.starts_with("labserve: "), "{line}: {english}");
        english_only.extend(
            chinese
                .lines()
                .filter(|line| !line.chars().any(is_chinese))
                .map(str::to_owned),
        );
        for (mark, said) in [("=>", english), ("~>", chinese)] {
            let said = said.trim_end().replace('\n', &format!("\n{mark} "));
            if mark == "=>" {
                writeln!(want, "-- {line}").expect("a String");
            }
            writeln!(want, "{mark} {said}").expect("a String");
        }
    }
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        std::fs::write(path, &want).expect("the table should be writable");
    } else {
        let differing = table.lines().zip(want.lines()).find(|(is, should)| is != should);
        assert!(table == want, "{differing:#?}");
    }
    assert!(english_only.is_empty(), "in English only: {english_only:#?}");
}

/// From the start to a report, with the locale of a reader of Chinese.
#[test]
fn a_reader_of_chinese_meets_no_english() {
    if !is_built_here() {
        return;
    }
    let dir = place();
    std::fs::write(dir.path().join("site/index.html"), "x").expect("a page");
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures/report-1.pcapng.gz");
    let capture = capture.to_str().expect("UTF-8");
    let mut walk: Vec<Vec<&str>> = [
        "--help",
        "node ./site -p 0 --for 1ms --timeline 127.0.0.1:0",
        "lab --only node,rfc,mine.toml --base-port 0 --no-timeline --help",
        "profiles",
        "check mine.toml",
        "profiles --compare node nginx",
    ]
    .iter()
    .map(|line| line.split(' ').collect())
    .collect();
    for command in [
        "serve",
        "lab",
        "profiles",
        "reload",
        "check",
        "explain",
        "completions",
        "man",
    ] {
        walk.push(vec![command, "--help"]);
    }
    for format in [&[][..], &["--ladder"], &["--markdown"]] {
        walk.push([&["explain", capture][..], format].concat());
    }
    let mut english = Vec::new();
    for arguments in walk {
        let output = program()
            .env_remove("LC_ALL")
            .env_remove("LC_MESSAGES")
            .env("LANG", "zh_CN.UTF-8")
            .args(&arguments)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .output()
            .expect("labserve should start");
        assert!(output.status.success(), "{arguments:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        assert!(said.chars().any(is_chinese), "{arguments:?}: {said}");
        english.extend(said.lines().filter(|line| has_english(line)).map(str::to_owned));
    }
    assert!(english.is_empty(), "in English: {english:#?}");
}

/// Whether a line has two English words of small letters after one another, outside of code, of examples and of the values
/// of a profile. Names, fields, keys and paths have capitals, digits or signs, or stand alone.
pub(super) fn has_english(line: &str) -> bool {
    let line = line.trim();
    let is_example = ["labserve ", "用法", "GET ", "=", "|", "- `", "node ", "nginx "]
        .iter()
        .any(|start| line.starts_with(start));
    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("…");
    let words: Vec<&str> = outside.split(' ').collect();
    let is_word = |word: &str| {
        word.len() > 1
            && word
                .trim_end_matches([',', '.', ';', ':'])
                .bytes()
                .all(|b| b.is_ascii_lowercase())
    };
    !is_example && words.windows(2).any(|two| two.iter().all(|word| is_word(word)))
}

pub(super) fn is_chinese(c: char) -> bool {
    ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c)
}
