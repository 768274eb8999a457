//! Sentences: a message of the one table, filled with its arguments, in a language.
//!
//! Knows languages and how values are written; knows nothing of captures. No other room of `explain` holds prose.

pub use crate::messages::Msg;
pub use labserve_core::locale::Lang;

use super::model::{Arg, Args, Side};
use std::fmt::Write;

/// A sentence that is still without a language, and the frames that prove it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The message.
    pub msg: Msg,
    /// What it needs.
    pub args: Args,
    /// The evidence.
    pub frames: Vec<u64>,
}

impl Said {
    /// A sentence without arguments and evidence.
    pub fn new(msg: Msg) -> Said {
        Said {
            msg,
            args: Args::default(),
            frames: Vec::new(),
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Said {
        self.args = self.args.with(name, arg);
        self
    }

    /// With more evidence.
    #[must_use]
    pub fn by(mut self, frames: impl IntoIterator<Item = u64>) -> Said {
        self.frames.extend(frames);
        self
    }

    /// The sentence, without the evidence.
    pub fn text(&self, lang: Lang) -> String {
        self.pieces(lang).into_iter().map(Piece::into_text).collect()
    }

    /// The sentence in pieces, so that a renderer can set text from the wire apart.
    pub fn pieces(&self, lang: Lang) -> Vec<Piece> {
        let template = self.msg.text(lang);
        let mut pieces = fill(template, &self.args, lang);
        // A sentence may begin with a side.
        if let (true, Some(Piece::Prose(text))) = (template.starts_with("{side}"), pieces.first_mut()) {
            *text = capitalised(text);
        }
        pieces
    }

    /// The evidence in brackets: `[frames 4, 7, 9]`; nothing if there is none.
    pub fn evidence(&self, lang: Lang) -> String {
        if self.frames.is_empty() {
            return String::new();
        }
        let said = Said::new(Msg::Frames)
            .with("count", self.frames.len())
            .with("frames", self.frames.clone());
        said.text(lang)
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words and numbers of ours.
    Prose(String),
    /// Text from the wire, or a name, made safe against control characters.
    Quoted(String),
}

impl Piece {
    /// What it says.
    pub fn into_text(self) -> String {
        match self {
            Piece::Prose(text) | Piece::Quoted(text) => text,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// A label: a message without arguments.
pub fn label(msg: Msg, lang: Lang) -> &'static str {
    msg.text(lang)
}

/// Fills in `{name}`, and `{name?one|many}` by whether the number is one.
fn fill(template: &str, args: &Args, lang: Lang) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut prose = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        prose.push_str(before);
        let (inside, after) = behind.split_once('}').unwrap_or((behind, ""));
        match inside.split_once('?') {
            Some((name, choice)) => {
                let (one, many) = choice.split_once('|').unwrap_or((choice, choice));
                prose.push_str(if args.get(name) == Some(&Arg::Count(1)) {
                    one
                } else {
                    many
                });
            }
            None => match args.get(inside) {
                Some(Arg::Text(said)) => {
                    pieces.push(Piece::Prose(std::mem::take(&mut prose)));
                    pieces.push(Piece::Quoted(printable(said)));
                }
                Some(Arg::Names(names)) => {
                    pieces.push(Piece::Prose(std::mem::take(&mut prose)));
                    pieces.push(Piece::Quoted(names.join(Msg::ListSeparator.text(lang))));
                }
                Some(arg) => write_arg(arg, lang, &mut prose),
                None => {}
            },
        }
        rest = after;
    }
    pieces.push(Piece::Prose(prose + rest));
    pieces.retain(|piece| *piece != Piece::Prose(String::new()));
    pieces
}

/// Text from the wire with its control characters escaped.
pub fn printable(text: &str) -> String {
    labserve_core::http1::text::printable(text.as_bytes()).to_string()
}

fn write_arg(arg: &Arg, lang: Lang, text: &mut String) {
    // Writing into a string cannot fail.
    let _ = match arg {
        Arg::Count(n) => write!(text, "{n}"),
        Arg::Nanoseconds { ns } => write!(text, "{}", time(*ns)),
        Arg::List(numbers) => {
            let shown: Vec<String> = numbers.iter().map(u64::to_string).collect();
            write!(text, "{}", shown.join(Msg::ListSeparator.text(lang)))
        }
        Arg::Names(names) => write!(text, "{}", names.join(Msg::ListSeparator.text(lang))),
        Arg::Side(Side::Client) => write!(text, "{}", Msg::TheClient.text(lang)),
        Arg::Side(Side::Server) => write!(text, "{}", Msg::TheServer.text(lang)),
        Arg::Message(msg) => write!(text, "{}", msg.text(lang)),
        Arg::Text(said) => write!(text, "{}", printable(said)),
    };
}

/// A time in nanoseconds for people: `5.013 s`, `12.4 ms`, `310 µs`.
pub fn time(ns: i64) -> String {
    let (sign, ns) = (if ns < 0 { "-" } else { "" }, ns.unsigned_abs());
    match ns {
        0..999_500 => format!("{sign}{} µs", (ns + 500) / 1000),
        999_500..999_950_000 => format!("{sign}{:.1} ms", ns as f64 / 1e6),
        _ => format!("{sign}{:.3} s", ns as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_filled_in() {
        let args = Args::default()
            .with("count", 1_u64)
            .with("frames", vec![3, 4])
            .with("who", Side::Client)
            .with("after", Arg::ns(5_013_000_000_i64))
            .with("text", "a\x1b[31m");
        for (template, lang, want) in [
            ("{count} {count?exchange|exchanges}", Lang::En, "1 exchange"),
            ("{frames}, {after}", Lang::En, "3, 4, 5.013 s"),
            ("{frames}", Lang::Zh, "3、4"),
            ("{who} {text}.", Lang::En, "the client a\\u{1b}[31m."),
            ("{none}x", Lang::En, "x"),
        ] {
            let filled: String = fill(template, &args, lang).into_iter().map(Piece::into_text).collect();
            assert_eq!(filled, want);
        }
    }

    #[test]
    fn times() {
        for (ns, want) in [
            (0, "0 µs"),
            (999_499, "999 µs"),
            (1_234_000, "1.2 ms"),
            (999_949_999, "999.9 ms"),
            (999_960_000, "1.000 s"),
            (5_013_400_000, "5.013 s"),
            (-2_000_000, "-2.0 ms"),
        ] {
            assert_eq!(time(ns), want, "{ns}");
        }
    }
}
