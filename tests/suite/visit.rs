//! `labserve visit`: what each client sends to a running server, on how many connections, and what it reports about
//! them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::server::{Server, program};
use crate::support::site::Site;

const PAGE: [&str; 4] = ["/", "/static/style1.css", "/static/head.jpg", "/static/BGM.wav"];
const ICON: &str = "/favicon.ico";

/// Visits the page of a server, and returns the output of `--json`.
fn visit(server: &Server, arguments: &[&str]) -> Value {
    let done = program()
        .args(["visit", &format!("http://{}/", server.address()), "--json"])
        .args(arguments)
        .output()
        .expect("the program should run");
    assert!(
        done.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// The values of a member of the requests of each connection.
fn requests<'v>(seen: &'v Value, member: &str) -> Vec<Vec<&'v Value>> {
    let connections = seen["connections"].as_array().expect("connections");
    connections
        .iter()
        .map(|connection| {
            let requests = connection["requests"].as_array().expect("requests");
            requests.iter().map(|request| &request[member]).collect()
        })
        .collect()
}

fn numbers(seen: &Value, member: &str) -> Vec<Vec<u64>> {
    let all = requests(seen, member).into_iter();
    all.map(|values| {
        values
            .into_iter()
            .map(|value| value.as_u64().unwrap_or_default())
            .collect()
    })
    .collect()
}

#[test]
fn each_client_has_its_requests_on_its_connections() {
    let site = Site::demo();
    let server = Server::start("node", site.root());
    let [html, css, jpeg, wav] = PAGE;
    for (like, want) in [
        ("chrome", &[&[html, css, wav, ICON][..], &[jpeg]][..]),
        ("edge", &[&[html, css, wav, ICON], &[jpeg]]),
        ("firefox", &[&[html, css], &[jpeg, wav, ICON]]),
        ("curl", &[&[html]]),
        ("report-1", &[&[html, css, jpeg, wav, ICON], &[]]),
        ("report-2", &[&PAGE, &[]]),
        ("report-3", &[&[html, css], &[jpeg, wav]]),
        ("report-4", &[&[html, css, jpeg, wav, ICON], &[]]),
    ] {
        // The connection that is never used is opened after 20 ms.
        let seen = visit(&server, &["--like", like, "--stay", "100ms"]);
        assert_eq!(requests(&seen, "target"), want, "{like}");
        for (targets, statuses) in requests(&seen, "target").iter().zip(numbers(&seen, "status")) {
            for (target, status) in targets.iter().zip(statuses) {
                let want = match target.as_str() {
                    Some(ICON) => 404,
                    _ if like == "report-2" => 304,
                    Some("/static/BGM.wav") => 206,
                    _ => 200,
                };
                assert_eq!(status, want, "{like} {target}");
            }
        }
    }
    // If everything is requested at once, the audio needs a third connection or does not wait for one.
    let seen = visit(&server, &["--connections", "6", "--repeat", "3", "--stay", "0s"]);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for target in requests(&seen, "target").concat() {
        *counts.entry(target.to_string()).or_default() += 1;
    }
    assert!(
        counts.len() == 5 && counts.values().all(|count| *count == 3),
        "{counts:?}"
    );
}

/// The sizes that a lab report measured: requests and responses of captures 1 and 2.
#[test]
fn the_captures_of_the_report_have_their_sizes() {
    let site = Site::demo();
    let server = Server::start("node", site.root());
    let first = visit(&server, &["--like", "report-1", "--stay", "100ms"]);
    // Host and Referer contain the port, which was 3000.
    let longer = server.address().to_string().len() as u64 - "127.0.0.1:3000".len() as u64;
    let sent = [
        534 + longer,
        470 + 2 * longer,
        475 + 2 * longer,
        547 + 2 * longer,
        471 + 2 * longer,
    ];
    assert_eq!(numbers(&first, "sent_bytes"), [sent.to_vec(), Vec::new()]);
    let received = [998, 981, 29_241, 142_487, 422];
    assert_eq!(numbers(&first, "received_bytes"), [received.to_vec(), Vec::new()]);
    let second = visit(&server, &["--like", "report-2", "--stay", "100ms"]);
    assert_eq!(
        numbers(&second, "received_bytes"),
        [vec![265, 265, 266, 267], Vec::new()]
    );
}

#[test]
fn a_cached_page_is_asked_for_with_conditions_but_by_one_client() {
    let site = Site::demo();
    let server = Server::start("node", site.root());
    for (like, want) in [("chrome", 4), ("firefox", 4), ("ie", 0)] {
        let seen = visit(&server, &["--like", like, "--cached", "--serial", "--stay", "0s"]);
        let statuses = numbers(&seen, "status");
        let not_modified = statuses[1].iter().filter(|status| **status == 304).count();
        assert_eq!((statuses.len(), not_modified), (2, want), "{like}: {seen}");
    }
}

#[test]
fn it_says_who_closed_each_connection() {
    let site = Site::demo();
    let server = Server::start_with("node", site.root(), &["--set", "timers.idle=300ms"]);
    let seen = visit(&server, &["--like", "report-1", "--stay", "2s"]);
    let used = &seen["connections"][0];
    assert_eq!(
        (&used["closed"]["by"], &used["closed"]["how"]),
        (&"server".into(), &"fin".into()),
        "{seen}"
    );
    assert!(used["closed"]["after_ms"].as_f64() >= Some(290.0), "{seen}");
    assert_eq!(used["followed"]["how"], "fin", "{seen}");

    // Each response announces the close, and the client closes first.
    let server = Server::start("flask", site.root());
    let seen = visit(&server, &["--like", "firefox", "--stay", "0s"]);
    assert_eq!(requests(&seen, "target").len(), 5, "{seen}");
}

/// Capture 4 of the report: the server answers the FIN of an unused connection with RST.
#[cfg(unix)] // Wine reports RST as FIN
#[test]
fn a_server_that_never_closes_waits_for_the_client() {
    let site = Site::demo();
    let server = Server::start("iis", site.root());
    let seen = visit(&server, &["--like", "report-4", "--stay", "1s"]);
    let ends: Vec<(&Value, &Value, &Value)> = seen["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .map(|connection| {
            (
                &connection["closed"]["by"],
                &connection["closed"]["why"],
                &connection["followed"]["how"],
            )
        })
        .collect();
    let (client, left) = ("client".into(), "left".into());
    let (fin, rst) = ("fin".into(), "rst".into());
    assert_eq!(ends, [(&client, &left, &fin), (&client, &left, &rst)], "{seen}");
}

#[test]
fn the_summary_is_for_people_too_and_mistakes_say_what_to_write() {
    let site = Site::demo();
    let server = Server::start("node", site.root());
    let run = |arguments: &[&str]| {
        program()
            .arg("visit")
            .args(arguments)
            .output()
            .expect("the program should run")
    };
    let url = format!("http://{}/", server.address());
    let done = run(&[&url, "--like", "curl", "--lang", "zh"]);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && text.contains("200 GET /  发送 "), "{text}");
    assert!(text.ends_with("1 条连接，1 个请求：200\n"), "{text}");
    for (arguments, want) in [
        (&["http://127.0.0.1:1/"][..], "127.0.0.1:1 takes no connection: "),
        (
            &["https://a/"],
            "labserve does not speak TLS; expected a URL such as http://127.0.0.1:3000/",
        ),
        (
            &[&url, "--like", "fierfox"],
            "--like: got \"fierfox\"; expected one of chrome, firefox, ",
        ),
    ] {
        let done = run(arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            done.status.code() == Some(2) && said.contains(want),
            "{arguments:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
