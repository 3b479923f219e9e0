//! Any sequence of grants, changes and removals, compared after each step with a model that knows only the rules: Check, BatchCheck,
//! GetEffectivePermissions, ListAccessible and ListSubjects all say the same.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tasktracker_auth::domain::role::{ProjectRole, SystemRole};
use tasktracker_proto::auth::v1::*;

use crate::world::{Person, World};

const PEOPLE: usize = 4;
const PROJECTS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Set(usize, usize, ProjectRole),
    Remove(usize, usize),
    See(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let role = || prop::sample::select(ProjectRole::ALL.to_vec());
    prop_oneof![
        5 => (0..PEOPLE, 0..PROJECTS, role()).prop_map(|(person, project, role)| Step::Set(person, project, role)),
        3 => (0..PEOPLE, 0..PROJECTS).prop_map(|(person, project)| Step::Remove(person, project)),
        2 => (0..PROJECTS, any::<bool>()).prop_map(|(project, internal)| Step::See(project, internal)),
    ]
}

/// The rules, and nothing else.
#[derive(Default)]
struct Model {
    roles: BTreeMap<(usize, usize), ProjectRole>,
    internal: [bool; PROJECTS],
}

impl Model {
    fn has(&self, system: SystemRole, person: usize, project: usize, permission: Permission) -> bool {
        let own = self
            .roles
            .get(&(person, project))
            .is_some_and(|role| role.permissions().has(permission));
        let by_visibility = self.internal[project] && system != SystemRole::Guest && ProjectRole::Viewer.permissions().has(permission);
        own || by_visibility
    }
}

const ASKED: [Permission; 4] = [
    Permission::ProjectView,
    Permission::TaskUpdate,
    Permission::MemberManage,
    Permission::ProjectDelete,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn every_answer_follows_from_the_rules(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let world = World::empty().await;
    let owner = world.owner().await;
    let mut people: Vec<(Person, SystemRole)> = Vec::new();
    for (index, role) in [SystemRole::Member, SystemRole::Guest, SystemRole::Admin, SystemRole::Auditor]
        .into_iter()
        .enumerate()
    {
        people.push((world.with_system_role(&format!("P{index}"), role.id()).await, role));
    }
    let mut projects = Vec::new();
    for _ in 0..PROJECTS {
        projects.push(world.project(&owner, &[]).await);
    }
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Set(person, project, role) => {
                if model.roles.insert((person, project), role).is_some() {
                    let member = world.member_of(&owner, &projects[project], &people[person].0).await;
                    world.set_role(&owner, &member, role.id()).await.unwrap();
                } else {
                    world.add(&owner, &projects[project], &people[person].0, role.id()).await.unwrap();
                }
            }
            Step::Remove(person, project) => {
                if model.roles.remove(&(person, project)).is_some() {
                    let member = world.member_of(&owner, &projects[project], &people[person].0).await;
                    world.remove(&owner, &member).await.unwrap();
                }
            }
            Step::See(project, internal) => {
                model.internal[project] = internal;
                let visibility = if internal {
                    ScopeVisibility::Internal
                } else {
                    ScopeVisibility::Private
                };
                let request = UpdateScopeRequest {
                    project_id: projects[project].clone(),
                    visibility: visibility.into(),
                };
                world.scopes().update_scope(request).await.unwrap();
            }
        }
        compare(&world, &model, &people, &projects).await;
    }
}

async fn compare(world: &World, model: &Model, people: &[(Person, SystemRole)], projects: &[String]) {
    let mut permissions = world.permissions();
    let (mut checks, mut wanted) = (Vec::new(), Vec::new());
    for (person, (who, system)) in people.iter().enumerate() {
        for (project, project_id) in projects.iter().enumerate() {
            let effective = world.effective(who, project_id).await;
            for permission in ASKED {
                let has = model.has(*system, person, project, permission);
                assert_eq!(effective.contains(&permission), has, "{permission:?} of {person} in {project}");
                let (user_id, project_id) = (who.id.clone(), project_id.clone());
                checks.push(CheckRequest {
                    user_id,
                    project_id,
                    permission: permission.into(),
                    consistency: None,
                });
                wanted.push(if has { Decision::Allowed } else { Decision::Denied });
            }
        }
        for permission in ASKED {
            let request = ListAccessibleRequest {
                user_id: who.id.clone(),
                permission: permission.into(),
                consistency: None,
            };
            let found = permissions.list_accessible(request).await.unwrap().into_inner().project_ids;
            let wanted = (0..PROJECTS).filter(|project| model.has(*system, person, *project, permission));
            assert_eq!(found, wanted.map(|project| projects[project].clone()).collect::<Vec<_>>());
        }
    }
    let answer = permissions
        .batch_check(BatchCheckRequest { checks, consistency: None })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.decisions().collect::<Vec<_>>(), wanted);
    for (project, project_id) in projects.iter().enumerate() {
        for permission in ASKED {
            let request = ListSubjectsRequest {
                project_id: project_id.clone(),
                permission: permission.into(),
            };
            let found = permissions.list_subjects(request).await.unwrap().into_inner().user_ids;
            let has = |(person, (who, system)): (usize, &(Person, SystemRole))| {
                model.has(*system, person, project, permission).then(|| who.id.clone())
            };
            let wanted: Vec<String> = people.iter().enumerate().filter_map(has).collect();
            // The owner of everything is not in the model.
            let found: Vec<String> = found.into_iter().filter(|id| people.iter().any(|(who, _)| who.id == *id)).collect();
            assert_eq!(found, wanted);
        }
    }
}
