//! How a call is answered where EC2 promises nothing: by the knobs, and by dice of the call's own.

use fastrand::Rng;

use super::super::scenario::Knobs;
use super::query::Query;

/// The manner of one answer.
#[derive(Debug)]
pub(super) struct Manner {
    /// The seed of the order of its lists; they are in the order of their ids without one.
    shuffle: Option<u64>,
    /// The HTTP status of a dry run that would have succeeded.
    pub(super) dry_run_status: u16,
    /// Whether its XML is odd: see `Knobs::odd_xml`.
    pub(super) odd_xml: bool,
}

impl Default for Manner {
    fn default() -> Self {
        let knobs = Knobs::default();
        Self { shuffle: None, dry_run_status: knobs.dry_run_status, odd_xml: knobs.odd_xml }
    }
}

impl Query {
    /// Lets this call be answered as the knobs say; where they say by chance, by dice that its id makes.
    pub(in crate::sim) fn answered_by(mut self, knobs: &Knobs, request_id: &str) -> Self {
        let seed = request_id.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
        self.manner = Manner {
            shuffle: knobs.shuffles.then_some(seed),
            dry_run_status: knobs.dry_run_status,
            odd_xml: knobs.odd_xml,
        };
        self
    }

    /// Puts a page in the order of this call.
    pub(super) fn arrange<T>(&self, page: &mut [T]) {
        if let Some(seed) = self.manner.shuffle {
            Rng::with_seed(seed).shuffle(page);
        }
    }
}
