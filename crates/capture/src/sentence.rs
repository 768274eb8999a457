//! Sentences: a message of the catalogue, filled with values, in a language.

pub(crate) use crate::messages::Msg;
pub(crate) use labserve_core::locale::Lang;

use super::messages::FindingMsg;
use super::model::{Arg, Args, Side};

/// A sentence that has no language yet, and the frames that prove it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sentence {
    entry: Entry,
    values: Vec<(&'static str, Value)>,
    /// The evidence.
    pub(crate) frames: Vec<u64>,
    /// Whether there are more frames of evidence than these.
    pub(crate) has_more_frames: bool,
}

/// An entry of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry {
    Msg(Msg),
    Finding(FindingMsg),
}

impl Entry {
    fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Msg(msg) => msg.text(lang),
            Self::Finding(msg) => msg.text(lang),
        }
    }
}

impl From<Msg> for Entry {
    fn from(msg: Msg) -> Self {
        Self::Msg(msg)
    }
}

impl From<FindingMsg> for Entry {
    fn from(msg: FindingMsg) -> Self {
        Self::Finding(msg)
    }
}

/// A value in a sentence.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// A value of the model.
    Arg(Arg),
    /// Names that this program chose.
    Names(Vec<String>),
    /// Another message, in the same language.
    Message(Msg),
    /// Sentences without evidence, in the same language.
    Sentences(Vec<Sentence>),
    /// Messages, each with a time in nanoseconds.
    Amounts(Vec<(Msg, u64)>),
    /// Bits per second.
    Rate(u64),
}

impl Sentence {
    /// A sentence without values and evidence.
    pub(crate) fn new(entry: impl Into<Entry>) -> Self {
        Self {
            entry: entry.into(),
            values: Vec::new(),
            frames: Vec::new(),
            has_more_frames: false,
        }
    }

    /// Adds a value.
    #[must_use]
    pub(crate) fn with(self, name: &'static str, arg: impl Into<Arg>) -> Self {
        self.with_value(name, Value::Arg(arg.into()))
    }

    /// Adds all values of a finding or a note.
    #[must_use]
    pub(crate) fn with_args(self, args: &Args) -> Self {
        args.iter()
            .fold(self, |sentence, (name, arg)| sentence.with(name, arg.clone()))
    }

    /// Adds names, which are listed with the separators of the language.
    #[must_use]
    pub(crate) fn with_names(self, name: &'static str, names: Vec<String>) -> Self {
        self.with_value(name, Value::Names(names))
    }

    /// Adds a message as a value.
    #[must_use]
    pub(crate) fn with_message(self, name: &'static str, msg: Msg) -> Self {
        self.with_value(name, Value::Message(msg))
    }

    /// Adds sentences, which are listed with the separators of the language.
    #[must_use]
    pub(crate) fn with_list(self, name: &'static str, sentences: Vec<Self>) -> Self {
        self.with_value(name, Value::Sentences(sentences))
    }

    /// Adds messages with times, which are listed with the separators of the language.
    #[must_use]
    pub(crate) fn with_amounts(self, name: &'static str, amounts: Vec<(Msg, u64)>) -> Self {
        self.with_value(name, Value::Amounts(amounts))
    }

    /// Adds a rate in bits per second.
    #[must_use]
    pub(crate) fn with_rate(self, name: &'static str, bits_per_second: u64) -> Self {
        self.with_value(name, Value::Rate(bits_per_second))
    }

    fn with_value(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    /// Adds evidence. A frame that repeats the one before it is not added.
    #[must_use]
    pub(crate) fn with_frames(mut self, frames: impl IntoIterator<Item = u64>) -> Self {
        for frame in frames {
            if self.frames.last() != Some(&frame) {
                self.frames.push(frame);
            }
        }
        self
    }

    /// Sets the total number of frames of evidence, of which the first are named.
    #[must_use]
    pub(crate) fn of_frames(mut self, count: u64) -> Self {
        self.has_more_frames = !self.frames.is_empty() && count > self.frames.len() as u64;
        self
    }

    /// The sentence without the evidence.
    pub(crate) fn text(&self, lang: Lang) -> String {
        self.pieces(lang).into_iter().map(Piece::into_text).collect()
    }

    /// The sentence in pieces, so that a renderer can distinguish text from the wire.
    pub(crate) fn pieces(&self, lang: Lang) -> Vec<Piece> {
        let template = self.entry.text(lang);
        let mut pieces = self.fill(template, lang);
        // A sentence may start with a side, whose name is not capitalized.
        if let (true, Some(Piece::Prose(text))) = (template.starts_with("{side}"), pieces.first_mut()) {
            *text = capitalized(text);
        }
        pieces
    }

    /// The evidence in brackets: `[frames 4, 7, 9]`; empty if there is none.
    pub(crate) fn evidence(&self, lang: Lang) -> String {
        if self.frames.is_empty() {
            return String::new();
        }
        Self::new(if self.has_more_frames {
            Msg::FramesMore
        } else {
            Msg::Frames
        })
        .with("count", self.frames.len())
        .with("frames", self.frames.clone())
        .text(lang)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Fills in `{name}`, and `{name?one|many}` depending on whether the number is one. A name without a value is omitted.
    fn fill(&self, template: &str, lang: Lang) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut prose = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            prose.push_str(before);
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            match place.split_once('?') {
                Some((name, choice)) => {
                    let (one, many) = choice.split_once('|').unwrap_or((choice, choice));
                    let is_one = self.value(name) == Some(&Value::Arg(Arg::Count(1)));
                    prose.push_str(if is_one { one } else { many });
                }
                None => {
                    for piece in self.value(place).into_iter().flat_map(|value| value.pieces(lang)) {
                        match piece {
                            Piece::Prose(text) => prose.push_str(&text),
                            other => {
                                pieces.push(Piece::Prose(std::mem::take(&mut prose)));
                                pieces.push(other);
                            }
                        }
                    }
                }
            }
            rest = after;
        }
        pieces.push(Piece::Prose(prose + rest));
        pieces.retain(|piece| *piece != Piece::Prose(String::new()));
        pieces
    }
}

impl Value {
    /// The value as one piece. Each name is a separate piece, with the separators of the language between them.
    fn pieces(&self, lang: Lang) -> Vec<Piece> {
        let separator = || Msg::ListSeparator.text(lang);
        let piece = match self {
            Self::Names(names) => {
                let apart = names.iter().enumerate().map(|(at, name)| {
                    let separator = (at > 0).then(|| Piece::Prose(separator().to_owned()));
                    separator.into_iter().chain([Piece::Name(name.clone())])
                });
                return apart.flatten().collect();
            }
            Self::Arg(Arg::Text(text)) => Piece::Quoted(printable(text)),
            Self::Arg(Arg::Count(n)) => Piece::Prose(n.to_string()),
            Self::Arg(Arg::Nanoseconds { ns }) => Piece::Prose(time(*ns)),
            Self::Arg(Arg::List(numbers)) => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                Piece::Prose(numbers.join(separator()))
            }
            Self::Arg(Arg::Side(Side::Client)) => Piece::Prose(Msg::TheClient.text(lang).to_owned()),
            Self::Arg(Arg::Side(Side::Server)) => Piece::Prose(Msg::TheServer.text(lang).to_owned()),
            Self::Message(msg) => Piece::Prose(msg.text(lang).to_owned()),
            Self::Rate(bits) => Piece::Prose(rate(*bits)),
            Self::Sentences(sentences) => {
                let texts: Vec<String> = sentences.iter().map(|sentence| sentence.text(lang)).collect();
                Piece::Prose(texts.join(separator()))
            }
            Self::Amounts(amounts) => {
                let amount = |(msg, ns): &(Msg, u64)| {
                    format!("{} {}", msg.text(lang), time(i64::try_from(*ns).unwrap_or(i64::MAX)))
                };
                let amounts: Vec<String> = amounts.iter().map(amount).collect();
                Piece::Prose(amounts.join(separator()))
            }
        };
        vec![piece]
    }
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Words and numbers of this program.
    Prose(String),
    /// Text from the wire with control characters escaped.
    Quoted(String),
    /// A technical name, such as that of a TCP state.
    Name(String),
}

impl Piece {
    fn into_text(self) -> String {
        match self {
            Self::Prose(text) | Self::Quoted(text) | Self::Name(text) => text,
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// A label: a message without values.
pub(crate) fn label(msg: Msg, lang: Lang) -> &'static str {
    msg.text(lang)
}

/// Text from the wire with its control characters escaped.
pub(crate) fn printable(text: &str) -> String {
    labserve_core::http1::text::printable(text.as_bytes()).to_string()
}

/// A day in nanoseconds.
const DAY_NS: u64 = 86_400_000_000_000;

/// A duration in nanoseconds, for readers: `5.013 s`, `12.4 ms`, `310 µs`, `1.5 d`.
pub(crate) fn time(ns: i64) -> String {
    let (sign, ns) = (if ns < 0 { "-" } else { "" }, ns.unsigned_abs());
    match ns {
        0..999_500 => format!("{sign}{} µs", (ns + 500) / 1000),
        999_500..999_950_000 => format!("{sign}{:.1} ms", ns as f64 / 1e6),
        999_950_000..DAY_NS => format!("{sign}{:.3} s", ns as f64 / 1e9),
        _ => format!("{sign}{:.1} d", ns as f64 / DAY_NS as f64),
    }
}

/// A rate in bits per second, for readers: `8.1 Mbit/s`.
pub(crate) fn rate(bits: u64) -> String {
    match bits {
        0..1_000_000 => format!("{:.1} kbit/s", bits as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} Mbit/s", bits as f64 / 1e6),
        _ => format!("{:.1} Gbit/s", bits as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in() {
        let sentence = Sentence::new(Msg::Frames)
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
            let filled: String = sentence
                .fill(template, lang)
                .into_iter()
                .map(Piece::into_text)
                .collect();
            assert_eq!(filled, want);
        }
    }

    #[test]
    fn rates_have_a_unit_that_suits_them() {
        for (bits, want) in [
            (64_000, "64.0 kbit/s"),
            (8_123_000, "8.1 Mbit/s"),
            (2_500_000_000, "2.5 Gbit/s"),
        ] {
            assert_eq!(rate(bits), want, "{bits}");
        }
    }

    #[test]
    fn durations_have_a_unit_that_suits_them() {
        for (ns, want) in [
            (0, "0 µs"),
            (999_499, "999 µs"),
            (1_234_000, "1.2 ms"),
            (999_949_999, "999.9 ms"),
            (999_960_000, "1.000 s"),
            (5_013_400_000, "5.013 s"),
            (-2_000_000, "-2.0 ms"),
            (86_399_999_000_000, "86399.999 s"),
            (129_600_000_000_000, "1.5 d"),
        ] {
            assert_eq!(time(ns), want, "{ns}");
        }
    }
}
