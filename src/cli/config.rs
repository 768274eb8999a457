//! Resolves flags, `server.toml` and profile into what is served. Flags take precedence over the file, and the file
//! over the profile.

use super::Mistake;
use super::args::ServeArgs;
use super::bind::Bind;
use super::log::LogSpec;
use super::timeline::Choice;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::raw::{Raw, RuleTable};
use labserve_core::profile::schema::Schema;
use labserve_core::profile::units::{Format, Size};
use labserve_core::profile::{ConfigError, Profile, builtin, check};
use labserve_server::events::Output;
use labserve_server::files::{Directory, Limits, Memory, Root};
use labserve_server::profile_files::{self, ProfileFiles};
use labserve_server::server::Site;
use labserve_server::text_file::{self, shown};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// The file that is read if no other is given.
pub(super) const DEFAULT_FILE: &str = "server.toml";

/// `server.toml`. The comments are the descriptions in `profiles/server.schema.json`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct ServerToml {
    /// The version of the profile language that the keys below `[override]` are written in. Without it: 1.
    #[cfg_attr(test, schemars(with = "Option<u32>", range(min = 1, max = 1)))]
    #[serde(rename = "format")]
    _format: Option<Format>,
    /// The server to imitate: a name from `labserve profiles`, or the path of a TOML file. Without it: `node`.
    #[cfg_attr(test, schemars(example = &"nginx"))]
    profile: Option<String>,
    /// The directory to serve. Without it: `static` if it exists, otherwise the built-in demo site.
    #[cfg_attr(test, schemars(example = "./site"))]
    root: Option<PathBuf>,
    /// The address to listen on; `localhost` for 127.0.0.1 and ::1. Without it: 127.0.0.1.
    bind: Option<Bind>,
    /// The port to listen on; 0 for a free one. Without it: that of the profile.
    port: Option<u16>,
    /// The format (`text`, `json`) and the level (`off`, `error`, `warn`, `info`, `debug`, `trace`) of the log, such as
    /// `text/info`.
    #[cfg_attr(test, schemars(example = "json/debug"))]
    log: Option<String>,
    /// Whether symbolic links may lead out of the root.
    follow_symlinks: bool,
    /// Whether the kernel (Linux) denies the process all files that it does not need, as `--sandbox`.
    sandbox: bool,
    /// The number of worker threads, 1 to 512. Without it: one for each core.
    #[cfg_attr(test, schemars(range(min = 1, max = 512), example = 4))]
    workers: Option<u16>,
    /// The file that every event of every connection is appended to, as JSON Lines; `-` for standard output.
    #[cfg_attr(test, schemars(example = "events.jsonl"))]
    events: Option<PathBuf>,
    /// The address, the port or both of the timeline; `off` for no timeline. Without it: the first free port from 3900.
    timeline: Option<TextOrNumber>,
    /// What each worker thread keeps of files. Every use is checked against the file.
    cache: CacheToml,
    /// Keys of the profile, which replace its own. They are parsed here for their mistakes only.
    #[cfg_attr(test, schemars(with = "schema::Profile"))]
    #[serde(rename = "override")]
    _override: Option<Raw>,
    /// What happens to certain requests or connections, and exactly when. They are added to those of the profile.
    #[cfg_attr(test, schemars(with = "Vec<schema::Rule>"))]
    #[serde(rename = "rule")]
    _rule: Vec<RuleTable>,
}

/// Text that is often a number, and then needs no quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
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
struct CacheToml {
    /// Maximum number of open files.
    files: Option<usize>,
    /// Maximum size of file contents and facts, together.
    #[cfg_attr(test, schemars(with = "schema::Bytes"))]
    bytes: Option<Size>,
    /// The largest file whose content is kept in memory.
    #[cfg_attr(test, schemars(with = "schema::Bytes"))]
    file: Option<Size>,
}

/// What is served, and where.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) stack: Stack,
    pub(super) profile: Profile,
    pub(super) root: Root,
    pub(super) address: SocketAddr,
    /// The second address of `localhost`.
    pub(super) also: Option<IpAddr>,
    pub(super) log: LogSpec,
    pub(super) workers: usize,
    pub(super) cache: Limits,
    /// Whether the process confines itself before it serves.
    pub(super) sandbox: bool,
    pub(super) events: Option<Output>,
    pub(super) timeline: Choice,
    /// The configuration file, if one was read.
    pub(super) file: Option<PathBuf>,
}

impl Config {
    /// Resolves the flags together with the configuration file: the one that they name, or `server.toml` if it exists.
    pub(super) fn resolve(args: &ServeArgs) -> Result<Self, Mistake> {
        let shared = &args.shared;
        let file = match &args.config {
            Some(file) => Some(file.clone()),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.is_file()),
        };
        let (toml, over) = match &file {
            Some(file) => read(file)?,
            None => (ServerToml::default(), Vec::new()),
        };
        let name = args
            .profile
            .as_deref()
            .or(toml.profile.as_deref())
            .unwrap_or(builtin::DEFAULT);
        let assigned = args.set.iter().map(|assignment| Layer::from_assignment(assignment));
        let rules = args.rule.iter().map(|line| Layer::from_rule(line));
        let over = over.into_iter().map(Ok).chain(assigned).chain(rules);
        let over: Vec<Layer> = over.collect::<Result<_, _>>()?;
        let (stack, profile) = load(name, &over).map_err(|_| {
            let report = Stack::check(name, &ProfileFiles, &over);
            Mistake::several(&report.mistakes)
        })?;
        let follow = shared.follow_symlinks || toml.follow_symlinks;
        let sandbox = args.sandbox || toml.sandbox;
        if sandbox && follow {
            return Err(Mistake(
                "the sandbox forbids what follow_symlinks asks for: reading outside the root; leave out --sandbox \
                 (`sandbox` in server.toml) or --follow-symlinks (`follow_symlinks`)"
                    .to_owned(),
            ));
        }
        let bind = shared.bind.or(toml.bind).unwrap_or_default();
        let log = match (shared.log, &toml.log) {
            (Some(spec), _) => spec,
            (None, Some(text)) => text
                .parse()
                .map_err(|why| format!("{}: log: {why}", name_of(file.as_deref())))?,
            (None, None) => LogSpec::default(),
        };
        let timeline = toml.timeline.map(|text| text.to_string());
        let defaults = Limits::default();
        Ok(Self {
            root: root(shared.root.as_deref().or(toml.root.as_deref()), follow)?,
            address: SocketAddr::new(bind.first, args.port.or(toml.port).unwrap_or(profile.port)),
            also: bind.also,
            log,
            workers: args.workers.or(toml.workers).map_or_else(default_workers, usize::from),
            cache: Limits {
                files: toml.cache.files.unwrap_or(defaults.files),
                bytes: toml.cache.bytes.map_or(defaults.bytes, |Size(n)| n as usize),
                file: toml.cache.file.map_or(defaults.file, |Size(n)| n as usize),
            },
            events: shared.events.clone().or(toml.events).map(output),
            timeline: Choice::of(shared.timeline.as_deref(), shared.no_timeline, timeline.as_deref())?,
            sandbox,
            profile,
            stack,
            file,
        })
    }

    /// What to serve.
    pub(super) fn site(&self) -> Site {
        Site {
            profile: self.profile.clone(),
            root: self.root.clone(),
            cache: self.cache,
        }
    }
}

/// The output for an event log with this path.
pub(super) fn output(path: PathBuf) -> Output {
    if path.as_os_str() == "-" {
        Output::Stdout
    } else {
        Output::File(path)
    }
}

/// One worker thread for each core.
pub(super) fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn name_of(file: Option<&Path>) -> String {
    file.map_or(DEFAULT_FILE.to_owned(), shown)
}

/// The profile, with what is laid over it.
fn load(name: &str, over: &[Layer]) -> Result<(Stack, Profile), ConfigError> {
    let stack = over.iter().cloned().fold(profile_files::stack(name)?, Stack::over);
    let profile = stack.build()?;
    Ok((stack, profile))
}

/// The schema of `server.toml`.
pub(super) fn server_schema() -> Schema {
    Schema::read(include_str!("../../profiles/server.schema.json"))
}

/// Reads a `server.toml`, and the keys of the profile that it overrides.
fn read(file: &Path) -> Result<(ServerToml, Vec<Layer>), Mistake> {
    let origin = shown(file);
    let text = text_file::read(file, "configuration")?;
    let mistakes = check::text(&server_schema(), &origin, &text);
    // These keys stand at the top of profiles only.
    let is_profile = |mistake: &ConfigError| matches!(mistake.key.as_deref(), Some("extends" | "title" | "response"));
    if mistakes.iter().any(is_profile) {
        return Err(Mistake(format!(
            "{origin}: this is a profile and not a {DEFAULT_FILE}; serve it with --profile {origin}, or write its keys below \
             [override] tables"
        )));
    }
    if !mistakes.is_empty() {
        return Err(Mistake::several(&mistakes));
    }
    let toml: ServerToml = toml::from_str(&text).map_err(|error| ConfigError::from_toml(&origin, &text, &error))?;
    let over = Layer::nested(&origin, &text, "override")?;
    let rules = Layer::nested_rules(&origin, &text)?;
    Ok((toml, over.into_iter().chain(rules).collect()))
}

/// Opens the root: the given directory, or `./static`, or the demo site.
pub(super) fn root(named: Option<&Path>, follow_symlinks: bool) -> Result<Root, Mistake> {
    let default = Path::new("static");
    let path = match named {
        Some(path) => path,
        None if default.is_dir() => default,
        None => return Ok(Root::Memory(Memory::demo_site())),
    };
    let directory = Directory::open(path, follow_symlinks).map_err(|error| {
        let hint = if path.is_file() {
            "; expected a directory, not a file"
        } else {
            "; name another with --root"
        };
        format!("cannot serve {}: {error}{hint}", shown(path))
    })?;
    Ok(Root::Directory(directory))
}

#[cfg(test)]
mod schema;
