//! The profiles that the tests compare captures with.

use labserve_core::profile::{Profile, builtin, layers};
use std::sync::LazyLock;

/// The built-in profiles.
pub(crate) fn built_ins() -> &'static [Profile] {
    static PROFILES: LazyLock<Vec<Profile>> =
        LazyLock::new(|| builtin::names().map(|name| layers::load(name).expect(name)).collect());
    &PROFILES
}
