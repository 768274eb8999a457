//! `labserve explain`: explains a capture.

use super::args::ExplainArgs;
use super::output::{self, print};
use super::{Mistake, language};
use indicatif::{ProgressBar, ProgressStyle};
use labserve_capture::model::Capture;
use labserve_capture::render::{self, Ladders};
use labserve_capture::{Detail, FileError, Filter, Limits, Options, explain, explain_files};
use labserve_core::http1::text::printable_json;
use labserve_core::locale::Lang;
use labserve_core::profile::{Profile, builtin, layers};
use labserve_server::text_file::shown;
use labserve_timeline::{CapturedConnection, Explained, Explainer};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The file name that stands for standard input or output.
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
        // A user who selects streams wants to see all of them in detail.
        detail: match args.all || !args.stream.is_empty() {
            true => Detail::All,
            false => Detail::Typical,
        },
        names: args.files.iter().map(|file| name_of(file)).collect(),
    };
    let capture = read(&args.files, &options, &known_profiles())?;
    let lang = language::chosen();
    if let Some(file) = &args.html {
        write(file, &render::html(&capture, lang))?;
    }
    match () {
        () if args.json => print(&printable_json(&render::json(&capture)?)),
        () if args.markdown => print(&render::markdown(&capture, lang)),
        () if args.html.is_some() => Ok(()),
        () => {
            let ladders = if args.ladder { Ladders::Draw } else { Ladders::Omit };
            print(&render::text(&capture, lang, ladders))
        }
    }
}

/// The profiles to compare servers with.
fn known_profiles() -> Vec<Profile> {
    builtin::names().filter_map(|name| layers::load(name).ok()).collect()
}

/// Explains captures that are dropped onto the page of the timeline.
#[derive(Debug)]
pub(super) struct OnPage;

impl Explainer for OnPage {
    fn explain(&self, capture: Vec<u8>, name: &str, lang: Lang) -> Result<Explained, String> {
        let options = Options {
            // The user may look for any lane of the timeline.
            detail: Detail::All,
            names: vec![name.to_owned()],
            ..Options::default()
        };
        let capture =
            explain(capture.as_slice(), &options, &known_profiles()).map_err(|error| format!("{name}: {error}"))?;
        let described = render::html_sections(&capture);
        let connections = capture.connections.iter().map(|connection| CapturedConnection {
            stream: connection.stream,
            client: connection.client,
            server: connection.server,
            first: time(connection.first_ns),
            described: described.contains(&connection.stream),
        });
        Ok(Explained {
            connections: connections.collect(),
            page: render::html(&capture, lang),
        })
    }
}

/// The time that is this number of nanoseconds after 1970, or 1970 if it is before.
fn time(ns: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(ns.try_into().unwrap_or_default())
}

/// Rejects combinations of arguments that would lose an output, before anything is read or written.
fn check(args: &ExplainArgs) -> Result<(), Mistake> {
    if args.files.iter().filter(|file| *file == Path::new(STANDARD)).count() > 1 {
        return Err(Mistake("standard input (-) can be read once; name it once".to_owned()));
    }
    let Some(page) = &args.html else { return Ok(()) };
    if page == Path::new(STANDARD) && (args.json || args.markdown) {
        let other = if args.json { "--json" } else { "--markdown" };
        return Err(Mistake(format!(
            "`--html -` and {other} would both go to standard output; give the page a file"
        )));
    }
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if args.files.iter().any(|file| same(page, file)) {
        return Err(Mistake(format!(
            "{}: the page would overwrite the capture; give --html another file",
            shown(page)
        )));
    }
    Ok(())
}

fn write(file: &Path, page: &str) -> Result<(), Mistake> {
    if file == Path::new(STANDARD) {
        return print(page);
    }
    output::write(file, "the page", page)
}

fn read(files: &[PathBuf], options: &Options, profiles: &[Profile]) -> Result<Capture, Mistake> {
    let mut readers: Vec<Box<dyn Read>> = Vec::new();
    for file in files {
        readers.push(open(file, files.len() == 1)?);
    }
    explain_files(readers, options, profiles).map_err(|FileError { index, error, .. }| {
        let name = files.get(index).map_or_else(String::new, |file| name_of(file));
        Mistake(format!("{name}: {error}"))
    })
}

fn name_of(file: &Path) -> String {
    match file == Path::new(STANDARD) {
        true => "standard input".to_owned(),
        false => shown(file),
    }
}

/// Opens a capture. If it is the only one, its progress is shown.
fn open(file: &Path, is_alone: bool) -> Result<Box<dyn Read>, Mistake> {
    if file == Path::new(STANDARD) {
        return Ok(Box::new(io::stdin().lock()));
    }
    let name = shown(file);
    let opened = File::open(file).map_err(|error| Mistake(format!("{name}: cannot open this capture: {error}")))?;
    let size = opened
        .metadata()
        .map_err(|error| Mistake(format!("{name}: {error}")))?
        .len();
    Ok(match is_alone {
        true => Box::new(ProgressReader::new(opened, size)),
        false => Box::new(opened),
    })
}

/// A progress bar appears only after this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// A file that shows its progress on a terminal.
struct ProgressReader {
    file: File,
    size: u64,
    read: u64,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl ProgressReader {
    fn new(file: File, size: u64) -> Self {
        Self {
            file,
            size,
            read: 0,
            started: Instant::now(),
            bar: None,
        }
    }
}

impl Read for ProgressReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.read += count as u64;
        if self.bar.is_none() && self.started.elapsed() >= PATIENCE {
            // indicatif draws on standard error, and only if that is a terminal.
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

impl Drop for ProgressReader {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
