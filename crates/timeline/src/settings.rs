//! The table of settings: the profile keys that the page shows. The API can change all other keys too.

use super::setting::{Kind, Setting};

const STYLES: Kind = Kind::Choice(&["fin", "close", "linger", "rst", "hold"]);

macro_rules! settings {
    ($($key:literal $group:literal $kind:expr, $example:literal;)*) => {
        /// Every setting, in the order in which the page shows them.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            group: $group,
            kind: $kind,
            example: $example,
        },)*];
    };
}

settings! {
    "connection.persistent" "connection" Kind::Bool, "false";
    "connection.announce" "connection" Kind::Choice(&["always", "asked", "http10"]), "asked";
    "connection.fields.keep" "connection" Kind::Lines, "Keep-Alive: timeout=5";
    "connection.fields.close" "connection" Kind::Lines, "Connection: close";
    "connection.max_requests" "connection" Kind::Count, "100";
    "timers.idle" "timers" Kind::Span, "10s";
    "timers.unused" "timers" Kind::Span, "60s";
    "files.etag" "caching" Kind::Text, "\"{mtime:x}-{size:x}\"";
    "response_fields.Last-Modified" "caching" Kind::Field, "{last_modified}";
    "response_fields.Cache-Control" "caching" Kind::Field, "max-age=60";
    "response_fields.Accept-Ranges" "caching" Kind::Field, "none";
    "range.enabled" "caching" Kind::Bool, "false";
    "close.default" "close" STYLES, "rst";
    "close.idle" "close" STYLES, "rst";
    "writes.chunk_size" "writes" Kind::Size, "4KiB";
    "writes.pause" "writes" Kind::Span, "100ms";
    "writes.delay" "writes" Kind::Span, "1s";
    "writes.body_delay" "writes" Kind::Span, "1s";
    "writes.nodelay" "writes" Kind::Bool, "true";
}

/// The setting with this key.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The setting whose value is stored at the key `plain`. Reports of differences use such keys.
pub(super) fn with_value_at(plain: &str) -> Option<&'static Setting> {
    let is_it = |setting: &&Setting| setting.path().is_some_and(|path| path.of_value().plain() == plain);
    SETTINGS.iter().find(is_it)
}

#[cfg(test)]
mod tests {
    use super::super::assignment::Assignment;
    use super::*;
    use labserve_core::locale::{Lang, catalogue};
    use labserve_core::profile::builtin;
    use labserve_core::profile::layers::{BuiltIns, Layer, Stack};
    use serde_json::Value;
    use toml::Table;

    fn value(key: &str, stack: &Stack) -> Value {
        let effective = stack.effective().expect("a profile");
        setting(key)
            .expect(key)
            .value_in(&effective, &stack.build().expect("a profile"))
    }

    #[test]
    fn every_setting_has_a_value_in_every_profile_and_accepts_it_back() {
        for name in builtin::names() {
            let stack = Stack::load(name, &BuiltIns).expect(name);
            let profile = stack.build().expect(name);
            let effective = stack.effective().expect(name);
            for setting in SETTINGS {
                let value = setting.value_in(&effective, &profile);
                if value.is_null() {
                    assert_eq!(setting.kind, Kind::Field, "{name} {}", setting.key);
                    continue;
                }
                let mut changes = Table::new();
                let assignment = Assignment::of(setting.key, &value).expect(setting.key);
                assignment
                    .write(&mut changes)
                    .unwrap_or_else(|why| panic!("{name} {}: {why}", setting.key));
                let layer = Layer::from_table("a change", &changes).expect(setting.key);
                let changed = stack.clone().over(layer);
                let (keys, built) = (changed.effective().expect(name), changed.build().expect(name));
                assert_eq!(setting.value_in(&keys, &built), value, "{name} {}", setting.key);
                // Writing a field adds it to responses that lacked it, and writing `close.idle` names a reason that the
                // profile left to the default. All other settings must leave the profile equal.
                if setting.kind != Kind::Field && setting.key != "close.idle" {
                    assert!(built == profile, "{name} {}", setting.key);
                }
                assignment.remove_from(&mut changes);
                assert!(changes.is_empty(), "{} leaves {changes}", setting.key);
            }
        }
    }

    #[test]
    fn a_changed_timer_keeps_the_reply_that_is_sent_when_it_expires() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        let mut changes = Table::new();
        Assignment::of("timers.unused", &"7s".into())
            .expect("a key")
            .write(&mut changes)
            .expect("a span");
        let changed = stack.clone().over(Layer::from_table("x", &changes).expect("keys"));
        assert_eq!(value("timers.unused", &changed), "7s");
        assert_eq!(value("timers.unused", &stack), "60s");
        let response = |stack: &Stack| stack.build().expect("a profile").connection.timers.unused.response;
        assert!(response(&changed).is_some() && response(&changed) == response(&stack));
    }

    #[test]
    fn a_field_setting_shows_the_value_in_the_200_response() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        assert_eq!(value("response_fields.Cache-Control", &stack), "public, max-age=0");
        let over = Layer::from_assignment("response_fields.Cache-Control=off").expect("a key");
        assert_eq!(value("response_fields.Cache-Control", &stack.over(over)), "off");
    }

    #[test]
    fn every_setting_has_a_label_and_a_meaning_in_every_language_and_nothing_else_has() {
        let about = |setting: &Setting| ["label", "about"].map(|key| format!("setting.{}.{key}", setting.key));
        let mut wanted: Vec<String> = SETTINGS.iter().flat_map(about).collect();
        wanted.sort();
        for lang in Lang::ALL {
            let ids = catalogue(lang).keys().filter(|id| id.starts_with("setting."));
            assert_eq!(ids.cloned().collect::<Vec<_>>(), wanted, "{}", lang.tag());
        }
    }
}
