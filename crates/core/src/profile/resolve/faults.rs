//! Resolves the table `[faults]`: what to do about each fault in a request head.

use super::names::Names;
use super::{Mistake, did_you_mean, mistake};
use crate::http1::{Fault, Faults, Treatment};
use crate::profile::OnInput;
use crate::profile::raw::Raw;
use crate::profile::units::Word;

const KEYWORDS: [(&str, Treatment); 5] = [
    ("accept", Treatment::Accept),
    ("drop", Treatment::Drop),
    ("stop", Treatment::Stop),
    ("close", Treatment::Close),
    ("ignore", Treatment::Ignore),
];

/// Faults that are special cases of another: without a key of its own, the first is treated as the second. Later rows
/// depend on earlier ones.
const SPECIAL_CASES: [(Fault, Fault); 36] = [
    (Fault::EmptyLines, Fault::LineTooLong),
    (Fault::EmptyLineCr, Fault::BareCr),
    (Fault::TabSpace, Fault::ExtraSpace),
    (Fault::NoVersionSpace, Fault::ExtraSpace),
    (Fault::TrailingSpace, Fault::ExtraSpace),
    (Fault::BareLfLine, Fault::BareLf),
    (Fault::BareLfEnd, Fault::BareLf),
    (Fault::EmptyLineLf, Fault::BareLfLine),
    (Fault::BareLfNoVersion, Fault::BareLfLine),
    (Fault::HeadEndCr, Fault::BareCr),
    (Fault::TargetTab, Fault::TargetControl),
    (Fault::FarVersion, Fault::MajorVersion),
    (Fault::FirstVersion, Fault::OldVersion),
    (Fault::FramingNameSpace, Fault::FieldNameSpace),
    (Fault::FramingFold, Fault::FieldFold),
    (Fault::LengthFold, Fault::FramingFold),
    (Fault::FieldFoldNoValue, Fault::FieldFold),
    (Fault::FieldTabFirst, Fault::FieldFoldFirst),
    (Fault::FieldNameControl, Fault::FieldNameChar),
    (Fault::FieldNameInnerSpace, Fault::FieldNameControl),
    (Fault::FieldNameHigh, Fault::FieldNameChar),
    (Fault::FieldEndCr, Fault::BareCr),
    (Fault::FieldFoldEmpty, Fault::FieldFold),
    (Fault::FieldValueTooLong, Fault::FieldTooLong),
    (Fault::MethodNoToken, Fault::MethodChar),
    (Fault::OptionsAsterisk, Fault::TargetAsterisk),
    (Fault::TargetAuthorityChar, Fault::TargetAuthority),
    (Fault::TargetAsteriskMore, Fault::TargetForm),
    (Fault::OptionsAsteriskQuery, Fault::TargetAsteriskMore),
    (Fault::TargetQuery, Fault::TargetForm),
    (Fault::TargetBareScheme, Fault::TargetForm),
    (Fault::ChunkExtension, Fault::ChunkInvalid),
    (Fault::ChunkTooLarge, Fault::ChunkInvalid),
    (Fault::ExpectEmpty, Fault::ExpectUnknown),
    (Fault::CodingEmpty, Fault::CodingNotChunked),
    (Fault::CodingTwice, Fault::CodingUnknown),
];

/// The faults that have a status code of their own in RFC 9110, RFC 9112 and RFC 6585. All others are a 400.
const STATUSES: [(Fault, &str); 8] = [
    (Fault::LineTooLong, "414"),
    (Fault::FieldTooLong, "431"),
    (Fault::FieldsTooMany, "431"),
    (Fault::HeadTooLarge, "431"),
    (Fault::MajorVersion, "505"),
    (Fault::OldVersion, "505"),
    (Fault::CodingUnknown, "501"),
    (Fault::ExpectUnknown, "417"),
];

/// The fault of which this one is a special case: a profile that does not list this one treats it as the other.
#[cfg(test)]
pub(in crate::profile) fn general_case(fault: Fault) -> Option<Fault> {
    let pair = SPECIAL_CASES.iter().find(|(special, _)| *special == fault);
    pair.map(|(_, general)| *general)
}

/// What to do about each fault.
pub(super) fn faults(raw: &Raw, names: &Names) -> Result<Faults, Mistake> {
    let refuse = names.required("400")?;
    let mut faults = Faults::all(Treatment::Respond(refuse));
    for fault in Faults::PASSED {
        faults.set(fault, Treatment::Accept);
    }
    for (fault, status) in STATUSES {
        faults.set(fault, Treatment::Respond(names.required(status)?));
    }
    let treatment = |key: &str, word: &Word| -> Result<Treatment, Mistake> {
        Ok(match names.on_input(&["faults", key], word, &KEYWORDS)? {
            OnInput::Accept(treatment) => treatment,
            OnInput::Respond(id) => Treatment::Respond(id),
        })
    };
    if let Some(word) = raw.faults.get("other") {
        faults = Faults::all(treatment("other", word)?);
    }
    for (key, word) in raw.faults.iter().filter(|(key, _)| *key != "other") {
        let Some(fault) = Fault::ALL.iter().find(|f| f.key() == key) else {
            let meant = did_you_mean(key, Fault::ALL.iter().map(|f| f.key()));
            return Err(mistake(&["faults", key], format!("there is no such fault{meant}")));
        };
        let treatment = treatment(key, word)?;
        if matches!(treatment, Treatment::Drop | Treatment::Stop) && !key.starts_with("field_") {
            return Err(mistake(
                &["faults", key],
                "`drop` and `stop` apply to field lines only; expected `accept`, `close`, `ignore` or a response",
            ));
        }
        faults.set(*fault, treatment);
    }
    for (special, usual) in SPECIAL_CASES {
        if !raw.faults.contains_key(special.key()) {
            faults.set(special, faults.of(usual));
        }
    }
    Ok(faults)
}
