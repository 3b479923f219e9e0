//! NotificationService, and the mails that follow.

mod deadlines;
mod get_unsubscribe_page;
mod list_notifications;
mod mails;
mod mark_all_notifications_read;
mod mark_notification_read;
mod refused_mails;
mod repetitions;
mod unsubscribe;

use mailparse::{MailHeaderMap, parse_mail};
use tasktracker_proto::auth::v1::{ProjectMember, RemoveProjectMemberRequest};
use tasktracker_proto::core::v1::*;
use tasktracker_testing::{User, World, eventually};

/// An id that nothing has.
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A project of ada's with linus as contributor and tim as viewer, both of whom have read that they are members; eve is outside.
struct Scene {
    world: World,
    ada: User,
    linus: User,
    tim: User,
    eve: User,
    web: Project,
    tim_member: ProjectMember,
}

async fn scene() -> Scene {
    scene_with_mail_after(0).await
}

/// The same, whose mails follow so many milliseconds after a notification.
async fn scene_with_mail_after(delay: u64) -> Scene {
    // Boxed, because starting a world is a large future and every test holds this one.
    let world = Box::pin(World::start_with(|settings| settings.core.mail_delay_ms = delay)).await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let (tim, eve) = (world.user("tim").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    let tim_member = ada.member(&web, &tim, "viewer").await;
    for user in [&linus, &tim] {
        wait_for(user, &[NotificationReason::MemberAdded]).await;
        if delay == 0 {
            // What is read before its mail was sent needs none.
            wait_for_mails(&world, user, 1).await;
        }
        read_all(user).await;
    }
    Scene {
        world,
        ada,
        linus,
        tim,
        eve,
        web,
        tim_member,
    }
}

async fn unread(user: &User) -> Vec<Notification> {
    let request = ListNotificationsRequest {
        unread_only: true,
        ..ListNotificationsRequest::default()
    };
    let answer = user.notifications().list_notifications(request).await.expect("lists");
    answer.into_inner().notifications
}

/// Waits until somebody's unread notifications have these reasons, in whatever order, and answers them, the latest first.
async fn wait_for(user: &User, reasons: &[NotificationReason]) -> Vec<Notification> {
    let mut expected: Vec<i32> = reasons.iter().map(|reason| *reason as i32).collect();
    expected.sort_unstable();
    eventually(&format!("{} is told {reasons:?}", user.email), || async {
        let unread = unread(user).await;
        let mut told: Vec<i32> = unread.iter().map(|notification| notification.reason).collect();
        told.sort_unstable();
        (told == expected).then_some(unread)
    })
    .await
}

async fn read_all(user: &User) {
    user.notifications()
        .mark_all_notifications_read(MarkAllNotificationsReadRequest::default())
        .await
        .expect("marks");
}

async fn delete_task(user: &User, task: &Task) {
    user.tasks()
        .delete_task(DeleteTaskRequest {
            task_id: task.id.clone(),
            ..DeleteTaskRequest::default()
        })
        .await
        .expect("deletes");
}

/// Ends tim's membership, and lets the answers that say otherwise grow old.
async fn remove_tim(scene: &Scene) {
    let request = RemoveProjectMemberRequest {
        project_id: scene.web.id.clone(),
        member_id: scene.tim_member.id.clone(),
        ..RemoveProjectMemberRequest::default()
    };
    scene.ada.access().remove_project_member(request).await.expect("removes");
}

fn mention(user: &User) -> String {
    format!("@(user:{})", user.id)
}

fn task(title: &str, assignees: &[&User]) -> Task {
    Task {
        title: title.to_owned(),
        assignee_ids: assignees.iter().map(|user| user.id.clone()).collect(),
        ..Task::default()
    }
}

/// A mail, as its reader's program sees it.
#[derive(Debug, Clone)]
struct Mail {
    bytes: Vec<u8>,
    to: String,
    subject: String,
    text: String,
    html: String,
}

impl Mail {
    fn header(&self, name: &str) -> String {
        let mail = parse_mail(&self.bytes).expect("a mail");
        mail.headers.get_first_value(name).unwrap_or_else(|| panic!("a header {name}"))
    }

    /// The path, with its token, that a mail program posts to.
    fn unsubscribe_path(&self) -> String {
        let header = self.header("List-Unsubscribe");
        let url = header.trim_start_matches('<').trim_end_matches('>');
        let rest = url.split_once("://").expect("a URL").1;
        rest[rest.find('/').expect("a path")..].to_owned()
    }
}

/// The mails that a person got, the oldest first.
fn mails_to(world: &World, user: &User) -> Vec<Mail> {
    let Ok(entries) = std::fs::read_dir(world.data_dir().join("mail")) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    // Named by ids, which grow with time.
    paths.sort();
    let mails = paths.into_iter().map(|path| {
        let bytes = std::fs::read(path).expect("a file");
        let mail = parse_mail(&bytes).expect("a mail");
        let body = |part: usize| mail.subparts[part].get_body().expect("a body").replace("\r\n", "\n");
        Mail {
            to: mail.headers.get_first_value("To").expect("a recipient"),
            subject: mail.headers.get_first_value("Subject").expect("a subject"),
            text: body(0),
            html: body(1),
            bytes,
        }
    });
    mails.filter(|mail| mail.to.contains(&user.email)).collect()
}

/// Waits until a person got so many mails.
async fn wait_for_mails(world: &World, user: &User, count: usize) -> Vec<Mail> {
    eventually(&format!("{} gets {count} mails", user.email), || async {
        let mails = mails_to(world, user);
        assert!(mails.len() <= count, "no more than {count}: {mails:#?}");
        (mails.len() == count).then_some(mails)
    })
    .await
}
