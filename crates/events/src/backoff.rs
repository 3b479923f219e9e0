//! Pauses between tries of what fails for now: each twice as long as the one before, up to half a minute, and never the same for two callers.

use std::time::Duration;

use tasktracker_server::ids::Ids;

/// The pause after the first failure.
const FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait before the next try.
#[derive(Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    /// The next pause: between half of what the doubling says and all of it.
    pub(crate) fn pause(&mut self, ids: &Ids) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.0.min(16)).min(LONGEST);
        self.0 = self.0.saturating_add(1);
        let micros = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(micros / 2 + ids.number() % (micros / 2 + 1))
    }

    /// Whether something failed since it last worked.
    pub(crate) fn is_failing(&self) -> bool {
        self.0 > 0
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tasktracker_server::clock::SystemClock;

    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let ids = Ids::seeded(1, Arc::new(SystemClock));
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..40).map(|_| backoff.pause(&ids)).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST, "{:?}", pauses[0]);
        assert!(pauses[3] >= FIRST * 4 && pauses[3] <= FIRST * 8, "{:?}", pauses[3]);
        assert!(pauses[39] >= LONGEST / 2 && pauses[39] <= LONGEST);
        assert!(backoff.is_failing());
        backoff.reset();
        assert!(!backoff.is_failing() && backoff.pause(&ids) <= FIRST);
    }
}
