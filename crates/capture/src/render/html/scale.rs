//! From time to place: a scale that is stretched where much happens and shrunk where nothing does. Knows no HTML.

/// A monotone map from nanoseconds to per cent of the width.
pub(super) struct Scale {
    /// Times in order, each with its place.
    points: Vec<(i64, f64)>,
}

/// The places of the first and the last time, in per cent.
const EDGES: (f64, f64) = (1.5, 98.0);
/// What a time between two events costs at least, so that no two events fall together.
const LEAST: f64 = 0.25;
/// Times below are drawn in proportion, times above by their logarithm.
const KNEE_NS: f64 = 200_000.0;

impl Scale {
    /// A scale for these events.
    pub(super) fn over(mut times: Vec<i64>) -> Scale {
        times.sort_unstable();
        times.dedup();
        let mut weight = 0.0;
        let mut points = Vec::with_capacity(times.len());
        for (at, time) in times.iter().enumerate() {
            if let Some(before) = at.checked_sub(1).and_then(|before| times.get(before)) {
                let apart = time.saturating_sub(*before) as f64;
                weight += LEAST + (apart / KNEE_NS).ln_1p();
            }
            points.push((*time, weight));
        }
        let width = if weight > 0.0 {
            (EDGES.1 - EDGES.0) / weight
        } else {
            0.0
        };
        for (_, place) in &mut points {
            *place = EDGES.0 + *place * width;
        }
        Scale { points }
    }

    /// The place of a time, in per cent.
    pub(super) fn place(&self, ns: i64) -> f64 {
        let after = self.points.partition_point(|(time, _)| *time < ns);
        match (
            after.checked_sub(1).and_then(|at| self.points.get(at)),
            self.points.get(after),
        ) {
            (_, Some((time, place))) if *time == ns => *place,
            (Some((from, left)), Some((to, right))) => {
                let share = ns.saturating_sub(*from) as f64 / to.saturating_sub(*from) as f64;
                left + (right - left) * share
            }
            (Some((_, place)), None) | (None, Some((_, place))) => *place,
            (None, None) => EDGES.0,
        }
    }

    /// Which of the wanted times can be labelled, if a label takes `width` per cent and those of `taken` are there.
    pub(super) fn ticks(&self, wanted: &[i64], width: f64, taken: &[i64]) -> Vec<i64> {
        let label = |ns: i64| {
            let place = self.place(ns);
            match Anchor::at(place) {
                Anchor::Start => (place, place + width),
                Anchor::Middle => (place - width / 2.0, place + width / 2.0),
                Anchor::End => (place - width, place),
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

/// On which side of its place a label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// At the edges a label must not leave the drawing.
    pub(super) fn at(place: f64) -> Anchor {
        match place {
            ..12.0 => Anchor::Start,
            88.0.. => Anchor::End,
            _ => Anchor::Middle,
        }
    }

    /// As SVG has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn later_is_further_right_and_a_long_rest_is_shrunk() {
        let scale = Scale::over(vec![5000 * MS, 0, MS, MS, 2 * MS]);
        let places: Vec<f64> = [-1, 0, MS / 2, MS, 2 * MS, 1000 * MS, 5000 * MS, 9000 * MS]
            .map(|ns| scale.place(ns))
            .into();
        assert!(places.windows(2).all(|pair| pair[0] <= pair[1]), "{places:?}");
        assert_eq!((places[0], places[7]), EDGES);
        assert!(
            places[3] - places[1] > 10.0,
            "a millisecond is to be seen beside five seconds: {places:?}"
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
            .filter(|ns| Anchor::at(scale.place(*ns)) == Anchor::Middle)
            .collect();
        let mut places: Vec<f64> = inner.iter().map(|ns| scale.place(*ns)).collect();
        places.sort_by(f64::total_cmp);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 8.0), "{places:?}");
    }

    #[test]
    fn nothing_or_one_time_has_a_place_too() {
        assert_eq!(Scale::over(Vec::new()).place(7), EDGES.0);
        assert_eq!(Scale::over(vec![3]).place(7), EDGES.0);
    }
}
