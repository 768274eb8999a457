//! `labserve lab`: several built-in profiles at once.

use super::args::LabArgs;
use super::capture::Capturing;
use super::human::LogFormat;
use super::language::translated;
use super::output::padded;
use super::parent::Until;
use super::program::{Ended, Program};
use super::timeline::{Choice, Prepared};
use super::{Mistake, VERSION, config, log, ready, serve, timeline};
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::{Profile, builtin};
use labserve_server::files::Limits;
use labserve_server::profile_files;
use labserve_server::server::{Server, Site, run as run_servers};
use labserve_timeline::ManagedServer;
use std::net::SocketAddr;

pub(super) fn run(args: &LabArgs) -> Result<Ended, Mistake> {
    let shared = &args.shared;
    let root = config::root(shared.root.as_deref(), shared.follow_symlinks)?;
    let bind = shared.bind.unwrap_or_default();
    let mut servers: Vec<Server> = Vec::new();
    let mut managed = Vec::new();
    let mut skipped = String::new();
    for (number, (stack, profile)) in profiles(&chosen(args), &args.set)?.into_iter().enumerate() {
        let port = match args.base_port {
            Some(base) => u16::try_from(usize::from(base) + number)
                .map_err(|_| format!("--base-port {base} is too high; expected a port that is followed by one for each profile, such as 8000"))?,
            None => profile.port,
        };
        let site = Site {
            profile,
            root: root.clone(),
            cache: Limits::default(),
        };
        match serve::bind_all(site, SocketAddr::new(bind.first, port), bind.also, OTHER_PORTS) {
            Ok(bound) => {
                for server in bound {
                    managed.push(ManagedServer::new(
                        server.address(),
                        stack.clone(),
                        server.site().clone(),
                    ));
                    servers.push(server);
                }
            }
            Err(Mistake(why)) => skipped.push_str(&format!("  {} is skipped: {why}\n", stack.asked())),
        }
    }
    if servers.is_empty() {
        return Err(Mistake(format!("no profile can be served:\n{}", skipped.trim_end())));
    }
    let log = shared.log.unwrap_or_default();
    let names = timeline::names(&servers);
    let last_lines = log::start(log, &names)?;
    let events = shared.events.clone().map(config::output);
    let prepared = timeline::prepare(Choice::of(shared.timeline.as_deref(), shared.no_timeline, None)?, None)?;
    let secret = prepared.as_ref().map(Prepared::secret);
    last_lines.mask(secret.clone());
    let recorder = events
        .as_ref()
        .map(|output| serve::record(output, &names, secret.clone()))
        .transpose()?;
    let text = match log.format {
        LogFormat::Json => ready::line(&servers, prepared.as_ref()),
        LogFormat::Text => {
            let timeline = prepared
                .as_ref()
                .map(|prepared| format!("  {} {}\n", padded(&translated("timeline"), 10), prepared.url()));
            format!(
                "{}\n{}{}{}",
                translated(&format!("labserve {VERSION}, serving {}", translated(&root.describe()))),
                table(&servers),
                translated(&skipped),
                timeline.unwrap_or_default()
            )
        }
    };
    // Captures until the servers have stopped.
    let captured: Vec<(&str, SocketAddr)> = names.iter().map(|(name, address)| (name.as_str(), *address)).collect();
    let _capturing = args
        .capture
        .as_deref()
        .map(|file| Capturing::start(file, &captured))
        .transpose()?;
    serve::warn_if_root();
    if log.format == LogFormat::Json {
        skipped.lines().for_each(|line| tracing::warn!("{}", line.trim_start()));
    }
    let addresses: Vec<SocketAddr> = [servers[0].address()]
        .into_iter()
        .chain(prepared.iter().map(|timeline| timeline.address()))
        .collect();
    let senders = timeline::senders(recorder.as_ref(), prepared.as_ref(), None);
    let program_events = timeline::program_events(recorder.as_ref(), prepared.as_ref());
    let options = serve::options(config::default_workers(), log);
    let running = run_servers(servers, options, &senders)?;
    // The event log ends when its last sender is dropped.
    drop(senders);
    let (_, timeline) = timeline::start(prepared, managed, &running, &program_events, &names, None)?;
    Program {
        running,
        recorder,
        timeline,
        program_events,
        reload: Box::new(|| Err("`labserve lab` serves the profiles as they are built in".into())),
        endpoint: None,
        until: Until::default(),
        summary: None,
    }
    .run_to_end(move || serve::greet(&text, events.as_ref(), &addresses))
}

/// What to do if the port of a profile is in use.
const OTHER_PORTS: &str =
    "stop the program that uses it, or choose other ports for all with --base-port, such as --base-port 9000";

/// The names of the profiles to serve: those that the user named, the usual ones, or all.
fn chosen(args: &LabArgs) -> Vec<&str> {
    match args.only.as_slice() {
        [] if args.all => builtin::names().collect(),
        [] => builtin::USUAL.to_vec(),
        named => named.iter().map(|name| name.trim()).collect(),
    }
}

/// These profiles, each with these keys on top of it. If several have the same port, the first keeps it, and each of
/// the others gets the next port that no profile has.
fn profiles(names: &[&str], set: &[String]) -> Result<Vec<(Stack, Profile)>, Mistake> {
    let over = set.iter().map(|assignment| Layer::from_assignment(assignment));
    let over: Vec<Layer> = over.collect::<Result<_, _>>()?;
    let mut found: Vec<(Stack, Profile)> = Vec::new();
    for name in names {
        let stack = over.iter().cloned().fold(profile_files::stack(name)?, Stack::over);
        let profile = stack.build()?;
        found.push((stack, profile));
    }
    let mut ports: Vec<u16> = found.iter().map(|(_, profile)| profile.port).collect();
    spread(&mut ports);
    for ((_, profile), port) in found.iter_mut().zip(ports) {
        profile.port = port;
    }
    Ok(found)
}

/// Replaces each port that an earlier entry already has with the next port that no entry has. 0, which means any free
/// port, stays.
fn spread(ports: &mut [u16]) {
    for i in 1..ports.len() {
        if ports[i] != 0 && ports[..i].contains(&ports[i]) {
            ports[i] = (ports[i]..=u16::MAX).find(|port| !ports.contains(port)).unwrap_or(0);
        }
    }
}

fn table(servers: &[Server]) -> String {
    let rows: Vec<[String; 4]> = servers
        .iter()
        .map(|server| {
            let profile = &server.site().profile;
            [
                profile.name.clone(),
                serve::url(server.address()),
                profile.announces(),
                profile.does(),
            ]
        })
        .collect();
    super::profiles::columns(&["profile", "url", "announces", "does"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_served_on_a_port_of_its_own() {
        let all: Vec<&str> = builtin::names().collect();
        let served = profiles(&all, &[]).expect("the built-in profiles");
        assert!(served.iter().map(|(stack, _)| stack.asked()).eq(builtin::names()));
        let mut ports: Vec<u16> = served.iter().map(|(_, profile)| profile.port).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), served.len());
    }

    #[test]
    fn some_profiles_are_chosen_and_changed() {
        let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let two: Vec<&str> = builtin::names().take(2).collect();
        let served = profiles(&two, &text(&["port=8000"])).expect("two profiles");
        let ports: Vec<(&str, u16)> = served
            .iter()
            .map(|(stack, profile)| (stack.asked(), profile.port))
            .collect();
        assert_eq!(ports, [(two[0], 8000), (two[1], 8001)]);
        let (misspelt, meant) = (format!("{}x", two[0]), format!("did you mean `{}`", two[0]));
        for (only, set, part) in [
            (misspelt.as_str(), "port=1", meant.as_str()),
            (two[0], "timer.idle=1s", "timers.idle"),
        ] {
            let Mistake(why) = profiles(&[only], &text(&[set])).expect_err(only);
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn ports_are_spread_over_those_that_are_free() {
        let mut ports = [3000, 3000, 3001, 0, 0, 65535, 65535];
        spread(&mut ports);
        assert_eq!(ports, [3000, 3002, 3001, 0, 0, 65535, 0]);
    }
}
