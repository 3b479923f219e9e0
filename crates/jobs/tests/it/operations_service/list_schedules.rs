//! ListSchedules.

use std::time::Duration;

use tasktracker_jobs::Schedule;
use tasktracker_proto::operations::v1::{ListSchedulesRequest, Schedule as Listed};

use super::{ADA, BAD_TOKEN, EVE, INVALID, Office, for_operators_only, refusal};
use crate::world::{Diary, eventually};

pub const fn daily(name: &'static str) -> Schedule {
    Schedule {
        name,
        cron: "15 3 * * *",
        time_zone: "Europe/Berlin",
        kind: "tick",
        catch_up: Duration::from_secs(60 * 60),
    }
}

impl Office {
    async fn page_of_schedules(&self, page_size: i32, page_token: String) -> (Vec<Listed>, String) {
        let request = ListSchedulesRequest { page_size, page_token };
        let answer = self.client().list_schedules(self.of(ADA, request)).await.unwrap().into_inner();
        (answer.schedules, answer.next_page_token)
    }

    /// All schedules, once there are so many.
    pub async fn schedules(&self, count: usize) -> Vec<Listed> {
        eventually("they are known", async || {
            self.page_of_schedules(0, String::new()).await.0.len() == count
        })
        .await;
        self.page_of_schedules(0, String::new()).await.0
    }
}

#[tokio::test]
async fn lists_the_schedules_of_all_services_by_name() {
    let office = Office::open().await;
    office.core.on("tick", Diary::default().handler());
    office.core.jobs.schedule(daily("core.b"));
    office.core.jobs.schedule(daily("core.a"));
    office.core.jobs.start();
    office.auth.jobs.schedule(daily("auth.z"));
    office.auth.jobs.start();
    let all = office.schedules(3).await;
    let names: Vec<_> = all
        .iter()
        .map(|schedule| (schedule.name.as_str(), schedule.service.as_str()))
        .collect();
    assert_eq!(names, [("auth.z", "auth"), ("core.a", "core"), ("core.b", "core")]);
    let a = &all[1];
    assert_eq!(
        (a.cron.as_str(), a.time_zone.as_str(), a.kind.as_str(), a.paused),
        ("15 3 * * *", "Europe/Berlin", "tick", false)
    );
    let next: jiff::Timestamp = "2026-05-02T01:15:00Z".parse().unwrap();
    assert_eq!(a.next_fire_time.unwrap().seconds, next.as_second());
    assert!(a.last_fire_time.is_none());

    for page_size in 1..=4 {
        let (mut paged, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = office.page_of_schedules(page_size, token).await;
            paged.extend(page);
            if next.is_empty() {
                break;
            }
            token = next;
        }
        assert_eq!(paged, all, "pages of {page_size}");
    }

    // After it fired.
    office.core.clock.set(next);
    eventually("it fired", async || office.schedules(3).await[1].last_fire_time.is_some()).await;
    let fired = &office.schedules(3).await[1];
    assert_eq!(fired.last_fire_time.unwrap().seconds, next.as_second());
    assert_eq!(fired.next_fire_time.unwrap().seconds, next.as_second() + 24 * 60 * 60);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    office.core.jobs.schedule(daily("core.a"));
    office.core.jobs.schedule(daily("core.b"));
    office.core.jobs.start();
    office.schedules(2).await;
    for_operators_only!(office, list_schedules, ListSchedulesRequest::default());
    let (_, token) = office.page_of_schedules(1, String::new()).await;
    for (user, page_token) in [(ADA, "x"), (EVE, token.as_str())] {
        let request = ListSchedulesRequest {
            page_size: 0,
            page_token: page_token.to_owned(),
        };
        assert_eq!(refusal(office.client().list_schedules(office.of(user, request)).await), BAD_TOKEN);
    }
    let negative = ListSchedulesRequest {
        page_size: -1,
        ..Default::default()
    };
    assert_eq!(refusal(office.client().list_schedules(office.of(ADA, negative)).await), INVALID);
}
