//! Filters in SQL mean what the language's own evaluator says, for any filter and any tasks, on both dialects.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::ConnectionTrait;
use tasktracker_database::{Id, Time};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::store::{Store, task};
use crate::db::entities::task::Model;
use crate::db::task_lists::{self, Page};
use crate::db::{task_filter, task_order};
use crate::domain::choices::StatusCategory;
use crate::domain::due::Deadline;
use crate::domain::filter::{Asker, Stored, compile, matches};
use crate::domain::order;
use crate::domain::task_list::{MY_TASKS_FILTER, PROJECT_TASKS_ORDER, TaskColumn};
use crate::domain::text::fold;
use crate::domain::zone::Zone;

pub const PROJECT: Uuid = Uuid::from_u128(0x10);
pub const PEOPLE: [Uuid; 3] = [Uuid::from_u128(0x21), Uuid::from_u128(0x22), Uuid::from_u128(0x23)];
const STATUSES: [Uuid; 2] = [Uuid::from_u128(0x31), Uuid::from_u128(0x32)];
/// The moment at which lists are asked for, among the moments of the tasks.
const NOW: i64 = 1_777_600_000_000_000;
/// Letters in all their cases, and signs that mean something in patterns of one database or the other.
const LETTER: &str = "[aAiIkK\u{212a}öÖßẞéÉİжΣσς%_\\\\*?\\[\\]^.()$|+{}'\" -]";

fn moment() -> impl Strategy<Value = i64> {
    (-3_i64..=3).prop_map(|hours| NOW + hours * 3_600_000_000)
}

fn model(number: i64) -> impl Strategy<Value = Model> {
    let text = proptest::string::string_regex(&format!("{LETTER}{{1,6}}")).unwrap();
    let classified = (prop::sample::select(&STATUSES), 1_i64..=6, 1_i64..=5, 1_i64..=3);
    let people = (
        prop::sample::subsequence(PEOPLE.to_vec(), 0..=2),
        prop::sample::select(&PEOPLE),
        prop::option::of(prop::sample::select(&PEOPLE)),
    );
    let planned = (
        prop::option::of(moment()),
        prop::option::of(1_u8..5),
        prop::option::of(prop::sample::select(vec![0.0, 0.5, 2.0, 3.25])),
    );
    let times = (moment(), moment(), prop::option::of(moment()));
    (text, classified, people, planned, times).prop_map(
        move |(
            title,
            (status, category, priority, kind),
            (assignees, creator, parent),
            (due, start, points),
            (create, update, complete),
        )| {
            let day = |micros| {
                Timestamp::from_microsecond(micros)
                    .unwrap()
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .date()
                    .to_string()
            };
            Model {
                title_fold: fold(&title),
                title,
                status_id: Id(status),
                status_category: category,
                priority,
                task_type: kind,
                assignee_ids: serde_json::to_string(&assignees).unwrap(),
                creator_id: Id(creator),
                parent_id: parent.map(Id),
                due_instant: due.map(Time),
                due_day: due.map(day),
                start_date: start.map(|day| format!("2026-05-0{day}")),
                estimate_points: points,
                create_time: Time(create),
                update_time: Time(update),
                complete_time: complete.map(Time),
                ..task(PROJECT, number)
            }
        },
    )
}

/// What the evaluator sees in a row.
fn stored(task: &Model, column: TaskColumn) -> Stored {
    let deadline = task.due_instant.zip(task.due_day.as_ref()).map(|(instant, day)| Deadline {
        instant: instant.into(),
        day: day.parse().unwrap(),
    });
    let category = StatusCategory::from_number(task.status_category.try_into().unwrap()).unwrap();
    match column {
        TaskColumn::ProjectId => Stored::Id(task.project_id.into()),
        TaskColumn::Title => Stored::Text(task.title.clone()),
        TaskColumn::Key => Stored::Text(format!("WEB-{}", task.number)),
        TaskColumn::Number => Stored::Integer(task.number),
        TaskColumn::StatusId => Stored::Id(task.status_id.into()),
        TaskColumn::StatusCategory => Stored::Integer(task.status_category),
        TaskColumn::Priority => Stored::Integer(task.priority),
        TaskColumn::Type => Stored::Integer(task.task_type),
        TaskColumn::AssigneeIds => Stored::Ids(serde_json::from_str(&task.assignee_ids).unwrap()),
        TaskColumn::CreatorId => Stored::Id(task.creator_id.into()),
        TaskColumn::ParentId => task.parent_id.map_or(Stored::Missing, |id| Stored::Id(id.into())),
        TaskColumn::Due => deadline.map_or(Stored::Missing, Stored::Due),
        TaskColumn::StartDate => task
            .start_date
            .as_ref()
            .map_or(Stored::Missing, |day| Stored::Date(day.parse().unwrap())),
        TaskColumn::EstimatePoints => task.estimate_points.map_or(Stored::Missing, Stored::Decimal),
        TaskColumn::Overdue => Stored::Flag(deadline.is_some_and(|deadline| deadline.is_overdue(category, Time(NOW).into()))),
        TaskColumn::CreateTime => Stored::Instant(task.create_time.into()),
        TaskColumn::UpdateTime => Stored::Instant(task.update_time.into()),
        TaskColumn::CompleteTime => task.complete_time.map_or(Stored::Missing, |time| Stored::Instant(time.into())),
    }
}

fn one_of(values: &[&str]) -> BoxedStrategy<String> {
    prop::sample::select(values.iter().map(ToString::to_string).collect::<Vec<_>>()).boxed()
}

fn any_operator() -> BoxedStrategy<String> {
    one_of(&["=", "!=", "<", "<=", ">", ">=", ":"])
}

fn joined(field: &[&str], operator: BoxedStrategy<String>, value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    (one_of(field), operator, value)
        .prop_map(|(field, operator, value)| format!("{field} {operator} {value}"))
        .boxed()
}

fn quoted(pattern: &str) -> BoxedStrategy<String> {
    proptest::string::string_regex(pattern)
        .unwrap()
        .prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        .boxed()
}

fn restriction() -> impl Strategy<Value = String> {
    let same = || one_of(&["=", "!=", ":"]);
    let people = || one_of(&["me", &PEOPLE[0].to_string(), &PEOPLE[1].to_string(), &PROJECT.to_string()]);
    let day = one_of(&["2026-04-30", "2026-05-01", "2026-05-02"]);
    let instant = moment()
        .prop_map(|micros| Timestamp::from_microsecond(micros).unwrap().to_string())
        .boxed();
    let day_or_instant = prop_oneof![day.clone(), instant].boxed();
    prop_oneof![
        quoted(&format!("{LETTER}{{1,2}}")),
        joined(&["title"], same(), quoted(&format!("{LETTER}{{1,3}}"))),
        joined(
            &["key"],
            same(),
            one_of(&["WEB-7", "web-8", "OPS-7", "WEB", "\"eb-1\"", "\"%\"", "WEB-07", "\"B-\""])
        ),
        joined(
            &["number"],
            any_operator(),
            (0..50).prop_map(|number: i32| number.to_string()).boxed()
        ),
        joined(&["status_id"], same(), one_of(&[&STATUSES[0].to_string(), &PROJECT.to_string()])),
        joined(&["project_id"], same(), one_of(&[&STATUSES[0].to_string(), &PROJECT.to_string()])),
        joined(
            &["status_category"],
            same(),
            one_of(&["TRIAGE", "backlog", "STATUS_CATEGORY_COMPLETED"])
        ),
        joined(&["priority"], any_operator(), one_of(&["NONE", "LOW", "HIGH", "URGENT"])),
        joined(&["type"], same(), one_of(&["TASK", "BUG"])),
        joined(
            &["assignee_ids", "creator_id", "parent_id"],
            same(),
            one_of(&[&PEOPLE[0].to_string(), &PEOPLE[2].to_string(), &PROJECT.to_string()])
        ),
        joined(&["assignee_ids", "creator_id"], same(), people()),
        joined(
            &["due", "create_time", "update_time", "complete_time"],
            any_operator(),
            day_or_instant
        ),
        joined(&["start_date"], any_operator(), day),
        joined(&["estimate_points"], any_operator(), one_of(&["0", "0.5", "2", "-1", "1000"])),
        joined(&["overdue"], same(), one_of(&["true", "false"])),
        joined(
            &["assignee_ids", "parent_id", "due", "start_date", "estimate_points", "complete_time"],
            same(),
            one_of(&["none"])
        ),
        joined(
            &["assignee_ids", "parent_id", "due", "priority", "title"],
            one_of(&[":"]),
            one_of(&["*"])
        ),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    restriction().prop_recursive(3, 12, 3, |inner| {
        let list =
            |between: &'static str| prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| format!("({})", parts.join(between)));
        prop_oneof![
            list(" AND "),
            list(" OR "),
            inner.clone().prop_map(|part| format!("(NOT ({part}))"))
        ]
    })
}

/// The same tasks every time, with all kinds of values and none.
pub fn sample_tasks() -> Vec<Model> {
    let mut runner = TestRunner::deterministic();
    (1..=150)
        .map(|number| model(number).new_tree(&mut runner).unwrap().current())
        .collect()
}

struct Sample {
    runtime: Runtime,
    tasks: Vec<Model>,
    stores: Vec<Store>,
}

impl Sample {
    fn new() -> Self {
        let tasks = sample_tasks();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let stores = runtime.block_on(async {
            let stores = Store::both().await;
            for store in &stores {
                store.project(PROJECT, "WEB").await;
                store.tasks(&tasks).await;
            }
            stores
        });
        Self { runtime, tasks, stores }
    }

    /// The numbers of the tasks that pass, in memory and in each database.
    fn passing(&self, text: &str) -> (Vec<i64>, Vec<Vec<i64>>) {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let filter = compile(
            text,
            &MY_TASKS_FILTER,
            Asker {
                user_id: PEOPLE[0].into(),
                zone: &zone,
            },
        )
        .unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let expected = self
            .tasks
            .iter()
            .filter(|task| matches(&filter, &|column| stored(task, column)))
            .map(|task| task.number)
            .collect();
        let found = self.stores.iter().map(|store| {
            let reader = store.db.reader();
            let filter = task_filter::condition(&filter, reader.get_database_backend(), Time(NOW).into());
            let keys = task_order::keys(&order::parse("number", &PROJECT_TASKS_ORDER).unwrap());
            let page = Page {
                filter,
                keys,
                after: None,
                limit: 1000,
            };
            let page = self
                .runtime
                .block_on(task_lists::list_of_project(reader, PROJECT, PEOPLE[0], false, page))
                .unwrap()
                .unwrap();
            page.rows.into_iter().map(|row| row.number.into()).collect()
        });
        (expected, found.collect())
    }
}

#[test]
fn sql_means_what_the_evaluator_says() {
    let sample = Sample::new();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 512,
        ..ProptestConfig::default()
    });
    let (mut some, mut all) = (0, 0);
    let outcome = runner.run(&filter(), |text| {
        let (expected, found) = sample.passing(&text);
        for found in found {
            prop_assert_eq!(&expected, &found, "{}", text);
        }
        Ok(())
    });
    outcome.unwrap();
    for text in (0..200).map(|_| filter().new_tree(&mut runner).unwrap().current()) {
        all += 1;
        some += usize::from((1..150).contains(&sample.passing(&text).0.len()));
    }
    assert!(some * 2 > all, "filters that let some tasks through, but not all: {some} of {all}");
}

#[test]
fn filters_as_large_as_may_be() {
    let sample = Sample::new();
    let many = vec!["estimate_points != 3"; 64].join(" OR ");
    let deep = format!("{}a{}", "(".repeat(16), ")".repeat(16));
    let long = format!("\"{}\"", "ǆ".repeat(2000));
    let different = format!("\"{}\"", ('\u{a1}'..'\u{500}').filter(|letter| *letter != 'İ').collect::<String>());
    for text in [
        many,
        deep,
        long,
        different,
        "\"\0\" OR title = \"a\0\"".to_owned(),
        format!("\"{}\"", "[".repeat(4000)),
        format!("\"{}\"", "k".repeat(4000)),
    ] {
        let (expected, found) = sample.passing(&text);
        assert!(found.iter().all(|found| *found == expected), "{text}");
    }
}
