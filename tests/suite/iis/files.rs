//! Entity tags, file names, media types and directories.

use super::{start, text};
use crate::support::talk::Talk;
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

#[test]
fn an_etag_is_the_file_time_in_little_endian_order_without_leading_zeros() {
    let (site, server) = start("iis");
    // Time and tag are from a public capture: Thu, 27 Jul 2023 16:02:39 GMT plus 0.55167 s.
    let file = File::options()
        .write(true)
        .open(site.root().join("index.html"))
        .expect("index.html");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(1_690_473_759, 551_670_000))
        .expect("to set the file's time");
    let reply = Talk::to(&server).ask("GET", "/", "");
    assert_eq!(reply.field("ETag"), Some("\"1c67a5c4a3c0d91:0\""));
    assert_eq!(reply.field("Last-Modified"), Some("Thu, 27 Jul 2023 16:02:39 GMT"));
}

#[test]
fn names_are_looked_up_as_on_windows() {
    let (site, server) = start("iis");
    fs::write(site.root().join("empty/Web.Config"), "x").expect("a file");
    fs::write(site.root().join("empty/default.htm"), "an index").expect("a file");
    for (target, status) in [
        ("/STATIC/Head.JPG", 200),
        ("/static\\head.jpg", 200),
        ("/static%5Chead.jpg", 200),
        ("/empty/", 200),
        ("/Static/../INDEX.html", 200),
        ("/empty/web.config", 404),
        ("/empty/WEB.CONFIG", 404),
        ("/index.html/", 404),
        ("/index.html/x", 404),
        ("/static/head+.jpg", 404),
        ("/static/%2568ead.jpg", 404),
    ] {
        assert_eq!(Talk::to(&server).ask("GET", target, "").status(), status, "{target}");
    }
}

#[test]
fn a_file_without_a_listed_media_type_is_404() {
    let (site, server) = start("iis");
    for (name, kind) in [
        ("a.html", Some("text/html")),
        ("a.css", Some("text/css")),
        ("a.JS", Some("application/javascript")),
        ("a.json", Some("application/json")),
        ("a.wav", Some("audio/wav")),
        ("a.ogg", Some("video/ogg")),
        ("a.ico", Some("image/x-icon")),
        ("a.woff2", Some("application/font-woff2")),
        ("a.csv", Some("application/octet-stream")),
        ("a.webp", None),
        ("a.md", None),
        ("a.unknown", None),
        ("a", None),
        (".hidden", None),
    ] {
        fs::write(site.root().join(name), "x").expect("a file");
        let reply = Talk::to(&server).ask("GET", &format!("/{name}"), "");
        match kind {
            Some(kind) => assert_eq!(reply.field("Content-Type"), Some(kind), "{name}"),
            None => assert_eq!((reply.status(), reply.body.len()), (404, 1245), "{name}"),
        }
    }
}

#[test]
fn a_directory_without_its_slash_is_redirected_to_an_absolute_url() {
    let (_site, server) = start("iis");
    let reply = Talk::to(&server).ask("GET", "/static?a=1", "");
    assert_eq!(reply.field("Location"), Some("http://lab.test/static/?a=1"));
    let want = "<head><title>Document Moved</title></head>\n<body><h1>Object Moved</h1>This document may be found \
                <a HREF=\"http://lab.test/static/?a=1\">here</a></body>";
    assert_eq!(text(&reply.body), want);
}
