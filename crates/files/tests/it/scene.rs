//! A project of ada's with one task, linus as contributor, tim as viewer, and eve outside; and the steps that most tests begin with.

use std::time::Duration;

use futures_util::StreamExt;
use tasktracker_files::blob::Hash;
use tasktracker_proto::core::v1::{Project, Task};
use tasktracker_proto::files::v1::file_service_client::FileServiceClient;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_proto::files::v1::*;
use tasktracker_proto::google::api::HttpBody;
use tasktracker_testing::{User, World};
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

use crate::contents;
pub use crate::contents::{incoming, is_coming, is_kept, lay, lose};

/// An id that nothing has.
pub const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

pub struct Scene {
    pub world: World,
    pub ada: Person,
    pub linus: Person,
    pub tim: Person,
    pub eve: Person,
    pub web: Project,
    pub task: Task,
}

pub async fn scene() -> Scene {
    scene_with(|_| {}).await
}

pub async fn scene_with(change: impl FnOnce(&mut tasktracker_files::Config)) -> Scene {
    // Boxed, because starting a world is a large future and every test holds this one.
    let world = Box::pin(World::start_with(|settings| {
        contents::choose(&mut settings.files);
        change(&mut settings.files);
    }))
    .await;
    let (ada, linus) = (world.user("ada").await, world.user("linus").await);
    let (tim, eve) = (world.user("tim").await, world.user("eve").await);
    let web = ada.project("WEB").await;
    ada.member(&web, &linus, "contributor").await;
    ada.member(&web, &tim, "viewer").await;
    let task = ada.task(&web, "t").await;
    let person = |user: User| Person::new(user, &world);
    let (ada, linus, tim, eve) = (person(ada), person(linus), person(tim), person(eve));
    Scene {
        world,
        ada,
        linus,
        tim,
        eve,
        web,
        task,
    }
}

/// A user with clients of Files.
#[derive(Clone)]
pub struct Person {
    pub user: User,
    channel: Channel,
    address: String,
    headers: Vec<(&'static str, String)>,
}

impl std::ops::Deref for Person {
    type Target = User;

    fn deref(&self) -> &User {
        &self.user
    }
}

#[derive(Clone)]
pub struct Headers {
    user: User,
    more: Vec<(&'static str, String)>,
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.user.token())).expect("a header");
        request.metadata_mut().insert("authorization", bearer);
        for (name, value) in &self.more {
            request
                .metadata_mut()
                .insert(*name, MetadataValue::try_from(value).expect("a header"));
        }
        Ok(request)
    }
}

type Client = InterceptedService<Channel, Headers>;

/// A download as its reader has it.
#[derive(Debug)]
pub struct Downloaded {
    pub headers: tonic::metadata::MetadataMap,
    pub content_type: String,
    pub bytes: Vec<u8>,
    pub largest: usize,
}

impl Downloaded {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }
}

impl Person {
    pub fn new(user: User, world: &World) -> Self {
        Self {
            user,
            channel: world.channel(),
            address: format!("http://{}", world.address),
            headers: Vec::new(),
        }
    }

    /// The same person in a world that was started again.
    pub async fn again(&self, world: &World) -> Self {
        Self::new(world.again(&self.user).await, world)
    }

    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut person = self.clone();
        person.headers.push((name, value.to_owned()));
        person
    }

    /// The same person over another connection.
    pub fn at(&self, channel: Channel) -> Self {
        let mut person = self.clone();
        person.channel = channel;
        person
    }

    fn client(&self) -> Client {
        let headers = Headers {
            user: self.user.clone(),
            more: self.headers.clone(),
        };
        InterceptedService::new(self.channel.clone(), headers)
    }

    pub fn uploads(&self) -> UploadServiceClient<Client> {
        UploadServiceClient::new(self.client())
    }

    pub fn files(&self) -> FileServiceClient<Client> {
        FileServiceClient::new(self.client())
    }

    /// Announces a file.
    pub async fn announce(&self, task: &Task, name: &str, content: &[u8]) -> String {
        let request = announcement(task, name, content);
        self.uploads()
            .create_upload(request)
            .await
            .expect("announces")
            .into_inner()
            .upload_id
    }

    /// Writes a part of a content, in messages of 50,000 bytes.
    pub async fn write(&self, upload_id: &str, offset: i64, content: &[u8]) -> Result<Response<WriteUploadResponse>, Status> {
        let messages = messages(upload_id, offset, content);
        self.uploads().write_upload(futures_util::stream::iter(messages)).await
    }

    pub async fn get_upload(&self, upload_id: &str) -> Result<Upload, Status> {
        let request = GetUploadRequest {
            upload_id: upload_id.to_owned(),
        };
        Ok(self.uploads().get_upload(request).await?.into_inner().upload.expect("an upload"))
    }

    pub async fn complete(&self, upload_id: &str, sha256: &str) -> Result<Response<CompleteUploadResponse>, Status> {
        let request = CompleteUploadRequest {
            upload_id: upload_id.to_owned(),
            sha256: sha256.to_owned(),
        };
        self.uploads().complete_upload(request).await
    }

    /// Puts a file on a task.
    pub async fn put(&self, task: &Task, name: &str, content: &[u8]) -> File {
        let upload_id = self.announce(task, name, content).await;
        self.write(&upload_id, 0, content).await.expect("writes");
        self.complete(&upload_id, "")
            .await
            .expect("completes")
            .into_inner()
            .file
            .expect("a file")
    }

    pub async fn get(&self, file_id: &str) -> Result<Response<GetFileResponse>, Status> {
        let request = GetFileRequest {
            file_id: file_id.to_owned(),
        };
        self.files().get_file(request).await
    }

    pub async fn list(&self, task_id: &str) -> Result<Vec<File>, Status> {
        let request = ListTaskFilesRequest {
            task_id: task_id.to_owned(),
            ..ListTaskFilesRequest::default()
        };
        Ok(self.files().list_task_files(request).await?.into_inner().files)
    }

    pub async fn delete(&self, file_id: &str) -> Result<Response<DeleteFileResponse>, Status> {
        let request = DeleteFileRequest {
            file_id: file_id.to_owned(),
        };
        self.files().delete_file(request).await
    }

    pub async fn download(&self, file_id: &str) -> Result<Downloaded, Status> {
        let request = DownloadFileRequest {
            file_id: file_id.to_owned(),
        };
        let answer = self.files().download_file(request).await?;
        let headers = answer.metadata().clone();
        let mut messages = answer.into_inner();
        let (mut content_type, mut bytes, mut largest) = (String::new(), Vec::new(), 0);
        while let Some(message) = messages.next().await {
            let content = message?.content.expect("a content");
            if !content.content_type.is_empty() {
                content_type = content.content_type;
            }
            largest = largest.max(content.data.len());
            bytes.extend_from_slice(&content.data);
        }
        Ok(Downloaded {
            headers,
            content_type,
            bytes,
            largest,
        })
    }

    /// A REST request of this person.
    pub fn http(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        reqwest::Client::new()
            .request(method, format!("{}{path}", self.address))
            .bearer_auth(self.user.token())
    }
}

pub fn announcement(task: &Task, name: &str, content: &[u8]) -> CreateUploadRequest {
    CreateUploadRequest {
        task_id: task.id.clone(),
        file_name: name.to_owned(),
        size_bytes: i64::try_from(content.len()).expect("small"),
        ..CreateUploadRequest::default()
    }
}

pub fn messages(upload_id: &str, offset: i64, content: &[u8]) -> Vec<WriteUploadRequest> {
    let mut pieces: Vec<&[u8]> = content.chunks(50_000).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let message = |(number, piece): (usize, &[u8])| WriteUploadRequest {
        upload_id: if number == 0 { upload_id.to_owned() } else { String::new() },
        offset: if number == 0 { offset } else { 0 },
        content: Some(data(piece)),
    };
    pieces.into_iter().enumerate().map(message).collect()
}

pub fn data(piece: &[u8]) -> HttpBody {
    HttpBody {
        data: piece.to_vec().into(),
        ..HttpBody::default()
    }
}

/// Bytes that differ from place to place and from seed to seed.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    // Begins like nothing that is known.
    bytes.extend_from_slice(&[0, 1, 2, 3]);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub fn sha256(content: &[u8]) -> String {
    let mut hash = Hash::default();
    hash.update(content);
    hash.checksum().to_string()
}

/// Waits until something is so, at most ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut look: impl FnMut() -> F) {
    for _ in 0..400 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} did not happen");
}

pub fn code<T: std::fmt::Debug>(outcome: Result<T, Status>) -> Code {
    outcome.expect_err("must be refused").code()
}
