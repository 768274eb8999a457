//! `labserve record`, `compare` and `cases`: a running labserve is recorded, and its answers are those of its profile.

use std::path::Path;
use std::process::Output;

use super::support::server::{Server, program};
use super::support::site::Site;

fn run(dir: &Path, args: &[&str]) -> Output {
    program()
        .args(args)
        .current_dir(dir)
        .output()
        .expect("labserve should start")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn a_recorded_server_equals_its_profile_and_no_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let site = Site::recorded();
    let server = Server::start("nginx", site.root());
    let url = format!("http://{}", server.address());
    let record = ["record", &url, "-o", "server.rec", "--only", "dir", "--only", "ims"];
    let recorded = run(dir.path(), &record);
    assert!(recorded.status.success(), "{recorded:?}");
    assert!(
        stdout(&recorded).contains("0 unstable, 0 without an answer"),
        "{recorded:?}"
    );

    let only = ["--only", "dir", "--only", "ims"];
    let same = run(
        dir.path(),
        &[&["compare", "server.rec", "nginx", "--at-least", "100"], &only[..]].concat(),
    );
    assert!(same.status.success(), "{}", stdout(&same));
    let live = run(
        dir.path(),
        &[&["compare", &url, "server.rec", "--at-least", "100"], &only[..]].concat(),
    );
    assert!(live.status.success(), "{}", stdout(&live));
    let other = run(
        dir.path(),
        &[&["compare", "server.rec", "apache", "--at-least", "1"], &only[..]].concat(),
    );
    assert_eq!(other.status.code(), Some(1), "{}", stdout(&other));

    let again = run(dir.path(), &record);
    assert_eq!(again.status.code(), Some(2), "what exists is not overwritten");
    let more = ["record", &url, "-o", "server.rec", "--only", "inm", "--resume"];
    assert!(run(dir.path(), &more).status.success());
    let both = run(
        dir.path(),
        &[
            "compare",
            "server.rec",
            "nginx",
            "--only",
            "inm",
            "--only",
            "ims",
            "--json",
        ],
    );
    let json: serde_json::Value = serde_json::from_slice(&both.stdout).expect("JSON");
    assert_eq!(json["total"]["differs"], 0, "{json}");
    assert!(json["groups"]["inm"]["equal"].as_u64() > Some(0) && json["groups"]["ims"]["equal"].as_u64() > Some(0));
}

#[test]
fn a_file_of_any_server_is_enough_to_record_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path().join("www");
    std::fs::create_dir_all(root.join("docs")).expect("a directory");
    std::fs::write(root.join("docs/page.html"), "a page ".repeat(400)).expect("a file");
    let server = Server::start("nginx", &root);
    let only = ["--only", "range", "--only", "ims", "--only", "measured"];
    let record = |url: &str, name: &str| {
        let args = [&["record", url, "-o", name], &only[..]].concat();
        run(dir.path(), &args)
    };
    let recorded = record(&server.url("/docs/page.html"), "a.rec");
    assert!(recorded.status.success(), "{recorded:?}");
    let said = stdout(&recorded);
    assert!(
        said.contains("need the probe site and were not asked") && said.contains("measures"),
        "{said}"
    );
    let compared = |profile: &str| {
        let output = run(
            dir.path(),
            &[&["compare", "a.rec", profile, "--json"], &only[..]].concat(),
        );
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("JSON")
    };
    let same = compared("nginx");
    assert_eq!(same["differing"], serde_json::json!([]), "{same}");
    for (group, least) in [("range", 80), ("ims", 6), ("measured", 8)] {
        assert!(
            same["groups"][group]["equal"].as_u64() >= Some(least),
            "{group}: {same}"
        );
    }
    assert!(same["total"]["not_asked"].as_u64() > Some(0), "{same}");
    assert!(compared("apache")["total"]["differs"].as_u64() > Some(20));

    let missing = record(&server.url("/docs/none.html"), "b.rec");
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        said.contains("/docs/none.html is not an ordinary file: the server answers with 404"),
        "{said}"
    );
    assert!(!dir.path().join("b.rec").exists());
}

/// Ctrl-C ends a recording and keeps the answers so far, and `--resume` records the rest.
#[cfg(unix)]
#[test]
fn an_interrupted_recording_can_be_resumed() {
    use std::io::{BufRead, BufReader};

    let dir = tempfile::tempdir().expect("a directory");
    let site = Site::recorded();
    let server = Server::start("nginx", site.root());
    let url = server.url("");
    let args = [
        "record",
        &url,
        "-o",
        "a.rec",
        "--only",
        "range",
        "--at-once",
        "1",
        "--rate",
        "40",
    ];
    let mut child = program()
        .args(args)
        .current_dir(dir.path())
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("labserve should start");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert!(line.contains("keeps connections. labserve will open some"), "{line}");
    // By this time there are answers, but not all: the cases are sent one at a time.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.expect("kill should run").success());
    assert_eq!(child.wait().expect("an end").code(), Some(1));
    let rest: Vec<String> = said.lines().map_while(Result::ok).collect();
    let rest = rest.join("\n");
    assert!(
        rest.contains("interrupted. `labserve record") && rest.contains("--resume` asks the rest"),
        "{rest}"
    );
    let cases = || {
        let text = std::fs::read_to_string(dir.path().join("a.rec")).expect("a recording");
        labserve_probe::Recording::parse(&text)
            .expect("a recording")
            .cases
            .len()
    };
    let before = cases();
    let resumed = run(
        dir.path(),
        &["record", &url, "-o", "a.rec", "--only", "range", "--resume"],
    );
    assert!(resumed.status.success(), "{resumed:?}");
    assert!(before < cases() && cases() > 100, "{before} of {}", cases());
}

#[test]
fn profiles_are_compared_in_memory_and_reports_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let args = [
        "compare",
        "node",
        "node20",
        "--html",
        "page.html",
        "--junit",
        "junit.xml",
        "--show",
        "1",
    ];
    let output = run(dir.path(), &args);
    assert!(output.status.success(), "{output:?}");
    assert!(
        stdout(&output).contains("there: node\nhere:  node20"),
        "{}",
        stdout(&output)
    );
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect(name);
    assert!(read("page.html").starts_with("<!DOCTYPE html>"));
    assert!(read("junit.xml").contains("<testsuites name=\"node and node20\""));
}

#[test]
fn cases_are_listed_and_shown_in_words() {
    let dir = tempfile::tempdir().expect("a directory");
    assert!(stdout(&run(dir.path(), &["cases"])).contains("`labserve cases GROUP` shows a group in words"));
    let one = stdout(&run(dir.path(), &["cases", "range-suffix-zero"]));
    assert!(one.contains("Range: bytes=-0␍␊"), "{one}");
}

#[test]
fn mistakes_are_named_in_one_line() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("no.rec"), "{}").expect("a file");
    let table: &[(&[&str], &str)] = &[
        (
            &["cases", "rang"],
            "`rang` is not a group of cases; `labserve cases` lists them. Did you mean `range`?",
        ),
        (
            &["compare", "node", "nodd"],
            "`nodd` is neither a recording nor a profile",
        ),
        (&["compare", "node", "no.rec"], "no.rec: not a recording"),
        (
            &["compare", "node", "apache", "--at-least", "101"],
            "--at-least: expected a percentage",
        ),
        (
            &["compare", "node", "apache", "--html", "no/such/page.html"],
            "no/such/page.html: cannot write",
        ),
        (&["record", "https://127.0.0.1", "-o", "x"], "does not speak TLS"),
        (
            &["record", "http://127.0.0.1:1/a?b", "-o", "x"],
            "expected the path of a file",
        ),
        (
            &["record", "http://192.0.2.1", "-o", "x"],
            "add `--i-may-probe 192.0.2.1`",
        ),
        (&["record", "http://127.0.0.1:1", "-o", "x"], "cannot be recorded"),
    ];
    for (args, want) in table {
        let output = run(dir.path(), args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(want) && said.lines().count() == 1, "{args:?}: {said}");
    }
}
