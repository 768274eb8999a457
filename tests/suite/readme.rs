//! Checks statements of the documents: the profile in ten lines works, and the table of profiles has the program's
//! sentences.

use std::fs;
use std::path::Path;
use std::time::Duration;

use labserve_core::locale::{Lang, catalogue};
use labserve_core::profile::builtin;

use crate::support::recording::End;
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::talk::Talk;

#[test]
fn the_example_makes_a_new_server() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/README.md")).expect("README");
    let (_, after) = readme.split_once("<!-- example -->\n```toml\n").expect("an example");
    let (example, _) = after.split_once("```").expect("the end of the example");
    assert!(example.lines().count() <= 10, "{} lines", example.lines().count());
    let site = Site::demo();
    let profile = site.root().join("tiny.toml");
    fs::write(&profile, example).expect("the example should be writable");
    let server = Server::start(&profile.to_string_lossy(), site.root());

    let mut talk = Talk::to(&server);
    let reply = talk.ask("GET", "/static/style1.css", "");
    let want = [
        "HTTP/1.1 200 OK",
        "Date: now",
        "Content-Type: text/css",
        "Content-Length: 666",
        "Last-Modified: Tue, 31 Oct 2023 15:31:16 GMT",
        "ETag: \"29a-65411dc4\"",
        "Accept-Ranges: bytes",
        "Server: tiny/1.0",
        "Connection: close",
    ];
    assert_eq!(reply.lines(), want);
    assert_eq!(reply.body, site.read("static/style1.css"));
    assert_eq!(talk.end(Duration::from_secs(5)), End::Fin);

    assert_eq!(Talk::to(&server).ask("DELETE", "/", "").status(), 405);
    let missing = Talk::to(&server).ask("GET", "/<nope>", "");
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.body, b"<h1>404 Not Found</h1>\n<p>No /&lt;nope&gt; here.</p>\n");
}

#[test]
fn the_table_of_profiles_has_the_sentences_of_the_catalogue() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README");
    let sentences = catalogue(Lang::En);
    for name in builtin::names() {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        let [shows, why] = ["shows", "why"].map(|key| &sentences[&format!("profile.{name}.{key}")]);
        assert!(
            row.ends_with(&format!("| {shows} | {why} |")),
            "{row}\nshould say\n{shows}\n{why}"
        );
    }
}
