//! The help texts, in the language of the user.

use super::args::Cli;
use super::language::{chosen, translated};
use super::output::width;
use clap::{Arg, Command, CommandFactory};
use labserve_core::locale::Lang;

/// The maximum width of a line of the help, in columns.
const COLUMNS: usize = 80;
/// How far the text of an option is indented.
const INDENT: usize = 10;

/// The arguments, with their help in the language of the user.
pub(super) fn command() -> Command {
    let mut command = Cli::command();
    match chosen() {
        Lang::En => command,
        Lang::Zh => {
            // Building it adds the options and the command for help.
            command.build();
            localized(command)
        }
    }
}

/// A command and its subcommands in the language of the user. The parser wraps only at spaces, so the texts are wrapped
/// here.
fn localized(command: Command) -> Command {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let template = template(&command);
    command
        .about(wrapped(&translated(&about), COLUMNS))
        .after_help(translated(&after).into_owned())
        .mut_args(localized_argument)
        .mut_subcommands(localized)
        .next_line_help(true)
        .term_width(usize::MAX)
        .help_template(template)
}

/// The sections of the help of a command, in order.
fn template(command: &Command) -> String {
    let section = |title: &str, name: &str, is_there: bool| match is_there {
        true => format!("\n\n{}\n{{{name}}}", translated(title)),
        false => String::new(),
    };
    format!(
        "{{about-with-newline}}\n{} {{usage}}{}{}{}\n\n{{after-help}}",
        translated("Usage:"),
        section("Commands:", "subcommands", command.has_subcommands()),
        section("Arguments:", "positionals", command.get_positionals().next().is_some()),
        section("Options:", "options", true),
    )
}

fn localized_argument(argument: Arg) -> Arg {
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut help = translated(&help).into_owned();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    let is_choice = argument.get_action().takes_values() && !values.is_empty();
    if is_choice {
        help.push_str(&translated(&format!("[possible values: {}]", values.join("、"))));
    }
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        help.push_str(&translated(&format!("[default: {}]", defaults.join("、"))));
    }
    let argument = match argument.get_long_help().map(ToString::to_string) {
        Some(long) => argument.long_help(wrapped(&translated(&long), COLUMNS - INDENT)),
        None => argument,
    };
    argument
        .help(wrapped(&help, COLUMNS - INDENT))
        .hide_possible_values(true)
        .hide_default_value(true)
        .hide_env(true)
}

/// A text in lines of at most this many columns. A line ends at a space, or between two Chinese characters.
fn wrapped(text: &str, columns: usize) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in words(text) {
        if !line.is_empty() && width(&line) + width(word.trim_end()) > columns {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line.clear();
        }
        line.push_str(word);
    }
    lines + line.trim_end()
}

/// The parts of a text. A line may end after each of them.
fn words(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let is_wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
        let may_begin = !matches!(c, '，' | '。' | '；' | '：' | '）' | '、' | '”' | ' ');
        if let Some(before) = before {
            let between = before == ' ' || is_wide(before) && before != '（' && before != '“' || is_wide(c);
            if between && may_begin && before != '（' && before != '“' {
                starts.push(at);
            }
        }
        before = Some(c);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_chinese_characters_or_at_spaces() {
        assert_eq!(
            wrapped("要监听的端口，例如 8080 和 9090。", 12),
            "要监听的端\n口，例如\n8080 和\n9090。"
        );
        assert_eq!(wrapped("", 10), "");
    }
}
