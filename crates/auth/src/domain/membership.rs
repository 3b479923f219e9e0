//! Who may change the members of a project, and the guard of the last owner. Whoever changes a member needs every right that the
//! member has and every right that the member would get, so only owners make, change or remove owners.

use tasktracker_identity::PermissionSet;
use tasktracker_proto::auth::v1::Permission;

use super::role::ProjectRole;

/// Why a change of members is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The caller cannot even see the project: answered like a project that does not exist.
    #[error("the project is not visible to the caller")]
    Hidden,
    /// The caller sees the project but lacks this right.
    #[error("the caller lacks a permission")]
    Missing(Permission),
    /// The member has, or would get, rights that the caller does not have.
    #[error("the role is above the caller's own rights")]
    AboveOwnRights,
}

/// A change to the members of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A new member with this role.
    Add(ProjectRole),
    /// Another role for a member.
    SetRole {
        /// The role the member has.
        from: ProjectRole,
        /// The role the member is to get.
        to: ProjectRole,
    },
    /// The end of a membership.
    Remove {
        /// The role the member has.
        role: ProjectRole,
        /// Whether the members remove themselves, which needs no right.
        by_themselves: bool,
    },
}

/// Decides whether somebody with these rights in the project may make a change.
///
/// # Errors
///
/// The reason of a refusal.
pub fn authorise(actor: PermissionSet, change: Change) -> Result<(), Refusal> {
    if !actor.has(Permission::ProjectView) {
        return Err(Refusal::Hidden);
    }
    let needed: &[Permission] = match change {
        Change::Remove { by_themselves: true, .. } => return Ok(()),
        Change::Remove { .. } => &[Permission::MemberManage],
        Change::Add(_) | Change::SetRole { .. } => &[Permission::MemberManage, Permission::RoleAssign],
    };
    if let Some(missing) = needed.iter().find(|permission| !actor.has(**permission)) {
        return Err(Refusal::Missing(*missing));
    }
    let touched: &[ProjectRole] = match &change {
        Change::Add(role) | Change::Remove { role, .. } => &[*role],
        Change::SetRole { from, to } => &[*from, *to],
    };
    if touched.iter().all(|role| actor.covers(&role.permissions())) {
        Ok(())
    } else {
        Err(Refusal::AboveOwnRights)
    }
}

/// The scope would be left without an active owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last active owner must stay")]
pub struct LastOwner;

/// Guards a scope against losing its last active owner. `other_active_owners` counts active users who hold the owner role and are
/// not the one who loses it; who is deactivated keeps no scope alive.
///
/// # Errors
///
/// [`LastOwner`] where nobody would be left.
pub fn guard_last_owner(loses_owner: bool, other_active_owners: u64) -> Result<(), LastOwner> {
    if loses_owner && other_active_owners == 0 {
        Err(LastOwner)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn role() -> impl Strategy<Value = ProjectRole> {
        prop::sample::select(ProjectRole::ALL.to_vec())
    }

    #[test]
    fn strangers_see_nothing() {
        for change in [
            Change::Add(ProjectRole::Viewer),
            Change::Remove {
                role: ProjectRole::Viewer,
                by_themselves: true,
            },
        ] {
            assert_eq!(authorise(PermissionSet::EMPTY, change), Err(Refusal::Hidden));
        }
    }

    #[test]
    fn below_maintainer_nobody_changes_others() {
        for actor in [ProjectRole::Viewer, ProjectRole::Commenter, ProjectRole::Contributor] {
            let rights = actor.permissions();
            let missing = Err(Refusal::Missing(Permission::MemberManage));
            assert_eq!(authorise(rights, Change::Add(ProjectRole::Viewer)), missing);
            assert_eq!(
                authorise(
                    rights,
                    Change::SetRole {
                        from: actor,
                        to: ProjectRole::Viewer
                    }
                ),
                missing
            );
            assert_eq!(
                authorise(
                    rights,
                    Change::Remove {
                        role: ProjectRole::Viewer,
                        by_themselves: false
                    }
                ),
                missing
            );
            assert_eq!(
                authorise(
                    rights,
                    Change::Remove {
                        role: actor,
                        by_themselves: true
                    }
                ),
                Ok(())
            );
        }
    }

    proptest! {
        #[test]
        fn nobody_reaches_above_themselves(actor in role(), from in role(), to in role()) {
            let rights = actor.permissions();
            let manages = actor >= ProjectRole::Maintainer;
            prop_assert_eq!(authorise(rights, Change::Add(to)).is_ok(), manages && to <= actor);
            prop_assert_eq!(authorise(rights, Change::SetRole { from, to }).is_ok(), manages && from <= actor && to <= actor);
            prop_assert_eq!(authorise(rights, Change::Remove { role: from, by_themselves: false }).is_ok(), manages && from <= actor);
        }
    }

    #[test]
    fn the_last_owner_stays() {
        assert_eq!(guard_last_owner(true, 0), Err(LastOwner));
        assert_eq!(guard_last_owner(true, 1), Ok(()));
        assert_eq!(guard_last_owner(false, 0), Ok(()));
    }
}
