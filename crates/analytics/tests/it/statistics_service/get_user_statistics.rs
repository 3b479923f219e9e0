//! GetUserStatistics.

use tasktracker_proto::analytics::v1::*;
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::{Due, Task};
use tasktracker_testing::{User, World, problem};

use super::{NOTHING, busy, categories, make, move_to, of_user, update, user_numbers};

fn assigned(people: &[&User]) -> Task {
    Task {
        assignee_ids: people.iter().map(|user| user.id.clone()).collect(),
        ..Task::default()
    }
}

#[tokio::test]
async fn a_person_s_numbers_are_what_is_assigned_and_what_was_made() {
    let world = World::start().await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let web = ada.project("WEB").await;
    let _ = ada.member(&web, &bob, "contributor").await;
    make(&ada, &web, assigned(&[&ada, &bob])).await;
    let late = Task {
        due: Some(Due {
            value: Some(Value::Date("2026-04-30".to_owned())),
        }),
        ..assigned(&[&bob])
    };
    let (late, _) = make(&bob, &web, late).await;
    let (done, _) = make(&ada, &web, assigned(&[&bob])).await;
    let token = move_to(&ada, &web, &done, "Done").await;

    let bobs = user_numbers(&ada, &bob, &token).await;
    assert_eq!(bobs.user_id, bob.id);
    assert_eq!(categories(&bobs.category_counts).iter().sum::<i32>(), 3);
    assert_eq!(categories(&bobs.category_counts)[4], 1, "completed");
    assert_eq!((bobs.overdue_count, busy(&bobs.days)), (1, vec![("2026-05-01", 1, 1)]));
    let adas = user_numbers(&bob, &ada, "").await;
    assert_eq!(
        (categories(&adas.category_counts).iter().sum::<i32>(), busy(&adas.days)),
        (1, vec![("2026-05-01", 2, 0)])
    );

    // Somebody else is to do it now.
    let sent = Task {
        id: late.id.clone(),
        ..assigned(&[&ada])
    };
    let token = update(&ada, sent, &["assignee_ids"]).await;
    assert_eq!(user_numbers(&ada, &bob, &token).await.overdue_count, 0);
    assert_eq!(user_numbers(&ada, &ada, &token).await.overdue_count, 1);
}

#[tokio::test]
async fn a_private_project_is_in_nobody_else_s_answer() {
    let world = World::start().await;
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let (open, secret) = (ada.project("OPN").await, ada.project("SEC").await);
    let _ = ada.member(&open, &bob, "viewer").await;
    make(&ada, &open, assigned(&[&ada])).await;
    let mut token = String::new();
    for _ in 0..3 {
        token = make(&ada, &secret, assigned(&[&ada])).await.1;
    }
    let sum = |statistics: &UserStatistics| categories(&statistics.category_counts).iter().sum::<i32>();
    let adas = user_numbers(&ada, &ada, &token).await;
    assert_eq!((sum(&adas), busy(&adas.days)), (4, vec![("2026-05-01", 4, 0)]));
    let seen = user_numbers(&bob, &ada, "").await;
    assert_eq!((sum(&seen), busy(&seen.days)), (1, vec![("2026-05-01", 1, 0)]));
    let seen = user_numbers(&eve, &ada, "").await;
    assert_eq!((sum(&seen), busy(&seen.days)), (0, vec![]));
}

#[tokio::test]
async fn whoever_is_unknown_is_not_found_but_the_caller_is_known() {
    let world = World::start_with(|settings| settings.analytics.consistency_wait_ms = 200).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let ask = |user_id: &str| GetUserStatisticsRequest {
        user_id: user_id.to_owned(),
        ..GetUserStatisticsRequest::default()
    };
    let missing = problem(of_user(&ada, ask(NOTHING)).await);
    assert_eq!(missing.to_string(), "NOT_FOUND NOT_FOUND");
    of_user(&bob, ask(&bob.id)).await.expect("answers at once");
    // The news of a new account arrives.
    for _ in 0..100 {
        if of_user(&ada, ask(&bob.id)).await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(
        of_user(&ada, ask(&bob.id))
            .await
            .expect("answers")
            .into_inner()
            .statistics
            .expect("numbers")
            .days
            .len(),
        30
    );
    let refused = problem(of_user(&world.stranger(), ask(&bob.id)).await);
    assert_eq!(refused.to_string(), "UNAUTHENTICATED CREDENTIAL_MISSING");
    assert_eq!(problem(of_user(&ada, ask("bob")).await).fields(), ["user_id"]);
    let web = ada.project("WEB").await;
    assert_eq!(problem(of_user(&ada, ask(&web.id)).await), missing, "the id of something else");
    let (status, body) = bob.rest("GET", &format!("/v1/users/{}/statistics", bob.id), None).await;
    assert_eq!((status, body["userId"].as_str()), (200, Some(bob.id.as_str())));
    assert_eq!(ada.rest("GET", &format!("/v1/users/{NOTHING}/statistics"), None).await.0, 404);
}

#[tokio::test]
async fn wrong_days_and_tokens_are_refused() {
    let world = World::start_with(|settings| settings.analytics.consistency_wait_ms = 200).await;
    let ada = world.user("ada").await;
    let ask = |start: &str, end: &str, token: &str| GetUserStatisticsRequest {
        user_id: ada.id.clone(),
        start_date: start.to_owned(),
        end_date: end.to_owned(),
        consistency_token: token.to_owned(),
    };
    for (start, end, token, field) in [
        ("2026-05-02", "2026-05-01", "", "start_date"),
        ("2025-01-01", "2026-01-03", "", "start_date"),
        ("2026-05-02", "", "", "start_date"),
        ("2026-02-30", "", "", "start_date"),
        ("", "2026-2-3", "", "end_date"),
        ("", "", "x", "consistency_token"),
    ] {
        assert_eq!(
            problem(of_user(&ada, ask(start, end, token)).await).fields(),
            [field],
            "{start}..{end}"
        );
    }
    let refused = problem(of_user(&ada, ask("", "", &format!("{NOTHING}:1"))).await);
    assert_eq!(refused.to_string(), "FAILED_PRECONDITION CONSISTENCY_TIMEOUT");
}

#[tokio::test]
async fn reads_do_not_grow_with_projects() {
    let world = World::start().await;
    let ada = world.user("ada").await;
    let mut spent = Vec::new();
    for key in ["ONE", "TWO", "THR", "FOU"] {
        let project = ada.project(key).await;
        let (_, token) = make(&ada, &project, assigned(&[&ada])).await;
        user_numbers(&ada, &ada, &token).await;
        let before = world.system.analytics.db.counts();
        user_numbers(&ada, &ada, "").await;
        spent.push((world.system.analytics.db.counts() - before).reads);
    }
    assert_eq!(spent, [5; 4]);
}
