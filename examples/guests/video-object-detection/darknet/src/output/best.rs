//! The most probable ones of however many there are, in memory that does not grow with them.

use std::cmp::Ordering;

use super::boxes::Candidate;

/// Keeps up to `most` candidates, and for a while as many again, so that choosing costs little.
#[derive(Debug)]
pub(super) struct Best {
    most: usize,
    kept: Vec<Candidate>,
}

impl Best {
    pub(super) fn new(most: usize) -> Self {
        Best { most, kept: Vec::new() }
    }

    pub(super) fn add(&mut self, candidate: Candidate) {
        if self.kept.len() >= 2 * self.most {
            self.cut();
        }
        self.kept.push(candidate);
    }

    /// Hands them out, the most probable first; there are none afterwards.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Candidate> {
        self.cut();
        self.kept.sort_unstable_by(rank);
        self.kept.drain(..)
    }

    fn cut(&mut self) {
        if self.kept.len() > self.most {
            self.kept.select_nth_unstable_by(self.most, rank);
            self.kept.truncate(self.most);
        }
    }
}

/// The more probable one first; no two are equal, so what is kept does not depend on how it is chosen.
fn rank(a: &Candidate, b: &Candidate) -> Ordering {
    b.probability.total_cmp(&a.probability).then(a.class.cmp(&b.class)).then(a.number.cmp(&b.number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_stay_whatever_their_order_and_nothing_grows() {
        let candidate = |number: usize| {
            // Ties of seven, in an order that is neither up nor down.
            let probability = (number * 7919 % 10_007 / 7) as f32;
            Candidate { class: number % 3, number, probability, x: 0.0, y: 0.0, width: 1.0, height: 1.0 }
        };
        let mut sorted: Vec<_> = (0..10_007).map(candidate).collect();
        sorted.sort_by(rank);
        for most in [1, 10, 100, 10_007, 20_000] {
            for backwards in [false, true] {
                let mut best = Best::new(most);
                for number in 0..10_007 {
                    best.add(candidate(if backwards { 10_006 - number } else { number }));
                    assert!(best.kept.len() <= 2 * most);
                }
                assert_eq!(best.take().collect::<Vec<_>>(), sorted[..most.min(10_007)]);
            }
        }
    }
}
