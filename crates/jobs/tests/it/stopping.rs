//! What a process leaves behind when it stops, and when it is killed.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tasktracker_jobs::Options;

use crate::world::{Diary, Gate, Store, does, done, job, options};

#[tokio::test]
async fn running_jobs_may_end_and_no_more_are_begun() {
    for store in Store::both().await {
        let patient = Options {
            grace: Duration::from_secs(5),
            concurrency: 2,
            ..options()
        };
        let node = store.node_on(store.open().await, patient);
        let gate = Gate::closed();
        node.on("k", gate.handler(done));
        node.jobs.start();
        for _ in 0..6 {
            node.enqueue(job("k")).await;
        }
        gate.until_begun(2).await;
        node.lifecycle.stop();
        tokio::time::sleep(Duration::from_millis(50)).await;
        gate.open(6);
        node.stop().await;
        let left = store.node().await;
        assert_eq!((left.count("succeeded").await, left.count("ready").await), (2, 4));
        assert_eq!(gate.begun.load(Ordering::SeqCst), 2);
        assert!(
            left.rows()
                .await
                .iter()
                .all(|row| row.attempt == i64::from(row.state == "succeeded"))
        );
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_given_back_as_if_never_begun() {
    for store in Store::both().await {
        let node = store.node().await;
        let gate = Gate::closed();
        node.on("k", gate.handler(done));
        node.jobs.start();
        let id = node.enqueue(job("k").max_attempts(1).group("g").unique("u")).await;
        gate.until_begun(1).await;
        node.stop().await;

        let next = store.node().await;
        let row = next.row(id).await;
        assert_eq!((row.state.as_str(), row.attempt, row.last_error), ("ready", 0, None));
        let diary = Diary::default();
        next.on("k", diary.handler());
        next.jobs.start();
        assert_eq!(next.until(id, "succeeded").await.attempt, 1);
    }
}

#[tokio::test]
async fn a_job_knows_that_its_process_stops() {
    let store = Store::sqlite().await;
    let node = store.node().await;
    let gate = Gate::closed();
    let begun = gate.begun.clone();
    node.on(
        "k",
        does(move |job| {
            begun.fetch_add(1, Ordering::SeqCst);
            async move {
                job.stopping().cancelled().await;
                Ok(tasktracker_jobs::Outcome::Snooze(Duration::ZERO))
            }
        }),
    );
    node.jobs.start();
    let id = node.enqueue(job("k")).await;
    gate.until_begun(1).await;
    node.stop().await;
    let row = store.node().await.row(id).await;
    assert_eq!((row.state.as_str(), row.attempt), ("ready", 0));
}

#[tokio::test]
async fn a_process_with_nothing_to_do_stops_at_once() {
    let store = Store::sqlite().await;
    let patient = Options {
        grace: Duration::from_secs(60),
        poll: Duration::from_secs(60),
        ..options()
    };
    let node = store.node_on(store.open().await, patient);
    node.on("k", Diary::default().handler());
    node.jobs.start();
    let id = node.enqueue(job("k")).await;
    node.until(id, "succeeded").await;
    tokio::time::timeout(Duration::from_secs(3), node.stop()).await.expect("at once");
}

#[test]
fn after_a_kill_the_next_process_on_the_file_need_not_wait() {
    let process = || tokio::runtime::Runtime::new().unwrap();
    let first = process();
    let (store, id, only) = first.block_on(async {
        let store = Store::sqlite().await;
        let node = store.node().await;
        let gate = Gate::closed();
        node.on("k", gate.handler(done));
        node.jobs.start();
        let id = node.enqueue(job("k")).await;
        let only = node.enqueue(job("k").max_attempts(1)).await;
        gate.until_begun(2).await;
        node.killed();
        (store, id, only)
    });
    first.shutdown_timeout(Duration::from_secs(5));

    process().block_on(async {
        let next = store.node().await;
        let diary = Diary::default();
        next.on("k", diary.handler());
        assert_eq!(next.row(id).await.state, "running");
        next.jobs.start();
        // The clock stands still: no lease runs out.
        assert_eq!(next.until(id, "succeeded").await.attempt, 2);
        assert_eq!(next.until(only, "failed").await.attempt, 1);
    });
}
