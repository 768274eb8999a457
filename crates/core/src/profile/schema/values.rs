//! The schemas of values that parse themselves: times, sizes, words, templates, timers and rules.

use crate::profile::raw::{FaultRule, RawTypes, TypesText};
use crate::profile::template::{Filter, Placeholder, Template};
use crate::profile::units::{Count, Format, RawRule, RawTimer, Size, SizeLimit, Span, TextOrOff, TimerText, Word};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! schema {
    ($type:ty, $name:literal, |$generator:ident| $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(Span, "time", |_generator| json_schema!({
    "description": "A time with its unit, `ms`, `s`, `m` or `h`; `\"off\"` for none. At most a year.",
    "type": "string",
    "pattern": r"^(off|([0-9]+\.?[0-9]*|\.[0-9]+) *(ms|s|m|h))$",
    "examples": ["5s", "250ms", "2m", "off"],
}));

schema!(Size, "bytes", |_generator| json_schema!({
    "description": "A number of bytes, alone or with the unit `KiB`, `MiB` or `GiB`.",
    "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9]+ *(B|KiB|MiB|GiB)?$" },
    ],
    "examples": ["64KiB", 8190],
}));

schema!(Count, "count", |_generator| json_schema!({
    "description": "A number from 1; `\"off\"` for no limit.",
    "anyOf": [{ "type": "integer", "minimum": 1 }, { "enum": ["off"] }],
    "examples": [100, "off"],
}));

schema!(SizeLimit, "limit", |_generator| json_schema!({
    "description": "A number of bytes from 1, alone or with the unit `KiB`, `MiB` or `GiB`; `\"off\"` for no limit.",
    "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": "^(off|0*[1-9][0-9]* *(B|KiB|MiB|GiB)?)$" },
    ],
    "examples": ["64KiB", 8190, "off"],
}));

schema!(TextOrOff, "text", |_generator| json_schema!({
    "description": "Text; `\"off\"` for none.",
    "type": "string",
    "minLength": 1,
}));

schema!(Format, "format", |_generator| json_schema!({
    "type": "integer",
    "minimum": 1,
    "maximum": 1,
}));

schema!(TypesText, "types", |generator| json_schema!({
    "description": "Media types by file name: a table, or the name of its `base`.",
    "x-short": "base",
    "anyOf": [generator.subschema_for::<TextOrOff>(), generator.subschema_for::<RawTypes>()],
    "examples": ["debian"],
}));

schema!(FaultRule, "fault", |generator| generator.subschema_for::<Word>());

schema!(Word, "response", |_generator| json_schema!({
    "description": "The name of a response, as in `[response.NAME]`.",
    "anyOf": [
        { "type": "integer", "minimum": 100, "maximum": 599 },
        { "type": "string", "pattern": r"^\S+( \S+)?$" },
    ],
    "examples": [404, "too-large"],
}));

schema!(Template, "template", |_generator| json_schema!({
    "description": "Text with placeholders, such as `{size}`, and filters, such as `{size:x}`. `{{` is a brace.",
    "type": "string",
    "pattern": template_pattern(),
    "examples": ["W/\"{size:x}-{mtime_ms:x}\""],
}));

schema!(TimerText, "timer", |generator| json_schema!({
    "description": "How long the client may be silent: a time, or a table.",
    "anyOf": [generator.subschema_for::<Span>(), generator.subschema_for::<RawTimer>()],
    "examples": ["5s", { "after": "5s", "since": "last-byte", "response": 408 }],
}));

schema!(RawRule, "rule", |generator| {
    let response = generator.subschema_for::<Word>();
    let only = |key: &str, what: &str| {
        json_schema!({
            "type": "object",
            "properties": { key: { "description": what, "allOf": [response] } },
            "required": [key],
            "additionalProperties": false,
        })
    };
    json_schema!({
        "description": "What a method gets: `\"serve\"`, a response, or a response for some paths.",
        "anyOf": [
            { "enum": ["serve"] },
            response,
            only("found", "The response where a file exists; elsewhere the response is the usual one."),
            only("always", "The response, whatever the target is."),
            only("resolved", "The response for every path that is neither redirected nor forbidden."),
        ],
        "examples": ["serve", 405, { "found": 405 }],
    })
});

/// A template has only placeholders and filters that exist.
fn template_pattern() -> String {
    let names = |all: Vec<&str>| all.join("|");
    let placeholders = names(Placeholder::ALL.iter().map(|(_, name, _)| *name).collect());
    let filters = names(Filter::ALL.iter().map(|(_, name, _)| *name).collect());
    format!(r"^([^{{]|\{{\{{|\{{({placeholders})(:({filters}))*\}}|\{{(?![a-z][a-z0-9_:-]*\}}))*$")
}
