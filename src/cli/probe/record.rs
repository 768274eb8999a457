//! `labserve record`: sends the cases to a running server and writes its answers to a file.

use super::chosen;
use super::source::read;
use super::target::Target;
use crate::cli::Mistake;
use crate::cli::args::RecordArgs;
use crate::cli::language::translated;
use crate::cli::output::{print, print_err};
use labserve_core::http1::text::printable;
use labserve_probe::record::NEEDS_PROBE_SITE;
use labserve_probe::recording::Answer;
use labserve_probe::{Recording, site};
use labserve_server::text_file::shown;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

pub(in crate::cli) fn run(args: &RecordArgs) -> Result<ExitCode, Mistake> {
    if let Some(directory) = &args.make_site {
        site::write(directory)
            .map_err(|e| Mistake(format!("{}: cannot write the probe site: {e}", shown(directory))))?;
        print(&translated(&format!(
            "wrote {} files to {}. Make it the server's document root, then: labserve record http://HOST:PORT -o server.rec\n",
            site::FILES.len(),
            shown(directory)
        )))?;
    }
    let (Some(url), Some(output)) = (&args.server, &args.output) else {
        return Ok(ExitCode::SUCCESS);
    };
    let target = Target::parse(url, &args.ask)?;
    let address = target.address;
    let cases = chosen(&args.ask.only)?;
    let known = match output.exists() {
        true if args.resume => same_server(read(output)?, address, output)?,
        true => {
            return Err(Mistake(format!(
                "{}: this file exists. Use another name, or `--resume` to ask only what it lacks",
                shown(output)
            )));
        }
        false => Recording::new(address.to_string()),
    };
    let is_new = known.cases.is_empty();
    // Written now, so that an output that cannot be written is an error before minutes are spent on recording.
    write(output, &known)?;
    let recorded = target.ask(&cases, known, &args.ask).inspect_err(|_| {
        if is_new {
            // The file contains nothing, and would only be in the way of the next try.
            let _ = std::fs::remove_file(output);
        }
    })?;
    write(output, &recorded.recording)?;
    print(&translated(&summary(&recorded.recording, output, address)))?;
    let Some(stopped) = recorded.stopped else {
        return Ok(ExitCode::SUCCESS);
    };
    print_err(&format!(
        "labserve: {}. `labserve record {url} -o {} --resume` asks the rest",
        target.why(&stopped),
        shown(output)
    ));
    Ok(ExitCode::FAILURE)
}

/// The recording, if it belongs to this server.
fn same_server(known: Recording, address: SocketAddr, output: &Path) -> Result<Recording, Mistake> {
    if known.target == address.to_string() {
        return Ok(known);
    }
    Err(Mistake(format!(
        "{}: this is a recording of {}, not of {address}. Give that address, or record into another file",
        shown(output),
        printable(known.target.as_bytes())
    )))
}

/// Writes the recording to a temporary file next to its destination and then renames it, so that a full disk does not
/// destroy the existing recording.
fn write(output: &Path, recording: &Recording) -> Result<(), Mistake> {
    let mut beside = output.as_os_str().to_owned();
    beside.push(".new");
    let written = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(&beside)?);
        recording.write_to(&mut file)?;
        file.flush()
    };
    written()
        .and_then(|()| std::fs::rename(&beside, output))
        .map_err(|e| Mistake(format!("{}: cannot write the recording: {e}", shown(output))))
}

fn summary(recording: &Recording, output: &Path, address: SocketAddr) -> String {
    let count = |test: fn(&Answer) -> bool| recording.cases.values().filter(|answer| test(answer)).count();
    let unstable = count(|answer| matches!(answer, Answer::Unstable { .. }));
    let not_asked = count(|answer| matches!(answer, Answer::Failed { error } if error == NEEDS_PROBE_SITE));
    let failed = count(|answer| matches!(answer, Answer::Failed { .. })) - not_asked;
    let mut text = format!(
        "wrote {}: {} cases of {address}, {unstable} unstable, {failed} without an answer",
        shown(output),
        recording.cases.len() - not_asked,
    );
    // Writing to a String cannot fail.
    if not_asked > 0 {
        let _ = write!(text, "; {not_asked} need the probe site and were not asked");
    }
    if !recording.measures.is_empty() {
        let _ = write!(text, "; {} measures", recording.measures.len());
    }
    text.push('\n');
    text
}
