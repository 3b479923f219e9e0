//! What happens when in the demo: the same history in every run, ending now. Most work gets done, some is late, some was given up, and
//! some is due tomorrow.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tasktracker_proto::core::v1::due::Value;
use tasktracker_proto::core::v1::{Due, Task, TaskType, ZonedDateTime};

use super::story::{self, Line};

/// Somebody does something in a project.
pub struct Step {
    pub at: Timestamp,
    pub project: usize,
    pub who: usize,
    pub act: Act,
}

/// What somebody does. Tasks are named by their place in the story.
pub enum Act {
    Create {
        number: usize,
        task: Box<Task>,
        assignees: Vec<usize>,
        parent: Option<usize>,
    },
    Move {
        number: usize,
        status: &'static str,
    },
    Comment {
        number: usize,
        body: String,
    },
    Plan {
        number: usize,
        due: Due,
    },
    Attach {
        number: usize,
        file_name: &'static str,
        content: &'static [u8],
    },
    /// Reads everything that the inbox holds.
    Read,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// All steps from `begin` to `now`, the oldest first.
pub fn plan(begin: Timestamp, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    for (project, lines) in [&story::WEB[..], &story::OPS[..]].into_iter().enumerate() {
        for (number, line) in lines.iter().enumerate() {
            let life = Life {
                project,
                number,
                line,
                of: lines.len(),
                begin,
                now,
            };
            life.tell(&mut steps);
        }
    }
    // Everybody reads what they were told every other day, but for the last few.
    for day in (2..87).step_by(2) {
        for who in 0..3 {
            let at = begin + DAY * day + SignedDuration::from_mins(7 + i64::try_from(who).unwrap_or_default());
            steps.push(Step {
                at,
                project: 0,
                who,
                act: Act::Read,
            });
        }
    }
    steps.retain(|step| step.at <= now);
    // Stable: what happens at one moment happens in the order of the story.
    steps.sort_by_key(|step| step.at);
    steps
}

/// How one task's life goes.
struct Life<'a> {
    project: usize,
    number: usize,
    line: &'a Line,
    of: usize,
    begin: Timestamp,
    now: Timestamp,
}

impl Life<'_> {
    fn tell(&self, steps: &mut Vec<Step>) {
        let (title, kind, priority, estimate_points) = *self.line;
        let seed = self.number * 7 + self.project * 3;
        let born = self.born();
        // Viewers read; the others share the work.
        let (creator, worker) = (seed % 3, (seed / 2) % 3);
        let task = Task {
            title: title.to_owned(),
            description: self.description(seed),
            r#type: kind.into(),
            priority: priority.into(),
            estimate_points,
            ..Task::default()
        };
        let assignees = if seed.is_multiple_of(5) { vec![] } else { vec![worker] };
        let parent = self.parent(kind);
        self.step(
            steps,
            born,
            creator,
            Act::Create {
                number: self.number,
                task: Box::new(task),
                assignees,
                parent,
            },
        );
        if seed % 3 != 1 {
            self.step(
                steps,
                born + SignedDuration::from_hours(1),
                creator,
                Act::Plan {
                    number: self.number,
                    due: self.due(born, seed),
                },
            );
        }
        self.attach(steps);
        if kind == TaskType::Epic {
            return self.step(
                steps,
                born + DAY,
                creator,
                Act::Move {
                    number: self.number,
                    status: "In progress",
                },
            );
        }
        let after = |days: i64| born + SignedDuration::from_hours(24 * days + (seed % 5) as i64);
        let mut go = |at: Timestamp, status: &'static str| {
            self.step(
                steps,
                at,
                worker,
                Act::Move {
                    number: self.number,
                    status,
                },
            )
        };
        match seed % 10 {
            0 => go(after(3), "Canceled"),
            1 => go(after(1), "Backlog"),
            2 => go(after(2), "In progress"),
            kind => {
                go(after(1 + (seed % 4) as i64), "In progress");
                if kind != 3 {
                    go(after(4 + (seed % 5) as i64), "In review");
                }
                if kind > 4 {
                    go(after(6 + (seed % 6) as i64), "Done");
                }
                if kind == 9 {
                    go(after(14), "In progress");
                    go(after(16), "Done");
                }
            }
        }
        for talk in 0..seed % 4 {
            let body = story::COMMENTS[(seed + talk * 5) % story::COMMENTS.len()].to_owned();
            let at = after(2 + 3 * talk as i64) + SignedDuration::from_mins(30);
            self.step(steps, at, (seed + talk) % 3, Act::Comment { number: self.number, body });
        }
    }

    /// The files that belong to the task, the day after it came up.
    fn attach(&self, steps: &mut Vec<Step>) {
        for (project, number, who, file_name, content) in story::FILES {
            if (project, number) == (self.project, self.number) {
                self.step(
                    steps,
                    self.born() + DAY,
                    who,
                    Act::Attach {
                        number,
                        file_name,
                        content,
                    },
                );
            }
        }
    }

    fn step(&self, steps: &mut Vec<Step>, at: Timestamp, who: usize, act: Act) {
        steps.push(Step {
            at,
            project: self.project,
            who,
            act,
        });
    }

    /// Tasks come up evenly over the whole time, by day.
    fn born(&self) -> Timestamp {
        let minutes = self.now.duration_since(self.begin).as_mins() - 120;
        let index = i64::try_from(self.number).unwrap_or_default();
        let count = i64::try_from(self.of).unwrap_or(1);
        self.begin + SignedDuration::from_mins(10 + minutes * index / count)
    }

    fn parent(&self, kind: TaskType) -> Option<usize> {
        match (self.project, self.number) {
            _ if kind == TaskType::Epic => None,
            (0, 1..=5) => Some(0),
            (0, 17..=18) => Some(16),
            (1, 1..=2) => Some(0),
            _ => None,
        }
    }

    fn due(&self, born: Timestamp, seed: usize) -> Due {
        let zone = TimeZone::UTC;
        let remaining = self.of - self.number;
        // The last tasks are due in the days around now, the others two weeks after they came up.
        let moment = if remaining <= 8 {
            self.now + DAY * i32::try_from(remaining).unwrap_or(1) - DAY * 3
        } else {
            born + DAY * 14
        };
        let moment = moment.max(born + DAY);
        let day = zone.to_datetime(moment).date();
        let value = if seed.is_multiple_of(4) {
            let local = day.to_datetime(Time::constant(17, 0, 0, 0));
            Value::At(ZonedDateTime {
                local_date_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
                time_zone: "Europe/Berlin".to_owned(),
            })
        } else {
            Value::Date(day.to_string())
        };
        Due { value: Some(value) }
    }

    fn description(&self, seed: usize) -> String {
        match seed % 4 {
            0 => "What to do:\n\n- [ ] look at how others do it\n- [ ] try the simplest way\n- [ ] show it to two people".to_owned(),
            1 => "Came up in the last meeting. **Small is fine**, as long as it is done.".to_owned(),
            2 => "Steps to see it:\n\n1. open the page\n2. wait\n3. be surprised".to_owned(),
            _ => String::new(),
        }
    }
}
