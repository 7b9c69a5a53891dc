//! What a call costs besides itself.

use super::query::Query;

impl Query {
    /// How many instances it is about: those that it names, or wants. At least one.
    pub(in crate::sim) fn instances(&self) -> u32 {
        let wanted = self.get("MaxCount").and_then(|count| count.parse().ok());
        let named = || u32::try_from(self.list("InstanceId").len()).unwrap_or(u32::MAX);
        wanted.unwrap_or_else(named).max(1)
    }
}
