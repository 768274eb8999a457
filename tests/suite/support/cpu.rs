//! The CPU time of a test's thread, so that other programs on the machine do not affect the result.

use std::time::Duration;

/// The CPU time that `work` takes. On Windows it is the elapsed time, because the clock for CPU time ticks only every
/// 16 ms.
pub(crate) fn time_of(work: impl FnOnce()) -> Duration {
    let begun = now();
    work();
    now().saturating_sub(begun)
}

#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(windows)]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
