//! The instances of a service in other processes: found by their addresses, asked every second how they are, and called in turn as long as
//! they say that they are healthy. With none healthy a call is refused after a moment instead of waiting for one.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::{Request, Response, Uri};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt;

use super::UpstreamError;
use crate::lifecycle::Lifecycle;
use crate::services::Addresses;

/// How often instances are looked for and asked.
const BEAT: Duration = Duration::from_secs(1);
/// The same while there is none, or one has just failed.
const QUICK: Duration = Duration::from_millis(100);
/// How long an instance may take to say how it is.
const ANSWER: Duration = Duration::from_secs(1);
/// How long a call waits for an instance.
const PATIENCE: Duration = Duration::from_secs(1);
/// Silences in a row after which an instance gets no more calls.
const SILENCES: u32 = 2;

/// A service at several addresses. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Instances {
    name: &'static str,
    channel: Channel,
    healthy: watch::Receiver<usize>,
    failed: Arc<Notify>,
}

/// No instance of a service says that it is healthy.
#[derive(Debug, thiserror::Error)]
#[error("no instance of {0} is healthy")]
struct NoInstance(&'static str);

impl Instances {
    /// Follows the instances until the process ends.
    #[must_use]
    pub fn follow(name: &'static str, addresses: Addresses, lifecycle: &Lifecycle) -> Self {
        let (channel, changes) = Channel::balance_channel(64);
        let (sender, healthy) = watch::channel(0);
        let failed = Arc::<Notify>::default();
        let follower = Follower {
            name,
            addresses,
            changes,
            healthy: sender,
            failed: Arc::clone(&failed),
            known: HashMap::new(),
        };
        lifecycle.spawn("instances", follower.run(lifecycle.stopping().clone()));
        Self {
            name,
            channel,
            healthy,
            failed,
        }
    }

    /// How many instances say that they are healthy, as it changes.
    #[must_use]
    pub fn healthy(&self) -> watch::Receiver<usize> {
        self.healthy.clone()
    }

    /// Calls one of them.
    ///
    /// # Errors
    /// None is healthy, or the connection broke.
    pub async fn call(mut self, request: Request<Body>) -> Result<Response<Body>, UpstreamError> {
        let is_there = tokio::time::timeout(PATIENCE, self.healthy.wait_for(|count| *count > 0));
        if !matches!(is_there.await, Ok(Ok(_))) {
            return Err(NoInstance(self.name).into());
        }
        let answer = self.channel.oneshot(request).await;
        if answer.is_err() {
            // Somebody should look at once whether it is still there.
            self.failed.notify_one();
        }
        answer.map_err(Into::into)
    }
}

struct Follower {
    name: &'static str,
    addresses: Addresses,
    changes: mpsc::Sender<Change<SocketAddr, Endpoint>>,
    healthy: watch::Sender<usize>,
    failed: Arc<Notify>,
    known: HashMap<SocketAddr, Instance>,
}

/// An instance that was found.
struct Instance {
    endpoint: Endpoint,
    /// A connection of its own, so that questions do not wait behind calls.
    health: HealthClient<Channel>,
    is_called: bool,
    silences: u32,
}

impl Follower {
    async fn run(mut self, stopping: CancellationToken) {
        loop {
            self.look().await;
            let pause = if *self.healthy.borrow() == 0 { QUICK } else { BEAT };
            tokio::select! {
                // Calls go on while the process ends: only the looking stops.
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.failed.notified() => tokio::time::sleep(QUICK / 5).await,
            }
        }
    }

    async fn look(&mut self) {
        let found = self.find().await;
        let gone: Vec<SocketAddr> = self.known.keys().filter(|address| !found.contains_key(*address)).copied().collect();
        for address in gone {
            self.set_called(address, false).await;
            self.known.remove(&address);
        }
        for (address, endpoint) in found {
            self.known.entry(address).or_insert_with(|| Instance {
                health: HealthClient::new(endpoint.connect_lazy()),
                endpoint,
                is_called: false,
                silences: 0,
            });
        }
        let questions = self.known.iter().map(|(address, instance)| {
            let health = instance.health.clone();
            async move { (*address, ask(health).await) }
        });
        for (address, answer) in join_all(questions).await {
            let Some(instance) = self.known.get_mut(&address) else { continue };
            instance.silences = if answer == Answer::Silence { instance.silences + 1 } else { 0 };
            let is_healthy = match answer {
                Answer::Serving => true,
                Answer::NotServing => false,
                Answer::Silence => instance.is_called && instance.silences < SILENCES,
            };
            self.set_called(address, is_healthy).await;
        }
        let count = self.known.values().filter(|instance| instance.is_called).count();
        self.healthy.send_if_modified(|known| std::mem::replace(known, count) != count);
        metrics::gauge!("upstream_healthy_instances", "service" => self.name).set(count as f64);
    }

    /// The instances by address. A name that cannot be looked up now keeps what it had.
    async fn find(&self) -> HashMap<SocketAddr, Endpoint> {
        let mut found = HashMap::new();
        for uri in self.addresses.iter() {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
            match tokio::net::lookup_host((host.as_str(), port)).await {
                Ok(addresses) => {
                    let addresses: HashSet<SocketAddr> = addresses.collect();
                    found.extend(addresses.into_iter().map(|address| (address, endpoint(uri, address))));
                }
                Err(error) => {
                    tracing::debug!(service = self.name, host, %error, "the address cannot be looked up");
                    let kept = self.known.iter().filter(|(address, _)| address.port() == port);
                    found.extend(kept.map(|(address, instance)| (*address, instance.endpoint.clone())));
                }
            }
        }
        found
    }

    async fn set_called(&mut self, address: SocketAddr, is_called: bool) {
        let Some(instance) = self.known.get_mut(&address) else { return };
        if instance.is_called == is_called {
            return;
        }
        instance.is_called = is_called;
        tracing::info!(service = self.name, %address, is_called, "an instance changed");
        let change = if is_called {
            Change::Insert(address, instance.endpoint.clone())
        } else {
            Change::Remove(address)
        };
        // The channel lives as long as somebody may call.
        let _ = self.changes.send(change).await;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Serving,
    /// It says no, or nobody is there.
    NotServing,
    /// It says nothing.
    Silence,
}

async fn ask(mut health: HealthClient<Channel>) -> Answer {
    let question = health.check(HealthCheckRequest { service: String::new() });
    match tokio::time::timeout(ANSWER, question).await {
        Ok(Ok(answer)) if answer.get_ref().status == ServingStatus::Serving as i32 => Answer::Serving,
        Ok(_) => Answer::NotServing,
        Err(_) => Answer::Silence,
    }
}

fn endpoint(uri: &Uri, address: SocketAddr) -> Endpoint {
    let scheme = uri.scheme_str().unwrap_or("http");
    let at: Uri = format!("{scheme}://{address}").parse().expect("a socket address makes a URI");
    super::tuned(at)
}
