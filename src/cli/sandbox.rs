//! `--sandbox`: restricts the process with Landlock, which the Linux kernel enforces.
//!
//! This module knows which paths a running server needs. It does not know what is served from them.

use super::config::Config;
use super::{Mistake, control};
use labserve_server::events::Output;
use labserve_server::files::Root;
use std::path::{Path, PathBuf};

/// The paths that a running server needs.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems enforce nothing"))]
struct Allowed {
    /// Directories below which the server reads: the root, and those of the configuration and of each profile. Editors
    /// replace a file by a new one, so a reload needs access to the directory.
    read: Vec<PathBuf>,
    /// The directory of the event log, which may be opened again.
    events: Option<PathBuf>,
    /// The directory in which the server creates and removes the socket of `labserve reload`.
    endpoint: Option<PathBuf>,
}

impl Allowed {
    fn of(config: &Config) -> Self {
        let files = config
            .file
            .iter()
            .map(PathBuf::as_path)
            .chain(config.stack.origins().map(Path::new));
        let root = match &config.root {
            Root::Directory(directory) => Some(directory.named().to_owned()),
            Root::Memory(_) => None,
        };
        let mut read: Vec<PathBuf> = root.into_iter().chain(files.filter_map(directory_of)).collect();
        read.sort();
        read.dedup();
        let events = match &config.events {
            Some(Output::File(file)) => Some(file.parent().filter(|parent| !parent.as_os_str().is_empty()))
                .map(|parent| parent.unwrap_or(Path::new(".")).to_owned()),
            Some(Output::Stdout) | None => None,
        };
        Self {
            read,
            events,
            endpoint: directory_of(Path::new(&control::name_of(config.address))),
        }
    }
}

/// The directory of a file, if there is one. Built-in profiles are not files.
fn directory_of(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    let is_path = file.is_absolute() || file.is_file();
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    is_path.then(|| parent.to_owned())
}

/// Restricts this thread, and threads that it starts from now on. Open files and bound ports stay usable, and other
/// processes that it has already started are not restricted.
///
/// # Errors
/// The kernel refuses the rules. A path that cannot be opened is left out of the rules, so access to it is denied.
pub(super) fn confine(config: &Config) -> Result<(), Mistake> {
    let done =
        system::confine(&Allowed::of(config)).map_err(|why| Mistake(format!("cannot enter the sandbox: {why}")))?;
    match done {
        Enforced::Fully => {
            tracing::info!("sandboxed: this process reads the root and its configuration, and nothing else");
        }
        Enforced::Partly => tracing::warn!("sandboxed as far as this kernel can: files are, TCP is not"),
        Enforced::Not => {
            tracing::warn!("not sandboxed: this system has no Landlock (Linux 5.13 or later, with lsm=landlock)");
        }
    }
    Ok(())
}

/// How much of the restrictions the system enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems enforce nothing"))]
enum Enforced {
    Fully,
    Partly,
    Not,
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Allowed, Enforced};
    use landlock::{
        ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
        path_beneath_rules,
    };

    /// The newest version of Landlock whose rights are all known here. On an older kernel, the rights that it supports
    /// are used.
    const FILES: ABI = ABI::V5;
    /// The first version that covers TCP.
    const TCP: ABI = ABI::V4;

    pub(super) fn confine(allowed: &Allowed) -> Result<Enforced, RulesetError> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let append = AccessFs::WriteFile | AccessFs::MakeReg;
        let socket = AccessFs::MakeSock | AccessFs::RemoveFile;
        // Every right of these versions is handled, so what no rule grants is denied: writing, running programs, and, with
        // all ports bound, connecting and binding.
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(FILES))?
            .handle_access(AccessNet::from_all(TCP))?
            .create()?
            .add_rules(path_beneath_rules(&allowed.read, read))?
            .add_rules(path_beneath_rules(&allowed.events, append))?
            .add_rules(path_beneath_rules(&allowed.endpoint, socket))?
            .restrict_self()?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Enforced::Fully,
            RulesetStatus::PartiallyEnforced => Enforced::Partly,
            RulesetStatus::NotEnforced => Enforced::Not,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Allowed, Enforced};

    /// Landlock exists only on Linux.
    pub(super) fn confine(_: &Allowed) -> Result<Enforced, std::convert::Infallible> {
        Ok(Enforced::Not)
    }
}
