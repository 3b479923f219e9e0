//! Spawned work: it ends in order, a panic ends everything, and a second signal ends it now.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tasktracker_server::Lifecycle;
use tasktracker_server::lifecycle::GRACE;
use tokio::time::Instant;

/// What happened, in order.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<&'static str>>>);

impl Journal {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    fn read(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// A store that needs a moment to close, as a database does.
fn keep(lifecycle: &Lifecycle, journal: &Journal) {
    let (closing, journal) = (lifecycle.closing().clone(), journal.clone());
    lifecycle.spawn_keeper("store", async move {
        closing.cancelled().await;
        journal.note("store asked to close");
        tokio::time::sleep(Duration::from_millis(200)).await;
        journal.note("store closed");
    });
}

#[tokio::test(start_paused = true)]
async fn keepers_end_last() {
    let (lifecycle, journal) = (Lifecycle::new(), Journal::default());
    keep(&lifecycle, &journal);
    for (name, millis) in [("quick", 10), ("slow", 3_000)] {
        let (stopping, journal) = (lifecycle.stopping().clone(), journal.clone());
        lifecycle.spawn(name, async move {
            stopping.cancelled().await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            journal.note(name);
        });
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(journal.read().is_empty(), "nothing ends by itself");
    lifecycle.stop();
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
    assert_eq!(journal.read(), ["quick", "slow", "store asked to close", "store closed"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_in_time_is_aborted_and_stores_still_close_in_order() {
    let (lifecycle, journal) = (Lifecycle::new(), Journal::default());
    keep(&lifecycle, &journal);
    lifecycle.spawn("stubborn", std::future::pending());
    lifecycle.stop();
    let began = Instant::now();
    lifecycle.finished().await.unwrap();
    assert!(
        (GRACE..GRACE + Duration::from_secs(1)).contains(&began.elapsed()),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(journal.read(), ["store asked to close", "store closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_close_does_not_keep_the_process() {
    let lifecycle = Lifecycle::new();
    lifecycle.spawn_keeper("stubborn store", std::future::pending());
    lifecycle.stop();
    let began = Instant::now();
    lifecycle.finished().await.unwrap();
    assert!(began.elapsed() <= GRACE + Duration::from_secs(1));
}

#[tokio::test]
async fn a_panic_stops_the_process_with_an_error() {
    let (lifecycle, journal) = (Lifecycle::new(), Journal::default());
    keep(&lifecycle, &journal);
    let (stopping, noted) = (lifecycle.stopping().clone(), journal.clone());
    lifecycle.spawn("another", async move {
        stopping.cancelled().await;
        noted.note("another");
    });
    lifecycle.spawn("careless", async { panic!("as the test wants") });
    let error = lifecycle.finished().await.unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(
        journal.read(),
        ["another", "store asked to close", "store closed"],
        "the rest ends as it should"
    );
}

#[tokio::test]
async fn a_panic_of_a_keeper_or_of_a_task_at_the_end_is_an_error_too() {
    let lifecycle = Lifecycle::new();
    lifecycle.spawn_keeper("careless store", async { panic!("as the test wants") });
    assert!(lifecycle.finished().await.is_err());
    let lifecycle = Lifecycle::new();
    let stopping = lifecycle.stopping().clone();
    lifecycle.spawn("careless at the end", async move {
        stopping.cancelled().await;
        panic!("as the test wants");
    });
    lifecycle.stop();
    assert!(lifecycle.finished().await.is_err());
}

#[tokio::test]
async fn work_that_begins_while_the_process_stops_is_waited_for() {
    let (lifecycle, journal) = (Lifecycle::new(), Journal::default());
    let (owner, noted) = (lifecycle.clone(), journal.clone());
    lifecycle.spawn("first", async move {
        owner.stopping().cancelled().await;
        tokio::task::yield_now().await;
        let late = noted.clone();
        owner.spawn("late", async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            late.note("late");
        });
    });
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
    assert_eq!(journal.read(), ["late"]);
}

/// Ctrl-C asks, Ctrl-C again insists. The signals go to this very process, whose handlers take them.
#[tokio::test]
async fn the_first_signal_asks_and_the_second_insists() {
    let (lifecycle, journal) = (Lifecycle::new(), Journal::default());
    lifecycle.stop_on_signals().unwrap();
    keep(&lifecycle, &journal);
    lifecycle.spawn("stubborn", std::future::pending());
    let own_id = std::process::id().to_string();
    let signal = |name: &'static str| std::process::Command::new("kill").args([name, &own_id]).status().unwrap();
    signal("-TERM");
    tokio::time::timeout(Duration::from_secs(5), lifecycle.stopping().cancelled())
        .await
        .expect("asked to stop");
    let finished = lifecycle.finished();
    tokio::pin!(finished);
    let waited = tokio::time::timeout(Duration::from_millis(300), finished.as_mut()).await;
    assert!(waited.is_err(), "open work gets its grace");
    let began = Instant::now();
    signal("-INT");
    finished.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(
        journal.read(),
        ["store asked to close", "store closed"],
        "insisting costs open work, not stores"
    );
}
