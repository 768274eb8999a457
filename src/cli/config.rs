//! Resolves flags, `server.toml` and profile into what is served. Flags take precedence over the file, and the file
//! over the profile.

mod file;

pub(super) use file::server_schema;

use super::Mistake;
use super::args::ServeArgs;
use super::log::LogSpec;
use super::timeline::Choice;
use file::ConfigFile;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::units::Size;
use labserve_core::profile::{ConfigError, Profile, builtin};
use labserve_server::events::Output;
use labserve_server::files::{Directory, Limits, Memory, Root};
use labserve_server::profile_files::{self, ProfileFiles};
use labserve_server::server::Site;
use labserve_server::text_file::shown;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// The file that is read if no other is given.
pub(super) const DEFAULT_FILE: &str = "server.toml";

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
    /// Whether the process restricts itself before it serves.
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
        let read = file.as_deref().map(ConfigFile::read).transpose()?.unwrap_or_default();
        let toml = &read.toml;
        let (mut over, mut mistakes) = (read.over.clone(), read.mistakes.clone());
        let assigned = args.set.iter().map(|assignment| Layer::from_assignment(assignment));
        let rules = args.rule.iter().map(|line| Layer::from_rule(line));
        for layer in assigned.chain(rules) {
            match layer {
                Ok(layer) => over.push(layer),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let named = args.profile.as_deref();
        let name = named.or(toml.profile.as_deref()).unwrap_or(builtin::DEFAULT);
        let loaded = load(name, &over);
        if loaded.is_err() || !mistakes.is_empty() {
            let found = Stack::check(name, &ProfileFiles, &over).mistakes.into_iter();
            let found: Vec<ConfigError> = found
                .filter(|mistake| !mistake.follows_from(&mistakes))
                .map(|mistake| {
                    if named.is_none() {
                        read.of_profile(mistake)
                    } else {
                        mistake
                    }
                })
                .collect();
            mistakes.extend(found);
        }
        if !mistakes.is_empty() {
            read.sort(&mut mistakes);
            return Err(Mistake::several(&mistakes));
        }
        let (stack, profile) = loaded?;
        let follow = shared.follow_symlinks || toml.follow_symlinks;
        let sandbox = args.sandbox || toml.sandbox;
        if sandbox && follow {
            return Err(Mistake(
                "the sandbox forbids what follow_symlinks asks for: reading outside the root; leave out --sandbox \
                 (`sandbox` in server.toml) or --follow-symlinks (`follow_symlinks`)"
                    .to_owned(),
            ));
        }
        let bind = shared.bind.or(read.bind).unwrap_or_default();
        let timeline = toml.timeline.as_ref().map(ToString::to_string);
        let defaults = Limits::default();
        Ok(Self {
            root: match (&shared.root, &toml.root) {
                (None, Some(path)) => root(Some(path), follow).map_err(|Mistake(why)| read.mistake("root", why))?,
                (path, _) => root(path.as_deref(), follow)?,
            },
            address: SocketAddr::new(bind.first, args.port.or(toml.port).unwrap_or(profile.port)),
            also: bind.also,
            log: shared.log.or(read.log).unwrap_or_default(),
            workers: args.workers.or(toml.workers).map_or_else(default_workers, usize::from),
            cache: Limits {
                files: toml.cache.files.unwrap_or(defaults.files),
                bytes: toml.cache.bytes.map_or(defaults.bytes, |Size(n)| n as usize),
                file: toml.cache.file.map_or(defaults.file, |Size(n)| n as usize),
            },
            events: shared.events.clone().or(toml.events.clone()).map(output),
            timeline: Choice::of(shared.timeline.as_deref(), shared.no_timeline, timeline.as_deref())?,
            sandbox,
            profile,
            stack,
            file,
        })
    }

    /// The site to serve.
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

/// The profile with these layers on top of it.
fn load(name: &str, over: &[Layer]) -> Result<(Stack, Profile), ConfigError> {
    let stack = over.iter().cloned().fold(profile_files::stack(name)?, Stack::over);
    let profile = stack.build()?;
    Ok((stack, profile))
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
