//! Who may read and change what, and how refusals look.

use super::watched;
use crate::support::timeline::Timeline;
use serde_json::json;

#[test]
fn the_token_of_the_start_line_becomes_a_cookie() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    let opened = timeline.ask("GET", &format!("/?token={}", timeline.token), "", "");
    assert_eq!((opened.status, opened.field("location")), (303, Some("/")));
    let cookie = opened.field("set-cookie").expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    let with_cookie = format!("Cookie: {pair}\r\n");
    assert_eq!(
        timeline.ask("GET", "/api/v1/state", &with_cookie, "").json()["may_change"],
        true
    );
    assert_eq!(timeline.ask("GET", "/?token=guess", "", "").status, 401);

    let json = "Content-Type: application/json\r\n";
    let body = json!({"token": timeline.token}).to_string();
    let session = timeline.ask("POST", "/api/v1/session", json, &body);
    assert_eq!((session.status, session.field("set-cookie")), (204, Some(cookie)));
    assert_eq!(
        timeline
            .ask("POST", "/api/v1/session", json, "{\"token\":\"guess\"}")
            .status,
        401
    );
}

/// A request, and the refusal that it gets.
struct Case<'c> {
    method: &'c str,
    path: &'c str,
    fields: &'c str,
    body: &'c str,
    status: u16,
    code: &'c str,
}

/// Sends the request of each case and checks that the refusal is complete.
fn check(timeline: &Timeline, cases: &[Case<'_>]) {
    for case in cases {
        let answer = timeline.ask(case.method, case.path, case.fields, case.body);
        let error = &answer.json()["error"];
        let body = &case.body[..case.body.len().min(40)];
        let shown = format!("{} {} {} {body}", case.method, case.path, case.fields);
        assert_eq!(
            (answer.status, &error["code"]),
            (case.status, &json!(case.code)),
            "{shown}: {error}"
        );
        assert!(
            error["message"].as_str().is_some_and(|m| m.len() > 10),
            "{shown}: {error}"
        );
        assert!(answer.field("content-security-policy").is_some(), "{shown}");
        assert_eq!(answer.field("content-type"), Some("application/json"), "{shown}");
        if case.status == 405 {
            assert!(answer.field("allow").is_some(), "{shown}");
        }
    }
    assert_eq!(
        timeline.get("/api/v1/servers/0")["differs"],
        json!([]),
        "a refused request changes nothing"
    );
}

const SETTINGS: &str = "/api/v1/servers/0/settings";
const CHANGE: &str = "{\"timers.idle\":\"2s\"}";

/// The fields of a request that may change settings.
fn authorized(timeline: &Timeline) -> String {
    format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\n",
        timeline.token
    )
}

/// A body that is larger than the API accepts.
fn too_large() -> String {
    format!("{{\"timers.idle\":\"{}\"}}", "x".repeat(10 << 20))
}

#[test]
fn requests_for_what_does_not_exist_are_refused() {
    let lab = watched("node", &[]);
    let fields = authorized(&lab.timeline);
    let case = |method, path, status, code| Case {
        method,
        path,
        fields: &fields,
        body: "",
        status,
        code,
    };
    check(
        &lab.timeline,
        &[
            case("GET", "/api/v1/nothing", 404, "not_found"),
            case("GET", "/web/../mod.rs", 404, "not_found"),
            case("GET", "/api/v1/servers/7", 404, "not_found"),
            case("GET", "/api/v1/servers/x", 404, "not_found"),
            case("GET", "/api/v1/connections/77", 404, "no_connection"),
            case("GET", "/api/v1/events?since=yesterday", 400, "bad_query"),
            case("POST", "/api/v1/state", 405, "method_not_allowed"),
            case("DELETE", "/api/v1/connections/77", 404, "no_connection"),
            case("DELETE", "/api/v1/connections/1?how=hard", 400, "bad_query"),
        ],
    );
}

#[test]
fn changes_that_make_no_sense_are_refused() {
    let lab = watched("node", &[]);
    let fields = authorized(&lab.timeline);
    let large = too_large();
    let case = |method, path, body, status, code| Case {
        method,
        path,
        fields: &fields,
        body,
        status,
        code,
    };
    let patch = |body, status, code| case("PATCH", SETTINGS, body, status, code);
    let bearer = format!("Authorization: Bearer {}\r\n", lab.timeline.token);
    check(
        &lab.timeline,
        &[
            Case {
                fields: &bearer,
                ..patch(CHANGE, 415, "wrong_type")
            },
            patch("{\"timers.idle\":", 400, "bad_json"),
            patch("[]", 400, "bad_json"),
            patch("\u{0}", 400, "bad_json"),
            patch("{\"timers.idel\":\"2s\"}", 422, "unknown_setting"),
            patch("{\"timers.idle\":\"soon\"}", 422, "bad_value"),
            patch("{\"files.etag\":\"{nothing}\"}", 422, "bad_value"),
            patch(&large, 413, "too_large"),
            case(
                "PUT",
                "/api/v1/servers/0/profile",
                "{\"profile\":\"./x.toml\"}",
                422,
                "unknown_profile",
            ),
            case(
                "PUT",
                "/api/v1/servers/0/accepting",
                "{\"accepting\":1}",
                400,
                "bad_json",
            ),
        ],
    );
}

#[test]
fn requests_without_the_token_or_from_another_site_are_refused() {
    let lab = watched("node", &[]);
    let large = too_large();
    let json = authorized(&lab.timeline);
    let (evil, null) = (
        format!("{json}Origin: http://evil.example\r\n"),
        format!("{json}Origin: null\r\n"),
    );
    let patch = |fields, status, code| Case {
        method: "PATCH",
        path: SETTINGS,
        fields,
        body: CHANGE,
        status,
        code,
    };
    let read = |fields| Case {
        method: "GET",
        path: "/api/v1/state",
        body: "",
        ..patch(fields, 403, "cross_site")
    };
    check(
        &lab.timeline,
        &[
            patch("", 401, "no_token"),
            patch("Authorization: Bearer guess\r\n", 401, "no_token"),
            patch("Cookie: labserve_3900=guess\r\n", 401, "no_token"),
            Case {
                body: &large,
                ..patch("", 401, "no_token")
            },
            read("Origin: http://evil.example\r\n"),
            read("Sec-Fetch-Site: cross-site\r\n"),
            patch(&evil, 403, "cross_site"),
            patch(&null, 403, "cross_site"),
        ],
    );
}

#[test]
fn other_names_in_the_host_field_are_refused() {
    let lab = watched("node", &[]);
    let (timeline, port) = (&lab.timeline, lab.timeline.address.port());
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1:1", ""] {
        let answer = timeline.send(format!("GET /api/v1/state HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes());
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (403, &json!("wrong_host")),
            "{host}"
        );
    }
}
