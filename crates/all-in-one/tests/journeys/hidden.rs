//! What somebody may not see is for them what does not exist (E2): of every RPC, the answer about a hidden thing is the answer about none.

use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use tasktracker_proto::auth::v1::ListProjectMembersRequest;
use tasktracker_proto::options::v1::Auth;
use tasktracker_testing::{Problem, World};
use tonic::Code;

use crate::raw::{call_as, not_our_fault, rpcs};

/// What ids a message is filled with.
struct Things {
    project: String,
    task: String,
    comment: String,
    member: String,
    status: String,
    user: String,
}

impl Things {
    /// Things that do not exist.
    fn absent(user: &str) -> Self {
        let id = |number: u8| format!("0190b2c4-7f3e-7000-8000-0000000000{number:02}");
        Self {
            project: id(1),
            task: id(2),
            comment: id(3),
            member: id(4),
            status: id(5),
            user: user.to_owned(),
        }
    }

    /// The id for a field, by its name and the message it stands in.
    fn id(&self, message: &str, field: &str) -> Option<&str> {
        Some(match (field, message) {
            ("project_id" | "project_ids", _) | ("id", "Project") => &self.project,
            ("task_id" | "parent_id" | "before_task_id" | "after_task_id", _) | ("id", "Task") => &self.task,
            ("comment_id", _) | ("id", "Comment") => &self.comment,
            ("member_id", _) | ("id", "ProjectMember") => &self.member,
            ("status_id", _) => &self.status,
            ("user_id" | "assignee_ids" | "reassign_to_user_id", _) => &self.user,
            _ => return None,
        })
    }

    /// A whole and sensible message about these things.
    fn message(&self, kind: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        for field in kind.fields() {
            // Of a oneof the first field only, and nothing that the server decides.
            let is_other = field
                .containing_oneof()
                .is_some_and(|oneof| oneof.fields().next().is_some_and(|first| first != field));
            if is_other
                || [
                    "etag",
                    "page_token",
                    "resume_token",
                    "request_id",
                    "filter",
                    "order_by",
                    "update_mask",
                ]
                .contains(&field.name())
            {
                continue;
            }
            if let Some(value) = self.value(kind, &field, depth) {
                let value = if field.is_list() { Value::List(vec![value]) } else { value };
                message.set_field(&field, value);
            }
        }
        message
    }

    fn value(&self, kind: &MessageDescriptor, field: &FieldDescriptor, depth: usize) -> Option<Value> {
        Some(match field.kind() {
            Kind::String => match (self.id(kind.name(), field.name()), field.name()) {
                (Some(id), _) => Value::String(id.to_owned()),
                (None, "title" | "body" | "name" | "description") => Value::String("words".to_owned()),
                (None, "role_id") => Value::String("viewer".to_owned()),
                (None, "date" | "start_date") => Value::String("2026-05-02".to_owned()),
                _ => return None,
            },
            Kind::Bool => Value::Bool(true),
            Kind::Message(inner) if depth < 2 && !inner.full_name().starts_with("google.") => {
                Value::Message(self.message(&inner, depth + 1))
            }
            _ => return None,
        })
    }
}

#[tokio::test]
async fn of_every_rpc_the_hidden_is_as_absent_as_what_never_was() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    let task = ada.task(&web, "secret").await;
    let request = ListProjectMembersRequest {
        project_id: web.id.clone(),
        ..Default::default()
    };
    let members = ada
        .access()
        .list_project_members(request)
        .await
        .expect("lists")
        .into_inner()
        .members;
    let hidden = Things {
        project: web.id.clone(),
        task: task.id.clone(),
        comment: ada.comment(&task, "secret").await.id,
        member: members[0].id.clone(),
        status: ada.status(&web, "Done").await.id,
        user: eve.id.clone(),
    };
    let by_key = Things {
        task: task.key.clone(),
        ..Things::absent(&eve.id)
    };
    let absent = Things::absent(&eve.id);
    let pool = DescriptorPool::decode(tasktracker_proto::DESCRIPTORS).expect("descriptors");
    let (channel, token) = (world.channel(), eve.token());

    // Analytics knows what was written once it is counted; until then the hidden would be compared with nothing.
    world.settled().await;

    let mut compared = 0;
    for (path, method) in rpcs(|method| method.policy.auth() == Auth::User && !method.policy.object_field.is_empty()) {
        let service = pool.get_service_by_name(&method.service).expect("a service");
        let kind = service.methods().find(|rpc| rpc.name() == method.name).expect("an rpc").input();
        let mut problems = Vec::new();
        for things in [&absent, &hidden, &by_key] {
            let outcome = call_as(&channel, path, &token, things.message(&kind, 0).encode_to_vec()).await;
            not_our_fault(path, &outcome);
            problems.push(Problem::of(&outcome.expect_err(path)));
        }
        assert_eq!(problems[0], problems[1], "{path} tells the hidden from the absent");
        if problems[2].code != Code::InvalidArgument {
            assert_eq!(problems[0], problems[2], "{path} tells a hidden key from an absent id");
        }
        compared += usize::from(problems[0].code == Code::NotFound);
    }
    // The others refuse the message before they look: those would compare nothing.
    assert!(compared >= 20, "only {compared} RPCs came as far as to look");
}

/// The same questions by the owner, who sees it all: so the messages above are good ones, and NOT_FOUND means something.
#[tokio::test]
async fn whoever_sees_a_thing_is_never_told_that_it_is_not_there() {
    let pool = DescriptorPool::decode(tasktracker_proto::DESCRIPTORS).expect("descriptors");
    let world = World::start().await;
    let (ada, eve) = (world.user("ada").await, world.user("eve").await);
    for (index, (path, method)) in rpcs(|method| method.policy.auth() == Auth::User && !method.policy.object_field.is_empty())
        .into_iter()
        .enumerate()
    {
        let web = ada.project(&format!("P{index}")).await;
        let task = ada.task(&web, "seen").await;
        let member = ada.member(&web, &eve, "viewer").await;
        let things = Things {
            project: web.id.clone(),
            task: task.id.clone(),
            comment: ada.comment(&task, "seen").await.id,
            member: member.id,
            status: ada.status(&web, "Done").await.id,
            user: eve.id.clone(),
        };
        let service = pool.get_service_by_name(&method.service).expect("a service");
        let kind = service.methods().find(|rpc| rpc.name() == method.name).expect("an rpc").input();
        if path.contains(".analytics.") {
            // It knows a task once it is counted, and says so in its proto.
            world.settled().await;
        }
        let outcome = call_as(&world.channel(), path, &ada.token(), things.message(&kind, 0).encode_to_vec()).await;
        not_our_fault(path, &outcome);
        if let Err(status) = &outcome {
            assert_ne!(status.code(), Code::NotFound, "{path}: {status:?}");
        }
    }
}
