//! `server.toml`: its keys, and all mistakes in it.

use super::DEFAULT_FILE;
use crate::cli::Mistake;
use crate::cli::bind::Bind;
use crate::cli::log::LogSpec;
use crate::cli::timeline::Choice;
use labserve_core::profile::layers::{Layer, without};
use labserve_core::profile::raw::{Raw, RuleTable};
use labserve_core::profile::schema::Schema;
use labserve_core::profile::units::{Format, Size};
use labserve_core::profile::{ConfigError, check};
use labserve_server::text_file::{self, shown};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `server.toml`. The comments are the descriptions in `profiles/server.schema.json`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct ServerToml {
    /// The version of the profile language that the keys below `[override]` are written in. Without it: 1.
    #[cfg_attr(test, schemars(with = "Option<u32>", range(min = 1, max = 1)))]
    #[serde(rename = "format")]
    _format: Option<Format>,
    /// The server to imitate: a name from `labserve profiles`, or the path of a TOML file. Without it: `node`.
    #[cfg_attr(test, schemars(example = "./mine.toml"))]
    pub(super) profile: Option<String>,
    /// The directory to serve. Without it: `static` if it exists, otherwise the built-in demo site.
    #[cfg_attr(test, schemars(example = "./site"))]
    pub(super) root: Option<PathBuf>,
    /// The address to listen on; `localhost` for 127.0.0.1 and ::1. Without it: 127.0.0.1.
    #[cfg_attr(test, schemars(example = "127.0.0.1", example = &"localhost"))]
    pub(super) bind: Option<String>,
    /// The port to listen on; 0 for a free one. Without it: that of the profile.
    pub(super) port: Option<u16>,
    /// The format (`text`, `json`) and the level (`off`, `error`, `warn`, `info`, `debug`, `trace`) of the log, such as
    /// `text/info`.
    #[cfg_attr(test, schemars(example = "json/debug"))]
    pub(super) log: Option<String>,
    /// Whether symbolic links may lead out of the root.
    pub(super) follow_symlinks: bool,
    /// Whether the kernel (Linux) denies the process all files that it does not need, as `--sandbox`.
    pub(super) sandbox: bool,
    /// The number of worker threads, 1 to 512. Without it: one for each core.
    #[cfg_attr(test, schemars(range(min = 1, max = 512), example = 4))]
    pub(super) workers: Option<u16>,
    /// The file that every event of every connection is appended to, as JSON Lines; `-` for standard output.
    #[cfg_attr(test, schemars(example = "events.jsonl"))]
    pub(super) events: Option<PathBuf>,
    /// The address, the port or both of the timeline; `off` for no timeline. Without it: the first free port from 3900.
    pub(super) timeline: Option<TextOrNumber>,
    /// What each worker thread keeps of files. Every use is checked against the file.
    pub(super) cache: CacheToml,
    /// Keys of the profile, which replace its own. They are parsed here for their mistakes only.
    #[cfg_attr(test, schemars(with = "schema::Profile"))]
    #[serde(rename = "override")]
    _override: Option<Raw>,
    /// What happens to certain requests or connections, and exactly when. They are added to those of the profile.
    #[cfg_attr(test, schemars(with = "Vec<schema::Rule>"))]
    #[serde(rename = "rule")]
    _rule: Vec<RuleTable>,
}

/// Text that is often a number. A number needs no quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TextOrNumber {
    Text(String),
    Number(i64),
}

impl std::fmt::Display for TextOrNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// `[cache]`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct CacheToml {
    /// Maximum number of open files.
    pub(super) files: Option<usize>,
    /// Maximum size of file contents and facts, together.
    #[cfg_attr(test, schemars(with = "schema::Bytes"))]
    pub(super) bytes: Option<Size>,
    /// The largest file whose content is kept in memory.
    #[cfg_attr(test, schemars(with = "schema::Bytes"))]
    pub(super) file: Option<Size>,
}

/// The schema of `server.toml`.
pub(in crate::cli) fn server_schema() -> Schema {
    Schema::read(include_str!("../../../profiles/server.schema.json"))
}

/// A `server.toml` that was read.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    /// Its keys. If some have mistakes, only those without mistakes.
    pub(super) toml: ServerToml,
    pub(super) bind: Option<Bind>,
    pub(super) log: Option<LogSpec>,
    /// The keys of the profile that it overrides, and its rules.
    pub(super) over: Vec<Layer>,
    /// All its mistakes.
    pub(super) mistakes: Vec<ConfigError>,
    origin: String,
    text: String,
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or it is a profile.
    pub(super) fn read(file: &Path) -> Result<Self, Mistake> {
        let origin = shown(file);
        let text = text_file::read(file, "configuration")?;
        let mistakes = check::text(&server_schema(), &origin, &text);
        // These keys are allowed at the top level of profiles only.
        let is_profile =
            |mistake: &ConfigError| matches!(mistake.key.as_deref(), Some("extends" | "title" | "response"));
        if mistakes.iter().any(is_profile) {
            return Err(Mistake(format!(
                "{origin}: this is a profile and not a {DEFAULT_FILE}; serve it with --profile {origin}, or write its keys below \
                 [override] tables"
            )));
        }
        let mut table = without(&text, &mistakes);
        let nested = Layer::nested(&origin, &text, &table, "override");
        let over = nested
            .into_iter()
            .chain(Layer::nested_rules(&origin, &text, &table))
            .collect();
        if !mistakes.is_empty() {
            // After removing the keys with mistakes, required keys may be missing from these tables, so that they
            // cannot be read.
            table.remove("override");
            table.remove("rule");
        }
        let toml = match table.try_into() {
            Ok(toml) => toml,
            Err(error) if mistakes.is_empty() => {
                return Err(ConfigError::from_toml(&origin, &text, &error).into());
            }
            Err(_) => ServerToml::default(),
        };
        let mut read = Self {
            toml,
            over,
            mistakes,
            origin,
            text,
            ..Self::default()
        };
        read.read_values();
        read.mistakes.sort_by_key(|mistake| mistake.line);
        Ok(read)
    }

    /// Parses values that are strings in TOML but have another type here.
    fn read_values(&mut self) {
        let bind = self.toml.bind.as_deref().map(str::parse).transpose();
        let log = self.toml.log.as_deref().map(str::parse).transpose();
        let timeline = self.toml.timeline.as_ref().map(ToString::to_string);
        let timeline = Choice::of(None, false, timeline.as_deref());
        let mistakes = [
            ("bind", bind.as_ref().err()),
            ("log", log.as_ref().err()),
            ("timeline", timeline.as_ref().err()),
        ];
        let mistakes = mistakes
            .into_iter()
            .filter_map(|(key, why)| Some(self.mistake(key, why?.clone())));
        let mistakes: Vec<ConfigError> = mistakes.collect();
        self.mistakes.extend(mistakes);
        (self.bind, self.log) = (bind.unwrap_or_default(), log.unwrap_or_default());
    }

    /// Sorts the mistakes of this file to the front, in the order of their lines.
    pub(super) fn sort(&self, mistakes: &mut [ConfigError]) {
        let is_own = |mistake: &ConfigError| mistake.origin == self.origin;
        mistakes.sort_by_key(|mistake| (!is_own(mistake), mistake.line.filter(|_| is_own(mistake))));
    }

    /// A mistake in one of its top-level keys.
    pub(super) fn mistake(&self, key: &str, message: String) -> ConfigError {
        ConfigError::at_key(&self.origin, &self.text, key, message)
    }

    /// A mistake of the profile that this file names. If it has no place in a profile, it concerns the name itself.
    pub(super) fn of_profile(&self, mistake: ConfigError) -> ConfigError {
        let (Some(name), None, None) = (&self.toml.profile, mistake.line, &mistake.key) else {
            return mistake;
        };
        self.mistake("profile", format!("got {name:?}: {}", mistake.message))
    }
}

#[cfg(test)]
mod schema;
