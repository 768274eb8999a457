//! The Chinese guide: its commands work, and their output is in Chinese for a Chinese reader.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use super::chinese::{english_lines, is_chinese, text_of_page};
use super::support::server::{Server, is_built_here, program};
use super::support::site::Site;

/// The commands of the guide: the lines of its code blocks, and the code in its text.
fn commands(guide: &str) -> BTreeSet<String> {
    let lines = guide.lines().filter(|line| line.starts_with("labserve "));
    let code = guide.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let commands = lines.chain(code).filter(|text| text.is_ascii());
    commands
        .filter_map(|text| text.strip_prefix("labserve "))
        .map(str::to_owned)
        .collect()
}

/// A command in the form in which the test runs it: in the language of the locale, for a moment, on free ports, and
/// without dumpcap.
fn as_run(command: &str, url: &str) -> Vec<String> {
    let mut given = command.split(' ').take_while(|word| *word != ">");
    let mut words = Vec::new();
    while let Some(word) = given.next() {
        match word {
            "--lang" | "--capture" => drop(given.next()),
            "--open" => {}
            // Removes quotes, like a shell.
            _ if word.starts_with("http://") => words.push(url.to_owned()),
            _ => words.push(word.replace(['\'', '"'], "")),
        }
    }
    if words
        .first()
        .is_none_or(|first| ["node", "./site", "--profile"].contains(&first.as_str()))
    {
        words.extend(["--for", "50ms", "--timeline", "127.0.0.1:0", "--port", "0"].map(str::to_owned));
    }
    words
}

/// What a command prints, for a reader whose locale is Chinese.
fn printed(words: &[String], folder: &Path) -> String {
    let output = program()
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "zh_CN.UTF-8")
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("labserve should start");
    // Exit code 1 means that an assertion does not hold.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{words:?}: {output:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8")
}

/// Runs the guide's commands, and then those for which it refers to other documents: record, compare, learn, assert.
#[test]
fn the_path_of_the_guide_is_in_chinese() {
    if !is_built_here() {
        return;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(source.join("README.zh-CN.md")).expect("the guide");
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(folder.path().join("site")).expect("a directory");
    for capture in ["node.pcapng", "lab.pcapng", "cached.pcapng"] {
        let kept = source.join("tests/data/captures/report-1.pcapng.gz");
        std::fs::copy(kept, folder.path().join(capture)).expect("a capture");
    }
    let site = Site::demo();
    let server = Server::start("node", site.root());
    let url = server.url("/");
    let walk: Vec<Vec<String>> = commands(&guide)
        .iter()
        // The guide mentions `explain` without arguments. A lab uses the ports of its profiles, and does not end.
        .filter(|command| *command != "explain" && !command.starts_with("lab"))
        .map(|command| as_run(command, &url))
        .collect();
    assert!(walk.len() > 20, "{walk:?}");
    let summary = printed(&as_run("node --summary json --log off", &url), folder.path());
    let summary = summary.lines().find(|line| line.starts_with('{')).expect("a summary");
    std::fs::write(folder.path().join("summary.json"), summary).expect("a summary");
    let more = [
        "cases",
        "cases range",
        "record URL -o server.rec --only head --fast",
        "record --make-site www",
        "compare server.rec nginx --only head --fast",
        "learn server.rec -o mine.toml --only head --fast --effort 0",
        "assert summary.json connections==7 requests[/big]==1 conections==1",
    ];
    let place = folder.path();
    // Most of these commands wait. Those that need files of other commands run after them, in order.
    let mut all: Vec<(Vec<String>, String)> = std::thread::scope(|scope| {
        let run = |words: Vec<String>| scope.spawn(move || (printed(&words, place), words));
        let running: Vec<_> = walk.into_iter().map(run).collect();
        let ended = running.into_iter().map(|thread| thread.join().expect("an output"));
        ended.map(|(said, words)| (words, said)).collect()
    });
    for line in more {
        let words: Vec<String> = line.split(' ').map(|word| word.replace("URL", &url)).collect();
        let said = printed(&words, place);
        all.push((words, said));
    }
    for arguments in ["node --port 0", "lab --only node,rfc --set port=0"] {
        all.push((vec![arguments.to_owned()], log(place, arguments)));
    }
    // A command of the guide writes this page.
    let page = std::fs::read_to_string(place.join("node.html")).expect("the page");
    all.push((vec!["node.html".to_owned()], text_of_page(&page)));
    let mut english = Vec::new();
    for (words, said) in &all {
        let shown = for_people(words, said);
        let is_for_everyone = words[0] == "--version" || shown.is_empty();
        assert!(is_for_everyone || shown.chars().any(is_chinese), "{words:?}: {said}");
        let lines = english_lines(&shown).into_iter();
        english.extend(lines.map(|line| format!("{}: {line}", words.join(" "))));
    }
    assert!(english.is_empty(), "in English: {english:#?}");
}

/// The text for people, without the text and the values of a profile, which are the same in every language.
fn for_people(words: &[String], said: &str) -> String {
    let is_shown: &dyn Fn(&str) -> bool = match (words[0].as_str(), words.get(1).map(String::as_str)) {
        ("profiles", Some(name)) if name == "--compare" || !name.starts_with('-') => &|_| false,
        ("check", _) => &|line| line.starts_with('#'),
        // Lines of a head with their numbers.
        ("compare", _) => &|line| !line.trim_start().starts_with(|first: char| first.is_ascii_digit()),
        // Names of groups.
        ("cases", None) => &|line| !line.contains("例如"),
        _ => &|_| true,
    };
    // The bytes that a case sends are shown unchanged.
    let before_bytes = |line: &'_ str| line.split_once("发送 ").map_or(line, |(before, _)| before).to_owned();
    said.lines()
        .filter(|line| is_shown(line))
        .map(|line| before_bytes(line) + "\n")
        .collect()
}

/// The start message and the log of a server: for a visit, a refused request, TLS, and the stop.
fn log(folder: &Path, arguments: &str) -> String {
    let mut serving = program()
        .env_remove("LC_ALL")
        .env("LANG", "zh_CN.UTF-8")
        .args(arguments.split(' '))
        .args(["--timeline", "127.0.0.1:0"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("labserve should start");
    let mut out = BufReader::new(serving.stdout.take().expect("a pipe"));
    let mut said = String::new();
    // The line with the timeline is the last.
    while !said.contains("/?token=") {
        assert!(out.read_line(&mut said).expect("a line") > 0, "{said}");
    }
    let (_, url) = said.split_once("http://").expect("a URL");
    let address = &url[..url.find('/').expect("its end")];
    printed(&["visit".to_owned(), format!("http://{address}/")], folder);
    for request in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01",
    ] {
        let mut client = TcpStream::connect(address).expect("a connection");
        client.write_all(request).expect("sent");
        client.shutdown(std::net::Shutdown::Write).expect("FIN");
        // RST also ends the read.
        let _ = client.read_to_end(&mut Vec::new());
    }
    let stopped = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status();
    assert!(stopped.expect("kill").success());
    let log = serving.wait_with_output().expect("an end").stderr;
    let log = String::from_utf8(log).expect("UTF-8");
    assert!(log.contains("由服务器关闭") && log.contains("TLS"), "{log}");
    said + &log
}
