//! One event of each kind, as Rust values, with every field set to something else than its default. `testdata/v1` holds their bytes as the
//! first release wrote them: they must stay readable for ever.

use prost::Message;
use prost_types::Timestamp;
use tasktracker_proto::events::v1::{
    AccessEvent, Actor, Assignments, CommentCreated, CommentDeleted, CommentUpdated, EventMeta, FileEvent, FileState, MemberAdded,
    MemberChanged, MemberRemoved, ProjectEvent, ProjectStatus, StatusCategory, TaskCreated, TaskDeleted, TaskEvent, TaskPurged,
    TaskRestored, TaskSnapshot, TaskUpdated, UserEvent, UserState, access_event, task_event,
};

const EVENT: &str = "0198c0de-0000-7000-8000-0000000000e1";
const TASK: &str = "0198c0de-0000-7000-8000-000000000001";
const PROJECT: &str = "0198c0de-0000-7000-8000-000000000002";
const ALICE: &str = "0198c0de-0000-7000-8000-00000000000a";
const BOB: &str = "0198c0de-0000-7000-8000-00000000000b";
const STATUS: &str = "0198c0de-0000-7000-8000-000000000051";
const OTHER_STATUS: &str = "0198c0de-0000-7000-8000-000000000052";
const COMMENT: &str = "0198c0de-0000-7000-8000-0000000000c1";
const FILE: &str = "0198c0de-0000-7000-8000-0000000000f1";
const ROLE: &str = "project.editor";

/// Name of the file, the value, and its bytes as this program writes them.
pub struct Golden<M> {
    pub name: &'static str,
    pub value: M,
}

fn golden<M>(name: &'static str, value: M) -> Golden<M> {
    Golden { name, value }
}

/// File names and bytes of all of them.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    fn bytes<M: Message>(values: Vec<Golden<M>>) -> Vec<(&'static str, Vec<u8>)> {
        values
            .into_iter()
            .map(|golden| (golden.name, golden.value.encode_to_vec()))
            .collect()
    }
    [
        bytes(tasks()),
        bytes(projects()),
        bytes(users()),
        bytes(accesses()),
        bytes(uploads()),
    ]
    .concat()
}

pub fn tasks() -> Vec<Golden<TaskEvent>> {
    use task_event::Kind;
    let mentioned_user_ids = || vec![BOB.to_owned()];
    let comment_id = || COMMENT.to_owned();
    vec![
        golden(
            "task_created",
            TaskEvent {
                before: None,
                ..task(Kind::Created(TaskCreated {
                    mentioned_user_ids: mentioned_user_ids(),
                }))
            },
        ),
        golden(
            "task_updated",
            task(Kind::Updated(TaskUpdated {
                changed: vec!["status_id".to_owned(), "title".to_owned()],
                mentioned_user_ids: mentioned_user_ids(),
            })),
        ),
        golden("task_deleted", task(Kind::Deleted(TaskDeleted {}))),
        golden("task_restored", task(Kind::Restored(TaskRestored {}))),
        golden(
            "task_purged",
            TaskEvent {
                after: None,
                before: None,
                ..task(Kind::Purged(TaskPurged {}))
            },
        ),
        golden(
            "task_comment_created",
            TaskEvent {
                before: None,
                ..task(Kind::CommentCreated(CommentCreated {
                    comment_id: comment_id(),
                    mentioned_user_ids: mentioned_user_ids(),
                }))
            },
        ),
        golden(
            "task_comment_updated",
            TaskEvent {
                before: None,
                ..task(Kind::CommentUpdated(CommentUpdated {
                    comment_id: comment_id(),
                    mentioned_user_ids: mentioned_user_ids(),
                }))
            },
        ),
        golden(
            "task_comment_deleted",
            TaskEvent {
                before: None,
                ..task(Kind::CommentDeleted(CommentDeleted { comment_id: comment_id() }))
            },
        ),
    ]
}

pub fn projects() -> Vec<Golden<ProjectEvent>> {
    let changed = ProjectEvent {
        meta: Some(by_alice()),
        project_id: PROJECT.to_owned(),
        version: 3,
        time_zone: "Europe/Berlin".to_owned(),
        statuses: vec![
            ProjectStatus {
                status_id: STATUS.to_owned(),
                category: StatusCategory::Started.into(),
            },
            ProjectStatus {
                status_id: OTHER_STATUS.to_owned(),
                category: StatusCategory::Completed.into(),
            },
        ],
        archive_time: Some(at(5)),
        delete_time: Some(at(6)),
        purged: false,
    };
    let purged = ProjectEvent {
        meta: Some(by_core()),
        project_id: PROJECT.to_owned(),
        version: 4,
        purged: true,
        ..ProjectEvent::default()
    };
    vec![golden("project_changed", changed), golden("project_purged", purged)]
}

pub fn users() -> Vec<Golden<UserEvent>> {
    let changed = UserEvent {
        meta: Some(by_alice()),
        user_id: BOB.to_owned(),
        version: 2,
        state: UserState::Deactivated.into(),
    };
    vec![golden("user_changed", changed)]
}

pub fn accesses() -> Vec<Golden<AccessEvent>> {
    use access_event::Kind;
    let access = |kind| AccessEvent {
        meta: Some(by_alice()),
        project_id: PROJECT.to_owned(),
        user_id: BOB.to_owned(),
        kind: Some(kind),
    };
    let role_id = || ROLE.to_owned();
    vec![
        golden("access_member_added", access(Kind::MemberAdded(MemberAdded { role_id: role_id() }))),
        golden(
            "access_member_changed",
            access(Kind::MemberChanged(MemberChanged { role_id: role_id() })),
        ),
        golden(
            "access_member_removed",
            access(Kind::MemberRemoved(MemberRemoved {
                assignments: Assignments::Reassign.into(),
                reassign_to_user_id: ALICE.to_owned(),
            })),
        ),
    ]
}

pub fn uploads() -> Vec<Golden<FileEvent>> {
    let file = |state: FileState, version| FileEvent {
        meta: Some(by_alice()),
        file_id: FILE.to_owned(),
        version,
        task_id: TASK.to_owned(),
        project_id: PROJECT.to_owned(),
        size_bytes: 5_000_000_000,
        state: state.into(),
    };
    vec![
        golden("file_ready", file(FileState::Ready, 1)),
        golden("file_deleted", file(FileState::Deleted, 2)),
        golden("file_purged", file(FileState::Purged, 3)),
    ]
}

fn task(kind: task_event::Kind) -> TaskEvent {
    let after = TaskSnapshot {
        time_zone: "Europe/Berlin".to_owned(),
        status_id: STATUS.to_owned(),
        status_category: StatusCategory::Completed.into(),
        priority: 4,
        r#type: 2,
        assignee_ids: vec![ALICE.to_owned(), BOB.to_owned()],
        creator_id: ALICE.to_owned(),
        parent_id: "0198c0de-0000-7000-8000-000000000003".to_owned(),
        due_date: "2026-03-29".to_owned(),
        due_local_date_time: "2026-03-29T02:30".to_owned(),
        due_time_zone: "Europe/Berlin".to_owned(),
        due_time: Some(at(1)),
        estimate_points: Some(2.5),
        create_time: Some(at(2)),
        start_time: Some(at(3)),
        complete_time: Some(at(4)),
        delete_time: Some(at(5)),
    };
    let before = TaskSnapshot {
        status_id: OTHER_STATUS.to_owned(),
        status_category: StatusCategory::Started.into(),
        complete_time: None,
        // Zero points are an estimate, too.
        estimate_points: Some(0.0),
        ..after.clone()
    };
    TaskEvent {
        meta: Some(by_alice()),
        task_id: TASK.to_owned(),
        project_id: PROJECT.to_owned(),
        version: 7,
        after: Some(after),
        before: Some(before),
        kind: Some(kind),
    }
}

fn by_alice() -> EventMeta {
    EventMeta {
        event_id: EVENT.to_owned(),
        occur_time: Some(at(0)),
        actor: Some(Actor {
            user_id: ALICE.to_owned(),
            service: String::new(),
        }),
        causation_id: "request-1".to_owned(),
    }
}

fn by_core() -> EventMeta {
    EventMeta {
        actor: Some(Actor {
            user_id: String::new(),
            service: "core".to_owned(),
        }),
        ..by_alice()
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp {
        seconds: 1_774_000_000 + minute * 60,
        nanos: 123_456_000,
    }
}
