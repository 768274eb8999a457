//! Resolves the table `[methods]`.

use super::names::Names;
use super::{Mistake, mistake};
use crate::profile::raw::{MethodCase, Raw};
use crate::profile::units::{RawRule, Word};
use crate::profile::{MethodRule, Methods, OnInput};

/// The methods that every server must support (RFC 9110 section 9.1). They serve files unless a profile sets another
/// rule.
const SERVED: [&str; 2] = ["GET", "HEAD"];

/// The other methods of RFC 9110 section 9.3, and that of RFC 5789. A server responds with 405 to a method that it
/// knows but does not support, and with 501 to one that it does not know (RFC 9110 section 9.1).
const KNOWN: [&str; 7] = ["CONNECT", "DELETE", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// Whether a key of the table is not the name of a method.
fn is_reserved(key: &str) -> bool {
    key == "allow" || key == "other"
}

/// The methods that the profile knows.
pub(super) fn known(raw: &Raw) -> Vec<String> {
    SERVED
        .iter()
        .map(|method| (*method).to_owned())
        .chain(raw.methods.keys().cloned())
        .filter(|key| !is_reserved(key))
        .collect()
}

/// What each method gets.
pub(super) fn methods(raw: &Raw, names: &Names) -> Result<Methods, Mistake> {
    let rule = |key: &str, rule: &RawRule| -> Result<MethodRule, Mistake> {
        match rule {
            RawRule::Word(word) => Ok(match names.on_input(&["methods", key], word, &[("serve", ())])? {
                OnInput::Accept(()) => MethodRule::Serve,
                OnInput::Respond(id) => MethodRule::Respond(id),
            }),
            RawRule::Resolved(word) => names.answer(&["methods", key], word).map(MethodRule::Resolved),
            RawRule::Found(word) => names.answer(&["methods", key], word).map(MethodRule::Found),
            RawRule::Always(word) => names.answer(&["methods", key], word).map(MethodRule::Always),
        }
    };
    let mut rules = Vec::new();
    for (key, raw_rule) in raw.methods.iter().filter(|(key, _)| !is_reserved(key)) {
        if !key.bytes().all(crate::http1::field::is_token) {
            return Err(mistake(
                &["methods", key],
                "expected the name of a method, `allow` or `other`",
            ));
        }
        rules.push((key.clone().into_bytes(), rule(key, raw_rule)?));
    }
    for method in SERVED.iter().filter(|method| !raw.methods.contains_key(**method)) {
        rules.push((method.as_bytes().to_vec(), MethodRule::Serve));
    }
    let response = |name: &str| {
        names
            .answer(&["methods", "other"], &Word(name.into()))
            .map(MethodRule::Respond)
    };
    let other = match raw.methods.get("other") {
        Some(raw_rule) => rule("other", raw_rule)?,
        None => {
            let known = KNOWN.iter().filter(|method| !raw.methods.contains_key(**method));
            for method in known {
                rules.push((method.as_bytes().to_vec(), response("405")?));
            }
            response("501")?
        }
    };
    // GET comes first, because the rules are searched in order and nearly every request is a GET.
    rules.sort_by_key(|(name, _)| name != b"GET");
    let allow = match raw.methods.get("allow") {
        Some(RawRule::Word(Word(allow))) => allow.clone(),
        Some(_) => {
            return Err(mistake(&["methods", "allow"], "expected text, such as \"GET, HEAD\""));
        }
        None => "GET, HEAD".to_owned(),
    };
    let ignore_case = raw.parser.method_case == MethodCase::Ignored;
    Ok(Methods {
        allow,
        ignore_case,
        rules,
        other,
    })
}
