//! `labserve explain` and `--capture` on the command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::case::{self, Case, Step};
use crate::support::recording::{End, Outcome, Recording};

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/captures/{name}.pcapng.gz"))
}

fn explain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labserve"));
    command
        .arg("explain")
        .args(args)
        .output()
        .expect("labserve should start")
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).expect("UTF-8")
}

#[test]
fn text_json_and_ladder_of_one_stream() {
    let file = capture("report-1");
    let file = file.to_str().expect("UTF-8");
    let plain = text(&explain(&[file]).stdout);
    assert!(
        plain.contains("Connection 0:") && plain.contains("Connection 1:"),
        "{plain}"
    );
    let one = text(&explain(&[file, "--stream", "1", "--ladder"]).stdout);
    assert!(
        !one.contains("Connection 0:") && one.contains("FIN, ACK Seq=1"),
        "{one}"
    );
    let json = explain(&[file, "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["version"], 2);
    assert_eq!(json["connections"][0]["exchanges"][3]["response"]["next_seq"], 173_708);
    let chinese = text(&explain(&[file, "--lang", "zh"]).stdout);
    assert!(chinese.contains("从未使用"), "{chinese}");
}

#[test]
fn standard_input_is_read() {
    let file = std::fs::File::open(capture("report-2")).expect("a capture");
    let output = Command::new(env!("CARGO_BIN_EXE_labserve"))
        .args(["explain", "-"])
        .stdin(Stdio::from(file))
        .output()
        .expect("labserve should start");
    assert!(text(&output.stdout).contains("Everything is 304"), "{output:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_reported_in_one_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let none = dir.path().join("none.pcapng");
    let page = dir.path().join("page.html");
    std::fs::write(&page, "<html>").expect("a page");
    let packed = dir.path().join("packed.pcapng.gz");
    std::fs::write(&packed, [0x1f, 0x8b]).expect("a beginning");
    for (file, words) in [
        (none.as_path(), "cannot open this capture"),
        (dir.path(), ""),
        (page.as_path(), "it is not a capture: expected pcapng or pcap"),
        (packed.as_path(), "cut off at its beginning"),
    ] {
        let output = explain(&[file.to_str().expect("UTF-8")]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
    }
}

#[test]
fn a_page_neither_overwrites_the_capture_nor_shares_its_output() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("a.pcapng.gz");
    std::fs::copy(capture("report-2"), &file).expect("a copy");
    let before = std::fs::read(&file).expect("a capture");
    let name = file.to_str().expect("UTF-8");
    let none = dir.path().join("none/page.html");
    for (args, words) in [
        ([name, "--html", name].as_slice(), "would overwrite the capture"),
        (
            &[name, "--html", "-", "--json"],
            "--json would both go to standard output",
        ),
        (
            &[name, "--html", none.to_str().expect("UTF-8")],
            "cannot write the page",
        ),
    ] {
        let output = explain(args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    assert_eq!(std::fs::read(&file).expect("a capture"), before);
}

#[test]
fn an_empty_result_is_explained() {
    let file = capture("report-2");
    let file = file.to_str().expect("UTF-8");
    for args in [["--stream", "99"], ["--port", "1"], ["--host", "::1"]] {
        let said = text(&explain(&[file, args[0], args[1]]).stdout);
        assert!(said.contains("No stream matches: 1 TCP stream,"), "{said}");
    }
}

/// A full disk is an error. A reader that closes the pipe early is not.
#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_an_error() {
    let to = |output: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labserve"));
        command.arg("explain").arg(capture("report-2")).stdout(output);
        command.stderr(Stdio::piped()).spawn().expect("labserve should start")
    };
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let output = to(Stdio::from(full)).wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        text(&output.stderr).contains("standard output: cannot write"),
        "{output:?}"
    );
    let mut gone = to(Stdio::piped());
    drop(gone.stdout.take());
    let output = gone.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
}

#[test]
fn without_dumpcap_capture_reports_what_to_install() {
    let empty = tempfile::tempdir().expect("a directory");
    let output = Command::new(env!("CARGO_BIN_EXE_labserve"))
        .args(["--port", "0", "--log", "text/off", "--capture", "x.pcapng"])
        .current_dir(empty.path())
        .env("PATH", empty.path())
        .output()
        .expect("labserve should start");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("install Wireshark") && said.contains("capture filter `tcp port "),
        "{said}"
    );
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
}

/// The client that produced these captures also recorded each outcome. Stream N of a capture is the Nth case.
#[test]
fn ends_are_explained_as_they_were_recorded() {
    let slow: fn(&Case) -> bool = |case| case.slow;
    let quick: fn(&Case) -> bool = |case| {
        let mut steps = case.steps.iter();
        let ends = steps.any(|step| matches!(step, Step::End { .. } | Step::Shut));
        !case.slow && (ends || case.name.starts_with("end-"))
    };
    let mut judged = 0;
    for server in ["node", "nginx", "apache", "flask", "django"] {
        judged += judge(&format!("profile-{server}-slow"), server, slow);
        judged += judge(&format!("real-{server}-slow"), server, slow);
    }
    judged += judge("real-nginx-endings", "nginx", quick);
    assert!(judged > 500, "only {judged} ends");
}

/// Compares who ended each connection, and how long after the last byte. Returns the number of comparisons.
fn judge(name: &str, server: &str, choose: fn(&Case) -> bool) -> usize {
    let file = capture(name);
    let json = explain(&[file.to_str().expect("UTF-8"), "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let connections = json["connections"].as_array().expect("connections");
    let mut judged = 0;
    let mut stream = 0;
    for corpus in ["report", "extended"] {
        let recording = Recording::load(corpus, server).expect("a recording");
        for case in case::load(&format!("{corpus}.json")).iter().filter(|case| choose(case)) {
            let connection = &connections[stream];
            assert_eq!(connection["stream"], stream, "{name}: {} is not shown", case.name);
            stream += 1;
            if let Some(outcome) = recording.outcomes.get(&case.name) {
                let shut = case.steps.iter().any(|step| matches!(step, Step::Shut));
                let end = &connection["end"];
                assert!(
                    fits(outcome, shut, end),
                    "{name}: {}: {outcome:?}, not {end:#}",
                    case.name
                );
                judged += 1;
            }
        }
    }
    judged
}

fn fits(outcome: &Outcome, shut: bool, end: &serde_json::Value) -> bool {
    match (outcome.end, end["by"].as_str()) {
        (_, Some(_)) if shut => true,
        (End::Open, Some("client")) => true,
        (End::Fin | End::Rst, Some("server")) => {
            let first = match &end["first_fin"] {
                serde_json::Value::Null => &end["resets"][0],
                fin => fin,
            };
            let ns = first["after_last_byte_ns"].as_f64();
            let got = ns.or(first["since_opening_ns"].as_f64()).unwrap_or(f64::NAN) / 1e9;
            let want = outcome.after_s.unwrap_or(f64::NAN);
            // Some servers check their timers only every 30 s, and some were slow because of the many connections.
            let coarse = |seconds: f64| (60.5..91.0).contains(&seconds);
            (want - got).abs() <= 0.5 + want / 10.0 || (coarse(want) && coarse(got))
        }
        _ => false,
    }
}
