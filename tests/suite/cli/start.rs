//! How a server is started: what words say without an option, and the browser that `--open` starts.

#[cfg(target_os = "linux")]
use super::super::support::server::{is_built_here, program};
use super::run_in;

/// The short ways to say what is served, and where.
#[test]
fn a_directory_and_a_profile_need_no_option() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("site")).expect("a root");
    for args in [
        &["./site", "-p", "0"][..],
        &["serve", "nginx", "site", "--port", "0"],
        &["nginx", "--listen", "127.0.0.1:0"],
        &["-P", "nginx", "-p", "0", "--host", "localhost"],
    ] {
        let all: Vec<&str> = args
            .iter()
            .copied()
            .chain(["--for", "1ms", "--no-timeline", "--log", "off"])
            .collect();
        let output = run_in(dir.path(), &all);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(
            output.status.success() && said.contains("url        http://127.0.0.1:"),
            "{args:?}: {said}"
        );
        assert_eq!(
            said.contains("(profile nginx)"),
            args.contains(&"nginx"),
            "{args:?}: {said}"
        );
        assert_eq!(
            said.contains("root       ") && said.contains("site\n"),
            args.iter().any(|a| a.contains("site")),
            "{args:?}: {said}"
        );
    }
}

/// The browser is a script that passes on the address that it is given.
#[test]
#[cfg(target_os = "linux")]
fn the_site_is_opened_in_the_browser() {
    use std::os::unix::fs::PermissionsExt;
    if !is_built_here() {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let (pipe, browser) = (dir.path().join("pipe"), dir.path().join("xdg-open"));
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let script = format!("#!/bin/sh\necho \"$1\" >{}\n", pipe.display());
    std::fs::write(&browser, script).expect("a browser");
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    let mut serving = program()
        .args([
            "--port",
            "0",
            "--open",
            "--with-parent",
            "--no-timeline",
            "--log",
            "off",
        ])
        .current_dir(dir.path())
        .env("PATH", dir.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("labserve should start");
    let opened = std::fs::read_to_string(&pipe).expect("the address");
    drop(serving.stdin.take());
    let said = serving.wait_with_output().expect("an end").stdout;
    let said = String::from_utf8(said).expect("UTF-8");
    assert!(
        opened.starts_with("http://127.0.0.1:") && said.contains(opened.trim()),
        "{opened} in {said}"
    );
}
