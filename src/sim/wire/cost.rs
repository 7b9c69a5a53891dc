//! What a call costs besides itself.

use super::query::Query;

/// What every bucket of instances holds: who asks for more is not asked to wait, as that would never help. What he is
/// told instead is the matter of the account's limits.
const WHOLE_BUCKET: u32 = 1000;

impl Query {
    /// How many instances it is about, as far as a bucket goes: those that it names, or wants. At least one.
    pub(in crate::sim) fn instances(&self) -> u32 {
        let wanted = self.get("MaxCount").and_then(|count| count.parse().ok());
        let named = || u32::try_from(self.list("InstanceId").len()).unwrap_or(u32::MAX);
        wanted.unwrap_or_else(named).clamp(1, WHOLE_BUCKET)
    }
}
