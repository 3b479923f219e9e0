//! Inboxes on both stores: what is written in a batch, what makes it stale, and in which order streams read it.

use jiff::Timestamp;
use tasktracker_database::{CommitError, Database, Time};
use uuid::Uuid;

use super::store::{Store, task};
use crate::db::{notification_mails, notification_writes, notifications};
use crate::domain::notification::{Kept, Notice, Planned, Reason, plan};

const PROJECT: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(11);
const TIM: Uuid = Uuid::from_u128(12);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

fn notice(recipient: Uuid, cause: &str, reason: Reason, second: i64) -> Notice {
    Notice {
        recipient: recipient.into(),
        cause: cause.to_owned(),
        reason,
        project_id: PROJECT.into(),
        task_id: (reason != Reason::MemberAdded).then(|| task(PROJECT, 1).id.0.into()),
        comment_id: (reason == Reason::Commented).then(|| Uuid::from_u128(77).into()),
        actor_id: Some(Uuid::from_u128(99).into()),
        status_id: None,
        due_time: (reason == Reason::Overdue).then(|| at(-5)),
        at: at(second),
    }
}

async fn write(db: &Database, planned: &[Planned], notices: &[Notice]) -> Result<(), CommitError> {
    let mut txn = db.begin().sequential();
    notification_writes::write(&mut txn, db.backend(), planned, notices, Time::from(at(0)));
    txn.commit().await.map(drop)
}

/// Plans as the consumer does, and writes.
async fn tell(db: &Database, notices: &[Notice], first_id: u128) -> Vec<Planned> {
    let planned = planned(db, notices, first_id).await;
    write(db, &planned, notices).await.unwrap();
    planned
}

async fn planned(db: &Database, notices: &[Notice], first_id: u128) -> Vec<Planned> {
    let (users, tasks) = ([ADA.into(), TIM.into()], [task(PROJECT, 1).id.0.into()]);
    let unread = notifications::unread_since(db.reader(), &users, &tasks, Time::from(at(-600)))
        .await
        .unwrap();
    let mut id = first_id;
    plan(notices, unread, || {
        id += 1;
        Uuid::from_u128(id)
    })
}

async fn store_with_task(store: &Store) {
    store.project(PROJECT, "WEB").await;
    store.tasks(&[task(PROJECT, 1)]).await;
}

/// Place, id, count and whether it is read, of all that changed after a place.
async fn changes(db: &Database, user: Uuid, place: (i64, Uuid), limit: u64) -> Vec<(i64, u128, i64, bool)> {
    let rows = notifications::list_after(db.reader(), user, place, limit).await.unwrap();
    rows.into_iter()
        .map(|row| (row.seq, row.id.as_u128(), row.count, row.read_time.is_some()))
        .collect()
}

#[tokio::test]
async fn a_batch_takes_places_in_each_inbox() {
    for store in Store::both().await {
        store_with_task(&store).await;
        let db = &store.db;
        let first = [
            notice(ADA, "1", Reason::Commented, 0),
            notice(TIM, "1", Reason::Overdue, 0),
            notice(ADA, "2", Reason::Assigned, 1),
            notice(ADA, "3", Reason::MemberAdded, 1),
            notice(ADA, "4", Reason::Commented, 2),
        ];
        tell(db, &first, 100).await;
        assert_eq!(
            changes(db, ADA, (0, Uuid::max()), 10).await,
            [(1, 101, 2, false), (2, 103, 1, false), (3, 104, 1, false)]
        );
        assert_eq!(changes(db, TIM, (0, Uuid::max()), 10).await, [(1, 102, 1, false)]);
        let mut reaches = notifications::reach_of(db.reader(), &[ADA, TIM, PROJECT]).await.unwrap();
        reaches.sort_unstable();
        assert_eq!(reaches, [(ADA, 3), (TIM, 1)]);

        // A change of one that is there moves it to the end.
        tell(
            db,
            &[notice(ADA, "5", Reason::Commented, 3), notice(ADA, "6", Reason::Unassigned, 3)],
            200,
        )
        .await;
        assert_eq!(
            changes(db, ADA, (1, Uuid::max()), 10).await,
            [(2, 103, 1, false), (3, 104, 1, false), (4, 101, 3, false), (5, 201, 1, false)]
        );
        let told = notifications::told(db.reader(), &["1".to_owned(), "6".to_owned(), "7".to_owned()])
            .await
            .unwrap();
        let mut told: Vec<_> = told.into_iter().map(|(cause, user)| (cause, user.uuid())).collect();
        told.sort_unstable();
        assert_eq!(told, [("1".to_owned(), ADA), ("1".to_owned(), TIM), ("6".to_owned(), ADA)]);
        let overdue = notifications::find(db.reader(), TIM, Uuid::from_u128(102)).await.unwrap().unwrap();
        assert_eq!(overdue.due_time, Some(Time::from(at(-5))));
        assert_eq!(
            (overdue.project_key.as_deref(), overdue.task_number, overdue.is_there),
            (Some("WEB"), Some(1), true)
        );
        assert!(notifications::find(db.reader(), ADA, Uuid::from_u128(102)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn what_was_read_or_told_meanwhile_makes_a_batch_fail_whole() {
    for store in Store::both().await {
        store_with_task(&store).await;
        let db = &store.db;
        tell(db, &[notice(ADA, "1", Reason::Commented, 0)], 100).await;
        let late = [notice(ADA, "2", Reason::Commented, 1), notice(TIM, "2", Reason::Commented, 1)];
        let stale = planned(db, &late, 200).await;

        let mut txn = db.begin();
        notification_writes::mark_read(&mut txn, ADA, Uuid::from_u128(101), Time::from(at(1)));
        txn.commit().await.unwrap();
        let error = write(db, &stale, &late).await.unwrap_err();
        assert!(matches!(error, CommitError::GuardMissed), "{error}");
        assert!(changes(db, TIM, (0, Uuid::max()), 10).await.is_empty(), "nothing of it happened");
        tell(db, &late, 300).await;
        assert_eq!(
            changes(db, ADA, (0, Uuid::max()), 10).await,
            [(2, 101, 1, true), (3, 301, 1, false)],
            "a new one beside the read one"
        );
        let again = planned(db, &late[1..], 400).await;
        let error = write(db, &again, &late[1..]).await.unwrap_err();
        assert!(notification_writes::is_told(&error), "{error}");

        let mut txn = db.begin();
        notification_writes::mark_read(&mut txn, ADA, Uuid::from_u128(101), Time::from(at(2)));
        assert!(matches!(txn.commit().await, Err(CommitError::GuardMissed)), "reading twice");
    }
}

#[tokio::test]
async fn reading_all_is_one_place_and_streams_are_not_torn() {
    for store in Store::both().await {
        store_with_task(&store).await;
        let db = &store.db;
        let reasons = [
            Reason::Mentioned,
            Reason::Assigned,
            Reason::Commented,
            Reason::StatusChanged,
            Reason::DueSoon,
        ];
        let notices: Vec<Notice> = reasons
            .into_iter()
            .zip(0..)
            .map(|(reason, second)| notice(ADA, &second.to_string(), reason, second))
            .collect();
        tell(db, &notices, 100).await;
        assert_eq!(notifications::count_unread(db.reader(), ADA, &[PROJECT], 1000).await.unwrap(), 5);
        assert_eq!(notifications::count_unread(db.reader(), ADA, &[PROJECT], 3).await.unwrap(), 3);
        assert_eq!(notifications::count_unread(db.reader(), ADA, &[ADA], 3).await.unwrap(), 0);
        let until = Time::from(at(3));
        let mut txn = db.begin();
        assert_eq!(notifications::count_unread_until(&mut txn, ADA, until).await.unwrap(), 4);
        notification_writes::mark_all_read(&mut txn, ADA, until, Time::from(at(9)));
        txn.commit().await.unwrap();
        let (mut place, mut met) = ((0, Uuid::max()), Vec::new());
        loop {
            let rows = changes(db, ADA, place, 2).await;
            let Some(last) = rows.last() else { break };
            place = (last.0, Uuid::from_u128(last.1));
            met.extend(rows.into_iter().map(|(seq, id, _, read)| (seq, id, read)));
        }
        assert_eq!(
            met,
            [(5, 105, false), (6, 101, true), (6, 102, true), (6, 103, true), (6, 104, true)]
        );
        let page = notifications::list(db.reader(), ADA, &[PROJECT], true, None, 10).await.unwrap();
        assert_eq!(page.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [105]);
        let page = notifications::list(db.reader(), ADA, &[PROJECT], false, None, 3).await.unwrap();
        assert_eq!(page.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>(), [105, 104, 103]);
    }
}

#[tokio::test]
async fn mails_end_for_one_scope_and_begin_again() {
    for store in Store::both().await {
        store_with_task(&store).await;
        let db = &store.db;
        let told = tell(db, &[notice(ADA, "1", Reason::Commented, 0)], 100).await;
        let [
            Planned {
                notification: Kept { id, .. },
                ..
            },
        ] = told.as_slice()
        else {
            panic!("one")
        };
        let row = notification_mails::find(db.reader(), *id).await.unwrap().unwrap();
        assert_eq!(
            (row.project_key.as_str(), row.task_title.as_deref(), row.is_read),
            ("WEB", Some("Task 1"), false)
        );
        assert!(notification_mails::find(db.reader(), PROJECT).await.unwrap().is_none());

        let (task_id, other) = (task(PROJECT, 1).id.0, Uuid::from_u128(5));
        for _ in 0..2 {
            let mut txn = db.begin();
            notification_mails::opt_out(&mut txn, ADA, task_id, Time(1));
            txn.commit().await.unwrap();
        }
        let ended = async |user, scopes: &[Uuid]| notification_mails::is_opted_out(db.reader(), user, scopes).await.unwrap();
        assert!(ended(ADA, &[other, task_id]).await);
        assert!(!ended(TIM, &[task_id]).await && !ended(ADA, &[other]).await);
        let mut txn = db.begin();
        notification_mails::opt_in(&mut txn, ADA, task_id);
        txn.delete(notification_writes::sweep_causes(Time::from(at(1))));
        txn.commit().await.unwrap();
        assert!(!ended(ADA, &[task_id]).await);
        assert!(notifications::told(db.reader(), &["1".to_owned()]).await.unwrap().is_empty());
    }
}
