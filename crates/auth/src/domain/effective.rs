//! What somebody may do in a place: the union of what their roles give. Deactivated people may do nothing, and nobody may do anything in
//! a place that does not exist.

use tasktracker_identity::PermissionSet;

use super::role::{ProjectRole, SystemRole};

/// A person as permissions see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the person can sign in.
    pub active: bool,
    /// Their role in the instance.
    pub system_role: Option<SystemRole>,
}

/// Who sees a project without being a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Nobody.
    Private,
    /// Every member of the instance but guests, as viewer.
    Internal,
}

impl Visibility {
    /// The id in the database.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
        }
    }

    /// The visibility with this id; what is not known is private.
    #[must_use]
    pub fn parse(id: &str) -> Self {
        if id == Self::Internal.id() { Self::Internal } else { Self::Private }
    }
}

/// What a person may do in the instance.
#[must_use]
pub fn in_instance(person: Standing) -> PermissionSet {
    match person.system_role {
        Some(role) if person.active => role.permissions(),
        _ => PermissionSet::EMPTY,
    }
}

/// What a person with this role, or none, may do in a project of this visibility.
#[must_use]
pub fn in_project(person: Standing, visibility: Visibility, role: Option<ProjectRole>) -> PermissionSet {
    if !person.active {
        return PermissionSet::EMPTY;
    }
    let own = role.map_or(PermissionSet::EMPTY, ProjectRole::permissions);
    let by_visibility = match (visibility, person.system_role) {
        (Visibility::Internal, Some(role)) => role.in_internal_projects(),
        _ => PermissionSet::EMPTY,
    };
    own.union(by_visibility)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(system_role: SystemRole) -> Standing {
        Standing {
            active: true,
            system_role: Some(system_role),
        }
    }

    #[test]
    fn administrators_do_not_read_private_projects() {
        for role in SystemRole::ALL {
            assert!(in_project(person(role), Visibility::Private, None).is_empty());
        }
    }

    #[test]
    fn internal_projects_add_viewing_to_what_a_role_gives() {
        let viewer = ProjectRole::Viewer.permissions();
        assert_eq!(in_project(person(SystemRole::Member), Visibility::Internal, None), viewer);
        assert!(in_project(person(SystemRole::Guest), Visibility::Internal, None).is_empty());
        let contributor = ProjectRole::Contributor;
        assert_eq!(
            in_project(person(SystemRole::Guest), Visibility::Internal, Some(contributor)),
            contributor.permissions()
        );
        assert_eq!(
            in_project(person(SystemRole::Member), Visibility::Internal, Some(contributor)),
            contributor.permissions()
        );
    }

    #[test]
    fn who_is_deactivated_may_do_nothing() {
        let gone = Standing {
            active: false,
            system_role: Some(SystemRole::Owner),
        };
        assert!(in_instance(gone).is_empty());
        assert!(in_project(gone, Visibility::Internal, Some(ProjectRole::Owner)).is_empty());
        assert!(
            in_instance(Standing {
                active: true,
                system_role: None
            })
            .is_empty()
        );
        assert_eq!(in_instance(person(SystemRole::Admin)), SystemRole::Admin.permissions());
    }

    #[test]
    fn an_unknown_visibility_is_private() {
        assert_eq!(Visibility::parse("internal"), Visibility::Internal);
        assert_eq!(Visibility::parse("private"), Visibility::Private);
        assert_eq!(Visibility::parse("INTERNAL"), Visibility::Private);
    }
}
