//! `[fields]` and `[host]`: how the fields of a request are read.

use crate::http1::host::HostSyntax;
use crate::profile::units::TextOrOff;
use serde::{Deserialize, Serialize};

/// `[fields]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawFields {
    /// How a repeated field is read, where it makes a difference.
    /// Example: `If-None-Match: "b" + If-None-Match: "a"`: `first` 200; `last` 304; `join` 304; `join-tight` 304.
    /// Example: `If-Match: "a" + If-Match: "b"`: `first` 200; `last` 412; `join` 200; `join-tight` 200.
    pub repeated: Repeated,
    /// The same for fields that contain a date. Without it: `first`.
    /// Example: `If-Modified-Since: Fri, 21 Jul 2023 00:00:00 GMT + If-Modified-Since: Sun, 23 Jul 2023 00:00:00 GMT`:
    /// `first` 200;
    /// `last` 304; `join` 200; `join-tight` 200.
    pub repeated_date: Option<Repeated>,
    /// Names of fields that may occur only once. A second one is the fault `field.repeated`.
    pub single: Vec<String>,
    /// How a field value on several lines (obs-fold) is read.
    /// Example: `If-None-Match: "b",\r\n "a"`: `space` 304; `removed` 304; `as-sent` 200.
    pub fold: Fold,
    /// Whether whitespace at the end of a field value is part of the value.
    pub trailing_space: bool,
    /// Whether tabs around a field value are removed as spaces are.
    /// Example: `Range:\tbytes=0-1`: `true` 206 of 0-1; `false` 200.
    pub trim_tabs: bool,
}

impl Default for RawFields {
    fn default() -> Self {
        Self {
            repeated: Repeated::Join,
            repeated_date: None,
            single: Vec::new(),
            fold: Fold::Space,
            trailing_space: false,
            trim_tabs: true,
        }
    }
}

/// `[host]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RawHost {
    /// What a Host field may contain.
    /// Example: `Host: a..b`: `characters` 200; `visible` 400; `name` 400.
    /// Example: `Host: a^b`: `characters` 400; `visible` 200; `name` 400.
    /// Example: `Host: a:99999`: `characters` 200; `visible` 200; `name` 400.
    pub syntax: HostSyntax,
    /// Whether the Host field is validated even if the target is an absolute URI.
    /// Example: `GET http://a/a.txt HTTP/1.1 + Host: a/b`: `true` 400; `false` 200.
    pub check_with_absolute_target: bool,
    /// Whether the fault `host.missing` applies to CONNECT requests, too.
    pub needed_for_connect: bool,
    /// The host that the server assumes if a request names none. `"off"`: its address.
    pub default: TextOrOff,
}

impl Default for RawHost {
    fn default() -> Self {
        Self {
            syntax: HostSyntax::Characters,
            check_with_absolute_target: true,
            needed_for_connect: true,
            default: TextOrOff(None),
        }
    }
}

/// How a field value on several lines is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// Each line terminator, with the whitespace around it, becomes one space (RFC 9112 section 5.2).
    #[default]
    Space,
    /// The line terminators are removed.
    Removed,
    /// The value is kept as sent.
    AsSent,
}

/// How a repeated field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Repeated {
    /// The first value counts.
    First,
    /// The last value counts.
    Last,
    /// The values are joined with a comma and a space (RFC 9110 section 5.3).
    #[default]
    Join,
    /// The values are joined with a comma.
    JoinTight,
}
