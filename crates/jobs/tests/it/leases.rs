//! Claims: who holds one works alone, who lost one has no say.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::anyhow;
use sea_orm::sea_query::{Expr, Query};
use tasktracker_database::Time;
use tasktracker_jobs::{JobError, Options};

use crate::world::{Gate, Store, a_while, does, done, eventually, job, options, update};

/// Looks at claims often.
fn watchful() -> Options {
    Options {
        lease: Duration::from_millis(150),
        ..options()
    }
}

#[tokio::test]
async fn the_result_of_a_lost_claim_does_not_count() {
    for store in Store::both().await {
        // The one hangs and gives no sign of life for a long time; the other looks often.
        let one = Options {
            concurrency: 1,
            ..options()
        };
        let paused = store.node_on(store.open().await, one);
        let gate = Gate::closed();
        paused.on("k", gate.handler(|| Err(JobError::discard(anyhow!("of the lost claim")))));
        paused.jobs.start();
        let id = paused.enqueue(job("k")).await;
        gate.until_begun(1).await;

        let other = store.node_on(paused.db.clone(), watchful());
        let second = Gate::closed();
        other.on("k", second.handler(done));
        other.jobs.start();
        // Its claim runs out.
        paused
            .meddle(update("lease_time", Expr::val(paused.now() - Duration::from_secs(1)), id))
            .await;
        eventually("it is taken back", async || paused.row(id).await.last_error.is_some()).await;
        paused.wait(60);
        second.until_begun(1).await;

        // Its end comes too late.
        gate.open(1);
        eventually("it has ended", async || gate.ended.load(Ordering::SeqCst) == 1).await;
        a_while().await;
        let row = paused.row(id).await;
        assert_eq!((row.state.as_str(), row.attempt), ("running", 2));
        second.open(1);
        paused.until(id, "succeeded").await;
    }
}

#[tokio::test]
async fn a_claim_lasts_as_long_as_the_work() {
    for store in Store::both().await {
        let db = store.open().await;
        let nodes = [store.node_on(db.clone(), watchful()), store.node_on(db, watchful())];
        let gate = Gate::closed();
        for node in &nodes {
            node.on("k", gate.handler(done));
            node.jobs.start();
        }
        let id = nodes[0].enqueue(job("k")).await;
        gate.until_begun(1).await;
        // Many times the lease, in steps that are shorter: after each there is a sign of life.
        let lease_time = Query::select().column("lease_time").from("jobs").take();
        for _ in 0..20 {
            store.clock.advance(Duration::from_millis(100));
            let extended = nodes[0].now() + watchful().lease;
            eventually("a sign of life", async || {
                nodes[0].numbers(&lease_time).await == [extended.micros()]
            })
            .await;
        }
        assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
        gate.open(1);
        assert_eq!(nodes[0].until(id, "succeeded").await.attempt, 1);
    }
}

#[tokio::test]
async fn a_job_that_takes_its_process_with_it_fails_in_the_end() {
    for store in Store::both().await {
        let node = store.node_on(store.open().await, watchful());
        let id = node.enqueue(job("k").max_attempts(3).unique("key")).await;
        node.on("other", does(|_| async { done() }));
        node.jobs.start();
        for attempt in 1..=3 {
            // As a process that has died leaves it.
            let dead = tasktracker_database::Id(uuid::Uuid::from_u128(attempt));
            for (column, value) in [
                ("state", Expr::val("running")),
                ("attempt", Expr::val(i64::try_from(attempt).unwrap())),
                ("owner", Expr::val(dead)),
                ("claim", Expr::val(dead)),
                ("lease_time", Expr::val(Time::from_micros(1))),
            ] {
                node.meddle(update(column, value, id)).await;
            }
            eventually("it is taken back", async || node.row(id).await.state != "running").await;
        }
        let row = node.row(id).await;
        assert_eq!((row.state.as_str(), row.live_key), ("failed", None));
        assert!(row.last_error.unwrap().contains("the process that ran it stopped"));
    }
}

#[tokio::test]
async fn a_claim_that_was_lost_elsewhere_is_let_go() {
    // Canceled by another process: this one learns of it with its next sign of life, and has its place back.
    let store = Store::sqlite().await;
    let one = Options {
        concurrency: 1,
        ..watchful()
    };
    let node = store.node_on(store.open().await, one);
    let gate = Gate::closed();
    node.on("k", gate.handler(done));
    node.jobs.start();
    let first = node.enqueue(job("k")).await;
    gate.until_begun(1).await;
    node.meddle(update("state", "canceled", first)).await;
    node.enqueue(job("k")).await;
    gate.until_begun(2).await;
    gate.open(1);
    node.until_count("succeeded", 1).await;
    assert_eq!(node.row(first).await.state, "canceled");
    assert_eq!(gate.ended.load(Ordering::SeqCst), 1, "the first was broken off");
}
