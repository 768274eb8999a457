//! The files of the page, compiled into the program.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};

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

/// Every file of the page.
const ASSETS: &[Asset] = &[
    asset!("index.html"),
    asset!("api.js"),
    asset!("connection.js"),
    asset!("detail.js"),
    asset!("dom.js"),
    asset!("draw.js"),
    asset!("exchange.js"),
    asset!("export.js"),
    asset!("faults.js"),
    asset!("har.js"),
    asset!("i18n.js"),
    asset!("icon.svg"),
    asset!("keys.js"),
    asset!("ladder.js"),
    asset!("lanes.js"),
    asset!("main.js"),
    asset!("messages.js"),
    asset!("pens.js"),
    asset!("picture.js"),
    asset!("pointer.js"),
    asset!("scene.js"),
    asset!("setting.js"),
    asset!("settings.js"),
    asset!("store.js"),
    asset!("style.css"),
    asset!("table.js"),
    asset!("tabs.js"),
    asset!("theme.js"),
    asset!("time.js"),
    asset!("token.js"),
    asset!("view.js"),
    asset!("wire.js"),
    asset!("words.js"),
];

/// The response for the file at `path`; `None` if there is no such file.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    let mut hasher = DefaultHasher::new();
    asset.bytes.hash(&mut hasher);
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
        (fields, asset.bytes).into_response()
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
    use labserve_core::decide::TraceMessage;

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
        let mut inside: Vec<&str> = ASSETS.iter().map(|asset| asset.path).collect();
        found.sort();
        inside.sort_unstable();
        assert_eq!(inside, found);
        for asset in ASSETS {
            assert_ne!(media_type(asset.path), "application/octet-stream", "{}", asset.path);
        }
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
    fn the_page_knows_every_sentence_in_the_same_words() {
        let table = include_str!("web/messages.js");
        for said in TraceMessage::ALL {
            let line = format!("\"said.{}\": [\"{}\", \"", said.name(), said.english());
            assert!(table.contains(&line), "messages.js lacks {line}");
        }
    }

    #[test]
    fn the_page_knows_every_fault_in_chinese() {
        let table = include_str!("web/faults.js");
        let told: Vec<_> = table
            .lines()
            .filter_map(|line| line.trim().split_once(": \""))
            .map(|(key, _)| key)
            .collect();
        let known: Vec<_> = labserve_core::http1::Fault::ALL
            .iter()
            .map(|fault| fault.key())
            .collect();
        assert_eq!(told, known);
    }
}
