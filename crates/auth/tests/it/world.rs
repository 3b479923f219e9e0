//! Auth as a process has it, with a hand-held clock, and people in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, Database as SeaOrm, QueryResult};
use tasktracker_auth::config::{DefaultRole, Registration};
use tasktracker_auth::{App, Config, Deps, routes, start};
use tasktracker_database::{Database, Settings};
use tasktracker_events::EventLog;
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::changes::Changes;
use tasktracker_identity::keys::FromAuth;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::service::{AsService, Credential};
use tasktracker_identity::token::Verifier;
use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::contact_service_client::ContactServiceClient;
use tasktracker_proto::auth::v1::credential_service_client::CredentialServiceClient;
use tasktracker_proto::auth::v1::key_service_client::KeyServiceClient;
use tasktracker_proto::auth::v1::permission_service_client::PermissionServiceClient;
use tasktracker_proto::auth::v1::scope_service_client::ScopeServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::user_service_client::UserServiceClient;
use tasktracker_proto::auth::v1::*;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::clock::ManualClock;
use tasktracker_server::error::reason_of;
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Code, Lifecycle, Upstream};
use tempfile::TempDir;
use tonic::{Request, Response, Status};
use tower::Layer;

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse battery staple";

pub struct World {
    pub app: App,
    pub clock: Arc<ManualClock>,
    pub db: Database,
    pub auth: Upstream,
    pub secret: InstanceSecret,
    pub changes: Changes,
    pub lifecycle: Lifecycle,
    ids: Ids,
    log: EventLog,
    settings: Settings,
    /// Vanishes with the world.
    _directory: TempDir,
}

/// Somebody with an account and a session.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub session_id: String,
    pub access_token: String,
    pub refresh_token: String,
}

/// Hashes that cost nothing, and doors open.
pub fn config() -> Config {
    Config {
        registration: Registration::Open,
        default_role: DefaultRole::Member,
        session_hours: 720,
        session_idle_hours: 336,
        password_memory_kib: 32,
        password_passes: 1,
        password_lanes: 1,
        password_hashes_at_once: 2,
    }
}

/// The way that events take, beside the database.
async fn event_log(directory: &TempDir, clock: &Arc<ManualClock>, lifecycle: &Lifecycle) -> EventLog {
    let events = Database::open(&Settings::sqlite(directory.path()), "events", lifecycle)
        .await
        .unwrap();
    events.migrate::<tasktracker_migrations::events::Migrator>().await.unwrap();
    EventLog::open(events, clock.clone(), lifecycle).await.unwrap()
}

impl World {
    /// An instance without users.
    pub async fn empty() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Config) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = store(&directory).await;
        let clock = Arc::new(ManualClock::new("2026-03-02T09:00:00.123456Z".parse().unwrap()));
        Self::over(config, settings, directory, clock).await
    }

    async fn over(config: Config, settings: Settings, directory: TempDir, clock: Arc<ManualClock>) -> Self {
        let lifecycle = Lifecycle::new();
        let db = Database::open(&settings, "auth", &lifecycle).await.unwrap();
        let secret = InstanceSecret::given("0123456789abcdef0123456789abcdef").unwrap();
        let log = event_log(&directory, &clock, &lifecycle).await;
        let ids = Ids::system(clock.clone());
        let deps = Deps {
            db: db.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            secret: secret.clone(),
            publisher: Arc::new(log.clone()),
            subscriber: Arc::new(log.clone()),
            deliver: true,
            lifecycle: lifecycle.clone(),
        };
        let app = start(config, deps).await.unwrap();

        // The keys are public, so the verifier may ask the bare service.
        let bare = Upstream::local(Stack::around(routes(&app), ids.clone()));
        let verifier = Arc::new(Verifier::new(Arc::new(FromAuth(bare)), clock.clone()));
        let changes = Changes::new(clock.clone());
        let layered = IdentityLayer::new(verifier, changes.clone()).layer(routes(&app));
        let auth = Upstream::local(Stack::around(layered, ids.clone()));
        changes.follow(
            Credential::new(auth.clone(), "test", &secret, clock.clone()).calling(auth.clone()),
            &lifecycle,
        );
        changes.ready().await;
        Self {
            app,
            clock,
            db,
            auth,
            secret,
            changes,
            lifecycle,
            ids,
            log,
            settings,
            _directory: directory,
        }
    }

    /// What another process on the same stores would be given.
    pub fn deps(&self, secret: InstanceSecret, lifecycle: Lifecycle) -> Deps {
        Deps {
            db: self.db.clone(),
            clock: self.clock.clone(),
            ids: Ids::system(self.clock.clone()),
            secret,
            publisher: Arc::new(self.log.clone()),
            subscriber: Arc::new(self.log.clone()),
            deliver: true,
            lifecycle,
        }
    }

    /// The same instance after its process was stopped and started again.
    pub async fn restarted(self) -> Self {
        self.restarted_with(config()).await
    }

    pub async fn restarted_with(self, config: Config) -> Self {
        let Self {
            db,
            lifecycle,
            settings,
            _directory: directory,
            clock,
            ..
        } = self;
        lifecycle.stop();
        lifecycle.finished().await.unwrap();
        db.close().await;
        Self::over(config, settings, directory, clock).await
    }

    pub fn sessions(&self) -> SessionServiceClient<Upstream> {
        SessionServiceClient::new(self.auth.clone())
    }
    pub fn accounts(&self) -> AccountServiceClient<Upstream> {
        AccountServiceClient::new(self.auth.clone())
    }
    pub fn users(&self) -> UserServiceClient<Upstream> {
        UserServiceClient::new(self.auth.clone())
    }
    pub fn access(&self) -> AccessServiceClient<Upstream> {
        AccessServiceClient::new(self.auth.clone())
    }
    pub fn keys(&self) -> KeyServiceClient<Upstream> {
        KeyServiceClient::new(self.auth.clone())
    }
    pub fn permissions(&self) -> PermissionServiceClient<AsService> {
        PermissionServiceClient::new(self.as_service())
    }
    pub fn scopes(&self) -> ScopeServiceClient<AsService> {
        ScopeServiceClient::new(self.as_service())
    }
    pub fn credentials(&self) -> CredentialServiceClient<AsService> {
        CredentialServiceClient::new(self.as_service())
    }
    pub fn contacts(&self) -> ContactServiceClient<AsService> {
        ContactServiceClient::new(self.as_service())
    }

    fn as_service(&self) -> AsService {
        Credential::new(self.auth.clone(), "core", &self.secret, self.clock.clone()).calling(self.auth.clone())
    }

    /// The first owner of the instance.
    pub async fn owner(&self) -> Person {
        let setup_token = self.app.setup_token().expect("nobody was made yet");
        let request = RegisterRequest {
            setup_token,
            ..registration("owner@example.com", "Owner")
        };
        self.accounts().register(request).await.unwrap();
        self.sign_in("owner@example.com").await
    }

    /// A member of the instance, signed in.
    pub async fn member(&self, name: &str) -> Person {
        let email = format!("{}@example.com", name.to_lowercase());
        self.accounts().register(registration(&email, name)).await.unwrap();
        self.sign_in(&email).await
    }

    /// Somebody with another role in the instance.
    pub async fn with_system_role(&self, name: &str, role: &str) -> Person {
        let person = self.member(name).await;
        let nil = "00000000-0000-0000-0000-000000000000";
        self.set("bindings", ("role_id", role), ("user_id", &person.id), Some(("scope_id", nil)))
            .await;
        person
    }

    pub async fn sign_in(&self, email: &str) -> Person {
        let answer = self.sessions().sign_in(sign_in_request(email)).await.unwrap().into_inner();
        Person {
            id: answer.user.unwrap().id,
            email: email.to_owned(),
            session_id: answer.session.unwrap().id,
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
        }
    }

    /// What an administrator's deactivation does to the row.
    pub async fn deactivate(&self, person: &Person) {
        self.set("users", ("state", "deactivated"), ("id", &person.id), None).await;
    }

    async fn set(&self, table: &'static str, value: (&'static str, &str), key: (&'static str, &str), and: Option<(&'static str, &str)>) {
        let mut update = Query::update();
        update.table(table).value(value.0, value.1).and_where(Expr::col(key.0).eq(key.1));
        if let Some((column, value)) = and {
            update.and_where(Expr::col(column).eq(value));
        }
        let mut txn = self.db.begin();
        txn.guarded_update(update);
        txn.commit().await.unwrap();
    }

    /// A project of this owner, with members.
    pub async fn project(&self, owner: &Person, members: &[(&Person, &str)]) -> String {
        self.project_with(owner, members, ScopeVisibility::Private).await
    }

    pub async fn project_with(&self, owner: &Person, members: &[(&Person, &str)], visibility: ScopeVisibility) -> String {
        let project_id = self.new_id();
        let request = CreateScopeRequest {
            project_id: project_id.clone(),
            owner_user_id: owner.id.clone(),
            visibility: visibility.into(),
        };
        self.scopes().create_scope(request).await.unwrap();
        for (person, role) in members {
            self.add(owner, &project_id, person, role).await.unwrap();
        }
        project_id
    }

    pub async fn add(&self, by: &Person, project_id: &str, person: &Person, role: &str) -> Result<ProjectMember, Status> {
        let answer = self
            .access()
            .add_project_member(by.asks(add_request(project_id, person, role)))
            .await?;
        Ok(answer.into_inner().member.unwrap())
    }

    pub async fn set_role(&self, by: &Person, member: &ProjectMember, role: &str) -> Result<ProjectMember, Status> {
        let changed = ProjectMember {
            id: member.id.clone(),
            role_id: role.to_owned(),
            ..ProjectMember::default()
        };
        let request = UpdateProjectMemberRequest {
            project_id: member.project_id.clone(),
            member: Some(changed),
            ..Default::default()
        };
        Ok(self
            .access()
            .update_project_member(by.asks(request))
            .await?
            .into_inner()
            .member
            .unwrap())
    }

    pub async fn remove(&self, by: &Person, member: &ProjectMember) -> Result<(), Status> {
        let request = RemoveProjectMemberRequest {
            project_id: member.project_id.clone(),
            member_id: member.id.clone(),
            ..Default::default()
        };
        self.access().remove_project_member(by.asks(request)).await.map(drop)
    }

    pub async fn members(&self, by: &Person, project_id: &str) -> Result<Vec<ProjectMember>, Status> {
        let request = ListProjectMembersRequest {
            project_id: project_id.to_owned(),
            ..Default::default()
        };
        Ok(self.access().list_project_members(by.asks(request)).await?.into_inner().members)
    }

    pub async fn member_of(&self, by: &Person, project_id: &str, person: &Person) -> ProjectMember {
        let members = self.members(by, project_id).await.unwrap();
        members.into_iter().find(|member| member.user_id == person.id).expect("is a member")
    }

    pub async fn effective(&self, person: &Person, project_id: &str) -> Vec<Permission> {
        let request = GetEffectivePermissionsRequest {
            user_id: person.id.clone(),
            project_id: project_id.to_owned(),
            consistency: None,
        };
        self.permissions()
            .get_effective_permissions(request)
            .await
            .unwrap()
            .into_inner()
            .permissions()
            .collect()
    }

    /// An id that nothing has, greater than all before it.
    pub fn new_id(&self) -> String {
        self.ids.next().to_string()
    }

    pub async fn rows(&self, query: &sea_orm::sea_query::SelectStatement) -> Vec<QueryResult> {
        self.db.reader().query_all(query).await.unwrap()
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        let rows = self.rows(&Query::select().expr(Expr::cust("count(*)")).from(table).take()).await;
        rows[0].try_get_by_index(0).unwrap()
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Waits for what happens in the background.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        for _ in 0..200 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }
}

impl Person {
    /// A request of this person.
    pub fn asks<T>(&self, message: T) -> Request<T> {
        bearing(&self.access_token, message)
    }
}

pub fn bearing<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

pub fn registration(email: &str, name: &str) -> RegisterRequest {
    RegisterRequest {
        email: email.to_owned(),
        display_name: name.to_owned(),
        password: PASSWORD.to_owned(),
        setup_token: String::new(),
    }
}

pub fn sign_in_request(email: &str) -> SignInRequest {
    SignInRequest {
        email: email.to_owned(),
        password: PASSWORD.to_owned(),
        session_kind: SessionKind::Native.into(),
    }
}

pub fn add_request(project_id: &str, person: &Person, role: &str) -> AddProjectMemberRequest {
    let member = ProjectMember {
        user_id: person.id.clone(),
        role_id: role.to_owned(),
        ..ProjectMember::default()
    };
    AddProjectMemberRequest {
        project_id: project_id.to_owned(),
        member: Some(member),
        request_id: String::new(),
    }
}

/// The error is this one.
#[track_caller]
pub fn refused<T>(outcome: Result<T, Status>, code: Code, reason: ErrorReason) -> Status {
    let status = outcome.err().unwrap_or_else(|| panic!("wanted {code:?} {reason:?}, but it worked"));
    assert_eq!((status.code(), reason_of(&status)), (code, Some(reason)), "{status:?}");
    status
}

/// The error is INVALID_ARGUMENT about this field.
#[track_caller]
pub fn invalid<T>(outcome: Result<T, Status>, field: &str) {
    use tonic_types::StatusExt;
    let status = refused(outcome, Code::InvalidArgument, ErrorReason::InvalidFields);
    let details = status.get_details_bad_request().expect("names the fields");
    let fields: Vec<&str> = details.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    assert!(fields.contains(&field), "{fields:?} do not contain {field}");
}

/// The text of an answer's metadata.
pub fn metadata<'a, T>(answer: &'a Response<T>, name: &str) -> Option<&'a str> {
    answer.metadata().get(name).map(|value| value.to_str().unwrap())
}

/// SQLite files in the directory, or a new database on the server named in the environment.
#[expect(clippy::disallowed_methods, reason = "tests learn of the server by the environment")]
async fn store(directory: &TempDir) -> Settings {
    let Ok(server) = std::env::var("TASKTRACKER_TEST_POSTGRES") else {
        return Settings::sqlite(directory.path());
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("auth_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = SeaOrm::connect(format!("{server}/postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    Settings {
        pool: 8,
        ..Settings::postgres(format!("{server}/{name}"))
    }
}
