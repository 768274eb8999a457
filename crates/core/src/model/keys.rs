//! The effects of single keys of a profile.

use super::defaults::{ask, field, heard};

/// `http_version`, the version of the request, and the beginning of the response.
#[test]
fn the_version_of_the_status_line_is_that_of_the_key() {
    for (key, asked, begins) in [
        ("1.1", "1.1", "HTTP/1.1 200 OK\r\n"),
        ("1.1", "1.0", "HTTP/1.1 200 OK\r\n"),
        ("1.0", "1.1", "HTTP/1.0 200 OK\r\n"),
        ("1.0", "1.0", "HTTP/1.0 200 OK\r\n"),
        ("as-asked", "1.1", "HTTP/1.1 200 OK\r\n"),
        ("as-asked", "1.2", "HTTP/1.1 200 OK\r\n"),
        ("as-asked", "1.0", "HTTP/1.0 200 OK\r\n"),
        // The head is refused before its version counts.
        ("as-asked", "x", "HTTP/1.1 400 Bad Request\r\n"),
    ] {
        let text = format!("http_version = \"{key}\"");
        let response = heard(&ask(&text, &format!("GET /a.txt HTTP/{asked}\r\nHost: a\r\n\r\n")));
        assert!(response.starts_with(begins), "{key} {asked}\n{response}");
    }
}

/// A response may have a different version, and a reason phrase that depends on the request.
#[test]
fn a_response_may_have_another_version() {
    let text = r#"
        http_version = "as-asked"
        [response.404]
        http_version = "1.0"
        reason = "No {path}"
        [response."404 POST"]
        http_version = "as-asked"
    "#;
    for (request, line) in [
        ("GET /x HTTP/1.1", "HTTP/1.0 404 No /x\r\n"),
        ("GET /a.txt HTTP/1.1", "HTTP/1.1 200 OK\r\n"),
        ("GET /a.txt HTTP/1.0", "HTTP/1.0 200 OK\r\n"),
    ] {
        let response = heard(&ask(text, &format!("{request}\r\nHost: a\r\n\r\n")));
        assert!(response.starts_with(line), "{request}\n{response}");
    }
}

/// The entity tags of servers that count in base 36, send a date, or send a digest. The file has 10 bytes, and its
/// modification time is 2023-10-31 15:31:16.361 UTC.
#[test]
fn entity_tags_may_be_digests_and_dates() {
    for (keys, tag) in [
        ("etag = '\"{mtime_ns:base36}-{size:base36}\"'", "\"cwmqdxs3utkw-a\""),
        ("etag = '\"{size}-{mtime_iso}\"'", "\"10-2023-10-31T15:31:16.361Z\""),
        (
            "etag = '\"{etag_text:md5}\"'\netag_text = '{mtime_float}-{size}'",
            "\"61dd012d4e3e1ed7c051eacf24ee4eb3\"",
        ),
        ("etag = '\"{content:md5}\"'", "\"781e5e245d69b566979b86e28d23f2c7\""),
        (
            "etag = 'W/\"{size:x}-{content:sha1:upper}\"'",
            "W/\"a-87ACEC17CD9DCD20A716CC2CF67417B71C8A7016\"",
        ),
        (
            "etag = '\"{content:sha256}\"'",
            "\"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882\"",
        ),
        (
            "etag = '\"{content:sha512}\"'",
            concat!(
                "\"bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32c",
                "f6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90\""
            ),
        ),
        // The SHA-1 digest of `.txt-0123456789`.
        (
            "etag = '\"{etag_text:sha1}\"'\netag_text = '{extension}-{content}'",
            "\"eb1301a0662dd67350631107993ec28d275e605c\"",
        ),
        // The MD5 digest of `10-` and the SHA-1 digest of the content.
        (
            "etag = '\"{etag_text:md5}\"'\netag_text = '{size}-{content:sha1}'",
            "\"b9ccae9e1527672557e1732bf076351e\"",
        ),
    ] {
        let response = heard(&ask(
            &format!("[files]\n{keys}"),
            "GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n",
        ));
        assert_eq!(field(&response, "ETag").as_deref(), Some(tag), "{keys}\n{response}");
    }
}

/// A digest of the content is a validator like any other: for preconditions, ranges and HEAD.
#[test]
fn a_digest_of_the_content_is_compared_like_other_tags() {
    let tag = "\"781e5e245d69b566979b86e28d23f2c7\"";
    for (line, fields, status) in [
        ("GET /a.txt", String::new(), 200),
        ("HEAD /a.txt", String::new(), 200),
        ("GET /a.txt", format!("If-None-Match: {tag}\r\n"), 304),
        ("GET /a.txt", "If-None-Match: \"x\"\r\n".to_owned(), 200),
        ("GET /a.txt", "If-Match: \"x\"\r\n".to_owned(), 412),
        ("GET /a.txt", "Range: bytes=2-3\r\n".to_owned(), 206),
        ("GET /a.txt", format!("Range: bytes=2-3\r\nIf-Range: {tag}\r\n"), 206),
        ("GET /a.txt", "Range: bytes=2-3\r\nIf-Range: \"x\"\r\n".to_owned(), 200),
    ] {
        let text = "[files]\netag = '\"{content:md5}\"'";
        let response = heard(&ask(text, &format!("{line} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line} {fields}\n{response}"
        );
        if status != 412 {
            assert_eq!(
                field(&response, "ETag").as_deref(),
                Some(tag),
                "{line} {fields}\n{response}"
            );
        }
    }
}

/// A Range field that is not served may get a separate response, whether its only member or one of several is bad.
#[test]
fn a_bad_range_may_get_a_response() {
    let keys = "bad_member = 400\nother_unit = 403\nempty_list = \"odd\"\nover_limit = 404\nmax_ranges = 1";
    let text = format!("[range]\n{keys}\n[response.odd]\nstatus = 418\nbody = \"odd\"");
    for (range, status) in [
        ("bytes=0-3", 206),
        ("bytes=a-3", 400),
        ("bytes=0-3,x", 400),
        ("lines=1-2", 403),
        ("bytes=", 418),
        ("bytes=,", 418),
        ("bytes=0-0,2-2", 404),
        ("bytes=10-", 416),
    ] {
        let response = heard(&ask(
            &text,
            &format!("GET /a.txt HTTP/1.1\r\nHost: a\r\nRange: {range}\r\n\r\n"),
        ));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{range}\n{response}"
        );
    }
}

/// An absolute URI that is taken literally is a path. Only one whose path is used can lack a path.
#[test]
fn an_absolute_uri_that_is_taken_literally_has_a_path() {
    for (absolute, target, status) in [
        ("literally", "?x", 403),
        ("literally", "http://a", 404),
        ("literally", "http://a?x", 404),
        ("path", "?x", 403),
        ("path", "http://a", 403),
        ("path", "http://a/a.txt", 200),
    ] {
        let text = format!("faults.other = \"accept\"\n[target]\nabsolute = \"{absolute}\"\nno_path = 403");
        let response = heard(&ask(&text, &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{absolute} {target}\n{response}"
        );
    }
}

/// A path that names an index file, and a directory without one.
#[test]
fn index_files_may_be_redirected_and_directories_without_them_missing() {
    let redirect = "[files]\nindex_named = \"here\"\n[response.here]\nstatus = 301\nhead = \"Location: ./\"";
    let strict = "[files]\ndirectory_without_index = 404";
    for (text, target, status) in [
        (redirect, "/sub/index.html", 301),
        (redirect, "/index.html", 301),
        (redirect, "/sub/index.html?x", 301),
        (redirect, "/sub/index.html/", 404),
        (redirect, "/sub/", 200),
        (redirect, "/a.txt", 200),
        ("", "/sub/index.html", 200),
        (strict, "/sub", 301),
        (strict, "/empty", 404),
        ("", "/empty", 301),
    ] {
        let response = heard(&ask(text, &format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n")));
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{target}\n{response}"
        );
    }
}

/// Responses to HTTP/1.0 may leave out that the connection is closed.
#[test]
fn the_close_of_an_old_connection_need_not_be_announced() {
    for (key, version, announced) in [
        ("always", "1.0", Some("close")),
        ("http11", "1.0", None),
        ("http11", "1.1", Some("close")),
    ] {
        let text = format!("connection.announce_close = \"{key}\"");
        let request = format!("GET /a.txt HTTP/{version}\r\nHost: a\r\nConnection: close\r\n\r\n");
        let response = heard(&ask(&text, &request));
        assert_eq!(field(&response, "Connection").as_deref(), announced, "{key} {version}");
    }
}
