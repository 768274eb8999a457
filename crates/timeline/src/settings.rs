//! The table of settings: the profile keys that can be changed on the timeline.

use super::setting::{Kind, Setting};

const STYLES: Kind = Kind::Choice(&["fin", "close", "linger", "rst", "hold"]);

macro_rules! settings {
    ($($key:literal $group:literal $label:literal $kind:expr, $meaning:literal, $example:literal;)*) => {
        /// Every setting, in the order in which the page shows them.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            group: $group,
            label: $label,
            meaning: $meaning,
            kind: $kind,
            example: $example,
        },)*];
    };
}

settings! {
    "connection.persistent" "connection" "Persistent connections" Kind::Bool,
        "Whether connections serve more than one request.", "false";
    "connection.announce" "connection" "Announce to" Kind::Choice(&["always", "asked", "http10"]),
        "Whose replies say that the connection is kept: all, those to requests that asked for it, or those to HTTP/1.0.",
        "asked";
    "connection.fields.keep" "connection" "Said when kept" Kind::Lines,
        "The field lines for a connection that is kept. They are text only: the idle timeout is another setting.",
        "Keep-Alive: timeout=5";
    "connection.fields.close" "connection" "Said when closed" Kind::Lines,
        "The field lines for a connection that ends with this reply.", "Connection: close";
    "connection.max_requests" "connection" "Most requests" Kind::Count,
        "After how many requests a connection is ended; 0 for no limit.", "100";
    "timers.idle" "timers" "Idle timeout" Kind::Span,
        "How long a connection may rest after a reply before the server ends it.", "10s";
    "timers.unused" "timers" "Unused timeout" Kind::Span,
        "How long a connection on which nothing has been received is kept.", "60s";
    "files.etag" "caching" "ETag" Kind::Text,
        "The entity tag, as a template; empty for none.", "\"{mtime:x}-{size:x}\"";
    "fields.Last-Modified" "caching" "Last-Modified" Kind::Field,
        "What responses about a file say in this field; empty to leave it out.", "{last_modified}";
    "fields.Cache-Control" "caching" "Cache-Control" Kind::Field,
        "What responses about a file say in this field; empty to leave it out.", "max-age=60";
    "fields.Accept-Ranges" "caching" "Accept-Ranges" Kind::Field,
        "What responses about a file say in this field; empty to leave it out. Text only: the next setting decides.", "none";
    "range.enabled" "caching" "Ranges" Kind::Bool,
        "Whether a Range field is looked at.", "false";
    "close.default" "close" "How connections are closed" STYLES,
        "What the end of a connection looks like, for every reason that the profile does not name.", "rst";
    "close.idle" "close" "How an idle connection is closed" STYLES,
        "What the end looks like when no further request came in time.", "rst";
    "writes.chunk_size" "writes" "Piece" Kind::Size,
        "How many bytes of a file are written at a time.", "4KiB";
    "writes.pause" "writes" "Pause between pieces" Kind::Span,
        "How long the server waits between the pieces of a file.", "100ms";
    "writes.delay" "writes" "Delay before the head" Kind::Span,
        "How long a reply waits before its first byte.", "1s";
    "writes.body_delay" "writes" "Delay before the body" Kind::Span,
        "How long a reply waits between its head and its body.", "1s";
    "writes.nodelay" "writes" "Nagle's algorithm off" Kind::Bool,
        "Whether small writes leave at once (TCP_NODELAY); holds for connections accepted from now on.", "true";
}

/// The setting with this key.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The known key that is most similar to `key`, if one is similar enough to be meant.
pub(super) fn near(key: &str) -> Option<&'static str> {
    labserve_core::profile::near(key, SETTINGS.iter().map(|setting| setting.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use labserve_core::profile::builtin;
    use labserve_core::profile::layers::{BuiltIns, Layer, Stack};
    use serde_json::{Value, json};
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
                setting
                    .write(&value, &mut changes)
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
                setting.remove_from(&mut changes);
                assert!(changes.is_empty(), "{} leaves {changes}", setting.key);
            }
        }
    }

    #[test]
    fn a_changed_timer_keeps_the_reply_that_is_sent_when_it_expires() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        let mut changes = Table::new();
        setting("timers.unused")
            .expect("a setting")
            .write(&"7s".into(), &mut changes)
            .expect("a span");
        let changed = stack.clone().over(Layer::from_table("x", &changes).expect("keys"));
        assert_eq!(value("timers.unused", &changed), "7s");
        assert_eq!(value("timers.unused", &stack), "60s");
        let says = |stack: &Stack| stack.build().expect("a profile").connection.timers.unused.say;
        assert!(says(&changed).is_some() && says(&changed) == says(&stack));
    }

    #[test]
    fn a_field_setting_shows_the_value_in_the_200_response() {
        let stack = Stack::load("node", &BuiltIns).expect("node");
        assert_eq!(value("fields.Cache-Control", &stack), "public, max-age=0");
        let over = Layer::from_assignment("fields.Cache-Control=\"\"").expect("a key");
        assert_eq!(value("fields.Cache-Control", &stack.over(over)), "");
    }

    #[test]
    fn the_page_knows_every_setting_in_the_same_words() {
        let table = include_str!("web/messages.js");
        for setting in SETTINGS {
            for (key, words) in [("", setting.label), (".about", setting.meaning)] {
                let line = format!("\"setting.{}{key}\": [\"{words}\", \"", setting.key);
                assert!(table.contains(&line), "messages.js lacks {line}");
            }
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_with_what_was_expected() {
        for (key, bad) in [
            ("connection.persistent", json!("yes")),
            ("connection.max_requests", json!(-1)),
            ("connection.fields.keep", json!("Connection: close")),
            ("connection.fields.keep", json!([1])),
            ("timers.idle", json!(5)),
            ("files.etag", json!({})),
        ] {
            let done = setting(key).expect(key).write(&bad, &mut Table::new());
            assert!(done.is_err_and(|why| why.starts_with("expected")), "{key} {bad}");
        }
        assert_eq!(near("timer.idle"), Some("timers.idle"));
    }
}
