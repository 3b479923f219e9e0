//! The connection to the server, and the few commands that are used: only what MongoDB, FerretDB and Amazon DocumentDB all understand. Every
//! command ends in time, and says whether it is known not to have happened.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document as Bsons, doc};
use mongodb::options::{ClientOptions, WriteConcern};
use mongodb::{Client, Database};

use crate::store::{MongoSettings, StoreError};

/// Something with this id is there already.
const DUPLICATE: i32 = 11000;

/// A database on a server.
#[derive(Debug, Clone)]
pub struct Server {
    database: Database,
    timeout: Duration,
}

/// A question may take so much longer than a write: nobody waits for it before writing something else, and FerretDB needs it.
const QUESTION: u32 = 6;

impl Server {
    /// Connects, and looks whether the server answers and takes the credentials. Answers also whether the server looks through all of a
    /// collection for each document.
    ///
    /// # Errors
    /// The settings are wrong, or the server does not answer: the message names the setting.
    pub async fn connect(settings: &MongoSettings) -> anyhow::Result<(Self, bool)> {
        let options = options(settings).await?;
        let hosts: Vec<String> = options.hosts.iter().map(ToString::to_string).collect();
        let client = Client::with_options(options).context("the settings in [analytics.mongodb] do not fit together")?;
        let server = Self {
            database: client.database(&settings.database),
            timeout: settings.command_timeout(),
        };
        // It needs the credentials, while the greeting of the driver does not.
        let asked = async {
            server.run(doc! { "listCollections": 1, "nameOnly": true }).await?;
            server.run(doc! { "buildInfo": 1 }).await
        };
        let about = asked.await.map_err(|error| {
            let (hosts, database) = (hosts.join(","), &settings.database);
            anyhow!(
                "the database {database} of analytics.mongodb.url at {hosts} cannot be used; check that setting and the server: {error}"
            )
        })?;
        Ok((server, about.contains_key("ferretdbVersion")))
    }

    /// Runs a command.
    ///
    /// # Errors
    /// It was refused, or nobody knows whether it happened.
    pub async fn run(&self, command: Bsons) -> Result<Bsons, StoreError> {
        in_time(self.timeout * QUESTION, async { Ok(self.database.run_command(command).await?) }).await
    }

    /// Runs a command that writes; answers how many documents it found, and whether one was there already that must not be.
    ///
    /// # Errors
    /// It was refused, or nobody knows whether it happened.
    pub async fn write(&self, mut command: Bsons) -> Result<(u64, bool), StoreError> {
        // In the command itself: the driver adds its own only to commands that it makes.
        command.insert("writeConcern", doc! { "w": "majority" });
        command.insert("ordered", false);
        let reply = in_time(self.timeout, async { Ok(self.database.run_command(command).await?) }).await?;
        let mut is_duplicate = false;
        for error in reply.get_array("writeErrors").into_iter().flatten().filter_map(Bson::as_document) {
            if error.get_i32("code").ok() != Some(DUPLICATE) {
                return Err(unavailable(anyhow!("a write was refused: {error}")));
            }
            is_duplicate = true;
        }
        if let Ok(error) = reply.get_document("writeConcernError") {
            return Err(unavailable(anyhow!("a write is not on a majority of the servers: {error}")));
        }
        Ok((number(&reply, "n"), is_duplicate))
    }

    /// The documents of a collection to which a filter applies, in the order of ids.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn find(&self, collection: &str, filter: Bsons, is_descending: bool, limit: u64) -> Result<Vec<Bsons>, StoreError> {
        let collection = self.database.collection::<Bsons>(collection);
        let find = collection
            .find(filter)
            .sort(doc! { "_id": if is_descending { -1 } else { 1 } })
            .limit(i64::try_from(limit).unwrap_or(i64::MAX));
        in_time(self.timeout * QUESTION, async { find.batch_size(1_000).await?.try_collect().await }).await
    }

    /// The document of this id.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn find_one(&self, collection: &str, id: &str) -> Result<Option<Bsons>, StoreError> {
        let collection = self.database.collection::<Bsons>(collection);
        in_time(self.timeout * QUESTION, async { collection.find_one(doc! { "_id": id }).await }).await
    }

    /// How many documents of a collection a filter applies to.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn count(&self, collection: &str, filter: Bsons) -> Result<u64, StoreError> {
        let reply = self.run(doc! { "count": collection, "query": filter }).await?;
        Ok(number(&reply, "n"))
    }

    /// Removes a collection with everything in it.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn drop_collection(&self, collection: &str) -> Result<(), StoreError> {
        let collection = self.database.collection::<Bsons>(collection);
        in_time(self.timeout * QUESTION, async { collection.drop().await }).await
    }

    /// The names of all collections.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn collections(&self) -> Result<Vec<String>, StoreError> {
        in_time(self.timeout * QUESTION, async { self.database.list_collection_names().await }).await
    }
}

/// What is too late is given up, and its connection with it: the server stops working on it.
async fn in_time<T>(timeout: Duration, work: impl Future<Output = mongodb::error::Result<T>>) -> Result<T, StoreError> {
    match tokio::time::timeout(timeout, work).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(unavailable(error)),
        Err(_) => Err(unavailable(anyhow!("the MongoDB server did not answer within {timeout:?}"))),
    }
}

async fn options(settings: &MongoSettings) -> anyhow::Result<ClientOptions> {
    if settings.url.starts_with("mongodb+srv:") {
        bail!(
            "analytics.mongodb.url must name its hosts, as mongodb://host:port does: names that are looked up (mongodb+srv) are not supported"
        );
    }
    if settings.database.is_empty() {
        bail!("analytics.mongodb.database must not be empty");
    }
    // What is wrong with it is not said in the driver's words: they may hold parts of the address.
    let Ok(mut options) = ClientOptions::parse(&settings.url).await else {
        bail!("analytics.mongodb.url is no address: it must be as mongodb://user:password@host:port, with % for special letters");
    };
    options.app_name = Some("tasktracker-analytics".to_owned());
    // Whether a write happened is found out by looking, on every server alike.
    options.retry_writes = Some(false);
    options.write_concern = Some(WriteConcern::majority());
    options.server_selection_timeout = Some(Duration::from_millis(settings.select_timeout_ms));
    options.connect_timeout = Some(Duration::from_millis(settings.connect_timeout_ms));
    options.max_pool_size = Some(settings.pool.max(1));
    Ok(options)
}

fn unavailable(error: impl Into<anyhow::Error>) -> StoreError {
    StoreError::Unavailable(error.into())
}

fn number(reply: &Bsons, name: &str) -> u64 {
    let number = match reply.get(name) {
        Some(Bson::Int32(number)) => i64::from(*number),
        Some(Bson::Int64(number)) => *number,
        Some(Bson::Double(number)) => *number as i64,
        _ => 0,
    };
    number.unsigned_abs()
}
