//! How far a job is.

use tasktracker_proto::operations::v1::JobState;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for its time, its turn or a worker.
    Ready,
    /// A worker is at it.
    Running,
    /// Done.
    Succeeded,
    /// Failed for good.
    Failed,
    /// An operator canceled it.
    Canceled,
}

impl State {
    /// As the column has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Ready, Self::Running, Self::Succeeded, Self::Failed, Self::Canceled]
            .into_iter()
            .find(|state| state.name() == name)
    }

    /// As the API has it.
    #[must_use]
    pub const fn to_proto(self) -> JobState {
        match self {
            Self::Ready => JobState::Ready,
            Self::Running => JobState::Running,
            Self::Succeeded => JobState::Succeeded,
            Self::Failed => JobState::Failed,
            Self::Canceled => JobState::Canceled,
        }
    }

    /// The state that a request names; none for any.
    #[must_use]
    pub const fn of_proto(state: JobState) -> Option<Self> {
        match state {
            JobState::Unspecified => None,
            JobState::Ready => Some(Self::Ready),
            JobState::Running => Some(Self::Running),
            JobState::Succeeded => Some(Self::Succeeded),
            JobState::Failed => Some(Self::Failed),
            JobState::Canceled => Some(Self::Canceled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_protos_go_there_and_back() {
        for state in [State::Ready, State::Running, State::Succeeded, State::Failed, State::Canceled] {
            assert_eq!(State::named(state.name()), Some(state));
            assert_eq!(State::of_proto(state.to_proto()), Some(state));
        }
        assert_eq!(State::named("lost"), None);
    }
}
