//! The command line: its output, and its error messages.

mod start;

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use super::support::server::{is_built_here, program};

/// Runs labserve in an empty directory until it ends.
fn run(args: &[&str]) -> Output {
    let empty = tempfile::tempdir().expect("a directory");
    run_in(empty.path(), args)
}

fn run_in(dir: &Path, args: &[&str]) -> Output {
    let mut command = program();
    command
        .args(args)
        .current_dir(dir)
        .output()
        .expect("labserve should start")
}

/// Runs labserve with a mistake, checks exit code 2, and returns the single line of the error message.
fn mistake(dir: &Path, args: &[&str]) -> String {
    let output = run_in(dir, args);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{args:?}: one line, not\n{said}");
    said
}

#[test]
fn every_mistake_gets_one_line_that_names_it_and_suggests_a_remedy() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect(name);
    write("file", "");
    write("bad-key.toml", "title = \"x\"\n\n[connection]\npersistant = true\n");
    write("bad-value.toml", "extends = \"node\"\n[timers]\nidle = \"5 parsecs\"\n");
    write(
        "bad-template.toml",
        "extends = \"node\"\n[files]\netag = \"{sise:x}\"\n",
    );
    write(
        "bad-answer.toml",
        "extends = \"node\"\n[files]\nindex = [\"a\"]\nmissing = 499\n",
    );
    write("bad-fault.toml", "extends = \"node\"\n[faults]\nbare_fl = \"accept\"\n");
    write("bad-reason.toml", "extends = \"node\"\n[close]\nidel = \"rst\"\n");
    write("circle.toml", "extends = \"./circle.toml\"\n");
    for (name, extends) in [
        ("around-1", "around-2"),
        ("around-2", "around-3"),
        ("around-3", "around-2"),
    ] {
        write(&format!("{name}.toml"), &format!("extends = \"./{extends}.toml\"\n"));
    }
    for number in 0..40 {
        write(
            &format!("deep-{number}.toml"),
            &format!("extends = \"./deep-{}.toml\"\n", number + 1),
        );
    }
    write("bad-etag.toml", "extends = \"node\"\n[files]\netag = \"a\\r\\nX: y\"\n");
    write("server-key.toml", "profle = \"node\"\n");
    write(
        "server-over.toml",
        "profile = \"node\"\n\n[override.timers]\nidle = 5\n",
    );
    write("broken.toml", "a = [\n");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let cases: &[(&[&str], &[&str])] = &[
        (&["--profile", "nodd"], &["nodd", "did you mean `node`"]),
        (
            &["--profile", "zzzzzz"],
            &["there is no profile with this name", "nginx"],
        ),
        (&["--profile", "./none.toml"], &["none.toml", "cannot read"]),
        (
            &["--profile", "./bad-key.toml"],
            &["bad-key.toml:4", "persistant", "persistent"],
        ),
        (&["--profile", "./bad-value.toml"], &["bad-value.toml:3", "5s"]),
        (
            &["--profile", "./bad-template.toml"],
            &["bad-template.toml:3", "did you mean `size`"],
        ),
        (
            &["--profile", "./bad-answer.toml"],
            &["bad-answer.toml:4", "files.missing", "[response.499]"],
        ),
        (
            &["--profile", "./bad-fault.toml"],
            &["bad-fault.toml:3", "did you mean `bare_lf"],
        ),
        (
            &["--profile", "./bad-reason.toml"],
            &["bad-reason.toml:3", "did you mean `idle`"],
        ),
        (
            &["--profile", "./circle.toml"],
            &["circle.toml:1: extends: ", "in a cycle: ./circle.toml -> "],
        ),
        (
            &["--profile", "./around-1.toml"],
            &[
                "around-3.toml:1: extends: ",
                "around-2.toml -> ./around-3.toml -> ./around-2.toml",
            ],
        ),
        (
            &["--profile", "./deep-0.toml"],
            &["extends: expected a chain of at most 32"],
        ),
        (
            &["--profile", "./bad-etag.toml"],
            &["bad-etag.toml:3: files.etag", "without CR, LF and NUL", "such as"],
        ),
        (&["--root", "nowhere"], &["cannot serve nowhere", "--root"]),
        (&["--root", "file"], &["expected a directory"]),
        (&["--port", &port], &["in use", "--port 0"]),
        (
            &["--bind", "192.0.2.1", "--port", "0"],
            &["not an address of this machine", "--bind"],
        ),
        (&["--set", "timers.idle"], &["--set timers.idle", "KEY=VALUE"]),
        (&["--set", "timers.idel=5s"], &["idel", "idle"]),
        (&["--set", "timers.idle=soon"], &["--set timers.idle=soon", "5s"]),
        (&["--config", "none.toml"], &["none.toml", "cannot read"]),
        (
            &["--config", "server-key.toml"],
            &["server-key.toml:1", "profle", "profile"],
        ),
        (&["--config", "server-over.toml"], &["server-over.toml:4"]),
        (&["check", "broken.toml"], &["broken.toml"]),
        (&["profiles", "apach"], &["did you mean `apache`"]),
    ];
    for (args, parts) in cases {
        let said = mistake(dir.path(), args);
        let said = if is_built_here() { said } else { said.replace('\\', "/") };
        for part in *parts {
            assert!(said.contains(part), "{args:?} should say `{part}`, not: {said}");
        }
    }
}

#[test]
fn a_chain_of_ten_profiles_is_no_cycle() {
    let dir = tempfile::tempdir().expect("a directory");
    for number in 0..10 {
        let extends = if number == 9 {
            "rfc".to_owned()
        } else {
            format!("./{}.toml", number + 1)
        };
        let text = format!("extends = \"{extends}\"\n");
        std::fs::write(dir.path().join(format!("{number}.toml")), text).expect("written");
    }
    let checked = run_in(dir.path(), &["check", "0.toml"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

/// A file that is not a valid configuration: its name, the expected error, and its text at a size of 1 to [`FULL`].
type NoConfiguration = (&'static str, &'static str, fn(usize) -> String);

/// The size at which each of these files is about as large as a configuration may be, or larger.
const FULL: usize = 8;

const NO_CONFIGURATION: &[NoConfiguration] = &[
    ("keys.toml", "larger than 1 MiB", |size| {
        many(25_000 * size, |n| format!("key{n} = 1\n"))
    }),
    ("fields.toml", "at most 1000 fields", |size| {
        let fields = many(7_500 * size, |n| format!("X-{n} = \"\"\n"));
        format!("extends = \"rfc\"\n[response_fields]\n{fields}")
    }),
    ("responses.toml", "at most 1000 responses", |size| {
        let responses = many(2_500 * size, |n| format!("[response.r{n}]\nlike = \"r{}\"\n", n + 1));
        format!("extends = \"rfc\"\n{responses}")
    }),
    ("page.toml", "expected a page of at most", |size| {
        let (text, body) = ("x".repeat(50_000 * size), "{text}".repeat(6_250 * size));
        format!("extends = \"rfc\"\n[response.404]\ntext = \"{text}\"\nbody = \"{body}\"\n")
    }),
    ("long.toml", "kkk", |size| {
        format!("{} = 1\n", "k".repeat(125_000 * size))
    }),
];

fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn files_that_are_no_configuration_are_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("directory.toml")).expect("a directory");
    let utf16: Vec<u8> = "\u{feff}port = 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(dir.path().join("utf16.toml"), utf16).expect("a file");
    let mut cases = vec![("directory.toml", "a directory"), ("utf16.toml", "UTF-16")];
    for (name, part, text) in NO_CONFIGURATION {
        std::fs::write(dir.path().join(name), text(FULL)).expect(name);
        cases.push((name, part));
    }
    if cfg!(unix) && is_built_here() {
        let pipe = dir.path().join("pipe.toml");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(pipe)
                .status()
                .expect("mkfifo")
                .success()
        );
        cases.push(("pipe.toml", "a pipe"));
        cases.push(("/dev/zero", "a device"));
    }
    for (name, part) in cases {
        let profile = format!("./{name}");
        let profile = if name.starts_with('/') { name } else { &profile };
        for args in [["check", name], ["--config", name], ["--profile", profile]] {
            if part.starts_with("at most") && args[0] == "--config" {
                continue;
            }
            let said = mistake(dir.path(), &args);
            assert!(said.len() < 5000, "{args:?}: {} bytes", said.len());
            if !(args[0] == "--config" && part.starts_with("expected")) {
                assert!(said.contains(part), "{args:?} should say `{part}`, not: {said}");
            }
        }
    }
}

/// The time grows linearly with the size of the file. If it grew with the square, it would be 64 times as long here.
/// Both measurements include the start of the program, and the load of the machine affects both.
#[test]
fn files_that_are_no_configuration_are_refused_in_bounded_time() {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, _, text) in NO_CONFIGURATION {
        let [small, large] = [1, FULL].map(|size| {
            std::fs::write(dir.path().join(name), text(size)).expect(name);
            let begun = std::time::Instant::now();
            run_in(dir.path(), &["check", name]);
            begun.elapsed()
        });
        assert!(
            large < small * 24,
            "{name}: {small:?}, and {large:?} for 8 times the size"
        );
    }
}

#[test]
fn wrong_arguments_are_explained() {
    for args in [
        &["--port", "70000"][..],
        &["--log", "loud"],
        &["--bind", "localhost!"],
        &["sreve"],
        &["--nonsense"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

/// The files that packages install together with the program.
#[test]
fn shells_and_man_get_what_they_need() {
    for (shell, part) in [
        ("bash", "complete -F _labserve"),
        ("zsh", "#compdef labserve"),
        ("fish", "complete -c labserve"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = String::from_utf8(run(&["completions", shell]).stdout).expect("UTF-8");
        assert!(script.contains(part) && script.contains("explain"), "{shell}: {script}");
    }
    let page = String::from_utf8(run(&["man"]).stdout).expect("UTF-8");
    assert!(page.contains(".TH labserve 1") && page.contains("profile"), "{page}");
    let dir = tempfile::tempdir().expect("a directory");
    assert!(run_in(dir.path(), &["man", "--dir", "man1"]).status.success());
    for name in ["labserve.1", "labserve-explain.1", "labserve-lab.1"] {
        assert!(dir.path().join("man1").join(name).is_file(), "{name}");
    }
}

#[test]
fn the_profiles_are_listed_printed_and_compared() {
    let list = String::from_utf8(run(&["profiles"]).stdout).expect("UTF-8");
    for name in [
        "node",
        "flask",
        "flask-keepalive",
        "django",
        "python-http",
        "python-http11",
        "caddy",
        "apache",
        "phpnow",
        "nginx",
        "iis",
        "iis-keepalive",
        "rfc",
    ] {
        assert!(
            list.lines().any(|line| line.split_whitespace().next() == Some(name)),
            "{name} in\n{list}"
        );
        let printed = run(&["profiles", name]);
        assert!(printed.status.success() && !printed.stdout.is_empty(), "{name}");
        let text = String::from_utf8(printed.stdout).expect("UTF-8");
        toml::from_str::<toml::Table>(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let rows: serde_json::Value = serde_json::from_slice(&run(&["profiles", "--json"]).stdout).expect("JSON");
    let rows = rows.as_array().expect("a list");
    assert!(
        rows.len() >= 10 && rows.iter().all(|row| row["port"].is_u64()),
        "{rows:?}"
    );

    let (former, current) = (run(&["profiles", "book"]), run(&["profiles", "rfc"]));
    assert!(
        former.status.success() && former.stdout == current.stdout,
        "a former name still loads"
    );

    let text = String::from_utf8(run(&["profiles", "--compare", "nginx", "iis"]).stdout).expect("UTF-8");
    assert!(text.contains("files.etag") && text.contains("timers.idle"), "{text}");
    let same = run(&["profiles", "--compare", "nginx", "nginx", "--json"]);
    assert_eq!(String::from_utf8_lossy(&same.stdout).trim(), "[]");
    let found: serde_json::Value =
        serde_json::from_slice(&run(&["profiles", "--compare", "node", "flask", "--json"]).stdout).expect("JSON");
    let all_differ = found
        .as_array()
        .expect("rows")
        .iter()
        .all(|row| row.get("node") != row.get("flask"));
    assert!(all_differ, "{found}");
}

#[test]
fn check_prints_the_effective_configuration() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("site")).expect("a root");
    let text = "profile = \"nginx\"\nroot = \"site\"\nport = 8999\n[override.timers]\nidle = \"9s\"\n";
    std::fs::write(dir.path().join("server.toml"), text).expect("server.toml");
    let output = run_in(dir.path(), &["check"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains("profile nginx") && said.contains("127.0.0.1:8999") && said.contains("idle = \"9s\""),
        "{said}"
    );

    std::fs::write(dir.path().join("mine.toml"), "extends = \"rfc\"\ntitle = \"mine\"\n").expect("a profile");
    assert!(run_in(dir.path(), &["check", "mine.toml"]).status.success());
}
