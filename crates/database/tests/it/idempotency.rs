//! A request that is repeated gives the first answer and acts once.

use std::time::Duration;

use tasktracker_database::idempotency::{self, Key, Remembered};
use tasktracker_database::{CommitError, Time};

use crate::store::{Store, both, insert_task};

const NOW: Time = Time::from_micros(1_700_000_000_000_000);

async fn create(store: &Store, key: &Key, number: i64, now: Time) -> Result<(), CommitError> {
    let mut txn = store.db.begin();
    insert_task(&mut txn, "p", number, "x");
    idempotency::remember(&mut txn, key, &number.to_string(), now);
    txn.commit().await.map(drop)
}

fn key(caller: &str, payload: &[u8]) -> Key {
    Key::new(caller, "TaskService/CreateTask", "r1", payload).unwrap()
}

#[tokio::test]
async fn a_repeated_request_acts_once() {
    for store in both().await {
        let (first, other) = (key("ann", b"a task"), key("ann", b"another task"));
        assert_eq!(idempotency::find(store.db.reader(), &first, NOW).await.unwrap(), None);
        create(&store, &first, 1, NOW).await.unwrap();
        let again = create(&store, &first, 2, NOW).await.unwrap_err();
        assert!(idempotency::is_replay(&again), "{again}");
        let found = idempotency::find(store.db.reader(), &first, NOW).await.unwrap();
        assert_eq!(
            found,
            Some(Remembered {
                resource_id: "1".to_owned(),
                same_payload: true
            })
        );
        let found = idempotency::find(store.db.reader(), &other, NOW).await.unwrap();
        assert_eq!(
            found,
            Some(Remembered {
                resource_id: "1".to_owned(),
                same_payload: false
            })
        );
        create(&store, &key("bob", b"a task"), 3, NOW).await.unwrap();
        assert_eq!(store.tasks().await, 2);
        let same_number = create(&store, &key("eve", b"a task"), 3, NOW).await.unwrap_err();
        assert!(!idempotency::is_replay(&same_number));
    }
}

#[tokio::test]
async fn after_its_life_a_request_is_new_even_before_the_sweep() {
    for store in both().await {
        create(&store, &key("ann", b"a"), 1, NOW).await.unwrap();
        let later = NOW + idempotency::LIFE + Duration::from_secs(1);
        assert_eq!(idempotency::find(store.db.reader(), &key("ann", b"a"), later).await.unwrap(), None);
        create(&store, &key("ann", b"b"), 2, later).await.unwrap();
        let found = idempotency::find(store.db.reader(), &key("ann", b"b"), later).await.unwrap();
        assert_eq!(
            found,
            Some(Remembered {
                resource_id: "2".to_owned(),
                same_payload: true
            })
        );

        create(&store, &key("bob", b"c"), 3, NOW).await.unwrap();
        let mut txn = store.db.begin();
        txn.delete(idempotency::sweep(later - idempotency::LIFE));
        txn.commit().await.unwrap();
        assert_eq!(idempotency::find(store.db.reader(), &key("bob", b"c"), NOW).await.unwrap(), None);
        assert!(
            idempotency::find(store.db.reader(), &key("ann", b"b"), later)
                .await
                .unwrap()
                .is_some()
        );
    }
}

#[test]
fn without_a_request_id_there_is_no_key() {
    assert!(Key::new("ann", "rpc", "", b"").is_none());
}
