//! Waiting for what follows by itself: the outcome is looked at again and again, nobody sleeps for a fixed time.

use std::time::{Duration, Instant};

/// How long anything may take to follow. Generous: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(15);

/// Looks until there is an outcome, and answers it.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    #[expect(clippy::disallowed_methods, reason = "real time passes while a test waits")]
    let began = Instant::now();
    loop {
        if let Some(outcome) = look().await {
            return outcome;
        }
        assert!(began.elapsed() < PATIENCE, "it never happened: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
