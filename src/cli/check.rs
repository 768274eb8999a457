//! `labserve check`: finds all mistakes in a configuration, or prints what it comes to.

use super::Mistake;
use super::args::{CheckArgs, ServeArgs};
use super::config::{Config, DEFAULT_FILE, server_schema, text_of};
use super::serve::print_out;
use labserve_core::profile::ConfigError;
use labserve_core::profile::layers::Stack;
use labserve_core::profile::schema::Schema;
use labserve_server::profile_files::{self, ProfileFiles};
use std::path::Path;

pub(super) fn run(args: &CheckArgs) -> Result<(), Mistake> {
    let text = text_of(&args.file)?;
    if is_profile(&args.file, &text) {
        let name = args.file.to_string_lossy();
        let report = Stack::check(&name, &ProfileFiles, &[]);
        judge(&report.mistakes, &report.warnings, args.strict)?;
        let stack = profile_files::stack(&name)?;
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
    judge(&[], &config.stack.report().warnings, args.strict)?;
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

/// Reports mistakes, and what can hardly be right.
fn judge(mistakes: &[ConfigError], warnings: &[ConfigError], strict: bool) -> Result<(), Mistake> {
    if !mistakes.is_empty() {
        return Err(Mistake::several(mistakes));
    }
    if strict && !warnings.is_empty() {
        return Err(Mistake::several(warnings));
    }
    for warning in warnings {
        eprintln!("labserve: warning: {warning}");
    }
    Ok(())
}

/// Whether the file is a profile and not a `server.toml`. It may have mistakes.
fn is_profile(file: &Path, text: &str) -> bool {
    let is_named = file.file_name().is_some_and(|name| name == DEFAULT_FILE);
    !is_named && Schema::profile().known(text) >= server_schema().known(text)
}
