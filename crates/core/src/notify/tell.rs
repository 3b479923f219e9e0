//! Telling people: who may still be told, what goes into which inbox, and which mails follow, all of it written in one transaction with
//! whatever it follows from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tasktracker_database::{CommitError, Failure, Time, Transaction};
use tasktracker_proto::auth::v1::Permission;
use uuid::Uuid;

use crate::app::App;
use crate::db::{notification_writes, notifications};
use crate::domain::ids::{ProjectId, TaskId, UserId};
use crate::domain::notification::{self, FOLD_WINDOW, Happening, Notice, Planned};
use crate::jobs::send_mail;

/// People whom Auth is asked about at once.
const ASKED: usize = 100;

/// What is to be written to tell people of some happenings.
#[derive(Debug, Clone)]
pub struct Telling {
    notices: Vec<Notice>,
    planned: Vec<Planned>,
}

/// Plans what people are told of happenings, which are in their order. What was told already, and what a person may not view at present, is
/// left out. What leads to nobody costs nothing.
///
/// # Errors
/// The database or Auth does not answer.
pub async fn plan(app: &App, happenings: &[Happening]) -> Result<Telling, Failure> {
    let reader = app.db.reader();
    let happenings: Vec<&Happening> = happenings.iter().filter(|happening| happening.concerns_somebody()).collect();
    let followed: BTreeSet<TaskId> = happenings.iter().filter_map(|happening| happening.followed_task()).collect();
    let mut followers: HashMap<TaskId, BTreeSet<UserId>> = HashMap::new();
    if !followed.is_empty() {
        let followed: Vec<TaskId> = followed.into_iter().collect();
        for (task_id, user_id) in notifications::followers(reader, &followed).await? {
            followers.entry(task_id.into()).or_default().insert(user_id.into());
        }
    }
    let nobody = BTreeSet::new();
    let mut notices: Vec<Notice> = Vec::new();
    for happening in happenings {
        let of_task = happening.followed_task().and_then(|task_id| followers.get(&task_id));
        notices.extend(happening.notices(of_task.unwrap_or(&nobody)));
    }
    if !notices.is_empty() {
        let causes: BTreeSet<String> = notices.iter().map(|notice| notice.cause.clone()).collect();
        let told = notifications::told(reader, &causes.into_iter().collect::<Vec<_>>()).await?;
        notices.retain(|notice| !told.contains(&(notice.cause.clone(), notice.recipient)));
        keep_permitted(app, &mut notices).await?;
    }
    if notices.is_empty() {
        return Ok(Telling {
            notices,
            planned: Vec::new(),
        });
    }
    let users: BTreeSet<UserId> = notices.iter().map(|notice| notice.recipient).collect();
    let tasks: BTreeSet<TaskId> = notices.iter().filter_map(|notice| notice.task_id).collect();
    let earliest = notices.iter().map(|notice| Time::from(notice.at)).min().unwrap_or(Time(0));
    let unread = if tasks.is_empty() {
        Vec::new()
    } else {
        let (users, tasks): (Vec<_>, Vec<_>) = (users.into_iter().collect(), tasks.into_iter().collect());
        notifications::unread_since(reader, &users, &tasks, earliest - FOLD_WINDOW).await?
    };
    let planned = notification::plan(&notices, unread, || app.ids.next());
    Ok(Telling { notices, planned })
}

/// Leaves out what a recipient may not view now: one question a project, and one about comments where there are some.
async fn keep_permitted(app: &App, notices: &mut Vec<Notice>) -> Result<(), Failure> {
    let mut asked: BTreeMap<(ProjectId, bool), BTreeSet<Uuid>> = BTreeMap::new();
    for notice in notices.iter() {
        let person = notice.recipient.uuid();
        asked.entry((notice.project_id, false)).or_default().insert(person);
        if notice.tells_of_comment() {
            asked.entry((notice.project_id, true)).or_default().insert(person);
        }
    }
    let mut permitted: BTreeSet<(ProjectId, bool, Uuid)> = BTreeSet::new();
    for ((project_id, of_comments), people) in asked {
        let permission = if of_comments {
            Permission::CommentView
        } else {
            Permission::TaskView
        };
        let people: Vec<Uuid> = people.into_iter().collect();
        for people in people.chunks(ASKED) {
            let may = app.access.others_with(project_id.uuid(), people, permission).await?;
            let permitted_here = people.iter().zip(may).filter(|(_, may)| *may);
            permitted.extend(permitted_here.map(|(person, _)| (project_id, of_comments, *person)));
        }
    }
    notices.retain(|notice| {
        let may = |of_comments| permitted.contains(&(notice.project_id, of_comments, notice.recipient.uuid()));
        may(false) && (!notice.tells_of_comment() || may(true))
    });
    Ok(())
}

impl Telling {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// What people are told, one each and cause.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Writes the notifications and the jobs that send mails about them. The transaction must be `sequential`.
    pub fn write(&self, app: &App, txn: &mut Transaction) {
        notification_writes::write(txn, app.db.backend(), &self.planned, &self.notices, Time::from(app.now()));
        for planned in &self.planned {
            app.jobs.enqueue(txn, send_mail::job(app, &planned.notification));
        }
    }

    /// Wakes those who watch their inbox, and who sends mails: after the commit.
    pub fn wake(&self, app: &App) {
        if !self.is_empty() {
            app.feed
                .inboxes()
                .changed(self.planned.iter().map(|planned| planned.notification.recipient.uuid()));
            app.jobs.wake();
        }
    }

    /// What a failed commit means: one that failed because somebody else told the same meanwhile, or because a notification was read
    /// meanwhile, is stale: plan again.
    #[must_use]
    pub fn failed(error: CommitError) -> Failure {
        if notification_writes::is_told(&error) {
            CommitError::GuardMissed.into()
        } else {
            error.into()
        }
    }
}
