//! `labserve lab`: the built-in profiles that have a port of their own, all at once.

use super::args::LabArgs;
use super::human::LogFormat;
use super::parent::Until;
use super::program::{Ended, Program};
use super::timeline::{Choice, Prepared};
use super::{Mistake, VERSION, config, log, ready, serve, timeline};
use labserve_core::profile::layers::Stack;
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
    for (number, (stack, profile)) in one_for_each_port()?.into_iter().enumerate() {
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
        match serve::bind_all(site, SocketAddr::new(bind.first, port), bind.also) {
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
        return Err(Mistake(format!(
            "no profile can be served:\n{skipped}choose other ports with --base-port"
        )));
    }
    let log = shared.log.unwrap_or_default();
    let last_lines = log::start(log)?;
    let events = shared.events.clone().map(config::output);
    let prepared = timeline::prepare(Choice::of(shared.timeline.as_deref(), shared.no_timeline, None)?, None)?;
    let secret = prepared.as_ref().map(Prepared::secret);
    last_lines.mask(secret.clone());
    let names = timeline::names(&servers);
    let recorder = events
        .as_ref()
        .map(|output| serve::record(output, &names, secret.clone()))
        .transpose()?;
    let text = match log.format {
        LogFormat::Json => ready::line(&servers, prepared.as_ref()),
        LogFormat::Text => {
            let timeline = prepared
                .as_ref()
                .map(|prepared| format!("  timeline   {}\n", prepared.url()));
            format!(
                "labserve {VERSION}, serving {}\n{}{skipped}{}",
                root.describe(),
                table(&servers),
                timeline.unwrap_or_default()
            )
        }
    };
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

/// The built-in profiles that can be served side by side. A variant of another profile has no port of its own and is
/// left out: the first profile that is listed with a port gets it.
fn one_for_each_port() -> Result<Vec<(Stack, Profile)>, Mistake> {
    let mut found: Vec<(Stack, Profile)> = Vec::new();
    for name in builtin::names() {
        let stack = profile_files::stack(name)?;
        let profile = stack.build()?;
        if found.iter().all(|(_, other)| other.port != profile.port) {
            found.push((stack, profile));
        }
    }
    Ok(found)
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
    fn variants_without_a_port_of_their_own_are_left_out() {
        let served = one_for_each_port().expect("the built-in profiles");
        let is_served = |name: &str| served.iter().any(|(stack, _)| stack.asked() == name);
        let left_out: Vec<&str> = builtin::names().filter(|name| !is_served(name)).collect();
        assert!(
            !left_out.is_empty(),
            "no variant shares a port, so this test proves nothing"
        );
        for name in left_out {
            let port = profile_files::stack(name)
                .and_then(|stack| stack.build())
                .expect(name)
                .port;
            assert!(served.iter().any(|(_, profile)| profile.port == port), "{name}");
        }
    }
}
