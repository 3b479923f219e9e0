//! Who is told of what.

use proptest::collection::btree_set;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn user(number: u128) -> UserId {
    Uuid::from_u128(number).into()
}

fn people(numbers: &[u128]) -> BTreeSet<UserId> {
    numbers.iter().copied().map(user).collect()
}

fn happening(actor: Option<u128>, what: What) -> Happening {
    Happening {
        cause: "cause".to_owned(),
        at: "2026-05-01T12:00:00Z".parse().unwrap(),
        actor: actor.map(user),
        project_id: Uuid::from_u128(1000).into(),
        what,
    }
}

fn task() -> TaskId {
    Uuid::from_u128(2000).into()
}

fn told(happening: &Happening, followers: &[u128]) -> Vec<(u128, Reason)> {
    let notices = happening.notices(&people(followers));
    notices
        .into_iter()
        .map(|notice| (notice.recipient.uuid().as_u128(), notice.reason))
        .collect()
}

#[test]
fn a_new_task_tells_those_who_are_named_and_those_who_are_to_do_it() {
    let made = happening(
        Some(1),
        What::TaskCreated {
            task_id: task(),
            assignees: people(&[1, 2, 3]),
            mentioned: people(&[3, 4]),
        },
    );
    assert_eq!(
        told(&made, &[9]),
        [(2, Reason::Assigned), (3, Reason::Mentioned), (4, Reason::Mentioned)]
    );
    assert_eq!(made.followed_task(), None);
}

#[test]
fn a_changed_task_tells_the_difference_and_a_new_status() {
    let change = |entered: Option<u128>| {
        happening(
            Some(1),
            What::TaskUpdated {
                task_id: task(),
                before: people(&[1, 2, 3]),
                after: people(&[3, 4, 5]),
                mentioned: people(&[5]),
                entered: entered.map(|id| Uuid::from_u128(id).into()),
            },
        )
    };
    let quiet = change(None);
    assert_eq!(
        told(&quiet, &[9]),
        [(2, Reason::Unassigned), (4, Reason::Assigned), (5, Reason::Mentioned)],
        "who stays is told nothing, followers neither"
    );
    let moved = change(Some(77));
    assert_eq!(
        told(&moved, &[1, 2, 9]),
        [
            (2, Reason::Unassigned),
            (3, Reason::StatusChanged),
            (4, Reason::Assigned),
            (5, Reason::Mentioned),
            (9, Reason::StatusChanged)
        ]
    );
    let notices = moved.notices(&people(&[9]));
    let with_status = notices.iter().filter(|notice| notice.status_id.is_some());
    assert!(with_status.clone().all(|notice| notice.reason == Reason::StatusChanged));
    assert_eq!(with_status.count(), 2);
}

#[test]
fn a_comment_tells_followers_and_an_edit_only_the_newly_named() {
    let comment = |is_new: bool| {
        happening(
            Some(1),
            What::Commented {
                task_id: task(),
                comment_id: Uuid::from_u128(3000).into(),
                is_new,
                assignees: people(&[2]),
                mentioned: people(&[3]),
            },
        )
    };
    assert_eq!(
        told(&comment(true), &[1, 3, 4]),
        [(2, Reason::Commented), (3, Reason::Mentioned), (4, Reason::Commented)]
    );
    assert_eq!(told(&comment(false), &[1, 3, 4]), [(3, Reason::Mentioned)]);
    assert!(comment(true).notices(&BTreeSet::new()).iter().all(Notice::tells_of_comment));
}

#[test]
fn a_deadline_has_no_actor_and_a_name_of_its_own() {
    let at = "2026-05-02T12:00:00Z".parse().unwrap();
    let due = |is_over: bool| {
        happening(
            None,
            What::Due {
                task_id: task(),
                is_over,
                due_time: at,
                assignees: people(&[2]),
            },
        )
    };
    assert_eq!(told(&due(false), &[1]), [(1, Reason::DueSoon), (2, Reason::DueSoon)]);
    assert_eq!(told(&due(true), &[1]), [(1, Reason::Overdue), (2, Reason::Overdue)]);
    assert_ne!(Happening::due_cause(task(), true, at), Happening::due_cause(task(), false, at));
    let later = "2026-05-02T12:00:01Z".parse().unwrap();
    assert_ne!(Happening::due_cause(task(), true, at), Happening::due_cause(task(), true, later));
}

#[test]
fn a_new_member_is_told_unless_they_did_it() {
    let added = |actor| happening(actor, What::MemberAdded { user_id: user(2) });
    assert_eq!(told(&added(Some(1)), &[]), [(2, Reason::MemberAdded)]);
    assert_eq!(told(&added(None), &[]), [(2, Reason::MemberAdded)]);
    assert_eq!(told(&added(Some(2)), &[]), []);
    assert!(!added(Some(2)).concerns_somebody());
}

fn some_people() -> impl Strategy<Value = BTreeSet<UserId>> {
    btree_set((1..7_u128).prop_map(user), 0..5)
}

fn any_what() -> impl Strategy<Value = What> {
    prop_oneof![
        (some_people(), some_people()).prop_map(|(assignees, mentioned)| What::TaskCreated {
            task_id: task(),
            assignees,
            mentioned
        }),
        (some_people(), some_people(), some_people(), any::<bool>()).prop_map(|(before, after, mentioned, moved)| What::TaskUpdated {
            task_id: task(),
            before,
            after,
            mentioned,
            entered: moved.then(|| Uuid::from_u128(1).into()),
        }),
        (some_people(), some_people(), any::<bool>()).prop_map(|(assignees, mentioned, is_new)| What::Commented {
            task_id: task(),
            comment_id: Uuid::from_u128(3).into(),
            is_new,
            assignees,
            mentioned
        }),
        (some_people(), any::<bool>()).prop_map(|(assignees, is_over)| What::Due {
            task_id: task(),
            is_over,
            due_time: Timestamp::UNIX_EPOCH,
            assignees
        }),
        (1..7_u128).prop_map(|id| What::MemberAdded { user_id: user(id) }),
    ]
}

proptest! {
    #[test]
    fn the_actor_is_never_told_and_nobody_twice(what in any_what(), actor in 0..7_u128, followers in some_people()) {
        let happening = happening((actor > 0).then_some(actor), what);
        let notices = happening.notices(&followers);
        prop_assert!(notices.iter().all(|notice| Some(notice.recipient) != happening.actor));
        let recipients: BTreeSet<_> = notices.iter().map(|notice| notice.recipient).collect();
        prop_assert_eq!(recipients.len(), notices.len());
        prop_assert!(notices.iter().all(|notice| notice.cause == happening.cause && notice.actor_id == happening.actor));
        if !happening.concerns_somebody() {
            prop_assert!(notices.is_empty());
        }
        if happening.followed_task().is_none() {
            prop_assert_eq!(happening.notices(&BTreeSet::new()), notices);
        }
    }

    #[test]
    fn more_followers_never_make_a_reason_worse(what in any_what(), followers in some_people()) {
        let happening = happening(None, what);
        let alone = happening.notices(&BTreeSet::new());
        let together = happening.notices(&followers);
        for notice in alone {
            prop_assert!(together.contains(&notice));
        }
    }
}
