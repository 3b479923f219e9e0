//! What a batch of new events changes: worked out from the documents as they are, before anything is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tasktracker_events::Event;
use uuid::Uuid;

use super::CountError;
use super::read::{About, Fact, TaskFact};
use super::recount::{Steps, recount};
use crate::domain::contributions;
use crate::domain::page::Tally;
use crate::domain::task::{Step, TaskState};
use crate::domain::zone::Zone;
use crate::records::ids::{self, Generation};
use crate::records::seen::{Account, Comment, Project};
use crate::records::{archive, task};
use crate::store::{Document, DocumentStore, Fields, StoreError, Write};

/// An event that can be counted: what it says, and under which id it is kept.
#[derive(Debug)]
pub struct Readable<'a> {
    /// As it came.
    pub event: &'a Event,
    /// What it says.
    pub fact: Fact,
    /// Id in the archive.
    pub id: String,
}

/// What one batch works on.
#[derive(Debug)]
pub struct Plan<'a> {
    store: &'a dyn DocumentStore,
    generation: Generation,
    documents: HashMap<String, Document>,
    writes: Vec<Write>,
}

impl<'a> Plan<'a> {
    /// Works out all writes for these events, in the order in which a store without transactions shall do them; none where all were counted
    /// before.
    ///
    /// # Errors
    /// The store does not answer; an event cannot be counted.
    pub async fn make(store: &'a dyn DocumentStore, generation: Generation, events: &[Readable<'_>]) -> Result<Vec<Write>, CountError> {
        let mut plan = Self {
            store,
            generation,
            documents: HashMap::new(),
            writes: Vec::new(),
        };
        plan.load(events.iter().flat_map(|event| plan.ids_of(event)).collect()).await?;
        let mut seen = BTreeSet::new();
        let new: Vec<&Readable<'_>> = events
            .iter()
            .filter(|event| !plan.documents.contains_key(&event.id) && seen.insert(event.id.as_str()))
            .collect();
        plan.check_projects(&new)?;
        if !new.is_empty() {
            plan.count(&new).await?;
        }
        Ok(plan.writes)
    }

    fn ids_of(&self, event: &Readable<'_>) -> Vec<String> {
        let own = match &event.fact {
            Fact::Task(fact) => {
                let about = match &fact.about {
                    About::Task(_) => Some(self.generation.task(fact.task_id)),
                    About::Comment(comment_id) => Some(self.generation.comment(*comment_id)),
                    About::Unknown => None,
                };
                about.into_iter().chain([self.generation.project(fact.project_id)]).collect()
            }
            Fact::Project(fact) => vec![self.generation.project(fact.project_id)],
            Fact::Account(fact) => vec![self.generation.account(fact.user_id)],
        };
        own.into_iter()
            .chain([event.id.clone(), ids::source(event.event.topic.name, event.event.partition)])
            .collect()
    }

    async fn load(&mut self, ids: BTreeSet<String>) -> Result<(), StoreError> {
        let ids: Vec<String> = ids.into_iter().collect();
        let found = self.store.get(&ids).await?;
        self.documents
            .extend(found.into_iter().map(|document| (document.id.clone(), document)));
        Ok(())
    }

    /// Refuses a task that was in another project: its numbers would be counted in both.
    fn check_projects(&self, new: &[&Readable<'_>]) -> Result<(), CountError> {
        let mut projects = HashMap::new();
        for event in new {
            if let Fact::Task(fact) = &event.fact {
                let known = self.fields(&self.generation.task(fact.task_id));
                let known = known.and_then(|fields| Uuid::try_parse(fields.get_text("project")?).ok());
                let project_id = *projects.entry(fact.task_id).or_insert(known.unwrap_or(fact.project_id));
                if project_id != fact.project_id {
                    return Err(CountError::Moved(fact.task_id));
                }
            }
        }
        Ok(())
    }

    fn fields(&self, id: &str) -> Option<&Fields> {
        self.documents.get(id).map(|document| &document.fields)
    }

    fn put(&mut self, id: String, fields: Fields) {
        let was = self.documents.get(&id);
        if was.is_some_and(|was| was.fields == fields) {
            return;
        }
        let was = was.map(|document| document.revision);
        self.writes.push(Write {
            id,
            was,
            fields: Some(fields),
        });
    }

    async fn count(&mut self, new: &[&Readable<'_>]) -> Result<(), StoreError> {
        let mut zones = BTreeMap::<Uuid, (Zone, Zone, Project)>::new();
        let mut steps = BTreeMap::<Uuid, Steps>::new();
        let mut accounts = BTreeMap::<Uuid, Account>::new();
        let mut comments = BTreeMap::<Uuid, Comment>::new();
        for event in new {
            match &event.fact {
                Fact::Task(fact) => {
                    let project = self.project(&mut zones, fact.project_id);
                    if let Some(observation) = archive::observation(fact) {
                        project.observe(&observation);
                    }
                    self.note_task(fact, &mut steps, &mut comments);
                }
                Fact::Project(fact) => self.project(&mut zones, fact.project_id).hear(fact.version, fact.zone.as_ref()),
                Fact::Account(fact) => {
                    let id = self.generation.account(fact.user_id);
                    let known = self.fields(&id).map(Account::from_fields).unwrap_or_default();
                    accounts.entry(fact.user_id).or_insert(known).hear(fact.version, fact.is_deleted);
                }
            }
        }
        let (tally, states) = self.tally(&mut zones, &mut steps).await?;

        self.write_pages(&tally).await?;
        for event in new {
            self.writes.push(archive::keep(&event.id, event.event));
        }
        self.write_sources(new);
        for (project_id, (_, _, project)) in zones {
            self.put(self.generation.project(project_id), project.to_fields());
        }
        for (user_id, account) in accounts {
            self.put(self.generation.account(user_id), account.to_fields());
        }
        for (comment_id, comment) in comments {
            self.put(self.generation.comment(comment_id), comment.to_fields());
        }
        // Last, because readers who wait for a write look here.
        for (task_id, state) in states {
            self.put(self.generation.task(task_id), task::to_fields(&state));
        }
        Ok(())
    }

    fn project<'b>(&self, zones: &'b mut BTreeMap<Uuid, (Zone, Zone, Project)>, project_id: Uuid) -> &'b mut Project {
        let (_, _, project) = zones.entry(project_id).or_insert_with(|| {
            let known = self.fields(&self.generation.project(project_id));
            let project = known.map(Project::from_fields).unwrap_or_default();
            (project.zone(), project.zone(), project)
        });
        project
    }

    fn note_task(&self, fact: &TaskFact, steps: &mut BTreeMap<Uuid, Steps>, comments: &mut BTreeMap<Uuid, Comment>) {
        match &fact.about {
            About::Task(step) => {
                let of_project = steps.entry(fact.project_id).or_default();
                of_project.entry(fact.task_id).or_default().push(step.clone());
            }
            About::Comment(comment_id) => {
                let known = self.fields(&self.generation.comment(*comment_id));
                let version = known.and_then(|fields| fields.get_number("version")).unwrap_or_default();
                let comment = comments.entry(*comment_id).or_insert(Comment {
                    project_id: fact.project_id,
                    version,
                });
                comment.version += 1;
            }
            About::Unknown => metrics::counter!("analytics_events_unknown_total").increment(1),
        }
    }

    /// How the numbers change, and the tasks with their new events.
    async fn tally(
        &self,
        zones: &mut BTreeMap<Uuid, (Zone, Zone, Project)>,
        steps: &mut BTreeMap<Uuid, Steps>,
    ) -> Result<(Tally, BTreeMap<Uuid, TaskState>), StoreError> {
        let (mut tally, mut states) = (Tally::default(), BTreeMap::new());
        for (project_id, (before, after, project)) in zones {
            *after = project.zone();
            let new = steps.remove(project_id).unwrap_or_default();
            if before != after {
                let all = archive::tasks_of(*project_id);
                let counted = recount(self.store, *project_id, &all, &new, before, after).await?;
                tally.merge(&counted.tally, 1);
                states.extend(counted.states);
                continue;
            }
            for (task_id, new) in new {
                let document = self.documents.get(&self.generation.task(task_id));
                let mut state = document.map(task::from_document).transpose()?;
                if is_late(state.as_ref(), &new) {
                    metrics::counter!("analytics_events_late_total").increment(new.len() as u64);
                    let own = archive::events_of(*project_id, task_id);
                    let new = Steps::from([(task_id, new)]);
                    let counted = recount(self.store, *project_id, &own, &new, before, after).await?;
                    tally.merge(&counted.tally, 1);
                    states.extend(counted.states);
                    continue;
                }
                for step in &new {
                    let next = TaskState::after(state.as_ref(), *project_id, step);
                    tally.merge(&contributions::diff(state.as_ref(), &next, after), 1);
                    state = Some(next);
                }
                states.extend(state.map(|state| (task_id, state)));
            }
        }
        Ok((tally, states))
    }

    async fn write_pages(&mut self, tally: &Tally) -> Result<(), StoreError> {
        let pages: Vec<(String, _)> = tally
            .pages()
            .map(|(address, changes)| (self.generation.page(address), changes))
            .collect();
        self.load(pages.iter().map(|(id, _)| id.clone()).collect()).await?;
        for (id, changes) in pages {
            let known = self.documents.get(&id);
            let mut fields = known.map(|document| document.fields.clone()).unwrap_or_default();
            for (field, amount) in changes {
                fields.add(field, *amount);
            }
            let was = known.map(|document| document.revision);
            // A page without numbers is no page: whatever way the numbers went, the same documents are there.
            let fields = Some(fields).filter(|fields| !fields.0.is_empty());
            if was.is_some() || fields.is_some() {
                self.writes.push(Write { id, was, fields });
            }
        }
        Ok(())
    }

    fn write_sources(&mut self, new: &[&Readable<'_>]) {
        let mut ends = BTreeMap::<(&str, i32), (i64, i64)>::new();
        for event in new.iter().map(|event| event.event) {
            let place = (event.position, event.occur_time.as_microsecond());
            let end = ends.entry((event.topic.name, event.partition)).or_insert(place);
            *end = place.max(*end);
        }
        for ((topic, partition), (position, time)) in ends {
            let id = ids::source(topic, partition);
            let known = self.fields(&id).and_then(|fields| fields.get_number("position"));
            if known.is_none_or(|known| known < position) {
                self.put(id, Fields::default().number("position", position).number("time", time));
            }
        }
    }
}

/// Whether one of the steps belongs before one that was counted.
fn is_late(state: Option<&TaskState>, new: &[Step]) -> bool {
    let mut last = state.map_or(i64::MIN, TaskState::order);
    new.iter().any(|step| {
        let late = step.order() <= last;
        last = step.order();
        late
    })
}
