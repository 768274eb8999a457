//! The files of the page, compiled into the program, and the sentences that it shows.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use labserve_core::locale::{Lang, catalogue};
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

/// A file of the page.
struct Asset {
    /// The path below `web/`.
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($path:literal) => {
        Asset {
            path: $path,
            bytes: include_bytes!(concat!("web/", $path)),
        }
    };
}

/// Every file of the page except the page itself.
const ASSETS: &[Asset] = &[
    asset!("announced.js"),
    asset!("api.js"),
    asset!("axis.js"),
    asset!("capture.js"),
    asset!("connection.js"),
    asset!("detail.js"),
    asset!("dom.js"),
    asset!("draw.js"),
    asset!("exchange.js"),
    asset!("export.js"),
    asset!("har.js"),
    asset!("i18n.js"),
    asset!("icon.svg"),
    asset!("keys.js"),
    asset!("labels.js"),
    asset!("ladder.js"),
    asset!("lanes.js"),
    asset!("later.js"),
    asset!("main.js"),
    asset!("past.js"),
    asset!("pens.js"),
    asset!("picture.js"),
    asset!("pointer.js"),
    asset!("scene.js"),
    asset!("servers.js"),
    asset!("session.js"),
    asset!("setting.js"),
    asset!("settings.js"),
    asset!("split.js"),
    asset!("sse.js"),
    asset!("store.js"),
    asset!("style.css"),
    asset!("table.js"),
    asset!("tabs.js"),
    asset!("text.js"),
    asset!("theme.js"),
    asset!("time.js"),
    asset!("token.js"),
    asset!("tooltip.js"),
    asset!("view.js"),
    asset!("wire.js"),
    asset!("words.js"),
];

/// The path of the module with the sentences. It is generated from the catalogue and is not a file.
const SENTENCES_PATH: &str = "locale.js";

/// The sentences of the page by language and id. They are a module, so that the page has them before it draws anything.
static SENTENCES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let languages: Map<String, Value> = Lang::ALL
        .into_iter()
        .map(|lang| (lang.tag().to_owned(), sentences(lang).into()))
        .collect();
    format!("export default {};\n", Value::from(languages)).into_bytes()
});

/// The sentences that the page shows: all except those of `explain`. The page's own ids do not start with `page.`.
fn sentences(lang: Lang) -> Map<String, Value> {
    let shown = catalogue(lang).iter().filter(|(id, _)| !id.starts_with("explain."));
    shown
        .map(|(id, text)| (id.trim_start_matches("page.").to_owned(), text.as_str().into()))
        .collect()
}

/// The path of the page itself.
const PAGE_PATH: &str = "index.html";

/// The page, which lists all modules, so that a browser fetches them at once instead of one after another.
static PAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let modules = ASSETS.iter().map(|asset| asset.path).chain([SENTENCES_PATH]);
    let links = modules
        .filter(|path| path.rsplit_once('.').is_some_and(|(_, kind)| kind == "js"))
        .map(|path| format!("  <link rel=\"modulepreload\" href=\"web/{path}\">\n"));
    let page = include_str!("web/index.html");
    page.replacen("</head>\n", &format!("{}</head>\n", links.collect::<String>()), 1)
        .into_bytes()
});

fn bytes(path: &str) -> Option<&'static [u8]> {
    match path {
        SENTENCES_PATH => Some(&SENTENCES),
        PAGE_PATH => Some(&PAGE),
        _ => ASSETS.iter().find(|asset| asset.path == path).map(|asset| asset.bytes),
    }
}

/// The response for the file at `path`; `None` if there is no such file.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let bytes = bytes(path)?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        // The compression layer makes the tag of a compressed response weak (RFC 9110, section 8.8.1).
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let fields = [
        (header::CONTENT_TYPE, media_type(path).to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, etag),
    ];
    Some(if is_known {
        (StatusCode::NOT_MODIFIED, fields).into_response()
    } else {
        (fields, bytes).into_response()
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_inside_and_has_a_type() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
        let mut found = Vec::new();
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
                if entry.path().is_dir() {
                    directories.push(entry.path());
                } else {
                    let path = entry.path();
                    let name = path.strip_prefix(&root).expect("below the root");
                    found.push(name.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        let mut inside: Vec<&str> = ASSETS.iter().map(|asset| asset.path).chain([PAGE_PATH]).collect();
        found.sort();
        inside.sort_unstable();
        assert_eq!(inside, found);
        for asset in ASSETS {
            assert_ne!(media_type(asset.path), "application/octet-stream", "{}", asset.path);
        }
    }

    #[test]
    fn the_page_names_every_module() {
        let page = std::str::from_utf8(&PAGE).expect("UTF-8");
        let named = page.matches("<link rel=\"modulepreload\" href=\"web/").count();
        assert_eq!(
            named,
            ASSETS.iter().filter(|asset| asset.path.contains(".js")).count() + 1
        );
        assert!(page.contains("href=\"web/main.js\">") && page.contains("href=\"web/locale.js\">"));
    }

    #[test]
    fn a_file_that_is_known_is_not_sent_again() {
        let first = file("index.html", &HeaderMap::new()).expect("the page");
        let etag = first.headers()[header::ETAG].clone();
        let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, etag)]);
        let second = file("index.html", &again).expect("the page");
        assert_eq!(
            (first.status(), second.status()),
            (StatusCode::OK, StatusCode::NOT_MODIFIED)
        );
        assert!(file("../mod.rs", &HeaderMap::new()).is_none());
    }

    #[test]
    fn the_page_gets_the_sentences_in_every_language() {
        let script = std::str::from_utf8(&SENTENCES).expect("UTF-8");
        let json = script
            .strip_prefix("export default ")
            .and_then(|rest| rest.strip_suffix(";\n"));
        let sentences: Value = serde_json::from_str(json.expect("a default export")).expect("JSON");
        assert_eq!(sentences["en"]["tab.settings"], "Settings");
        assert_eq!(sentences["zh"]["close_reason.idle"], "限定时间内没有新的请求");
        assert_eq!(sentences["en"]["explain.title"], Value::Null);
    }
}
