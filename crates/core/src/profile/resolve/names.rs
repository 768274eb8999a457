//! The names of a profile's responses, and the keys whose values are such names.

use super::{Mistake, mistake};
use crate::http1::ResponseId;
use crate::profile::units::Word;
use crate::profile::{OnInput, Response, near, suggestion};
use std::collections::BTreeMap;

/// The responses of a profile by name.
#[derive(Debug)]
pub(super) struct Names {
    ids: BTreeMap<String, ResponseId>,
}

impl Names {
    /// The names of `responses`. A response's number is its index.
    pub(super) fn of(responses: &[Response]) -> Self {
        let numbered = responses.iter().zip(0..);
        Self {
            ids: numbered.map(|(response, id)| (response.name.clone(), id)).collect(),
        }
    }

    /// The response with this name.
    pub(super) fn get(&self, name: &str) -> Option<ResponseId> {
        self.ids.get(name).copied()
    }

    /// All names with their responses, in alphabetical order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, ResponseId)> {
        self.ids.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// The response that the value of `key` names.
    pub(super) fn answer(&self, key: &[&str], word: &Word) -> Result<ResponseId, Mistake> {
        self.get(&word.0)
            .ok_or_else(|| mistake(key, self.unknown(&word.0, &[])))
    }

    /// A response that every profile needs.
    pub(super) fn required(&self, name: &str) -> Result<ResponseId, Mistake> {
        self.get(name).ok_or_else(|| {
            mistake(
                &["response", name],
                format!("expected a table [response.{name}]; every profile needs one"),
            )
        })
    }

    /// The keyword or the response that the value of `key` names.
    pub(super) fn on_input<T: Copy>(
        &self,
        key: &[&str],
        word: &Word,
        keywords: &[(&str, T)],
    ) -> Result<OnInput<T>, Mistake> {
        if let Some((_, value)) = keywords.iter().find(|(k, _)| *k == word.0) {
            return Ok(OnInput::Accept(*value));
        }
        match self.get(&word.0) {
            Some(id) => Ok(OnInput::Respond(id)),
            None => {
                let keywords: Vec<&str> = keywords.iter().map(|(k, _)| *k).collect();
                Err(Mistake {
                    keywords: keywords.iter().map(|k| (*k).to_owned()).collect(),
                    ..mistake(key, self.unknown(&word.0, &keywords))
                })
            }
        }
    }

    /// The message about a word that is neither a keyword nor a response.
    fn unknown(&self, word: &str, keywords: &[&str]) -> String {
        let known = || keywords.iter().copied().chain(self.ids.keys().map(String::as_str));
        if word.parse::<u16>().is_ok() {
            return format!("there is no response {word}: add a table [response.{word}]");
        }
        match near(word, known()) {
            near @ Some(_) => format!("unknown response or keyword `{word}`{}", suggestion(near)),
            None => format!(
                "unknown response or keyword `{word}`; expected one of {}",
                known().collect::<Vec<_>>().join(", ")
            ),
        }
    }
}
