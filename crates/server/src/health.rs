//! The question of a health check: does the process at an address say that it serves? It is asked by gRPC, as other processes ask, and
//! answered within a few seconds or not at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the process that listens at this address whether it serves, as `grpc.health.v1` says. An address that stands for all of this machine's
/// is asked on this machine.
///
/// # Errors
/// Nobody answers in time, or the answer is no.
pub async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let address = nearest(address);
    tokio::time::timeout(PATIENCE, check(address))
        .await
        .unwrap_or_else(|_| bail!("no answer within {} s", PATIENCE.as_secs()))
        .with_context(|| format!("the process at {address} is not well"))
}

async fn check(address: SocketAddr) -> anyhow::Result<()> {
    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await?.into_inner();
    match answer.status() {
        ServingStatus::Serving => Ok(()),
        other => bail!("it says {}", other.as_str_name()),
    }
}

/// A process that listens at every address of its machine is at loopback too.
fn nearest(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
