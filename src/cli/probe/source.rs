//! What can be compared: a running server, a recording, or a profile.

use super::asks_for_measures;
use super::target::Target;
use crate::cli::Mistake;
use crate::cli::args::AskArgs;
use labserve_core::profile::Profile;
use labserve_probe::simulate::Simulation;
use labserve_probe::{Case, Recording, measure};
use labserve_server::{profile_files, text_file};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// The largest recording that is read, in bytes: about ten times the largest that is written.
const LARGEST: u64 = 256 << 20;

/// The address in a profile's answers if it is not compared with anything that has an address.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 18081);

/// Something to compare.
pub(super) enum Source {
    /// A running server.
    Server(Target),
    /// The earlier answers of a server.
    Recording(Recording),
    /// A profile, which is simulated in memory.
    Profile(Box<Profile>),
}

impl Source {
    /// Finds out what an argument of the command line stands for.
    pub(super) fn find(word: &str, ask: &AskArgs) -> Result<Self, Mistake> {
        if word.starts_with("http://") || word.starts_with("https://") {
            return Ok(Self::Server(Target::parse(word, ask)?));
        }
        let path = Path::new(word);
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if path.is_file() && !is_toml {
            return read(path).map(Self::Recording);
        }
        match profile_files::load(word) {
            Ok(profile) => Ok(Self::Profile(Box::new(profile))),
            Err(_) if !is_toml && word.contains(':') => Ok(Self::Server(Target::parse(word, ask)?)),
            Err(error) if is_toml => Err(error.into()),
            Err(_) => Err(Mistake(format!(
                "`{word}` is neither a recording nor a profile. Expected a URL such as http://127.0.0.1:8080, a file that \
                 `labserve record` wrote, the name of a profile (`labserve profiles` lists them), or a file such as mine.toml"
            ))),
        }
    }

    /// The answers of both to the cases. A profile comes last, because it gets the address and the files of the other.
    pub(super) fn answers_of_both(
        first: Self,
        second: Self,
        cases: &[Case],
        ask: &AskArgs,
    ) -> Result<(Recording, Recording), Mistake> {
        if matches!(first, Self::Profile(_)) {
            let second = second.answers(cases, ask, None)?;
            Ok((first.answers(cases, ask, Some(&second))?, second))
        } else {
            let first = first.answers(cases, ask, None)?;
            let second = second.answers(cases, ask, Some(&first))?;
            Ok((first, second))
        }
    }

    /// Its answers to the cases. `other` is the source that it is compared with.
    pub(super) fn answers(
        self,
        cases: &[Case],
        ask: &AskArgs,
        other: Option<&Recording>,
    ) -> Result<Recording, Mistake> {
        match self {
            Self::Server(target) => {
                let recorded = target.ask(cases, Recording::new(target.address.to_string()), ask)?;
                match recorded.stopped {
                    None => Ok(recorded.recording),
                    Some(stopped) => Err(Mistake(target.why(&stopped))),
                }
            }
            Self::Recording(mut recording) => {
                recording
                    .cases
                    .retain(|name, _| cases.iter().any(|case| case.name == *name));
                if !asks_for_measures(&ask.only) {
                    recording.measures.clear();
                }
                Ok(recording)
            }
            Self::Profile(profile) => {
                // The profile gets the address of the other source, so that pages that contain the address have the
                // same length.
                let address = other.and_then(|other| other.target.parse().ok()).unwrap_or(NOWHERE);
                let simulation = match other.and_then(|other| other.file.as_ref()) {
                    Some(file) => Simulation::with_file(&profile, file, address),
                    None => Simulation::new(&profile, address),
                };
                let mut recording = simulation.record(cases);
                if asks_for_measures(&ask.only) && other.is_none_or(|other| !other.measures.is_empty()) {
                    recording.measures = measure::of(&simulation);
                }
                Ok(recording)
            }
        }
    }
}

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Recording, Mistake> {
    let text = text_file::read_up_to(path, "recording", LARGEST)?;
    Recording::parse(&text).map_err(|e| Mistake(format!("{}: {e}", text_file::shown(path))))
}
