//! Profiles in layers: a profile, the profiles that it extends, and what is laid over it.
//!
//! Reads no file: a [`Source`] supplies texts by name. [`BuiltIns`] needs no files at all.
//!
//! Each layer is first checked separately, so that a mistake is reported with its line. Then the tables are merged, a
//! later layer over an earlier one, and the result is resolved.

mod canonical;
mod family;
mod key_path;
mod layer;
mod mistakes;
mod rule_line;
mod source;
mod stack_rules;

pub use family::{Family, from_keys};
pub use key_path::KeyPath;
pub use layer::{Layer, without};
pub use mistakes::Report;
pub use source::{BuiltIns, Source, SourceText};

use super::error::ConfigError;
use super::raw::Raw;
use super::resolve::{self, Mistake};
use super::schema::Schema;
use super::{Profile, builtin, check};
use std::path::Path;
use toml::Table;

/// The longest chain of profiles that extend each other. Each may be a file of 1 MiB.
const LONGEST_CHAIN: usize = 32;

/// The layers of a profile, the lowest first.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The name or path that the profile was requested by.
    asked: String,
    name: String,
    layers: Vec<Layer>,
    /// The number of layers that belong to the profile itself.
    own: usize,
}

impl Stack {
    /// The profile `name`, with what it extends, as found by `source`.
    ///
    /// # Errors
    /// There is no such profile, its text cannot be read, or it has a mistake.
    pub fn load(name: &str, source: &impl Source) -> Result<Self, ConfigError> {
        let name = builtin::current_name(name);
        let mut layers: Vec<Layer> = Vec::new();
        let mut identities: Vec<String> = Vec::new();
        let mut next = Some((name.to_owned(), None::<String>));
        while let Some((name, asker)) = next {
            let found = source.find(&name, asker.as_deref())?;
            if let Some(first) = identities.iter().position(|known| *known == found.identity) {
                return Err(cycle(&layers, first));
            }
            if layers.len() == LONGEST_CHAIN {
                let message = format!("expected a chain of at most {LONGEST_CHAIN} profiles that extend each other");
                return Err(at_extends(layers.last(), message));
            }
            let layer = Layer::parse(&found.origin, &found.text)?;
            next = match layer.table.get("extends") {
                Some(toml::Value::String(base)) => Some((base.clone(), found.path)),
                _ => None,
            };
            layers.push(layer);
            identities.push(found.identity);
        }
        layers.reverse();
        let short = Path::new(name)
            .file_stem()
            .map_or(name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self {
            asked: name.to_owned(),
            name: short,
            own: layers.len(),
            layers,
        })
    }

    /// A profile with a single layer.
    pub fn of(name: &str, layer: Layer) -> Self {
        Self {
            asked: name.to_owned(),
            name: name.to_owned(),
            layers: vec![layer],
            own: 1,
        }
    }

    /// The name or path that the profile was requested by.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// Where each layer is from: the names of built-in profiles, paths of files, or what an assignment was written in.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.origin.as_str())
    }

    /// The profile without the layers over it.
    #[must_use]
    pub fn profile(&self) -> Self {
        let mut profile = self.clone();
        profile.layers.truncate(self.own);
        profile
    }

    /// The keys of the layers over the profile.
    pub fn changes(&self) -> Table {
        let mut whole = Table::new();
        for layer in &self.layers[self.own..] {
            merge(&mut whole, &layer.table);
        }
        whole
    }

    /// Lays `layer` over the others.
    #[must_use]
    pub fn over(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// The keys of all layers.
    pub fn merged(&self) -> Table {
        let mut whole = Table::new();
        for layer in &self.layers {
            merge(&mut whole, &layer.table);
        }
        whole.remove("extends");
        whole
    }

    /// The keys of all layers, and the defaults of all other keys.
    ///
    /// # Errors
    /// As [`Stack::build`].
    pub fn effective(&self) -> Result<Table, ConfigError> {
        self.build()?;
        let whole = self.raw()?;
        Table::try_from(whole).map_err(|error| self.mistake(error.to_string()))
    }

    /// The text of the profile; `None` if it has more than one layer.
    pub fn source(&self) -> Option<&str> {
        match self.layers.as_slice() {
            [layer] => layer.text.as_deref(),
            _ => None,
        }
    }

    /// Builds the profile.
    ///
    /// # Errors
    /// A name that is not defined, or keys that contradict each other. The error names the layer and the line
    /// of the key.
    pub fn build(&self) -> Result<Profile, ConfigError> {
        if let Some(mistake) = self.misplaced_extends() {
            return Err(mistake);
        }
        let raw = self.raw()?;
        resolve::resolve(&self.name, &raw).map_err(|Mistake { key, message, .. }| self.located(&key, message))
    }

    /// What is wrong if a layer over the profile extends another one.
    fn misplaced_extends(&self) -> Option<ConfigError> {
        let mut over = self.layers.iter().skip(self.own);
        let layer = over.find(|layer| layer.table.contains_key("extends"))?;
        let message = "only a profile extends another: write it into the profile's file, or serve that profile";
        Some(at_extends(Some(layer), message.to_owned()))
    }

    /// The mistake `message` at the uppermost layer that has `key`.
    fn located(&self, key: &[String], message: String) -> ConfigError {
        let holder = self.layers.iter().rev().find(|layer| layer.holds(key));
        let layer = holder.or(self.layers.last());
        ConfigError {
            origin: layer.map_or_else(|| self.origin(), |l| l.origin.clone()),
            line: layer.and_then(|l| l.line_of(key)),
            key: Some(layer.map_or_else(|| key.join("."), |l| l.full_name(key))),
            message: match layer.and_then(|layer| layer.inside) {
                Some(table) => mistakes::with_tables_in(table, &message),
                None => message,
            },
        }
    }

    fn raw(&self) -> Result<Raw, ConfigError> {
        let merged = self.merged();
        merged.clone().try_into().map_err(|error: toml::de::Error| {
            let mistakes = check::text(Schema::profile(), &self.origin(), &merged.to_string());
            match mistakes.into_iter().next() {
                Some(mistake) => ConfigError { line: None, ..mistake },
                None => self.mistake(error.message().to_owned()),
            }
        })
    }

    fn mistake(&self, message: String) -> ConfigError {
        ConfigError {
            origin: self.origin(),
            line: None,
            key: None,
            message,
        }
    }

    fn origin(&self) -> String {
        self.layers
            .last()
            .map_or_else(|| self.name.clone(), |l| l.origin.clone())
    }
}

/// Loads and builds a built-in profile.
///
/// # Errors
/// As [`Stack::load`] and [`Stack::build`].
pub fn load(name: &str) -> Result<Profile, ConfigError> {
    Stack::load(name, &BuiltIns)?.build()
}

/// The mistake of a chain whose last layer extends the one at index `first`.
fn cycle(chain: &[Layer], first: usize) -> ConfigError {
    let members = chain[first..].iter().chain(&chain[first..=first]);
    let shown: Vec<&str> = members.map(|layer| layer.origin.as_str()).collect();
    let message = format!("the profiles extend each other in a cycle: {}", shown.join(" -> "));
    at_extends(chain.last(), message)
}

/// A mistake in the key `extends` of `layer`.
fn at_extends(layer: Option<&Layer>, message: String) -> ConfigError {
    ConfigError {
        origin: layer.map(|layer| layer.origin.clone()).unwrap_or_default(),
        line: layer.and_then(|layer| layer.line_of(&["extends".to_owned()])),
        key: Some("extends".to_owned()),
        message,
    }
}

/// The key whose lists are joined.
const RULES: &str = "rule";

/// Lays `over` over `base`: tables are merged, rules are added, any other value is replaced.
fn merge(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(toml::Value::Array(below)), toml::Value::Array(above)) if key == RULES => {
                below.extend_from_slice(above);
            }
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
