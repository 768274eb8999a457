//! Which server it looks like, with what matched and what did not.

use crate::model::{Aspect, FingerprintMatch, Verdict};
use crate::say::{Msg, Said};

/// What there is to say of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct FingerprintDescription {
    /// Which one it looks like.
    pub verdict: Said,
    /// The next ones.
    pub next: Option<Said>,
    /// What was compared with the first one: how much agreed, and the first difference.
    pub traits: Vec<(Said, Option<Said>)>,
}

/// Tells which server it looks like; `None` if nothing could be compared.
pub fn looks(likeness: &FingerprintMatch) -> Option<FingerprintDescription> {
    let best = likeness.scores.first()?;
    let msg = match likeness.verdict {
        Verdict::Clear => Msg::LooksClear,
        Verdict::Tied => Msg::LooksTied,
        Verdict::Near => Msg::LooksNear,
        Verdict::None => Msg::LooksNone,
    };
    let verdict = Said::new(msg)
        .with("server", likeness.server.to_string())
        .with("title", best.title.as_str())
        .with("profile", best.profile.as_str())
        .with("percent", u64::from(best.percent));
    let others: Vec<String> = likeness.scores[1..]
        .iter()
        .take(3)
        .map(|score| format!("{} {}", score.profile, score.percent))
        .collect();
    let traits = best.traits.iter().map(|compared| {
        let matched = Said::new(Msg::TraitMatched)
            .with("what", crate::model::Arg::Message(name(compared.what)))
            .with("matched", compared.matched)
            .with("of", compared.of)
            .by(compared.frames.iter().copied());
        let differs = compared.differs.as_ref().map(|(seen, expected)| {
            Said::new(Msg::TraitDiffers)
                .with("seen", seen.as_str())
                .with("expected", expected.as_str())
        });
        (matched, differs)
    });
    Some(FingerprintDescription {
        verdict,
        next: (!others.is_empty()).then(|| Said::new(Msg::LooksNext).with("others", others)),
        traits: traits.collect(),
    })
}

/// The name of what is compared.
pub(super) fn name(aspect: Aspect) -> Msg {
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
