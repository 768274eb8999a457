//! Sentences of the catalogue with their values, and how both become text in a language.
//!
//! This module knows how values are written; it does not know what a sentence is about. All prose of `explain` is in the
//! catalogue.

pub(crate) use crate::messages::Msg;
pub(crate) use labserve_core::locale::Lang;

use super::model::{Arg, Args, Side};
use std::fmt::Write;

/// A sentence of the catalogue, not yet in a language, with its values and the frames that prove it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sentence {
    /// Which sentence.
    pub(crate) msg: Msg,
    /// The values that it has places for.
    pub(crate) args: Args,
    /// The frames that prove it.
    pub(crate) frames: Vec<u64>,
}

impl Sentence {
    /// A sentence without values and evidence.
    pub(crate) fn new(msg: Msg) -> Sentence {
        Sentence {
            msg,
            args: Args::default(),
            frames: Vec::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, arg: impl Into<Arg>) -> Sentence {
        self.args = self.args.with(name, arg);
        self
    }

    /// Adds frames that prove it.
    #[must_use]
    pub(crate) fn by(mut self, frames: impl IntoIterator<Item = u64>) -> Sentence {
        self.frames.extend(frames);
        self
    }

    /// The sentence, without the evidence.
    pub(crate) fn text(&self, lang: Lang) -> String {
        self.pieces(lang).into_iter().map(Piece::into_text).collect()
    }

    /// The sentence in pieces, so that a renderer can set text from the wire apart.
    pub(crate) fn pieces(&self, lang: Lang) -> Vec<Piece> {
        let template = self.msg.text(lang);
        let mut pieces = fill(template, &self.args, lang);
        // A sentence may begin with a side.
        if let (true, Some(Piece::Prose(text))) = (template.starts_with("{side}"), pieces.first_mut()) {
            *text = capitalised(text);
        }
        pieces
    }

    /// The evidence in brackets, such as `[frames 4, 7, 9]`. Empty if there is none.
    pub(crate) fn evidence(&self, lang: Lang) -> String {
        if self.frames.is_empty() {
            return String::new();
        }
        let sentence = Sentence::new(Msg::Frames)
            .with("count", self.frames.len())
            .with("frames", self.frames.clone());
        sentence.text(lang)
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Words and numbers of labserve's.
    Prose(String),
    /// Text from the wire, or a name, made safe against control characters.
    Quoted(String),
}

impl Piece {
    /// Its text.
    pub(crate) fn into_text(self) -> String {
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

/// Fills the places of a sentence: `{name}` with a value, `{name?one|many}` with the word for one or for many.
fn fill(template: &str, args: &Args, lang: Lang) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut prose = String::new();
    let mut rest = template;
    while let Some((before, opened)) = rest.split_once('{') {
        prose.push_str(before);
        let (inside, after) = opened.split_once('}').unwrap_or((opened, ""));
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
                Some(Arg::Text(text)) => {
                    pieces.push(Piece::Prose(std::mem::take(&mut prose)));
                    pieces.push(Piece::Quoted(printable(text)));
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
pub(crate) fn printable(text: &str) -> String {
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
        Arg::Text(quoted) => write!(text, "{}", printable(quoted)),
    };
}

/// A time in nanoseconds for people: `5.013 s`, `12.4 ms`, `310 µs`.
pub(crate) fn time(ns: i64) -> String {
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
