//! What must be true after a death: whatever was acknowledged is there, and has its consequences, each once.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tasktracker_proto::analytics::v1::GetProjectStatisticsRequest;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::core::v1::notification_service_client::NotificationServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{Entrance, signed};

use super::story::{GRACE, Story};
use super::uploads::files_of;

/// Waits until everything has followed, and compares it with the tasks themselves.
pub async fn check(server: &Entrance, story: &Story) {
    let token = server.token().await;
    let began = Instant::now();
    loop {
        let wrong = differences(server, &token, story).await;
        if wrong.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "it never followed: {wrong:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What does not agree with the tasks, as words.
async fn differences(server: &Entrance, token: &str, story: &Story) -> Vec<String> {
    let tasks = tasks(server, token, &story.project_id).await;
    let mut wrong = Vec::new();
    for id in story.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        assert!(tasks.iter().any(|task| task.id == *id), "the acknowledged task {id} is lost");
    }
    let mut expect = |what: &str, seen: i64, wanted: i64| {
        if seen != wanted {
            wrong.push(format!("{what}: {seen} instead of {wanted}"));
        }
    };

    let request = GetProjectStatisticsRequest {
        project_id: story.project_id.clone(),
        ..GetProjectStatisticsRequest::default()
    };
    let statistics = StatisticsServiceClient::new(server.connect().await)
        .get_project_statistics(signed(token, request))
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics");
    for count in &statistics.category_counts {
        let of_category = tasks.iter().filter(|task| task.status_category == count.status_category).count();
        expect(
            &format!("{:?}", count.status_category()),
            i64::from(count.task_count),
            of_category as i64,
        );
    }
    let sum = |of: fn(&tasktracker_proto::analytics::v1::DayCounts) -> i32| i64::from(statistics.days.iter().map(of).sum::<i32>());
    expect("created", sum(|day| day.created_count), tasks.len() as i64);
    let completed = tasks.iter().filter(|task| task.complete_time.is_some()).count();
    expect("completed", sum(|day| day.completed_count), completed as i64);

    let mut told: BTreeMap<String, i64> = BTreeMap::new();
    for one in inbox_of_grace(server).await {
        if one.reason() == NotificationReason::Assigned {
            *told.entry(one.task_id).or_default() += i64::from(one.count);
        }
    }
    for task in &tasks {
        let wanted = i64::from(task.assignee_ids.contains(&story.grace_id));
        expect(
            &format!("notifications about {}", task.key),
            told.remove(&task.id).unwrap_or_default(),
            wanted,
        );
        let files = if task.title == "With a file" {
            files_of(server, token, &task.id).await.len()
        } else {
            0
        };
        expect(&format!("files on {}", task.key), i64::from(task.attachment_count), files as i64);
    }
    expect("notifications about nothing", told.len() as i64, 0);
    wrong
}

async fn tasks(server: &Entrance, token: &str, project_id: &str) -> Vec<Task> {
    let mut client = TaskServiceClient::new(server.connect().await).max_decoding_message_size(32 << 20);
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListTasksRequest {
            project_id: project_id.to_owned(),
            page_size: 200,
            page_token,
            ..ListTasksRequest::default()
        };
        let page = client.list_tasks(signed(token, list)).await.expect("lists").into_inner();
        tasks.extend(page.tasks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return tasks;
        }
    }
}

async fn inbox_of_grace(server: &Entrance) -> Vec<Notification> {
    let token = server.token_of(GRACE).await;
    let mut client = NotificationServiceClient::new(server.connect().await);
    let (mut inbox, mut page_token) = (Vec::new(), String::new());
    loop {
        let list = ListNotificationsRequest {
            page_size: 200,
            page_token,
            ..ListNotificationsRequest::default()
        };
        let page = client.list_notifications(signed(&token, list)).await.expect("lists").into_inner();
        inbox.extend(page.notifications);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return inbox;
        }
    }
}
