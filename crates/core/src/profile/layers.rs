//! Where a profile's keys come from: a source of texts, what one extends, and what is laid over it.
//!
//! Reads no file: a [`Source`] hands texts over by name, and [`BuiltIns`] is the one that needs nothing.
//!
//! Each layer is checked by itself first, so that a mistake is reported with the line it stands in; then the tables are
//! merged, the later over the earlier, and the whole is built.

use super::error::ConfigError;
use super::raw::Raw;
use super::{Profile, builtin, near, resolve};
use std::borrow::Cow;
use std::path::Path;
use toml::Table;

/// A piece of configuration that has been read and whose keys are known to be right.
#[derive(Clone, Debug)]
pub struct Layer {
    origin: String,
    /// The TOML that somebody wrote; `None` if a program made it of keys, so that its lines mean nothing.
    text: Option<String>,
    table: Table,
    /// The table of the text that the keys stand in, if not at its top.
    inside: Option<&'static str>,
}

impl Layer {
    /// Reads a layer from TOML text. `origin` stands for it in errors.
    ///
    /// # Errors
    /// TOML that does not parse, an unknown key, a value of the wrong kind; with the line.
    pub fn parse(origin: &str, text: &str) -> Result<Layer, ConfigError> {
        let at = |error: toml::de::Error| ConfigError::from_toml(origin, text, &error);
        toml::from_str::<Raw>(text).map_err(at)?;
        let table = toml::from_str::<Table>(text).map_err(at)?;
        Ok(Layer {
            origin: origin.to_owned(),
            text: Some(text.to_owned()),
            table,
            inside: None,
        })
    }

    /// The layer in the table `name` of a file whose keys have been checked already; `None` if it has no such table.
    ///
    /// # Errors
    /// TOML that does not parse.
    pub fn nested(origin: &str, text: &str, name: &'static str) -> Result<Option<Layer>, ConfigError> {
        let mut whole = toml::from_str::<Table>(text).map_err(|error| ConfigError::from_toml(origin, text, &error))?;
        Ok(match whole.remove(name) {
            Some(toml::Value::Table(table)) => Some(Layer {
                origin: origin.to_owned(),
                text: Some(text.to_owned()),
                table,
                inside: Some(name),
            }),
            _ => None,
        })
    }

    /// A layer from one `key=value`, as given to `--set`.
    ///
    /// # Errors
    /// No `=`, an unknown key, a value of the wrong kind.
    pub fn from_assignment(assignment: &str) -> Result<Layer, ConfigError> {
        let origin = format!("--set {assignment}");
        let Some((key, value)) = assignment.split_once('=') else {
            let message = "expected KEY=VALUE, such as connection.persistent=false".into();
            return Err(ConfigError {
                origin,
                line: None,
                key: None,
                message,
            });
        };
        Layer::from_key(&origin, key.trim(), value.trim())
    }

    /// A layer of one key. The value is TOML; what does not parse as TOML is taken as text. `origin` stands for it in
    /// errors.
    ///
    /// # Errors
    /// An unknown key, a value of the wrong kind.
    pub fn from_key(origin: &str, key: &str, value: &str) -> Result<Layer, ConfigError> {
        let bare = format!("{key} = {value}\n");
        let quoted = format!("{key} = {}\n", toml::Value::String(value.to_owned()));
        let text = if toml::from_str::<Table>(&bare).is_ok() {
            bare
        } else {
            quoted
        };
        Layer::made(origin, &text)
    }

    /// A layer of these keys. `origin` stands for it in errors.
    ///
    /// # Errors
    /// An unknown key, a value of the wrong kind.
    pub fn from_table(origin: &str, table: &Table) -> Result<Layer, ConfigError> {
        Layer::made(origin, &table.to_string())
    }

    /// A layer whose text a program made.
    fn made(origin: &str, text: &str) -> Result<Layer, ConfigError> {
        match Layer::parse(origin, text) {
            Ok(layer) => Ok(Layer { text: None, ..layer }),
            Err(error) => Err(ConfigError { line: None, ..error }),
        }
    }

    /// The line in which the innermost of `key`'s tables that is written here begins.
    fn line_of(&self, key: &[String]) -> Option<usize> {
        let last = key.last()?;
        let key: Vec<&str> = self.inside.into_iter().chain(key.iter().map(String::as_str)).collect();
        let table = key[..key.len() - 1].join(".");
        let mut inside = table.is_empty();
        let mut found = None;
        for (number, line) in self.text.as_deref()?.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') {
                let header = line.trim_matches(|c| matches!(c, '[' | ']')).replace('"', "");
                inside = header == table;
                if header == key.join(".") || (inside && found.is_none()) {
                    found = Some(number + 1);
                }
            } else if inside
                && line
                    .split('=')
                    .next()
                    .is_some_and(|k| k.trim().trim_matches('"') == last)
            {
                return Some(number + 1);
            }
        }
        found
    }

    fn holds(&self, key: &[String]) -> bool {
        let mut table = &self.table;
        for part in key {
            match table.get(part) {
                Some(toml::Value::Table(inner)) => table = inner,
                Some(_) => return true,
                None => return false,
            }
        }
        true
    }
}

/// A profile's layers, the lowest first.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What it was asked for by.
    asked: String,
    name: String,
    layers: Vec<Layer>,
    /// How many of the layers are the profile's own.
    own: usize,
}

impl Stack {
    /// The profile `name`, with what it extends, as `source` finds them.
    ///
    /// # Errors
    /// No such profile, a text that cannot be had, or a mistake in one.
    pub fn load(name: &str, source: &impl Source) -> Result<Stack, ConfigError> {
        let name = builtin::current_name(name);
        let mut layers = Vec::new();
        let mut next = Some((name.to_owned(), None::<String>));
        while let Some((name, asker)) = next {
            if layers.len() > 8 {
                return Err(ConfigError {
                    origin: name,
                    line: None,
                    key: Some("extends".into()),
                    message: "the profiles extend each other in a circle".into(),
                });
            }
            let found = source.find(&name, asker.as_deref())?;
            let layer = Layer::parse(&found.origin, &found.text)?;
            next = match layer.table.get("extends") {
                Some(toml::Value::String(base)) => Some((base.clone(), found.path)),
                _ => None,
            };
            layers.insert(0, layer);
        }
        let short = Path::new(name)
            .file_stem()
            .map_or(name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Ok(Stack {
            asked: name.to_owned(),
            name: short,
            own: layers.len(),
            layers,
        })
    }

    /// A profile of one layer.
    pub fn of(name: &str, layer: Layer) -> Stack {
        Stack {
            asked: name.to_owned(),
            name: name.to_owned(),
            layers: vec![layer],
            own: 1,
        }
    }

    /// The name or the path that the profile was asked for by.
    pub fn asked(&self) -> &str {
        &self.asked
    }

    /// The profile without what has been laid over it.
    pub fn profile(&self) -> Stack {
        let mut profile = self.clone();
        profile.layers.truncate(self.own);
        profile
    }

    /// The keys of all that has been laid over the profile.
    pub fn changes(&self) -> Table {
        let mut whole = Table::new();
        for layer in &self.layers[self.own..] {
            merge(&mut whole, &layer.table);
        }
        whole
    }

    /// Lays `layer` over the others.
    #[must_use]
    pub fn over(mut self, layer: Layer) -> Stack {
        self.layers.push(layer);
        self
    }

    /// The keys of all layers together.
    pub fn merged(&self) -> Table {
        let mut whole = Table::new();
        for layer in &self.layers {
            merge(&mut whole, &layer.table);
        }
        whole.remove("extends");
        whole
    }

    /// The keys of all layers together, and the defaults of the others.
    ///
    /// # Errors
    /// As [`Stack::build`].
    pub fn effective(&self) -> Result<Table, ConfigError> {
        self.build()?;
        let whole = self.raw()?;
        Table::try_from(whole).map_err(|error| self.mistake(error.to_string()))
    }

    /// The text of the profile, if it is a single layer as it was written.
    pub fn source(&self) -> Option<&str> {
        match self.layers.as_slice() {
            [layer] => layer.text.as_deref(),
            _ => None,
        }
    }

    /// Builds the profile.
    ///
    /// # Errors
    /// A name that is not defined, or keys that contradict each other; with the layer and line that wrote them.
    pub fn build(&self) -> Result<Profile, ConfigError> {
        let raw = self.raw()?;
        resolve::resolve(&self.name, &raw).map_err(|(key, message)| {
            let layer = self
                .layers
                .iter()
                .rev()
                .find(|layer| layer.holds(&key))
                .or(self.layers.last());
            ConfigError {
                origin: layer.map_or_else(|| self.origin(), |l| l.origin.clone()),
                line: layer.and_then(|l| l.line_of(&key)),
                key: Some(key.join(".")),
                message,
            }
        })
    }

    fn raw(&self) -> Result<Raw, ConfigError> {
        self.merged()
            .try_into()
            .map_err(|error: toml::de::Error| self.mistake(error.message().to_owned()))
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

/// The text of a profile, as a [`Source`] found it.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// What stands for it in errors.
    pub origin: String,
    /// The TOML.
    pub text: Cow<'static, str>,
    /// Where it lies, if it is a file: what it extends may lie beside it.
    pub path: Option<String>,
}

/// Where the texts of profiles come from.
pub trait Source {
    /// The profile `name`, asked for by the profile file at `asker`, if it was one.
    ///
    /// # Errors
    /// There is no such profile, or it cannot be read.
    fn find(&self, name: &str, asker: Option<&str>) -> Result<SourceText, ConfigError>;
}

/// The profiles that are embedded in the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltIns;

impl Source for BuiltIns {
    fn find(&self, name: &str, _: Option<&str>) -> Result<SourceText, ConfigError> {
        if let Some(text) = builtin::text(name) {
            return Ok(SourceText {
                origin: format!("profile {name}"),
                text: Cow::Borrowed(text),
                path: None,
            });
        }
        let message = match near(name, builtin::names()) {
            Some(near) => {
                format!("there is no profile of this name; did you mean `{near}`? (`labserve profiles` lists them)")
            }
            None => format!(
                "there is no profile of this name; there are {}, and files that end in .toml",
                builtin::names().collect::<Vec<_>>().join(", ")
            ),
        };
        Err(ConfigError {
            origin: format!("profile {name}"),
            line: None,
            key: None,
            message,
        })
    }
}

/// Loads and builds a built-in profile in one go.
///
/// # Errors
/// As [`Stack::load`] and [`Stack::build`].
pub fn load(name: &str) -> Result<Profile, ConfigError> {
    Stack::load(name, &BuiltIns)?.build()
}

/// Lays `over` over `base`, table by table.
fn merge(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
