//! Which profile a server resembles, what agrees and what differs.

use crate::model::{Aspect, FingerprintMatch, Verdict};
use crate::sentence::{Msg, Sentence};

/// How many profiles after the best one are named.
const NEXT: usize = 3;

/// The statements about one server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FingerprintDescription {
    /// Which profile it resembles.
    pub(crate) verdict: Sentence,
    /// The profiles with the next scores.
    pub(crate) next: Option<Sentence>,
    /// The aspects of the first profile: how much agrees, and the first difference.
    pub(crate) aspects: Vec<(Sentence, Option<Sentence>)>,
}

/// Describes which profile a server resembles; `None` if it was not compared with any.
pub(crate) fn fingerprint(found: &FingerprintMatch) -> Option<FingerprintDescription> {
    let best = found.scores.first()?;
    let msg = match found.verdict {
        Verdict::Clear => Msg::LooksClear,
        Verdict::Tied => Msg::LooksTied,
        Verdict::Near => Msg::LooksNear,
        Verdict::OtherProduct => Msg::LooksOtherProduct,
        Verdict::None => Msg::LooksNone,
    };
    let verdict = Sentence::new(msg)
        .with("server", found.server.to_string())
        .with("title", best.title.as_str())
        .with("profile", best.profile.as_str())
        .with("product", found.product.as_deref().unwrap_or_default())
        .with("percent", u64::from(best.percent));
    // The next profiles as `NAME PERCENT`.
    let others: Vec<String> = found.scores[1..]
        .iter()
        .take(NEXT)
        .map(|score| format!("{} {}", score.profile, score.percent))
        .collect();
    let aspects = best.aspects.iter().map(|compared| {
        let matched = Sentence::new(Msg::TraitMatched)
            .with_message("what", name(compared.aspect))
            .with("matched", compared.matched)
            .with("of", compared.of)
            .with_frames(compared.frames.iter().copied())
            .of_frames(compared.frames.len() as u64 + u64::from(compared.frames_left_out));
        let differs = compared.differs.as_ref().map(|(seen, expected)| {
            Sentence::new(Msg::TraitDiffers)
                .with("seen", seen.as_str())
                .with("expected", expected.as_str())
        });
        (matched, differs)
    });
    Some(FingerprintDescription {
        verdict,
        next: (!others.is_empty()).then(|| Sentence::new(Msg::LooksNext).with_names("others", others)),
        aspects: aspects.collect(),
    })
}

/// The name of an aspect.
fn name(aspect: Aspect) -> Msg {
    match aspect {
        Aspect::Server => Msg::TraitServer,
        Aspect::Heads => Msg::TraitHeads,
        Aspect::Order => Msg::TraitOrder,
        Aspect::Values => Msg::TraitValues,
        Aspect::Etag => Msg::TraitEtag,
        Aspect::Announcement => Msg::TraitAnnouncement,
        Aspect::Persistence => Msg::TraitPersistence,
        Aspect::End => Msg::TraitEnd,
    }
}
