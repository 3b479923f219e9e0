//! A project as the caller of AccessService finds it: what they may do there, decided on Auth's own data and not on a cache.

use tasktracker_database::{Id, Time, Transaction};
use tasktracker_identity::{Call, PermissionSet, permission};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::entities::bindings;
use crate::db::{facts, members, people, scopes};
use crate::domain::membership::{Change, LastOwner, Refusal, authorise, guard_last_owner};
use crate::domain::role::ProjectRole;
use crate::failure::{Failure, stored};
use crate::rpc::convert;

/// A project that the caller may view.
#[derive(Debug)]
pub struct Project {
    /// Its id.
    pub id: Id,
    /// Who calls.
    pub caller: Id,
    /// What they may do here.
    pub rights: PermissionSet,
    /// The revision of access at which that was read.
    pub revision: i64,
    version: i64,
}

impl Project {
    /// Reads it. What the caller may not view is not found, like what does not exist.
    pub async fn read(app: &App, call: &Call, project_id: &str) -> Result<Self, RpcError> {
        let id = convert::id(project_id, "project_id")?;
        let caller = Id(call.user_id()?);
        let facts = facts::read(app.db.reader(), caller, Some(id)).await.map_err(stored)?;
        let rights = facts.in_project();
        match facts.scope {
            Some((_, version)) if rights.has(Permission::ProjectView) => Ok(Self {
                id,
                caller,
                rights,
                revision: facts.revision,
                version,
            }),
            _ => Err(hidden()),
        }
    }

    /// Refuses a caller without a permission.
    pub fn require(&self, needed: Permission) -> Result<(), RpcError> {
        if self.rights.has(needed) {
            Ok(())
        } else {
            Err(refused(Refusal::Missing(needed)))
        }
    }

    /// Refuses a change of members that the caller may not make.
    pub fn authorise(&self, change: Change) -> Result<(), RpcError> {
        authorise(self.rights, change).map_err(refused)
    }

    /// Refuses to take the owner's role from the last active owner.
    pub async fn guard_last_owner(&self, app: &App, member: &bindings::Model) -> Result<(), Failure> {
        let reader = app.db.reader();
        let active = people::find(reader, member.user_id)
            .await?
            .is_some_and(|person| person.standing().active);
        let others = members::count_other_active(reader, self.id, ProjectRole::Owner.id(), member.user_id).await?;
        guard_last_owner(active && member.role_id == ProjectRole::Owner.id(), others).map_err(|LastOwner| {
            let message = "this is the last active owner of the project: make somebody else owner first";
            RpcError::new(Code::FailedPrecondition, ErrorReason::LastOwner, message).into()
        })
    }

    /// Lets the transaction through only if no member was changed since this was read.
    pub fn guard(&self, txn: &mut Transaction, now: Time) {
        scopes::guard(txn, self.id, self.version, now);
    }
}

/// The role with this id.
pub fn role(id: &str) -> Result<ProjectRole, RpcError> {
    ProjectRole::parse(id).ok_or_else(|| RpcError::invalid("member.role_id", "must be owner, maintainer, contributor, commenter or viewer"))
}

/// The role that a stored member has.
pub fn role_of(member: &bindings::Model) -> Result<ProjectRole, RpcError> {
    ProjectRole::parse(&member.role_id).ok_or_else(|| RpcError::internal(anyhow::anyhow!("member {} has an unknown role", member.id)))
}

/// Refuses a stale version: of the resource, or of the strict `If-Match`.
pub fn check_etag(call: &Call, sent: &str, member: &bindings::Model) -> Result<(), RpcError> {
    let current = convert::etag(member.version);
    let stale = |etag: &str| !etag.is_empty() && etag != "*" && etag != current;
    if stale(sent) || call.if_match().is_some_and(stale) {
        Err(RpcError::etag_mismatch(&current))
    } else {
        Ok(())
    }
}

fn hidden() -> RpcError {
    RpcError::not_found("project")
}

fn refused(refusal: Refusal) -> RpcError {
    match refusal {
        Refusal::Hidden => hidden(),
        Refusal::Missing(needed) => RpcError::permission_missing(&permission::name(needed)),
        Refusal::AboveOwnRights => RpcError::new(
            Code::PermissionDenied,
            ErrorReason::PermissionMissing,
            "the role is above your own rights in this project",
        )
        .meta("permission", permission::name(Permission::RoleAssign)),
    }
}
