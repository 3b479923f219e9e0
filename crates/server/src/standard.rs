//! What every process offers besides its own RPCs: `grpc.health.v1` and reflection, v1 and v1alpha, for exactly the services that
//! can be called.

use std::collections::BTreeSet;

use prost::Message;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorSet;
use tonic::service::RoutesBuilder;
use tonic_health::server::HealthReporter;

/// Adds health and reflection for these services to a server. The reporter says SERVING for each of them, and for the whole.
///
/// # Errors
/// The embedded descriptors do not hold the services.
pub async fn add(routes: &mut RoutesBuilder, services: &[&str]) -> anyhow::Result<HealthReporter> {
    let (reporter, health) = tonic_health::server::health_reporter();
    for service in services {
        reporter.set_service_status(*service, tonic_health::ServingStatus::Serving).await;
    }
    routes.add_service(health);
    let descriptors = descriptors_of(services)?;
    let builder = || {
        let mut builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(&descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health");
        for service in services {
            builder = builder.with_service_name(*service);
        }
        builder
    };
    routes.add_service(builder().build_v1()?);
    routes.add_service(builder().build_v1alpha()?);
    Ok(reporter)
}

/// The descriptor set of these services with all they import, options kept byte for byte.
///
/// # Errors
/// The embedded descriptors do not hold a service.
pub fn descriptors_of(services: &[&str]) -> anyhow::Result<Vec<u8>> {
    let pool = DescriptorPool::decode(tasktracker_proto::DESCRIPTORS)?;
    let mut wanted = BTreeSet::new();
    for service in services {
        let service = pool
            .get_service_by_name(service)
            .ok_or_else(|| anyhow::anyhow!("no service {service} in the protos"))?;
        add_with_imports(&service.parent_file(), &mut wanted);
    }
    // Details of errors travel as `Any`: no service imports their files, and clients cannot read the details without.
    for file in pool.files().filter(|file| file.package_name() == "google.rpc") {
        add_with_imports(&file, &mut wanted);
    }
    // prost-types would drop the options, so the files are copied as bytes: field 1 of the set, in the order they stand.
    let mut bytes = Vec::new();
    for file in pool.files().filter(|file| wanted.contains(file.name())) {
        let encoded = file.encode_to_vec();
        prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut bytes);
        prost::encoding::encode_varint(encoded.len() as u64, &mut bytes);
        bytes.extend_from_slice(&encoded);
    }
    debug_assert!(FileDescriptorSet::decode(bytes.as_slice()).is_ok());
    Ok(bytes)
}

fn add_with_imports(file: &prost_reflect::FileDescriptor, wanted: &mut BTreeSet<String>) {
    if wanted.insert(file.name().to_owned()) {
        for import in file.dependencies() {
            add_with_imports(&import, wanted);
        }
    }
}
