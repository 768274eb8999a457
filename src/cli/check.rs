//! `labserve check`: is a configuration right, and what does it come to?

use super::Mistake;
use super::args::{CheckArgs, ServeArgs};
use super::config::Config;
use super::serve::say;
use labserve_server::profile_files;
use std::path::Path;

pub(super) fn run(args: &CheckArgs) -> Result<(), Mistake> {
    if is_profile(&args.file) {
        let stack = profile_files::stack(&args.file.to_string_lossy())?;
        stack.build()?;
        say(&format!(
            "# {} is right\n{}",
            args.file.display(),
            toml::to_string_pretty(&stack.merged())?
        ));
        return Ok(());
    }
    let config = Config::resolve(&ServeArgs {
        config: Some(args.file.clone()),
        ..ServeArgs::default()
    })?;
    say(&format!(
        "# {} is right\n# profile {}, {}\n# serves {} on {}, with {} workers\n\n{}",
        args.file.display(),
        config.profile.name,
        config.profile.title,
        config.root.describe(),
        config.address,
        config.workers,
        toml::to_string_pretty(&config.stack.merged())?,
    ));
    Ok(())
}

/// A profile has tables that no `server.toml` has.
fn is_profile(file: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else {
        return false;
    };
    let Ok(table) = toml::from_str::<toml::Table>(&text) else {
        return false;
    };
    ["response", "title", "extends", "connection", "files"]
        .iter()
        .any(|key| table.contains_key(*key))
}
