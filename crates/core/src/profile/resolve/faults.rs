//! Resolves the table `[faults]`: what to do about each fault in a request head.

use super::names::Names;
use super::{Mistake, did_you_mean, mistake};
use crate::http1::{Fault, Faults, Treatment};
use crate::profile::OnInput;
use crate::profile::raw::{FaultRule, OTHER, Raw, RawFaults};
use crate::profile::units::Word;
use std::collections::BTreeMap;

const KEYWORDS: [(&str, Treatment); 5] = [
    ("accept", Treatment::Accept),
    ("drop", Treatment::Drop),
    ("stop", Treatment::Stop),
    ("close", Treatment::Close),
    ("ignore", Treatment::Ignore),
];

/// The faults with a specific status code in RFC 9110, RFC 9112 or RFC 6585, or with another one than their parent. All
/// others have that of their parent, or 400.
const STATUSES: [(Fault, &str); 9] = [
    (Fault::LineTooLong, "414"),
    (Fault::FieldTooLong, "431"),
    (Fault::FieldsTooMany, "431"),
    (Fault::HeadTooLarge, "431"),
    (Fault::MajorVersion, "505"),
    (Fault::OldVersion, "505"),
    (Fault::CodingUnknown, "501"),
    (Fault::ExpectUnknown, "417"),
    // Any token is a method (RFC 9110 section 9.1); anything else is a syntax error.
    (Fault::MethodNoToken, "400"),
];

/// What to do about each fault.
pub(super) fn faults(raw: &Raw, names: &Names) -> Result<Faults, Mistake> {
    let mut written = BTreeMap::new();
    for (key, word) in rules(&raw.faults) {
        written.insert(key.clone(), treatment(&key, word, names)?);
    }
    let refuse = names.required("400")?;
    let mut faults = Faults::all(Treatment::Respond(refuse));
    for fault in Fault::ALL.iter().copied() {
        let treatment = match nearest(&written, fault) {
            Some(treatment) => treatment,
            None => default_of(fault, names)?,
        };
        faults.set(fault, treatment);
    }
    Ok(faults)
}

/// The faults that a list names.
pub(super) fn listed(path: &[&str], names: &[String]) -> Result<Vec<Fault>, Mistake> {
    let keys = || Fault::ALL.iter().map(|fault| fault.key());
    let fault = |name: &String| {
        let known = Fault::ALL.iter().find(|fault| fault.key() == name);
        known.copied().ok_or_else(|| {
            let meant = did_you_mean(name, keys());
            mistake(path, format!("there is no key `{name}` in [faults]{meant}"))
        })
    };
    names.iter().map(fault).collect()
}

/// The rules of a table of faults, each with the name of its fault or group of faults. The empty name stands for all
/// faults.
fn rules(table: &RawFaults) -> Vec<(String, &Word)> {
    let mut rules = Vec::new();
    let mut tables = vec![(String::new(), table)];
    while let Some((group, table)) = tables.pop() {
        for (name, rule) in table {
            let key = match (group.as_str(), name.as_str()) {
                (_, OTHER) => group.clone(),
                ("", name) => name.to_owned(),
                (group, name) => format!("{group}.{name}"),
            };
            match rule {
                FaultRule::Word(word) => rules.push((key, word)),
                FaultRule::Table(inner) => tables.push((key, inner)),
            }
        }
    }
    rules
}

/// The treatment that `word` names for the fault, or the group of faults, with this key.
fn treatment(key: &str, word: &Word, names: &Names) -> Result<Treatment, Mistake> {
    let is_known = |fault: &&Fault| {
        let rest = fault.key().strip_prefix(key);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || key.is_empty())
    };
    let path: Vec<&str> = std::iter::once("faults")
        .chain(key.split('.').filter(|part| !part.is_empty()))
        .collect();
    if !Fault::ALL.iter().any(|fault| is_known(&fault)) {
        let meant = did_you_mean(key, Fault::ALL.iter().map(|f| f.key()));
        return Err(mistake(&path, format!("there is no such fault{meant}")));
    }
    let treatment = match names.on_input(&path, word, &KEYWORDS)? {
        OnInput::Accept(treatment) => treatment,
        OnInput::Respond(id) => Treatment::Respond(id),
    };
    if matches!(treatment, Treatment::Drop | Treatment::Stop) && !Fault::is_of_field_line(key) {
        return Err(mistake(
            &path,
            "`drop` and `stop` apply to field lines only; expected `accept`, `close`, `ignore` or a response",
        ));
    }
    Ok(treatment)
}

/// The treatment that is written for `fault` or the nearest of its parents.
fn nearest(written: &BTreeMap<String, Treatment>, fault: Fault) -> Option<Treatment> {
    let mut key = fault.key();
    loop {
        if let Some(treatment) = written.get(key) {
            return Some(*treatment);
        }
        match key.rsplit_once('.') {
            Some((parent, _)) => key = parent,
            None if key.is_empty() => return None,
            None => key = "",
        }
    }
}

/// The treatment of a fault if the profile sets none for it and its parents: the default of the fault, or that of its
/// nearest parent with one.
fn default_of(fault: Fault, names: &Names) -> Result<Treatment, Mistake> {
    if Faults::PASSED.contains(&fault) {
        return Ok(Treatment::Accept);
    }
    let status = STATUSES.iter().find(|(with_status, _)| *with_status == fault);
    match (status, fault.parent()) {
        (Some((_, status)), _) => names.required(status).map(Treatment::Respond),
        (None, Some(parent)) => default_of(parent, names),
        (None, None) => names.required("400").map(Treatment::Respond),
    }
}
