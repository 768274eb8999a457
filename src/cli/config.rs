//! Resolves flags, `server.toml` and profile into what is served. Flags take precedence over the file, and the file
//! over the profile.

use super::Mistake;
use super::args::ServeArgs;
use super::log::LogSpec;
use super::timeline::Choice;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::raw::Raw;
use labserve_core::profile::units::Size;
use labserve_core::profile::{ConfigError, Profile, builtin};
use labserve_server::events::Output;
use labserve_server::files::{Directory, Limits, Memory, Root};
use labserve_server::profile_files;
use labserve_server::server::Site;
use labserve_server::text_file::{self, shown};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The file that is read if no other is given.
pub(super) const DEFAULT_FILE: &str = "server.toml";

/// `server.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ServerToml {
    profile: Option<String>,
    root: Option<PathBuf>,
    bind: Option<IpAddr>,
    port: Option<u16>,
    log: Option<String>,
    follow_symlinks: bool,
    workers: Option<u16>,
    events: Option<PathBuf>,
    timeline: Option<String>,
    cache: CacheToml,
    /// Parsed for its mistakes only. The keys are laid over the profile as a table.
    #[serde(rename = "override")]
    _override: Option<Raw>,
}

/// `[cache]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CacheToml {
    files: Option<usize>,
    bytes: Option<Size>,
    file: Option<Size>,
}

/// What is served, and where.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) stack: Stack,
    pub(super) profile: Profile,
    pub(super) root: Root,
    pub(super) address: SocketAddr,
    pub(super) log: LogSpec,
    pub(super) workers: usize,
    pub(super) cache: Limits,
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
            None => (ServerToml::default(), None),
        };
        let name = args
            .profile
            .as_deref()
            .or(toml.profile.as_deref())
            .unwrap_or(builtin::DEFAULT);
        let mut stack = profile_files::stack(name)?;
        if let Some(over) = over {
            stack = stack.over(over);
        }
        for assignment in &args.set {
            stack = stack.over(Layer::from_assignment(assignment)?);
        }
        let profile = stack.build()?;
        let follow = shared.follow_symlinks || toml.follow_symlinks;
        let bind = shared.bind.or(toml.bind).unwrap_or(Ipv4Addr::LOCALHOST.into());
        let log = match (shared.log, &toml.log) {
            (Some(spec), _) => spec,
            (None, Some(text)) => text
                .parse()
                .map_err(|why| format!("{}: log: {why}", name_of(file.as_deref())))?,
            (None, None) => LogSpec::default(),
        };
        let defaults = Limits::default();
        Ok(Self {
            root: root(shared.root.as_deref().or(toml.root.as_deref()), follow)?,
            address: SocketAddr::new(bind, args.port.or(toml.port).unwrap_or(profile.port)),
            log,
            workers: args.workers.or(toml.workers).map_or_else(default_workers, usize::from),
            cache: Limits {
                files: toml.cache.files.unwrap_or(defaults.files),
                bytes: toml.cache.bytes.map_or(defaults.bytes, |Size(n)| n as usize),
                file: toml.cache.file.map_or(defaults.file, |Size(n)| n as usize),
            },
            events: shared.events.clone().or(toml.events).map(output),
            timeline: Choice::of(shared.timeline.as_deref(), shared.no_timeline, toml.timeline.as_deref())?,
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

/// Reads a `server.toml`, and the keys of the profile that it overrides.
fn read(file: &Path) -> Result<(ServerToml, Option<Layer>), Mistake> {
    let origin = shown(file);
    let text = text_file::read(file, "configuration")?;
    let toml: ServerToml = toml::from_str(&text).map_err(|error| ConfigError::from_toml(&origin, &text, &error))?;
    let over = Layer::nested(&origin, &text, "override")?;
    Ok((toml, over))
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
