//! A server whose settings can be changed: its configuration, the changes on top of it, and the resulting profile.
//!
//! It works on the layers of the profile and produces a complete [`Site`]. [`super::ServerSet`] passes that to the
//! workers.

use super::assignment::{Assignment, ORIGIN};
use super::refusal::Refusal;
use super::setting::Setting;
use super::settings::{self, SETTINGS};
use labserve_core::profile::compare::differences;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::raw::RuleTable;
use labserve_core::profile::{ConfigError, Profile, builtin, near, suggestion};
use labserve_server::profile_files;
use labserve_server::server::Site;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;
use toml::Table;

/// A server whose settings can be changed.
#[derive(Clone, Debug)]
pub struct ManagedServer {
    address: SocketAddr,
    /// The profile with all layers: those of the configuration and the changed settings.
    pub(super) stack: Stack,
    pub(super) site: Site,
    /// The rules of the configuration.
    pub(super) configured_rules: Vec<RuleTable>,
    accepting: bool,
    /// The description for the page, computed on first use and kept until a change: computing it takes milliseconds.
    view: OnceLock<Value>,
}

/// A change in the form of a `change` event: an object with `what` and its details.
pub(super) type Change = Value;

impl ManagedServer {
    /// The server at `address` that serves `site`. The profile of `site` was built from `stack`.
    pub fn new(address: SocketAddr, stack: Stack, site: Site) -> Self {
        Self {
            address,
            configured_rules: stack.rules(),
            stack,
            site,
            accepting: true,
            view: OnceLock::new(),
        }
    }

    /// What it serves.
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// The name of its profile.
    pub(super) fn name(&self) -> &str {
        &self.site.profile.name
    }

    /// Its address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the configuration after a reload. Changes that were made on the timeline are lost.
    pub(super) fn replace(&mut self, stack: Stack, mut site: Site) {
        let rules = std::mem::take(&mut site.profile.rules);
        site.profile.rules = rules.with_counts_of(&self.site.profile.rules);
        self.configured_rules = stack.rules();
        (self.stack, self.site) = (stack, site);
        self.view = OnceLock::new();
    }

    /// Records whether connections are accepted. Returns `None` if nothing changes.
    pub(super) fn set_accepting(&mut self, accepting: bool) -> Option<Change> {
        (std::mem::replace(&mut self.accepting, accepting) != accepting)
            .then(|| json!({"what": "accepting", "to": accepting}))
    }

    /// Switches to another profile: a built-in one, or the current one without its changes.
    ///
    /// # Errors
    /// There is no built-in profile of this name. Files are not read, because the name comes from the network.
    pub(super) fn change_profile(&mut self, name: &str) -> Result<Vec<Change>, Refusal> {
        let stack = if name == self.stack.asked() || name == self.name() {
            self.stack.profile()
        } else if builtin::names().any(|known| known == name) {
            profile_files::stack(name).map_err(|error| Refusal::unknown_profile(error.to_string()))?
        } else {
            let hint = suggestion(near(name, builtin::names()));
            return Err(Refusal::unknown_profile(format!(
                "there is no built-in profile `{name}`{hint}"
            )));
        };
        let from = self.name().to_owned();
        self.put(stack, None)?;
        Ok(vec![json!({"what": "profile", "from": from, "to": self.name()})])
    }

    /// Changes keys of the profile, all of them or none. `null` resets a key to the profile's value.
    ///
    /// # Errors
    /// A key is unknown, or a value is not allowed. The refusal contains all mistakes.
    pub(super) fn change_settings(&mut self, values: &Map<String, Value>) -> Result<Vec<Change>, Refusal> {
        let (before, keys_before) = (self.values()?, self.keys()?);
        let mut changes = self.stack.changes();
        let own = self.stack.profile();
        let (own_keys, own_profile) = built(&own).map_err(|error| refused(&error, None))?;
        let mut mistakes = Vec::new();
        for (key, value) in values {
            let assignment = match Assignment::of(key, value) {
                Ok(assignment) => assignment,
                Err(why) => {
                    mistakes.push(Refusal::unknown_setting(key, &why));
                    continue;
                }
            };
            assignment.remove_from(&mut changes);
            let is_shown =
                settings::setting(key).is_some_and(|setting| *value == setting.value_in(&own_keys, &own_profile));
            if value.is_null() || is_shown || assignment.is_own(&own_keys) {
                continue;
            }
            if let Err(error) = assignment.write(&mut changes) {
                mistakes.push(refused(&error, Some(key)));
            }
        }
        if let Some(refusal) = Refusal::all(mistakes) {
            return Err(refusal);
        }
        let only_key = values.keys().next().filter(|_| values.len() == 1);
        self.lay_over(own, &changes, only_key.map(String::as_str))?;
        let (after, keys_after) = (self.values()?, self.keys()?);
        let change = |key: &str, from: Value, to: Value| json!({"what": "setting", "key": key, "from": from, "to": to});
        let shown = before.into_iter().zip(after).filter(|(from, to)| from.1 != to.1);
        let shown = shown.map(|((setting, from), (_, to))| change(setting.key, from, to));
        let others = differences(&keys_before, &keys_after).into_iter();
        let others = others.filter(|other| settings::with_value_at(&other.key).is_none());
        let others = others.map(|other| change(&other.key, json!(other.left), json!(other.right)));
        Ok(shown.chain(others).collect())
    }

    /// Resets all settings to the profile's values.
    ///
    /// # Errors
    /// The profile cannot be resolved. It was valid before, so this is not expected.
    pub(super) fn reset(&mut self) -> Result<Vec<Change>, Refusal> {
        let keys = self.differing()?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.put(self.stack.profile(), None)?;
        Ok(vec![json!({"what": "reset", "keys": keys})])
    }

    /// The differences from the profile, as the TOML of a profile that extends it.
    pub(super) fn toml(&self) -> String {
        let mut keys = Table::new();
        keys.insert("extends".to_owned(), self.stack.asked().into());
        keys.extend(self.stack.changes());
        keys.to_string()
    }

    /// The server in the form in which the API describes it. `number` is its number, `open` the number of open
    /// connections.
    ///
    /// # Errors
    /// The profile cannot be resolved. It was valid before, so this is not expected.
    pub(super) fn describe(&self, number: usize, open: usize) -> Result<Value, Refusal> {
        let mut view = match self.view.get() {
            Some(view) => view.clone(),
            None => {
                let view = self.view()?;
                self.view.get_or_init(|| view).clone()
            }
        };
        view["number"] = number.into();
        view["open"] = open.into();
        view["accepting"] = self.accepting.into();
        Ok(view)
    }

    fn view(&self) -> Result<Value, Refusal> {
        let profile = &self.site.profile;
        let own = self.stack.profile();
        let (own_keys, own_profile) = built(&own).map_err(|error| refused(&error, None))?;
        let settings: Vec<Value> = self
            .values()?
            .into_iter()
            .map(|(setting, value)| setting.describe(value, setting.value_in(&own_keys, &own_profile)))
            .collect();
        let nanoseconds = |time: Option<Duration>| time.and_then(|time| u64::try_from(time.as_nanos()).ok());
        Ok(json!({
            "name": profile.name,
            "title": profile.title,
            "measured": profile.measured,
            "address": self.address.to_string(),
            "url": format!("http://{}/", self.address),
            "root": self.site.root.describe(),
            "announces": profile.announces(),
            "does": profile.does(),
            "announced_timeout_ns": nanoseconds(announced_timeout(profile)),
            "idle_ns": nanoseconds(profile.connection.timers.idle.after),
            "unused_ns": nanoseconds(profile.connection.timers.unused.after),
            "differs": self.differing()?,
            "settings": settings,
        }))
    }

    /// The value of each setting.
    fn values(&self) -> Result<Vec<(&'static Setting, Value)>, Refusal> {
        let (keys, profile) = built(&self.stack).map_err(|error| refused(&error, None))?;
        Ok(SETTINGS
            .iter()
            .map(|setting| (setting, setting.value_in(&keys, &profile)))
            .collect())
    }

    /// All keys, with their defaults.
    fn keys(&self) -> Result<Table, Refusal> {
        self.stack.effective().map_err(|error| refused(&error, None))
    }

    /// The keys whose value differs from the profile's.
    fn differing(&self) -> Result<Vec<String>, Refusal> {
        let own = self
            .stack
            .profile()
            .effective()
            .map_err(|error| refused(&error, None))?;
        let whole = self.keys()?;
        Ok(differences(&own, &whole).into_iter().map(|d| d.key).collect())
    }

    /// Puts `changes` on top of the profile `own` and applies the result. `key` is the key to name in errors.
    fn lay_over(&mut self, own: Stack, changes: &Table, key: Option<&str>) -> Result<(), Refusal> {
        let stack = if changes.is_empty() {
            own
        } else {
            let layer = Layer::from_table(ORIGIN, changes).map_err(|error| refused(&error, key))?;
            own.over(layer)
        };
        self.put(stack, key)
    }

    /// Applies a profile, if it is valid.
    pub(super) fn put(&mut self, stack: Stack, key: Option<&str>) -> Result<(), Refusal> {
        let mut profile = stack.build().map_err(|error| {
            let all = stack.report().mistakes;
            let all = all.iter().map(|mistake| refused(mistake, key)).collect();
            Refusal::all(all).unwrap_or_else(|| refused(&error, key))
        })?;
        profile.rules = profile.rules.with_counts_of(&self.site.profile.rules);
        self.site.profile = profile;
        self.stack = stack;
        self.view = OnceLock::new();
        Ok(())
    }
}

/// The keys of a stack with all defaults, and the profile that results.
fn built(stack: &Stack) -> Result<(Table, Profile), ConfigError> {
    Ok((stack.effective()?, stack.build()?))
}

/// The refusal for a mistake in the configuration. It names `key`, unless the error names a key itself.
fn refused(error: &ConfigError, key: Option<&str>) -> Refusal {
    let key = error.key.as_deref().map(of_setting).or(key);
    let message = match key {
        Some(key) => format!("{key}: {}", error.message),
        None => error.message.clone(),
    };
    Refusal::bad_value(key, message)
}

/// The key of the setting that contains `key`, in the form in which it was sent: a bare time is stored as `after` in
/// the table of a timer.
fn of_setting(key: &str) -> &str {
    let outer = key.rsplit_once('.').map(|(outer, _)| outer);
    match outer.filter(|outer| settings::setting(key).is_none() && settings::setting(outer).is_some()) {
        Some(setting) => setting,
        None => key,
    }
}

/// The timeout that `Keep-Alive: timeout=` announces on persistent connections.
fn announced_timeout(profile: &Profile) -> Option<Duration> {
    let connection = &profile.connection;
    let lines = connection.keep_fields.iter().filter(|_| connection.persistent);
    lines
        .filter_map(|line| line.source().split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("keep-alive"))
        .flat_map(|(_, value)| value.split(','))
        .find_map(|part| part.trim().strip_prefix("timeout=")?.trim().parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
