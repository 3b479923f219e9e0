//! `tasktracker serve`: runs everything until it is stopped, and says how to get in.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tasktracker_server::clock::{SharedClock, SystemClock};
use tasktracker_server::ids::Ids;
use tasktracker_server::{Lifecycle, admin, telemetry, terminal};

use super::{Common, run_async, welcome};
use crate::demo;
use crate::settings::Settings;
use crate::system::{System, bind};

/// Runs everything until it is stopped.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    common: Common,
    /// Prints the configuration with the origin of each value, secrets hidden, and ends.
    #[arg(long)]
    print_config: bool,
    /// Port of the gateway.
    #[arg(long)]
    port: Option<u16>,
    /// Fills an instance without users with demo data first.
    #[arg(long)]
    demo: bool,
    /// Lets the services listen by themselves too, for grpcurl: auth 50051, core 50052, analytics 50053, files 50054.
    #[arg(long)]
    expose_services: bool,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut config = self.common.config()?;
        if let Some(port) = self.port {
            config = config.flag("server.port", &port.to_string(), "--port")?;
        }
        if self.expose_services {
            config = config.flag("server.expose_services", "true", "--expose-services")?;
        }
        if self.print_config {
            terminal::say(config.print().trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        let settings = self.common.settings(&config)?;
        run_async(&settings, serve(&settings, self.demo))
    }
}

async fn serve(settings: &Settings, is_demo: bool) -> anyhow::Result<ExitCode> {
    let lifecycle = Lifecycle::new();
    lifecycle.stop_on_signals()?;
    let clock: SharedClock = Arc::new(SystemClock);
    // Ports first: two processes must not both believe that they serve.
    let listener = bind((settings.server.address, settings.server.port).into()).await?;
    if is_demo {
        terminal::say("Filling in demo data, this takes a few seconds the first time ...");
        demo::fill(settings, clock.now()).await?;
    }
    let metrics = telemetry::start_metrics()?;
    let system = System::start(settings, clock.clone(), Ids::system(clock), lifecycle.clone()).await?;
    if settings.server.admin_port != 0 {
        let port = bind((settings.server.address, settings.server.admin_port).into()).await?;
        admin::serve(port, metrics, system.gateway.routes_txt(), &lifecycle);
    }
    if settings.server.expose_services {
        system.expose_services(settings).await?;
    }
    let address = listener.local_addr()?;
    system.serve_gateway(listener);
    welcome::greet(address, system.auth.setup_token().as_deref(), is_demo);
    system.finished().await?;
    Ok(ExitCode::SUCCESS)
}
