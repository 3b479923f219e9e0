//! Addresses that get no mail, on both stores.

use std::time::Duration;

use tasktracker_database::{Database, Time};

use super::store::Store;
use crate::db::mail_suppressions::{count_transient, find, is_repeated, lift, note, suppress, sweep};
use crate::domain::suppression::{Suppression, Told};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn day(days: u32) -> Time {
    Time(1_000_000) + DAY * days
}

async fn write(db: &Database, change: impl FnOnce(&mut tasktracker_database::Transaction)) {
    let mut txn = db.begin();
    change(&mut txn);
    txn.commit().await.unwrap();
}

async fn reason(db: &Database, key: &str, now: Time) -> Option<Suppression> {
    find(db.reader(), key, now).await.unwrap().map(|(reason, _)| reason)
}

#[tokio::test]
async fn what_is_for_a_while_gives_way_and_the_rest_stays() {
    use Suppression::{Bounce, Complaint, Repeated};
    for store in Store::both().await {
        let db = &store.db;
        write(db, |txn| suppress(txn, "a", Repeated, day(0))).await;
        write(db, |txn| suppress(txn, "b", Repeated, day(0))).await;
        assert_eq!(reason(db, "a", day(29)).await, Some(Repeated));
        assert_eq!(reason(db, "a", day(30)).await, None, "its time is over");
        write(db, |txn| suppress(txn, "a", Repeated, day(10))).await;
        assert_eq!(reason(db, "a", day(30)).await, Some(Repeated), "again");
        write(db, |txn| suppress(txn, "a", Bounce, day(11))).await;
        write(db, |txn| suppress(txn, "a", Repeated, day(12))).await;
        assert_eq!(find(db.reader(), "a", day(1000)).await.unwrap(), Some((Bounce, day(11))));
        write(db, |txn| suppress(txn, "a", Complaint, day(13))).await;
        write(db, |txn| sweep(txn, day(1000))).await;
        assert_eq!(reason(db, "a", day(1000)).await, Some(Complaint), "not for a while");
        assert_eq!(reason(db, "b", day(0)).await, None, "swept");
        write(db, |txn| lift(txn, "a")).await;
        assert_eq!(reason(db, "a", day(13)).await, None);
    }
}

#[tokio::test]
async fn what_was_told_counts_once_and_until_it_is_forgiven() {
    for store in Store::both().await {
        let db = &store.db;
        let keys = ["a".to_owned(), "b".to_owned()];
        for (message, key, told, at) in [
            ("1", "a", Told::TransientBounce, day(0)),
            ("2", "a", Told::TransientBounce, day(3)),
            ("2", "b", Told::TransientBounce, day(3)),
            ("3", "a", Told::Complaint, day(4)),
        ] {
            write(db, |txn| note(txn, message, key, told, at)).await;
        }
        let mut again = db.begin();
        note(&mut again, "2", "a", Told::TransientBounce, day(5));
        suppress(&mut again, "a", Suppression::Repeated, day(5));
        assert!(is_repeated(&again.commit().await.unwrap_err()));
        assert_eq!(reason(db, "a", day(5)).await, None, "nothing follows");

        let counts = count_transient(db.reader(), &keys, day(1)).await.unwrap();
        assert_eq!((counts["a"], counts["b"]), (1, 1), "within the window");
        assert_eq!(count_transient(db.reader(), &keys, day(0) - DAY).await.unwrap()["a"], 2);
        write(db, |txn| lift(txn, "a")).await;
        let counts = count_transient(db.reader(), &keys, day(0) - DAY).await.unwrap();
        assert_eq!((counts.get("a"), counts.get("b")), (None, Some(&1)));
        let mut again = db.begin();
        note(&mut again, "2", "a", Told::TransientBounce, day(5));
        assert!(is_repeated(&again.commit().await.unwrap_err()), "forgiven, not forgotten");

        write(db, |txn| sweep(txn, day(100))).await;
        assert!(count_transient(db.reader(), &keys, Time(0)).await.unwrap().is_empty());
        write(db, |txn| note(txn, "2", "a", Told::TransientBounce, day(100))).await;
    }
}
