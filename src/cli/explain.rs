//! `labserve explain`: explains what a capture shows, and why.

use super::Mistake;
use super::args::{ExplainArgs, Language};
use indicatif::{ProgressBar, ProgressStyle};
use labserve_capture::model::Capture;
use labserve_capture::say::Lang;
use labserve_capture::{Filter, Limits, Options, explain, render};
use labserve_core::profile::{Profile, builtin, layers};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// The name that stands for standard input or output.
const STANDARD: &str = "-";

pub(super) fn run(args: &ExplainArgs) -> Result<(), Mistake> {
    check(args)?;
    let options = Options {
        filter: Filter {
            ports: args.port.clone(),
            streams: args.stream.clone(),
            hosts: args.host.clone(),
        },
        limits: Limits::default(),
    };
    let profiles: Vec<Profile> = builtin::names().filter_map(|name| layers::load(name).ok()).collect();
    let capture = read(&args.file, &options, &profiles)?;
    let lang = match args.lang {
        Language::En => Lang::En,
        Language::Zh => Lang::Zh,
    };
    if let Some(file) = &args.html {
        write(file, &render::html::render(&capture, lang))?;
    }
    match () {
        () if args.json => print(&render::json::render(&capture)?),
        () if args.markdown => print(&render::markdown::render(&capture, lang)),
        () if args.html.is_some() => Ok(()),
        () => print(&render::text::render(&capture, lang, args.ladder)),
    }
}

/// Refuses combinations of arguments that would fail only after the capture was read.
fn check(args: &ExplainArgs) -> Result<(), Mistake> {
    let Some(page) = &args.html else { return Ok(()) };
    if page == Path::new(STANDARD) && (args.json || args.markdown) {
        let other = if args.json { "--json" } else { "--markdown" };
        return Err(Mistake(format!(
            "`--html -` and {other} would both go to standard output; give the page a file"
        )));
    }
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if same(page, &args.file) {
        return Err(Mistake(format!(
            "{}: the page would overwrite the capture; give --html another file",
            page.display()
        )));
    }
    Ok(())
}

fn write(file: &Path, page: &str) -> Result<(), Mistake> {
    if file == Path::new(STANDARD) {
        return print(page);
    }
    std::fs::write(file, page).map_err(|error| Mistake(format!("{}: cannot write the page: {error}", file.display())))
}

/// Prints to standard output. A reader that stops early, such as `explain ... | head`, is not an error.
fn print(text: &str) -> Result<(), Mistake> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Mistake(format!("standard output: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

fn read(file: &Path, options: &Options, profiles: &[Profile]) -> Result<Capture, Mistake> {
    let name = file.display();
    if file == Path::new(STANDARD) {
        return explain(io::stdin().lock(), options, profiles)
            .map_err(|error| Mistake(format!("standard input: {error}")));
    }
    let mistake = |error: &dyn std::fmt::Display| Mistake(format!("{name}: {error}"));
    let opened = File::open(file).map_err(|error| Mistake(format!("{name}: cannot open this capture: {error}")))?;
    let size = opened.metadata().map_err(|error| mistake(&error))?.len();
    let watched = Watched::new(opened, size);
    explain(watched, options, profiles).map_err(|error| mistake(&error))
}

/// A capture that is read within this time gets no progress bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file that shows on a terminal how much of it has been read.
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
