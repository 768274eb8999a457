//! The cost of each step of a request, by profile: scan the head, decide, render the response head.
//!
//!     cargo bench --bench request_path

#![allow(clippy::expect_used, clippy::panic, reason = "as in a test")]

use divan::{Bencher, black_box};
use labserve_core::decide::{self, Route};
use labserve_core::facts::{FileFacts, FileId, Found};
use labserve_core::http1::{Head, Request, Scan, head};
use labserve_core::profile::{Profile, layers};
use labserve_core::render::{ConnectionContext, RenderContext, Reply};
use std::sync::Arc;

const PROFILES: [&str; 5] = ["nginx", "node", "django", "apache", "rfc"];

const SHORT: &[u8] = b"GET /static/style1.css HTTP/1.1\r\nHost: 127.0.0.1:8084\r\n\r\n";

const BROWSER: &[u8] = b"GET /static/style1.css HTTP/1.1\r\nHost: 127.0.0.1:8084\r\nConnection: keep-alive\r\n\
sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n\
sec-ch-ua-platform: \"Linux\"\r\nAccept: text/css,*/*;q=0.1\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\n\
Sec-Fetch-Dest: style\r\nReferer: http://127.0.0.1:8084/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9\r\nIf-Modified-Since: Fri, 31 Dec 2100 00:00:00 GMT\r\n\r\n";

fn main() {
    divan::main();
}

fn profile(name: &str) -> Profile {
    layers::load(name).expect("a profile")
}

fn scanned(bytes: &[u8], profile: &Profile) -> Head {
    match head::scan(bytes, &profile.head) {
        Scan::Complete(head) => head,
        other => panic!("not complete: {other:?}"),
    }
}

fn file(profile: &Profile) -> Arc<FileFacts> {
    let id = FileId {
        size: 666,
        mtime_secs: 1_698_766_276,
        ..FileId::default()
    };
    Arc::new(FileFacts::new("static/style1.css", 0x1234_5678, id, &profile.types))
}

#[divan::bench(args = PROFILES)]
fn scan_short(bencher: Bencher<'_, '_>, name: &str) {
    let profile = profile(name);
    bencher.bench(|| head::scan(black_box(SHORT), &profile.head));
}

#[divan::bench(args = PROFILES)]
fn scan_browser(bencher: Bencher<'_, '_>, name: &str) {
    let profile = profile(name);
    bencher.bench(|| head::scan(black_box(BROWSER), &profile.head));
}

#[divan::bench(args = PROFILES)]
fn route(bencher: Bencher<'_, '_>, name: &str) {
    let profile = profile(name);
    let head = scanned(SHORT, &profile);
    let request = Request::new(SHORT, &head);
    bencher.bench(|| match decide::route(&profile, black_box(&request), &[]) {
        Route::Lookup(located) => located,
        answer @ Route::Respond(_) => panic!("{answer:?}"),
    });
}

#[divan::bench(args = PROFILES)]
fn decide_browser(bencher: Bencher<'_, '_>, name: &str) {
    let profile = profile(name);
    let (head, file) = (scanned(BROWSER, &profile), file(&profile));
    let request = Request::new(BROWSER, &head);
    let context = RenderContext::at(1_800_000_000);
    let found = || Found::File(Arc::clone(&file));
    bencher.bench(|| {
        decide::file_reply(&profile, black_box(&request), found(), None, &context)
            .response
            .status
    });
}

#[divan::bench(args = PROFILES)]
fn render(bencher: Bencher<'_, '_>, name: &str) {
    let profile = profile(name);
    let (head, file) = (scanned(SHORT, &profile), file(&profile));
    let request = Request::new(SHORT, &head);
    let context = RenderContext::at(1_800_000_000);
    let reply: Reply<'_> = decide::file_reply(&profile, &request, Found::File(file), None, &context);
    let connection = ConnectionContext {
        local: ([127, 0, 0, 1], 8084).into(),
        remaining: Some(99),
        connection_fields: &profile.connection.keep_fields,
        chunked: false,
        render: context,
    };
    let (mut head, mut page) = (Vec::with_capacity(1024), Vec::new());
    bencher.bench_local(|| {
        head.clear();
        reply.render(Some(&request), &connection, &mut head, &mut page);
        head.len()
    });
}
