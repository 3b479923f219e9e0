//! What a task adds to the numbers. All of it follows from the task's state and its project's zone, but for the stock of past days, which
//! follows from the changes of its category. `README.md` defines each number in words.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::due::Minute;
use super::page::{Address, Month, Page, Tally};
use super::task::{History, Snapshot, TaskState, Transition, transition};
use super::zone::Zone;

/// How the numbers change when a task goes from one state to the next.
#[must_use]
pub fn diff(previous: Option<&TaskState>, next: &TaskState, zone: &Zone) -> Tally {
    let mut tally = Tally::default();
    if let Some(previous) = previous {
        state(&mut tally, previous, zone, -1);
    }
    state(&mut tally, next, zone, 1);
    if let Some(transition) = transition(previous, next) {
        stock(&mut tally, next.project_id, transition, zone, 1);
    }
    tally
}

/// Everything that a task with this history adds to the numbers; `sign` -1 takes it away.
pub fn whole(tally: &mut Tally, history: &History, zone: &Zone, sign: i64) {
    if let Some(task) = &history.state {
        state(tally, task, zone, sign);
        for transition in &history.transitions {
            stock(tally, task.project_id, *transition, zone, sign);
        }
    }
}

fn state(tally: &mut Tally, state: &TaskState, zone: &Zone, sign: i64) {
    let Some(task) = &state.task else { return };
    let mut book = Book {
        tally,
        project_id: state.project_id,
        sign,
    };
    // A task in the trash stays in the history of the days before its deletion.
    let deleted = task.delete_time.map(|at| zone.day_of(at));
    let counts_on = |day: Date| deleted.is_none_or(|deleted| day < deleted);

    let created = zone.day_of(task.create_time);
    if counts_on(created) {
        book.day(None, "c", created);
        book.day_of_somebody(task.creator_id, "c", created);
    }
    if let Some(completed) = task.complete_time.map(|at| zone.day_of(at)).filter(|day| counts_on(*day)) {
        book.day(None, "d", completed);
        for assignee in &task.assignee_ids {
            book.day(Some(*assignee), "d", completed);
        }
    }
    if task.delete_time.is_some() {
        return;
    }
    let due = open_due(task, zone);
    for user_id in std::iter::once(None).chain(task.assignee_ids.iter().copied().map(Some)) {
        book.add(user_id, Page::Now, format!("k{}", task.category.number()));
        if let Some(due) = due {
            book.due(user_id, due);
        }
    }
}

/// From when on the task is overdue, if it waits to be done and has a deadline that can pass.
fn open_due(task: &Snapshot, zone: &Zone) -> Option<Timestamp> {
    let due = task.due.as_ref().filter(|_| task.category.is_open())?;
    due.moment(zone)
}

fn stock(tally: &mut Tally, project_id: Uuid, transition: Transition, zone: &Zone, sign: i64) {
    let day = zone.day_of(transition.at);
    let mut book = Book { tally, project_id, sign };
    for (category, amount) in [(transition.from, -1), (transition.to, 1)] {
        if let Some(category) = category {
            let field = format!("k{}_{:02}", category.number(), day.day());
            book.sign = sign * amount;
            book.add(None, Page::Stock(Month::of(day)), field);
        }
    }
}

/// Where a task's numbers are written down.
struct Book<'a> {
    tally: &'a mut Tally,
    project_id: Uuid,
    sign: i64,
}

impl Book<'_> {
    fn add(&mut self, user_id: Option<Uuid>, page: Page, field: String) {
        let address = Address {
            project_id: self.project_id,
            user_id,
            page,
        };
        self.tally.add(address, field, self.sign);
    }

    fn day(&mut self, user_id: Option<Uuid>, kind: &str, day: Date) {
        self.add(user_id, Page::Days(Month::of(day)), format!("{kind}{:02}", day.day()));
    }

    fn day_of_somebody(&mut self, user_id: Option<Uuid>, kind: &str, day: Date) {
        if user_id.is_some() {
            self.day(user_id, kind, day);
        }
    }

    /// Writes a deadline down by month, by day and by minute: what lies before a moment is then the sum of three short rows.
    fn due(&mut self, user_id: Option<Uuid>, moment: Timestamp) {
        let Minute { day, minute } = Minute::from(moment);
        let month = Month::of(day);
        self.add(user_id, Page::Now, format!("o{}", month.digits()));
        self.add(user_id, Page::DueDays(month), format!("o{:02}", day.day()));
        self.add(user_id, Page::DueMinutes(day), format!("o{minute:04}"));
    }
}
