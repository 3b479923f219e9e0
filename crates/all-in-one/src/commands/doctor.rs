//! `tasktracker doctor`: looks at everything that must be right before the process can serve, and says what is wrong and what to do.

use std::process::ExitCode;

use clap::Args;
use tasktracker_database::Database;
use tasktracker_identity::InstanceSecret;
use tasktracker_server::data_dir::DataDir;
use tasktracker_server::{Lifecycle, terminal};

use super::{Common, run_async};
use crate::settings::Settings;
use crate::system::bind;

/// Looks at the configuration, the data directory and the databases, and says what is wrong.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    common: Common,
}

impl Doctor {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.common.config()?;
        let settings = self.common.settings(&config)?;
        terminal::say("ok    configuration");
        run_async(&settings, examine(&settings))
    }
}

async fn examine(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut wrong = 0;
    let mut report = |what: &str, outcome: anyhow::Result<()>| match outcome {
        Ok(()) => terminal::say(format!("ok    {what}")),
        Err(error) => {
            wrong += 1;
            terminal::say(format!("WRONG {what}: {error:#}"));
        }
    };

    let claimed = DataDir::claim(&settings.data_dir);
    let free = claimed.is_ok();
    report(
        "data directory",
        claimed.as_ref().map(|_| ()).map_err(|error| anyhow::anyhow!("{error}")),
    );
    if !settings.instance.secret.is_empty() {
        report("instance secret", InstanceSecret::given(&settings.instance.secret).map(|_| ()));
    }
    let address = (settings.server.address, settings.server.port).into();
    report("port of the gateway", bind(address).await.map(|_| ()));
    if free {
        let lifecycle = Lifecycle::new();
        for owner in ["auth", "core", "analytics", "files", "events"] {
            let opened = Database::open(&settings.databases(), owner, &lifecycle).await;
            match opened {
                Ok(database) => {
                    report(&format!("database {owner}"), database.ping().await.map_err(Into::into));
                    database.close().await;
                }
                Err(error) => report(&format!("database {owner}"), Err(error.into())),
            }
        }
        lifecycle.stop();
        lifecycle.finished().await?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
