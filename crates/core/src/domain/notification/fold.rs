//! An inbox in which the like is one: what happens to the same person for the same reason on the same task within ten minutes changes
//! the unread notification that is there, and makes no new one.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::notice::Notice;
use super::reason::Reason;
use crate::domain::ids::{CommentId, ProjectId, StatusId, TaskId, UserId};

/// How long after its last change an unread notification takes in further ones.
pub const FOLD_WINDOW: Duration = Duration::from_secs(10 * 60);

/// A notification in an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// Whose inbox.
    pub recipient: UserId,
    /// Why.
    pub reason: Reason,
    /// Where it happened.
    pub project_id: ProjectId,
    /// The task it is about.
    pub task_id: Option<TaskId>,
    /// The comment, the newest where it stands for several.
    pub comment_id: Option<CommentId>,
    /// Who did it, the last one.
    pub actor_id: Option<UserId>,
    /// How many changes it stands for.
    pub count: i64,
    /// When the first of them happened.
    pub create_time: Timestamp,
    /// When the last of them happened.
    pub update_time: Timestamp,
    /// The status that was entered last.
    pub status_id: Option<StatusId>,
    /// The deadline it is about.
    pub due_time: Option<Timestamp>,
    /// Its place in the inbox when it was read from the database; none for a new one.
    pub loaded_seq: Option<i64>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The notification as it will be.
    pub notification: Kept,
    /// How many notices went into it just now.
    pub added: i64,
}

impl Kept {
    fn of(id: Uuid, notice: &Notice) -> Self {
        Self {
            id,
            recipient: notice.recipient,
            reason: notice.reason,
            project_id: notice.project_id,
            task_id: notice.task_id,
            comment_id: notice.comment_id,
            actor_id: notice.actor_id,
            count: 1,
            create_time: notice.at,
            update_time: notice.at,
            status_id: notice.status_id,
            due_time: notice.due_time,
            loaded_seq: None,
        }
    }

    /// Whether a notice goes into it. A clock that went back is no reason for a new one.
    fn takes(&self, notice: &Notice) -> bool {
        let same = (self.recipient, self.reason, self.project_id, self.task_id)
            == (notice.recipient, notice.reason, notice.project_id, notice.task_id);
        let age = notice.at.duration_since(self.update_time);
        same && self.task_id.is_some() && age.unsigned_abs() < FOLD_WINDOW
    }

    fn take(&mut self, notice: &Notice) {
        self.count += 1;
        self.update_time = self.update_time.max(notice.at);
        self.actor_id = notice.actor_id;
        self.comment_id = notice.comment_id.or(self.comment_id);
        self.status_id = notice.status_id.or(self.status_id);
        self.due_time = notice.due_time.or(self.due_time);
    }
}

/// Puts notices, in their order, into inboxes: `unread` are the unread notifications that they could go into.
pub fn plan(notices: &[Notice], unread: Vec<Kept>, mut next_id: impl FnMut() -> Uuid) -> Vec<Planned> {
    // The newest first: where two could take it, it is the one whose last change is nearest.
    let mut known: Vec<Planned> = unread.into_iter().map(|notification| Planned { notification, added: 0 }).collect();
    known.sort_by_key(|planned| std::cmp::Reverse((planned.notification.update_time, planned.notification.id)));
    for notice in notices {
        match known.iter_mut().find(|planned| planned.notification.takes(notice)) {
            Some(planned) => {
                planned.notification.take(notice);
                planned.added += 1;
            }
            None => known.push(Planned {
                notification: Kept::of(next_id(), notice),
                added: 1,
            }),
        }
    }
    known.retain(|planned| planned.added > 0);
    known
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;

    fn notice(recipient: u128, reason: Reason, task: u128, minute: i64) -> Notice {
        let at: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        Notice {
            recipient: Uuid::from_u128(recipient).into(),
            cause: format!("{minute}"),
            reason,
            project_id: Uuid::from_u128(1).into(),
            task_id: (reason != Reason::MemberAdded).then(|| Uuid::from_u128(task).into()),
            comment_id: (reason == Reason::Commented).then(|| Uuid::from_u128(minute.unsigned_abs().into()).into()),
            actor_id: Some(Uuid::from_u128(minute.unsigned_abs().into()).into()),
            status_id: None,
            due_time: None,
            at: at + minute.minutes(),
        }
    }

    fn ids() -> impl FnMut() -> Uuid {
        let mut last = 0;
        move || {
            last += 1;
            Uuid::from_u128(last)
        }
    }

    #[test]
    fn the_like_within_ten_minutes_is_one() {
        let written: Vec<Notice> = [0, 9, 18, 28].map(|minute| notice(1, Reason::Commented, 5, minute)).to_vec();
        let planned = plan(&written, Vec::new(), ids());
        let [first, second] = planned.as_slice() else {
            panic!("two: {planned:?}")
        };
        assert_eq!((first.notification.count, first.added), (3, 3));
        assert_eq!(first.notification.create_time, written[0].at);
        assert_eq!(first.notification.update_time, written[2].at);
        assert_eq!(first.notification.actor_id, written[2].actor_id);
        assert_eq!(first.notification.comment_id, written[2].comment_id);
        assert_eq!((second.notification.count, second.notification.create_time), (1, written[3].at));
    }

    #[test]
    fn what_is_not_alike_stays_apart() {
        let notices = [
            notice(1, Reason::Commented, 5, 0),
            notice(2, Reason::Commented, 5, 0),
            notice(1, Reason::Commented, 6, 0),
            notice(1, Reason::Mentioned, 5, 0),
            notice(1, Reason::MemberAdded, 0, 0),
            notice(1, Reason::MemberAdded, 0, 1),
        ];
        assert_eq!(plan(&notices, Vec::new(), ids()).len(), 6);
    }

    #[test]
    fn an_unread_one_of_before_is_changed_and_others_are_left_alone() {
        let mut kept = plan(
            &[notice(1, Reason::Commented, 5, 0), notice(1, Reason::Mentioned, 5, 0)],
            Vec::new(),
            ids(),
        );
        let unread: Vec<Kept> = kept
            .drain(..)
            .map(|planned| Kept {
                loaded_seq: Some(7),
                ..planned.notification
            })
            .collect();
        let planned = plan(&[notice(1, Reason::Commented, 5, 4)], unread.clone(), ids());
        let [changed] = planned.as_slice() else {
            panic!("one: {planned:?}")
        };
        assert_eq!(
            (changed.notification.id, changed.notification.count, changed.added),
            (unread[0].id, 2, 1)
        );
        assert_eq!(changed.notification.loaded_seq, Some(7));
        // A clock that went back an hour opens a new one, five minutes do not, and times never go back.
        let back = plan(&[notice(1, Reason::Commented, 5, -60)], unread.clone(), ids());
        assert_eq!(back[0].notification.loaded_seq, None);
        let little = plan(&[notice(1, Reason::Commented, 5, -5)], unread.clone(), ids());
        assert_eq!(
            (little[0].notification.count, little[0].notification.update_time),
            (2, unread[0].update_time)
        );
    }

    proptest! {
        #[test]
        fn every_notice_is_counted_once_and_batches_do_not_matter(
            sent in proptest::collection::vec((1..3_u128, 0..3_usize, 1..3_u128, 0..3_i64), 0..30),
            cut in 0..30_usize,
        ) {
            let mut minute = 0;
            let reasons = [Reason::Mentioned, Reason::Commented, Reason::StatusChanged];
            let notices: Vec<Notice> = sent
                .into_iter()
                .map(|(recipient, reason, task, pause)| {
                    minute += pause * 5;
                    notice(recipient, reasons[reason], task, minute)
                })
                .collect();
            let whole = plan(&notices, Vec::new(), ids());
            prop_assert_eq!(whole.iter().map(|planned| planned.notification.count).sum::<i64>(), notices.len() as i64);

            // The same notices in two batches fill the same inbox.
            let (early, late) = notices.split_at(cut.min(notices.len()));
            let mut next = ids();
            let mut inbox: Vec<Kept> = plan(early, Vec::new(), &mut next).into_iter().map(|planned| planned.notification).collect();
            for planned in plan(late, inbox.clone(), &mut next) {
                inbox.retain(|kept| kept.id != planned.notification.id);
                inbox.push(planned.notification);
            }
            let content = |mut kept: Vec<Kept>| {
                kept.sort_by_key(|kept| kept.id);
                kept
            };
            prop_assert_eq!(content(whole.into_iter().map(|planned| planned.notification).collect()), content(inbox));
        }
    }
}
