//! `labserve explain` and `--capture` as people call them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/captures/{name}.pcapng.gz"))
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
    assert_eq!(json["version"], 1);
    assert_eq!(json["connections"][0]["exchanges"][3]["response"]["next_seq"], 173_708);
    let chinese = text(&explain(&[file, "--lang", "zh"]).stdout);
    assert!(chinese.contains("从未使用"), "{chinese}");
}

#[test]
fn standard_input_is_read_too() {
    let file = std::fs::File::open(capture("report-2")).expect("a capture");
    let output = Command::new(env!("CARGO_BIN_EXE_labserve"))
        .args(["explain", "-"])
        .stdin(Stdio::from(file))
        .output()
        .expect("labserve should start");
    assert!(text(&output.stdout).contains("Everything is 304"), "{output:?}");
}

#[test]
fn what_cannot_be_read_gets_one_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let none = dir.path().join("none.pcapng");
    let page = dir.path().join("page.html");
    std::fs::write(&page, "<html>").expect("a page");
    for (file, words) in [
        (none.as_path(), "cannot open this capture"),
        (page.as_path(), "it is no capture: expected pcapng or pcap"),
    ] {
        let output = explain(&[file.to_str().expect("UTF-8")]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.trim_end().lines().count() == 1, "{said}");
    }
}

#[test]
fn without_dumpcap_capturing_says_what_to_do() {
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
