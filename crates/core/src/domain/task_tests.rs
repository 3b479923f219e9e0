//! What each verb of a task does, and refuses.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::choices::{Priority, TaskType};
use crate::domain::due::{Due, parse_date};
use crate::domain::ids::StatusId;

const BACKLOG: Step = step(1, StatusCategory::Backlog);
const DOING: Step = step(2, StatusCategory::Started);
const REVIEW: Step = step(3, StatusCategory::Started);
const DONE: Step = step(4, StatusCategory::Completed);
const RELEASED: Step = step(5, StatusCategory::Completed);
const CANCELED: Step = step(6, StatusCategory::Canceled);

const fn step(number: u128, category: StatusCategory) -> Step {
    Step {
        status_id: StatusId::new(Uuid::from_u128(number)),
        category,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn fields() -> TaskFields {
    TaskFields {
        title: "Paint the fence".to_owned(),
        description: String::new(),
        step: BACKLOG,
        priority: Priority::None,
        task_type: TaskType::Task,
        assignee_ids: BTreeSet::new(),
        parent_id: None,
        due: None,
        start_date: None,
        estimate_points: None,
    }
}

fn origin() -> Origin {
    Origin {
        id: Uuid::from_u128(1).into(),
        project_id: Uuid::from_u128(2).into(),
        creator_id: Uuid::from_u128(3).into(),
    }
}

fn create(fields: TaskFields) -> Result<Task, TaskError> {
    Task::create(origin(), fields, &Zone::UTC, at(0)).map(|task| task.numbered(12, Rank::appended(5)))
}

fn task() -> Task {
    create(fields()).unwrap()
}

/// Updates all fields that `change` touches, as a client would who has read the present version.
fn update(task: &mut Task, now: Timestamp, change: impl FnOnce(&mut TaskFields)) -> Result<Outcome, TaskError> {
    let mut wanted = task.fields.clone();
    change(&mut wanted);
    let mask = TaskField::ALL
        .iter()
        .copied()
        .filter(|field| wanted.json(*field) != task.fields.json(*field))
        .collect();
    task.update(wanted, &mask, &ChangedSince::nothing(), &Zone::UTC, now)
}

fn wrong_fields<T: std::fmt::Debug>(result: Result<T, TaskError>) -> Vec<&'static str> {
    match result {
        Err(TaskError::Invalid(invalid)) => invalid.iter().map(|invalid| invalid.field).collect(),
        other => panic!("should break a rule: {other:?}"),
    }
}

#[test]
fn a_new_task_is_trimmed_and_counted_from_one() {
    let task = create(TaskFields {
        title: "  Paint the fence ".to_owned(),
        ..fields()
    })
    .unwrap();
    assert_eq!(task.fields.title, "Paint the fence");
    assert_eq!((task.version, task.number, task.rank.as_str()), (1, 12, "h0000000005"));
    assert_eq!((task.create_time, task.update_time, task.delete_time), (at(0), at(0), None));
    assert_eq!((task.start_time, task.complete_time), (None, None));
}

#[test]
fn a_task_made_in_a_later_step_has_been_there_since() {
    assert_eq!(create(TaskFields { step: DOING, ..fields() }).unwrap().start_time, Some(at(0)));
    let done = create(TaskFields { step: DONE, ..fields() }).unwrap();
    assert_eq!((done.start_time, done.complete_time), (None, Some(at(0))));
}

#[test]
fn all_wrong_fields_are_told_at_once() {
    let wrong = TaskFields {
        title: "two\nlines".to_owned(),
        description: "x".repeat(64 * 1024 + 1),
        assignee_ids: (0..21).map(|number| Uuid::from_u128(number).into()).collect(),
        estimate_points: Some(f64::NAN),
        ..fields()
    };
    assert_eq!(
        wrong_fields(create(wrong)),
        ["title", "description", "assignee_ids", "estimate_points"]
    );
}

#[test]
fn work_begins_on_the_due_day_at_the_latest() {
    let with_days = |start: &str, due: Due| {
        create(TaskFields {
            start_date: Some(parse_date(start).unwrap()),
            due: Some(due),
            ..fields()
        })
    };
    let due_day = || Due::on("2026-05-01").unwrap();
    let due_time = || Due::at("2026-05-01T23:30", "America/New_York").unwrap();

    assert!(with_days("2026-05-01", due_day()).is_ok());
    assert_eq!(wrong_fields(with_days("2026-05-02", due_day())), ["start_date"]);
    assert!(
        with_days("2026-05-02", due_time()).is_ok(),
        "in UTC, the project's zone, it is the 2nd already"
    );
    assert_eq!(wrong_fields(with_days("2026-05-03", due_time())), ["start_date"]);
}

#[test]
fn days_in_the_wrong_order_do_not_stop_other_edits() {
    let mut task = task();
    task.fields.start_date = Some(parse_date("2026-05-02").unwrap());
    task.fields.due = Some(Due::on("2026-05-01").unwrap());

    assert!(update(&mut task, at(1), |wanted| wanted.title = "Other".to_owned()).is_ok());
    assert_eq!(
        wrong_fields(update(&mut task, at(2), |wanted| wanted.due = Some(Due::on("2026-04-30").unwrap()))),
        ["start_date"]
    );
}

#[test]
fn an_update_tells_what_changed() {
    let mut task = task();
    let outcome = update(&mut task, at(1), |wanted| {
        wanted.priority = Priority::High;
        wanted.due = Some(Due::on("2026-05-01").unwrap());
    });

    let change = |field, before, after| FieldChange { field, before, after };
    assert_eq!(
        outcome,
        Ok(Outcome::Changed(vec![
            change("priority", json!("PRIORITY_NONE"), json!("PRIORITY_HIGH")),
            change("due", json!(null), json!({ "date": "2026-05-01" })),
        ]))
    );
    assert_eq!((task.version, task.update_time), (2, at(1)));
    assert_eq!(task.deadline, Some(Due::on("2026-05-01").unwrap().deadline(&Zone::UTC)));
}

#[test]
fn an_update_that_changes_nothing_touches_nothing() {
    let mut task = task();
    let before = task.clone();
    let all = TaskField::ALL.iter().copied().collect();
    let same = TaskFields {
        title: format!(" {} ", before.fields.title),
        ..before.fields.clone()
    };
    assert_eq!(
        task.update(same, &all, &ChangedSince::nothing(), &Zone::UTC, at(9)),
        Ok(Outcome::Unchanged)
    );
    assert_eq!(task, before);
}

#[test]
fn fields_outside_the_mask_are_not_even_looked_at() {
    let mut task = task();
    let wanted = TaskFields {
        title: String::new(),
        priority: Priority::Low,
        ..fields()
    };
    let outcome = task
        .update(
            wanted,
            &BTreeSet::from([TaskField::Priority]),
            &ChangedSince::nothing(),
            &Zone::UTC,
            at(1),
        )
        .unwrap();
    assert!(outcome.touches("priority") && !outcome.touches("title"));
    assert_eq!(task.fields.title, "Paint the fence");
}

#[test]
fn a_stale_edit_merges_or_conflicts() {
    let mut task = task();
    assert!(update(&mut task, at(1), |wanted| wanted.title = "Theirs".to_owned()).is_ok());
    let since = ChangedSince::from_history([("title".to_owned(), json!("Paint the fence"))]);

    let stale = TaskFields {
        title: "Mine".to_owned(),
        priority: Priority::Low,
        ..fields()
    };
    let both = BTreeSet::from([TaskField::Title, TaskField::Priority]);
    let conflict = task.update(stale.clone(), &both, &since, &Zone::UTC, at(2)).unwrap_err();
    assert_eq!(conflict.to_string(), "changed since it was read: title");
    assert_eq!(task.version, 2, "a conflict changes nothing");

    assert!(
        task.update(stale, &BTreeSet::from([TaskField::Priority]), &since, &Zone::UTC, at(2))
            .is_ok()
    );
    assert_eq!((task.fields.title.as_str(), task.fields.priority), ("Theirs", Priority::Low));
}

#[test]
fn the_start_is_the_first_and_the_completion_the_last() {
    let mut task = task();
    let mut enter = |step: Step, second| {
        assert!(task.move_to(step, task.rank.clone(), at(second)).is_ok());
        (task.start_time, task.complete_time)
    };
    assert_eq!(enter(DOING, 1), (Some(at(1)), None));
    assert_eq!(enter(REVIEW, 2), (Some(at(1)), None));
    assert_eq!(enter(DONE, 3), (Some(at(1)), Some(at(3))));
    assert_eq!(enter(RELEASED, 4), (Some(at(1)), Some(at(3))), "completed once, not twice");
    assert_eq!(enter(DOING, 5), (Some(at(1)), None), "reopened");
    assert_eq!(enter(DONE, 6), (Some(at(1)), Some(at(6))));
    assert_eq!(enter(CANCELED, 7), (Some(at(1)), None));
}

#[test]
fn an_update_of_the_status_is_a_transition_too() {
    let mut task = task();
    assert!(update(&mut task, at(1), |wanted| wanted.step = DONE).unwrap().touches("status_id"));
    assert_eq!((task.fields.step, task.complete_time), (DONE, Some(at(1))));
}

#[test]
fn a_move_tells_status_and_place() {
    let mut task = task();
    let rank = task.rank.clone();
    assert_eq!(task.move_to(BACKLOG, rank.clone(), at(1)), Ok(Outcome::Unchanged));
    assert_eq!(task.version, 1);

    let outcome = task.move_to(DOING, Rank::appended(9), at(2)).unwrap();
    let [status, place] = outcome.changes() else {
        panic!("{outcome:?}")
    };
    assert_eq!((status.field, &status.after), ("status_id", &json!(DOING.status_id.to_string())));
    assert_eq!(
        (place.field, &place.before, &place.after),
        ("rank", &json!(rank.as_str()), &json!("h0000000009"))
    );
    assert_eq!((task.version, task.update_time), (2, at(2)));
}

#[test]
fn what_is_in_the_trash_only_comes_back() {
    let mut task = task();
    assert_eq!(task.undelete(at(1)), Err(TaskError::NotDeleted));
    assert_eq!(task.delete(task.id, at(2)), Ok(()));
    assert_eq!((task.delete_time, task.deleted_with, task.version), (Some(at(2)), Some(task.id), 2));

    let deleted = task.clone();
    assert_eq!(task.delete(task.id, at(3)), Err(TaskError::Deleted));
    assert_eq!(task.move_to(DOING, Rank::appended(9), at(3)), Err(TaskError::Deleted));
    assert_eq!(
        update(&mut task, at(3), |wanted| wanted.priority = Priority::Low),
        Err(TaskError::Deleted)
    );
    assert_eq!(task, deleted);

    assert_eq!(task.undelete(at(4)), Ok(()));
    assert_eq!((task.delete_time, task.deleted_with, task.version), (None, None, 3));
}

proptest! {
    /// Whatever way a task takes through the workflow, its times follow from the categories it went through.
    #[test]
    fn times_follow_from_the_way_taken(way in prop::collection::vec(prop::sample::select(vec![BACKLOG, DOING, REVIEW, DONE, RELEASED, CANCELED]), 1..12)) {
        let mut task = task();
        for (second, step) in (1..).zip(&way) {
            prop_assert!(task.move_to(*step, task.rank.clone(), at(second)).is_ok());
        }

        let is = |category| move |step: &Step| step.category == category;
        let first_start = way.iter().position(is(StatusCategory::Started)).map(|index| at(index as i64 + 1));
        prop_assert_eq!(task.start_time, first_start);

        let completed_at_the_end = way.iter().rev().take_while(|step| step.category == StatusCategory::Completed).count();
        let entered = (completed_at_the_end > 0).then(|| at((way.len() - completed_at_the_end) as i64 + 1));
        prop_assert_eq!(task.complete_time, entered);
    }
}
