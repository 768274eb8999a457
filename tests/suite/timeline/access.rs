//! Who may read and change what, and the form of refusals.

use super::{is, watched};
use crate::support::talk::Talk;
use crate::support::timeline::Timeline;
use serde_json::json;

#[test]
fn the_page_comes_with_any_token_in_its_address_and_nothing_sets_a_cookie() {
    let lab = watched("node", &[]);
    let timeline = &lab.timeline;
    for token in [&timeline.token, "of-an-earlier-run"] {
        let page = timeline.ask("GET", &format!("/?token={token}"), "", "");
        assert_eq!((page.status, page.field("set-cookie")), (200, None));
        assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    }
    let may_change = |field: &str| timeline.ask("GET", "/api/v1/state", field, "").json()["may_change"].clone();
    let token = &timeline.token;
    assert_eq!(may_change(&format!("Authorization: Bearer {token}\r\n")), true);
    assert_eq!(may_change("Authorization: Bearer of-an-earlier-run\r\n"), false);
    // Browsers would send a cookie to the served ports too, so a cookie gives no access.
    let port = timeline.address.port();
    assert_eq!(may_change(&format!("Cookie: labserve_{port}={token}\r\n")), false);
}

#[test]
fn a_token_that_a_client_sends_to_a_served_port_is_not_in_the_events() {
    let lab = watched("node", &[]);
    let token = &lab.timeline.token;
    let request = format!(
        "GET /?token={token} HTTP/1.1\r\nHost: a\r\nCookie: a={token}\r\nX-Cut: {}\r\nConnection: close\r\n\r\n",
        &token[..20]
    );
    let mut talk = Talk::to(&lab.server);
    talk.send(request.as_bytes());
    let told = lab.timeline.lines_until(is("reply"));
    let head = told.iter().find(|line| line["event"] == "head").expect("a head");
    let raw = head["raw"].as_str().expect("the head");
    assert!(
        raw.contains("GET /?token=****") && raw.contains("Cookie: a=****"),
        "{raw}"
    );
    assert!(!told.iter().any(|line| line.to_string().contains(&token[..8])));
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
