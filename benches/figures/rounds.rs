//! The rounds of a figure: both sides in turn, and what is in their middle.

/// One number of each side a round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounds {
    pub(crate) ours: Vec<f64>,
    pub(crate) reference: Vec<f64>,
}

/// A median with the least and the most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Middle {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Rounds {
    pub(crate) fn add(&mut self, ours: f64, reference: f64) {
        self.ours.push(ours);
        self.reference.push(reference);
    }

    pub(crate) fn each(&self, of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        self.ours.iter().zip(&self.reference).map(|(ours, reference)| of(*ours, *reference)).collect()
    }

    pub(crate) fn ratios(&self) -> Vec<f64> {
        self.each(|ours, reference| ours / reference)
    }
}

impl Middle {
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let half = sorted.len() / 2;
        let median =
            if sorted.len().is_multiple_of(2) { (at(half.saturating_sub(1)) + at(half)) / 2.0 } else { at(half) };
        Self { median, least: at(0), most: at(sorted.len().saturating_sub(1)) }
    }
}
