//! How the modification time of a file is converted for Last-Modified, and compared with dates.
//!
//! File systems count nanoseconds, HTTP counts seconds, and servers differ in how they treat fractions, times before
//! 1970 and times in the future.

use serde::{Deserialize, Serialize};

/// The time at which a file was modified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modified {
    /// Whole seconds since 1970-01-01 UTC. Negative for earlier times.
    pub secs: i64,
    /// The fraction in nanoseconds, 0 to 999,999,999.
    pub nanos: u32,
}

/// How the fraction of a second is rounded for Last-Modified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MtimeRounding {
    /// Down to the second: 0.9999999 s -> 0 s.
    #[default]
    Down,
    /// Up to the second: 0.1 s -> 1 s.
    Up,
    /// To the nearest millisecond, then down to the second: 0.9994 s -> 0 s, 0.9995 s -> 1 s.
    Milliseconds,
    /// To the nearest microsecond, then down to the second: 0.9999994 s -> 0 s, 0.9999995 s -> 1 s.
    Microseconds,
}

/// Last-Modified of a file that was modified before 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Before1970 {
    /// The time.
    #[default]
    Sent,
    /// 1970-01-01 00:00:00.
    Epoch,
    /// The same, except for the last second before it: that time counts as unknown. There is no Last-Modified, and no
    /// date matches it.
    EpochOrUnknown,
}

/// The time that the dates of conditional fields are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ComparedTime {
    /// That of Last-Modified.
    #[default]
    LastModified,
    /// That of Last-Modified if the modification time is at least a microsecond after 1970-01-01 00:00:00, otherwise the
    /// time of the request.
    LastModifiedOrNow,
    /// The modification time, rounded down to the second.
    Down,
    /// The modification time as a double-precision number, rounded to the second towards zero.
    TowardZero,
}

/// The rules for modification times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the keys are documented in `profile::raw::RawFiles`")]
pub struct MtimePolicy {
    pub rounding: MtimeRounding,
    pub before_1970: Before1970,
    pub epoch_is_unknown: bool,
    pub future_as_now: bool,
    pub compared: ComparedTime,
}

impl MtimePolicy {
    /// The time in Last-Modified, in seconds since 1970, for a request at `now_secs`; `None` if it is not sent.
    pub fn last_modified(self, time: Modified, now_secs: i64) -> Option<i64> {
        let secs = self.rounded(time);
        if self.is_unknown(time) {
            return None;
        }
        match self.before_1970 {
            Before1970::EpochOrUnknown if secs == -1 => None,
            Before1970::Epoch | Before1970::EpochOrUnknown if secs < 0 => Some(0),
            _ if self.is_future(time, now_secs) => Some(now_secs),
            _ => Some(secs),
        }
    }

    /// Whether the profile treats this time as unknown: second 0 or 1 of 1970, as for files from an archive without
    /// times.
    pub fn is_unknown(self, time: Modified) -> bool {
        self.epoch_is_unknown && matches!(time.secs, 0 | 1)
    }

    /// Whether Last-Modified depends on the time of the request.
    pub fn is_future(self, time: Modified, now_secs: i64) -> bool {
        self.future_as_now && self.rounded(time) > now_secs
    }

    /// The time that dates are compared with, in seconds since 1970; `None` if no date matches.
    pub fn compared(self, time: Modified, now_secs: i64) -> Option<i64> {
        let last_modified = self.last_modified(time, now_secs)?;
        Some(match self.compared {
            ComparedTime::LastModified => last_modified,
            ComparedTime::LastModifiedOrNow if (time.secs, time.nanos) < (0, 1000) => now_secs,
            ComparedTime::LastModifiedOrNow => last_modified,
            ComparedTime::Down => time.secs,
            ComparedTime::TowardZero => seconds(time).trunc() as i64,
        })
    }

    fn rounded(self, time: Modified) -> i64 {
        match self.rounding {
            MtimeRounding::Down => time.secs,
            MtimeRounding::Up => time.secs.saturating_add(i64::from(time.nanos > 0)),
            MtimeRounding::Milliseconds => milliseconds(time).div_euclid(1000),
            MtimeRounding::Microseconds => {
                let seconds = seconds(time);
                let micros = (seconds.fract() * 1e6).round_ties_even();
                seconds.trunc() as i64 + micros.div_euclid(1e6) as i64
            }
        }
    }
}

/// The modification time in seconds, as a double-precision number. Near today, such numbers are 0.24 µs apart.
pub(crate) fn seconds(time: Modified) -> f64 {
    time.secs as f64 + 1e-9 * f64::from(time.nanos)
}

/// The modification time in milliseconds: a double-precision number, rounded to the nearest integer.
pub(crate) fn milliseconds(time: Modified) -> i64 {
    (time.secs as f64 * 1e3 + f64::from(time.nanos) / 1e6 + 0.5).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64, nanos: u32) -> Modified {
        Modified { secs, nanos }
    }

    #[test]
    fn fractions_are_rounded_as_each_rule_says() {
        use MtimeRounding::{Down, Microseconds, Milliseconds, Up};
        // The seconds after 1,600,000,000, for each rule.
        for (nanos, down, up, milliseconds, microseconds) in [
            (0, 0, 0, 0, 0),
            (1, 0, 1, 0, 0),
            (500_000_000, 0, 1, 0, 0),
            (999_400_000, 0, 1, 0, 0),
            (999_500_000, 0, 1, 1, 0),
            (999_999_000, 0, 1, 1, 0),
            (999_999_400, 0, 1, 1, 0),
            (999_999_500, 0, 1, 1, 1),
            (999_999_999, 0, 1, 1, 1),
        ] {
            for (rounding, want) in [
                (Down, down),
                (Up, up),
                (Milliseconds, milliseconds),
                (Microseconds, microseconds),
            ] {
                let policy = MtimePolicy {
                    rounding,
                    ..MtimePolicy::default()
                };
                let got = policy.last_modified(at(1_600_000_000, nanos), 1_700_000_000);
                assert_eq!(got, Some(1_600_000_000 + want), "{nanos} {rounding:?}");
            }
        }
    }

    #[test]
    fn times_before_1970_and_in_the_future() {
        const NOW: i64 = 1_700_000_000;
        let epoch = MtimePolicy {
            before_1970: Before1970::Epoch,
            future_as_now: true,
            compared: ComparedTime::LastModifiedOrNow,
            ..MtimePolicy::default()
        };
        let unknown = MtimePolicy {
            before_1970: Before1970::EpochOrUnknown,
            compared: ComparedTime::Down,
            ..MtimePolicy::default()
        };
        let zero = MtimePolicy {
            rounding: MtimeRounding::Microseconds,
            compared: ComparedTime::TowardZero,
            ..MtimePolicy::default()
        };
        let archived = MtimePolicy {
            epoch_is_unknown: true,
            ..MtimePolicy::default()
        };
        for (policy, secs, nanos, sent, compared) in [
            (archived, 1, 999_999_999, None, None),
            (archived, 2, 0, Some(2), Some(2)),
            (archived, -1, 0, Some(-1), Some(-1)),
            (MtimePolicy::default(), -2, 0, Some(-2), Some(-2)),
            (MtimePolicy::default(), NOW + 1, 0, Some(NOW + 1), Some(NOW + 1)),
            (epoch, -2, 0, Some(0), Some(NOW)),
            (epoch, 0, 999, Some(0), Some(NOW)),
            (epoch, 0, 1000, Some(0), Some(0)),
            (epoch, 1, 0, Some(1), Some(1)),
            (epoch, NOW + 1, 0, Some(NOW), Some(NOW)),
            (unknown, -2, 0, Some(0), Some(-2)),
            (unknown, -1, 500_000_000, None, None),
            (unknown, 0, 0, Some(0), Some(0)),
            (zero, -1, 500_000_000, Some(-1), Some(0)),
            (zero, -1, 999_999_999, Some(0), Some(0)),
            (zero, NOW, 999_999_500, Some(NOW + 1), Some(NOW)),
        ] {
            let time = at(secs, nanos);
            assert_eq!(policy.last_modified(time, NOW), sent, "{policy:?} {secs}.{nanos}");
            assert_eq!(policy.compared(time, NOW), compared, "{policy:?} {secs}.{nanos}");
        }
    }
}
