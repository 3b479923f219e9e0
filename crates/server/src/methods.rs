//! Every RPC of the project with its policy, read once from the descriptor set: the gateway, the identity layer and the stack all
//! decide by this table, so a new RPC needs no second place.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use tasktracker_proto::options::v1::{Auth, Policy};

/// One RPC.
#[derive(Debug, Clone)]
pub struct Method {
    /// Service, such as `tasktracker.core.v1.TaskService`.
    pub service: String,
    /// RPC, such as `GetTask`.
    pub name: String,
    /// Who may call it and what it costs.
    pub policy: Policy,
    /// Whether the answer is a stream.
    pub server_streaming: bool,
    /// Whether the request is a stream.
    pub client_streaming: bool,
}

impl Method {
    /// Whether clients outside of this installation may know of it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        matches!(self.policy.auth(), Auth::Public | Auth::User)
    }
}

/// The RPCs of a descriptor set by path (`/package.Service/Method`).
#[derive(Debug, Default)]
pub struct Methods(HashMap<String, Method>);

impl Methods {
    /// Reads a descriptor set. RPCs without a policy are left out, so nobody can call them.
    ///
    /// # Errors
    /// Bytes that are no descriptor set.
    pub fn read(descriptors: &[u8]) -> anyhow::Result<Self> {
        let pool = DescriptorPool::decode(descriptors)?;
        let extension = pool.get_extension_by_name("tasktracker.options.v1.policy");
        let mut methods = HashMap::new();
        for service in pool.services() {
            for method in service.methods() {
                let Some(extension) = &extension else { continue };
                let options = method.options();
                if !options.has_extension(extension) {
                    continue;
                }
                let policy = options
                    .get_extension(extension)
                    .as_message()
                    .map(DynamicMessage::encode_to_vec)
                    .unwrap_or_default();
                let entry = Method {
                    service: service.full_name().to_owned(),
                    name: method.name().to_owned(),
                    policy: Policy::decode(policy.as_slice())?,
                    server_streaming: method.is_server_streaming(),
                    client_streaming: method.is_client_streaming(),
                };
                methods.insert(format!("/{}/{}", entry.service, entry.name), entry);
            }
        }
        Ok(Self(methods))
    }

    /// The RPC of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Method> {
        self.0.get(path)
    }

    /// All RPCs, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Method)> {
        self.0.iter().map(|(path, method)| (path.as_str(), method))
    }
}

/// The RPCs of this project.
pub static METHODS: LazyLock<Methods> =
    LazyLock::new(|| Methods::read(tasktracker_proto::DESCRIPTORS).expect("the embedded descriptors are whole"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rpc_has_a_policy() {
        let pool = DescriptorPool::decode(tasktracker_proto::DESCRIPTORS).unwrap();
        for service in pool.services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let policy = METHODS.get(&path).unwrap_or_else(|| panic!("{path} has no policy"));
                assert_ne!(policy.policy.auth(), Auth::Unspecified, "{path}");
            }
        }
    }
}
