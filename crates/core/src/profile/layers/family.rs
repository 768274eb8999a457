//! Builds profiles from keys that a program generates, for a caller that tries thousands of them.

use super::ConfigError;
use crate::profile::Profile;
use crate::profile::raw::Raw;
use crate::profile::resolve::{self, Mistake, ResponseSet};
use toml::Table;

/// The tables that decide what the responses of a profile are.
const RESPONSES: [&str; 4] = ["http_version", "response", "response_fields", "rule"];

/// Builds a profile from keys that a program generates.
///
/// It omits the checks that find the line of a mistake, and takes a tenth of the time of [`super::Stack::build`] with
/// [`super::Layer::from_table`].
///
/// # Errors
/// A key that does not exist, a value that it cannot have, a name that is not defined, or keys that contradict each other.
pub fn from_keys(name: &str, keys: Table) -> Result<Profile, ConfigError> {
    resolve::resolve(name, &raw(name, keys)?).map_err(|mistake| wrong(name, mistake))
}

/// Profiles that have the same responses and differ in other keys.
///
/// Most of a profile's text defines its responses. They are read once: a member takes half the time of [`from_keys`].
///
/// ```
/// use labserve_core::profile::layers::{BuiltIns, Family, Stack};
///
/// let mut keys = Stack::load("nginx", &BuiltIns).expect("a built-in profile").merged();
/// let family = Family::of("mine", &keys).expect("a profile without rules");
/// Family::strip(&mut keys);
/// let profile = family.member(keys).expect("a profile");
/// assert!(profile.responses.all().any(|response| response.name == "404"));
/// ```
#[derive(Debug)]
pub struct Family {
    name: String,
    responses: ResponseSet,
}

impl Family {
    /// The profiles with the responses in `keys`. `None` if the keys are invalid, or if they contain rules, which name
    /// responses.
    pub fn of(name: &str, keys: &Table) -> Option<Self> {
        if keys.contains_key("rule") {
            return None;
        }
        let raw = raw(name, keys.clone()).ok()?;
        Some(Self {
            name: name.to_owned(),
            responses: ResponseSet::of(&raw).ok()?,
        })
    }

    /// Whether a key in the table `table` decides what the responses are.
    pub fn is_shared(table: &str) -> bool {
        RESPONSES.contains(&table)
    }

    /// Removes the keys that all members share.
    pub fn strip(keys: &mut Table) {
        for table in RESPONSES {
            keys.remove(table);
        }
    }

    /// The member with these other keys.
    ///
    /// # Errors
    /// As [`from_keys`].
    pub fn member(&self, keys: Table) -> Result<Profile, ConfigError> {
        let raw = raw(&self.name, keys)?;
        resolve::with_responses(&self.name, &raw, &self.responses).map_err(|mistake| wrong(&self.name, mistake))
    }
}

fn raw(name: &str, keys: Table) -> Result<Raw, ConfigError> {
    keys.try_into().map_err(|error: toml::de::Error| ConfigError {
        origin: name.to_owned(),
        line: None,
        key: None,
        message: error.message().to_owned(),
    })
}

fn wrong(name: &str, Mistake { key, message, .. }: Mistake) -> ConfigError {
    ConfigError {
        origin: name.to_owned(),
        line: None,
        key: Some(key.join(".")),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::builtin;
    use crate::profile::layers::{BuiltIns, Stack};

    #[test]
    fn a_member_of_a_family_is_the_profile_of_all_its_keys() {
        for name in builtin::names() {
            let mut keys = Stack::load(name, &BuiltIns).expect("a built-in profile").merged();
            let whole = from_keys(name, keys.clone()).expect("a profile");
            let family = Family::of(name, &keys).expect("no built-in profile has rules");
            Family::strip(&mut keys);
            assert_eq!(family.member(keys.clone()).expect("a profile"), whole, "{name}");
            keys.insert("no_such_table".to_owned(), true.into());
            assert!(family.member(keys).is_err());
        }
    }

    #[test]
    fn rules_name_responses_of_their_own() {
        let keys: Table = toml::from_str("[[rule]]\nresponse = 404").expect("TOML");
        assert!(Family::of("rules", &keys).is_none());
    }
}
