//! Finds the template from which several texts were rendered, given the values of placeholders for each.

use super::values::Sample;
use labserve_core::profile::Template;
use labserve_core::profile::template::{Filter, Placeholder};
use std::fmt::Write;

/// How many attempts one alignment may take.
const MOST_ATTEMPTS: u32 = 20_000;
/// Values that occur in a text by chance are usually shorter than this.
const LONG: usize = 5;

/// A placeholder with its filters.
#[derive(Debug)]
struct Expression {
    template: Template,
    /// The index of the expression without its last filter; its own index if it has no filter.
    within: usize,
}

/// All expressions that a template may contain, the simplest first.
#[derive(Debug)]
pub(super) struct Expressions {
    all: Vec<Expression>,
    /// The number of expressions with at most one filter.
    simple: usize,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text, as Latin-1.
    Literal(String),
    /// The expression with this number.
    Value(usize),
}

/// One of the texts for which a template is sought, as Latin-1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) sample: &'t Sample,
}

impl Expressions {
    /// The expressions of these placeholders with up to two filters.
    pub(super) fn of(placeholders: &[Placeholder]) -> Self {
        let named = Placeholder::ALL
            .iter()
            .filter(|(known, ..)| placeholders.contains(known));
        let names: Vec<&str> = named.map(|(_, name, _)| *name).collect();
        let filters: Vec<&str> = Filter::ALL.iter().map(|(_, name, _)| *name).collect();
        let mut all: Vec<Expression> = Vec::new();
        let push = |source: String, within: Option<usize>, all: &mut Vec<Expression>| {
            if let Ok(template) = Template::parse(&source) {
                let within = within.unwrap_or(all.len());
                all.push(Expression { template, within });
            }
        };
        for name in &names {
            push(format!("{{{name}}}"), None, &mut all);
        }
        let mut begun = 0;
        let mut simple = all.len();
        for longest in 1..=2 {
            let ended = all.len();
            for within in begun..ended {
                let source = all[within].template.source().trim_end_matches('}').to_owned();
                for filter in &filters {
                    push(format!("{source}:{filter}}}"), Some(within), &mut all);
                }
            }
            begun = ended;
            if longest == 1 {
                simple = all.len();
            }
        }
        Self { all, simple }
    }

    fn eval(&self, number: usize, sample: &Sample) -> Option<String> {
        let template = &self.all[number].template;
        if number < self.simple {
            sample.eval(number, template)
        } else {
            sample.render(template)
        }
    }

    /// The value of an expression; `None` if it has none, or the same as without its last filter.
    fn value(&self, number: usize, sample: &Sample) -> Option<String> {
        let within = self.all[number].within;
        if number < self.simple || within == number {
            return self.eval(number, sample);
        }
        // If the first filter changes nothing, the second one is not needed.
        let one = self.eval(within, sample)?;
        if self.eval(self.all[within].within, sample).as_ref() == Some(&one) {
            return None;
        }
        self.eval(number, sample).filter(|value| *value != one)
    }

    /// What the parts render to; `None` if a placeholder has no value.
    pub(super) fn render(&self, parts: &[Part], sample: &Sample) -> Option<String> {
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Value(number) => out.push_str(&self.eval(*number, sample)?),
            }
        }
        Some(out)
    }

    /// The template source of the parts.
    pub(super) fn source(&self, parts: &[Part]) -> String {
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Literal(text) => out.push_str(&escaped(text)),
                // Writing to a String cannot fail.
                Part::Value(number) => _ = write!(out, "{}", self.all[*number].template.source()),
            }
        }
        out
    }

    /// The template from which all texts were rendered; `None` if they differ in a place that no expression explains.
    pub(super) fn align(&self, texts: &[Text<'_>]) -> Option<Vec<Part>> {
        let rest: Vec<&str> = texts.iter().map(|text| text.text).collect();
        let samples: Vec<&Sample> = texts.iter().map(|text| text.sample).collect();
        let mut attempts = 0;
        self.aligned(&rest, &samples, &mut attempts)
    }

    fn aligned(&self, rest: &[&str], samples: &[&Sample], attempts: &mut u32) -> Option<Vec<Part>> {
        let same = common_prefix(rest);
        if rest.iter().all(|rest| rest.len() == same) {
            return Some(vec![Part::Literal(rest[0].to_owned())]);
        }
        for number in 0..self.all.len() {
            *attempts += 1;
            if *attempts > MOST_ATTEMPTS {
                return None;
            }
            // Most expressions can be ruled out with one of the texts.
            let Some(first) = self.value(number, samples[0]) else {
                continue;
            };
            let begins = begins(rest[0], &first, same);
            if begins.is_empty() {
                continue;
            }
            let others = samples[1..].iter().map(|sample| self.value(number, sample));
            let Some(values): Option<Vec<String>> = std::iter::once(Some(first)).chain(others).collect() else {
                continue;
            };
            if values.windows(2).all(|pair| pair[0] == pair[1]) {
                continue;
            }
            for begin in begins {
                let after: Option<Vec<&str>> = rest
                    .iter()
                    .zip(&values)
                    .map(|(rest, value)| rest.get(begin..)?.strip_prefix(value.as_str()))
                    .collect();
                let Some(after) = after else { continue };
                if let Some(tail) = self.aligned(&after, samples, attempts) {
                    let mut parts = vec![Part::Literal(rest[0][..begin].to_owned()), Part::Value(number)];
                    parts.extend(tail);
                    return Some(tidy(parts));
                }
            }
        }
        None
    }

    /// Replaces literal text that equals the long value of an expression in all samples, even if it is the same in all.
    pub(super) fn explained(&self, parts: Vec<Part>, samples: &[&Sample]) -> Vec<Part> {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Part::Value(_) => out.push(part),
                Part::Literal(text) => self.explain(&text, samples, &mut out),
            }
        }
        tidy(out)
    }

    fn explain(&self, text: &str, samples: &[&Sample], out: &mut Vec<Part>) {
        let found = (0..self.simple)
            .filter_map(|number| {
                let value = self.eval(number, samples.first()?)?;
                let at = text.find(&value).filter(|_| value.len() >= LONG)?;
                let same = samples
                    .iter()
                    .all(|sample| self.eval(number, sample).as_ref() == Some(&value));
                same.then_some((value.len(), number, at))
            })
            // The longest value, and of those the simplest expression.
            .max_by_key(|(length, number, _)| (*length, std::cmp::Reverse(*number)));
        match found {
            None => out.push(Part::Literal(text.to_owned())),
            Some((length, number, at)) => {
                self.explain(&text[..at], samples, out);
                out.push(Part::Value(number));
                self.explain(&text[at + length..], samples, out);
            }
        }
    }
}

/// Where in a text a value may begin that contains the byte at `differs`, the last place first.
fn begins(text: &str, value: &str, differs: usize) -> Vec<usize> {
    let first = differs.saturating_sub(value.len());
    (first..=differs)
        .rev()
        .filter(|begin| text.get(*begin..).is_some_and(|rest| rest.starts_with(value)))
        .collect()
}

/// Text for a template, from Latin-1.
pub(super) fn escaped(text: &str) -> String {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&bytes).replace('{', "{{")
}

/// Joins neighbouring literals and removes empty ones.
fn tidy(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
            (_, Part::Literal(text)) if text.is_empty() => {}
            (_, part) => out.push(part),
        }
    }
    out
}

/// The length of the common prefix of all texts.
fn common_prefix(texts: &[&str]) -> usize {
    let Some((first, others)) = texts.split_first() else {
        return 0;
    };
    let mut length = first.len();
    for other in others {
        let same = first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        length = length.min(same);
    }
    while !first.is_char_boundary(length) {
        length -= 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[(Placeholder, &str)]) -> Sample {
        let mut sample = Sample::default();
        for (placeholder, value) in values {
            sample.insert(*placeholder, value.as_bytes().to_vec());
        }
        sample
    }

    #[test]
    fn templates_are_found_from_two_texts() {
        use Placeholder::{Method, Mtime, Path, Size};
        let expressions = Expressions::of(&[Method, Path, Size, Mtime]);
        let one = sample(&[(Method, "GET"), (Path, "/a<b"), (Size, "26"), (Mtime, "1698766276")]);
        let two = sample(&[(Method, "PUT"), (Path, "/abc"), (Size, "4711"), (Mtime, "1698766276")]);
        let table = [
            ("Cannot GET /a<b!", "Cannot PUT /abc!", Some("Cannot {method} {path}!")),
            ("<i>/a&lt;b</i>", "<i>/abc</i>", Some("<i>{path:html}</i>")),
            ("{1a}", "{1267}", Some("{{{size:x}}")),
            ("same", "same", Some("same")),
            ("one", "two", None),
            ("\"65411dc4-1a\"", "\"65411dc4-1267\"", Some("\"{mtime:x}-{size:x}\"")),
        ];
        for (first, second, want) in table {
            let texts = [
                Text {
                    text: first,
                    sample: &one,
                },
                Text {
                    text: second,
                    sample: &two,
                },
            ];
            let found = expressions
                .align(&texts)
                .map(|parts| expressions.explained(parts, &[&one, &two]));
            assert_eq!(
                found.map(|parts| expressions.source(&parts)).as_deref(),
                want,
                "{first}"
            );
        }
    }
}
