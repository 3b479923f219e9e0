//! Who is calling: put into every request by the layer, read by the RPC.

use uuid::Uuid;

/// The caller of an RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub kind: CallerKind,
}

/// Kinds of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerKind {
    /// Nobody said.
    Anonymous,
    /// A signed-in person.
    User {
        /// The person.
        user_id: Uuid,
        /// Their session.
        session_id: Uuid,
    },
    /// Another service of this installation.
    Service {
        /// Its name, such as `core`.
        name: String,
    },
}

impl Caller {
    /// Nobody.
    pub const ANONYMOUS: Self = Self {
        kind: CallerKind::Anonymous,
    };
}

/// A principal as tokens and logs write it: `user:<id>` or `svc:<name>`.
impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            CallerKind::Anonymous => f.write_str("anonymous"),
            CallerKind::User { user_id, .. } => write!(f, "user:{user_id}"),
            CallerKind::Service { name } => write!(f, "svc:{name}"),
        }
    }
}
