//! What a person may do somewhere, as Auth has answered it: an RPC requires what it needs of it.

use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;

use crate::permission::{self, PermissionSet};

/// What a person may do somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Granted {
    pub(crate) permissions: PermissionSet,
    /// Revision of access data that the answer was made at.
    pub revision: i64,
}

impl Granted {
    /// Whether the person has a permission.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Refuses a person without a permission: with `kind` not found where they may not even view the project.
    ///
    /// # Errors
    /// NOT_FOUND or PERMISSION_DENIED.
    pub fn require(&self, permission: Permission, kind: &str) -> Result<(), RpcError> {
        self.require_visible(kind)?;
        if self.has(permission) {
            Ok(())
        } else {
            Err(RpcError::permission_missing(&permission::name(permission)))
        }
    }

    /// Refuses a person who may not view the project.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub fn require_visible(&self, kind: &str) -> Result<(), RpcError> {
        if self.has(Permission::ProjectView) {
            Ok(())
        } else {
            Err(RpcError::not_found(kind))
        }
    }

    /// Refuses a person without a permission in the instance.
    ///
    /// # Errors
    /// PERMISSION_DENIED.
    pub fn require_in_system(&self, permission: Permission) -> Result<(), RpcError> {
        if self.has(permission) {
            Ok(())
        } else {
            Err(RpcError::permission_missing(&permission::name(permission)))
        }
    }

    /// All permissions.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }
}
