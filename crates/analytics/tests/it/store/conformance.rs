//! What every store of documents must do. An implementation passes an empty store to [`all`].

use tasktracker_analytics::store::{DocumentStore, Fields, HEAD, StoreError, Write, all_in, end_of, walk};

/// Everything; the store must be empty before.
pub async fn all(store: &dyn DocumentStore) {
    documents_are_found_as_they_were_written(store).await;
    a_document_is_written_only_if_it_is_as_expected(store).await;
    fields_are_replaced_as_a_whole(store).await;
    a_batch_that_fails_is_nothing_or_a_part(store).await;
    ranges_are_in_the_order_of_bytes(store).await;
    long_ranges_are_walked_to_the_end(store).await;
    large_batches_are_taken(store).await;
    one_of_two_writers_wins(store).await;
    one_writer_of_the_lock_wins(store).await;
}

fn put(id: &str, was: Option<i64>, number: i64) -> Write {
    Write {
        id: id.to_owned(),
        was,
        fields: Some(Fields::default().number("n", number)),
    }
}

fn remove(id: &str, was: i64) -> Write {
    Write {
        id: id.to_owned(),
        was: Some(was),
        fields: None,
    }
}

/// `id=n@revision` of what is stored, in order.
async fn shown(store: &dyn DocumentStore, ids: &[&str]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let mut documents = store.get(&ids).await.expect("reads");
    documents.sort_by(|one, other| one.id.cmp(&other.id));
    let show = |document: &tasktracker_analytics::store::Document| {
        let number = document.fields.get_number("n").unwrap_or(-1);
        format!("{}={number}@{}", document.id, document.revision)
    };
    documents.iter().map(show).collect::<Vec<_>>().join(" ")
}

async fn documents_are_found_as_they_were_written(store: &dyn DocumentStore) {
    let fields = Fields::default()
        .number("least", i64::MIN)
        .number("most", i64::MAX)
        .number("zero", 0)
        .text("text", "Grüße \"|\\ 'quoted' \u{1f980}\n{}[]$1?")
        .text("empty", "")
        .bytes("bytes", (0..=255).collect::<Vec<u8>>())
        .bytes("none", []);
    let write = Write {
        id: "kept|a\"strange\"id'|\u{e9}".to_owned(),
        was: None,
        fields: Some(fields.clone()),
    };
    store.write(1, std::slice::from_ref(&write)).await.expect("writes");
    let found = store.get(&[write.id.clone(), "kept|missing".to_owned()]).await.expect("reads");
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, found[0].revision, &found[0].fields), (&write.id, 1, &fields));
    assert_eq!(store.get(&[]).await.expect("reads"), []);
    store.write(2, &[]).await.expect("nothing to write is fine");
}

async fn a_document_is_written_only_if_it_is_as_expected(store: &dyn DocumentStore) {
    store.write(10, &[put("cas|a", None, 1)]).await.expect("is new");
    let ids = ["cas|a", "cas|b"];
    for refused in [
        put("cas|a", None, 2),
        put("cas|a", Some(9), 2),
        put("cas|a", Some(11), 2),
        remove("cas|a", 9),
    ] {
        let outcome = store.write(12, std::slice::from_ref(&refused)).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{refused:?}: {outcome:?}");
        assert_eq!(shown(store, &ids).await, "cas|a=1@10");
    }
    store.write(13, &[put("cas|a", Some(10), 2)]).await.expect("is as expected");
    assert_eq!(shown(store, &ids).await, "cas|a=2@13");
    store.write(14, &[remove("cas|a", 13), put("cas|b", None, 3)]).await.expect("both");
    assert_eq!(shown(store, &ids).await, "cas|b=3@14");
    store.write(15, &[remove("cas|a", 13)]).await.expect("what is gone stays gone");
    assert_eq!(shown(store, &ids).await, "cas|b=3@14");
}

async fn fields_are_replaced_as_a_whole(store: &dyn DocumentStore) {
    let changes = [
        Fields::default().number("a", 1).text("x", "1"),
        // Other names, the same values.
        Fields::default().number("b", 1).text("y", "1"),
        Fields::default().number("b", 1),
        Fields::default().text("b", "1"),
        Fields::default().bytes("b", *b"1"),
        Fields::default(),
        Fields::default().number("b", 0),
    ];
    let mut was = None;
    for (fields, revision) in changes.into_iter().zip(16..) {
        let id = "whole|a".to_owned();
        let fields = Some(fields);
        let write = Write { id, was, fields };
        store.write(revision, std::slice::from_ref(&write)).await.expect("writes");
        let found = store.get(&[write.id]).await.expect("reads").remove(0);
        assert_eq!((found.revision, Some(found.fields)), (revision, write.fields));
        was = Some(revision);
    }
}

async fn a_batch_that_fails_is_nothing_or_a_part(store: &dyn DocumentStore) {
    let before = [put("batch|a", None, 1), put("batch|b", None, 1), put("batch|c", None, 1)];
    store.write(30, &before).await.expect("writes");
    let outcome = store
        .write(
            31,
            &[
                put("batch|a", Some(30), 2),
                put("batch|b", Some(29), 2),
                remove("batch|c", 30),
                put("batch|d", None, 2),
            ],
        )
        .await;
    assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
    let ids = ["batch|a", "batch|b", "batch|c", "batch|d"];
    let after = shown(store, &ids).await;
    if store.is_atomic() {
        assert_eq!(after, "batch|a=1@30 batch|b=1@30 batch|c=1@30");
    } else {
        assert!(after.contains("batch|b=1@30"), "{after}");
    }
}

async fn ranges_are_in_the_order_of_bytes(store: &dyn DocumentStore) {
    let ids = ["r|", "r|-", "r|0", "r|A", "r|Z", "r|a", "r|a!", "r|aa", "r|b|", "r}", "q|z"];
    let writes: Vec<Write> = ids.iter().map(|id| put(id, None, 1)).collect();
    store.write(32, &writes).await.expect("writes");
    let range = async |from: &str, to: &str, limit| {
        let found = store.range(from, to, limit).await.expect("reads");
        found.into_iter().map(|document| document.id).collect::<Vec<_>>()
    };
    let prefixed = ["r|", "r|-", "r|0", "r|A", "r|Z", "r|a", "r|a!", "r|aa", "r|b|"];
    assert_eq!(range("r|", &end_of("r|"), 100).await, prefixed);
    assert_eq!(range("r|", &end_of("r|"), 2).await, ["r|", "r|-"]);
    assert_eq!(range("r|A", "r|a", 100).await, ["r|A", "r|Z"], "the end is left out");
    assert_eq!(range("r|a", "r|A", 100).await, [""; 0]);
    assert_eq!(store.count("r|", &end_of("r|")).await.expect("counts"), 9);
    store.remove_range("r|A", "r|b").await.expect("removes");
    assert_eq!(range("r|", &end_of("r|"), 100).await, ["r|", "r|-", "r|0", "r|b|"]);
    assert_eq!(store.count("none|", &end_of("none|")).await.expect("counts"), 0);
}

async fn long_ranges_are_walked_to_the_end(store: &dyn DocumentStore) {
    for (index, count) in [2_000, 4_001].into_iter().enumerate() {
        let prefix = format!("long|{index}|");
        let writes: Vec<Write> = (0..count).map(|n| put(&format!("{prefix}{n:05}"), None, n)).collect();
        store.write(40 + index as i64, &writes).await.expect("writes");
        let range = (prefix.clone(), end_of(&prefix));
        let all = all_in(store, &range).await.expect("reads");
        let numbers: Vec<_> = all.iter().filter_map(|document| document.fields.get_number("n")).collect();
        assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        let (mut from, mut walked) = (range.0.clone(), Vec::new());
        while let Some((documents, next)) = walk(store, &from, &range.1).await.expect("reads") {
            walked.extend(documents);
            from = next;
        }
        assert_eq!(walked, all);
        store.remove_range(&range.0, &range.1).await.expect("removes");
        assert_eq!(store.count(&range.0, &range.1).await.expect("counts"), 0);
    }
}

async fn large_batches_are_taken(store: &dyn DocumentStore) {
    let long = "x".repeat(100_000);
    let write = |n: i64, was| Write {
        id: format!("large|{n:04}"),
        was,
        fields: Some(Fields::default().number("n", n).text("long", &long)),
    };
    let new: Vec<Write> = (0..50).map(|n| write(n, None)).collect();
    store.write(50, &new).await.expect("writes");
    let changed: Vec<Write> = (0..50).map(|n| write(n, Some(50))).collect();
    store.write(51, &changed).await.expect("writes");
    let range = ("large|".to_owned(), end_of("large|"));
    let all = all_in(store, &range).await.expect("reads");
    assert!(all.len() == 50 && all.iter().all(|document| document.revision == 51));
}

async fn one_of_two_writers_wins(store: &dyn DocumentStore) {
    store.write(60, &[put("race|a", None, 0)]).await.expect("writes");
    for round in 0..20 {
        let was = 60 + round * 2;
        let (one, other) = (61 + round * 2, 62 + round * 2);
        let (left, right) = ([put("race|a", Some(was), 1)], [put("race|a", Some(was), 2)]);
        let (first, second) = futures_util::future::join(store.write(one, &left), store.write(other, &right)).await;
        let won = usize::from(first.is_ok()) + usize::from(second.is_ok());
        // A store that asks for patience may let both win: only the lock says who may write.
        assert!(won == 1 || won == 2 && !store.patience().is_zero(), "{first:?} {second:?}");
        if won == 2 {
            store.write(other, &[put("race|a", Some(one), 0)]).await.ok();
            continue;
        }
        let winner = if first.is_ok() { one } else { other };
        if winner != other {
            store.write(other, &[put("race|a", Some(one), 0)]).await.expect("writes");
        }
    }
}

fn lock(was: i64, number: i64) -> Write {
    put(HEAD, (was > 0).then_some(was), number)
}

async fn one_writer_of_the_lock_wins(store: &dyn DocumentStore) {
    assert_eq!(shown(store, &[HEAD]).await, "");
    const WRITERS: i64 = 16;
    // More revisions than any store keeps.
    let mut last = 0;
    for revision in 1..=200 {
        let writers: Vec<[Write; 1]> = (0..if revision <= 20 { WRITERS } else { 1 })
            .map(|writer| [lock(revision - 1, writer)])
            .collect();
        let outcomes = futures_util::future::join_all(writers.iter().map(|lock| store.write(revision, lock))).await;
        let winners: Vec<usize> = (0..writers.len()).filter(|writer| outcomes[*writer].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{revision}: {outcomes:?}");
        let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict)));
        assert_eq!(lost.count(), writers.len() - 1, "{outcomes:?}");
        last = winners[0];
        assert_eq!(shown(store, &[HEAD]).await, format!("head={last}@{revision}"));
    }
    // Whoever comes with an old revision, however old, changes nothing.
    for was in [0, 1, 2, 100, 150, 198, 199] {
        for _ in 0..2 {
            let outcome = store.write(was + 1, &[lock(was, 99)]).await;
            assert!(matches!(outcome, Err(StoreError::Conflict)), "{was}: {outcome:?}");
            assert_eq!(shown(store, &[HEAD]).await, format!("head={last}@200"));
        }
    }
}
