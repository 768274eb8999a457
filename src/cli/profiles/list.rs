//! `labserve profiles` without a name: the built-in profiles as a table, in a line, or in words.

use super::super::Mistake;
use super::super::args::{ProfilesArgs, Side};
use super::super::language::{chosen, translated};
use super::super::output::{padded, print};
use super::{columns, json_of};
use labserve_core::locale::{Lang, catalogue};
use labserve_core::profile::summary::IdleEnd;
use labserve_core::profile::units::Span;
use labserve_core::profile::{CloseStyle, Profile, builtin};
use labserve_server::profile_files;
use std::time::Duration;

pub(super) fn list(args: &ProfilesArgs) -> Result<(), Mistake> {
    let all = builtin::names().map(|name| Ok(profile_files::load(name)?));
    let all: Vec<Profile> = all.collect::<Result<_, Mistake>>()?;
    let found: Vec<&Profile> = all.iter().filter(|profile| is_wanted(profile, args)).collect();
    if found.is_empty() {
        return Err("no built-in profile is like this; `labserve profiles` lists them all".into());
    }
    print(&match args {
        ProfilesArgs { json: true, .. } => json(&found),
        ProfilesArgs { timers: true, .. } => in_a_line(&found, chosen()),
        ProfilesArgs { why: true, .. } => found.iter().filter_map(|profile| in_words(&profile.name)).collect(),
        _ => table(&found),
    })
}

/// Prints what a capture of a profile shows, and why.
pub(super) fn why(name: &str) -> Result<(), Mistake> {
    let name = builtin::current_name(name);
    let words = in_words(name).ok_or_else(|| {
        format!("--why: got {name:?}; expected a built-in profile, because captures of others are not described")
    });
    print(&words?)
}

fn is_wanted(profile: &Profile, args: &ProfilesArgs) -> bool {
    let closes = match profile.idle_end() {
        Some(_) => Side::Server,
        None => Side::Client,
    };
    let announced = args.announces.as_deref().map(str::to_ascii_lowercase);
    args.closes.is_none_or(|side| side == closes)
        && announced.is_none_or(|text| profile.announces().to_ascii_lowercase().contains(&text))
}

fn table(profiles: &[&Profile]) -> String {
    let row = |profile: &&Profile| {
        let end = profile.idle_end();
        [
            profile.name.clone(),
            profile.title.clone(),
            profile.port.to_string(),
            profile.announces(),
            when(profile),
            end.map_or("client", |_| "server").to_owned(),
            end.map_or("-", how).to_owned(),
            profile
                .connection
                .max_requests
                .map_or("-".to_owned(), |most| most.to_string()),
        ]
    };
    let heads = [
        "profile",
        "imitates",
        "port",
        "announces",
        "closes when idle",
        "closed by",
        "with",
        "requests",
    ];
    columns(&heads, &profiles.iter().map(row).collect::<Vec<_>>())
}

/// The idle time after which a server closes a connection.
fn when(profile: &Profile) -> String {
    match profile.idle_end() {
        None => "never".to_owned(),
        Some(_) if !profile.connection.persistent => "after each response".to_owned(),
        Some(IdleEnd { after, .. }) => Span(Some(after)).to_string(),
    }
}

fn how(end: IdleEnd) -> &'static str {
    match end.style {
        CloseStyle::Rst => "RST",
        _ => "FIN",
    }
}

/// The profiles in the order of their idle timeouts, the shortest first.
fn in_a_line(profiles: &[&Profile], lang: Lang) -> String {
    let mut sorted: Vec<&Profile> = profiles.to_vec();
    // A server that closes after each response does not wait for a request.
    let waits = |profile: &&Profile| match profile.idle_end() {
        Some(_) if !profile.connection.persistent => Duration::ZERO,
        end => end.map_or(Duration::MAX, |end| end.after),
    };
    sorted.sort_by_key(waits);
    let (colon, comma, semicolon) = match lang {
        Lang::En => (": ", ", ", "; "),
        Lang::Zh => ("：", "、", "；"),
    };
    let groups = sorted.chunk_by(|one, other| when(one) == when(other)).map(|group| {
        let names: Vec<&str> = group.iter().map(|profile| profile.name.as_str()).collect();
        format!("{}{colon}{}", translated(&when(group[0])), names.join(comma))
    });
    groups.collect::<Vec<_>>().join(semicolon) + "\n"
}

/// What a capture of a built-in profile shows, and why; `None` for other profiles.
fn in_words(name: &str) -> Option<String> {
    let sentence = |key: &str| catalogue(chosen()).get(&format!("profile.{name}.{key}"));
    let line = |head: &str, text: &str| format!("  {} {text}\n", padded(&translated(head), 8));
    let (shows, why) = (sentence("shows")?, sentence("why")?);
    Some(format!("{name}\n{}{}", line("shows", shows), line("why", why)))
}

fn json(profiles: &[&Profile]) -> String {
    let rows = profiles.iter().map(|profile| {
        let end = profile.idle_end();
        let row = [
            ("name", toml::Value::from(profile.name.as_str())),
            ("title", profile.title.as_str().into()),
            ("port", i64::from(profile.port).into()),
            ("announces", profile.announces().into()),
            ("does", profile.does().into()),
            ("persistent", profile.connection.persistent.into()),
            ("closes_after", Span(end.map(|end| end.after)).to_string().into()),
            ("closes_with", end.map_or("-", how).into()),
        ];
        toml::Value::Table(row.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    });
    json_of(&toml::Value::Array(rows.collect())) + "\n"
}
