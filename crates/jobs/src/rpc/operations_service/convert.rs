//! Rows as messages of the API.

use tasktracker_database::Time;
use tasktracker_events::DeadLetter as Letter;
use tasktracker_proto::operations::v1::{DeadLetter, Job, Schedule};
use tasktracker_server::time;

use crate::state::State;
use crate::store::JobRow;
use crate::store::schedules::ScheduleRow;

pub fn of_job(service: &str, row: JobRow) -> Job {
    Job {
        id: row.id.to_string(),
        service: service.to_owned(),
        kind: row.kind,
        state: State::named(&row.state).map(|state| state.to_proto().into()).unwrap_or_default(),
        priority: of_number(row.priority),
        unique_key: row.unique_key.unwrap_or_default(),
        group_key: row.group_key.unwrap_or_default(),
        attempt: of_number(row.attempt),
        max_attempts: of_number(row.max_attempts),
        run_time: Some(of_time(row.run_time)),
        create_time: Some(of_time(row.create_time)),
        finish_time: row.finish_time.map(of_time),
        last_error: row.last_error.unwrap_or_default(),
    }
}

pub fn of_schedule(service: &str, row: ScheduleRow) -> Schedule {
    Schedule {
        name: row.name,
        service: service.to_owned(),
        kind: row.kind,
        cron: row.cron,
        time_zone: row.time_zone,
        paused: row.paused,
        next_fire_time: row.next_fire_time.map(of_time),
        last_fire_time: row.last_fire_time.map(of_time),
    }
}

pub fn of_dead_letter(letter: Letter) -> DeadLetter {
    DeadLetter {
        id: letter.id.to_string(),
        service: letter.service,
        group: letter.group,
        topic: letter.topic,
        partition: letter.partition,
        position: letter.position as f64,
        key: letter.key,
        event_id: letter.event_id,
        event_type: letter.event_type.to_owned(),
        payload: letter.payload.into(),
        error: letter.error,
        attempts: of_number(letter.attempts),
        create_time: Some(of_time(letter.create_time)),
    }
}

fn of_time(at: Time) -> prost_types::Timestamp {
    time::to_proto(at.timestamp())
}

fn of_number(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
