//! Maps time to horizontal position: the scale is stretched where events are dense, and compressed where they are
//! sparse.

/// A monotonic map from nanoseconds to per cent of the width.
pub(super) struct Scale {
    /// Times in order, each with its position.
    points: Vec<(i64, f64)>,
}

/// Positions of the first and the last time, in per cent.
const EDGES: (f64, f64) = (1.5, 98.0);
/// Minimum weight of the time between two events, so that no two events have the same position.
const MIN_WEIGHT: f64 = 0.25;
/// Shorter times are drawn roughly in proportion, longer ones roughly by their logarithm.
const KNEE_NS: f64 = 200_000.0;

impl Scale {
    /// A scale for these events.
    pub(super) fn over(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        times.dedup();
        let mut weight = 0.0;
        let mut points = Vec::with_capacity(times.len());
        for (at, time) in times.iter().enumerate() {
            if let Some(before) = at.checked_sub(1).and_then(|before| times.get(before)) {
                let apart = time.saturating_sub(*before) as f64;
                weight += MIN_WEIGHT + (apart / KNEE_NS).ln_1p();
            }
            points.push((*time, weight));
        }
        let width = if weight > 0.0 {
            (EDGES.1 - EDGES.0) / weight
        } else {
            0.0
        };
        for (_, position) in &mut points {
            *position = EDGES.0 + *position * width;
        }
        Self { points }
    }

    /// Position of a time, in per cent.
    pub(super) fn position(&self, ns: i64) -> f64 {
        let after = self.points.partition_point(|(time, _)| *time < ns);
        match (
            after.checked_sub(1).and_then(|at| self.points.get(at)),
            self.points.get(after),
        ) {
            (_, Some((time, position))) if *time == ns => *position,
            (Some((from, left)), Some((to, right))) => {
                let share = ns.saturating_sub(*from) as f64 / to.saturating_sub(*from) as f64;
                left + (right - left) * share
            }
            (Some((_, position)), None) | (None, Some((_, position))) => *position,
            (None, None) => EDGES.0,
        }
    }

    /// Which of the wanted times can have a label without overlap. A label takes `width` per cent, and the times in `taken`
    /// already have one.
    pub(super) fn ticks(&self, wanted: &[i64], width: f64, taken: &[i64]) -> Vec<i64> {
        let label = |ns: i64| {
            let position = self.position(ns);
            match Anchor::at(position) {
                Anchor::Start => (position, position + width),
                Anchor::Middle => (position - width / 2.0, position + width / 2.0),
                Anchor::End => (position - width, position),
            }
        };
        let mut labels: Vec<(f64, f64)> = taken.iter().copied().map(label).collect();
        let mut ticks = Vec::new();
        for time in wanted {
            let (left, right) = label(*time);
            if labels.iter().all(|(l, r)| right <= *l || *r <= left) {
                labels.push((left, right));
                ticks.push(*time);
            }
        }
        ticks
    }
}

/// Which point of a label is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// A label near an edge must not extend beyond it.
    pub(super) fn at(position: f64) -> Self {
        match position {
            ..12.0 => Self::Start,
            88.0.. => Self::End,
            _ => Self::Middle,
        }
    }

    /// The value of `text-anchor` in SVG.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn later_times_are_further_right_and_long_periods_are_compressed() {
        let scale = Scale::over(vec![5000 * MS, 0, MS, MS, 2 * MS]);
        let positions: Vec<f64> = [-1, 0, MS / 2, MS, 2 * MS, 1000 * MS, 5000 * MS, 9000 * MS]
            .map(|ns| scale.position(ns))
            .into();
        assert!(positions.windows(2).all(|pair| pair[0] <= pair[1]), "{positions:?}");
        assert_eq!((positions[0], positions[7]), EDGES);
        assert!(
            positions[3] - positions[1] > 10.0,
            "a millisecond is visible next to five seconds: {positions:?}"
        );
    }

    #[test]
    fn labels_do_not_overlap() {
        let times: Vec<i64> = (0..50).map(|at| at * MS).collect();
        let scale = Scale::over(times.clone());
        let coarse = scale.ticks(&times, 20.0, &[]);
        let fine = scale.ticks(&times, 8.0, &coarse);
        assert_eq!(coarse.len(), 4);
        assert_eq!(scale.ticks(&times, 8.0, &times[..1]).first(), Some(&times[5]));
        let inner: Vec<i64> = coarse
            .iter()
            .chain(&fine)
            .copied()
            .filter(|ns| Anchor::at(scale.position(*ns)) == Anchor::Middle)
            .collect();
        let mut positions: Vec<f64> = inner.iter().map(|ns| scale.position(*ns)).collect();
        positions.sort_by(f64::total_cmp);
        assert!(
            positions.windows(2).all(|pair| pair[1] - pair[0] >= 8.0),
            "{positions:?}"
        );
    }

    #[test]
    fn a_scale_of_at_most_one_time_has_positions() {
        assert_eq!(Scale::over(Vec::new()).position(7), EDGES.0);
        assert_eq!(Scale::over(vec![3]).position(7), EDGES.0);
    }
}
