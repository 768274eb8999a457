//! `labserve explain`: what a capture shows, and why.

use super::Mistake;
use super::args::{ExplainArgs, Language};
use super::serve::say;
use crate::explain::model::Capture;
use crate::explain::say::Lang;
use crate::explain::{Filter, Limits, Options, explain, show};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn run(args: &ExplainArgs) -> Result<(), Mistake> {
    let options = Options {
        filter: Filter {
            ports: args.port.clone(),
            streams: args.stream.clone(),
            hosts: args.host.clone(),
        },
        limits: Limits::default(),
    };
    let capture = read(&args.file, &options)?;
    let lang = match args.lang {
        Language::En => Lang::En,
        Language::Zh => Lang::Zh,
    };
    if let Some(file) = &args.html {
        write(file, &show::html::render(&capture, lang))?;
    }
    match () {
        () if args.json => say(&show::json::render(&capture)?),
        () if args.markdown => say(&show::markdown::render(&capture, lang)),
        () if args.html.is_some() => {}
        () => say(&show::text::render(&capture, lang, args.ladder)),
    }
    Ok(())
}

fn write(file: &Path, page: &str) -> Result<(), Mistake> {
    if file == Path::new("-") {
        say(page);
        return Ok(());
    }
    std::fs::write(file, page).map_err(|error| Mistake(format!("{}: cannot write the page: {error}", file.display())))
}

fn read(file: &Path, options: &Options) -> Result<Capture, Mistake> {
    let name = file.display();
    if file == Path::new("-") {
        return explain(io::stdin().lock(), options).map_err(|error| Mistake(format!("standard input: {error}")));
    }
    let told = |error: &dyn std::fmt::Display| Mistake(format!("{name}: {error}"));
    let opened = File::open(file).map_err(|error| Mistake(format!("{name}: cannot open this capture: {error}")))?;
    let size = opened.metadata().map_err(|error| told(&error))?.len();
    let watched = Watched::new(opened, size);
    explain(watched, options).map_err(|error| told(&error))
}

/// What is done within this time needs no progress bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file that shows on a terminal how far it has been read.
struct Watched {
    file: File,
    size: u64,
    read: u64,
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl Watched {
    fn new(file: File, size: u64) -> Watched {
        Watched {
            file,
            size,
            read: 0,
            begun: Instant::now(),
            bar: None,
        }
    }
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.read += count as u64;
        if self.bar.is_none() && self.begun.elapsed() >= PATIENCE {
            // It is drawn on standard error, and only on a terminal.
            let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {eta} left");
            let bar = ProgressBar::new(self.size);
            self.bar = Some(style.map_or(bar.clone(), |style| bar.with_style(style)));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.read);
        }
        Ok(count)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
