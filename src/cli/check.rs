//! `labserve check`: checks a configuration and prints the result.

use super::Mistake;
use super::args::{CheckArgs, ServeArgs};
use super::config::Config;
use super::profiles::printable_toml;
use super::serve::print_out;
use labserve_core::http1::text::printable;
use labserve_server::{
    profile_files,
    text_file::{self, shown},
};
use std::path::Path;

pub(super) fn run(args: &CheckArgs) -> Result<(), Mistake> {
    if is_profile(&args.file) {
        let stack = profile_files::stack(&args.file.to_string_lossy())?;
        stack.build()?;
        print_out(&format!(
            "# {} is valid\n{}",
            shown(&args.file),
            printable_toml(&toml::to_string_pretty(&stack.merged())?)
        ));
        return Ok(());
    }
    let config = Config::resolve(&ServeArgs {
        config: Some(args.file.clone()),
        ..ServeArgs::default()
    })?;
    print_out(&format!(
        "# {} is valid\n# profile {}, {}\n# serves {} on {}, with {} workers\n\n{}",
        shown(&args.file),
        printable(config.profile.name.as_bytes()),
        printable(config.profile.title.as_bytes()),
        config.root.describe(),
        config.address,
        config.workers,
        printable_toml(&toml::to_string_pretty(&config.stack.merged())?),
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
