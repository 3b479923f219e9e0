//! Numbers worked out by force from whole histories, by their definitions and nothing else, beside those that are answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tasktracker_analytics::domain::category::Category;
use tasktracker_analytics::domain::days::Asked;
use tasktracker_analytics::numbers::{Numbers, Sum};
use tasktracker_proto::events::v1::TaskSnapshot;
use tasktracker_server::time::from_proto;

use super::history::{self, History, Made};
use super::projection;
use crate::store::memory::Memory;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn day(moment: &Option<prost_types::Timestamp>, zone: &TimeZone) -> Option<Date> {
    Some(from_proto(moment.as_ref()?)?.to_zoned(zone.clone()).date())
}

/// When the deadline passes.
fn due(task: &TaskSnapshot, project: &TimeZone) -> Option<Timestamp> {
    if !task.due_date.is_empty() {
        let next = task.due_date.parse::<Date>().unwrap().tomorrow().unwrap();
        return Some(next.to_zoned(project.clone()).unwrap().start_of_day().unwrap().timestamp());
    }
    let local: DateTime = task.due_local_date_time.parse().ok()?;
    Some(local.to_zoned(zone(&task.due_time_zone)).unwrap().timestamp())
}

/// A task at the end, and when it went to the trash or was purged from outside it.
fn last(task: &Made) -> (&TaskSnapshot, Option<prost_types::Timestamp>) {
    let (at, snapshot, is_gone) = task.states.last().unwrap();
    let latest = task.states.iter().map(|(at, _, _)| *at).max().unwrap().max(*at);
    let deleted = snapshot
        .delete_time
        .or_else(|| is_gone.then(|| tasktracker_server::time::to_proto(latest)));
    (snapshot, deleted)
}

#[derive(Debug, Default, PartialEq)]
struct Expected {
    categories: BTreeMap<i64, i64>,
    overdue: i64,
    days: BTreeMap<Date, (i64, i64)>,
}

/// The numbers of a project, or of a person in projects.
fn expected(history: &History, projects: &[u128], person: Option<u128>, now: Timestamp) -> Expected {
    let mut expected = Expected::default();
    let person = person.map(|person| history::user_id(person).to_string());
    for task in history.tasks.iter().filter(|task| projects.contains(&task.project)) {
        let zone = zone(&history.zones[&task.project]);
        let (snapshot, deleted) = last(task);
        let is_assigned = person.as_ref().is_none_or(|person| snapshot.assignee_ids.contains(person));
        let is_creator = person.as_ref().is_none_or(|person| *person == snapshot.creator_id);
        let trashed = day(&deleted, &zone);
        let counts = |day: &Date| trashed.is_none_or(|trashed| *day < trashed);
        if let Some(day) = day(&snapshot.create_time, &zone).filter(counts).filter(|_| is_creator) {
            expected.days.entry(day).or_default().0 += 1;
        }
        if let Some(day) = day(&snapshot.complete_time, &zone).filter(counts).filter(|_| is_assigned) {
            expected.days.entry(day).or_default().1 += 1;
        }
        if deleted.is_none() && is_assigned {
            *expected.categories.entry(i64::from(snapshot.status_category)).or_default() += 1;
            let is_open = snapshot.status_category <= 4;
            if is_open && due(snapshot, &zone).is_some_and(|due| due <= now) {
                expected.overdue += 1;
            }
        }
    }
    expected
}

fn answered(sum: &Sum, from: Date, to: Date) -> Expected {
    let mut answered = Expected {
        overdue: sum.overdue,
        ..Expected::default()
    };
    for category in Category::ALL {
        let count = sum.in_category(category);
        if count != 0 {
            answered.categories.insert(category.number(), count);
        }
    }
    let mut day = from;
    while day <= to {
        if sum.on(day) != (0, 0) {
            answered.days.insert(day, sum.on(day));
        }
        day = day.tomorrow().unwrap();
    }
    answered
}

/// Time in each status by the clock that never goes back, live time only; and how often it was reopened.
fn times(task: &Made, until: Timestamp) -> (BTreeMap<String, i64>, i64) {
    let (mut times, mut reopened) = (BTreeMap::<String, i64>::new(), 0);
    let mut clock = Timestamp::MIN;
    for (index, (at, snapshot, is_gone)) in task.states.iter().enumerate() {
        clock = clock.max(*at);
        let next = task.states.get(index + 1);
        if !is_gone && snapshot.delete_time.is_none() {
            let end = next.map_or(until, |next| next.0).max(clock);
            let spent = end.as_microsecond() - clock.as_microsecond();
            *times.entry(snapshot.status_id.clone()).or_default() += spent;
        }
        if let Some((_, next, _)) = next {
            reopened += i64::from(snapshot.status_category == 5 && next.status_category != 5);
        }
    }
    (times, reopened)
}

/// How the stock of live tasks of each category changes from day to day, by the clock that never goes back.
fn stock(history: &History, project: u128) -> BTreeMap<(Date, i64), i64> {
    let zone = zone(&history.zones[&project]);
    let mut stock = BTreeMap::<(Date, i64), i64>::new();
    for task in history.tasks.iter().filter(|task| task.project == project) {
        let (mut clock, mut was) = (Timestamp::MIN, None);
        for (at, snapshot, is_gone) in &task.states {
            clock = clock.max(*at);
            let day = clock.to_zoned(zone.clone()).date();
            let is_live = !is_gone && snapshot.delete_time.is_none();
            let is = is_live.then_some(i64::from(snapshot.status_category));
            for (category, amount) in [(was, -1), (is, 1)] {
                if let Some(category) = category {
                    *stock.entry((day, category)).or_default() += amount;
                }
            }
            was = is;
        }
    }
    stock.retain(|_, amount| *amount != 0);
    stock
}

/// The same as it was written down.
fn written_stock(store: &Memory, project: u128) -> BTreeMap<(Date, i64), i64> {
    let prefix = format!("g1|project|{}|stock|", history::project_id(project));
    let mut stock = BTreeMap::new();
    for document in store.dump() {
        let Some(month) = document.id.strip_prefix(&prefix) else { continue };
        for (name, amount) in document.fields.numbers() {
            let (category, day) = name[1..].split_once('_').unwrap();
            let day: Date = format!("{month}-{day}").parse().unwrap();
            stock.insert((day, category.parse().unwrap()), amount);
        }
    }
    stock
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_what_their_definitions_say(deeds in history::deeds(), later in 0..3_000_000_i64) {
        let history = History::of(&deeds);
        let now = history.end + SignedDuration::from_secs(later);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Arc::new(Memory::new(true));
            let projection = projection(store.clone());
            for event in &history.events {
                projection.count(std::slice::from_ref(event)).await.expect("counts");
            }
            let numbers = Numbers::new(store.clone());
            let (from, to): (Date, Date) = ("2026-03-01".parse().unwrap(), "2027-02-28".parse().unwrap());
            let asked = Asked::read(&from.to_string(), &to.to_string()).unwrap();
            for project in 0..history::PROJECTS {
                let (zone, sum) = numbers.of_project(history::project_id(project), asked, now).await.unwrap();
                prop_assert_eq!(zone.name(), history.zones[&project].as_str());
                prop_assert_eq!(answered(&sum, from, to), expected(&history, &[project], None, now), "project {}", project);
                prop_assert_eq!(written_stock(&store, project), stock(&history, project));
            }
            for person in 0..history::USERS {
                for projects in [vec![0], vec![1], vec![0, 1], vec![]] {
                    let ids: Vec<_> = projects.iter().map(|project| history::project_id(*project)).collect();
                    let (_, sum) = numbers.of_user(history::user_id(person), &ids, asked, now).await.unwrap();
                    prop_assert_eq!(answered(&sum, from, to), expected(&history, &projects, Some(person), now));
                }
            }
            for task in &history.tasks {
                let state = numbers.of_task(task.id).await.unwrap().unwrap();
                let answered: BTreeMap<String, i64> =
                    state.times_until(now).into_iter().map(|(id, time)| (id.to_string(), time.micros)).collect();
                prop_assert_eq!((answered, state.reopen_count), times(task, now));
            }
            Ok(())
        })?;
    }
}
