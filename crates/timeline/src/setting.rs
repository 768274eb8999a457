//! A setting: a profile key that the page shows, with everything that the page needs for that.
//!
//! Its value is read from a resolved profile. `assignment.rs` writes it, and every other key.

use labserve_core::locale::{Lang, catalogue};
use labserve_core::profile::Profile;
use labserve_core::profile::layers::KeyPath;
use labserve_core::profile::units::OFF;
use serde_json::{Value, json};
use toml::Table;

/// The type of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A duration with a unit, such as `5s`.
    Span,
    /// A number of bytes, optionally with a unit such as `KiB`.
    Size,
    Count,
    Text,
    /// A list of field lines.
    Lines,
    /// The value of one field of responses that carry a file.
    Field,
}

/// A profile key that the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The key in the profile.
    pub(super) key: &'static str,
    /// The group in which the page shows it.
    pub(super) group: &'static str,
    pub(super) kind: Kind,
    pub(super) example: &'static str,
}

impl Setting {
    /// The setting in the form in which the API describes it. `value` is the current value, and `profile` the value of
    /// the profile without changes.
    pub(super) fn describe(&self, value: Value, profile: Value) -> Value {
        let (kind, options) = match self.kind {
            Kind::Bool => ("bool", None),
            Kind::Choice(options) => ("choice", Some(options)),
            Kind::Span => ("span", None),
            Kind::Size => ("size", None),
            Kind::Count => ("count", None),
            Kind::Text => ("text", None),
            Kind::Lines => ("lines", None),
            Kind::Field => ("field", None),
        };
        json!({
            "key": self.key,
            "group": self.group,
            "label": self.sentence("label"),
            "meaning": self.sentence("about"),
            "type": kind,
            "options": options,
            "example": self.example,
            "differs": value != profile,
            "value": value,
            "profile": profile,
        })
    }

    /// The catalogue's sentence about it in English. The page looks up its own language.
    fn sentence(&self, key: &str) -> Option<&'static str> {
        let id = format!("setting.{}.{key}", self.key);
        catalogue(Lang::En).get(&id).map(String::as_str)
    }

    /// Its value in `profile`, whose keys with all defaults are `effective`.
    pub(super) fn value_in(&self, effective: &Table, profile: &Profile) -> Value {
        let found = self.path().and_then(|path| path.of_value().find(effective));
        match (self.kind, found) {
            (Kind::Field, Some(toml::Value::String(text))) => text.as_str().into(),
            (Kind::Field, _) => self.field_of(profile).map_or(Value::Null, Value::from),
            (_, Some(value)) => serde_json::to_value(value).unwrap_or(Value::Null),
            // A close reason without its own style uses the default style.
            (Kind::Choice(_), None) if self.key.starts_with("close.") => KeyPath::parse("close.default")
                .and_then(|path| serde_json::to_value(path.find(effective)?).ok())
                .unwrap_or(Value::Null),
            (_, None) => OFF.into(),
        }
    }

    /// The field's value in the profile's 200 response.
    fn field_of<'p>(&self, profile: &'p Profile) -> Option<&'p str> {
        let name = self.key.rsplit('.').next()?;
        profile.responses.get(profile.responses.ok()).lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The path of the key through its tables.
    pub(super) fn path(&self) -> Option<KeyPath> {
        KeyPath::parse(self.key)
    }
}
