//! The catalogue of sentences: complete in both languages, without unused sentences, and with one word for each
//! concept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use labserve_capture::{FindingMsg, Msg};
use labserve_core::close_reason::CloseReason;
use labserve_core::decide::TraceMessage;
use labserve_core::http1::{Fault, OtherProtocol};
use labserve_core::locale::{Lang, catalogue, pairs, placeholders};
use labserve_core::profile::builtin;
use labserve_probe::visit::Seen;

use super::chinese::{english_in, is_chinese};

/// Chinese synonyms that are not used, each with the word to use instead.
const ONE_WORD_FOR_ONE_THING: &[(&str, &str)] = &[
    ("应答", "响应"),
    ("回应", "响应"),
    ("回答", "响应"),
    ("宣告", "声明"),
    ("配置档", "配置"),
    ("旋钮", "参数"),
    ("持久连接", "长连接"),
    ("计时器", "定时器"),
    ("请求体", "请求正文"),
    ("请求首部", "请求头"),
    ("响应首部", "响应头"),
    ("应答头", "响应头"),
    ("结束方", "关闭方"),
    ("个连接", "条连接"),
    ("三次挥手", "四次挥手"),
    ("归还套接字", "占用套接字"),
    ("像哪一种服务器", "识别服务器"),
    ("所见：", "看到"),
    ("对方", "另一端"),
    ("我方", "本端"),
    ("缺陷", "错误"),
];

/// Parts of messages whose English text is not in the sources: those of the argument parser, of operating systems, and
/// those that are composed of single words.
const FOREIGN: &[&str] = &[
    "(os error ",
    "install Wireshark, or",
    "unknown placeholder",
    "Print help",
    "Print version",
    "Print this message",
    "Usage:",
    "Commands:",
    "Arguments:",
    "Options:",
];

#[test]
fn every_sentence_exists_in_both_languages_with_the_same_placeholders() {
    let (english, chinese) = (catalogue(Lang::En), catalogue(Lang::Zh));
    assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
    for (id, text) in english {
        let translated = &chinese[id];
        assert!(!text.is_empty() && !translated.is_empty(), "{id}");
        assert_eq!(placeholders(text), placeholders(translated), "{id}");
        assert!(!text.chars().any(is_chinese), "{id} in English: {text}");
        for text in [text, translated] {
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{id}: {text}");
        }
    }
}

#[test]
fn every_sentence_is_used_and_every_id_that_is_used_exists() {
    let page = page_ids();
    let mut used: BTreeSet<String> = page.named.clone();
    used.extend(ids(
        OtherProtocol::TABLE,
        OtherProtocol::ALL.iter().map(|protocol| protocol.key()),
    ));
    used.extend(ids(Fault::TABLE, Fault::ALL.iter().map(|fault| fault.key())));
    used.extend(ids(
        CloseReason::TABLE,
        CloseReason::ALL.iter().map(|reason| reason.key()),
    ));
    used.extend(ids(
        TraceMessage::TABLE,
        TraceMessage::ALL.iter().map(|message| message.key()),
    ));
    used.extend(ids(Seen::TABLE, Seen::ALL.iter().map(|seen| seen.key())));
    used.extend(ids(Msg::TABLE, Msg::ALL.iter().map(|msg| msg.key())));
    used.extend(ids(FindingMsg::TABLE, FindingMsg::ALL.iter().map(|msg| msg.key())));
    used.extend(builtin::names().flat_map(|name| ["shows", "why"].map(|key| format!("profile.{name}.{key}"))));
    // The timeline's own tests check that these are the sentences of its settings.
    used.extend(
        catalogue(Lang::En)
            .keys()
            .filter(|id| id.starts_with("setting."))
            .cloned(),
    );
    let known: BTreeSet<String> = catalogue(Lang::En).keys().cloned().collect();
    let missing: Vec<&String> = used.difference(&known).collect();
    assert!(missing.is_empty(), "not in the catalogue: {missing:?}");
    let unused: Vec<&String> = known.difference(&used).filter(|id| !page.mentions(id)).collect();
    assert!(unused.is_empty(), "never shown: {unused:?}");
}

#[test]
fn the_chinese_has_one_word_for_one_thing_and_full_width_punctuation() {
    let messages = pairs().iter().map(|(english, chinese)| (english, chinese));
    for (id, text) in catalogue(Lang::Zh).iter().chain(messages) {
        for (other, word) in ONE_WORD_FOR_ONE_THING {
            assert!(!text.contains(other), "{id}: {word}, not {other}, in {text}");
        }
        // 序号 is reserved for TCP sequence numbers.
        assert_eq!(
            text.matches("序号").count(),
            text.matches("序号 Seq").count(),
            "{id}: {text}"
        );
        let chars: Vec<char> = text.chars().collect();
        for pair in chars.windows(2) {
            let is_half_width = |c: char| ",;:?!()".contains(c);
            let clash = is_chinese(pair[0]) && is_half_width(pair[1]) || is_half_width(pair[0]) && is_chinese(pair[1]);
            // The question mark of a choice by number, `{count?..|..}`, is part of the notation.
            assert!(!clash || pair[0] == '?', "{id}: half-width punctuation in {text}");
        }
    }
}

/// Names of values in braces do not count as words.
#[test]
fn the_chinese_has_no_english() {
    let messages = pairs().iter().map(|(english, chinese)| (english, chinese));
    let mut found = Vec::new();
    for (id, text) in catalogue(Lang::Zh).iter().chain(messages) {
        let text: String = text.split(['{', '}']).step_by(2).collect::<Vec<_>>().join("，");
        let words = english_in(&text).into_iter();
        found.extend(words.map(|word| format!("{word} in {id}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The guide uses the same words.
#[test]
fn the_guide_in_chinese_has_one_word_for_one_thing() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.zh-CN.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    // A report answers questions, so that word is allowed.
    for (other, word) in ONE_WORD_FOR_ONE_THING.iter().filter(|(other, _)| *other != "回答") {
        assert!(!guide.contains(other), "{word}, not {other}");
    }
}

/// A message that is no longer in the sources must be removed from `locale/messages.toml`.
#[test]
fn every_message_that_is_translated_is_in_the_sources() {
    let mut sources = String::new();
    for folder in ["src", "crates", "profiles"] {
        read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
    let joined: String = sources.split("\\\n").map(str::trim_start).collect::<Vec<_>>().concat();
    let sources = joined
        .replace("\\\"", "\"")
        .replace("\n    /// ", " ")
        .replace("\\n", "\n");
    let mut stale = Vec::new();
    for (english, _) in pairs() {
        // Parts of a message are often composed: two words in a row are enough.
        let parts = english
            .split(['{', '}'])
            .step_by(2)
            .map(|part| part.trim_matches([' ', ',', ':']))
            .filter(|part| !part.is_empty());
        let mut runs = parts.flat_map(|part| {
            let words: Vec<&str> = part.split(' ').collect();
            words
                .windows(words.len().min(2))
                .map(|run| run.join(" "))
                .collect::<Vec<_>>()
        });
        let is_foreign = FOREIGN.iter().any(|foreign| english.contains(foreign));
        if !is_foreign && !runs.any(|run| sources.contains(&run)) {
            stale.push(english.clone());
        }
    }
    assert!(stale.is_empty(), "in no source file: {stale:#?}");
}

fn read_sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "toml") {
            into.push_str(&std::fs::read_to_string(&path).expect("a source file"));
        }
    }
}

fn ids<'k>(table: &str, keys: impl Iterator<Item = &'k str>) -> Vec<String> {
    keys.map(|key| format!("{table}.{key}")).collect()
}

/// The sentence ids in the sources of the timeline's page.
#[derive(Default)]
struct PageIds {
    /// Known ids: arguments of `t` and values of `data-t` attributes.
    named: BTreeSet<String>,
    /// All other quoted texts, which may be ids.
    quoted: BTreeSet<String>,
    /// The prefixes of ids that end in a value: `status.` for `status.${state}`.
    begun: BTreeSet<String>,
}

impl PageIds {
    fn mentions(&self, id: &str) -> bool {
        let own = id.strip_prefix("page.").unwrap_or(id);
        self.quoted.contains(own) || self.begun.iter().any(|begun| own.starts_with(begun.as_str()))
    }
}

fn page_ids() -> PageIds {
    let known: BTreeMap<&str, &String> = catalogue(Lang::En)
        .keys()
        .map(|id| (id.strip_prefix("page.").unwrap_or(id), id))
        .collect();
    let full = |id: &str| known.get(id).map_or_else(|| id.to_owned(), |full| (*full).clone());
    let mut found = PageIds::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/timeline/src/web");
    for entry in std::fs::read_dir(&folder).expect("the page").flatten() {
        let Ok(source) = std::fs::read_to_string(entry.path()) else {
            continue;
        };
        let mut before = "";
        for (at, part) in source.split('"').enumerate() {
            // Every second part is inside quotes.
            if at % 2 == 1 {
                found.quoted.insert(part.to_owned());
                let name = before.rsplit(' ').next().unwrap_or_default();
                let is_attribute = name == "data-t=" || name.starts_with("data-t-");
                let is_argument = before
                    .strip_suffix("t(")
                    .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '.'));
                if is_attribute || is_argument {
                    found.named.insert(full(part));
                }
            }
            before = part;
        }
        for part in source.split('`').skip(1).step_by(2) {
            if let Some((begun, _)) = part.split_once("${").filter(|(begun, _)| begun.ends_with('.')) {
                found.begun.insert(begun.to_owned());
            }
        }
    }
    found
}
