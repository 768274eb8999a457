//! The built-in profiles, loaded once per thread.

use labserve_core::profile::{Profile, builtin, layers};

thread_local! {
    static ALL: Vec<Profile> = builtin::names()
        .map(|name| layers::load(name).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect();
}

/// Calls `f` with every built-in profile.
pub fn with_all<T>(f: impl FnOnce(&[Profile]) -> T) -> T {
    ALL.with(|all| f(all))
}

/// The number of built-in profiles.
pub fn count() -> usize {
    with_all(<[Profile]>::len)
}
