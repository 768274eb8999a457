//! Measures: facts that need several requests that depend on each other, not just one case.
//!
//! | measure | what it is |
//! |---|---|
//! | `line` | the longest request line, in bytes without its end |
//! | `field` | the longest field line |
//! | `fields` | the largest number of field lines, Host included |
//! | `head` | the longest head, from the request line to the empty line, in lines of up to 4 KB |
//! | `name` | the longest name in a path that is treated like a short one |
//! | `requests` | how many requests one connection serves |
//! | `unread-body` | the longest request body after which a request for a file still gets its response on the same connection |
//! | `late-byte-after-S-s` | what meets a byte that comes S seconds after the server's FIN: RST, or it is read |
//! | `type-EXTENSION` | the media type of files with this extension |
//! | `boundary` | the form of multipart boundaries, from three of them |
//! | `changing-fields` | which fields but Date differ between three responses to one request |

mod limits;
mod texts;

use crate::adapt::OrdinaryFile;
use crate::case::{Case, Step};
use crate::client::Client;
pub use crate::recording::Measure;
use crate::recording::Outcome;
use crate::simulate::Simulation;
use std::collections::BTreeMap;
use std::time::Duration;

/// The group that measures are in when recordings are compared.
pub const GROUP: &str = "measured";

/// What is measured: a server, or a profile in memory.
pub trait Subject: Sync {
    /// Plays a case; `None` if it cannot be played. `again` counts from 0 if a case is played several times to see what
    /// differs: a subject without real randomness draws other random numbers for each value.
    fn play(&self, case: &Case, again: u64) -> Option<Outcome>;

    /// The `HOST:PORT` that requests name.
    fn host(&self) -> String;

    /// Whether a byte that arrives this long after the server's FIN is answered with RST. `None` if that cannot be
    /// determined.
    fn resets_late_byte(&self, path: &str, after: Duration) -> Option<bool>;
}

impl Subject for Client {
    fn play(&self, case: &Case, _: u64) -> Option<Outcome> {
        Self::play(self, case).ok()
    }

    fn host(&self) -> String {
        self.server().to_string()
    }

    fn resets_late_byte(&self, path: &str, after: Duration) -> Option<bool> {
        self.late_byte(path, after)
    }
}

impl Subject for Simulation<'_> {
    fn play(&self, case: &Case, again: u64) -> Option<Outcome> {
        let simulation = self.drawing(again);
        let steps = crate::simulate::steps(case, &simulation.placeholders());
        Some(simulation.outcome(&simulation.run(&steps)))
    }

    fn host(&self) -> String {
        self.address().to_string()
    }

    /// The client in memory closes as soon as the server has ended the connection.
    fn resets_late_byte(&self, _: &str, _: Duration) -> Option<bool> {
        None
    }
}

/// Something that can be measured.
#[derive(Clone, Debug)]
pub struct Question {
    name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Limit(&'static limits::Limited),
    Requests,
    LateByte(Duration),
    Type(String),
    Boundary,
    ChangingFields,
}

impl Question {
    /// The name of the measure.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Measures the subject. With a file, that file is requested instead of those of the probe site. `None`: the
    /// subject does not answer, does not give the same answer each time, or has nothing of this kind.
    ///
    /// ```
    /// use labserve_core::profile::layers;
    /// use labserve_probe::{measure, simulate::Simulation};
    ///
    /// let profile = layers::load("apache").expect("a built-in profile");
    /// let simulation = Simulation::new(&profile, "127.0.0.1:18081".parse().expect("an address"));
    /// let questions = measure::questions();
    /// let line = questions.iter().find(|question| question.name() == "line").expect("a question");
    /// let found = line.measure(&simulation, None).expect("a limit");
    /// assert!(found.to_string().contains("414"), "{found}");
    /// ```
    pub fn measure(&self, subject: &dyn Subject, file: Option<&OrdinaryFile>) -> Option<Measure> {
        let asked = Asked::new(subject, file);
        let text = |text: String| Measure::Text { text };
        match &self.kind {
            Kind::Limit(limit) => limits::limit(&asked, limit),
            Kind::Requests => limits::requests(&asked),
            Kind::LateByte(after) => {
                let meets = |resets| if resets { "RST" } else { "it is read" };
                subject
                    .resets_late_byte(asked.path, *after)
                    .map(|resets| text(meets(resets).to_owned()))
            }
            Kind::Type(_) if file.is_some() => None,
            Kind::Type(path) => texts::media_type(&asked, path).map(text),
            Kind::Boundary => texts::boundary(&asked).map(text),
            Kind::ChangingFields => texts::changing_fields(&asked).map(text),
        }
    }
}

/// All measures of a profile in memory.
pub fn of(simulation: &Simulation<'_>) -> BTreeMap<String, Measure> {
    let found = questions().into_iter().filter_map(|question| {
        let measure = question.measure(simulation, simulation.file())?;
        Some((question.name().to_owned(), measure))
    });
    found.collect()
}

/// Everything that is measured, in the order of the table in the module's documentation.
pub fn questions() -> Vec<Question> {
    let question = |name: &str, kind| Question {
        name: name.to_owned(),
        kind,
    };
    let mut all: Vec<Question> = limits::LIMITS
        .iter()
        .map(|limit| question(limit.name, Kind::Limit(limit)))
        .collect();
    all.push(question("requests", Kind::Requests));
    for tenths in [1, 10, 30, 60] {
        let after = Duration::from_millis(100 * tenths);
        let name = format!("late-byte-after-{}-s", after.as_secs_f64());
        all.push(question(&name, Kind::LateByte(after)));
    }
    for (extension, path) in texts::typed_files() {
        all.push(question(&format!("type-{extension}"), Kind::Type(path)));
    }
    all.push(question("boundary", Kind::Boundary));
    all.push(question("changing-fields", Kind::ChangingFields));
    all
}

/// A description of the measure with this name.
pub fn words(name: &str) -> String {
    let limit = limits::LIMITS.iter().find(|limit| limit.name == name);
    match (limit, name) {
        (Some(limit), _) => limit.words.to_owned(),
        (None, "requests") => "how many requests one connection serves".to_owned(),
        (None, "boundary") => "the form of multipart boundaries, from three of them".to_owned(),
        (None, "changing-fields") => {
            "the fields but Date that differ between three responses to one request".to_owned()
        }
        (None, other) => match (other.strip_prefix("late-byte-after-"), other.strip_prefix("type-")) {
            (Some(after), _) => format!("what meets a byte {} after the server's FIN", after.replace('-', " ")),
            (_, Some(extension)) => format!("the media type of files whose names end in .{extension}"),
            _ => other.to_owned(),
        },
    }
}

/// A subject, and the files to request from it.
struct Asked<'a> {
    subject: &'a dyn Subject,
    host: String,
    /// The path of an ordinary file.
    path: &'a str,
    /// The path of a file that has some hundred bytes.
    ranged: &'a str,
}

impl<'a> Asked<'a> {
    fn new(subject: &'a dyn Subject, file: Option<&'a OrdinaryFile>) -> Self {
        let given = file.map(|file| file.path.as_str());
        Self {
            subject,
            host: subject.host(),
            path: given.unwrap_or("/types/a.txt"),
            ranged: given.unwrap_or("/static/style1.css"),
        }
    }

    /// Plays these steps. `None` if they cannot be played.
    fn play(&self, steps: Vec<Step>, again: u64) -> Option<Outcome> {
        let case = Case {
            name: GROUP.to_owned(),
            steps,
            slow: false,
            ordinary_user: false,
        };
        self.subject.play(&case, again)
    }
}

fn send(text: impl Into<String>) -> Step {
    Step::Send {
        text: text.into(),
        times: 1,
    }
}

/// Everything that was read.
fn heard(outcome: &Outcome) -> String {
    outcome.heard.iter().map(|heard| heard.text.as_str()).collect()
}

#[cfg(test)]
mod tests;
