//! What arguments without an option mean: `labserve ./site`, `labserve node`, `labserve nginx ./site`.
//!
//! This module knows the names of profiles and what a path looks like. It does not open anything.

use super::args::{Cli, ServeArgs};
use super::bind::Listen;
use clap::CommandFactory;
use labserve_core::profile::{builtin, near};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// What one word means.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    Profile(String),
    Root(PathBuf),
}

/// The arguments after each word, and `--listen`, has been moved to the option that it stands for.
///
/// # Errors
/// A word has no meaning, or is given in addition to its option.
pub(super) fn settled(mut args: ServeArgs) -> Result<ServeArgs, String> {
    for word in std::mem::take(&mut args.words) {
        match meaning(&word, |path| path.is_dir())? {
            Word::Profile(name) => match args.profile.replace(name) {
                None => {}
                Some(other) => return Err(format!("two profiles are named, {other} and {word}; expected one")),
            },
            Word::Root(root) => match args.shared.root.replace(root) {
                None => {}
                Some(other) => {
                    let other = labserve_server::text_file::shown(&other);
                    return Err(format!("two directories are named, {other} and {word}; expected one"));
                }
            },
        }
    }
    if let Some(Listen { bind, port }) = args.listen.take() {
        args.shared.bind = Some(bind);
        args.port = Some(port);
    }
    Ok(args)
}

/// A built-in profile takes precedence over a directory of the same name. Write `./NAME` for the directory.
fn meaning(word: &str, is_dir: impl Fn(&Path) -> bool) -> Result<Word, String> {
    let path = Path::new(word);
    let ends_in = |ends: &[&str]| {
        path.extension()
            .is_some_and(|end| ends.iter().any(|known| end.eq_ignore_ascii_case(known)))
    };
    if builtin::text(word).is_some() || ends_in(&["toml"]) {
        return Ok(Word::Profile(word.to_owned()));
    }
    if is_dir(path) {
        return Ok(Word::Root(path.to_owned()));
    }
    if ends_in(&["pcap", "pcapng", "gz", "zst"]) {
        return Err(format!(
            "{word} looks like a capture; `labserve explain {word}` explains it"
        ));
    }
    if word.contains(['/', MAIN_SEPARATOR, '.']) || word.is_empty() {
        return Err(format!(
            "there is no directory {word:?}; expected a directory to serve, such as ./site, or a profile, such as node"
        ));
    }
    let cli = Cli::command();
    let commands = cli.get_subcommands().map(|command| command.get_name().to_owned());
    let commands: Vec<String> = commands.collect();
    if commands.iter().any(|command| command == word) {
        return Err(format!(
            "the command {word} comes first, before everything else: `labserve {word} --help`"
        ));
    }
    let known: Vec<String> = commands
        .into_iter()
        .chain(builtin::names().map(str::to_owned))
        .collect();
    let meant = near(&word.to_lowercase(), known.iter().map(String::as_str));
    Err(format!(
        "there is no command, profile or directory {word:?}; {}`labserve --help` lists the commands, `labserve profiles` the profiles",
        meant.map_or(String::new(), |near| format!("did you mean `{near}`? ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_profile_or_a_directory() {
        let profile = |name: &str| Ok(Word::Profile(name.to_owned()));
        let root = |path: &str| Ok(Word::Root(PathBuf::from(path)));
        for (word, want) in [
            ("node", profile("node")),
            ("./mine.toml", profile("./mine.toml")),
            ("mine.TOML", profile("mine.TOML")),
            ("./site", root("./site")),
            ("site", root("site")),
            (".", root(".")),
        ] {
            assert_eq!(meaning(word, |path| !path.ends_with("node")), want, "{word}");
        }
        for (word, part) in [
            ("proflies", "did you mean `profiles`? "),
            ("nodd", "did you mean `node`? "),
            ("zzzzzzzz", "or directory \"zzzzzzzz\"; `labserve --help`"),
            ("RFC", "did you mean `rfc`? "),
            ("./sight", "there is no directory"),
            ("file.txt", "there is no directory"),
            ("", "there is no directory \"\""),
            ("lab.pcapng", "`labserve explain lab.pcapng`"),
            ("check", "the command check comes first"),
        ] {
            let why = meaning(word, |_| false).expect_err(word);
            assert!(why.contains(part), "{word}: {why}");
        }
    }

    #[test]
    fn words_and_options_name_the_same_thing_once() {
        let named = |words: &[&str], profile: Option<&str>| ServeArgs {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            profile: profile.map(str::to_owned),
            ..ServeArgs::default()
        };
        let both = settled(named(&["rfc", "."], None)).expect("a profile and a directory");
        assert_eq!(
            (both.profile.as_deref(), both.shared.root),
            (Some("rfc"), Some(PathBuf::from(".")))
        );
        for (words, profile) in [
            (&["node", "rfc"][..], None),
            (&["node"], Some("rfc")),
            (&[".", ".."], None),
        ] {
            let why = settled(named(words, profile)).expect_err("two of one kind");
            assert!(why.contains("expected one"), "{why}");
        }
    }
}
