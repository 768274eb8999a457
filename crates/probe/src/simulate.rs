//! Plays cases against a profile: the whole conversation in memory and in virtual time, with the code that also serves.

use crate::adapt::OrdinaryFile;
use crate::case::{Case, Step};
use crate::placeholders::{Contents, Placeholders};
use crate::recording::{Answer, End, Heard, Outcome, Recording};
use crate::site;
use labserve_core::model::{self, MemorySite, Script, Setting};
use labserve_core::profile::Profile;
use labserve_core::render::RenderContext;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A server with a profile that serves the probe site and exists only in memory.
#[derive(Clone, Debug)]
pub struct Simulation<'p> {
    profile: &'p Profile,
    site: MemorySite<'p>,
    setting: Setting,
    contents: Contents,
    file: Option<OrdinaryFile>,
}

impl<'p> Simulation<'p> {
    /// A server with this profile and the probe site, at this address. It does not listen there: requests and responses
    /// contain the address.
    pub fn new(profile: &'p Profile, address: SocketAddr) -> Self {
        let mut memory = MemorySite::new(profile);
        for (path, content) in site::shared() {
            memory = memory.with_shared_file(path, Arc::clone(content));
        }
        Self::over(profile, memory, site::contents(), address)
    }

    /// A server with this profile whose site has only this file. Cases request this file.
    pub fn with_file(profile: &'p Profile, file: &OrdinaryFile, address: SocketAddr) -> Self {
        Self {
            file: Some(file.clone()),
            ..Self::over(profile, file.in_memory(profile), file.contents(), address)
        }
    }

    /// A server with another site. `contents` are those of its files that recordings show as paths.
    pub fn over(profile: &'p Profile, site: MemorySite<'p>, contents: Contents, address: SocketAddr) -> Self {
        Self {
            profile,
            site,
            setting: Setting {
                local: address,
                // 2026-05-28: later than the modification time of every file of the site, and earlier than the dates
                // that cases use for the future. The random numbers are as long as those that the recorded servers
                // draw.
                render: RenderContext {
                    run: 0x8123_4567_89ab_cdef,
                    random: 0x9123_4567_89ab_cdef,
                    ..RenderContext::at(1_780_000_000)
                },
                ..Setting::default()
            },
            contents,
            file: None,
        }
    }

    /// The same server with another profile that has the same `[types]`. This takes only a fraction of the time of
    /// [`Simulation::new`].
    pub(crate) fn under<'q>(&self, profile: &'q Profile) -> Simulation<'q> {
        Simulation {
            profile,
            site: self.site.under(profile),
            setting: self.setting,
            contents: self.contents.clone(),
            file: self.file.clone(),
        }
    }

    /// The same server with other random numbers, after this many multipart responses.
    pub(crate) fn drawing(&self, again: u64) -> Self {
        let mut other = self.clone();
        let render = &mut other.setting.render;
        // Multiples of an odd number differ in all their digits.
        render.random = render.random.wrapping_add(again.wrapping_mul(0x1e37_79b9_7f4a_7c15));
        render.counter += again;
        other
    }

    /// The address that requests and responses contain.
    pub fn address(&self) -> SocketAddr {
        self.setting.local
    }

    /// The file that the cases request, if it is not the probe site.
    pub fn file(&self) -> Option<&OrdinaryFile> {
        self.file.as_ref()
    }

    /// Plays cases against the profile, including slow ones: virtual time passes at once. If the server has only an
    /// ordinary file, the cases that need more are left out.
    ///
    /// ```
    /// use labserve_core::profile::layers;
    /// use labserve_probe::{case, simulate::Simulation};
    ///
    /// let node = layers::load("node").expect("a built-in profile");
    /// let simulation = Simulation::new(&node, "127.0.0.1:18081".parse().expect("an address"));
    /// let cases = case::built_in();
    /// let recording = simulation.record(&cases);
    /// assert_eq!(recording.cases.len(), cases.len());
    /// ```
    pub fn record<'c>(&self, cases: impl IntoIterator<Item = &'c Case>) -> Recording {
        let placeholders = self.placeholders();
        let mut recording = Recording::new(self.setting.local.to_string());
        recording.file.clone_from(&self.file);
        for case in cases {
            let case = match &self.file {
                None => Cow::Borrowed(case),
                Some(file) => match file.adapt(case) {
                    Some(adapted) => Cow::Owned(adapted),
                    None => continue,
                },
            };
            let outcome = self.run(&steps(&case, &placeholders));
            recording
                .cases
                .insert(case.name.clone(), Answer::Stable(self.outcome(&outcome)));
        }
        recording
    }

    /// The values of placeholders for this server.
    pub fn placeholders(&self) -> Placeholders<'_> {
        Placeholders::new(self.setting.local, |path| {
            let host = self.setting.local;
            let request = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let steps = [
                model::Step::Send(request.into_bytes()),
                model::Step::Read { quiet: None },
            ];
            let mut outcome = self.run(&steps);
            outcome.heard.pop().map(|heard| heard.text()).unwrap_or_default()
        })
    }

    /// Plays steps that [`steps`] made from a case.
    pub fn run(&self, steps: &[model::Step]) -> model::Outcome {
        Script::new(steps).run(self.profile, &self.site, &self.setting)
    }

    /// An outcome of [`Simulation::run`] in the form that recordings use.
    pub fn outcome(&self, outcome: &model::Outcome) -> Outcome {
        let seconds = |time: Duration| time.as_secs_f64();
        Outcome {
            heard: outcome
                .heard
                .iter()
                .map(|heard| Heard {
                    text: self.contents.shortened(heard.text()),
                    at_s: heard.at.map(seconds),
                })
                .collect(),
            end: match outcome.end {
                model::End::Fin => End::Fin,
                model::End::Rst => End::Rst,
                model::End::Open => End::Open,
            },
            after_s: outcome.after.map(seconds),
        }
    }
}

/// The steps of a case with its placeholders filled in.
pub fn steps(case: &Case, placeholders: &Placeholders<'_>) -> Vec<model::Step> {
    case.steps.iter().map(|step| filled_in(step, placeholders)).collect()
}

fn filled_in(step: &Step, placeholders: &Placeholders<'_>) -> model::Step {
    match step {
        Step::Send { text, times } => model::Step::Send(placeholders.fill(text).repeat(*times)),
        Step::Read { quiet } => model::Step::Read { quiet: *quiet },
        Step::Shut => model::Step::Shut,
        Step::Sleep(time) => model::Step::Sleep(*time),
        Step::End { within } => model::Step::End { within: *within },
    }
}
