//! A clock that is set back stalls nothing.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::anyhow;
use tasktracker_jobs::{JobError, Options};
use tasktracker_server::clock::Clock;

use crate::world::{Diary, Gate, Node, Store, a_while, does, done, eventually, job, options};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn set_back(node: &Node) {
    node.clock.set(node.clock.now().checked_sub(HOUR).unwrap());
}

#[tokio::test]
async fn waits_go_on_as_long_as_they_were() {
    for store in Store::both().await {
        let node = store.node().await;
        node.on(
            "fails once",
            does(|job| async move {
                if job.attempt == 1 {
                    Err(JobError::retry(anyhow!("no")))
                } else {
                    done()
                }
            }),
        );
        node.on("k", Diary::default().handler());
        node.jobs.start();
        let failed = node.enqueue(job("fails once")).await;
        eventually("it failed", async || node.row(failed).await.last_error.is_some()).await;
        let delayed = node.enqueue(job("k").after(Duration::from_secs(100))).await;
        let fixed = node
            .enqueue(job("k").at(node.clock.now().checked_add(Duration::from_secs(100)).unwrap()))
            .await;
        // A later worker, which has not begun yet, must not wait an hour for a job of now.
        set_back(&node);
        eventually("they are moved", async || {
            node.row(delayed).await.run_time == node.now() + Duration::from_secs(100)
        })
        .await;
        node.wait(12);
        node.until(failed, "succeeded").await;
        a_while().await;
        assert_eq!(node.row(delayed).await.state, "ready");
        node.wait(88);
        node.until(delayed, "succeeded").await;
        // A time that was asked for is a time.
        a_while().await;
        assert_eq!(node.row(fixed).await.state, "ready");
        node.clock.advance(HOUR);
        node.until(fixed, "succeeded").await;
    }
}

#[tokio::test]
async fn a_process_that_starts_after_it_does_not_wait() {
    for store in Store::both().await {
        let before = store.node().await;
        let id = before.enqueue(job("k")).await;
        // As a schedule does it.
        let slot = before.enqueue(job("k").at(before.clock.now())).await;
        set_back(&before);
        let node = store.node().await;
        node.on("k", Diary::default().handler());
        node.jobs.start();
        node.until(id, "succeeded").await;
        node.until(slot, "succeeded").await;
    }
}

#[tokio::test]
async fn claims_of_the_future_are_no_claims() {
    for store in Store::both().await {
        // The claim is of a process that died; it ends in an hour and a bit.
        let one = Options {
            concurrency: 1,
            ..options()
        };
        let dead = store.node_on(store.open().await, one);
        let gate = Gate::closed();
        dead.on("k", gate.handler(done));
        dead.jobs.start();
        let id = dead.enqueue(job("k")).await;
        gate.until_begun(1).await;
        set_back(&dead);

        let watchful = Options {
            lease: Duration::from_secs(1),
            ..options()
        };
        let node = store.node_on(dead.db.clone(), watchful);
        let diary = Diary::default();
        node.on("k", diary.handler());
        node.jobs.start();
        eventually("it is taken back", async || node.row(id).await.last_error.is_some()).await;
        node.wait(15);
        node.until(id, "succeeded").await;
    }
}

#[tokio::test]
async fn a_running_job_of_this_process_goes_on() {
    let store = Store::sqlite().await;
    let quick = Options {
        lease: Duration::from_millis(100),
        ..options()
    };
    let node = store.node_on(store.open().await, quick);
    let gate = Gate::closed();
    node.on("k", gate.handler(done));
    node.jobs.start();
    let id = node.enqueue(job("k")).await;
    gate.until_begun(1).await;
    set_back(&node);
    a_while().await;
    node.clock.advance(HOUR);
    node.clock.advance(HOUR);
    a_while().await;
    gate.open(1);
    assert_eq!(node.until(id, "succeeded").await.attempt, 1);
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
}
