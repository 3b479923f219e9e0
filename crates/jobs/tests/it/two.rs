//! Several workers on one database.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tasktracker_jobs::Options;

use crate::world::{Diary, Store, a_while, does, done, job, options};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_job_runs_twice_at_once() {
    for store in Store::both().await {
        // Two in one process, and one in another.
        let db = store.open().await;
        let eager = Options {
            concurrency: 16,
            ..options()
        };
        let nodes = [
            store.node_on(db.clone(), eager),
            store.node_on(db, eager),
            store.node_on(store.open().await, eager),
        ];
        let running: Arc<Mutex<HashSet<uuid::Uuid>>> = Arc::default();
        let diary = Diary::default();
        for node in &nodes {
            let (running, diary) = (running.clone(), diary.clone());
            node.on(
                "k",
                does(move |job| {
                    let (running, diary) = (running.clone(), diary.clone());
                    async move {
                        assert!(running.lock().unwrap().insert(job.id), "it runs already");
                        diary.note(&job);
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        running.lock().unwrap().remove(&job.id);
                        done()
                    }
                }),
            );
            node.jobs.start();
        }
        // All are up before there is work: on SQLite a process that starts takes over what others were at.
        a_while().await;
        for _ in 0..10 {
            let mut txn = nodes[0].db.begin();
            for _ in 0..40 {
                nodes[0].jobs.enqueue(&mut txn, job("k"));
            }
            txn.commit().await.unwrap();
            nodes.iter().for_each(|node| node.jobs.wake());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        nodes[0].until_count("succeeded", 400).await;
        assert_eq!(diary.len(), 400);
        assert!(nodes[0].rows().await.iter().all(|row| row.attempt == 1));
    }
}
