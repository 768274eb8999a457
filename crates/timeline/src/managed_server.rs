//! A server at which somebody changes settings: what it was given, what has been changed, and what is in force.
//!
//! Knows the layers of a profile and hands a whole site to the servers; how that is served it does not know.

use super::refusal::Refusal;
use super::settings::{self, SETTINGS, Setting};
use labserve_core::profile::compare::differences;
use labserve_core::profile::layers::{Layer, Stack};
use labserve_core::profile::{ConfigError, Profile, builtin, near};
use labserve_server::profile_files;
use labserve_server::server::Site;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;
use toml::Table;

/// What stands for the changes in errors.
const ORIGIN: &str = "the change";

/// A server, and what is in force at it.
#[derive(Clone, Debug)]
pub struct ManagedServer {
    address: SocketAddr,
    /// The profile with all that is laid over it: by the configuration, and by whoever changes settings.
    stack: Stack,
    site: Site,
    accepting: bool,
    /// What a page must know of the profile in force, once somebody has asked: it takes milliseconds to find out.
    view: OnceLock<Value>,
}

/// What a change has done, as it is told to everybody: `what` and more.
pub(super) type Change = Value;

impl ManagedServer {
    /// The server at `address` that serves `site`, whose profile was built from `stack`.
    pub fn new(address: SocketAddr, stack: Stack, site: Site) -> ManagedServer {
        ManagedServer {
            address,
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

    /// Takes what a configuration that was read again says. Changes made here are gone.
    pub(super) fn replace(&mut self, stack: Stack, site: Site) {
        (self.stack, self.site) = (stack, site);
        self.view = OnceLock::new();
    }

    /// Accepts connections, or leaves them to wait. Nothing if that is so already.
    pub(super) fn set_accepting(&mut self, accepting: bool) -> Option<Change> {
        (std::mem::replace(&mut self.accepting, accepting) != accepting)
            .then(|| json!({"what": "accepting", "to": accepting}))
    }

    /// Answers as another profile does: one that is built in, or the one of now without its changes.
    ///
    /// # Errors
    /// There is no such profile.
    pub(super) fn change_profile(&mut self, name: &str) -> Result<Vec<Change>, Refusal> {
        let stack = if name == self.stack.asked() || name == self.name() {
            self.stack.profile()
        } else if builtin::names().any(|known| known == name) {
            profile_files::stack(name).map_err(|error| Refusal::unknown_profile(error.to_string()))?
        } else {
            let hint = near(name, builtin::names()).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(Refusal::unknown_profile(format!(
                "there is no built-in profile `{name}`{hint}"
            )));
        };
        let from = self.name().to_owned();
        self.put(stack, None)?;
        Ok(vec![json!({"what": "profile", "from": from, "to": self.name()})])
    }

    /// Changes settings, all of them or none; `null` gives a setting its profile's value back.
    ///
    /// # Errors
    /// An unknown setting, or a value that it cannot have.
    pub(super) fn change_settings(&mut self, values: &Map<String, Value>) -> Result<Vec<Change>, Refusal> {
        let before = self.values()?;
        let mut changes = self.stack.changes();
        let own = self.stack.profile();
        let (own_keys, own_profile) = built(&own).map_err(|error| refused(&error, None))?;
        for (key, value) in values {
            let setting = settings::setting(key).ok_or_else(|| Refusal::unknown_setting(key, settings::near(key)))?;
            setting.take_out(&mut changes);
            if value.is_null() || *value == setting.value_in(&own_keys, &own_profile) {
                continue;
            }
            setting
                .write(value, &mut changes)
                .map_err(|why| Refusal::bad_value(Some(key), format!("{key}: {why}")))?;
        }
        let only_key = values.keys().next().filter(|_| values.len() == 1);
        self.lay_over(own, &changes, only_key.map(String::as_str))?;
        let after = self.values()?;
        Ok(before
            .iter()
            .zip(&after)
            .filter(|(from, to)| from.1 != to.1)
            .map(|((setting, from), (_, to))| json!({"what": "setting", "key": setting.key, "from": from, "to": to}))
            .collect())
    }

    /// Goes back to the profile alone.
    ///
    /// # Errors
    /// None that is known: the profile was right before.
    pub(super) fn reset(&mut self) -> Result<Vec<Change>, Refusal> {
        let keys = self.differing()?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.put(self.stack.profile(), None)?;
        Ok(vec![json!({"what": "reset", "keys": keys})])
    }

    /// What differs from the profile, as a profile that extends it.
    pub(super) fn toml(&self) -> String {
        let mut keys = Table::new();
        keys.insert("extends".to_owned(), self.stack.asked().into());
        keys.extend(self.stack.changes());
        keys.to_string()
    }

    /// All that a page must know of it. `number` is its number, `open` how many connections are open.
    ///
    /// # Errors
    /// None that is known.
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

    /// The keys in which what is in force differs from the profile.
    fn differing(&self) -> Result<Vec<String>, Refusal> {
        let keys = |stack: &Stack| stack.effective().map_err(|error| refused(&error, None));
        let (own, whole) = (keys(&self.stack.profile())?, keys(&self.stack)?);
        Ok(differences(&own, &whole).into_iter().map(|d| d.key).collect())
    }

    fn lay_over(&mut self, own: Stack, changes: &Table, key: Option<&str>) -> Result<(), Refusal> {
        let stack = if changes.is_empty() {
            own
        } else {
            let layer = Layer::from_table(ORIGIN, changes).map_err(|error| refused(&error, key))?;
            own.over(layer)
        };
        self.put(stack, key)
    }

    /// Puts a profile in force here, if it is right.
    fn put(&mut self, stack: Stack, key: Option<&str>) -> Result<(), Refusal> {
        self.site.profile = stack.build().map_err(|error| refused(&error, key))?;
        self.stack = stack;
        self.view = OnceLock::new();
        Ok(())
    }
}

fn built(stack: &Stack) -> Result<(Table, Profile), ConfigError> {
    Ok((stack.effective()?, stack.build()?))
}

fn refused(error: &ConfigError, key: Option<&str>) -> Refusal {
    let key = error.key.as_deref().or(key);
    let message = match key {
        Some(key) => format!("{key}: {}", error.message),
        None => error.message.clone(),
    };
    Refusal::bad_value(key, message)
}

/// The time that is said in `Keep-Alive: timeout=` of a connection that is kept.
fn announced_timeout(profile: &Profile) -> Option<Duration> {
    let connection = &profile.connection;
    let says = connection.keep_fields.iter().filter(|_| connection.persistent);
    says.filter_map(|line| line.source().split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("keep-alive"))
        .flat_map(|(_, value)| value.split(','))
        .find_map(|part| part.trim().strip_prefix("timeout=")?.trim().parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_server::files::{Limits, Root};

    fn server(name: &str, over: &[&str]) -> ManagedServer {
        let stack = over.iter().fold(profile_files::stack(name).expect(name), |stack, set| {
            stack.over(Layer::from_assignment(set).expect(set))
        });
        let site = Site {
            profile: stack.build().expect(name),
            root: Root::Embedded,
            cache: Limits::default(),
        };
        ManagedServer::new(SocketAddr::from(([127, 0, 0, 1], 3000)), stack, site)
    }

    fn change(server: &mut ManagedServer, values: Value) -> Result<Vec<Change>, Refusal> {
        server.change_settings(values.as_object().expect("an object"))
    }

    fn differs(server: &ManagedServer) -> Value {
        server.describe(0, 0).expect("a description")["differs"].take()
    }

    #[test]
    fn settings_are_changed_and_given_back() {
        let mut server = server("node", &["timers.idle=9s"]);
        assert_eq!(differs(&server), json!(["timers.idle.after"]));
        let changes = change(
            &mut server,
            json!({"timers.idle": "2s", "connection.persistent": false}),
        )
        .expect("right");
        assert_eq!(
            changes,
            [
                json!({"what": "setting", "key": "connection.persistent", "from": true, "to": false}),
                json!({"what": "setting", "key": "timers.idle", "from": "9s", "to": "2s"}),
            ]
        );
        assert!(!server.site.profile.connection.persistent);
        let saved = server.toml();
        assert!(saved.starts_with("extends = \"node\"\n"), "{saved}");
        let again = Stack::of("saved", Layer::parse("saved", &saved).expect("a profile"));
        assert_eq!(again.merged(), server.stack.changes());
        // The profile's own value, and null, are no change.
        change(&mut server, json!({"timers.idle": "5s", "connection.persistent": null})).expect("right");
        assert_eq!(differs(&server), json!([]));
        assert_eq!(server.toml(), "extends = \"node\"\n");
    }

    #[test]
    fn all_or_none() {
        let mut server = server("node", &[]);
        for bad in [
            json!({"connection.persistent": false, "timers.idel": "2s"}),
            json!({"connection.persistent": false, "timers.idle": "soon"}),
            json!({"connection.persistent": false, "timers.idle": "0s"}),
            json!({"connection.persistent": false, "files.etag": "{nothing}"}),
            json!({"connection.persistent": false, "fields.Cache-Control": "a\r\nb: c"}),
            json!({"connection.persistent": false, "close.idle": "bang"}),
            json!({"connection.persistent": false, "writes.chunk_size": "0"}),
        ] {
            assert!(change(&mut server, bad.clone()).is_err(), "{bad}");
            assert_eq!(differs(&server), json!([]), "{bad}");
        }
    }

    #[test]
    fn another_profile_and_back() {
        let mut server = server("node", &["timers.idle=9s"]);
        let changes = server.change_profile("nginx").expect("it is built in");
        assert_eq!(changes, [json!({"what": "profile", "from": "node", "to": "nginx"})]);
        assert_eq!((server.name(), differs(&server)), ("nginx", json!([])));
        for bad in ["/etc/passwd", "./x.toml", "ngin"] {
            assert!(server.change_profile(bad).is_err(), "{bad}");
        }
        change(&mut server, json!({"timers.idle": "2s"})).expect("right");
        assert_eq!(server.reset().expect("right").len(), 1);
        assert!(server.reset().expect("right").is_empty());
    }

    #[test]
    fn what_is_announced_and_what_is_done_are_two_things() {
        for (name, announced, idle) in [
            ("node", json!(5_000_000_000_u64), json!(5_000_000_000_u64)),
            ("nginx", json!(null), json!(75_000_000_000_u64)),
            ("flask-keepalive", json!(null), json!(null)),
        ] {
            let server = server(name, &[]).describe(3, 2).expect("a description");
            assert_eq!(
                (&server["announced_timeout_ns"], &server["idle_ns"]),
                (&announced, &idle),
                "{name}"
            );
            assert_eq!((&server["number"], &server["open"]), (&json!(3), &json!(2)));
        }
    }
}
