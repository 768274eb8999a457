//! The structure of the page, for captures that are built in code.

use super::*;
use crate::render::sample::{self, Pcap};
use crate::test_profiles::built_ins;
use crate::{Detail, Options, explain, explain_bytes};

fn page(capture: &[u8], lang: Lang) -> String {
    let options = Options {
        detail: Detail::All,
        ..Options::default()
    };
    render(&explain(capture, &options, built_ins()).expect("a capture"), lang)
}

/// How often a text occurs in a page.
fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

/// The text between the first occurrence of `from` and the next occurrence of `to`.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let after = page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}")).1;
    after.split_once(to).unwrap_or_else(|| panic!("no {to} after {from}")).0
}

#[test]
fn a_connection_has_a_lane_a_table_and_a_ladder() {
    let page = page(&sample::visit(), Lang::En);
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    let timeline = between(&page, "class=\"timeline\"", "class=\"legend\"");
    assert_eq!(count(timeline, "href=\"#s0\""), 1);
    assert_eq!(
        count(timeline, "<title>1. GET / HTTP/1.1 -&gt; HTTP/1.1 200 OK</title>"),
        1,
        "{timeline}"
    );
    assert_eq!(count(timeline, "mark fin"), 2, "both FINs are marked");
    // Bytes of the request, Seq after it, bytes of the response, Seq after that.
    let row = between(&page, "<code>GET /</code>", "</tr>");
    for cell in ["<code>200 OK</code>", ">35<", ">36<", ">140 (40 head + 100)<", ">141<"] {
        assert_eq!(count(row, cell), 1, "{cell} in {row}");
    }
    // SYN, SYN/ACK, ACK; request, ACK, response, ACK, twice; FIN, ACK, FIN, ACK.
    for (phase, arrows) in [
        ("handshake", 3),
        ("request", 2),
        ("response", 2),
        ("end", 4),
        ("ack", 4),
    ] {
        assert_eq!(
            count(&page, &format!("<g class=\"frame {phase}\" id=")),
            arrows,
            "{phase}"
        );
    }
    let first = between(&page, "id=\"f4\"", "</g>");
    for text in [
        "<tspan class=\"flags\">PSH, ACK</tspan>",
        " Seq=1 Ack=1 Len=35",
        ">0.000300<",
        "url(#head-request)",
    ] {
        assert_eq!(count(first, text), 1, "{text} in {first}");
    }
    assert_eq!(count(&page, ">5.000 s later<"), 1, "the ladder shows the idle period");
}

#[test]
fn evidence_links_to_frames_that_are_drawn() {
    for capture in [
        sample::visit(),
        sample::adversarial(),
        sample::large(),
        sample::many(90),
    ] {
        let page = page(&capture, Lang::En);
        let links: Vec<&str> = page
            .split("href=\"#")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(links.len() > 4);
        for link in links {
            assert_eq!(count(&page, &format!("id=\"{link}\"")), 1, "{link}");
        }
    }
}

#[test]
fn text_from_the_wire_is_escaped() {
    for lang in [Lang::En, Lang::Zh] {
        let page = page(&sample::adversarial(), lang);
        assert!(count(&page, "&lt;script&gt;alert(1)&lt;/script&gt;") > 2, "it is shown");
        for markup in ["<script", "<img", "<b ", "</pre><img", "\x1b", "onload=\""] {
            assert_eq!(count(&page, markup), 0, "{markup}");
        }
        assert!(page.contains("\\u{1b}[31m"), "control characters are escaped");
    }
}

#[test]
fn a_page_loads_nothing() {
    let page = page(&sample::visit(), Lang::En);
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
    for foreign in [
        "src=",
        "href=\"http",
        "url(h",
        "@import",
        "@font-face",
        "<link",
        "<script",
    ] {
        assert_eq!(count(&page, foreign), 0, "{foreign}");
    }
    for needed in ["prefers-color-scheme: dark", "@media print", "name=\"viewport\""] {
        assert_eq!(count(&page, needed), 1, "{needed}");
    }
}

#[test]
fn a_page_in_chinese_is_chinese() {
    let page = page(&sample::visit(), Lang::Zh);
    assert!(
        page.contains("<html lang=\"zh-CN\">") && page.contains("<h1>抓包解读</h1>") && page.contains("5.000 s 之后")
    );
    for english in ["Connection 0", "frames not drawn", "never used", "Timeline", "later<"] {
        assert_eq!(count(&page, english), 0, "{english}");
    }
}

#[test]
fn a_page_names_its_capture() {
    let names = |count: usize| (1..=count).map(|n| format!("{n}<i>.pcap")).collect::<Vec<_>>();
    for (lang, files, title, heading) in [
        (Lang::En, 0, "What this capture shows", "What this capture shows"),
        (
            Lang::En,
            1,
            "What 1&lt;i&gt;.pcap shows",
            "What <code>1&lt;i&gt;.pcap</code> shows",
        ),
        (
            Lang::Zh,
            2,
            "抓包解读：1&lt;i&gt;.pcap, 2&lt;i&gt;.pcap",
            "抓包解读：<code>1&lt;i&gt;.pcap, 2&lt;i&gt;.pcap</code>",
        ),
    ] {
        let options = Options {
            names: names(files),
            ..Options::default()
        };
        let capture = explain(sample::visit().as_slice(), &options, built_ins()).expect("a capture");
        let page = render(&capture, lang);
        assert_eq!(between(&page, "<title>", "</title>"), title);
        assert_eq!(between(&page, "<h1>", "</h1>"), heading);
    }
}

#[test]
fn a_long_response_is_drawn_in_part() {
    let capture = explain_bytes(&sample::large(), built_ins()).expect("a capture");
    let frames = capture.connections[0].frames.len();
    let page = render(&capture, Lang::En);
    let drawn = count(&page, "\" id=\"f");
    assert!(frames > 500 && drawn < 60, "{drawn} of {frames}");
    let left_out: usize = between(&page, "class=\"left-out\"", " frames not drawn")
        .rsplit('>')
        .next()
        .and_then(|count| count.parse().ok())
        .expect("a count");
    assert_eq!(drawn + left_out, frames, "every frame is drawn or counted");
}

#[test]
fn a_page_is_bounded() {
    let page = page(&sample::many(400), Lang::En);
    assert!(page.len() < 3 << 20, "{} bytes", page.len());
    assert_eq!(count(&page, "<section class=\"connection\""), 60);
    assert!(page.contains("340 more connections not laid out here"));
    assert!(page.contains("320 more connections not drawn."));
}

#[test]
fn an_empty_capture_gets_a_page() {
    let page = page(&Pcap::default().bytes(), Lang::En);
    assert!(page.contains("None of its frames is TCP.") && page.ends_with("</html>"));
}
