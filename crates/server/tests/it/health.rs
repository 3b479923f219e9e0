//! What the health check of a container learns: yes only from a process that says that it serves, and no within seconds from all others.

use std::convert::Infallible;
use std::net::SocketAddr;

use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Lifecycle, Upstream, health, listen, standard};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::RoutesBuilder;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::ServiceExt;

use crate::things::clock;

/// A process that has nothing but its health.
async fn serve(address: &str) -> (SocketAddr, HealthReporter, Lifecycle) {
    let mut routes = RoutesBuilder::default();
    let reporter = standard::add(&mut routes, &[]).await.unwrap();
    let inner = Upstream::local(Stack::around(routes.routes(), Ids::seeded(1, clock())));
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let inner = inner.clone();
        async move { Ok::<_, Infallible>(inner.oneshot(request.map(Body::new)).await.unwrap()) }
    });
    let listener = TcpListener::bind(address).await.unwrap();
    let (address, lifecycle) = (listener.local_addr().unwrap(), Lifecycle::new());
    listen::serve("test port", listener, service, &lifecycle);
    (address, reporter, lifecycle)
}

async fn refusal(address: SocketAddr) -> String {
    format!("{:#}", health::ask(address).await.unwrap_err())
}

#[tokio::test]
async fn says_what_the_process_says() {
    let (address, reporter, _lifecycle) = serve("127.0.0.1:0").await;
    health::ask(address).await.unwrap();
    reporter.set_service_status("", ServingStatus::NotServing).await;
    assert!(refusal(address).await.contains("it says NOT_SERVING"), "{}", refusal(address).await);
}

#[tokio::test]
async fn a_process_that_listens_everywhere_is_asked_here() {
    let (address, _reporter, lifecycle) = serve("0.0.0.0:0").await;
    health::ask(address).await.unwrap();
    lifecycle.stop();
    lifecycle.finished().await.unwrap();
    let here = format!("the process at 127.0.0.1:{} is not well", address.port());
    assert!(refusal(address).await.contains(&here), "{}", refusal(address).await);
}

/// The paused clock moves on as soon as nothing else happens: without a bound the test would never end.
#[tokio::test(start_paused = true)]
async fn silence_is_a_refusal_after_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refusal = refusal(listener.local_addr().unwrap()).await;
    assert!(refusal.contains("no answer within 3 s"), "{refusal}");
}
