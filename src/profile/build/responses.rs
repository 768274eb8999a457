//! `[response]`: what a response leaves out, and the responses that take its place.

use super::names::Names;
use super::{Mistake, mistake};
use crate::profile::raw::RawResponse;
use crate::profile::response::{self, Response};
use crate::profile::units::Word;
use std::collections::BTreeMap;

/// The responses of a profile, and their names.
pub(super) fn responses(raw: &BTreeMap<String, RawResponse>) -> Result<(Vec<Response>, Names), Mistake> {
    let (mut all, mut with_body) = (Vec::new(), Vec::new());
    let mut raw = raw.clone();
    // Nearly no server has words for this; labserve always has some.
    raw.entry("503".to_owned()).or_insert_with(|| RawResponse {
        head: Some("Content-Length: {content_length}\n{says}\n".to_owned()),
        ends: Some(true),
        ..RawResponse::default()
    });
    for (name, response) in &raw {
        let filled = filled(name, response, &raw, 0).map_err(|why| mistake(&["response", name, "like"], why))?;
        with_body.push(filled.with_body.clone());
        all.push(Response::new(name, &filled).map_err(|why| mistake(&["response", name], why))?);
    }
    let names = Names::of(&all);
    for (response, with_body) in all.iter_mut().zip(with_body) {
        let Some(Word(word)) = with_body else { continue };
        response.with_body = Some(names.get(&word).ok_or_else(|| {
            mistake(
                &["response", &response.name, "with_body"],
                format!("there is no response `{word}`"),
            )
        })?);
    }
    for (name, variant) in names.iter() {
        let Some((base, method)) = name.split_once(' ') else {
            continue;
        };
        let Some(base) = names.get(base) else {
            return Err(mistake(
                &["response", name],
                format!("there is no response `{base}` that this could stand for"),
            ));
        };
        all[base].variants.push((method.as_bytes().to_vec(), variant));
    }
    Ok((all, names))
}

/// `response` with what it leaves out taken from the one it is like; a variant for a method is like its base.
fn filled(
    name: &str,
    response: &RawResponse,
    all: &BTreeMap<String, RawResponse>,
    depth: usize,
) -> Result<RawResponse, String> {
    let base = name.split_once(' ').map(|(base, _)| base);
    let Some(like) = response.like.as_ref().map(|w| w.0.as_str()).or(base) else {
        return Ok(response.clone());
    };
    if depth > 8 {
        return Err("the responses are like each other in a circle".into());
    }
    let other = all.get(like).ok_or_else(|| format!("there is no response `{like}`"))?;
    let mut filled = response::fill(response, &filled(like, other, all, depth + 1)?);
    // A name that is a number is a status of its own, whatever it is like.
    if response.status.is_none() && name.parse::<u16>().is_ok() {
        filled.status = None;
    }
    if filled.status.is_none() && name.split(' ').next().is_some_and(|n| n.parse::<u16>().is_err()) {
        filled.status = like.split(' ').next().and_then(|n| n.parse().ok());
    }
    if response.reason.is_none() && filled.status != all.get(like).and_then(|o| o.status) && name.parse::<u16>().is_ok()
    {
        filled.reason = None;
    }
    Ok(filled)
}
