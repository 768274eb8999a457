//! Groups recorded responses by the template that they were rendered from.

use super::align::{Expressions, Part, Text};
use super::recorded::{Line, Recorded};
use super::values::Sample;
use std::collections::HashMap;

/// How many responses of a draft are kept, to check the effect of later ones on them.
const MOST_EXAMPLES: usize = 6;

/// The template of a response while it is being found.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) status: u16,
    pub(super) is_file: bool,
    pub(super) reason: Vec<Part>,
    pub(super) lines: Vec<DraftLine>,
    /// `None` until a response to a method other than HEAD is seen.
    pub(super) body: Option<Vec<Part>>,
    pub(super) chunked: bool,
    /// Whether a response to HEAD contains the body.
    pub(super) body_for_head: bool,
    /// Whether its responses to HEAD lack Content-Length, if there are any.
    pub(super) head_lacks_length: Option<bool>,
    /// The indices of its responses.
    pub(super) members: Vec<usize>,
    /// Some of these responses, with different texts.
    examples: Vec<usize>,
}

/// A line of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DraftLine {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    pub(super) optional: bool,
    pub(super) known: bool,
}

/// Finds the drafts of all responses. Within a status, the drafts of most responses come first.
pub(super) struct Drafts<'r> {
    pub(super) all: Vec<Draft>,
    recorded: &'r [Recorded],
    expressions: &'r Expressions,
    /// The draft of each text, so that equal texts are compared only once.
    known: HashMap<String, usize>,
}

impl<'r> Drafts<'r> {
    pub(super) fn new(recorded: &'r [Recorded], expressions: &'r Expressions) -> Self {
        Self {
            all: Vec::new(),
            recorded,
            expressions,
            known: HashMap::new(),
        }
    }

    /// Adds all responses: responses to HEAD after the others, and frequent texts first.
    pub(super) fn take_all(&mut self) {
        let recorded = self.recorded;
        let mut times: HashMap<String, usize> = HashMap::new();
        let texts: Vec<String> = recorded.iter().map(text_of).collect();
        for text in &texts {
            *times.entry(text.clone()).or_default() += 1;
        }
        let mut order: Vec<usize> = (0..recorded.len())
            .filter(|at| recorded[*at].message.status != 0)
            .collect();
        order.sort_by_key(|at| (recorded[*at].is_head(), std::cmp::Reverse(times[&texts[*at]]), *at));
        for at in order {
            self.take(at, &texts[at]);
        }
    }

    fn take(&mut self, at: usize, text: &str) {
        // Equal texts may result from different requests.
        if let Some(draft) = self.known.get(text).copied()
            && let Some(unified) = self.unify(&self.all[draft], at)
        {
            self.all[draft] = unified;
            self.all[draft].members.push(at);
            return;
        }
        let unified = (0..self.all.len()).find_map(|draft| Some((draft, self.unify(&self.all[draft], at)?)));
        let draft = match unified {
            Some((draft, unified)) => {
                self.all[draft] = unified;
                draft
            }
            None => {
                self.all.push(Draft::of(&self.recorded[at], at));
                self.all.len() - 1
            }
        };
        self.known.insert(text.to_owned(), draft);
        self.all[draft].members.push(at);
    }

    /// The draft with one more response; `None` if the response does not fit the template.
    fn unify(&self, draft: &Draft, at: usize) -> Option<Draft> {
        let new = &self.recorded[at];
        let same = draft.status == new.message.status
            && draft.is_file == new.is_file
            && (new.is_head() || draft.chunked == new.message.chunked || draft.is_file || draft.body.is_none());
        if !same {
            return None;
        }
        let mut unified = draft.clone();
        let reasons = |recorded: &'r Recorded| Some(recorded.message.reason.as_str());
        unified.reason = self.piece(draft, &draft.reason, new, &reasons)?;
        self.lines(&mut unified, new)?;
        if !new.is_file && !new.is_head() {
            let bodies = |recorded: &'r Recorded| (!recorded.is_head()).then_some(recorded.message.body.as_str());
            unified.body = Some(match &draft.body {
                Some(body) => self.piece(draft, body, new, &bodies)?,
                None => vec![Part::Literal(new.message.body.clone())],
            });
            unified.chunked |= new.message.chunked;
            unified.body_for_head |= new.method == "HEAD";
        }
        let changed = unified.reason != draft.reason || unified.lines != draft.lines || unified.body != draft.body;
        if changed && unified.examples.len() < MOST_EXAMPLES {
            unified.examples.push(at);
        }
        Some(unified)
    }

    /// The template of one text of the responses, with one more response.
    fn piece<'t>(
        &self,
        draft: &Draft,
        parts: &[Part],
        new: &'t Recorded,
        text: &impl Fn(&'t Recorded) -> Option<&'t str>,
    ) -> Option<Vec<Part>>
    where
        'r: 't,
    {
        let wanted = text(new)?;
        if self.expressions.render(parts, &new.sample).as_deref() == Some(wanted) {
            return Some(parts.to_vec());
        }
        let mut texts: Vec<Text<'_>> = Vec::new();
        for at in &draft.examples {
            let example = &self.recorded[*at];
            if let Some(text) = text(example) {
                let sample: &Sample = &example.sample;
                texts.push(Text { text, sample });
            }
        }
        texts.push(Text {
            text: wanted,
            sample: &new.sample,
        });
        if !alike(texts[0].text, wanted) {
            return None;
        }
        self.expressions.align(&texts)
    }

    /// Matches the lines of a response with those of the draft. A line may be missing in either if its placeholder may
    /// have no value.
    fn lines(&self, draft: &mut Draft, new: &'r Recorded) -> Option<()> {
        let mut merged: Vec<DraftLine> = Vec::new();
        let mut others = new.lines.iter().peekable();
        let before = draft.clone();
        let mut lacks_length = false;
        for line in &before.lines {
            let wanted = others.peek().copied();
            if let Some(wanted) = wanted
                && wanted.name == line.name
                && (wanted.known == line.known)
            {
                let parts = if line.known {
                    (line.parts == [Part::Literal(wanted.text.clone())]).then(|| line.parts.clone())?
                } else {
                    let number = before
                        .lines
                        .iter()
                        .take_while(|l| !std::ptr::eq(*l, line))
                        .filter(|l| l.name == line.name)
                        .count();
                    let text = |recorded: &'r Recorded| {
                        recorded
                            .lines
                            .iter()
                            .filter(|l| l.name == wanted.name)
                            .nth(number)
                            .map(|l| l.text.as_str())
                    };
                    self.piece(&before, &line.parts, new, &text)?
                };
                merged.push(DraftLine { parts, ..line.clone() });
                others.next();
                continue;
            }
            // Lines that only the new response has here, if a later line matches.
            let ahead = others
                .clone()
                .position(|other| other.name == line.name && other.known == line.known);
            match ahead {
                Some(count) if others.clone().take(count).all(|other| other.optional) => {
                    for _ in 0..count {
                        merged.extend(others.next().map(DraftLine::of));
                    }
                    let wanted = others.next()?;
                    if line.known && line.parts != [Part::Literal(wanted.text.clone())] {
                        return None;
                    }
                    if !line.known {
                        return None;
                    }
                    merged.push(line.clone());
                }
                _ if line.optional => {
                    lacks_length |= line.name == "content-length";
                    merged.push(line.clone());
                }
                _ => return None,
            }
        }
        for rest in others {
            if !rest.optional {
                return None;
            }
            merged.push(DraftLine::of(rest));
        }
        draft.lines = merged;
        if new.is_head() && !new.message.chunked {
            let lacks = lacks_length && !before.chunked;
            match draft.head_lacks_length {
                Some(known) if known != lacks => {}
                _ => draft.head_lacks_length = Some(lacks),
            }
        }
        Some(())
    }
}

impl Draft {
    fn of(recorded: &Recorded, at: usize) -> Self {
        let literal = |text: &str| vec![Part::Literal(text.to_owned())];
        Self {
            status: recorded.message.status,
            is_file: recorded.is_file,
            reason: literal(&recorded.message.reason),
            lines: recorded.lines.iter().map(DraftLine::of).collect(),
            body: (!recorded.is_head() && !recorded.is_file).then(|| literal(&recorded.message.body)),
            chunked: recorded.message.chunked,
            body_for_head: recorded.method == "HEAD" && recorded.message.odd,
            head_lacks_length: None,
            members: Vec::new(),
            examples: vec![at],
        }
    }
}

impl DraftLine {
    fn of(line: &Line) -> Self {
        Self {
            name: line.name.clone(),
            parts: vec![Part::Literal(line.text.clone())],
            optional: line.optional,
            known: line.known,
        }
    }
}

/// The parts of a response that its template determines.
fn text_of(recorded: &Recorded) -> String {
    let lines: Vec<&str> = recorded.lines.iter().map(|line| line.text.as_str()).collect();
    let body = if recorded.is_file {
        ""
    } else {
        recorded.message.body.as_str()
    };
    format!(
        "{} {} {} {} {}\n{}\n\n{body}",
        recorded.message.status,
        recorded.message.reason,
        recorded.is_file,
        recorded.is_head(),
        recorded.message.chunked,
        lines.join("\n"),
    )
}

/// Whether two texts are similar enough to have the same template. Finding that they do not would take long.
fn alike(one: &str, other: &str) -> bool {
    let shorter = one.len().min(other.len());
    let longer = one.len().max(other.len());
    let begins = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let ends = one
        .bytes()
        .rev()
        .zip(other.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    longer < 300 || begins + ends >= shorter / 2
}
