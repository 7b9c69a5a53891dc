//! The order of what a list shows, of which EC2 promises nothing.

use fastrand::Rng;

use super::query::Query;

impl Query {
    /// Lets every list that this call gets be in an order by these dice.
    pub(in crate::sim) fn shuffled_by(mut self, request_id: &str) -> Self {
        let seed = request_id.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
        self.shuffle = Some(seed);
        self
    }

    /// Puts a page in the order of this call.
    pub(super) fn arrange<T>(&self, page: &mut [T]) {
        if let Some(seed) = self.shuffle {
            Rng::with_seed(seed).shuffle(page);
        }
    }
}
