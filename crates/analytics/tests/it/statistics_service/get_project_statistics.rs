//! GetProjectStatistics.

use std::time::Duration;

use tasktracker_proto::analytics::v1::*;
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::{CreateProjectRequest, Due, Project, Task, UpdateProjectRequest, ZonedDateTime};
use tasktracker_testing::{User, World, problem};

use super::{NOTHING, busy, categories, make, move_to, of_project, project_numbers, token, until_allowed};

fn between(project: &Project, start_date: &str, end_date: &str) -> GetProjectStatisticsRequest {
    GetProjectStatisticsRequest {
        project_id: project.id.clone(),
        start_date: start_date.to_owned(),
        end_date: end_date.to_owned(),
        ..GetProjectStatisticsRequest::default()
    }
}

async fn project_in(user: &User, key: &str, zone: &str) -> Project {
    let project = Project {
        key: key.to_owned(),
        name: key.to_owned(),
        time_zone: zone.to_owned(),
        ..Project::default()
    };
    let request = CreateProjectRequest {
        project: Some(project),
        request_id: String::new(),
    };
    let made = user.projects().create_project(request).await.expect("makes a project");
    made.into_inner().project.expect("a project")
}

fn due(value: Value) -> Task {
    Task {
        due: Some(Due { value: Some(value) }),
        ..Task::default()
    }
}

#[tokio::test]
async fn a_new_project_has_thirty_empty_days() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = project_in(&ada, "WEB", "Europe/Berlin").await;
    let request = GetProjectStatisticsRequest {
        consistency_token: format!("{}:1", web.id),
        ..between(&web, "", "")
    };
    let statistics = of_project(&ada, request)
        .await
        .expect("answers")
        .into_inner()
        .statistics
        .expect("statistics");
    assert_eq!(
        (statistics.project_id.as_str(), statistics.time_zone.as_str()),
        (web.id.as_str(), "Europe/Berlin")
    );
    assert_eq!(categories(&statistics.category_counts), [0; 6]);
    assert_eq!((statistics.days.len(), statistics.overdue_count), (30, 0));
    assert_eq!(
        (statistics.days[0].date.as_str(), statistics.days[29].date.as_str()),
        ("2026-04-02", "2026-05-01")
    );
    assert_eq!(statistics.as_of_time.map(|at| at.seconds), Some(1_777_636_800), "the clock's noon");
}

#[tokio::test]
async fn days_are_cut_in_the_zone_of_the_project_and_move_with_it() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    // It is noon of 1 May in UTC: 2 May has begun on Kiritimati.
    let early = project_in(&ada, "EAR", "Pacific/Kiritimati").await;
    let (_, made) = make(&ada, &early, Task::default()).await;
    let statistics = project_numbers(&ada, &early, &made).await;
    assert_eq!(busy(&statistics.days), [("2026-05-02", 1, 0)]);
    assert_eq!(
        statistics.days.last().map(|day| day.date.as_str()),
        Some("2026-05-02"),
        "today there"
    );

    let sent = Project {
        id: early.id.clone(),
        time_zone: "UTC".to_owned(),
        ..Project::default()
    };
    let request = UpdateProjectRequest {
        project: Some(sent),
        ..UpdateProjectRequest::default()
    };
    let moved = token(&ada.projects().update_project(request).await.expect("updates"));
    let statistics = project_numbers(&ada, &early, &moved).await;
    assert_eq!(
        (statistics.time_zone.as_str(), busy(&statistics.days)),
        ("UTC", vec![("2026-05-01", 1, 0)])
    );
}

#[tokio::test]
async fn overdue_begins_at_the_minute_of_the_deadline_without_any_event() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let tokyo = project_in(&ada, "TOK", "Asia/Tokyo").await;
    let at = |local: &str, zone: &str| {
        Value::At(ZonedDateTime {
            local_date_time: local.to_owned(),
            time_zone: zone.to_owned(),
        })
    };
    make(&ada, &tokyo, due(at("2026-05-01T14:30", "Europe/London"))).await;
    make(&ada, &tokyo, due(Value::Date("2026-05-02".to_owned()))).await;
    let (done, _) = make(&ada, &tokyo, due(Value::Date("2020-01-01".to_owned()))).await;
    let (_, made) = make(&ada, &tokyo, due(Value::Date("2026-04-30".to_owned()))).await;
    let overdue = async |token: &str| project_numbers(&ada, &tokyo, token).await.overdue_count;
    assert_eq!(overdue(&made).await, 2);
    let moved = move_to(&ada, &tokyo, &done, "Done").await;
    assert_eq!(overdue(&moved).await, 1, "what is done is not overdue");
    let canceled = move_to(&ada, &tokyo, &done, "Canceled").await;
    assert_eq!(overdue(&canceled).await, 1);
    // 14:30 in London is 13:30 UTC.
    world.advance(Duration::from_secs(90 * 60 - 1)).await;
    assert_eq!(overdue("").await, 1);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(overdue("").await, 2);
    // 2 May ends in Tokyo at 15:00 UTC.
    world.clock.set("2026-05-02T14:59:59Z".parse().expect("a moment"));
    ada.sign_in_again().await;
    assert_eq!(overdue("").await, 2);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(overdue("").await, 3);
    world.clock.set("2027-06-02T00:00:00Z".parse().expect("a moment"));
    ada.sign_in_again().await;
    assert_eq!(overdue("").await, 3, "a year later");
}

#[tokio::test]
async fn days_that_are_no_span_are_refused() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    for (start, end, field) in [
        ("2026-05-02", "2026-05-01", "start_date"),
        ("2025-01-01", "2026-01-03", "start_date"),
        ("2026-05-02", "", "start_date"),
        ("2020-01-01", "", "start_date"),
        ("2026-02-30", "", "start_date"),
        ("", "2026-13-01", "end_date"),
        ("0000-01-01", "", "start_date"),
        ("1.5.2026", "", "start_date"),
        ("", "tomorrow", "end_date"),
        ("", "2026-05-01T00:00", "end_date"),
    ] {
        let refused = problem(of_project(&ada, between(&web, start, end)).await);
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_FIELDS", vec![field]),
            "{start}..{end}"
        );
    }
    let longest = of_project(&ada, between(&web, "2025-01-01", "2026-01-02"))
        .await
        .expect("is short enough");
    assert_eq!(longest.into_inner().statistics.expect("statistics").days.len(), 367);
    let last = of_project(&ada, between(&web, "9999-12-31", "9999-12-31")).await.expect("is a day");
    assert_eq!(last.into_inner().statistics.expect("statistics").days.len(), 1);
}

#[tokio::test]
async fn a_hidden_project_is_a_missing_one_whatever_is_waited_for() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let (task, made) = make(&ada, &web, Task::default()).await;
    let ask = |project_id: &str, consistency_token: &str| GetProjectStatisticsRequest {
        project_id: project_id.to_owned(),
        consistency_token: consistency_token.to_owned(),
        ..GetProjectStatisticsRequest::default()
    };
    let missing = problem(of_project(&eve, ask(NOTHING, "")).await);
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    for token in ["", made.as_str(), &format!("{NOTHING}:1")] {
        assert_eq!(problem(of_project(&eve, ask(&web.id, token)).await), missing, "{token}");
    }
    assert_eq!(
        problem(of_project(&eve, ask(&task.id, "")).await),
        missing,
        "the id of something else"
    );
    let refused = problem(of_project(&world.stranger(), ask(&web.id, "")).await);
    assert_eq!(refused.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
    assert_eq!(problem(of_project(&ada, ask("no id", "")).await).fields(), ["project_id"]);
    assert_eq!(eve.rest("GET", &format!("/v1/projects/{}/statistics", web.id), None).await.0, 404);

    let _ = ada.member(&web, &eve, "viewer").await;
    let seen = until_allowed(async || of_project(&eve, ask(&web.id, &made)).await).await;
    assert_eq!(seen.statistics.map(|seen| seen.days.len()), Some(30), "a viewer may");
}

#[tokio::test]
async fn what_is_not_counted_in_time_is_said() {
    let world = World::start_with(|settings| settings.analytics.consistency_wait_ms = 200).await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let (web, own) = (ada.project("WEB").await, eve.project("OWN").await);
    let (task, made) = make(&ada, &web, Task::default()).await;
    let ask = |project: &Project, token: &str| GetProjectStatisticsRequest {
        consistency_token: token.to_owned(),
        ..between(project, "", "")
    };
    for unreached in [format!("{NOTHING}:1"), format!("{}:1000", task.id), format!("{}:1000", web.id)] {
        let refused = problem(of_project(&ada, ask(&web, &unreached)).await);
        assert_eq!(refused.to_string(), "FAILED_PRECONDITION CONSISTENCY_TIMEOUT", "{unreached}");
    }
    project_numbers(&ada, &web, &made).await;
    // Nobody learns from waiting whether something exists that they may not see.
    let refused = problem(of_project(&eve, ask(&own, &made)).await);
    assert_eq!(refused, problem(of_project(&eve, ask(&own, &format!("{NOTHING}:1"))).await));
    for malformed in [
        "x",
        &task.id,
        &format!("{}:", task.id),
        &format!("{}:-1", task.id),
        &format!("{}:1.5", task.id),
    ] {
        let refused = problem(of_project(&ada, ask(&web, malformed)).await);
        assert_eq!(refused.fields(), ["consistency_token"], "{malformed}");
    }
    let long = "x".repeat(1025);
    assert_eq!(problem(of_project(&ada, ask(&web, &long)).await).fields(), ["consistency_token"]);
}

#[tokio::test]
async fn every_write_of_core_can_be_waited_for() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (task, made) = make(&ada, &web, Task::default()).await;
    let comment = tasktracker_proto::core::v1::CreateCommentRequest {
        task_id: task.id.clone(),
        comment: Some(tasktracker_proto::core::v1::Comment {
            body: "hello".to_owned(),
            ..Default::default()
        }),
        request_id: String::new(),
    };
    let commented = ada.comments().create_comment(comment).await.expect("comments");
    let of_comment = token(&commented);
    let comment = commented.into_inner().comment.expect("a comment");
    let edit = tasktracker_proto::core::v1::UpdateCommentRequest {
        comment: Some(tasktracker_proto::core::v1::Comment {
            id: comment.id.clone(),
            body: "hello you".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let edited = token(&ada.comments().update_comment(edit).await.expect("edits"));
    for token in [made, of_comment, edited, format!("{}:1", web.id)] {
        assert_eq!(
            categories(&project_numbers(&ada, &web, &token).await.category_counts)
                .iter()
                .sum::<i32>(),
            1
        );
    }
}

#[tokio::test]
async fn rest_answers_the_bare_numbers() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let (_, made) = make(&ada, &web, Task::default()).await;
    let path = format!(
        "/v1/projects/{}/statistics?start_date=2026-05-01&end_date=2026-05-01&consistency_token={made}",
        web.id
    );
    let (status, body) = ada.rest("GET", &path, None).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["projectId"], web.id);
    assert_eq!(body["overdueCount"], 0);
    assert_eq!(body["timeZone"], "UTC");
    assert_eq!(body["categoryCounts"].as_array().map(Vec::len), Some(6));
    assert_eq!(
        body["days"],
        serde_json::json!([{ "date": "2026-05-01", "createdCount": 1, "completedCount": 0 }])
    );
    let (status, body) = ada
        .rest("GET", &format!("/v1/projects/{}/statistics?start_date=x", web.id), None)
        .await;
    assert_eq!((status, body["error"]["code"].as_i64()), (400, Some(400)), "{body}");
}

#[tokio::test]
async fn an_answer_is_one_look_at_the_store_however_many_tasks_there_are() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let web = ada.project("WEB").await;
    let mut spent = Vec::new();
    for round in 0..3_usize {
        let mut last = String::new();
        for _ in 0..round * 20 + 1 {
            last = make(&ada, &web, due(Value::Date(format!("2026-0{}-01", round + 4)))).await.1;
        }
        project_numbers(&ada, &web, &last).await;
        for days in [("", ""), ("2025-05-01", "2026-05-01")] {
            let before = world.system.analytics.db.counts();
            of_project(&ada, between(&web, days.0, days.1)).await.expect("answers");
            spent.push((world.system.analytics.db.counts() - before).reads);
        }
    }
    assert_eq!(spent, [1; 6]);
}
