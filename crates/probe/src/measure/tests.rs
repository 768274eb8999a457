use super::*;
use labserve_core::profile::layers::{BuiltIns, Layer, Stack};

/// A measure of a profile with one key set.
fn measured(setting: &str, name: &str) -> Option<String> {
    let stack = Stack::load("rfc", &BuiltIns).expect("a built-in profile");
    let profile = stack
        .over(Layer::from_assignment(setting).expect("a key"))
        .build()
        .expect("a profile");
    let simulation = Simulation::new(&profile, "127.0.0.1:18081".parse().expect("an address"));
    let questions = questions();
    let question = questions
        .iter()
        .find(|question| question.name() == name)
        .expect("a question");
    question.measure(&simulation, None).map(|measure| measure.to_string())
}

#[test]
fn limits_are_found_to_the_byte() {
    let table = [
        (
            "limits.request_line=5000",
            "line",
            "5000, then HTTP/1.1 414 URI Too Long",
        ),
        (
            "limits.request_line=8190",
            "line",
            "8190, then HTTP/1.1 414 URI Too Long",
        ),
        (
            "limits.field_line=3001",
            "field",
            "3001, then HTTP/1.1 431 Request Header Fields Too Large",
        ),
        (
            "limits.fields=77",
            "fields",
            "77, then HTTP/1.1 431 Request Header Fields Too Large",
        ),
        (
            "limits.head=20000",
            "head",
            "20000, then HTTP/1.1 431 Request Header Fields Too Large",
        ),
        ("connection.max_requests=7", "requests", "7, then FIN"),
        ("connection.max_requests=off", "requests", "1100 or more"),
    ];
    for (setting, name, want) in table {
        assert_eq!(measured(setting, name).as_deref(), Some(want), "{setting}");
    }
}

#[test]
fn every_question_has_a_name_of_its_own_and_words() {
    let questions = questions();
    let mut names: Vec<&str> = questions.iter().map(Question::name).collect();
    assert!(names.iter().all(|name| words(name) != *name), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), questions.len());
}

#[test]
fn a_measure_is_read_again_as_it_was_written() {
    let limit = Measure::Limit {
        most: 8190,
        then: Some("FIN".to_owned()),
    };
    let open = Measure::Limit { most: 1, then: None };
    let text = Measure::Text { text: "RST".to_owned() };
    for measure in [limit, open, text] {
        let written = serde_json::to_string(&measure).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Measure>(&written).expect("a measure"),
            measure,
            "{written}"
        );
    }
}
