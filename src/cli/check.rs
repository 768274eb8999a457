//! `labserve check`: finds all mistakes in a configuration, or prints the effective one.

use super::Mistake;
use super::args::{CheckArgs, ServeArgs};
use super::config::{Config, DEFAULT_FILE, server_schema};
use super::language::translated;
use super::output::{print, print_err};
use super::profiles::printable_toml;
use labserve_core::http1::text::printable;
use labserve_core::profile::ConfigError;
use labserve_core::profile::layers::Stack;
use labserve_core::profile::schema::Schema;
use labserve_server::profile_files::{self, ProfileFiles};
use labserve_server::text_file::{self, shown};
use std::path::Path;

pub(super) fn run(args: &CheckArgs) -> Result<(), Mistake> {
    let text = text_file::read(&args.file, "configuration")?;
    if is_profile(&args.file, &text) {
        // A bare name could be the name of a built-in profile.
        let file = Path::new(".").join(&args.file);
        let name = file.to_string_lossy();
        let mut report = Stack::check(&name, &ProfileFiles, &[]);
        // Show the file under the name that the user gave.
        for found in report.mistakes.iter_mut().chain(&mut report.warnings) {
            if found.origin == name {
                found.origin = args.file.to_string_lossy().into_owned();
            }
        }
        judge(&report.mistakes, &report.warnings, args.strict)?;
        let stack = profile_files::stack(&name)?;
        stack.build()?;
        print(&format!(
            "{}\n{}",
            translated(&format!("# {} is valid", shown(&args.file))),
            printable_toml(&toml::to_string_pretty(&stack.merged())?)
        ))?;
        return Ok(());
    }
    let config = Config::resolve(&ServeArgs {
        config: Some(args.file.clone()),
        ..ServeArgs::default()
    })?;
    judge(&[], &config.stack.report().warnings, args.strict)?;
    let heading = format!(
        "# {} is valid\n# profile {}, {}\n# serves {} on {}, with {} workers\n\n",
        shown(&args.file),
        printable(config.profile.name.as_bytes()),
        printable(config.profile.title.as_bytes()),
        translated(&config.root.describe()),
        config.address,
        config.workers,
    );
    print(&format!(
        "{}{}",
        translated(&heading),
        printable_toml(&toml::to_string_pretty(&config.stack.merged())?),
    ))?;
    Ok(())
}

/// Reports mistakes, and warnings about what is probably wrong.
fn judge(mistakes: &[ConfigError], warnings: &[ConfigError], strict: bool) -> Result<(), Mistake> {
    if !mistakes.is_empty() {
        return Err(Mistake::several(mistakes));
    }
    if strict && !warnings.is_empty() {
        return Err(Mistake::several(warnings));
    }
    for warning in warnings {
        // Even if the warning cannot be written, the result is printed.
        print_err(&format!("labserve: warning: {warning}"));
    }
    Ok(())
}

/// Whether the file is a profile and not a `server.toml`. It may have mistakes.
fn is_profile(file: &Path, text: &str) -> bool {
    let is_named = file.file_name().is_some_and(|name| name == DEFAULT_FILE);
    !is_named && Schema::profile().known(text) >= server_schema().known(text)
}
