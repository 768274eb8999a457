//! `[faults]`: what to do about each fault in a request head.
//!
//! Faults are a tree: `bare_lf` is the parent of `bare_lf.request_line`. A fault that is not written is treated as its
//! nearest parent that is.

use crate::profile::units::Word;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[faults]`, or a fault's table of special cases.
pub type RawFaults = BTreeMap<String, FaultRule>;

/// What to do about a fault, and about its special cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FaultRule {
    /// A keyword or a response.
    Word(Word),
    /// Its special cases, by the last part of their names. The key `other` is for all that are not listed.
    Table(RawFaults),
}

/// The key for everything that a table does not list.
pub const OTHER: &str = "other";
