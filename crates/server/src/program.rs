//! The command line of a program that holds one part of the system: `serve`, `migrate`, `health` and `version`, its configuration, its
//! logs, and its end.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::lifecycle::Lifecycle;
use crate::{health, telemetry, terminal};

/// One part of the system as a program.
pub trait Program {
    /// What it is called, such as `tasktracker-core`.
    const NAME: &'static str;

    /// Sections of other parts of which it knows some keys.
    const GLIMPSED: &'static [&'static str] = &[];

    /// The defaults of each section that it knows.
    fn defaults() -> Vec<&'static str>;

    /// Runs it until the lifecycle ends; everything that listens is open when it says so.
    fn serve(config: &Config, lifecycle: Lifecycle) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Brings what it stores to the form of this program, and says what it did.
    fn migrate(config: &Config) -> impl Future<Output = anyhow::Result<String>> + Send;
}

/// Section `[server]` of a program that holds one part.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address of its ports.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Port for operators; 0 for none.
    pub admin_port: u16,
}

#[derive(Debug, Parser)]
#[command(about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs until it is stopped.
    Serve(Serve),
    /// Brings the database to the schema of this program, and ends.
    Migrate(Common),
    /// Asks the process of this configuration whether it serves, and fails when it does not: for the health check of a container.
    Health(Common),
    /// Prints the version.
    Version,
}

#[derive(Debug, Args)]
struct Common {
    /// Configuration file (TOML). It may be one file for all processes: sections of other parts are passed over.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    common: Common,
    /// Prints the configuration with the origin of each value, secrets hidden, and ends.
    #[arg(long)]
    print_config: bool,
    /// Port to listen on.
    #[arg(long)]
    port: Option<u16>,
}

/// Runs a program with the command line of this process.
#[must_use]
pub fn main<P: Program>() -> ExitCode {
    let matches = Cli::command().name(P::NAME).get_matches();
    let outcome = Cli::from_arg_matches(&matches)
        .map_err(Into::into)
        .and_then(|cli| run::<P>(cli.command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run<P: Program>(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Version => terminal::say(format!("{} {}", P::NAME, env!("CARGO_PKG_VERSION"))),
        Command::Migrate(common) => {
            let config = read::<P>(&common)?;
            terminal::say(run_async(&config, P::migrate(&config))?);
        }
        Command::Health(common) => {
            let server: Server = read::<P>(&common)?.section("server")?;
            ask(server.address, server.port)?;
        }
        Command::Serve(serve) => {
            let mut config = read::<P>(&serve.common)?;
            if let Some(port) = serve.port {
                config = config.flag("server.port", &port.to_string(), "--port")?;
            }
            if serve.print_config {
                terminal::say(config.print().trim_end());
                return Ok(());
            }
            let lifecycle = Lifecycle::new();
            run_async(&config, async {
                lifecycle.stop_on_signals()?;
                P::serve(&config, lifecycle.clone()).await?;
                lifecycle.finished().await
            })?;
        }
    }
    Ok(())
}

fn read<P: Program>(common: &Common) -> anyhow::Result<Config> {
    let mut config = Config::defaults(&P::defaults())?.one_of_many(P::GLIMPSED);
    if let Some(path) = &common.config {
        config = config.file(path)?;
    }
    config.env()
}

/// Asks the process at this port of this machine whether it serves, and says so.
///
/// # Errors
/// It does not.
pub fn ask(address: IpAddr, port: u16) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(health::ask((address, port).into()))?;
    terminal::say("serving");
    Ok(())
}

/// Logs as the configuration says, and runs work on a runtime of all processors.
fn run_async<T>(config: &Config, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    telemetry::start_logging(&config.section("log")?)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Takes a port.
///
/// # Errors
/// It is taken, or not ours to take.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is something else running there? choose another with --port"))
}
