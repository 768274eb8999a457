//! How a server is started: the meaning of arguments without an option, and the browser that `--open` starts.

#[cfg(target_os = "linux")]
use super::super::support::server::{is_built_here, program};
use super::run_in;

/// The short ways to specify what to serve, and where.
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

/// Runs labserve with a descriptor 3, as systemd starts it.
#[cfg(target_os = "linux")]
fn with_passed(descriptor: std::os::fd::OwnedFd, args: &[&str]) -> std::process::Child {
    std::process::Command::new("sh")
        .args([
            "-c",
            r#"export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" "$@" 3<&0 </dev/null"#,
        ])
        .arg(program().get_program())
        .args(["--no-timeline", "--log", "off", "--for", "20s"])
        .args(args)
        .env("LC_ALL", "C")
        .stdin(descriptor)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("labserve should start")
}

#[test]
#[cfg(target_os = "linux")]
fn a_socket_that_was_passed_is_served() {
    use std::io::{BufRead, BufReader, Read, Write};
    if !is_built_here() {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut serving = with_passed(listener.into(), &["nginx"]);
    // The client waits in the accept queue of the socket until the program has started.
    let mut client = std::net::TcpStream::connect(address).expect("a connection");
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).expect("a response");
    assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\nServer: nginx"), "{reply:?}");
    let mut said = BufReader::new(serving.stdout.take().expect("a pipe")).lines();
    let url = format!("http://{address}/");
    assert!(
        said.any(|line| line.expect("a line").contains(&url)),
        "{url} was not printed"
    );
    serving.kill().expect("it runs");
    serving.wait().expect("an end");
}

#[test]
#[cfg(target_os = "linux")]
fn a_passed_descriptor_must_listen_and_has_its_address() {
    if !is_built_here() {
        return;
    }
    let listener = || std::net::TcpListener::bind("127.0.0.1:0").expect("a port").into();
    let file = std::fs::File::open("/dev/null").expect("a file").into();
    for (descriptor, args, part) in [
        (file, &[][..], "ListenStream=127.0.0.1:8080"),
        (listener(), &["--port", "0"][..], "leave out --port"),
    ] {
        let output = with_passed(descriptor, args).wait_with_output().expect("an end");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("LISTEN_FDS") && said.contains(part), "{said}");
    }
}
