//! `labserve completions` and `labserve man`: files that packages install with the program, generated from the
//! arguments.

use super::Mistake;
use super::args::{Cli, CompletionsArgs, ManArgs};
use super::output::print;
use clap::CommandFactory;
use labserve_server::text_file::shown;

/// `labserve completions`.
pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Mistake> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "labserve", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// `labserve man`.
pub(super) fn man(args: &ManArgs) -> Result<(), Mistake> {
    let cli = Cli::command();
    match &args.dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(cli, dir))
            .map_err(|error| Mistake(format!("{}: cannot write manual pages here: {error}", shown(dir)))),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli).render(&mut page)?;
            print(&String::from_utf8_lossy(&page))
        }
    }
}
