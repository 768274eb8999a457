use super::*;

struct Sample;

impl Values for Sample {
    fn number(&self, placeholder: Placeholder) -> Option<i128> {
        match placeholder {
            Placeholder::Size => Some(682),
            Placeholder::Filetime => Some(0x01da_0bde_3071_f1b0),
            _ => None,
        }
    }
    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
        match placeholder {
            Placeholder::Path => out.extend_from_slice("/a b/<é>".as_bytes()),
            Placeholder::Name => out.extend_from_slice(b"a.txt"),
            _ => return false,
        }
        true
    }
    fn digest(&self, about: About, digest: Digest, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(format!("{about:?} {digest:?}").as_bytes());
        true
    }
}

fn render(source: &str) -> Option<String> {
    let mut out = Vec::new();
    let template = Template::parse(source).expect("a good template");
    template
        .render(&Sample, &mut out)
        .then(|| String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn placeholders_filters_and_braces() {
    for (source, want) in [
        ("", Some("")),
        ("W/\"{size:x}\"", Some("W/\"2aa\"")),
        ("{size:base36}", Some("iy")),
        ("{name:md5}", Some("a5e54d1fd7bb69a228ef0dcd2431367e")),
        ("{name:sha1}", Some("cfc7b4885384957ae445bc14914d4588f607651c")),
        (
            "{name:sha256:first128:upper}",
            Some("18B7CB099A9EA3F50BA899B5BA81E0D377A5F3B16F8F6EEB8B3E58CD4692B993"),
        ),
        (
            "{name:sha512}",
            Some(concat!(
                "dd89cb0e3a3316519811012c01746c22166db3819db1f3a8db6a2ff8ee8c42bc",
                "99eee8e60c16b5cb34b6e0b25a46b3d40ea29c039efe5e917f6b152a93ebda72"
            )),
        ),
        ("\"{filetime:bytes}:0\"", Some("\"b0f17130debda1:0\"")),
        ("{path:encode:html}", Some("/a%20b/%3C%C3%A9%3E")),
        ("{path:html-text}", Some("/a b/&lt;é&gt;")),
        ("x{etag}", None),
        (
            "\"{content:md5}-{etag_text:sha1:upper}\"",
            Some("\"Content Md5-ETAGTEXT SHA1\""),
        ),
        ("{content}", None),
        ("{content:upper:md5}", None),
        ("{name:if-ascii}", Some("a.txt")),
        ("{name:if-beyond-ascii}", None),
        ("{path:drop-beyond-ascii}", Some("/a b/<>")),
        ("body{margin:0;} {{size}", Some("body{margin:0;} {size}")),
    ] {
        assert_eq!(render(source).as_deref(), want, "{source}");
    }
}

#[test]
fn mistakes_are_explained() {
    for (source, part) in [
        ("{sise}", "did you mean `size`"),
        ("{size:hexx}", "unknown filter"),
        ("{name:x}", "applies to numbers"),
    ] {
        let error = Template::parse(source).expect_err(source);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_value_that_would_end_the_line_leaves_the_line_out() {
    struct Hostile;
    impl Values for Hostile {
        fn number(&self, _: Placeholder) -> Option<i128> {
            Some(7)
        }
        fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool {
            let date = matches!(placeholder, Placeholder::Date | Placeholder::LastModified);
            out.extend_from_slice(if date { b"a date" } else { b"a\r\nb: c" });
            true
        }
    }
    for (placeholder, name, _) in Placeholder::ALL {
        let mut out = Vec::new();
        let template = Template::parse(&format!("x: {{{name}}}")).expect("a good template");
        template.render_line(&Hostile, &mut out);
        let want: &[u8] = match placeholder {
            Placeholder::Date | Placeholder::LastModified => b"x: a date\r\n",
            _ if placeholder.is_number() => b"x: 7\r\n",
            _ => b"",
        };
        assert_eq!(out, want, "{name}");
    }
}
