//! Requests that try to inject a line into a response head or markup into a page: through the target, the method, the
//! version, field names and values, and file names.

use super::client::ask;
use super::profiles;
use crate::model::MemorySite;
use crate::profile::Profile;

/// Texts that some decoder might turn into a line end, followed by the line to inject.
const LINE_ENDS: &[&str] = &[
    "%0d%0aX-Injected: yes",
    "%0D%0AX-Injected:%20yes",
    "%0aX-Injected:yes",
    "%0dX-Injected:yes",
    "\rX-Injected:yes",
    "\x0bX-Injected:yes",
    "\x0cX-Injected:yes",
    "\x1cX-Injected:yes",
    "%0d%0a%0d%0aHTTP/1.1 200 OK%0d%0aX-Injected: yes%0d%0a%0d%0a",
    "%250d%250aX-Injected:%20yes",
    "%%0d0d%%0a0aX-Injected:yes",
    "%u000d%u000aX-Injected:yes",
    "%c0%8d%c0%8aX-Injected:yes",
    "%e0%80%8d%e0%80%8aX-Injected:yes",
    "%e5%98%8d%e5%98%8aX-Injected:yes",
    "\u{560d}\u{560a}X-Injected:yes",
    "\u{85}X-Injected:yes",
    "%c2%85X-Injected:yes",
    "\u{2028}X-Injected:yes",
    "%e2%80%a8X-Injected:yes",
    "\u{2029}X-Injected:yes",
    "%00X-Injected:yes",
    "%00%0d%0aX-Injected:yes",
    "\\r\\nX-Injected:yes",
    "\\x0d\\x0aX-Injected:yes",
    "&#13;&#10;X-Injected:yes",
];

/// Texts that would be markup in a page.
const MARKUP: &[&str] = &[
    "<script>x</script>",
    "%3Cscript%3Ex%3C/script%3E",
    "%3cscript%3ex%3c%2fscript%3e",
    "\"><script>x</script>",
    "%22%3E%3Cscript%3E",
    "'><script>",
    "%27%3E%3Cscript%3E",
    "%253Cscript%253E",
    "\u{ff1c}script\u{ff1e}",
    "%u003cscript%u003e",
    "%c0%bcscript%c0%be",
    "<script\t>",
    "+ADw-script+AD4-",
];

/// Requests with `x` in every place that a client controls.
fn requests(x: &str) -> Vec<String> {
    let mut all = Vec::new();
    let targets = [
        "/{}",
        "/sub{}",
        "/sub/{}",
        "/sub?{}",
        "/sub?a={}&b",
        "/sub#{}",
        "/{}/../sub",
        "//{}/..//sub",
        "/sub/../{}/../sub",
        "http://h{}/sub",
        "http://{}/sub",
        "{}://h/sub",
        "/nope/{}",
        "/nope?{}",
        "/index.html/{}",
        "*{}",
        "{}",
    ];
    for (number, target) in targets.iter().enumerate() {
        let target = target.replace("{}", x);
        all.push(format!("GET {target} HTTP/1.1\r\nHost: a\r\n"));
        if number % 4 == 0 {
            all.push(format!("GET {target}\r\n"));
            all.push(format!("GET {target} HTTP/1.0\r\n"));
            for method in ["HEAD", "POST", "OPTIONS", "TRACE", "BREW"] {
                all.push(format!("{method} {target} HTTP/1.1\r\nHost: a\r\n"));
            }
        }
    }
    for path in ["/sub", "/nope"] {
        all.push(format!("GET{x} {path} HTTP/1.1\r\nHost: a\r\n"));
        all.push(format!("{x} {path} HTTP/1.1\r\nHost: a\r\n"));
        all.push(format!("GET {path} HTTP/1.1{x}\r\nHost: a\r\n"));
        all.push(format!("GET {path} {x}\r\nHost: a\r\n"));
        all.push(format!("GET {path} HTTP/1.1\r\nHost: a{x}\r\n"));
        all.push(format!("GET {path} HTTP/1.1\r\nHost: {x}\r\n"));
    }
    for fields in [
        "{}: y",
        "X-{}",
        "Expect: {}",
        "Upgrade: {}\r\nConnection: {}",
        "Transfer-Encoding: {}",
        "Content-Length: {}",
        "Range: bytes=0-1,3-4{}\r\nUser-Agent: {}",
        "If-None-Match: {}\r\nIf-Range: {}",
    ] {
        let fields = fields.replace("{}", x);
        all.push(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    }
    all.into_iter().map(|head| head + "Connection: close\r\n\r\n").collect()
}

/// A site with line ends and markup in its file names.
fn site(profile: &Profile) -> MemorySite<'_> {
    let mut site = MemorySite::new(profile)
        .with_file("sub/a", b"a")
        .with_file("d\r\nX-Injected: yes/a", b"a")
        .with_file("<script>x</script>/a", b"a");
    for file in [
        "index.html",
        "f\r\nX-Injected: yes",
        "f\nX-Injected: yes.bin",
        "q\".html",
        "<script>",
    ] {
        site = site.with_file(file, b"0123456789");
    }
    site
}

/// Those names as targets.
const NAMES: &[&str] = &[
    "/d%0d%0aX-Injected:%20yes",
    "/f%0d%0aX-Injected:%20yes",
    "/f%0aX-Injected:%20yes.bin",
    "/q%22.html",
    "/%3Cscript%3E",
    "/%3Cscript%3Ex%3C/script%3E",
];

/// Splits what was received into response heads and bodies.
fn replies(got: &[u8]) -> Vec<(&[u8], &[u8])> {
    let starts: Vec<usize> = memchr::memmem::find_iter(got, b"HTTP/1.")
        .filter(|at| *at == 0 || got[..*at].ends_with(b"\n") || got[..*at].ends_with(b">"))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([got.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| {
            let reply = &got[*start..end];
            let head = memchr::memmem::find(reply, b"\r\n\r\n")?;
            Some((&reply[..head], &reply[head + 4..]))
        })
        .collect()
}

fn field<'h>(head: &'h [u8], name: &str) -> Option<&'h [u8]> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name.as_bytes()).then_some(value)
    })
}

fn check(profile: &Profile, request: &[u8], got: &[u8]) {
    let shown = || {
        format!(
            "{} under {}:\n{}",
            request.escape_ascii(),
            profile.name,
            got.escape_ascii()
        )
    };
    for (head, body) in replies(got) {
        for line in head.split(|b| matches!(b, b'\r' | b'\n')) {
            assert!(
                !line.trim_ascii_start().starts_with(b"X-Injected"),
                "the client injected a line: {}",
                shown()
            );
        }
        assert!(!head.contains(&0), "a NUL in a head: {}", shown());
        let is_page = field(head, "Content-Type:").is_some_and(|kind| kind.windows(4).any(|four| four == b"html"));
        if is_page && body != b"0123456789" {
            let markup = memchr::memmem::find(body, b"<script").is_some();
            assert!(!markup, "the client injected markup: {}", shown());
        }
    }
}

#[test]
fn no_request_injects_a_line_or_markup_into_a_response() {
    for profile in profiles() {
        let site = site(&profile);
        let mut count = 0;
        let mut try_one = |request: &[u8]| {
            count += 1;
            check(&profile, request, &ask(&profile, &site, request));
        };
        for x in LINE_ENDS.iter().chain(MARKUP) {
            for request in requests(x) {
                try_one(request.as_bytes());
            }
        }
        for name in NAMES {
            for fields in [
                "",
                "Range: bytes=0-1,3-4\r\n",
                "Range: bytes=90-\r\n",
                "If-Match: \"x\"\r\n",
            ] {
                for target in [
                    (*name).to_owned(),
                    format!("{name}/"),
                    format!("{name}/x"),
                    format!("{name}?{name}"),
                ] {
                    for method in ["GET", "POST", "OPTIONS"] {
                        let head =
                            format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}Connection: close\r\n\r\n");
                        try_one(head.as_bytes());
                    }
                }
            }
        }
        assert!(count > 2_000, "{count} requests");
    }
}
