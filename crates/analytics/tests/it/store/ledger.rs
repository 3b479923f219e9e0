//! Batches that happen once and as a whole, on a store that does neither.

use std::sync::Arc;

use tasktracker_analytics::store::{DocumentStore, Fields, Head, Ledger, StoreError, Write};
use tasktracker_server::clock::SystemClock;
use tasktracker_server::ids::Ids;

use super::memory::Memory;

fn ledger(store: &Arc<Memory>) -> Ledger {
    Ledger::new(store.clone(), Ids::system(Arc::new(SystemClock)))
}

/// Adds 1 to each of some counters, and removes or makes another one.
async fn attempt(store: &Arc<Memory>, ledger: &Ledger, head: &Head) -> Result<Head, StoreError> {
    let ids: Vec<String> = (0..5).map(|n| format!("counter|{n}")).collect();
    let found = store.get(&ids).await?;
    let mut writes = Vec::new();
    for id in &ids[..4] {
        let known = found.iter().find(|document| &document.id == id);
        let mut fields = known.map(|document| document.fields.clone()).unwrap_or_default();
        fields.add("n", 1);
        writes.push(Write {
            id: id.clone(),
            was: known.map(|document| document.revision),
            fields: Some(fields),
        });
    }
    let toggled = found.iter().find(|document| document.id == ids[4]);
    writes.push(Write {
        id: ids[4].clone(),
        was: toggled.map(|document| document.revision),
        fields: toggled.is_none().then(|| Fields::default().number("n", 1)),
    });
    ledger.commit(head, head.generation, writes).await
}

fn counters(store: &Memory) -> Vec<i64> {
    let documents = store.dump();
    let counter = |n: i64| {
        let found = documents.iter().find(|document| document.id == format!("counter|{n}"));
        found.and_then(|document| document.fields.get_number("n")).unwrap_or_default()
    };
    (0..5).map(counter).collect()
}

#[tokio::test]
async fn a_crash_at_any_write_leaves_all_or_nothing() {
    for is_atomic in [true, false] {
        for crash in 0..40 {
            for is_done in [false, true] {
                let store = Arc::new(Memory::new(is_atomic));
                let ledger = ledger(&store);
                let head = ledger.open().await.unwrap();
                attempt(&store, &ledger, &head).await.unwrap();
                assert_eq!(counters(&store), [1, 1, 1, 1, 1]);

                store.break_after(crash, is_done, crash * 31);
                let head = ledger.open().await;
                let outcome = match &head {
                    Ok(head) => attempt(&store, &ledger, head).await,
                    Err(_) => continue,
                };
                store.mend();
                // The next one finds either nothing of it or finishes it.
                let head = ledger.open().await.unwrap();
                let after = counters(&store);
                assert!(
                    after == [2, 2, 2, 2, 0] || after == [1, 1, 1, 1, 1] && outcome.is_err(),
                    "{after:?}"
                );
                attempt(&store, &ledger, &head).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_writer_that_was_replaced_changes_nothing() {
    for is_atomic in [true, false] {
        let store = Arc::new(Memory::new(is_atomic));
        let (old, new) = (ledger(&store), ledger(&store));
        let head = old.open().await.unwrap();
        attempt(&store, &new, &new.open().await.unwrap()).await.unwrap();
        let outcome = attempt(&store, &old, &head).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        assert_eq!(counters(&store), [1, 1, 1, 1, 1]);
        attempt(&store, &old, &old.open().await.unwrap()).await.unwrap();
        assert_eq!(counters(&store), [2, 2, 2, 2, 0]);
    }
}

#[tokio::test]
async fn journals_that_are_over_are_removed_and_no_other() {
    let store = Arc::new(Memory::new(false));
    let (ledger, rival) = (ledger(&store), ledger(&store));
    let mut head = ledger.open().await.unwrap();
    let mut most = 0;
    for _ in 0..100 {
        // Somebody who comes too late leaves a journal behind each time.
        let stale = head.clone();
        head = attempt(&store, &ledger, &head).await.unwrap();
        let outcome = attempt(&store, &rival, &stale).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
        let journals = store.dump().into_iter().filter(|document| document.id.starts_with("journal|"));
        most = most.max(journals.count());
    }
    assert!((4..40).contains(&most), "{most}");
    // The newest one is there: whoever comes next can tell that it is done.
    assert_eq!(rival.open().await.unwrap(), head);
    assert_eq!(counters(&store)[0], 100);
}

/// Two writers who do not know of each other, and a store that breaks at any write of either: each attempt counts once or not at all.
#[tokio::test]
async fn two_writers_take_turns_whatever_breaks() {
    for crash in 0..60 {
        let store = Arc::new(Memory::new(false));
        let writers = [ledger(&store), ledger(&store)];
        let mut known = [None, None];
        let mut least = 0;
        let mut most = 0;
        for round in 0..20_usize {
            if round == 3 {
                store.break_after(crash, crash % 2 == 0, crash * 17);
            }
            // They take turns, but not one by one; each works on the lock as it remembers it.
            let turn = usize::from((round * 7 + crash as usize).is_multiple_of(3));
            let head = match known[turn].take() {
                Some(head) => Ok(head),
                None => writers[turn].open().await,
            };
            let outcome = match head {
                Ok(head) => attempt(&store, &writers[turn], &head).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(head) => {
                    known[turn] = Some(head);
                    (least, most) = (least + 1, most + 1);
                }
                Err(StoreError::Conflict) => {}
                Err(_) => {
                    store.mend();
                    most += 1;
                }
            }
        }
        writers[0].open().await.unwrap();
        let counters = counters(&store);
        assert!((least..=most).contains(&counters[0]), "{crash}: {counters:?} {least}..={most}");
        assert!(
            counters[1..4].iter().all(|counter| *counter == counters[0]),
            "{crash}: {counters:?}"
        );
        assert_eq!(counters[4], counters[0] % 2, "{crash}: {counters:?}");
    }
}
