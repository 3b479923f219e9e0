//! The built-in roles and what they hold. They cannot be changed; each project role holds everything that the role below it holds.

use tasktracker_identity::PermissionSet;
use tasktracker_proto::auth::v1::Permission as P;

/// A role in the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemRole {
    /// Everything, and the only one who makes owners. At least one is active at all times.
    Owner,
    /// Users, roles, settings, audit; does not silently read private projects.
    Admin,
    /// Creates projects.
    Member,
    /// Only what invitations to projects give.
    Guest,
    /// Reads the audit records.
    Auditor,
}

impl SystemRole {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Member, Self::Guest, Self::Auditor];

    /// The id used in the API and in the database.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// What the role allows in the instance. It allows nothing inside projects.
    #[must_use]
    pub const fn permissions(self) -> PermissionSet {
        const MEMBER: PermissionSet = PermissionSet::of(&[P::ProjectCreate, P::UserView]);
        const ADMIN: PermissionSet = PermissionSet::of(&[
            P::UserManage,
            P::RoleManageSystem,
            P::SettingManage,
            P::AuditRead,
            P::OperationManage,
        ])
        .union(MEMBER);
        match self {
            Self::Owner => PermissionSet::of(&[P::OwnerGrant]).union(ADMIN),
            Self::Admin => ADMIN,
            Self::Member => MEMBER,
            Self::Guest => PermissionSet::EMPTY,
            Self::Auditor => PermissionSet::of(&[P::AuditRead, P::UserView]),
        }
    }

    /// What the role allows in every project of INTERNAL visibility: viewing, for all but guests.
    #[must_use]
    pub const fn in_internal_projects(self) -> PermissionSet {
        match self {
            Self::Owner | Self::Admin | Self::Member | Self::Auditor => ProjectRole::Viewer.permissions(),
            Self::Guest => PermissionSet::EMPTY,
        }
    }
}

/// A role in a project; a greater one ranks higher and holds all that a lesser one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRole {
    /// Reads.
    Viewer,
    /// Reads and comments.
    Commenter,
    /// Works on tasks.
    Contributor,
    /// Runs the project: members, workflow, labels, deletion of tasks.
    Maintainer,
    /// Everything. At least one is active at all times.
    Owner,
}

impl ProjectRole {
    /// All of them, the lowest first.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Commenter, Self::Contributor, Self::Maintainer, Self::Owner];

    /// The id used in the API and in the database.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Commenter => "commenter",
            Self::Contributor => "contributor",
            Self::Maintainer => "maintainer",
            Self::Owner => "owner",
        }
    }

    /// The role with this id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// What the role allows in its project.
    #[must_use]
    pub const fn permissions(self) -> PermissionSet {
        const VIEWER: PermissionSet = PermissionSet::of(&[P::ProjectView, P::TaskView, P::CommentView, P::FileRead, P::AnalyticsView]);
        const COMMENTER: PermissionSet =
            PermissionSet::of(&[P::CommentCreate, P::CommentUpdateOwn, P::CommentDeleteOwn, P::MemberView]).union(VIEWER);
        const CONTRIBUTOR: PermissionSet = PermissionSet::of(&[
            P::TaskCreate,
            P::TaskUpdate,
            P::TaskAssign,
            P::TaskTransition,
            P::FileUpload,
            P::FileDeleteOwn,
            P::LabelApply,
        ])
        .union(COMMENTER);
        const MAINTAINER: PermissionSet = PermissionSet::of(&[
            P::TaskDelete,
            P::CommentDeleteAny,
            P::FileDeleteAny,
            P::LabelManage,
            P::WorkflowManage,
            P::ProjectUpdate,
            P::TaskBulk,
            P::MemberManage,
            P::RoleAssign,
        ])
        .union(CONTRIBUTOR);
        const OWNER: PermissionSet = PermissionSet::of(&[
            P::ProjectDelete,
            P::ProjectTransfer,
            P::ProjectArchive,
            P::RoleManage,
            P::WebhookManage,
            P::ExportProject,
        ])
        .union(MAINTAINER);
        match self {
            Self::Viewer => VIEWER,
            Self::Commenter => COMMENTER,
            Self::Contributor => CONTRIBUTOR,
            Self::Maintainer => MAINTAINER,
            Self::Owner => OWNER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_there_and_back() {
        for role in SystemRole::ALL {
            assert_eq!(SystemRole::parse(role.id()), Some(role));
        }
        for role in ProjectRole::ALL {
            assert_eq!(ProjectRole::parse(role.id()), Some(role));
        }
        assert_eq!(ProjectRole::parse("Owner"), None);
        assert_eq!(ProjectRole::parse(""), None);
    }

    #[test]
    fn a_higher_project_role_holds_strictly_more() {
        for pair in ProjectRole::ALL.windows(2) {
            let [lower, higher] = pair else { unreachable!("windows of two") };
            assert!(lower < higher);
            assert!(higher.permissions().covers(&lower.permissions()));
            assert!(!lower.permissions().covers(&higher.permissions()));
        }
    }

    /// The table of research, row by row: permission, and the lowest role that has it.
    #[test]
    fn project_roles_are_the_table() {
        let table = [
            ("project.view task.view comment.view file.read analytics.view", ProjectRole::Viewer),
            (
                "comment.create comment.update_own comment.delete_own member.view",
                ProjectRole::Commenter,
            ),
            (
                "task.create task.update task.assign task.transition file.upload file.delete_own label.apply",
                ProjectRole::Contributor,
            ),
            (
                "task.delete comment.delete_any file.delete_any label.manage workflow.manage project.update task.bulk member.manage role.assign",
                ProjectRole::Maintainer,
            ),
            (
                "project.delete project.transfer project.archive role.manage webhook.manage export.project",
                ProjectRole::Owner,
            ),
        ];
        for role in ProjectRole::ALL {
            let mut wanted: Vec<&str> = table
                .iter()
                .filter(|(_, lowest)| *lowest <= role)
                .flat_map(|(names, _)| names.split(' '))
                .collect();
            wanted.sort_unstable();
            assert_eq!(role.permissions().names(), wanted, "{}", role.id());
        }
    }

    #[test]
    fn system_roles_hold_nothing_of_projects() {
        let of_projects = ProjectRole::Owner.permissions();
        for role in SystemRole::ALL {
            assert!(
                role.permissions().iter().all(|permission| !of_projects.has(permission)),
                "{}",
                role.id()
            );
        }
        assert_eq!(SystemRole::Member.permissions().names(), ["project.create", "user.view"]);
        assert_eq!(SystemRole::Auditor.permissions().names(), ["audit.read", "user.view"]);
        assert!(SystemRole::Guest.permissions().is_empty());
        assert!(!SystemRole::Admin.permissions().has(P::OwnerGrant));
        assert!(SystemRole::Owner.permissions().covers(&SystemRole::Admin.permissions()));
    }

    #[test]
    fn internal_projects_are_open_to_all_but_guests() {
        for role in SystemRole::ALL {
            let wanted = if role == SystemRole::Guest {
                PermissionSet::EMPTY
            } else {
                ProjectRole::Viewer.permissions()
            };
            assert_eq!(role.in_internal_projects(), wanted);
        }
    }
}
