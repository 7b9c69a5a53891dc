//! How far EC2's clock is ahead of this computer's: every answer carries the time in its `Date`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::SignedDuration;

use crate::clock::Clock;

/// What stands for "nothing is known yet".
const NEVER: i64 = i64::MIN;

/// What the latest answer told, to the second and the time that it took. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Skew {
    clock: Clock,
    ahead_ms: Arc<AtomicI64>,
}

impl Skew {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, ahead_ms: Arc::new(AtomicI64::new(NEVER)) }
    }

    /// How far EC2's clock is ahead, if any answer told.
    pub(super) fn read(&self) -> Option<SignedDuration> {
        Some(self.ahead_ms.load(Ordering::Relaxed)).filter(|ahead| *ahead != NEVER).map(SignedDuration::from_millis)
    }

    fn note(&self, date: &str) {
        let Ok(date) = jiff::fmt::rfc2822::parse(date) else { return };
        let ahead = date.timestamp().duration_since(self.clock.now().wall);
        let ahead = i64::try_from(ahead.as_millis()).unwrap_or(NEVER);
        self.ahead_ms.store(ahead, Ordering::Relaxed);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Skew {
    fn name(&self) -> &'static str {
        "Skew"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.note(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_date_of_an_answer_tells_how_far_its_clock_is_ahead_and_nonsense_tells_nothing() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let skew = Skew::new(Clock::starting_at(now, 1.0));
        skew.note("yesterday");
        assert_eq!(skew.read(), None);
        skew.note("Mon, 23 Nov 2026 12:10:00 GMT");
        assert_eq!(skew.read(), Some(SignedDuration::from_mins(10)));
        skew.note("Mon, 23 Nov 2026 11:59:00 GMT");
        assert_eq!(skew.read(), Some(SignedDuration::from_mins(-1)));
    }
}
