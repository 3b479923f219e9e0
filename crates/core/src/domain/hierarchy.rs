//! Tasks inside tasks: at most eight levels, and no circles.

use super::ids::TaskId;

/// How many levels of tasks there may be.
pub const MAX_LEVELS: usize = 8;

/// A task cannot have this parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadParent {
    /// It would be inside itself.
    #[error("must not be the task itself or one of its sub-tasks")]
    Circle,
    /// There would be too many levels.
    #[error("must leave at most {MAX_LEVELS} levels of tasks")]
    TooDeep,
}

/// Checks that `task` may become part of a parent. `path` is the parent, its parent, and so on to the top (a path longer than `MAX_LEVELS`
/// may be cut off there); `levels` is how many levels the task has with its sub-tasks: 1 for a task without any.
pub fn check_parent(task: TaskId, path: &[TaskId], levels: usize) -> Result<(), BadParent> {
    if path.contains(&task) {
        return Err(BadParent::Circle);
    }
    if path.len() + levels > MAX_LEVELS {
        return Err(BadParent::TooDeep);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn tasks(numbers: std::ops::Range<u128>) -> Vec<TaskId> {
        numbers.map(|number| Uuid::from_u128(number).into()).collect()
    }

    #[test]
    fn a_task_is_never_inside_itself() {
        let [a, b, c] = tasks(0..3)[..] else { unreachable!() };
        assert_eq!(check_parent(a, &[a], 1), Err(BadParent::Circle));
        assert_eq!(check_parent(a, &[c, b, a], 3), Err(BadParent::Circle));
        assert_eq!(check_parent(c, &[b, a], 1), Ok(()));
    }

    #[test]
    fn eight_levels_are_enough() {
        let (task, above) = (tasks(0..1)[0], tasks(1..9));
        assert_eq!(check_parent(task, &above[..7], 1), Ok(()));
        assert_eq!(check_parent(task, &above, 1), Err(BadParent::TooDeep));
        assert_eq!(check_parent(task, &above[..5], 3), Ok(()));
        assert_eq!(check_parent(task, &above[..6], 3), Err(BadParent::TooDeep));
    }
}
