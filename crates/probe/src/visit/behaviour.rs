//! The behaviour of a browser on its connections, as data.

use labserve_core::profile::units::{OFF, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! built_in {
    ($($name:literal)*) => {
        /// Name and text of every built-in behaviour, in the order in which they are listed.
        pub const BUILT_IN: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../browsers/", $name, ".toml"))),)*];
    };
}

built_in! { "chrome" "firefox" "edge" "ie" "curl" "report-1" "report-2" "report-3" "report-4" }

/// How a client loads a page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// What this was measured from, or what else it is based on.
    pub measured: String,
    /// How many connections to one server it uses at a time.
    pub connections: usize,
    /// A connection that it opens before it knows whether it needs one.
    pub spare: Option<Spare>,
    /// Which idle connection takes the next request.
    #[serde(default)]
    pub reuse: Reuse,
    /// Whether it loads what the page refers to.
    #[serde(default = "yes")]
    pub references: bool,
    /// When it asks for the icon of the page, `/favicon.ico` if the page names none.
    #[serde(default)]
    pub icon: Icon,
    /// When it asks for audio and video.
    #[serde(default)]
    pub media: Media,
    /// What it does on an idle connection when the server sends FIN.
    pub after_fin: AfterFin,
    /// Whether it closes an idle connection when the time of the server's `Keep-Alive: timeout=` is over.
    #[serde(default)]
    pub heeds_announcement: bool,
    /// The time without a request after which it closes a connection that it has used.
    #[serde(default)]
    pub idle: Span,
    /// The time after which it closes a connection that it has never used.
    #[serde(default)]
    pub unused: Span,
    /// How long the browser stays open after the page is loaded.
    pub stay: Span,
    /// Requests that always use the connection with this number, counted from 1.
    #[serde(default)]
    pub connection_of: BTreeMap<Kind, usize>,
    /// The field lines of the requests. A line with a placeholder that has no value is left out: `{authority}` is the host
    /// and port of the URL, `{page}` is the URL of the page, `{etag}` and `{modified}` are the validators of a cached file.
    /// `{last}` is the position of the last byte of a cached file, or nothing.
    pub fields: BTreeMap<Kind, Vec<String>>,
    /// The files that are in its cache at the start, by their targets.
    #[serde(default)]
    pub cached: BTreeMap<String, Cached>,
}

fn yes() -> bool {
    true
}

/// A connection that is opened speculatively.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spare {
    /// How long after the first connection it is opened.
    pub after: Span,
    /// Whether a request may use it.
    pub used: bool,
}

/// Which idle connection takes the next request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// The one that was opened first.
    #[default]
    Oldest,
    /// The one whose request was sent last. The end of its response does not matter, because on a busy machine that is
    /// random.
    Latest,
}

/// When the icon of a page is requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Icon {
    /// With each load, when everything else has arrived.
    #[default]
    Always,
    /// With the first load only.
    Once,
    /// Never.
    Never,
}

/// When audio and video are requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// Together with everything else that the page refers to.
    #[default]
    Together,
    /// When everything else has arrived.
    Last,
}

/// What a client does on an idle connection when the server sends FIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterFin {
    /// It sends its own FIN at once.
    Close,
    /// It leaves the connection half closed until the browser is closed.
    Wait,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The page.
    Document,
    /// A style sheet.
    Style,
    /// A script.
    Script,
    /// An image.
    Image,
    /// Audio or video.
    Media,
    /// The icon of the page.
    Icon,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Document,
        Self::Style,
        Self::Script,
        Self::Image,
        Self::Media,
        Self::Icon,
    ];
}

/// What a cache knows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cached {
    /// The entity tag.
    pub etag: Option<String>,
    /// The value of Last-Modified.
    pub modified: Option<String>,
    /// The size of the file.
    pub size: Option<u64>,
    /// The files that it refers to.
    pub refers: Vec<Reference>,
}

/// A file to which a page or a style sheet refers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// What it is for.
    pub kind: Kind,
    /// Its target.
    pub target: String,
}

impl Behaviour {
    /// The built-in behaviour with this name.
    ///
    /// # Errors
    /// No behaviour has this name. The message lists the names.
    pub fn built_in(name: &str) -> Result<Self, String> {
        let names = || BUILT_IN.iter().map(|(name, _)| *name);
        if !names().any(|known| known == name) {
            let near = labserve_core::profile::near(name, names());
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let all: Vec<&str> = names().collect();
            return Err(format!("got {name:?}; expected one of {}{hint}", all.join(", ")));
        }
        layered(name)?.try_into().map_err(|e| format!("{name}: {e}"))
    }

    /// The head of a GET request.
    pub fn head(&self, kind: Kind, target: &str, authority: &str, page: &str, cached: Option<&Cached>) -> String {
        let mut head = format!("GET {target} HTTP/1.1\r\n");
        let last = cached.and_then(|known| known.size).and_then(|size| size.checked_sub(1));
        let value = |name: &str| match name {
            "authority" => Some(authority.to_owned()),
            "page" => Some(page.to_owned()),
            "etag" => cached?.etag.clone(),
            "modified" => cached?.modified.clone(),
            "last" => Some(last.map_or_else(String::new, |last| last.to_string())),
            _ => None,
        };
        for line in self.fields.get(&kind).into_iter().flatten() {
            if let Some(line) = filled(line, value) {
                head.push_str(&line);
                head.push_str("\r\n");
            }
        }
        head.push_str("\r\n");
        head
    }
}

/// A text with its placeholders filled in; `None` if one of them has no value.
fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        done.push_str(before);
        done.push_str(&value(name)?);
        rest = after;
    }
    Some(done + rest)
}

/// The keys of a behaviour on top of those of the behaviour that `like` names. `fields` are replaced by kind, all other
/// keys as a whole; `"off"` removes a key.
fn layered(name: &str) -> Result<toml::Table, String> {
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let own: toml::Table = toml::from_str(text.unwrap_or_default()).map_err(|e| format!("{name}: {e}"))?;
    let mut all = match own.get("like").and_then(toml::Value::as_str) {
        Some(base) if base != name => layered(base)?,
        _ => toml::Table::new(),
    };
    for (key, value) in own {
        match (key.as_str(), all.get_mut(&key), value) {
            ("like", ..) => {}
            (_, _, toml::Value::String(off)) if off == OFF => {
                all.remove(&key);
            }
            ("fields", Some(toml::Value::Table(base)), toml::Value::Table(over)) => base.extend(over),
            (_, _, value) => {
                all.insert(key, value);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_is_complete() {
        for (name, _) in BUILT_IN {
            let behaviour = Behaviour::built_in(name).expect(name);
            assert!(!behaviour.measured.is_empty() && behaviour.connections > 0, "{name}");
            for kind in Kind::ALL {
                let known = Cached {
                    etag: Some("\"e\"".to_owned()),
                    modified: Some("Thu, 01 Jan 1970 00:00:00 GMT".to_owned()),
                    size: Some(10),
                    refers: Vec::new(),
                };
                for cached in [None, Some(&known)] {
                    let head = behaviour.head(kind, "/x", "a:1", "http://a:1/", cached);
                    assert!(head.contains("\r\nHost: a:1\r\n"), "{name} {kind:?}: {head}");
                    assert!(!head.contains('{'), "{name} {kind:?}: {head}");
                    assert_eq!(
                        head.matches("\r\n\r\n").count(),
                        1,
                        "one end of the head, {name} {kind:?}: {head}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_line_without_its_value_is_left_out() {
        let mut behaviour = Behaviour::built_in("curl").expect("a behaviour");
        let lines = ["Host: {authority}", "If-None-Match: {etag}", "Range: bytes=0-{last}"];
        behaviour.fields.insert(Kind::Media, lines.map(str::to_owned).to_vec());
        let head = |cached| behaviour.head(Kind::Media, "/a", "h", "p", cached);
        assert_eq!(head(None), "GET /a HTTP/1.1\r\nHost: h\r\nRange: bytes=0-\r\n\r\n");
        let known = Cached {
            etag: Some("\"e\"".to_owned()),
            modified: None,
            size: Some(10),
            refers: Vec::new(),
        };
        let want = "GET /a HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"e\"\r\nRange: bytes=0-9\r\n\r\n";
        assert_eq!(head(Some(&known)), want);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = Behaviour::built_in("fierfox").expect_err("no such behaviour");
        assert!(
            error.contains("chrome, firefox") && error.ends_with("did you mean firefox?"),
            "{error}"
        );
    }

    /// The report gives the sizes of five requests. The heads that Firefox 119 sent then, in Chinese and with the cache
    /// disabled, have these sizes if host and port together have 14 characters.
    #[test]
    fn the_requests_of_the_first_capture_have_its_sizes() {
        let behaviour = Behaviour::built_in("report-1").expect("a behaviour");
        for (kind, target, size) in [
            (Kind::Document, "/", 534),
            (Kind::Style, "/static/style1.css", 470),
            (Kind::Image, "/static/head.jpg", 475),
            (Kind::Media, "/static/BGM.wav", 547),
            (Kind::Icon, "/favicon.ico", 471),
        ] {
            let head = behaviour.head(kind, target, "127.0.0.1:3000", "http://127.0.0.1:3000/", None);
            assert_eq!(head.len(), size, "{head}");
        }
    }
}
