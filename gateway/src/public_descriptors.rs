//! The part of a descriptor set that clients may see: services and RPCs that they may call, the files these need, and nothing else.
//! Options are kept, because the messages are copied by reflection.

use std::collections::{BTreeSet, HashMap};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use crate::catalog::Catalog;

/// The public part of a descriptor set, encoded.
///
/// # Errors
/// The set does not describe descriptors themselves, which every set with options does.
pub fn filter(pool: &DescriptorPool, catalog: &Catalog) -> anyhow::Result<Vec<u8>> {
    let kind = pool
        .get_message_by_name("google.protobuf.FileDescriptorProto")
        .ok_or_else(|| anyhow::anyhow!("no descriptor.proto in the set"))?;
    // What no part of this installation answers here is not shown, though a policy would let people call it.
    let is_public = |service: &str, method: &str| {
        let rpc = catalog.get(&format!("/{service}/{method}"));
        rpc.is_some_and(|rpc| rpc.upstream.is_some())
    };
    let mut wanted = BTreeSet::new();
    for service in pool.services() {
        if service.methods().any(|method| is_public(service.full_name(), method.name())) {
            add_with_imports(&service.parent_file(), &mut wanted);
        }
    }
    // Details of errors travel as `Any`: no service imports their files, and clients cannot read the details without.
    for file in pool.files().filter(|file| file.package_name() == "google.rpc") {
        add_with_imports(&file, &mut wanted);
    }
    let mut files = HashMap::new();
    for file in pool.files().filter(|file| wanted.contains(file.name())) {
        let package = file.package_name().to_owned();
        let mut copy = DynamicMessage::decode(kind.clone(), file.encode_to_vec().as_slice())?;
        if let Some(services) = copy.get_field_by_name_mut("service").and_then(Value::as_list_mut) {
            for service in services.iter_mut().filter_map(Value::as_message_mut) {
                let name = format!("{package}.{}", text(service, "name"));
                if let Some(methods) = service.get_field_by_name_mut("method").and_then(Value::as_list_mut) {
                    methods.retain(|method| method.as_message().is_some_and(|method| is_public(&name, &text(method, "name"))));
                }
            }
            services.retain(|service| {
                let methods = service.as_message().and_then(|service| service.get_field_by_name("method"));
                methods.is_some_and(|methods| methods.as_list().is_some_and(|methods| !methods.is_empty()))
            });
        }
        files.insert(file.name().to_owned(), copy.encode_to_vec());
    }
    let mut bytes = Vec::new();
    for name in wanted {
        let file = files.remove(&name).unwrap_or_default();
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut bytes);
        prost::encoding::encode_varint(file.len() as u64, &mut bytes);
        bytes.extend_from_slice(&file);
    }
    Ok(bytes)
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message
        .get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn add_with_imports(file: &prost_reflect::FileDescriptor, wanted: &mut BTreeSet<String>) {
    if wanted.insert(file.name().to_owned()) {
        for import in file.dependencies() {
            add_with_imports(&import, wanted);
        }
    }
}
