//! ListJobs.

use std::time::Duration;

use anyhow::anyhow;
use tasktracker_jobs::{JobError, NewJob};
use tasktracker_proto::operations::v1::{Job, JobState, ListJobsRequest};

use super::{ADA, BAD_TOKEN, EVE, INVALID, Office, for_operators_only, refusal};
use crate::world::{Diary, does, job};

impl Office {
    async fn page_of_jobs(&self, request: ListJobsRequest) -> (Vec<Job>, String) {
        let answer = self.client().list_jobs(self.of(ADA, request)).await.unwrap().into_inner();
        (answer.jobs, answer.next_page_token)
    }

    async fn list(&self, state: JobState, kind: &str) -> Vec<Job> {
        let request = ListJobsRequest {
            state: state.into(),
            kind: kind.to_owned(),
            ..Default::default()
        };
        self.page_of_jobs(request).await.0
    }
}

#[tokio::test]
async fn lists_the_jobs_of_all_services_the_newest_first() {
    let office = Office::open().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        let node = if number % 3 == 0 { &office.auth } else { &office.core };
        ids.push(node.enqueue(job("k")).await.to_string());
        // Some are of the same moment.
        office.core.clock.advance(Duration::from_secs(number / 3));
    }
    ids.reverse();
    let all = office.list(JobState::Unspecified, "").await;
    assert_eq!(all.len(), 7);
    let mut listed: Vec<_> = all.iter().map(|job| job.id.clone()).collect();
    assert!(all.windows(2).all(|pair| {
        let key = |job: &Job| (job.create_time.unwrap().seconds, job.create_time.unwrap().nanos, job.id.clone());
        key(&pair[0]) > key(&pair[1])
    }));
    listed.sort_unstable();
    ids.sort_unstable();
    assert_eq!(listed, ids);
    assert_eq!(all.iter().filter(|job| job.service == "auth").count(), 3);

    // The same in pages of any size.
    for page_size in 1..=8 {
        let (mut paged, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListJobsRequest {
                page_size,
                page_token,
                ..Default::default()
            };
            let (jobs, next) = office.page_of_jobs(request).await;
            assert!(jobs.len() <= usize::try_from(page_size).unwrap());
            paged.extend(jobs);
            if next.is_empty() {
                break;
            }
            page_token = next;
        }
        assert_eq!(paged, all, "pages of {page_size}");
    }
}

#[tokio::test]
async fn tells_all_of_a_job_and_filters() {
    let office = Office::open().await;
    office.core.on("fine", Diary::default().handler());
    office
        .core
        .on("bad", does(|_| async { Err(JobError::discard(anyhow!("this is why"))) }));
    office.core.jobs.start();
    let fine = office.core.enqueue(job("fine")).await;
    let bad = office
        .core
        .enqueue(NewJob::new("bad", &1).unique("u").group("g").priority(3).max_attempts(7))
        .await;
    let waits = office.auth.enqueue(job("fine").after(Duration::from_secs(60))).await;
    office.core.until(fine, "succeeded").await;
    office.core.until(bad, "failed").await;

    let failed = office.list(JobState::Failed, "").await;
    let now = tasktracker_server::time::to_proto(office.core.now().timestamp());
    let wanted = Job {
        id: bad.to_string(),
        service: "core".to_owned(),
        kind: "bad".to_owned(),
        state: JobState::Failed.into(),
        priority: 3,
        unique_key: "u".to_owned(),
        group_key: "g".to_owned(),
        attempt: 1,
        max_attempts: 7,
        run_time: Some(now),
        create_time: Some(now),
        finish_time: Some(now),
        last_error: "this is why".to_owned(),
    };
    assert_eq!(failed, [wanted]);
    let ready = office.list(JobState::Ready, "").await;
    assert_eq!(
        (ready[0].id.as_str(), ready[0].service.as_str()),
        (waits.to_string().as_str(), "auth")
    );
    assert!(ready[0].finish_time.is_none());
    assert_eq!(office.list(JobState::Unspecified, "fine").await.len(), 2);
    assert_eq!(office.list(JobState::Succeeded, "fine").await.len(), 1);
    assert!(office.list(JobState::Running, "").await.is_empty());
    assert!(office.list(JobState::Unspecified, "unknown").await.is_empty());
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    for _ in 0..3 {
        office.core.enqueue(job("k")).await;
    }
    for_operators_only!(office, list_jobs, ListJobsRequest::default());
    let first = ListJobsRequest {
        page_size: 1,
        ..Default::default()
    };
    let (_, token) = office.page_of_jobs(first).await;
    let asking = |user, page_token: &str, kind: &str| {
        office.of(
            user,
            ListJobsRequest {
                page_token: page_token.to_owned(),
                kind: kind.to_owned(),
                ..Default::default()
            },
        )
    };
    // Damaged, of another filter, of another person.
    for request in [asking(ADA, "x", ""), asking(ADA, &token, "k"), asking(EVE, &token, "")] {
        assert_eq!(refusal(office.client().list_jobs(request).await), BAD_TOKEN);
    }
    office.client().list_jobs(asking(ADA, &token, "")).await.unwrap();
    for request in [
        ListJobsRequest {
            page_size: -1,
            ..Default::default()
        },
        ListJobsRequest {
            state: 99,
            ..Default::default()
        },
        ListJobsRequest {
            kind: "k".repeat(129),
            ..Default::default()
        },
        ListJobsRequest {
            page_token: "t".repeat(2049),
            ..Default::default()
        },
    ] {
        assert_eq!(refusal(office.client().list_jobs(office.of(ADA, request)).await), INVALID);
    }
}
