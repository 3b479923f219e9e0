//! PauseSchedule.

use std::time::Duration;

use tasktracker_proto::operations::v1::{PauseScheduleRequest, Schedule};
use tonic::Status;

use super::list_schedules::daily;
use super::{ADA, INVALID, Office, UNKNOWN, for_operators_only, refusal};
use crate::world::{Diary, a_while, eventually};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn request(name: &str, paused: bool) -> PauseScheduleRequest {
    PauseScheduleRequest {
        name: name.to_owned(),
        paused,
    }
}

impl Office {
    async fn pause(&self, name: &str, paused: bool) -> Result<Schedule, Status> {
        let answer = self.client().pause_schedule(self.of(ADA, request(name, paused))).await?;
        Ok(answer.into_inner().schedule.unwrap())
    }
}

#[tokio::test]
async fn slots_of_a_pause_are_not_made_up_for() {
    let office = Office::open().await;
    let diary = Diary::default();
    office.auth.on("tick", diary.handler());
    office.auth.jobs.schedule(daily("auth.a"));
    office.auth.jobs.start();
    office.schedules(1).await;

    let paused = office.pause("auth.a", true).await.unwrap();
    assert!(paused.paused && paused.next_fire_time.is_none());
    assert_eq!(paused.service, "auth");
    // Again is the same.
    assert_eq!(office.pause("auth.a", true).await.unwrap(), paused);
    office.core.clock.advance(DAY * 3);
    a_while().await;
    assert_eq!(diary.len(), 0);

    let on = office.pause("auth.a", false).await.unwrap();
    let next: jiff::Timestamp = "2026-05-05T01:15:00Z".parse().unwrap();
    assert_eq!((on.paused, on.next_fire_time.unwrap().seconds), (false, next.as_second()));
    assert_eq!(office.pause("auth.a", false).await.unwrap(), on);
    a_while().await;
    assert_eq!(diary.len(), 0);
    office.core.clock.set(next);
    eventually("it fires", async || diary.len() == 1).await;
}

#[tokio::test]
async fn a_pause_outlives_the_process() {
    let office = Office::open().await;
    office.core.jobs.schedule(daily("core.a"));
    office.core.jobs.start();
    office.schedules(1).await;
    office.pause("core.a", true).await.unwrap();
    office.core.stop().await;

    let store = &office.stores[0];
    let node = store.node().await;
    // Another cron changes nothing about that.
    let hourly = tasktracker_jobs::Schedule {
        cron: "0 * * * *",
        ..daily("core.a")
    };
    let diary = Diary::default();
    node.on("tick", diary.handler());
    node.jobs.schedule(hourly);
    node.jobs.start();
    eventually("it is changed", async || office.schedules(1).await[0].cron == "0 * * * *").await;
    let schedule = &office.schedules(1).await[0];
    assert!(schedule.paused && schedule.next_fire_time.is_none());
    store.clock.advance(DAY);
    a_while().await;
    assert_eq!(diary.len(), 0);
}

#[tokio::test]
async fn refusals() {
    let office = Office::open().await;
    office.core.jobs.schedule(daily("core.a"));
    office.core.jobs.start();
    office.schedules(1).await;
    for_operators_only!(office, pause_schedule, request("core.a", true));
    assert!(!office.schedules(1).await[0].paused);
    assert_eq!(refusal(office.pause("core.b", true).await), UNKNOWN);
    assert_eq!(refusal(office.pause("", true).await), INVALID);
    assert_eq!(refusal(office.pause(&"n".repeat(129), true).await), INVALID);
}
