//! Sets of permissions, and the public names of permissions. A number that this process does not know is not in any set.

use tasktracker_proto::auth::v1::Permission;

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PermissionSet([u64; 4]);

impl PermissionSet {
    /// No permission.
    pub const EMPTY: Self = Self([0; 4]);

    /// Adds a permission.
    #[must_use]
    pub const fn with(mut self, permission: Permission) -> Self {
        let number = permission as usize;
        if number > 0 && number < 256 {
            self.0[number / 64] |= 1 << (number % 64);
        }
        self
    }

    /// The set of these permissions.
    #[must_use]
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut set = Self::EMPTY;
        let mut index = 0;
        while index < permissions.len() {
            set = set.with(permissions[index]);
            index += 1;
        }
        set
    }

    /// The set of these numbers; unknown ones are left out.
    #[must_use]
    pub fn of_numbers(numbers: &[i32]) -> Self {
        numbers
            .iter()
            .filter_map(|number| Permission::try_from(*number).ok())
            .fold(Self::EMPTY, Self::with)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
    }

    /// Whether the set holds a permission.
    #[must_use]
    pub const fn has(&self, permission: Permission) -> bool {
        let number = permission as usize;
        number > 0 && number < 256 && self.0[number / 64] & (1 << (number % 64)) != 0
    }

    /// Whether the set holds all of another.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| theirs & !mine == 0)
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    /// The permissions, by number.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        let set = *self;
        (1..256)
            .filter_map(|number| Permission::try_from(number).ok())
            .filter(move |permission| set.has(*permission))
    }

    /// The permissions' numbers, as the API sends them.
    #[must_use]
    pub fn numbers(&self) -> Vec<i32> {
        self.iter().map(|permission| permission as i32).collect()
    }

    /// The permissions' public names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.iter().map(name).collect();
        names.sort();
        names
    }
}

/// The public name of a permission, such as `comment.update_own`.
#[must_use]
pub fn name(permission: Permission) -> String {
    permission
        .as_str_name()
        .trim_start_matches("PERMISSION_")
        .to_lowercase()
        .replacen('_', ".", 1)
}

/// The permission of a public name.
#[must_use]
pub fn by_name(name: &str) -> Option<Permission> {
    Permission::from_str_name(&format!("PERMISSION_{}", name.to_uppercase().replacen('.', "_", 1)))
        .filter(|found| *found != Permission::Unspecified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for permission in (1..256).filter_map(|number| Permission::try_from(number).ok()) {
            assert_eq!(by_name(&name(permission)), Some(permission));
        }
        assert_eq!(name(Permission::CommentUpdateOwn), "comment.update_own");
        assert_eq!(by_name("unspecified"), None);
    }

    #[test]
    fn unknown_numbers_are_not_granted() {
        let set = PermissionSet::of_numbers(&[10, 200, -1, 0, 9999]);
        assert_eq!(set.numbers(), [10]);
        assert!(!set.has(Permission::Unspecified));
    }

    #[test]
    fn every_policy_names_a_known_permission() {
        for (path, method) in tasktracker_server::methods::METHODS.iter() {
            let wanted = &method.policy.permission;
            assert!(wanted.is_empty() || by_name(wanted).is_some(), "{path} asks for {wanted}");
        }
    }
}
