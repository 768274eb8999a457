use super::*;
use labserve_server::files::{Limits, Memory, Root};

fn server(name: &str, over: &[&str]) -> ManagedServer {
    let stack = over.iter().fold(profile_files::stack(name).expect(name), |stack, set| {
        stack.over(Layer::from_assignment(set).expect(set))
    });
    let site = Site {
        profile: stack.build().expect(name),
        root: Root::Memory(Memory::demo_site()),
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
fn settings_are_changed_and_reset() {
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
    // Neither the profile's current value nor null is a change.
    change(&mut server, json!({"timers.idle": "5s", "connection.persistent": null})).expect("right");
    assert_eq!(differs(&server), json!([]));
    assert_eq!(server.toml(), "extends = \"node\"\n");
}

#[test]
fn one_bad_setting_refuses_all_of_them() {
    let mut server = server("node", &[]);
    for bad in [
        json!({"connection.persistent": false, "timers.idel": "2s"}),
        json!({"connection.persistent": false, "timers.idle": "soon"}),
        json!({"connection.persistent": false, "timers.idle": "0s"}),
        json!({"connection.persistent": false, "files.etag": "{nothing}"}),
        json!({"connection.persistent": false, "response_fields.Cache-Control": "a\r\nb: c"}),
        json!({"connection.persistent": false, "close.idle": "bang"}),
        json!({"connection.persistent": false, "writes.chunk_size": "0"}),
    ] {
        assert!(change(&mut server, bad.clone()).is_err(), "{bad}");
        assert_eq!(differs(&server), json!([]), "{bad}");
    }
    // The error names the key that was sent, not the key of the table in which a bare time is stored.
    let refused = change(&mut server, json!({"timers.idle": "soon"})).expect_err("not a time");
    assert!(
        format!("{refused:?}").contains("key: Some(\"timers.idle\")"),
        "{refused:?}"
    );
}

#[test]
fn every_key_of_the_profile_can_be_changed() {
    let mut server = server("node", &[]);
    let changes = change(
        &mut server,
        json!({"limits.fields": 10, "faults.field.fold": 400, "methods.POST": {"found": 405},
               "response.404.body": "none", "connection.persistent": false}),
    )
    .expect("right");
    let keys: Vec<&str> = changes.iter().filter_map(|change| change["key"].as_str()).collect();
    assert_eq!(
        keys,
        [
            "connection.persistent",
            "faults.field.fold.other",
            "limits.fields",
            "methods.POST",
            "methods.POST.found",
            "response.404.body"
        ]
    );
    assert_eq!(server.site.profile.head.fields, 10);
    // A new value replaces the earlier change, and null resets it.
    change(&mut server, json!({"methods.POST": 403, "limits.fields": null})).expect("right");
    change(
        &mut server,
        json!({"response.404": null, "faults": null, "connection": null}),
    )
    .expect("right");
    assert_eq!(differs(&server), json!(["methods.POST"]));
    change(&mut server, json!({"methods": null})).expect("right");
    assert_eq!(differs(&server), json!([]));
}

#[test]
fn all_mistakes_are_reported_together() {
    let mut server = server("node", &[]);
    let said = |refused: Refusal| format!("{refused:?}");
    let refused = change(
        &mut server,
        json!({"timer.idle": "2s", "files.etag": 5.5, "timers.idle": 5}),
    )
    .map_err(said);
    let refused = refused.expect_err("mistakes");
    for part in ["did you mean `timers.idle`?", "has no unit", "2 mistakes"] {
        assert!(refused.contains(part), "{refused}");
    }
    // Mistakes that depend on other keys.
    let refused = change(&mut server, json!({"methods.POST": 444, "files.missing": 445})).map_err(said);
    let refused = refused.expect_err("no responses");
    for part in ["there is no response 444", "there is no response 445"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(differs(&server), json!([]));
}

#[test]
fn another_profile_drops_the_changes_and_only_built_in_ones_are_allowed() {
    let mut server = server("node", &["timers.idle=9s"]);
    let changes = server.change_profile("rfc").expect("it is built in");
    assert_eq!(changes, [json!({"what": "profile", "from": "node", "to": "rfc"})]);
    assert_eq!((server.name(), differs(&server)), ("rfc", json!([])));
    for bad in ["/etc/passwd", "./x.toml", "rf"] {
        assert!(server.change_profile(bad).is_err(), "{bad}");
    }
    change(&mut server, json!({"timers.idle": "2s"})).expect("right");
    assert_eq!(server.reset().expect("right").len(), 1);
    assert!(server.reset().expect("right").is_empty());
}

#[test]
fn the_announced_timeout_and_the_real_one_are_independent() {
    let announces = "connection.fields.keep=[\"Keep-Alive: timeout=5\"]";
    for (keys, announced, idle) in [
        (
            [announces, "timers.idle=5s"],
            json!(5_000_000_000_u64),
            json!(5_000_000_000_u64),
        ),
        (
            ["connection.fields.keep=[]", "timers.idle=75s"],
            json!(null),
            json!(75_000_000_000_u64),
        ),
        (
            ["connection.fields.keep=[]", "timers.idle=off"],
            json!(null),
            json!(null),
        ),
    ] {
        let server = server("rfc", &keys).describe(3, 2).expect("a description");
        assert_eq!(
            (&server["announced_timeout_ns"], &server["idle_ns"]),
            (&announced, &idle),
            "{keys:?}"
        );
        assert_eq!((&server["number"], &server["open"]), (&json!(3), &json!(2)));
    }
}
