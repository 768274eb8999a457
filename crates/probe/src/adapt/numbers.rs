//! Adapts the numbers in cases: positions in ranges, and dates around the modification time.

use crate::site::MODIFIED;
use labserve_core::http1::date;

/// Maps positions in a file of the probe site to positions in another file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: u64,
    to: u64,
}

impl Scale {
    /// From a file of `from` bytes to one of `to` bytes.
    pub(super) fn new(from: usize, to: usize) -> Self {
        Self {
            from: from as u64,
            to: to as u64,
        }
    }

    /// The text with the positions in its Range lines mapped.
    pub(super) fn ranges(self, text: &str) -> String {
        let lines: Vec<String> = text
            .split('\n')
            .map(|line| match line.split_once(':') {
                Some((name, value)) if name.trim().eq_ignore_ascii_case("range") => {
                    format!("{name}:{}", self.positions(value))
                }
                _ => line.to_owned(),
            })
            .collect();
        lines.join("\n")
    }

    fn positions(self, value: &str) -> String {
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let end = rest[at..]
                .find(|c: char| !c.is_ascii_digit())
                .map_or(rest.len(), |n| at + n);
            let (digits, after) = (&rest[at..end], &rest[end..]);
            out.push_str(&rest[..at]);
            match digits.parse().map(|position| (position, self.position(position))) {
                Ok((position, moved)) if moved != position => out.push_str(&moved.to_string()),
                _ => out.push_str(digits),
            }
            rest = after;
        }
        out + rest
    }

    /// A position near the end or beyond it keeps its distance from the end; one near the beginning stays.
    fn position(self, position: u64) -> u64 {
        /// Positions from here on are meant to lie beyond the end of every file.
        const FAR: u64 = 1_000_000;
        let near_end = self.from - self.from / 10;
        if position >= FAR || position < near_end {
            return position;
        }
        match (position + self.to).checked_sub(self.from) {
            // If the new file is smaller, positions far beyond the end stay unchanged.
            Some(moved) if position <= self.from + self.from / 10 || self.to > self.from => moved,
            _ => position,
        }
    }
}

/// The text with the dates around the modification time of the probe site moved to that of the file.
pub(super) fn dates(text: &str, modified: Option<i64>) -> String {
    let Some(modified) = modified else {
        return text.to_owned();
    };
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.contains("2023") {
                moved(line, modified)
            } else {
                line.to_owned()
            }
        })
        .collect();
    lines.join("\n")
}

/// Adapts one line. Cases contain dates in a dozen forms, valid and not, so only their words are replaced: the day, its
/// name, and the time of day.
fn moved(line: &str, modified: i64) -> String {
    const DAY: i64 = 86_400;
    let probe = MODIFIED.as_secs().cast_signed();
    let mut line = line.to_owned();
    for offset in [0, -1, 1] {
        let (old, new) = (Words::of(probe + offset * DAY), Words::of(modified + offset * DAY));
        for (before, after) in old.forms().iter().zip(new.forms()) {
            if line.contains(before.as_str()) {
                line = line.replace(before, &after);
                line = line.replacen(&old.weekday, &new.weekday, 1);
                line = line.replacen(&old.weekday.to_lowercase(), &new.weekday.to_lowercase(), 1);
            }
        }
    }
    for offset in [-1, 0, 1] {
        let (old, new) = (Words::of(probe + offset), Words::of(modified + offset));
        if line.contains(&old.time) {
            return line.replace(&old.time, &new.time);
        }
    }
    line
}

/// The words of a date.
struct Words {
    weekday: String,
    day: String,
    month: String,
    year: String,
    time: String,
    iso: String,
}

impl Words {
    fn of(secs: i64) -> Self {
        let text = String::from_utf8_lossy(&date::text(secs)).into_owned();
        let mut iso = [0; 19];
        date::write_rfc3339(secs, &mut iso);
        Self {
            weekday: text[..3].to_owned(),
            day: text[5..7].to_owned(),
            month: text[8..11].to_owned(),
            year: text[12..16].to_owned(),
            time: text[17..25].to_owned(),
            iso: String::from_utf8_lossy(&iso[..10]).into_owned(),
        }
    }

    /// The forms in which cases write the day, each with the year. Forms that a weekday may precede come first.
    fn forms(&self) -> [String; 7] {
        let Self { day, month, year, .. } = self;
        let short = day.trim_start_matches('0');
        [
            format!("{day} {month} {year}"),
            format!("{day} {month} {year}").to_lowercase(),
            format!(" {short} {month} {year}"),
            format!("{day}-{month}-{year}"),
            format!("{month} {day} 00:00:00 {year}"),
            format!("{month} {short:>2} 00:00:00 {year}"),
            self.iso.clone(),
        ]
    }
}
