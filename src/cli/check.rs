//! `labserve check`: checks a configuration and prints the result.

use super::Mistake;
use super::args::{CheckArgs, ServeArgs};
use super::config::Config;
use super::serve::print_out;
use labserve_server::{profile_files, text_file};
use std::path::Path;

pub(super) fn run(args: &CheckArgs) -> Result<(), Mistake> {
    if is_profile(&args.file) {
        let stack = profile_files::stack(&args.file.to_string_lossy())?;
        stack.build()?;
        print_out(&format!(
            "# {} is valid\n{}",
            args.file.display(),
            toml::to_string_pretty(&stack.merged())?
        ));
        return Ok(());
    }
    let config = Config::resolve(&ServeArgs {
        config: Some(args.file.clone()),
        ..ServeArgs::default()
    })?;
    print_out(&format!(
        "# {} is valid\n# profile {}, {}\n# serves {} on {}, with {} workers\n\n{}",
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

/// Whether the file is a profile: it has keys that no `server.toml` has.
fn is_profile(file: &Path) -> bool {
    let Ok(text) = text_file::read(file, "profile") else {
        return false;
    };
    let Ok(table) = toml::from_str::<toml::Table>(&text) else {
        return false;
    };
    ["response", "title", "extends", "connection", "files"]
        .iter()
        .any(|key| table.contains_key(*key))
}
