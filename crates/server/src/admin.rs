//! The admin port: metrics and the route table, for operators on this machine. It answers nothing about tasks.

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::lifecycle::Lifecycle;

/// Serves `/metrics`, `/routes` and `/healthz` until the process stops.
pub fn serve(listener: TcpListener, metrics: PrometheusHandle, routes: String, lifecycle: &Lifecycle) {
    let upkeep = metrics.clone();
    let stopping = lifecycle.stopping().clone();
    let router = Router::new()
        .route("/metrics", get(move || std::future::ready(metrics.render())))
        .route("/routes", get(move || std::future::ready(routes)))
        .route("/healthz", get(|| std::future::ready("ok\n")));
    lifecycle.spawn("admin port", {
        let stopping = stopping.clone();
        async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the admin port failed");
            }
        }
    });
    lifecycle.spawn("metrics upkeep", async move {
        let mut beat = tokio::time::interval(std::time::Duration::from_secs(5));
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = beat.tick() => upkeep.run_upkeep(),
            }
        }
    });
}
