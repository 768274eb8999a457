//! Mutated profiles: no text makes the reader of profiles panic.

use super::mutation::SPECIAL_BYTES;
use crate::profile::{builtin, layers};
use crate::test_rng::TestRng;

#[test]
fn no_text_makes_the_profile_reader_panic() {
    let mut rng = TestRng::new(0x0123_4567_89ab_cdef);
    let seeds: Vec<&str> = builtin::ALL.iter().map(|(_, text)| *text).collect();
    for _ in 0..400 {
        let mut text: Vec<char> = seeds[rng.below(seeds.len())].chars().collect();
        for _ in 0..=rng.below(4) {
            let at = rng.below(text.len() + 1);
            let end = (at + rng.below(80)).min(text.len());
            match rng.below(2) {
                0 => drop(text.drain(at..end)),
                _ => text.insert(at, char::from(SPECIAL_BYTES[rng.below(SPECIAL_BYTES.len())])),
            }
        }
        let text: String = text.into_iter().collect();
        if let Ok(layer) = layers::Layer::parse("mutated", &text) {
            let _ = layers::Stack::of("mutated", layer).build();
        }
    }
}
