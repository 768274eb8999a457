//! The requests of one load of the page, and what follows the load.

use super::behaviour::{Icon, Kind, Reference};
use super::page;
use super::plan::{Phase, State, Visit, Wanted};
use super::reply::Reply;
use std::time::Duration;

/// How long after the first connection to open the one that the user wants to stay unused.
const UNUSED_AFTER: Duration = Duration::from_millis(20);

impl Visit {
    /// Requests the files to which a page or a style sheet refers.
    pub(super) fn want_references(&mut self, wanted: &Wanted, reply: &Reply) {
        let found = match reply.status {
            200 => {
                let text = String::from_utf8_lossy(&reply.body);
                page::references(wanted.kind, &text, &self.site.authority, &wanted.target)
            }
            // The copy in the cache refers to the same files.
            304 => self
                .cache
                .get(&wanted.target)
                .map_or_else(Vec::new, |known| known.refers.clone()),
            _ => Vec::new(),
        };
        if let Some(known) = self.cache.get_mut(&wanted.target) {
            known.refers.clone_from(&found);
        }
        let with_icon = match self.behaviour.icon {
            Icon::Always => true,
            Icon::Once => self.begun == 1,
            Icon::Never => false,
        };
        for Reference { kind, target } in found {
            if kind != Kind::Icon || with_icon {
                self.want(kind, target);
            }
        }
        let has_icon = self.pending.iter().any(|other| other.kind == Kind::Icon);
        if wanted.kind == Kind::Document && with_icon && !has_icon {
            self.want(Kind::Icon, "/favicon.ico".to_owned());
        }
    }

    fn want(&mut self, kind: Kind, target: String) {
        if self.known.contains(&target) {
            return;
        }
        self.known.push(target.clone());
        self.pending.push_back(Wanted { kind, target, tries: 0 });
    }

    /// Starts the next load.
    pub(super) fn begin(&mut self, now: Duration) {
        let is_fresh = self.lanes.iter().all(|lane| lane.state == State::Gone);
        self.begun += 1;
        self.phase = Phase::Loading;
        self.known.clear();
        self.want(Kind::Document, self.site.path.clone());
        let spare = match self.options.unused {
            true => Some((UNUSED_AFTER, false)),
            false => self
                .behaviour
                .spare
                .map(|spare| (spare.after.0.unwrap_or_default(), spare.used)),
        };
        if is_fresh {
            self.spare = spare
                .filter(|(_, used)| !used || self.most() > 1)
                .map(|(after, used)| (now + after, used));
        }
    }

    /// The last response of a load has arrived.
    pub(super) fn loaded(&mut self, now: Duration) {
        let stay = self.options.stay.or(self.behaviour.stay.0).unwrap_or_default();
        self.phase = match self.begun < self.loads {
            true if self.options.cached && self.begun == 1 => Phase::Forgetting,
            true => Phase::Waiting(now + self.options.pause),
            false => Phase::Staying(now + stay),
        };
    }
}
