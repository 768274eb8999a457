//! The messages of the program: for wrong command lines, and in its help, in both languages.
#![cfg(unix)]

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;

use super::chinese::{commands, english_in, english_lines, is_chinese};
use super::support::server::{is_built_here, program};

/// The arguments in a line. A text in double quotes is one argument.
fn arguments(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// A directory with the files that the command lines use.
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

/// The error message for a mistake, in a language.
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
    // Leaves out the warning about running as root.
    let lines = said
        .lines()
        .filter(|line| !line.contains("root,") && !line.contains(" root "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// `tests/data/said.txt`: command lines with mistakes, each followed by the message. `LABSERVE_BLESS` writes the
/// messages.
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
    let mut in_english = Vec::new();
    let file = std::fs::read_to_string(dir.path().join("bad.toml")).expect("a file");
    for line in table.lines().filter_map(|line| line.strip_prefix("-- ")) {
        let (english, chinese) = (said(dir.path(), "en", line), said(dir.path(), "zh", line));
        // A file with several mistakes gets one line for each.
        assert!(
            english.lines().count() == 1 || english.contains("mistakes"),
            "{line}: {english}"
        );
        assert!(english.starts_with("labserve: "), "{line}: {english}");
        in_english.extend(english_besides(&format!("{line}\n{file}"), &chinese));
        in_english.extend(
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
    assert!(in_english.is_empty(), "in English: {in_english:#?}");
}

/// The lines of a message that contain English words which do not occur in `input`, the text that the message is about.
fn english_besides(input: &str, message: &str) -> Vec<String> {
    let is_word = |word: &&str| !input.contains(word);
    let english = |line: &&str| english_in(line).iter().any(is_word);
    message.lines().filter(english).map(str::to_owned).collect()
}

/// The mistakes in profiles and configurations that labserve-core records, with the message for each.
#[test]
fn mistakes_in_files_are_explained_in_chinese() {
    let path = "crates/core/src/profile/check/mistakes.txt";
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
    let mut in_english = Vec::new();
    let mut count = 0;
    for mistake in table.split("\n-- ").skip(1) {
        let is_said = |line: &&str| line.starts_with("=> ") || line.starts_with("~> ");
        let input: String = mistake
            .lines()
            .filter(|line| !is_said(line))
            .collect::<Vec<_>>()
            .join("\n");
        for chinese in mistake.lines().filter_map(|line| line.strip_prefix("~> ")) {
            count += 1;
            in_english.extend(english_besides(&input, chinese));
        }
    }
    assert!(count > 150, "{count}");
    assert!(in_english.is_empty(), "in English: {in_english:#?}");
}

/// The help of each command: without English for a Chinese reader, no wider than a terminal, and with an example.
#[test]
fn the_help_of_each_command_is_narrow_and_in_the_language_of_its_reader() {
    if !is_built_here() {
        return;
    }
    let width = |line: &str| line.chars().map(|c| if is_chinese(c) { 2 } else { 1 }).sum::<usize>();
    let mut wrong = Vec::new();
    for command in commands().iter().map(String::as_str).chain([""]) {
        for (lang, example) in [("en", "Example"), ("zh", "例：")] {
            // `labserve help` describes the other commands.
            let arguments = command.split_whitespace().filter(|word| *word != "help");
            let output = program().args(arguments).args(["--help", "--lang", lang]).output();
            let output = output.expect("labserve should start");
            assert!(output.status.success(), "{command}");
            let said = String::from_utf8(output.stdout).expect("UTF-8");
            assert!(
                said.lines().any(|line| line.starts_with(example)),
                "{command}: no example in {said}"
            );
            let wide = said.lines().filter(|line| width(line) > 80).map(str::to_owned);
            let english = if lang == "zh" { english_lines(&said) } else { Vec::new() };
            wrong.extend(wide.chain(english).map(|line| format!("{command}: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
