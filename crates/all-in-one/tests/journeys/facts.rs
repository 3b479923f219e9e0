//! What happens in one service becomes known to the others: a colleague who is given a task is told in the inbox and by mail, deadlines
//! announce themselves, statistics follow, files show on their task, and what leaves takes along what belongs to it.

use std::time::Duration;

use tasktracker_proto::analytics::v1::{GetProjectStatisticsRequest, GetTaskStatisticsRequest, GetUserStatisticsRequest, StatusCategory};
use tasktracker_proto::auth::v1::{AssignmentPolicy, ListProjectMembersRequest, RemoveProjectMemberRequest};
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::watch_response::Event;
use tasktracker_proto::core::v1::*;
use tasktracker_proto::files::v1::{DeleteFileRequest, GetFileRequest, ListTaskFilesRequest};
use tasktracker_testing::{User, World, eventually, problem};
use tonic::Code;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Ada, who owns WEB, and two who work there.
async fn team(world: &World) -> (User, User, User, Project) {
    let ada = world.user("ada").await;
    let grace = world.user("grace").await;
    let linus = world.user("linus").await;
    let web = ada.project("WEB").await;
    ada.member(&web, &grace, "maintainer").await;
    ada.member(&web, &linus, "contributor").await;
    (ada, grace, linus, web)
}

async fn read(user: &User, task: &Task) -> Task {
    let request = GetTaskRequest { task_id: task.id.clone() };
    user.tasks()
        .get_task(request)
        .await
        .expect("reads")
        .into_inner()
        .task
        .expect("a task")
}

/// Waits for a notification with this reason about this task.
async fn told(user: &User, reason: NotificationReason, task: &Task) -> Notification {
    eventually(&format!("{reason:?} about {}", task.key), || async {
        let found = |one: &Notification| one.reason() == reason && one.task_id == task.id;
        user.inbox().await.into_iter().find(found)
    })
    .await
}

/// The mails to somebody, as they lie in the directory.
fn mails(world: &World, user: &User) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(world.data_dir().join("mail")) else {
        return Vec::new();
    };
    let mut mails: Vec<String> = folder
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "eml"))
        .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
        .filter(|mail| mail.contains(&user.email))
        .collect();
    mails.sort();
    mails
}

#[tokio::test]
async fn a_colleague_who_is_given_a_task_is_told_in_the_inbox_and_by_mail() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let task = ada.task(&web, "Draw a map").await;
    ada.assign(&task, &[&grace]).await;

    let notification = told(&grace, NotificationReason::Assigned, &task).await;
    assert_eq!((notification.actor_id.as_str(), notification.count), (ada.id.as_str(), 1));
    assert_eq!(
        (notification.task_key.as_str(), notification.task_title.as_str()),
        ("WEB-1", "Draw a map")
    );
    assert!(notification.read_time.is_none());

    world.advance(Duration::from_secs(60)).await;
    let mail = eventually("a mail", || async {
        mails(&world, &grace).into_iter().find(|mail| mail.contains("WEB-1"))
    })
    .await;
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{mail}");
    // Who did it is told of nothing.
    world.settled().await;
    assert!(ada.inbox().await.is_empty());
    assert!(mails(&world, &ada).is_empty());
}

#[tokio::test]
async fn who_reads_in_time_gets_no_mail() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let task = ada.task(&web, "Draw a map").await;
    ada.assign(&task, &[&grace]).await;
    told(&grace, NotificationReason::Assigned, &task).await;
    let all = MarkAllNotificationsReadRequest::default();
    grace.notifications().mark_all_notifications_read(all).await.expect("reads all");
    world.advance(Duration::from_secs(60)).await;
    world.settled().await;
    assert!(mails(&world, &grace).iter().all(|mail| !mail.contains("WEB-1")));
}

#[tokio::test]
async fn deadlines_announce_themselves_once_and_not_when_the_work_is_done() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let due = |day: &str| {
        Some(Due {
            value: Some(Value::Date(day.to_owned())),
        })
    };
    let of_grace = |title: &str| Task {
        title: title.to_owned(),
        assignee_ids: vec![grace.id.clone()],
        // Today is the first of May; the day ends in UTC.
        due: due("2026-05-03"),
        ..Task::default()
    };
    let task = ada.task_of(&web, of_grace("Draw a map")).await;
    let done = ada.task_of(&web, of_grace("Sail")).await;
    ada.move_to(&web, &done, "Done").await;

    world.advance(DAY).await;
    world.settled().await;
    let reminders = |inbox: &[Notification]| -> Vec<(NotificationReason, String)> {
        let about_time = [NotificationReason::DueSoon, NotificationReason::Overdue];
        inbox
            .iter()
            .filter(|one| about_time.contains(&one.reason()))
            .map(|one| (one.reason(), one.task_id.clone()))
            .collect()
    };
    assert!(
        reminders(&grace.inbox().await).is_empty(),
        "36 hours before the deadline is too early"
    );

    world.advance(13 * HOUR).await;
    let soon = told(&grace, NotificationReason::DueSoon, &task).await;
    assert!(soon.actor_id.is_empty(), "time did it");
    // The creator follows, and so is told too: it is not they who did it.
    told(&ada, NotificationReason::DueSoon, &task).await;

    world.advance(DAY).await;
    told(&grace, NotificationReason::Overdue, &task).await;
    let world = world.restart().await;
    world.advance(DAY).await;
    world.settled().await;
    let grace = world.again(&grace).await;
    let mut all = reminders(&grace.inbox().await);
    all.sort();
    let id = || task.id.clone();
    assert_eq!(all, [(NotificationReason::DueSoon, id()), (NotificationReason::Overdue, id())]);
}

#[tokio::test]
async fn a_reminder_whose_time_passed_while_nothing_ran_is_late_not_lost() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let task = Task {
        title: "Draw a map".to_owned(),
        assignee_ids: vec![grace.id.clone()],
        due: Some(Due {
            value: Some(Value::Date("2026-05-03".to_owned())),
        }),
        ..Task::default()
    };
    let task = ada.task_of(&web, task).await;
    world.settled().await;
    let world = world.restart_after(5 * DAY).await;
    let grace = world.again(&grace).await;
    told(&grace, NotificationReason::Overdue, &task).await;
    world.settled().await;
    let soon = grace
        .inbox()
        .await
        .into_iter()
        .any(|one| one.reason() == NotificationReason::DueSoon);
    assert!(!soon, "what is overdue is not due soon");
}

#[tokio::test]
async fn statistics_follow_what_happens() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let first = ada.task(&web, "Draw a map").await;
    ada.task(&web, "Sail").await;
    ada.assign(&first, &[&grace]).await;
    let started = grace.move_to(&web, &first, "In progress").await;
    world.advance(2 * HOUR).await;
    grace.move_to(&web, &started, "Done").await;

    // A write's token makes the next read wait for it.
    let moved = grace
        .tasks()
        .move_task(MoveTaskRequest {
            task_id: first.id.clone(),
            status_id: grace.status(&web, "Done").await.id,
            ..MoveTaskRequest::default()
        })
        .await
        .expect("moves");
    assert!(moved.metadata().get("x-consistency-token").is_none(), "nothing was written");
    world.settled().await;
    let statistics = grace.project_statistics(&web, "").await;
    let count = |category: StatusCategory| {
        let found = statistics.category_counts.iter().find(|count| count.status_category() == category);
        found.map_or(-1, |count| count.task_count)
    };
    assert_eq!((count(StatusCategory::Completed), count(StatusCategory::Unstarted)), (1, 1));
    let today = statistics.days.last().expect("days");
    assert_eq!(
        (today.date.as_str(), today.created_count, today.completed_count),
        ("2026-05-01", 2, 1)
    );

    let request = GetTaskStatisticsRequest {
        task_id: first.id.clone(),
        ..GetTaskStatisticsRequest::default()
    };
    let of_task = ada.statistics().get_task_statistics(request).await.expect("answers").into_inner();
    let of_task = of_task.statistics.expect("statistics");
    assert_eq!(of_task.cycle_duration.map(|time| time.seconds), Some(7200));

    let request = GetUserStatisticsRequest {
        user_id: grace.id.clone(),
        ..GetUserStatisticsRequest::default()
    };
    let of_grace = ada.statistics().get_user_statistics(request).await.expect("answers").into_inner();
    let of_grace = of_grace.statistics.expect("statistics");
    assert_eq!(of_grace.days.last().map(|day| day.completed_count), Some(1));
}

#[tokio::test]
async fn statistics_of_a_write_are_there_for_who_brings_its_token() {
    let world = World::start().await;
    let (ada, _, _, web) = team(&world).await;
    for round in 1..=5 {
        let create = CreateTaskRequest {
            project_id: web.id.clone(),
            task: Some(Task {
                title: format!("Task {round}"),
                ..Task::default()
            }),
            request_id: String::new(),
        };
        let made = ada.tasks().create_task(create).await.expect("makes");
        let token = made
            .metadata()
            .get("x-consistency-token")
            .expect("a token")
            .to_str()
            .expect("text")
            .to_owned();
        let statistics = ada.project_statistics(&web, &token).await;
        let all: i32 = statistics.category_counts.iter().map(|count| count.task_count).sum();
        assert_eq!(all, round, "the write is counted");
    }
}

#[tokio::test]
async fn files_go_up_come_down_and_show_on_their_task() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let stranger = world.user("stranger").await;
    let task = ada.task(&web, "Draw a map").await;
    let content: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    let file = grace.upload(&task, "map.bin", &content).await;
    assert_eq!((file.size_bytes, file.file_name.as_str()), (300_000, "map.bin"));
    assert_eq!(ada.download(&file).await, content);
    let hidden = problem(stranger.files().get_file(GetFileRequest { file_id: file.id.clone() }).await);
    assert_eq!(hidden.code, Code::NotFound);

    let seen = eventually("the count on the task", || async {
        Some(read(&ada, &task).await).filter(|task| task.attachment_count == 1)
    })
    .await;
    assert_eq!(seen.etag, task.etag, "a count is no edit");

    let request = DeleteFileRequest { file_id: file.id.clone() };
    grace.files().delete_file(request).await.expect("deletes");
    eventually("the count goes down", || async {
        Some(read(&ada, &task).await).filter(|task| task.attachment_count == 0)
    })
    .await;
}

#[tokio::test]
async fn a_watcher_sees_notifications_and_counts_live() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let task = ada.task(&web, "Draw a map").await;
    let watch = WatchRequest {
        project_ids: vec![web.id.clone()],
        notifications: true,
        ..WatchRequest::default()
    };
    let mut stream = grace.watch().watch(watch).await.expect("watches").into_inner();
    let first = stream.message().await.expect("a message").and_then(|message| message.event);
    assert!(matches!(first, Some(Event::Checkpoint(_))));
    ada.assign(&task, &[&grace]).await;
    ada.upload(&task, "map.txt", b"here be dragons").await;
    let (mut told, mut counted) = (false, false);
    while !(told && counted) {
        let message = tokio::time::timeout(Duration::from_secs(20), stream.message())
            .await
            .expect("in time");
        match message.expect("a message").and_then(|message| message.event) {
            Some(Event::NotificationUpserted(one)) => told |= one.reason() == NotificationReason::Assigned && one.task_id == task.id,
            Some(Event::TaskUpserted(one)) => counted |= one.attachment_count == 1,
            _ => {}
        }
    }
}

#[tokio::test]
async fn who_leaves_a_project_leaves_the_open_work_to_others() {
    let world = World::start().await;
    let (ada, grace, linus, web) = team(&world).await;
    let mut tasks = Vec::new();
    for title in ["Draw a map", "Sail", "Land"] {
        let task = ada.task(&web, title).await;
        tasks.push(ada.assign(&task, &[&linus]).await);
    }
    ada.move_to(&web, &tasks[2], "Done").await;
    let members = ada
        .access()
        .list_project_members(ListProjectMembersRequest {
            project_id: web.id.clone(),
            ..ListProjectMembersRequest::default()
        })
        .await
        .expect("lists")
        .into_inner()
        .members;
    let member = members.iter().find(|member| member.user_id == linus.id).expect("a member");
    let removal = RemoveProjectMemberRequest {
        project_id: web.id.clone(),
        member_id: member.id.clone(),
        assignments: AssignmentPolicy::Reassign.into(),
        reassign_to_user_id: grace.id.clone(),
        ..RemoveProjectMemberRequest::default()
    };
    ada.access().remove_project_member(removal).await.expect("removes");
    for task in &tasks[..2] {
        eventually("grace has it", || async {
            Some(read(&ada, task).await).filter(|task| task.assignee_ids == std::slice::from_ref(&grace.id))
        })
        .await;
        told(&grace, NotificationReason::Assigned, task).await;
    }
    assert_eq!(
        read(&ada, &tasks[2]).await.assignee_ids,
        std::slice::from_ref(&linus.id),
        "what is done keeps its history"
    );
    world.settled().await;
    assert!(linus.inbox().await.is_empty(), "who left is shown nothing of the project");
}

#[tokio::test]
async fn the_trash_is_emptied_after_thirty_days_and_takes_everything_along() {
    let world = World::start().await;
    let (ada, grace, _, web) = team(&world).await;
    let task = ada.task(&web, "Draw a map").await;
    let kept = ada.task(&web, "Sail").await;
    let file = ada.upload(&task, "map.txt", b"here be dragons").await;
    ada.comment(&task, "Look at the edge").await;
    ada.assign(&task, &[&grace]).await;
    told(&grace, NotificationReason::Assigned, &task).await;
    let delete = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    ada.tasks().delete_task(delete).await.expect("deletes");
    let hidden = |user: User, id: String| async move { user.files().get_file(GetFileRequest { file_id: id }).await.is_err().then_some(()) };
    eventually("its files are hidden", || hidden(ada.clone(), file.id.clone())).await;

    let undelete = || UndeleteTaskRequest {
        task_id: task.id.clone(),
        ..UndeleteTaskRequest::default()
    };
    world.advance(29 * DAY).await;
    world.settled().await;
    ada.tasks().undelete_task(undelete()).await.expect("comes back");
    eventually("its files are back", || async {
        ada.files()
            .get_file(GetFileRequest { file_id: file.id.clone() })
            .await
            .is_ok()
            .then_some(())
    })
    .await;
    let delete = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    ada.tasks().delete_task(delete).await.expect("deletes");
    world.advance(32 * DAY).await;
    eventually("the task is gone", || async {
        let request = GetTaskRequest { task_id: task.id.clone() };
        ada.tasks().get_task(request).await.is_err().then_some(())
    })
    .await;
    let gone = problem(ada.tasks().undelete_task(undelete()).await);
    assert_eq!(gone.code, Code::NotFound);
    world.settled().await;
    let objects = world.data_dir().join("blobs").join("objects");
    let left = eventually("its content is gone", || async {
        let count = walk(&objects);
        (count == 0).then_some(count)
    })
    .await;
    assert_eq!(left, 0);
    assert!(grace.inbox().await.iter().all(|one| one.task_id != task.id));
    assert_eq!(ada.task(&web, "Next").await.number, 3, "numbers are never used again");
    read(&ada, &kept).await;
    let request = ListTaskFilesRequest {
        task_id: kept.id.clone(),
        ..ListTaskFilesRequest::default()
    };
    assert!(
        ada.files()
            .list_task_files(request)
            .await
            .expect("lists")
            .into_inner()
            .files
            .is_empty()
    );
    // History does not change: the first of May still has two new tasks.
    let request = GetProjectStatisticsRequest {
        project_id: web.id.clone(),
        start_date: "2026-05-01".to_owned(),
        end_date: "2026-05-01".to_owned(),
        ..GetProjectStatisticsRequest::default()
    };
    let statistics = ada
        .statistics()
        .get_project_statistics(request)
        .await
        .expect("answers")
        .into_inner();
    assert_eq!(statistics.statistics.expect("statistics").days[0].created_count, 2);
}

fn walk(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { 1 })
        .sum()
}
